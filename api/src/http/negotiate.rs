//! Content negotiation of GraphQL over HTTP.

use axum::http::{HeaderMap, header};

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaType {
    /// `application/graphql-response+json`: a request error is a 4xx.
    GraphqlResponse,
    /// `application/json`: every well-formed request is a 200.
    Json,
}

impl MediaType {
    /// The header's value.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The media type that the client likes best; none = it accepts neither.
///
/// Without `Accept`, or for `*/*`, it is `application/json`: clients from before the specification say no more.
pub fn accepted(headers: &HeaderMap) -> Option<MediaType> {
    let mut ranges = headers.get_all(header::ACCEPT).iter().peekable();
    if ranges.peek().is_none() {
        return Some(MediaType::Json);
    }
    let mut best: Option<(f32, MediaType)> = None;
    for range in ranges.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        let Some((quality, media_type)) = parse_range(range) else { continue };
        let prefers = best.is_none_or(|(so_far, _)| quality > so_far);
        if quality > 0.0 && prefers {
            best = Some((quality, media_type));
        }
    }
    best.map(|(_, media_type)| media_type)
}

fn parse_range(range: &str) -> Option<(f32, MediaType)> {
    let mut parts = range.split(';').map(str::trim);
    let media_type = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/graphql-response+json" => MediaType::GraphqlResponse,
        "application/json" | "application/*" | "*/*" => MediaType::Json,
        _ => return None,
    };
    let mut quality = 1.0;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = value.trim().parse().ok()?,
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some((quality, media_type))
}

/// Whether a request's body is JSON in UTF-8.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"))
        && parts
            .filter_map(|part| part.split_once('='))
            .all(|(name, value)| !name.trim().eq_ignore_ascii_case("charset") || is_utf8(value))
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        accepted(&headers)
    }

    #[test]
    fn the_best_liked_type_wins_and_the_first_of_equals() {
        assert_eq!(
            accept("application/json;q=0.5, application/graphql-response+json"),
            Some(MediaType::GraphqlResponse)
        );
        assert_eq!(accept("application/graphql-response+json, application/json"), Some(MediaType::GraphqlResponse));
        assert_eq!(accept("application/json, application/graphql-response+json"), Some(MediaType::Json));
        assert_eq!(accept("*/*"), Some(MediaType::Json));
        assert_eq!(accepted(&HeaderMap::new()), Some(MediaType::Json));
    }

    #[test]
    fn what_is_not_liked_is_not_sent() {
        assert_eq!(accept("text/html"), None);
        assert_eq!(accept("application/json;q=0"), None);
        assert_eq!(accept("application/json; charset=latin1"), None);
        assert_eq!(accept("application/json; charset=UTF-8"), Some(MediaType::Json));
    }
}
