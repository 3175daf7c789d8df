//! From a GraphQL request to its answer, whatever carries it: HTTP or WebSocket.
//!
//! Everything that can be refused is refused in [`Engine::prepare`], before anything runs. No extension of the
//! GraphQL library is registered: each would cost a fifth of the speed or more.

mod documents;
mod lengths;
mod measure;
mod tokens;
mod variables;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, Request, Response, ServerError, Value, Variables};
use futures_util::{FutureExt, Stream, StreamExt};
use serde::Serialize;

use crate::app::App;
use crate::context::RequestContext;
use crate::error::{self, Code, request_error};
use crate::graphql::LetopisSchema;
use documents::Documents;
use lengths::Lengths;
use variables::InputTypes;

/// The parameters of a request, as every transport carries them.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// The document.
    pub query: String,
    /// Which of its operations to run.
    pub operation_name: Option<String>,
    /// The variables.
    pub variables: serde_json::Map<String, serde_json::Value>,
}

/// An operation that may run.
pub struct Prepared {
    request: Request,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// How many root fields it has.
    pub root_fields: usize,
}

/// An answer, ready to be sent.
pub struct Answer {
    /// JSON: `{data, errors, extensions}`.
    pub body: Vec<u8>,
    /// Whether nothing was run: there is no `data`.
    pub is_request_error: bool,
    /// Its errors, as JSON shows them; web sockets send them apart.
    pub errors: Vec<ServerError>,
}

/// The schema with what surrounds it.
pub struct Engine {
    /// The company whose log it answers from.
    pub app: Arc<App>,
    schema: LetopisSchema,
    documents: Documents,
    input_types: InputTypes,
    lengths: Lengths,
}

impl Engine {
    /// Builds the schema.
    ///
    /// # Errors
    /// When the schema cannot be read back, which a test would show.
    pub fn new(app: Arc<App>) -> Result<Self, String> {
        let schema = crate::graphql::schema(Arc::clone(&app));
        let sdl = schema.sdl();
        let (input_types, lengths) = (InputTypes::of_schema(&sdl)?, Lengths::of_schema(&sdl)?);
        Ok(Self { app, schema, documents: Documents::default(), input_types, lengths })
    }

    /// Checks a request: syntax, size, operation, variables.
    ///
    /// # Errors
    /// What is wrong with it; nothing was run.
    pub fn prepare(&self, params: Params) -> Result<Prepared, Vec<ServerError>> {
        let document = self.documents.parse(&params.query)?;
        let variables = Variables::from_json(serde_json::Value::Object(params.variables));
        let (name, operation) = select(&document, params.operation_name.as_deref())?;
        let kind = operation.node.ty;
        measure::check(&document, operation, &variables, &self.lengths)?;
        self.input_types.check(&operation.node, &variables)?;
        let root_fields = root_field_count(&document, &operation.node.selection_set.node);
        let mut owned = (*document).clone();
        if kind == OperationType::Subscription {
            flatten_root(&mut owned, name)?;
        }
        let mut request = Request::new(params.query).variables(variables);
        request.operation_name = name.map(str::to_owned);
        request.set_parsed_query(owned);
        Ok(Prepared { request, kind, root_fields })
    }

    /// Runs a query or a mutation.
    pub async fn execute(&self, prepared: Prepared, context: Arc<RequestContext>) -> Answer {
        let request = prepared.request.data(Arc::clone(&context));
        // The last line of defense: a defect must answer this request and leave the server alone.
        let response = AssertUnwindSafe(self.schema.execute(request)).catch_unwind().await;
        finish(response.unwrap_or_else(|_| panicked()), &context)
    }

    /// Runs a subscription; the stream ends when it does.
    pub fn subscribe(&self, prepared: Prepared, context: Arc<RequestContext>) -> impl Stream<Item = Answer> + use<> {
        let request = prepared.request.data(Arc::clone(&context));
        let stream = AssertUnwindSafe(self.schema.execute_stream(request)).catch_unwind();
        stream.map(move |response| finish(response.unwrap_or_else(|_| panicked()), &context))
    }
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

fn select<'a>(
    document: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Result<(Option<&'a str>, &'a Positioned<OperationDefinition>), ServerError> {
    let unknown = |message: String| Err(request_error(Code::BadUserInput, message, None));
    match (&document.operations, wanted) {
        (DocumentOperations::Single(operation), None) => Ok((None, operation)),
        (DocumentOperations::Single(_), Some(name)) => {
            unknown(format!("the document has no operation named '{name}': its only operation has no name"))
        }
        (DocumentOperations::Multiple(operations), Some(name)) => match operations.get_key_value(name) {
            Some((name, operation)) => Ok((Some(name.as_str()), operation)),
            None => unknown(format!("the document has no operation named '{name}'")),
        },
        (DocumentOperations::Multiple(operations), None) => match operations.iter().next() {
            Some((name, operation)) if operations.len() == 1 => Ok((Some(name.as_str()), operation)),
            _ => unknown(format!(
                "the document has {} operations, so `operationName` must say which to run",
                operations.len()
            )),
        },
    }
}

fn root_field_count(document: &ExecutableDocument, set: &SelectionSet) -> usize {
    set.items
        .iter()
        .map(|selection| match &selection.node {
            Selection::Field(_) => 1,
            Selection::InlineFragment(inline) => root_field_count(document, &inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => document
                .fragments
                .get(&spread.node.fragment_name.node)
                .map_or(0, |fragment| root_field_count(document, &fragment.node.selection_set.node)),
        })
        .sum()
}

/// The executor takes only plain root fields of a subscription, and the specification demands exactly one.
fn flatten_root(document: &mut ExecutableDocument, name: Option<&str>) -> Result<(), ServerError> {
    let (_, operation) = select(document, name)?;
    let at = operation.pos;
    let mut fields = Vec::new();
    let mut used = Vec::new();
    collect_fields(document, &operation.node.selection_set.node, &mut fields, &mut used);
    if fields.len() != 1 {
        let message = format!("a subscription has exactly one root field, this one has {}", fields.len());
        return Err(request_error(Code::ValidationFailed, message, Some(at)));
    }
    for fragment in used {
        document.fragments.remove(&fragment);
    }
    let operation = match (&mut document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get_mut(name),
        (DocumentOperations::Multiple(operations), None) => operations.values_mut().next(),
    };
    if let Some(operation) = operation {
        operation.node.selection_set.node.items = fields;
    }
    Ok(())
}

fn collect_fields(
    document: &ExecutableDocument,
    set: &SelectionSet,
    fields: &mut Vec<Positioned<Selection>>,
    used: &mut Vec<async_graphql::Name>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(_) => fields.push(selection.clone()),
            Selection::InlineFragment(inline) => {
                collect_fields(document, &inline.node.selection_set.node, fields, used);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let Some(fragment) = document.fragments.get(name) {
                    used.push(name.clone());
                    collect_fields(document, &fragment.node.selection_set.node, fields, used);
                }
            }
        }
    }
}
