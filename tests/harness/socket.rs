//! A client of `graphql-transport-ws` that can also misbehave.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use super::TestApp;

/// An open socket.
pub struct Socket {
    socket: WebSocket<TcpStream>,
}

impl Socket {
    /// Opens a socket that speaks the protocol, and gets it acknowledged.
    pub fn open(app: &TestApp) -> Self {
        let mut socket = Self::connect(app, Some("graphql-transport-ws"));
        socket.send(&json!({ "type": "connection_init" }));
        assert_eq!(socket.receive(), json!({ "type": "connection_ack" }));
        socket
    }

    /// Opens a socket with a key, and gets it acknowledged.
    pub fn open_by(app: &TestApp, key: &str) -> Self {
        let mut socket = Self::connect(app, Some("graphql-transport-ws"));
        socket.send(&json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {key}") } }));
        assert_eq!(socket.receive(), json!({ "type": "connection_ack" }));
        socket
    }

    /// Opens a socket that says nothing yet.
    pub fn connect(app: &TestApp, protocol: Option<&'static str>) -> Self {
        let mut request = format!("ws://{}/graphql/ws", app.address()).into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
        }
        let stream = TcpStream::connect(app.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        let (socket, _) = tungstenite::client(request, stream).unwrap();
        Self { socket }
    }

    /// Sends a message of the protocol.
    pub fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    /// Sends a text.
    pub fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// Sends bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.send(Message::binary(bytes.to_vec())).unwrap();
    }

    /// Says goodbye with a code.
    pub fn leave(&mut self, code: u16) {
        self.socket.close(Some(CloseFrame { code: code.into(), reason: "".into() })).unwrap();
    }

    /// Starts an operation; how the connection failed, if it did.
    pub fn try_subscribe(&mut self, id: &str, query: &str) -> Result<(), ErrorKind> {
        let message = json!({ "id": id, "type": "subscribe", "payload": { "query": query } });
        self.socket.send(Message::text(message.to_string())).map_err(|error| match error {
            tungstenite::Error::Io(error) => error.kind(),
            other => panic!("not a failure of the connection: {other}"),
        })
    }

    /// Starts an operation.
    pub fn subscribe(&mut self, id: &str, query: &str, variables: &Value) {
        self.send(&json!({ "id": id, "type": "subscribe", "payload": { "query": query, "variables": variables } }));
    }

    /// The next message; pings are answered and passed over.
    #[track_caller]
    pub fn receive(&mut self) -> Value {
        loop {
            match self.socket.read().expect("a message arrives") {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "ping" {
                        self.send(&json!({ "type": "pong" }));
                        continue;
                    }
                    return message;
                }
                Message::Close(frame) => panic!("closed instead of an answer: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The data of the next answer of an operation.
    #[track_caller]
    pub fn next(&mut self, id: &str) -> Value {
        let message = self.receive();
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].clone()
    }

    /// The code with which the server closes; messages before it are passed over.
    #[track_caller]
    pub fn close_code(&mut self) -> u16 {
        loop {
            match self.socket.read() {
                Ok(Message::Close(Some(frame))) => return frame.code.into(),
                Ok(Message::Close(None)) => panic!("closed without a code"),
                Ok(_) => {}
                Err(error) => panic!("ended without a close frame: {error}"),
            }
        }
    }
}
