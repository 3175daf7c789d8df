//! What surrounds one request: who asks, under which key, and the position it is read at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::Context;
use letopis_domain::ids::{EmployeeId, Position, RequestId};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::app::App;

/// The header with the position that the answer must include.
pub const AFTER_HEADER: &str = "x-letopis-after";
/// The header with the employee who acts.
pub const ACTOR_HEADER: &str = "x-letopis-actor";
/// The header that names a request, so that it can be repeated safely.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// What a transport knows about a caller and a request.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Who acts; none = the system itself.
    pub actor: Option<EmployeeId>,
    /// The answer must include this position.
    pub after: Option<Position>,
    /// Names the request, where the input does not.
    pub idempotency_key: Option<RequestId>,
}

impl Caller {
    /// Reads one header, or one entry of a WebSocket's initial payload; others are ignored.
    ///
    /// # Errors
    /// When the value is malformed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let malformed = |expected: &str| format!("{name} is '{value}', and {expected} is expected");
        match name.to_ascii_lowercase().as_str() {
            ACTOR_HEADER => {
                let id = crate::ids::parse::<EmployeeId>(value);
                self.actor = Some(id.ok_or_else(|| malformed("the id of an employee"))?);
            }
            AFTER_HEADER => self.after = Some(value.parse().map_err(|_| malformed("a position"))?),
            IDEMPOTENCY_HEADER => {
                self.idempotency_key = Some(RequestId::new(value).map_err(|error| format!("{name}: {error}"))?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// One request.
pub struct RequestContext {
    /// Names it in the server's log.
    pub id: Uuid,
    /// Who asks.
    pub caller: Caller,
    /// Whether the operation has several root fields, so that one key cannot name them all.
    pub has_many_roots: bool,
    read_at: AtomicU64,
    as_of: Mutex<BTreeMap<String, Position>>,
}

impl RequestContext {
    /// A request that is read at a position, which its own mutations move on.
    pub fn new(caller: Caller, root_fields: usize, read_at: Position) -> Arc<Self> {
        let read_at = AtomicU64::new(read_at.0);
        Arc::new(Self { id: Uuid::now_v7(), caller, has_many_roots: root_fields > 1, read_at, as_of: Mutex::default() })
    }

    /// The position that the answer is read at.
    pub fn position(&self) -> Position {
        Position(self.read_at.load(Ordering::SeqCst))
    }

    /// The position as clients read it.
    pub fn position_text(&self) -> String {
        self.position().to_string()
    }

    /// Notes the position that an `asOf` came to, by the path of its field.
    pub fn name_position(&self, path: String, at: Position) {
        self.as_of.lock().insert(path, at);
    }

    /// The positions that every `asOf` came to, by the path of its field.
    pub fn named_positions(&self) -> BTreeMap<String, String> {
        self.as_of.lock().iter().map(|(path, at)| (path.clone(), at.to_string())).collect()
    }

    /// Whether a field lies below one that was asked for with an `asOf`.
    pub fn is_below_named(&self, path: &str) -> bool {
        let named = self.as_of.lock();
        named.keys().any(|above| path.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Moves on to a position that the request itself wrote.
    pub fn advance(&self, to: Position) {
        self.read_at.fetch_max(to.0, Ordering::SeqCst);
    }
}

/// The request of a resolver.
///
/// # Errors
/// Never in practice: the engine puts it there.
pub fn request<'c>(context: &Context<'c>) -> async_graphql::Result<&'c Arc<RequestContext>> {
    context.data::<Arc<RequestContext>>()
}

/// The company of a resolver.
///
/// # Errors
/// Never in practice: the schema is built with it.
pub fn app<'c>(context: &Context<'c>) -> async_graphql::Result<&'c Arc<App>> {
    context.data::<Arc<App>>()
}
