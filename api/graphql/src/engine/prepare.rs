//! From a request to an operation that may run.

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError, Variables};

use super::documents::Documents;
use super::lengths::Lengths;
use super::measure;
use super::operation::{flatten_root, root_field_count, select};
use super::variables::InputTypes;
use crate::LetopisSchema;
use crate::app::App;

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
    pub(super) request: Request,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// How many root fields it has.
    pub root_fields: usize,
    /// Which fields with personal data it asks for, like `Lead.emails`.
    pub personal: Vec<&'static str>,
    /// The name of the operation.
    pub name: Option<String>,
}

/// What an operation is called, whether or not the request had to say which one it means.
fn operation_name<'a>(document: &'a ExecutableDocument, selected: Option<&'a str>) -> Option<&'a str> {
    selected.or_else(|| document.operations.iter().find_map(|(name, _)| name.map(async_graphql::Name::as_str)))
}

/// The schema with what surrounds it.
pub struct Engine {
    /// The company whose log it answers from.
    pub app: Arc<App>,
    pub(super) schema: LetopisSchema,
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
        let schema = crate::schema(Arc::clone(&app));
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
        let personal = measure::check(&document, operation, &variables, &self.lengths)?;
        self.input_types.check(&operation.node, &variables)?;
        let root_fields = root_field_count(&document, &operation.node.selection_set.node);
        let mut owned = (*document).clone();
        if kind == OperationType::Subscription {
            flatten_root(&mut owned, name)?;
        }
        let mut request = Request::new(params.query).variables(variables);
        request.operation_name = name.map(str::to_owned);
        request.set_parsed_query(owned);
        let name = operation_name(&document, name).map(str::to_owned);
        Ok(Prepared { request, kind, root_fields, personal, name })
    }
}
