//! What an operation may ask for: depth, fields, aliases, page sizes and their product.
//!
//! Fragments are measured once and counted at every use, so that measuring takes time in the length of the
//! document, never in the size of what it expands to. A field that selects `nodes` or `edges` is a connection:
//! what is below counts `first` (or `last`) times. What is below another list counts as often as the list is long:
//! `nodes(ids)` by its ids, others by [`Lengths`]. Introspection has neither and stays cheap.

use std::collections::BTreeSet;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};
use rustc_hash::FxHashMap;

use super::classes;
use super::lengths::Lengths;
use crate::error::{Code, request_error};
use crate::limits::{
    ALIASES_MAX, COMPLEXITY_MAX, DEPTH_MAX, LIST_ITEMS_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, ROOT_FIELDS_MAX,
    SELECTIONS_MAX,
};

/// Checks an operation against the limits.
///
/// # Errors
/// The first limit that is exceeded, with its place.
pub fn check(
    document: &ExecutableDocument,
    operation: &Positioned<OperationDefinition>,
    variables: &Variables,
    lengths: &Lengths,
) -> Result<Vec<&'static str>, ServerError> {
    // Validation walks every operation of the document, so none may expand without bound.
    let absent = Variables::default();
    for (_, other) in document.operations.iter() {
        if Measure::new(document, other, &absent, lengths).operation()?.selections > SELECTIONS_MAX {
            let message = format!("the operation has more than {SELECTIONS_MAX} fields");
            return Err(request_error(Code::LimitExceeded, message, Some(other.pos)));
        }
    }
    let mut measure = Measure::new(document, operation, variables, lengths);
    let cost = measure.operation()?;
    let at = Some(operation.pos);
    let exceeded = |what: &str, is: u64, limit: u64| {
        let message = format!("the operation has {what} {is}, and {limit} are allowed");
        Err(request_error(Code::LimitExceeded, message, at))
    };
    if cost.depth > DEPTH_MAX {
        return exceeded("fields nested to depth", cost.depth as u64, DEPTH_MAX as u64);
    }
    if cost.root_fields > ROOT_FIELDS_MAX {
        return exceeded("a number of root fields of", cost.root_fields as u64, ROOT_FIELDS_MAX as u64);
    }
    if cost.aliases > ALIASES_MAX {
        return exceeded("a number of aliases of", cost.aliases as u64, ALIASES_MAX as u64);
    }
    if cost.weight > COMPLEXITY_MAX {
        return exceeded("a complexity (fields times page sizes) of", cost.weight, COMPLEXITY_MAX);
    }
    Ok(measure.personal.into_iter().collect())
}

#[derive(Clone, Copy, Default)]
struct Cost {
    depth: usize,
    root_fields: usize,
    aliases: usize,
    selections: usize,
    weight: u64,
    is_connection: bool,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.selections = self.selections.saturating_add(other.selections);
        self.weight = self.weight.saturating_add(other.weight);
        self.is_connection |= other.is_connection;
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    lengths: &'a Lengths,
    /// Cost by fragment; none while it is being measured.
    fragments: FxHashMap<&'a str, Option<Cost>>,
    /// The fields with personal data that were met.
    personal: BTreeSet<&'static str>,
}

impl<'a> Measure<'a> {
    fn new(
        document: &'a ExecutableDocument,
        operation: &'a Positioned<OperationDefinition>,
        variables: &'a Variables,
        lengths: &'a Lengths,
    ) -> Self {
        Self {
            document,
            operation: &operation.node,
            variables,
            lengths,
            fragments: FxHashMap::default(),
            personal: BTreeSet::new(),
        }
    }

    fn operation(&mut self) -> Result<Cost, ServerError> {
        let root = match self.operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        self.selection_set(&self.operation.selection_set.node, root)
    }

