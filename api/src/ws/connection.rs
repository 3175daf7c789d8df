//! One socket: a task that reads and writes until either side ends it.

use std::collections::HashMap;
use std::future::pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::http::HeaderMap;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::operation::{Outlet, Output, operate};
use super::protocol::{self, ClientMessage, Close};
use crate::context::{ACTOR_HEADER, Caller};
use crate::error::{Code, request_error};
use crate::http::{Guest, Server, authorization, params};
use crate::limits::{BODY_SIZE_MAX_BYTES, SOCKET_CLOSE_TIMEOUT, SOCKET_OPERATIONS_MAX, SOCKET_QUEUE_SIZE};

/// What a client said in the headers of its request.
pub struct Hello {
    authorization: Option<String>,
    others: Vec<(String, String)>,
}

impl Hello {
    /// What these headers say.
    pub fn of(headers: &HeaderMap) -> Self {
        let actor = headers.get(ACTOR_HEADER).and_then(|value| value.to_str().ok());
        Self {
            authorization: authorization(headers).map(str::to_owned),
            others: actor.map(|actor| (ACTOR_HEADER.to_owned(), actor.to_owned())).into_iter().collect(),
        }
    }
}

/// An open socket and what runs on it.
pub struct Connection {
    server: Arc<Server>,
    socket: WebSocket,
    remote: IpAddr,
    hello: Hello,
    /// Who is on the other side, once the connection is acknowledged.
    guest: Option<(Guest, Caller)>,
    operations: HashMap<String, Operation>,
    started: u64,
    outputs: mpsc::Receiver<Output>,
    output: mpsc::Sender<Output>,
}

impl Connection {
    /// A socket that has said nothing yet.
    pub fn new(server: Arc<Server>, socket: WebSocket, remote: IpAddr, hello: Hello) -> Self {
        let (output, outputs) = mpsc::channel(SOCKET_QUEUE_SIZE);
        let operations = HashMap::new();
        Self { server, socket, remote, hello, guest: None, operations, started: 0, outputs, output }
    }

    /// Runs until the socket ends; some = the server closes it.
    pub async fn run(&mut self) -> Option<Close> {
        let init_deadline = Instant::now() + self.server.options.socket_init_timeout;
        let mut stopping = self.server.stopping.clone();
        let ping_interval = self.server.options.socket_ping_interval;
        let mut pings = pings(ping_interval);
        let mut heard_at = Instant::now();
        loop {
            let is_acknowledged = self.guest.is_some();
            tokio::select! {
                received = self.socket.recv() => match received? {
                    Ok(message) => {
                        heard_at = Instant::now();
                        if let Err(close) = self.receive(message).await? { return Some(close) }
                    }
                    Err(error) => return too_large(&error),
                },
                Some(output) = self.outputs.recv() => self.send_output(output).await?,
                () = async { if is_acknowledged { pending().await } else { sleep_until(init_deadline).await } } => {
                    return Some(Close::init_timeout());
                }
                _ = pings.tick() => if is_acknowledged {
                    if heard_at.elapsed() >= 2 * ping_interval {
                        return Some(Close::silent());
                    }
                    if !self.may_stay() {
                        return Some(Close::expired());
                    }
                    self.send(protocol::ping()).await?;
                },
                () = stopped(&mut stopping) => return Some(Close::going_away()),
            }
        }
    }

