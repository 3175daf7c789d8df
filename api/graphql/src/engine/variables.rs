//! Checks the variables of an operation against their types before anything runs.
//!
//! The executor looks at variables only where they are used, while fields are resolved: a missing required
//! variable would let the first mutation of an operation run. The types are read from the printed schema.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, OperationDefinition, Type, TypeKind, TypeSystemDefinition, VariableDefinition,
};
use async_graphql::{Positioned, ServerError, Value as ConstValue, Variables};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::{Code, request_error};

/// The input types of a schema.
pub struct InputTypes {
    types: FxHashMap<String, InputType>,
}

enum InputType {
    Scalar,
    Enum(FxHashSet<String>),
    Object { fields: FxHashMap<String, (Type, bool)>, one_of: bool },
}

impl InputTypes {
    /// Reads the types of a printed schema.
    ///
    /// # Errors
    /// When it is not a schema.
    pub fn of_schema(sdl: &str) -> Result<Self, String> {
        let document = parse_schema(sdl).map_err(|error| error.to_string())?;
        let mut types: FxHashMap<String, InputType> = ["Int", "Float", "String", "Boolean", "ID"]
            .into_iter()
            .map(|name| (name.to_owned(), InputType::Scalar))
            .collect();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let definition = definition.node;
            let one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
            let input = match definition.kind {
                TypeKind::Scalar => InputType::Scalar,
                TypeKind::Enum(values) => {
                    InputType::Enum(values.values.into_iter().map(|value| value.node.value.node.to_string()).collect())
                }
                TypeKind::InputObject(object) => InputType::Object {
                    fields: object
                        .fields
                        .into_iter()
                        .map(|field| {
                            let has_default = field.node.default_value.is_some();
                            (field.node.name.node.to_string(), (field.node.ty.node, has_default))
                        })
                        .collect(),
                    one_of,
                },
                TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_) => continue,
            };
            types.insert(definition.name.node.to_string(), input);
        }
        Ok(Self { types })
    }

    /// Checks that every required variable is there, and that every variable is of its type.
    ///
    /// # Errors
    /// Every variable at fault, with the path of the value inside it.
    pub fn check(&self, operation: &OperationDefinition, variables: &Variables) -> Result<(), Vec<ServerError>> {
        let errors: Vec<_> = operation
            .variable_definitions
            .iter()
            .filter_map(|definition| self.check_variable(definition, variables).err())
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_variable(
        &self,
        definition: &Positioned<VariableDefinition>,
        variables: &Variables,
    ) -> Result<(), ServerError> {
        let variable = &definition.node;
        let at = Some(definition.pos);
        let name = &variable.name.node;
        let expected = &variable.var_type.node;
        let base = base_name(&expected.base);
        if !self.types.contains_key(base) {
            let message = format!("the variable `${name}` is of type `{base}`, which is not an input type");
            return Err(request_error(Code::ValidationFailed, message, at));
        }
        let wrong = |reason: String| Err(request_error(Code::BadUserInput, reason, at));
        match variables.get(name) {
            None if !expected.nullable && variable.default_value.is_none() => {
                wrong(format!("the variable `${name}` of required type `{expected}` was not given"))
            }
            None => Ok(()),
            Some(value) => match self.mismatch(expected, value, &mut format!("${name}")) {
                None => Ok(()),
                Some(reason) => wrong(reason),
            },
        }
    }

    /// Why the value is not of the type; none = it is.
    fn mismatch(&self, expected: &Type, value: &ConstValue, path: &mut String) -> Option<String> {
        if matches!(value, ConstValue::Null) {
            return (!expected.nullable).then(|| format!("`{path}` is null, and a `{expected}` is required"));
        }
        match (&expected.base, value) {
            (BaseType::List(item), ConstValue::List(values)) => values.iter().enumerate().find_map(|(index, value)| {
                within(path, &format!("[{index}]"), |path| self.mismatch(item, value, path))
            }),
            // A single value stands for a list of one.
            (BaseType::List(item), value) => self.mismatch(item, value, path),
            (BaseType::Named(name), value) => self.named_mismatch(name, value, path),
        }
    }

    fn named_mismatch(&self, name: &str, value: &ConstValue, path: &mut String) -> Option<String> {
        match self.types.get(name)? {
            InputType::Scalar => scalar_mismatch(name, value).map(|reason| format!("`{path}` {reason}")),
            InputType::Enum(values) => match value {
                ConstValue::String(text) if values.contains(text) => None,
                ConstValue::Enum(text) if values.contains(text.as_str()) => None,
                other => Some(format!("`{path}` is {}, which is not one of the values of `{name}`", shown(other))),
            },
            InputType::Object { fields, one_of } => {
                let ConstValue::Object(given) = value else {
                    return Some(format!("`{path}` is {}, and an object `{name}` is required", shown(value)));
                };
                if *one_of && (given.len() != 1 || given.values().any(|value| matches!(value, ConstValue::Null))) {
                    return Some(format!("`{path}` must have exactly one field of `{name}`, and not null"));
                }
                if let Some(unknown) = given.keys().find(|key| !fields.contains_key(key.as_str())) {
                    return Some(format!("`{path}.{unknown}` is given, but `{name}` has no such field"));
                }
                fields.iter().find_map(|(field, (expected, has_default))| match given.get(field.as_str()) {
                    Some(value) => within(path, &format!(".{field}"), |path| self.mismatch(expected, value, path)),
                    None if !expected.nullable && !has_default => {
                        Some(format!("`{path}.{field}` of required type `{expected}` was not given"))
                    }
                    None => None,
                })
            }
        }
    }
}

