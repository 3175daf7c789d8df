//! The HTTP server: routes, and a stop that lets requests in flight finish.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Gate, assets, graphql, health};
use crate::engine::Engine;
use crate::limits::{SOCKET_INIT_TIMEOUT, SOCKET_PING_INTERVAL, SOCKET_SEND_TIMEOUT};
use crate::ws;

/// How long requests in flight may take once the server is told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// What may differ between servers.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a WebSocket may stay without `connection_init`.
    pub socket_init_timeout: Duration,
    /// How often a WebSocket is pinged; after two intervals without a word it is closed.
    pub socket_ping_interval: Duration,
    /// How long a WebSocket client may take to read a message.
    pub socket_send_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            socket_init_timeout: SOCKET_INIT_TIMEOUT,
            socket_ping_interval: SOCKET_PING_INTERVAL,
            socket_send_timeout: SOCKET_SEND_TIMEOUT,
        }
    }
}

/// What the handlers share.
pub struct Server {
    /// Answers GraphQL.
    pub engine: Arc<Engine>,
    /// Who may come in.
    pub gate: Gate,
    /// What may differ.
    pub options: Options,
    /// Turns true when the server stops; web sockets close then.
    pub stopping: watch::Receiver<bool>,
}

/// Serves until `stop` completes; requests in flight may finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    engine: Arc<Engine>,
    gate: Gate,
    options: Options,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (announce, stopping) = watch::channel(false);
    let server = Arc::new(Server { engine, gate, options, stopping: stopping.clone() });
    let serving = axum::serve(listener, routes(server).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            stop.await;
            announce.send_replace(true);
        });
    let mut stopping = stopping;
    let deadline = async move {
        // Fails only when the server ended by itself.
        if stopping.wait_for(|stopping| *stopping).await.is_ok() {
            tokio::time::sleep(STOP_TIMEOUT).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        outcome = serving => outcome,
        () = deadline => {
            tracing::warn!("some requests did not finish within {} seconds of the stop", STOP_TIMEOUT.as_secs());
            Ok(())
        }
    }
}

fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/", get(assets::page))
        .route("/assets/{name}", get(assets::file))
        .route("/graphql", any(graphql::handle))
        .route("/graphql/ws", get(ws::upgrade))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, "no such page: try /, /graphql, /graphql/ws, /health/ready\n") })
        .with_state(server)
}
