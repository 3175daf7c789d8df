//! Which operation of a document is meant, and what its root fields are.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Positioned, ServerError};

use crate::error::{Code, request_error};

/// The operation of a document that a request names, or its only one.
///
/// # Errors
/// When it has none of that name, or several and no name was given.
pub fn select<'a>(
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

/// How many root fields a selection comes to.
pub fn root_field_count(document: &ExecutableDocument, set: &SelectionSet) -> usize {
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
///
/// # Errors
/// When it has another number of them.
pub fn flatten_root(document: &mut ExecutableDocument, name: Option<&str>) -> Result<(), ServerError> {
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
