//! What surrounds one request: who asks, under which key, and the position it is read at.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::Context;
use letopis_access_log::{Access, Kind, Reason};
use letopis_domain::ids::{EmployeeId, Position, RequestId};
use letopis_identity::{Scope, Scopes};
use letopis_projections::{Sight, View, Viewer, Witness};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::app::App;
use crate::engine::Prepared;
use crate::error::{Code, FieldResult};

/// The header with the position that the answer must include.
pub const AFTER_HEADER: &str = "x-letopis-after";
/// The header with the employee who acts.
pub const ACTOR_HEADER: &str = "x-letopis-actor";
/// The header that names a request, so that it can be repeated safely.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// Somebody whom a transport let in.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Whose eyes they have.
    pub viewer: Viewer,
    /// What their credential is for, at most.
    pub scopes: Scopes,
    /// What the access log keeps of their credential.
    pub credential: Option<String>,
}

impl Admitted {
    /// Whoever runs the server.
    pub fn system() -> Self {
        Self { viewer: Viewer::System, scopes: Scope::ALL.into_iter().collect(), credential: None }
    }
}

/// What a transport knows about a caller and a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub admitted: Admitted,
    /// From where.
    pub remote: Option<IpAddr>,
    /// Who acts, where whoever runs the server says so for somebody else; an employee acts as themselves.
    pub acting: Option<EmployeeId>,
    /// The answer must include this position.
    pub after: Option<Position>,
    /// Names the request, where the input does not.
    pub idempotency_key: Option<RequestId>,
}

impl Caller {
    /// Who asks, and nothing else known yet.
    pub const fn new(admitted: Admitted, remote: Option<IpAddr>) -> Self {
        Self { admitted, remote, acting: None, after: None, idempotency_key: None }
    }

    /// Whose eyes they have.
    pub const fn viewer(&self) -> &Viewer {
        &self.admitted.viewer
    }

    /// What the access log knows of everything that the caller does.
    pub fn access(&self, request: Uuid, kind: Kind) -> Access {
        Access {
            employee: self.actor(),
            credential: self.admitted.credential.clone(),
            remote: self.remote,
            ..Access::new(request, kind)
        }
    }

    /// An attempt of the caller that was refused.
    pub fn refused(&self, text: impl Into<String>) -> Access {
        let reason = Some(Reason { code: Code::Forbidden.as_str().to_owned(), text: text.into() });
        Access { reason, ..self.access(Uuid::now_v7(), Kind::Refused) }
    }

    /// Who acts; none = the system itself.
    pub const fn actor(&self) -> Option<EmployeeId> {
        match self.viewer() {
            Viewer::Employee { employee, .. } => Some(*employee),
            Viewer::System => self.acting,
        }
    }

    /// Reads one header, or one entry of a WebSocket's initial payload; others are ignored.
    ///
    /// # Errors
    /// When the value is malformed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let malformed = |expected: &str| format!("{name} is '{value}', and {expected} is expected");
        match name.to_ascii_lowercase().as_str() {
            ACTOR_HEADER => {
                let id = crate::ids::parse::<EmployeeId>(value);
                let id = id.ok_or_else(|| malformed("the id of an employee"))?;
                if matches!(self.viewer(), Viewer::Employee { employee, .. } if *employee != id) {
                    return Err(format!("{name} names somebody else: everybody acts as themselves"));
                }
                self.acting = Some(id);
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
    /// The position whose rights count, where that is later.
    sees_at: AtomicU64,
    as_of: Mutex<BTreeMap<String, Position>>,
    /// What the viewer sees, and the position that it was worked out at.
    sight: Mutex<Option<(Position, Sight)>>,
    /// The name of the operation.
    operation: Option<String>,
    /// Which fields with personal data are asked for.
    personal: Vec<&'static str>,
    /// Notes whose data is shown, where that is written down.
    witness: Option<Arc<Witness>>,
    /// What was tried that the viewer may not.
    pub refusals: Mutex<Vec<String>>,
}

impl RequestContext {
    /// A request that is read at a position, which its own mutations move on.
    pub fn new(caller: Caller, prepared: &Prepared, read_at: Position) -> Arc<Self> {
        let witness = (!prepared.personal.is_empty()).then(Arc::default);
        Arc::new(Self {
            id: Uuid::now_v7(),
            caller,
            has_many_roots: prepared.root_fields > 1,
            read_at: AtomicU64::new(read_at.0),
            sees_at: AtomicU64::new(read_at.0),
            as_of: Mutex::default(),
            sight: Mutex::default(),
            operation: prepared.name.clone(),
            personal: prepared.personal.clone(),
            witness,
            refusals: Mutex::default(),
        })
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

    /// What the access log knows of everything that this request does.
    pub fn access(&self, kind: Kind) -> Access {
        Access {
            operation: self.operation.clone(),
            as_of: self.as_of.lock().values().min().copied(),
            ..self.caller.access(self.id, kind)
        }
    }

    /// What is to be written down since this was asked last: whose data was shown, and what was tried in vain.
    pub fn accesses(&self) -> Vec<Access> {
        let mut accesses = Vec::new();
        let people = self.witness.as_ref().map(|witness| witness.take()).unwrap_or_default();
        if !people.is_empty() {
            let subjects = people.into_iter().map(Into::into).collect();
            let fields = self.personal.iter().map(|field| (*field).into()).collect();
            accesses.push(Access { subjects, fields, ..self.access(Kind::Read) });
        }
        for text in std::mem::take(&mut *self.refusals.lock()) {
            let reason = Some(Reason { code: Code::Forbidden.as_str().to_owned(), text });
            accesses.push(Access { reason, ..self.access(Kind::Refused) });
        }
        accesses
    }

    /// Whether a field lies below one that was asked for with an `asOf`.
    pub fn is_below_named(&self, path: &str) -> bool {
        let named = self.as_of.lock();
        named.keys().any(|above| path.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('.')))
    }

    /// What the viewer sees and may do: by the rights and the owners as of the position that the request is read at.
    pub fn sight(&self, app: &App) -> Sight {
        let at = self.position().max(Position(self.sees_at.load(Ordering::SeqCst))).min(app.views.applied());
        let mut kept = self.sight.lock();
        match &*kept {
            Some((known, sight)) if *known == at => sight.clone(),
            _ => {
                let sight = app.views.look(at).sight(self.caller.viewer(), app.env.now());
                *kept = Some((at, sight.clone()));
                sight
            }
        }
    }

    /// From here on the rights of this position count: a subscription that catches up shows the past by those of now.
    pub fn see_by(&self, at: Position) {
        self.sees_at.fetch_max(at.0, Ordering::SeqCst);
    }

    /// The views as of a position, as the viewer sees them.
    pub fn look(&self, app: &App, at: Position) -> View {
        let seen = app.views.look(at).seen_with(&self.sight(app));
        match &self.witness {
            Some(witness) => seen.witnessed_by(Arc::clone(witness)),
            None => seen,
        }
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

/// The views as of a position, as the viewer sees them: the one way in which resolvers read anything.
///
/// # Errors
/// Never in practice: the engine puts what it needs there.
pub fn seen(context: &Context<'_>, at: Position) -> FieldResult<View> {
    let (app, request) = (app(context)?, request(context)?);
    Ok(request.look(app, at))
}

/// The company of a resolver.
///
/// # Errors
/// Never in practice: the schema is built with it.
pub fn app<'c>(context: &Context<'c>) -> async_graphql::Result<&'c Arc<App>> {
    context.data::<Arc<App>>()
}
