//! Health: whether the process lives, and whether it can answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Server;

/// The process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// The log and the views answer, and the views are not far behind.
pub async fn ready(State(server): State<Arc<Server>>) -> (StatusCode, Json<Value>) {
    let readiness = server.engine.app.readiness();
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if readiness.is_ready() { "ready" } else { "not ready" },
        "head": readiness.head.to_string(),
        "applied": readiness.applied.to_string(),
        "problem": readiness.problem,
    });
    (status, Json(body))
}
