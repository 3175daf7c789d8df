//! `GraphiQL`, bundled: the page and its scripts come from the binary, and nothing from a public host.

use std::io::Read;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    /// Compressed with gzip, except where `is_plain`.
    bytes: &'static [u8],
    is_plain: bool,
}

macro_rules! asset {
    ($name:literal, $content_type:literal) => {
        Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../assets/graphiql/", $name, ".gz")),
            is_plain: false,
        }
    };
    (plain $name:literal, $content_type:literal) => {
        Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../assets/graphiql/", $name)),
            is_plain: true,
        }
    };
}

const PAGE: Asset = asset!(plain "index.html", "text/html; charset=utf-8");

const ASSETS: &[Asset] = &[
    asset!("graphiql.js", "text/javascript; charset=utf-8"),
    asset!("graphiql.css", "text/css; charset=utf-8"),
    asset!("react.js", "text/javascript; charset=utf-8"),
    asset!("react-dom.js", "text/javascript; charset=utf-8"),
    asset!("graphql-ws.js", "text/javascript; charset=utf-8"),
    asset!("NOTICES.txt", "text/plain; charset=utf-8"),
    asset!(plain "start.js", "text/javascript; charset=utf-8"),
];

/// What the page may load: only what comes from this server.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'";

/// The page at `/`.
pub async fn page(headers: HeaderMap) -> Response {
    let mut response = send(&PAGE, &headers);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// One file of the page.
pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => send(asset, &headers),
        None => (StatusCode::NOT_FOUND, format!("no such file: {name}\n")).into_response(),
    }
}

fn send(asset: &'static Asset, request: &HeaderMap) -> Response {
    let takes_gzip = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let mut response = if asset.is_plain || takes_gzip {
        asset.bytes.into_response()
    } else {
        let mut plain = Vec::new();
        match flate2::read::GzDecoder::new(asset.bytes).read_to_end(&mut plain) {
            Ok(_) => plain.into_response(),
            Err(error) => {
                tracing::error!("failed to unpack the bundled file {}: {error}", asset.name);
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !asset.is_plain && takes_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
