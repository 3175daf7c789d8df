//! The messages and close codes of `graphql-transport-ws`.

use async_graphql::ServerError;
use axum::extract::ws::{CloseFrame, Message};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::engine::Answer;

/// The name under which the protocol is agreed.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Why a socket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: u16,
    /// The reason, cut to what a close frame holds.
    pub reason: String,
}

impl Close {
    /// The server stops.
    pub fn going_away() -> Self {
        Self { code: 1001, reason: "the server stops".to_owned() }
    }

    /// A message that is none of the protocol.
    pub fn bad_message(reason: impl Into<String>) -> Self {
        Self { code: 4400, reason: reason.into() }
    }

    /// An operation before the connection was acknowledged.
    pub fn unauthorized() -> Self {
        Self { code: 4401, reason: "Unauthorized".to_owned() }
    }

    /// The client did not prove who it is, or may not come in.
    pub fn forbidden(reason: &str) -> Self {
        Self { code: 4403, reason: format!("Forbidden: {reason}") }
    }

    /// The credential that let the client in is no longer good.
    pub fn expired() -> Self {
        Self { code: 4401, reason: "Unauthorized: the credential is no longer accepted".to_owned() }
    }

    /// The client offered another protocol.
    pub fn subprotocol() -> Self {
        Self { code: 4406, reason: "Subprotocol not acceptable".to_owned() }
    }

    /// No `connection_init` in time.
    pub fn init_timeout() -> Self {
        Self { code: 4408, reason: "Connection initialisation timeout".to_owned() }
    }

    /// An operation with the id of one that runs.
    pub fn duplicate(id: &str) -> Self {
        Self { code: 4409, reason: format!("Subscriber for {id} already exists") }
    }

    /// The client does not answer pings: the code is one after which clients connect again.
    pub fn silent() -> Self {
        Self { code: 1001, reason: "the client did not answer a ping".to_owned() }
    }

    /// A second `connection_init`.
    pub fn second_init() -> Self {
        Self { code: 4429, reason: "Too many initialisation requests".to_owned() }
    }

    /// The frame; a reason has at most 123 bytes.
    pub fn frame(self) -> Message {
        let mut reason = self.reason;
        let mut end = reason.len().min(123);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Message::Close(Some(CloseFrame { code: self.code, reason: reason.into() }))
    }
}

/// What a client may send.
#[derive(Debug, PartialEq)]
pub enum ClientMessage {
    /// Opens the connection.
    Init(Map<String, Value>),
    /// Asks for a sign of life.
    Ping(Option<Value>),
    /// Answers a ping.
    Pong,
    /// Starts an operation.
    Subscribe {
        /// Its id.
        id: String,
        /// The parameters.
        payload: Map<String, Value>,
    },
    /// Ends an operation.
    Complete {
        /// Its id.
        id: String,
    },
}

impl ClientMessage {
    /// Reads a text frame.
    ///
    /// # Errors
    /// With code 4400 when it is not a message of the protocol.
    pub fn parse(text: &str) -> Result<Self, Close> {
        let value: Value = serde_json::from_str(text).map_err(|_| Close::bad_message("the message is not JSON"))?;
        let Value::Object(mut message) = value else {
            return Err(Close::bad_message("the message is not an object"));
        };
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(Close::bad_message("the message has no type"));
        };
        let payload = message.remove("payload").filter(|payload| !payload.is_null());
        match kind.as_str() {
            "connection_init" => Ok(Self::Init(optional_object(payload)?)),
            "ping" => Ok(Self::Ping(payload)),
            "pong" => Ok(Self::Pong),
            "subscribe" => {
                let id = id(&mut message)?;
                let Some(Value::Object(payload)) = payload else {
                    return Err(Close::bad_message("the payload of `subscribe` is not an object"));
                };
                Ok(Self::Subscribe { id, payload })
            }
            "complete" => Ok(Self::Complete { id: id(&mut message)? }),
            other => Err(Close::bad_message(format!("the message type '{other}' is unknown"))),
        }
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(Close::bad_message("the message has no id")),
    }
}

fn optional_object(payload: Option<Value>) -> Result<Map<String, Value>, Close> {
    match payload {
        None => Ok(Map::new()),
        Some(Value::Object(payload)) => Ok(payload),
        Some(_) => Err(Close::bad_message("the payload of `connection_init` is not an object")),
    }
}

/// The acknowledgment.
pub fn ack() -> Message {
    text(&json!({ "type": "connection_ack" }))
}

/// The answer to a ping.
pub fn pong(payload: Option<Value>) -> Message {
    match payload {
        Some(payload) => text(&json!({ "type": "pong", "payload": payload })),
        None => text(&json!({ "type": "pong" })),
    }
}

/// A ping of the server.
pub fn ping() -> Message {
    text(&json!({ "type": "ping" }))
}

/// One answer of an operation: `next`, or `error` when nothing was run.
pub fn answer(id: &str, answer: &Answer) -> Message {
    if answer.is_request_error {
        return errors(id, &answer.errors);
    }
    match std::str::from_utf8(&answer.body).ok().and_then(|body| serde_json::from_str::<&RawValue>(body).ok()) {
        Some(payload) => {
            let id = Value::from(id);
            Message::Text(format!("{{\"id\":{id},\"type\":\"next\",\"payload\":{payload}}}").into())
        }
        None => errors(id, &answer.errors),
    }
}

/// The end of an operation that was not run.
pub fn errors(id: &str, errors: &[ServerError]) -> Message {
    text(&json!({ "id": id, "type": "error", "payload": errors }))
}

/// The end of an operation.
pub fn complete(id: &str) -> Message {
    text(&json!({ "id": id, "type": "complete" }))
}

fn text(message: &Value) -> Message {
    Message::Text(message.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_closes_with_4400() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type": "nonsense"}"#,
            r#"{"type": "subscribe", "payload": {}}"#,
            r#"{"type": "subscribe", "id": "1"}"#,
            r#"{"type": "complete"}"#,
            r#"{"type": "connection_init", "payload": 1}"#,
        ] {
            assert_eq!(ClientMessage::parse(text).unwrap_err().code, 4400, "{text}");
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let Message::Close(Some(frame)) = Close::bad_message("ж".repeat(100)).frame() else { panic!("not a close") };
        assert_eq!(frame.reason.as_str().len(), 122);
    }
}
