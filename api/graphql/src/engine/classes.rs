//! What the fields of the schema hold: every field has its line in `field-classes.txt`, and a test holds the list
//! against the schema, so that a new field says what it is before it is shown to anybody.
//!
//! What a viewer may not see is withheld where it is read, in the views; this list says what to expect, and which
//! answers the access log must know of.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Nothing that is ever withheld from whoever sees the row.
    Row,
    /// Names, addresses, numbers, custom attributes of customers.
    Personal,
    /// Free text.
    Comment,
    /// Amounts.
    Money,
    /// All of them: the content of an event.
    Content,
    /// The name of a colleague.
    Colleague,
}

/// The lines `Type.field CLASS`.
const LIST: &str = include_str!("field-classes.txt");

/// The classes by type and field, as they stand in the list.
static CLASSES: LazyLock<FxHashMap<&'static str, Class>> = LazyLock::new(|| LIST.lines().filter_map(line).collect());

fn line(line: &'static str) -> Option<(&'static str, Class)> {
    let (field, class) = line.split_once(' ')?;
    let class = match class {
        "ROW" => Class::Row,
        "PERSONAL" => Class::Personal,
        "COMMENT" => Class::Comment,
        "MONEY" => Class::Money,
        "CONTENT" => Class::Content,
        "COLLEAGUE" => Class::Colleague,
        _ => return None,
    };
    Some((field, class))
}

/// What a field like `Lead.emails` holds; none = it is not in the list.
pub fn class(field: &str) -> Option<Class> {
    CLASSES.get(field).copied()
}

/// The field as the access log names it, where it shows personal data.
pub(super) fn personal(parent: &str, field: &str) -> Option<&'static str> {
    // Most fields of most types are plain; their names are looked up without making a text of them first.
    let (field, class) = PERSONAL.get(parent)?.iter().find(|(name, _)| name.ends_with(field) && tail(name) == field)?;
    debug_assert!(!matches!(class, Class::Row));
    Some(field)
}

static PERSONAL: LazyLock<FxHashMap<&'static str, Vec<(&'static str, Class)>>> = LazyLock::new(|| {
    let mut by_type: FxHashMap<&'static str, Vec<(&'static str, Class)>> = FxHashMap::default();
    for (field, class) in LIST.lines().filter_map(line) {
        let is_personal = matches!(class, Class::Personal | Class::Comment | Class::Content);
        if let (true, Some((parent, _))) = (is_personal, field.split_once('.')) {
            by_type.entry(parent).or_default().push((field, class));
        }
    }
    by_type
});

fn tail(field: &str) -> &str {
    field.split_once('.').map_or(field, |(_, name)| name)
}

/// Fields that sign, or prove by walking the log: what each counts for.
const HEAVY: &[(&str, &str, u64)] = &[
    ("LogInfo", "checkpoint", 500),
    ("LogInfo", "continuation", 2_000),
    ("RecordedEvent", "proof", 500),
    ("DataSubject", "erasureCertificate", 2_000),
    ("DataSubject", "events", 200),
];

/// What a field counts for before anything below it.
pub(super) fn weight(parent: &str, field: &str) -> u64 {
    let heavy = HEAVY.iter().find(|(of, name, _)| *of == parent && *name == field);
    heavy.map_or(1, |(_, _, weight)| *weight)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use async_graphql::parser::parse_schema;
    use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

    use super::*;

    fn fields_of_schema() -> BTreeSet<String> {
        let schema = parse_schema(crate::sdl()).unwrap();
        let mut fields = BTreeSet::new();
        for definition in schema.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let of_type = match &definition.node.kind {
                TypeKind::Object(object) => &object.fields,
                TypeKind::Interface(interface) => &interface.fields,
                _ => continue,
            };
            let name = &definition.node.name.node;
            fields.extend(of_type.iter().map(|field| format!("{name}.{}", field.node.name.node)));
        }
        fields
    }

    #[test]
    fn every_field_of_the_schema_has_a_class_and_no_other() {
        let listed: BTreeSet<String> = LIST.lines().map(|line| super::line(line).expect(line).0.to_owned()).collect();
        let schema = fields_of_schema();
        let without: Vec<_> = schema.difference(&listed).collect();
        assert!(without.is_empty(), "these fields have no line in field-classes.txt: {without:?}");
        let gone: Vec<_> = listed.difference(&schema).collect();
        assert!(gone.is_empty(), "these lines of field-classes.txt are no fields: {gone:?}");
    }

    #[test]
    fn fields_with_people_are_found_and_others_are_not() {
        assert_eq!(personal("Lead", "emails"), Some("Lead.emails"));
        assert_eq!(personal("Lead", "status"), None);
        assert_eq!(personal("Query", "lead"), None);
        assert_eq!(class("Lead.amount"), Some(Class::Money));
        assert!(weight("RecordedEvent", "proof") > weight("RecordedEvent", "payload"));
    }
}