fn within<T>(path: &mut String, segment: &str, inner: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    path.push_str(segment);
    let result = inner(path);
    path.truncate(length);
    result
}

fn base_name(base: &BaseType) -> &str {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base_name(&item.base),
    }
}

fn scalar_mismatch(name: &str, value: &ConstValue) -> Option<String> {
    let fits = match name {
        "Int" => matches!(value, ConstValue::Number(number)
            if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())),
        "Float" => matches!(value, ConstValue::Number(_)),
        "String" => matches!(value, ConstValue::String(_)),
        "Boolean" => matches!(value, ConstValue::Boolean(_)),
        "ID" => match value {
            ConstValue::String(_) => true,
            ConstValue::Number(number) => number.is_i64() || number.is_u64(),
            _ => false,
        },
        // The scalars of this schema are checked by validation, where they are used.
        _ => true,
    };
    (!fits).then(|| format!("is {}, and a value of type `{name}` is required", shown(value)))
}

/// The value for a message, cut where it is long.
fn shown(value: &ConstValue) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "scalar Position enum Color { RED GREEN } \
        input Point { x: Int! y: Int = 0 color: Color tags: [String!] } input Choice @oneOf { a: Int b: Int } \
        type Query { a: Int }";

    fn verdict(definitions: &str, variables: serde_json::Value) -> Result<(), String> {
        let document = parse_query(format!("query ({definitions}) {{ a }}")).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        InputTypes::of_schema(SCHEMA)
            .unwrap()
            .check(&operation.node, &Variables::from_json(variables))
            .map_err(|errors| errors[0].message.clone())
    }

    #[test]
    fn a_missing_required_variable_is_named() {
        assert!(verdict("$x: Int!", json!({})).unwrap_err().contains("`$x` of required type `Int!` was not given"));
        assert!(verdict("$x: Int!", json!({ "x": null })).unwrap_err().contains("`$x` is null"));
        verdict("$x: Int! = 1, $y: Int", json!({})).unwrap();
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_its_path() {
        for (variables, expected) in [
            (json!({ "p": "text" }), "`$p` is \"text\", and an object `Point` is required"),
            (json!({ "p": {} }), "`$p.x` of required type `Int!` was not given"),
            (json!({ "p": { "x": 1.5 } }), "`$p.x` is 1.5"),
            (json!({ "p": { "x": 3_000_000_000_i64 } }), "`$p.x` is 3000000000"),
            (json!({ "p": { "x": 1, "color": "BLUE" } }), "`$p.color` is \"BLUE\""),
            (json!({ "p": { "x": 1, "tags": ["a", 2] } }), "`$p.tags[1]` is 2"),
            (json!({ "p": { "x": 1, "z": 2 } }), "`$p.z` is given, but `Point` has no such field"),
        ] {
            let message = verdict("$p: Point!", variables).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        verdict("$p: Point!", json!({ "p": { "x": 1, "color": "RED", "tags": "one" } })).unwrap();
    }

    #[test]
    fn exactly_one_field_of_a_choice_is_given() {
        for variables in [json!({ "c": {} }), json!({ "c": { "a": 1, "b": 2 } }), json!({ "c": { "a": null } })] {
            assert!(verdict("$c: Choice", variables).unwrap_err().contains("exactly one field"));
        }
        verdict("$c: Choice", json!({ "c": { "b": 2 } })).unwrap();
    }

    #[test]
    fn an_unknown_type_is_refused_even_inside_a_list() {
        assert!(verdict("$x: [Nothing!] = [1]", json!({})).unwrap_err().contains("`Nothing`"));
    }
}
