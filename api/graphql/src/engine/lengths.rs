//! How many entries a list that is no connection counts for, when the size of an answer is measured.
//!
//! The types and lists are read from the printed schema, so that a list which is added counts from its first day: as
//! much as a full page, unless [`SHORT`] says that it is shorter by nature.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::limits::PAGE_SIZE_MAX;

/// Lists that are shorter than a page by nature: their type, their field, and what they count for. A `*` is any type.
const SHORT: &[(&str, &str, u64)] = &[
    // What a company sets up: a handful of pipelines with about ten stages each.
    ("SalesFunnel", "pipelines", 4),
    ("FunnelGroup", "pipelines", 2),
    ("Query", "pipelines", 10),
    ("SalesFunnel", "stages", 10),
    ("PipelineFunnel", "stages", 10),
    ("Pipeline", "stages", 10),
    ("Pipeline", "versions", 10),
    ("PipelineVersion", "stages", 10),
    // One per column of `groupBy`, per flag, per currency, per custom attribute, per reason of a refusal.
    ("*", "key", 3),
    ("*", "flags", 6),
    ("*", "amount", 3),
    ("*", "wonAmount", 3),
    ("*", "attributes", 20),
    ("*", "userErrors", 10),
    // The life of one deal.
    ("*", "stageHistory", 20),
    ("*", "probabilityHistory", 20),
];

/// What a field leads to.
struct Target {
    /// Its type, without lists.
    named: String,
    /// How many objects it counts for; one unless it is a list of objects.
    length: u64,
}

/// The object types of a schema, their fields, and the lengths of their lists.
#[derive(Default)]
pub struct Lengths {
    fields: FxHashMap<String, FxHashMap<String, Target>>,
}

impl Lengths {
    /// Reads the types of a printed schema.
    ///
    /// # Errors
    /// When it is not a schema.
    pub fn of_schema(sdl: &str) -> Result<Self, String> {
        let document = parse_schema(sdl).map_err(|error| error.to_string())?;
        let mut types: Vec<(String, Vec<FieldDefinition>)> = Vec::new();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::Union(_) => Vec::new(),
                TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_) => continue,
            };
            let name = definition.node.name.node.to_string();
            types.push((name, fields.into_iter().map(|field| field.node).collect()));
        }
        let composite: FxHashSet<String> = types.iter().map(|(name, _)| name.clone()).collect();
        let target = |parent: &str, field: &FieldDefinition| {
            let (named, is_list) = unwrap(&field.ty.node);
            let is_page = parent.ends_with("Connection");
            let is_list = is_list && !is_page && composite.contains(named);
            let length = if is_list { length(parent, &field.name.node) } else { 1 };
            Target { named: named.to_owned(), length }
        };
        let fields = types.iter().map(|(name, fields)| {
            let targets = fields.iter().map(|field| (field.name.node.to_string(), target(name, field)));
            (name.clone(), targets.collect())
        });
        Ok(Self { fields: fields.collect() })
    }

    /// The type that a field of a type leads to, and how many objects of it.
    pub fn of(&self, parent: &str, field: &str) -> Option<(&str, u64)> {
        let target = self.fields.get(parent)?.get(field)?;
        Some((&target.named, target.length))
    }
}

fn length(parent: &str, field: &str) -> u64 {
    let short = SHORT.iter().find(|(of, name, _)| *name == field && (*of == parent || *of == "*"));
    short.map_or(PAGE_SIZE_MAX as u64, |(_, _, length)| *length)
}

fn unwrap(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name, false),
        BaseType::List(item) => (unwrap(item).0, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_objects_count_and_pages_and_plain_lists_do_not() {
        let lengths = Lengths::of_schema(
            "type Query { leads: LeadConnection! bursts: [Burst!]! } type LeadConnection { nodes: [Lead!]! } \
             type Burst { leads: [Lead!]! places: [Int!]! key: [Lead!]! } type Lead { id: ID! }",
        )
        .unwrap();
        assert_eq!(lengths.of("Query", "leads"), Some(("LeadConnection", 1)));
        assert_eq!(lengths.of("LeadConnection", "nodes"), Some(("Lead", 1)));
        assert_eq!(lengths.of("Query", "bursts"), Some(("Burst", 100)));
        assert_eq!(lengths.of("Burst", "places"), Some(("Int", 1)));
        assert_eq!(lengths.of("Burst", "key"), Some(("Lead", 3)));
        assert_eq!(lengths.of("Query", "nothing"), None);
    }

    #[test]
    fn every_short_list_is_one_of_the_schema() {
        let lengths = Lengths::of_schema(&crate::sdl()).unwrap();
        for (of, field, length) in SHORT {
            let mut found = lengths.fields.iter().filter(|(parent, _)| *of == "*" || of == parent);
            let is_known = found.any(|(_, fields)| fields.get(*field).is_some_and(|target| target.length == *length));
            assert!(is_known, "{of}.{field}");
        }
    }
}