    /// The cost of what is selected of an object of type `parent`.
    fn selection_set(&mut self, set: &'a SelectionSet, parent: &'a str) -> Result<Cost, ServerError> {
        let mut cost = Cost::default();
        for selection in &set.items {
            cost.add(match &selection.node {
                Selection::Field(field) => self.field(&field.node, field.pos, parent)?,
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    self.selection_set(&inline.node.selection_set.node, condition.unwrap_or(parent))?
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, spread.pos)?,
            });
        }
        Ok(cost)
    }

    fn fragment(&mut self, name: &'a Name, at: Pos) -> Result<Cost, ServerError> {
        let Some(fragment) = self.document.fragments.get(name) else {
            let message = format!("the fragment '{name}' is not defined");
            return Err(request_error(Code::ValidationFailed, message, Some(at)));
        };
        match self.fragments.get(name.as_str()) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => {
                let message = format!("the fragment '{name}' contains itself");
                return Err(request_error(Code::ValidationFailed, message, Some(at)));
            }
            None => {}
        }
        self.fragments.insert(name.as_str(), None);
        let on = fragment.node.type_condition.node.on.node.as_str();
        let cost = self.selection_set(&fragment.node.selection_set.node, on)?;
        self.fragments.insert(name.as_str(), Some(cost));
        Ok(cost)
    }

    fn field(&mut self, field: &'a Field, at: Pos, parent: &str) -> Result<Cost, ServerError> {
        let lengths = self.lengths;
        // Validation refuses a field that is not in the schema.
        let (named, length) = lengths.of(parent, &field.name.node).unwrap_or(("", 1));
        self.personal.extend(classes::personal(parent, &field.name.node));
        let below = self.selection_set(&field.selection_set.node, named)?;
        let page = self.page_size(field, at)?;
        for (name, value) in &field.arguments {
            self.list_items(field, name, &value.node)?;
        }
        let times = if below.is_connection { page as u64 } else { self.ids(field).unwrap_or(length) };
        Ok(Cost {
            depth: below.depth + 1,
            root_fields: 1,
            aliases: below.aliases.saturating_add(usize::from(field.alias.is_some())),
            selections: below.selections.saturating_add(1),
            weight: below.weight.saturating_mul(times).saturating_add(classes::weight(parent, &field.name.node)),
            is_connection: matches!(field.name.node.as_str(), "nodes" | "edges"),
        })
    }

    fn page_size(&self, field: &Field, at: Pos) -> Result<usize, ServerError> {
        let mut size = None;
        for (name, value) in &field.arguments {
            if !matches!(name.node.as_str(), "first" | "last") {
                continue;
            }
            let Some(given) = self.integer(&value.node) else { continue };
            let Some(given) = usize::try_from(given).ok().filter(|given| *given <= PAGE_SIZE_MAX) else {
                let (name, field) = (&name.node, &field.name.node);
                let message = format!("`{name}` of `{field}` is {given}, and 0 to {PAGE_SIZE_MAX} are allowed");
                return Err(request_error(Code::BadUserInput, message, Some(at)));
            };
            size = size.max(Some(given));
        }
        Ok(size.unwrap_or(PAGE_SIZE_DEFAULT))
    }

    /// How many ids an argument `ids` lists; none where it has no such argument.
    fn ids(&self, field: &Field) -> Option<u64> {
        let count = match &field.get_argument("ids")?.node {
            Value::List(ids) => ids.len(),
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::List(ids) => ids.len(),
                _ => 1,
            },
            _ => 1,
        };
        Some(count as u64)
    }

    fn integer(&self, value: &Value) -> Option<i64> {
        match value {
            Value::Number(number) => number.as_i64(),
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Number(number) => number.as_i64(),
                _ => None,
            },
            _ => None,
        }
    }

    fn variable(&self, name: &Name) -> Option<&ConstValue> {
        self.variables.get(name).or_else(|| {
            let definition =
                self.operation.variable_definitions.iter().find(|variable| variable.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }

    fn list_items(&self, field: &Field, name: &Positioned<Name>, value: &Value) -> Result<(), ServerError> {
        let longest = match value {
            Value::Variable(variable) => self.variable(variable).map_or(0, longest_const_list),
            other => longest_list(other),
        };
        if longest <= LIST_ITEMS_MAX {
            return Ok(());
        }
        let (argument, field) = (&name.node, &field.name.node);
        let message =
            format!("a list in `{argument}` of `{field}` has {longest} items, and {LIST_ITEMS_MAX} are allowed");
        Err(request_error(Code::LimitExceeded, message, Some(name.pos)))
    }
}

fn longest_list(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(longest_list).max().unwrap_or(0).max(items.len()),
        Value::Object(fields) => fields.values().map(longest_list).max().unwrap_or(0),
        _ => 0,
    }
}

fn longest_const_list(value: &ConstValue) -> usize {
    match value {
        ConstValue::List(items) => items.iter().map(longest_const_list).max().unwrap_or(0).max(items.len()),
        ConstValue::Object(fields) => fields.values().map(longest_const_list).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    fn verdict(text: &str, variables: serde_json::Value) -> Result<(), String> {
        let document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let lengths = Lengths::of_schema(&crate::sdl()).unwrap();
        check(&document, operation, &Variables::from_json(variables), &lengths).map(drop).map_err(|error| error.message)
    }

    #[test]
    fn nested_connections_multiply() {
        let query = |outer: u32, inner: u32| {
            format!("{{ a(first: {outer}) {{ nodes {{ b(first: {inner}) {{ nodes {{ c d e f g }} }} }} }} }}")
        };
        verdict(&query(100, 50), json!({})).unwrap();
        let refused = verdict(&query(100, 100), json!({})).unwrap_err();
        assert!(refused.contains("complexity"), "{refused}");
    }

    #[test]
    fn a_connection_hidden_in_a_fragment_multiplies_too() {
        let text = "query ($n: Int = 100) { a(first: $n) { ...F } } \
            fragment F on A { edges { node { b(last: $n) { ...G } } } } fragment G on B { nodes { c d e f g } }";
        assert!(verdict(text, json!({})).is_err());
        verdict(text, json!({ "n": 10 })).unwrap();
    }

    #[test]
    fn lists_that_are_no_pages_multiply_too() {
        let timelines = "query ($ids: [ID!]!) { nodes(ids: $ids) { \
            ... on Account { timeline(first: 100) { nodes { id type summary occurredAt recordedAt position } } } } }";
        verdict(timelines, json!({ "ids": vec!["a"; 50] })).unwrap();
        let refused = verdict(timelines, json!({ "ids": vec!["a"; 100] })).unwrap_err();
        assert!(refused.contains("complexity"), "{refused}");
        let bursts = "{ rejectionBursts { leads { FIELDS } } }";
        verdict(&bursts.replace("FIELDS", "id status"), json!({})).unwrap();
        let fields = "id status source channel campaign receivedAt";
        assert!(verdict(&bursts.replace("FIELDS", fields), json!({})).unwrap_err().contains("complexity"));
        let late = "{ leadRejectionAudit { rejections(first: 100) { nodes { lateEvidence { activities { id type payload \
            tags recordedAt } } } } } }";
        assert!(verdict(late, json!({})).unwrap_err().contains("complexity"));
    }

    #[test]
    fn a_funnel_by_employee_with_all_its_figures_is_allowed() {
        let funnel = "{ salesFunnel(groupBy: [{ column: EMPLOYEE }]) { stages { ...S } groups { key { value id } \
            pipelines { name stages { ...S } bottleneck { stage n } } } } } fragment S on StageFunnel { stage name category \
            entered reentered advanced returned lost won movedElsewhere stillThere amount { amount currency } durations \
            earlyTransitions medianSecondsInStage p90SecondsInStage conversionToNext }";
        verdict(funnel, json!({})).unwrap();
    }

    #[test]
    fn a_page_has_at_most_a_hundred_entries() {
        for text in ["{ a(first: 101) { nodes { b } } }", "{ a(last: -1) { nodes { b } } }"] {
            assert!(verdict(text, json!({})).unwrap_err().contains("0 to 100 are allowed"));
        }
        let refused = verdict("query ($n: Int) { a(first: $n) { nodes { b } } }", json!({ "n": 1_000_000_000 }));
        assert!(refused.unwrap_err().contains("`first` of `a` is 1000000000"));
    }

    #[test]
    fn a_fragment_bomb_is_measured_without_expanding_it() {
        let mut text = String::from("{ ...F0 }");
        for level in 0..40 {
            text = format!("{text} fragment F{level} on A {{ ...F{0} ...F{0} }}", level + 1);
        }
        text.push_str(" fragment F40 on A { a }");
        assert!(verdict(&text, json!({})).is_err());
    }

    #[test]
    fn a_fragment_cycle_is_named() {
        let refused = verdict("{ ...F } fragment F on A { a { ...G } } fragment G on A { ...F }", json!({}));
        assert!(refused.unwrap_err().contains("contains itself"));
    }

    #[test]
    fn aliases_root_fields_depth_and_lists_are_bounded() {
        let many =
            |field: &str, count: usize| (0..count).map(|n| format!("x{n}: {field}")).collect::<Vec<_>>().join(" ");
        assert!(verdict(&format!("{{ a {{ {} }} }}", many("b", 101)), json!({})).unwrap_err().contains("aliases"));
        assert!(verdict(&format!("{{ {} }}", many("b", 31)), json!({})).unwrap_err().contains("root fields"));
        let deep = format!("{}{}", "{ a ".repeat(21), "}".repeat(21));
        assert!(verdict(&deep, json!({})).unwrap_err().contains("depth 21"));
        let refused = verdict("query ($l: [Int!]) { a(b: { c: $l }) d(e: $l) }", json!({ "l": vec![1; 1_001] }));
        assert!(refused.unwrap_err().contains("1001 items"));
    }
}
