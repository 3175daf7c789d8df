//! The committed schema is the schema that is served, and everything in it is described.

use std::path::Path;

use serde_json::Value;

use crate::harness::TestApp;

#[test]
fn the_committed_schema_is_the_one_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/schema.graphql");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let served = letopis::graphql::sdl();
    if committed != served {
        let line = committed.lines().zip(served.lines()).position(|(one, other)| one != other);
        panic!(
            "{} differs from line {:?} on: look at the change, then run `letopis schema > api/schema.graphql`",
            path.display(),
            line.map(|line| line + 1)
        );
    }
}

#[test]
fn introspection_works_and_describes_every_type_and_field() {
    let app = TestApp::start();
    let schema = app.data(INTROSPECTION)["__schema"].clone();
    let mut bare = Vec::new();
    for kind in schema["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        // `ID` is a scalar of the specification itself, and the library describes all of those but this one.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        let mut check = |what: String, described: &Value| {
            if described["description"].as_str().is_none_or(str::is_empty) {
                bare.push(what);
            }
        };
        check(name.to_owned(), kind);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let path = format!("{name}.{}", member["name"].as_str().unwrap());
                check(path.clone(), member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    check(format!("{path}({})", argument["name"].as_str().unwrap()), argument);
                }
            }
        }
        if kind["kind"] == "SCALAR" && !["Int", "Float", "String", "Boolean", "ID"].contains(&name) {
            assert!(kind["specifiedByURL"].is_string(), "{name} names no specification");
        }
    }
    assert!(bare.is_empty(), "not described: {bare:#?}");
}

/// As common clients send it.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name } mutationType { name } \
    subscriptionType { name } types { ...FullType } directives { name description locations args { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL fields(includeDeprecated: true) { name description \
    args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } \
    interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
