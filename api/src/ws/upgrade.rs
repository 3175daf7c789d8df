//! From an HTTP request to a socket.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::Response;

use super::connection::Connection;
use super::protocol::{Close, SUBPROTOCOL};
use crate::context::{ACTOR_HEADER, Caller};
use crate::http::Server;
use crate::limits::BODY_SIZE_MAX_BYTES;

/// Turns a request into a socket.
pub async fn upgrade(State(server): State<Arc<Server>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(BODY_SIZE_MAX_BYTES)
        .max_frame_size(BODY_SIZE_MAX_BYTES)
        .on_upgrade(move |socket| async move {
            let mut caller = Caller::default();
            let actor = headers.get(ACTOR_HEADER).and_then(|value| value.to_str().ok());
            let actor = actor.map_or(Ok(()), |actor| caller.set(ACTOR_HEADER, actor));
            let speaks = socket.protocol().is_some_and(|protocol| protocol == SUBPROTOCOL);
            let mut connection = Connection::new(server, socket, caller);
            let close = match actor {
                Err(message) => Close::bad_message(message),
                Ok(()) if !speaks => Close::subprotocol(),
                Ok(()) => match connection.run().await {
                    Some(close) => close,
                    None => return connection.part().await,
                },
            };
            connection.close(close).await;
        })
}
