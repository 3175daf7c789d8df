//! GraphQL over HTTP, to the letter of its specification (all 61 audits of npm `graphql-http`).
//!
//! In this order: negotiate, method and content type, body, parameters, document, GET only for queries,
//! variables, execute. A request error (no `data`) is a 400 for `application/graphql-response+json` and a 200
//! for `application/json`; what is malformed before it is GraphQL is a 4xx for both.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::Server;
use super::negotiate::{self, MediaType};
use super::params;
use crate::context::{ACTOR_HEADER, AFTER_HEADER, Caller, IDEMPOTENCY_HEADER, RequestContext};
use crate::engine::{self, Answer, Params};
use crate::error::{Code, FieldError, request_error};
use crate::limits::{BODY_DRAIN_MAX_BYTES, BODY_SIZE_MAX_BYTES, BODY_TIMEOUT};

/// Answers `/graphql`.
pub async fn handle(State(server): State<Arc<Server>>, request: Request) -> Response {
    let Some(media_type) = negotiate::accepted(request.headers()) else {
        let message =
            "the answer is application/graphql-response+json or application/json, and `Accept` allows neither";
        return problem(MediaType::Json, StatusCode::NOT_ACCEPTABLE, message);
    };
    match answer(&server, media_type, request).await {
        Ok(response) | Err(response) => response,
    }
}

async fn answer(server: &Server, media_type: MediaType, request: Request) -> Result<Response, Response> {
    let is_get = request.method() == Method::GET;
    let caller = caller(request.headers()).map_err(|message| problem(media_type, StatusCode::BAD_REQUEST, &message))?;
    let params = read_params(media_type, request).await?;
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
    let context = RequestContext::new(caller, prepared.root_fields, read_at);
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

async fn read_params(media_type: MediaType, request: Request) -> Result<Params, Response> {
    let malformed = |message: String| problem(media_type, StatusCode::BAD_REQUEST, &message);
    match *request.method() {
        Method::GET => params::of_uri(request.uri()).map_err(malformed),
        Method::POST if !negotiate::is_json(request.headers()) => {
            let message = "the body must be sent as `Content-Type: application/json` in UTF-8";
            Err(problem(media_type, StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
        }
        Method::POST => {
            let body = read_body(request.into_body())
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

fn caller(headers: &HeaderMap) -> Result<Caller, String> {
    let mut caller = Caller::default();
    for name in [ACTOR_HEADER, AFTER_HEADER, IDEMPOTENCY_HEADER] {
        if let Some(value) = headers.get(name) {
            let value = value.to_str().map_err(|_| format!("the header {name} has characters that are not ASCII"))?;
            caller.set(name, value)?;
        }
    }
    Ok(caller)
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
    let answer = engine::refused(vec![request_error(Code::BadUserInput, message, None)]);
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