    /// None = the socket is gone.
    async fn receive(&mut self, message: Message) -> Option<Result<(), Close>> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Some(Err(Close::bad_message("binary messages are not taken"))),
            Message::Close(_) => return None,
            Message::Ping(_) | Message::Pong(_) => return Some(Ok(())),
        };
        let parsed = match ClientMessage::parse(&text) {
            Ok(parsed) => parsed,
            Err(close) => return Some(Err(close)),
        };
        match parsed {
            ClientMessage::Init(_) if self.guest.is_some() => return Some(Err(Close::second_init())),
            ClientMessage::Init(payload) => {
                if let Err(close) = self.init(&payload).await {
                    return Some(Err(close));
                }
                self.send(protocol::ack()).await?;
            }
            ClientMessage::Ping(payload) => self.send(protocol::pong(payload)).await?,
            ClientMessage::Pong => {}
            ClientMessage::Complete { id } => drop(self.operations.remove(&id)),
            ClientMessage::Subscribe { .. } if self.guest.is_none() => return Some(Err(Close::unauthorized())),
            ClientMessage::Subscribe { .. } if !self.may_stay() => return Some(Err(Close::expired())),
            ClientMessage::Subscribe { id, .. } if self.operations.contains_key(&id) => {
                return Some(Err(Close::duplicate(&id)));
            }
            ClientMessage::Subscribe { id, payload } => {
                if let Err(refusal) = self.subscribe(id, payload) {
                    match refusal {
                        Ok(message) => self.send(message).await?,
                        Err(close) => return Some(Err(close)),
                    }
                }
            }
        }
        Some(Ok(()))
    }

    /// Lets the client in. What it says here counts more than what it said in the headers: browsers cannot set those.
    async fn init(&mut self, payload: &Map<String, Value>) -> Result<(), Close> {
        let said = |(name, value): (&String, &Value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned()));
        let said: Vec<(String, String)> = payload.iter().filter_map(said).collect();
        let named = said.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.as_str());
        let authorization = named.or(self.hello.authorization.as_deref());
        let app = &self.server.engine.app;
        let guest = self.server.gate.admit(authorization, app.env.now()).await.map_err(|refusal| {
            tracing::info!(reason = refusal.kind(), "a socket was not admitted");
            Close::forbidden(refusal.public_text())
        })?;
        let mut caller = Caller::new(guest.admitted.clone(), Some(self.remote));
        for (name, value) in self.hello.others.iter().chain(&said) {
            caller.set(name, value).map_err(Close::bad_message)?;
        }
        if !app.views.now().sight(caller.viewer(), app.env.now()).has_role() {
            let message = "you have no role here: an administrator grants them";
            app.note(caller.refused(message)).await;
            return Err(Close::forbidden(message));
        }
        self.guest = Some((guest, caller));
        Ok(())
    }

    /// Whether the credential is still good.
    fn may_stay(&self) -> bool {
        let now = self.server.engine.app.env.now();
        self.guest.as_ref().is_none_or(|(guest, _)| self.server.gate.still_admits(guest, now))
    }

    /// Starts an operation, unless it is refused with a message, or the socket must close.
    fn subscribe(&mut self, id: String, payload: Map<String, Value>) -> Result<(), Result<Message, Close>> {
        let params = params::of_object(payload).map_err(|message| Err(Close::bad_message(message)))?;
        if self.operations.len() >= SOCKET_OPERATIONS_MAX {
            let message = format!("a connection runs at most {SOCKET_OPERATIONS_MAX} operations at a time");
            let errors = [request_error(Code::LimitExceeded, message, None)];
            return Err(Ok(protocol::errors(&id, &errors)));
        }
        self.started += 1;
        let number = self.started;
        let engine = Arc::clone(&self.server.engine);
        let Some((_, caller)) = self.guest.clone() else { return Err(Err(Close::unauthorized())) };
        let outlet = Outlet { id: id.clone(), number, queue: self.output.clone() };
        let task = tokio::spawn(async move {
            let last = operate(&engine, caller, params, &outlet).await;
            outlet.put(last, true).await;
        });
        self.operations.insert(id, Operation { number, task });
        Ok(())
    }

    async fn send_output(&mut self, output: Output) -> Option<()> {
        if self.operations.get(&output.id).is_none_or(|operation| operation.number != output.number) {
            return Some(());
        }
        if output.is_last {
            self.operations.remove(&output.id);
        }
        match output.message {
            Some(message) => self.send(message).await,
            None => Some(()),
        }
    }

    /// None = the socket is gone, or its client does not read.
    async fn send(&mut self, message: Message) -> Option<()> {
        let sending = tokio::time::timeout(self.server.options.socket_send_timeout, self.socket.send(message));
        sending.await.ok()?.ok()
    }

    /// Ends it with a close frame.
    pub async fn close(mut self, close: Close) {
        self.operations.clear();
        // The client may be gone already.
        if self.send(close.frame()).await.is_some() {
            self.part().await;
        }
    }

    /// Reads to the end of the socket: that sends the answer to a close frame, or waits for the client's.
    pub async fn part(mut self) {
        self.operations.clear();
        let ending = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        // A client that does not answer in time is cut off.
        let _ = tokio::time::timeout(SOCKET_CLOSE_TIMEOUT, ending).await;
    }
}

struct Operation {
    number: u64,
    task: JoinHandle<()>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is a stop too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn pings(every: Duration) -> Interval {
    let mut pings = interval(every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    pings
}

fn too_large(error: &axum::Error) -> Option<Close> {
    let reason = format!("a message has at most {BODY_SIZE_MAX_BYTES} bytes");
    error.to_string().contains("too long").then_some(Close { code: 1009, reason })
}
