//! Named limits of the API: how much one request may ask for.

use std::time::Duration;

/// Largest HTTP body and WebSocket message, in bytes.
pub const BODY_SIZE_MAX_BYTES: usize = 2 * 1024 * 1024;

/// How much of an oversized body is read and thrown away, so that the client gets to read the refusal.
pub const BODY_DRAIN_MAX_BYTES: usize = 16 * BODY_SIZE_MAX_BYTES;

/// How much is read of the body of a request that is refused whatever it holds.
pub const REFUSED_BODY_MAX_BYTES: usize = 64 * 1024;

/// How long that may take.
pub const REFUSED_BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a client may take to send its body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Most tokens of one document.
pub const TOKENS_MAX: usize = 10_000;

/// How deep braces, brackets and parentheses of a document may be nested.
pub const NESTING_MAX: usize = 50;

/// How deep fields may be nested; the introspection query of common clients needs 15.
pub const DEPTH_MAX: usize = 20;

/// Most fields of one operation, every fragment counted where it is used.
pub const SELECTIONS_MAX: usize = 5_000;

/// Most fields that one answer may hold, connections counted with their page size.
pub const COMPLEXITY_MAX: u64 = 50_000;

/// Most aliases of one operation.
pub const ALIASES_MAX: usize = 100;

/// Most root fields of one operation.
pub const ROOT_FIELDS_MAX: usize = 30;

/// Most items of a list argument.
pub const LIST_ITEMS_MAX: usize = 1_000;

/// Most entries of a page.
pub const PAGE_SIZE_MAX: usize = 100;

/// Entries of a page where the client does not say.
pub const PAGE_SIZE_DEFAULT: usize = 20;

/// Most groups or bursts of a report.
pub const GROUPS_MAX: usize = 5_000;

/// Parsed documents kept for reuse.
pub const DOCUMENTS_KEPT_MAX: usize = 2_000;

/// Longest document that is kept, in bytes.
pub const DOCUMENT_KEPT_SIZE_MAX_BYTES: usize = 16 * 1024;

/// How long a request may wait for the views to reach `X-Letopis-After`.
pub const AFTER_TIMEOUT: Duration = Duration::from_secs(10);

/// Operations that one WebSocket may have running at a time.
pub const SOCKET_OPERATIONS_MAX: usize = 100;

/// How long a WebSocket may stay without `connection_init`.
pub const SOCKET_INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to answer a close frame.
pub const SOCKET_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often the server pings a WebSocket. One that says nothing for two such intervals is given up.
pub const SOCKET_PING_INTERVAL: Duration = Duration::from_secs(20);

/// How long a client may take to read what it is sent before its WebSocket is given up.
pub const SOCKET_SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Answers that wait for a slow WebSocket client before its operations wait too.
pub const SOCKET_QUEUE_SIZE: usize = 64;
