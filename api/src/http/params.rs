//! The parameters of a request, typed: an object with a text `query` and nothing of the wrong type.

use axum::body::Bytes;
use axum::http::Uri;
use serde_json::{Map, Value};

use crate::engine::Params;

/// Parameters of a POST body.
///
/// # Errors
/// When the body is not JSON, not an object, or a parameter is of the wrong type.
pub fn of_body(body: &Bytes) -> Result<Params, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    match value {
        Value::Object(fields) => of_object(fields),
        Value::Array(_) => Err("the body is a list; batches of requests are not taken".to_owned()),
        _ => Err("the body is JSON, but not an object".to_owned()),
    }
}

/// Parameters of an object, from a body or a WebSocket message.
///
/// # Errors
/// When a parameter is missing or of the wrong type.
pub fn of_object(mut fields: Map<String, Value>) -> Result<Params, String> {
    let query = match fields.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err("the parameter `query` is not a text".to_owned()),
        None => return Err("the parameter `query` is missing".to_owned()),
    };
    let operation_name = match fields.remove("operationName") {
        Some(Value::String(name)) => Some(name),
        None | Some(Value::Null) => None,
        Some(_) => return Err("the parameter `operationName` is not a text".to_owned()),
    };
    let variables = object_or_nothing(fields.remove("variables"), "variables")?;
    object_or_nothing(fields.remove("extensions"), "extensions")?;
    Ok(Params { query, operation_name, variables })
}

/// Parameters of a GET request.
///
/// # Errors
/// When a parameter is missing, given twice, or not what it should be.
pub fn of_uri(uri: &Uri) -> Result<Params, String> {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|error| format!("the query string is malformed: {}", error.body_text()))?
        .0;
    let mut fields = Map::new();
    for (name, value) in pairs {
        let parsed = match name.as_str() {
            "query" | "operationName" => Value::String(value),
            "variables" | "extensions" if value.is_empty() => continue,
            "variables" | "extensions" => {
                serde_json::from_str(&value).map_err(|error| format!("the parameter `{name}` is not JSON: {error}"))?
            }
            _ => continue,
        };
        if name == "operationName" && parsed == "" {
            continue;
        }
        if fields.insert(name.clone(), parsed).is_some() {
            return Err(format!("the parameter `{name}` is given twice"));
        }
    }
    of_object(fields)
}

fn object_or_nothing(value: Option<Value>, name: &str) -> Result<Map<String, Value>, String> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(format!("the parameter `{name}` is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_shape_is_named() {
        for (body, expected) in [
            ("{", "not JSON"),
            ("[]", "batches"),
            ("1", "not an object"),
            ("{}", "`query` is missing"),
            (r#"{"query": 1}"#, "`query` is not a text"),
            (r#"{"query": "{a}", "operationName": []}"#, "`operationName`"),
            (r#"{"query": "{a}", "variables": "x"}"#, "`variables`"),
            (r#"{"query": "{a}", "extensions": 1}"#, "`extensions`"),
        ] {
            let message = of_body(&Bytes::from(body)).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_get_request_carries_json_in_its_variables() {
        let params = of_uri(&"/graphql?query=%7Ba%7D&variables=%7B%22x%22%3A1%7D".parse().unwrap()).unwrap();
        assert_eq!(params.query, "{a}");
        assert_eq!(params.variables["x"], 1);
        assert!(of_uri(&"/graphql?query=a&query=b".parse().unwrap()).unwrap_err().contains("twice"));
        assert!(of_uri(&"/graphql?query=a&variables=b".parse().unwrap()).unwrap_err().contains("not JSON"));
    }
}
