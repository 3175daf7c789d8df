//! From an HTTP request to a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::connection::{Connection, Hello};
use super::protocol::{Close, SUBPROTOCOL};
use crate::http::Server;
use crate::limits::BODY_SIZE_MAX_BYTES;

/// Turns a request into a socket.
pub async fn upgrade(
    State(server): State<Arc<Server>>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !server.gate.is_near(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(BODY_SIZE_MAX_BYTES)
        .max_frame_size(BODY_SIZE_MAX_BYTES)
        .on_upgrade(move |socket| async move {
            let speaks = socket.protocol().is_some_and(|protocol| protocol == SUBPROTOCOL);
            let mut connection = Connection::new(server, socket, remote.ip(), Hello::of(&headers));
            if !speaks {
                return connection.close(Close::subprotocol()).await;
            }
            match connection.run().await {
                Some(close) => connection.close(close).await,
                None => connection.part().await,
            }
        })
}
