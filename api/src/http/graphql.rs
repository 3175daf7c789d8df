//! GraphQL over HTTP, to the letter of its specification (all 61 audits of npm `graphql-http`).
//!
//! In this order: negotiate, method and content type, body, parameters, document, GET only for queries,
//! variables, execute. A request error (no `data`) is a 400 for `application/graphql-response+json` and a 200
//! for `application/json`; what is malformed before it is GraphQL is a 4xx for both.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use letopis_identity::Refusal;

use super::negotiate::{self, MediaType};
use super::params;
use super::{Server, authorization};
use crate::context::{ACTOR_HEADER, AFTER_HEADER, Caller, IDEMPOTENCY_HEADER, RequestContext};
use crate::engine::{self, Answer, Params};
use crate::error::{Code, FieldError, request_error};
use crate::limits::{
    BODY_DRAIN_MAX_BYTES, BODY_SIZE_MAX_BYTES, BODY_TIMEOUT, REFUSED_BODY_MAX_BYTES, REFUSED_BODY_TIMEOUT,
};

/// Answers `/graphql`.
pub async fn handle(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let mut body = Some(body);
    let response = answer(&server, &head, &mut body).await;
    let (Ok(mut response) | Err(mut response)) = response;
    if let Some(unread) = body
        && !is_drained(unread).await
    {
        // The connection is cut off under what is still on its way, so the client must not send its next request on it.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads what a refused request still sends, as far as that is little and soon over.
async fn is_drained(body: Body) -> bool {
    let mut limited = Limited::new(body, REFUSED_BODY_MAX_BYTES);
    let reading = async {
        while let Some(frame) = limited.frame().await {
            if frame.is_err() {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(REFUSED_BODY_TIMEOUT, reading).await.unwrap_or(false)
}

async fn answer(server: &Server, head: &Parts, body: &mut Option<Body>) -> Result<Response, Response> {
    let Some(media_type) = negotiate::accepted(&head.headers) else {
        let message =
            "the answer is application/graphql-response+json or application/json, and `Accept` allows neither";
        return Err(problem(MediaType::Json, StatusCode::NOT_ACCEPTABLE, message));
    };
    if !server.gate.is_near(&head.headers) {
        let message = "without keys this server answers only this machine, by a loopback address or `localhost`";
        return Err(refused(media_type, StatusCode::FORBIDDEN, Code::Forbidden, message));
    }
    let is_get = head.method == Method::GET;
    let caller = caller(server, media_type, head).await?;
    let params = read_params(media_type, head, body).await?;
    let prepared = match server.engine.prepare(params) {
        Ok(prepared) => prepared,
        Err(errors) => return Ok(finished(media_type, engine::refused(errors))),
    };
    if is_get && prepared.kind != OperationType::Query {
        let mut response = problem(media_type, StatusCode::METHOD_NOT_ALLOWED, "GET is for queries; use POST");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Err(response);
    }
    if prepared.kind == OperationType::Subscription {
        let message = "subscriptions are answered over WebSocket at /graphql/ws";
        let errors = vec![request_error(Code::BadUserInput, message, None)];
        return Ok(finished(media_type, engine::refused(errors)));
    }
    let read_at =
        server.engine.app.read_position(caller.after).await.map_err(|error| unavailable(media_type, &error))?;
    let context = RequestContext::new(caller, &prepared, read_at);
    if !context.sight(&server.engine.app).has_role() {
        let message = "you have no role here: an administrator grants them";
        server.engine.app.note(context.caller.refused(message)).await;
        return Err(refused(media_type, StatusCode::FORBIDDEN, Code::Forbidden, message));
    }
    Ok(finished(media_type, server.engine.execute(prepared, context).await))
}

fn unavailable(media_type: MediaType, error: &FieldError) -> Response {
    let status = match error.code() {
        Code::BadUserInput => StatusCode::BAD_REQUEST,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    problem(media_type, status, &error.message())
}

async fn read_params(media_type: MediaType, head: &Parts, body: &mut Option<Body>) -> Result<Params, Response> {
    let malformed = |message: String| problem(media_type, StatusCode::BAD_REQUEST, &message);
    match head.method {
        Method::GET => params::of_uri(&head.uri).map_err(malformed),
        Method::POST if !negotiate::is_json(&head.headers) => {
            let message = "the body must be sent as `Content-Type: application/json` in UTF-8";
            Err(problem(media_type, StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
        Method::POST => {
            let body = read_body(body.take().unwrap_or_default())
                .await
                .map_err(|(status, message)| problem(media_type, status, &message))?;
            params::of_body(&body).map_err(malformed)
        }
        _ => {
            let mut response = problem(media_type, StatusCode::METHOD_NOT_ALLOWED, "use GET or POST");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
            Err(response)
        }
    }
}

async fn read_body(body: Body) -> Result<Bytes, (StatusCode, String)> {
    let mut limited = Limited::new(body, BODY_DRAIN_MAX_BYTES);
    let mut read = Vec::new();
    let mut size_bytes = 0;
    let reading = async {
        while let Some(frame) = limited.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            size_bytes += data.len();
            // What is too much is read and dropped: a client that still sends would never read the answer.
            if size_bytes <= BODY_SIZE_MAX_BYTES {
                read.extend_from_slice(&data);
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    let too_large = || {
        let message = format!("the body has more than the {BODY_SIZE_MAX_BYTES} bytes that are allowed");
        Err((StatusCode::PAYLOAD_TOO_LARGE, message))
    };
    match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(Ok(())) if size_bytes > BODY_SIZE_MAX_BYTES => too_large(),
        Ok(Ok(())) => Ok(read.into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, format!("the body could not be read to its end: {error}"))),
        Err(_) => {
            let message = format!("the body did not arrive within {} seconds", BODY_TIMEOUT.as_secs());
            Err((StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}

async fn caller(server: &Server, media_type: MediaType, head: &Parts) -> Result<Caller, Response> {
    let guest = server.gate.admit(authorization(&head.headers), server.engine.app.env.now()).await;
    let guest = guest.map_err(|refusal| not_admitted(media_type, refusal))?;
    let remote = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|remote| remote.0.ip());
    let mut caller = Caller::new(guest.admitted, remote);
    for name in [ACTOR_HEADER, AFTER_HEADER, IDEMPOTENCY_HEADER] {
        let malformed = |message: String| problem(media_type, StatusCode::BAD_REQUEST, &message);
        if let Some(value) = head.headers.get(name) {
            let value = value.to_str();
            let value = value.map_err(|_| malformed(format!("the header {name} has characters that are not ASCII")))?;
            caller.set(name, value).map_err(malformed)?;
        }
    }
    Ok(caller)
}

/// The answer to somebody who did not prove who they are.
fn not_admitted(media_type: MediaType, refusal: Refusal) -> Response {
    tracing::info!(reason = refusal.kind(), "a request was not admitted");
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let code = if status == StatusCode::UNAUTHORIZED { Code::Unauthenticated } else { Code::Unavailable };
    let mut response = refused(media_type, status, code, refusal.public_text());
    if let Some(challenge) = refusal.www_authenticate() {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

fn finished(media_type: MediaType, answer: Answer) -> Response {
    let status = match media_type {
        MediaType::GraphqlResponse if answer.is_request_error => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    respond(media_type, status, answer.body)
}

/// A refusal from before the request was GraphQL.
fn problem(media_type: MediaType, status: StatusCode, message: &str) -> Response {
    refused(media_type, status, Code::BadUserInput, message)
}

fn refused(media_type: MediaType, status: StatusCode, code: Code, message: &str) -> Response {
    let answer = engine::refused(vec![request_error(code, message, None)]);
    respond(media_type, status, answer.body)
}

fn respond(media_type: MediaType, status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type.content_type()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
