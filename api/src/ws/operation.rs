//! One operation of a socket: it runs as a task of its own and hands its answers over a queue.

use async_graphql::parser::types::OperationType;
use axum::extract::ws::Message;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::protocol;
use crate::context::{Caller, RequestContext};
use crate::engine::{Engine, Params, refused};
use crate::error::{Code, request_error};

/// What an operation hands to its socket.
pub struct Output {
    /// The operation's id.
    pub id: String,
    /// Tells it from an earlier one with the same id, whose last answers may still be on their way.
    pub number: u64,
    /// What to send.
    pub message: Option<Message>,
    /// Whether the operation ended with it.
    pub is_last: bool,
}

/// Where an operation leaves its answers.
pub struct Outlet {
    /// The operation's id.
    pub id: String,
    /// Tells it from an earlier one with the same id.
    pub number: u64,
    /// To the socket.
    pub queue: mpsc::Sender<Output>,
}

impl Outlet {
    /// False when the socket is gone, and nobody waits any more.
    pub async fn put(&self, message: Option<Message>, is_last: bool) -> bool {
        self.queue.send(Output { id: self.id.clone(), number: self.number, message, is_last }).await.is_ok()
    }
}

/// Runs one operation and gives its last message: `complete`, or `error` when nothing was run.
pub async fn operate(engine: &Engine, caller: Caller, params: Params, outlet: &Outlet) -> Option<Message> {
    let id = outlet.id.as_str();
    let prepared = match engine.prepare(params) {
        Ok(prepared) => prepared,
        Err(errors) => return Some(protocol::answer(id, &refused(errors))),
    };
    let read_at = match engine.app.read_position(caller.after).await {
        Ok(read_at) => read_at,
        Err(error) => {
            let errors = vec![request_error(error.code(), error.message(), None)];
            return Some(protocol::answer(id, &refused(errors)));
        }
    };
    let context = RequestContext::new(caller, &prepared, read_at);
    if !context.sight(&engine.app).has_role() {
        let message = "you have no role here: an administrator grants them";
        engine.app.note(context.caller.refused(message)).await;
        return Some(protocol::errors(id, &[request_error(Code::Forbidden, message, None)]));
    }
    if prepared.kind != OperationType::Subscription {
        let answer = engine.execute(prepared, context).await;
        let message = protocol::answer(id, &answer);
        if answer.is_request_error {
            return Some(message);
        }
        return outlet.put(Some(message), false).await.then(|| protocol::complete(id));
    }
    let mut answers = std::pin::pin!(engine.subscribe(prepared, context));
    while let Some(answer) = answers.next().await {
        let message = protocol::answer(id, &answer);
        if answer.is_request_error {
            return Some(message);
        }
        if !outlet.put(Some(message), false).await {
            return None;
        }
    }
    Some(protocol::complete(id))
}
