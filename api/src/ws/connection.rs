//! One socket: a task that reads and writes until either side ends it.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::operation::{Outlet, Output, operate};
use super::protocol::{self, ClientMessage, Close};
use crate::context::Caller;
use crate::error::{Code, request_error};
use crate::http::{Server, params};
use crate::limits::{BODY_SIZE_MAX_BYTES, SOCKET_CLOSE_TIMEOUT, SOCKET_OPERATIONS_MAX, SOCKET_QUEUE_SIZE};

/// An open socket and what runs on it.
pub struct Connection {
    server: Arc<Server>,
    socket: WebSocket,
    caller: Caller,
    is_acknowledged: bool,
    operations: HashMap<String, Operation>,
    started: u64,
    outputs: mpsc::Receiver<Output>,
    output: mpsc::Sender<Output>,
}

impl Connection {
    /// A socket that has said nothing yet.
    pub fn new(server: Arc<Server>, socket: WebSocket, caller: Caller) -> Self {
        let (output, outputs) = mpsc::channel(SOCKET_QUEUE_SIZE);
        Self { server, socket, caller, is_acknowledged: false, operations: HashMap::new(), started: 0, outputs, output }
    }

    /// Runs until the socket ends; some = the server closes it.
    pub async fn run(&mut self) -> Option<Close> {
        let init_deadline = Instant::now() + self.server.options.socket_init_timeout;
        let mut stopping = self.server.stopping.clone();
        let ping_interval = self.server.options.socket_ping_interval;
        let mut pings = pings(ping_interval);
        let mut heard_at = Instant::now();
        loop {
            let is_acknowledged = self.is_acknowledged;
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
            ClientMessage::Init(_) if self.is_acknowledged => return Some(Err(Close::second_init())),
            ClientMessage::Init(payload) => {
                if let Err(close) = self.init(&payload) {
                    return Some(Err(close));
                }
                self.send(protocol::ack()).await?;
            }
            ClientMessage::Ping(payload) => self.send(protocol::pong(payload)).await?,
            ClientMessage::Pong => {}
            ClientMessage::Complete { id } => drop(self.operations.remove(&id)),
            ClientMessage::Subscribe { .. } if !self.is_acknowledged => return Some(Err(Close::unauthorized())),
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

    fn init(&mut self, payload: &Map<String, Value>) -> Result<(), Close> {
        for (name, value) in payload {
            if let Value::String(value) = value {
                self.caller.set(name, value).map_err(Close::bad_message)?;
            }
        }
        self.is_acknowledged = true;
        Ok(())
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
        let caller = self.caller.clone();
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
