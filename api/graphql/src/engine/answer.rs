//! From an operation that may run to its answer.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, ServerError, Value};
use futures_util::stream;
use futures_util::{FutureExt, Stream, StreamExt};
use letopis_access_log::AccessLogError;
use letopis_identity::Scope;
use serde::Serialize;

use super::prepare::{Engine, Prepared};
use crate::context::RequestContext;
use crate::error::{self, Code, request_error};

/// An answer, ready to be sent.
pub struct Answer {
    /// JSON: `{data, errors, extensions}`.
    pub body: Vec<u8>,
    /// Whether nothing was run: there is no `data`.
    pub is_request_error: bool,
    /// Its errors, as JSON shows them; web sockets send them apart.
    pub errors: Vec<ServerError>,
}

impl Engine {
    /// Runs a query or a mutation.
    pub async fn execute(&self, prepared: Prepared, context: Arc<RequestContext>) -> Answer {
        if let Err(error) = self.may_run(&prepared, &context).await {
            return refused(vec![error]);
        }
        let request = prepared.request.data(Arc::clone(&context));
        // The last line of defense: a defect must answer this request and leave the server alone.
        let response = AssertUnwindSafe(self.schema.execute(request)).catch_unwind().await;
        match self.note(&context).await {
            Ok(()) => finish(response.unwrap_or_else(|_| panicked()), &context),
            Err(error) => unnoted(&error),
        }
    }

    /// Runs a subscription; the stream ends when it does.
    pub fn subscribe(&self, prepared: Prepared, context: Arc<RequestContext>) -> impl Stream<Item = Answer> + use<'_> {
        stream::once(async move {
            if let Err(error) = self.may_run(&prepared, &context).await {
                return stream::iter([refused(vec![error])]).left_stream();
            }
            let request = prepared.request.data(Arc::clone(&context));
            let answers = AssertUnwindSafe(self.schema.execute_stream(request)).catch_unwind();
            let noted = answers.then(move |response| {
                let context = Arc::clone(&context);
                async move {
                    match self.note(&context).await {
                        Ok(()) => finish(response.unwrap_or_else(|_| panicked()), &context),
                        Err(error) => unnoted(&error),
                    }
                }
            });
            noted.right_stream()
        })
        .flatten()
    }

    /// Whether the credential is for such an operation.
    async fn may_run(&self, prepared: &Prepared, context: &RequestContext) -> Result<(), ServerError> {
        if prepared.kind == OperationType::Mutation || context.caller.admitted.scopes.contains(Scope::Read) {
            return Ok(());
        }
        let message = "the credential lacks the scope READ";
        context.refusals.lock().push(message.to_owned());
        let noted = self.note(context).await;
        Err(match noted {
            Ok(()) => request_error(Code::Forbidden, message, None),
            Err(error) => unavailable(&error),
        })
    }
}

/// The answer that nobody gets to see, because it could not be written down who saw it.
fn unnoted(error: &AccessLogError) -> Answer {
    refused(vec![unavailable(error)])
}

fn unavailable(error: &AccessLogError) -> ServerError {
    tracing::error!(%error, "an access could not be written down, so nothing was shown");
    let message =
        "the access log takes nothing at the moment, so nothing is shown; a command may have been carried out";
    request_error(Code::Unavailable, message, None)
}

/// The answer of a request that was not run.
pub fn refused(errors: Vec<ServerError>) -> Answer {
    answer(Response::from_errors(errors), uuid::Uuid::nil(), None)
}

fn panicked() -> Response {
    Response::from_errors(vec![request_error(Code::Internal, "a resolver panicked", None)])
}

fn finish(response: Response, context: &RequestContext) -> Answer {
    let extensions = Extensions { position: context.position_text(), as_of: context.named_positions() };
    answer(response, context.id, Some(extensions))
}

/// What every answer says besides its data.
#[derive(Serialize)]
struct Extensions {
    /// The position it was read at.
    position: String,
    /// The position that each `asOf` came to, by the path of its field.
    #[serde(rename = "asOf", skip_serializing_if = "BTreeMap::is_empty")]
    as_of: BTreeMap<String, String>,
}

fn answer(response: Response, request: uuid::Uuid, extensions: Option<Extensions>) -> Answer {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(skip_serializing_if = "<[ServerError]>::is_empty")]
        errors: &'a [ServerError],
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        extensions: Option<Extensions>,
    }
    let mut errors = response.errors;
    error::disclose(&mut errors, request);
    let is_request_error = matches!(response.data, Value::Null) && errors.iter().any(|error| error.path.is_empty());
    let body = Body {
        errors: &errors,
        data: (!is_request_error).then_some(&response.data),
        extensions: extensions.filter(|_| !is_request_error),
    };
    let body = serde_json::to_vec(&body).unwrap_or_else(|error| {
        tracing::error!(%request, "failed to write an answer: {error}");
        br#"{"errors":[{"message":"the answer could not be written as JSON"}]}"#.to_vec()
    });
    Answer { body, is_request_error, errors }
}
