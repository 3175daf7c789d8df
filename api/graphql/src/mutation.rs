//! The one shape of all mutations: parse → execute → wrap.
//!
//! A refusal is payload data. What is left for the top-level `errors` are faults of the server.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Value};
use letopis_domain::access::Fields;
use letopis_domain::command::Command;
use letopis_domain::event::NewEvent;
use letopis_domain::ids::RequestId;
use letopis_domain::limits;
use letopis_domain::query::Tag;
use letopis_domain::refusal::{RefusalCode, Refused};
use letopis_eventlog::error::TransactError;
use letopis_eventlog::keys::RequestHasher;
use letopis_eventlog::log::{RequestDigest, RequestKey};
use letopis_eventlog::transact::{Envelope, transact};
use letopis_identity::Scope;
use letopis_projections::{Sight, View};
use uuid::Uuid;

use super::enums::UserErrorCode;
use super::event_type::EventType;
use super::ids::{EntityId, global_of, split};
use super::intake::{Intake, Problem};
use super::permit::{allow, is_taken};
use super::scalars;
use crate::app::App;
use crate::context::{RequestContext, app, request, seen};
use crate::error::{FieldError, FieldResult};

/// Why a command was refused; the log is as it was.
#[derive(SimpleObject, Debug)]
pub struct UserError {
    /// What kind of refusal it is; front ends branch on it.
    pub code: UserErrorCode,
    /// What a person reads.
    pub message: String,
    /// The path of the field of the input at fault; null when no single field is.
    pub field: Option<Vec<String>>,
    /// What stands in the way.
    pub conflict: Option<Conflict>,
}

/// What stands in the way of a command.
#[derive(SimpleObject, Debug)]
pub struct Conflict {
    /// The event that stands in the way.
    pub position: Option<scalars::Position>,
    /// Its type.
    pub event_type: Option<EventType>,
    /// The entity that stands in the way.
    pub holder: Option<async_graphql::ID>,
}

/// What every input may carry besides its own fields.
#[derive(Debug, Default)]
pub struct Meta {
    /// Names the request, so that it can be repeated safely.
    pub request_id: Option<String>,
    /// When it happened; none = now.
    pub occurred_at: Option<scalars::DateTime>,
    /// Refuse when the subject moved on after this position.
    pub expected_position: Option<scalars::Position>,
}

/// An entity that a mutation answers with.
pub trait Subject: Sized {
    /// What names it.
    type Key: SubjectKey;

    /// The entity as the viewer sees it, as of the position of the view.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load(seen: &View, key: Self::Key) -> Result<Option<Self>, FieldError>;
}

/// What names the subject of a command.
pub trait SubjectKey: Sized {
    /// The subject of an earlier request's events, which may have made an id of its own.
    fn of_events(events: &[NewEvent]) -> Option<Self>;
}

impl<T: EntityId> SubjectKey for T {
    fn of_events(events: &[NewEvent]) -> Option<Self> {
        let mut tags = events.iter().flat_map(|event| event.event.tags().into_vec());
        tags.find_map(|tag| {
            let (kind, id) = tag.as_str().split_once(':')?;
            (kind == T::KIND).then(|| Uuid::parse_str(id).ok().map(T::of))?
        })
    }
}

/// The answer of a mutation, before it gets its name.
pub struct Done<S> {
    /// The subject after the command; none when it was refused.
    pub subject: Option<S>,
    /// The last event of the command; the head where there was nothing to do.
    pub position: Option<scalars::Position>,
    /// Why it was refused.
    pub user_errors: Vec<UserError>,
}

/// Executes a command and answers with its subject.
///
/// # Errors
/// When the log fails; refusals are in the answer.
pub async fn execute<C, S>(
    context: &Context<'_>,
    meta: Meta,
    command: impl FnOnce(&Intake<'_>) -> Result<C, Problem>,
    key: impl FnOnce(&C) -> S::Key,
) -> FieldResult<Done<S>>
where
    C: Into<Command>,
    S: Subject,
{
    let (app, request) = (app(context)?, request(context)?);
    if !request.sight(app).sees_everything() {
        // What was recorded a moment ago, and who owns it, is known once the views are there.
        app.applied(app.log.head()).await?;
        request.see_by(app.views.applied());
    }
    let sight = request.sight(app);
    let accepted = accept(context, app, request, meta, &sight, command).map_err(UserError::from);
    let (command, envelope) = match accepted {
        Ok(accepted) => accepted,
        Err(error) => return Ok(Done::refused(error)),
    };
    let (key, command) = (key(&command), command.into());
    let limited = app.views.now().seen_with(&sight);
    if let Err(error) = allow(&sight, &limited, request.caller.admitted.scopes, &command) {
        request.refusals.lock().push(format!("{}: {}", command.name(), error.message));
        return Ok(Done::refused(error));
    }
    let outcome = match transact(&*app.log, &*app.env, &command, &envelope).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let refused = UserError::of(error).map_err(FieldError::from)?;
            app.applied(app.log.head()).await?;
            return Ok(Done::refused(refused.for_eyes(&app.views.now().seen_with(&sight))?));
        }
    };
    let position = outcome.appended.map_or_else(|| app.log.head(), |appended| appended.last);
    request.advance(position);
    let key = if outcome.repeated { S::Key::of_events(&outcome.events).unwrap_or(key) } else { key };
    let subject = if request.caller.admitted.scopes.contains(Scope::Read) && asks_for_subject(context) {
        if !sight.sees_everything() {
            // Who owns what was just recorded is known once the views are there.
            app.applied(position).await?;
        }
        S::load(&seen(context, position)?, key)?
    } else {
        None
    };
    Ok(Done { subject, position: Some(scalars::Position(position)), user_errors: Vec::new() })
}

/// Whether the client wants more than to know how it went.
fn asks_for_subject(context: &Context<'_>) -> bool {
    let known = ["position", "userErrors", "__typename"];
    context.field().selection_set().any(|field| !known.contains(&field.name()))
}

/// The command of an input, and what comes with it.
fn accept<C>(
    context: &Context<'_>,
    app: &App,
    request: &Arc<RequestContext>,
    meta: Meta,
    sight: &Sight,
    command: impl FnOnce(&Intake<'_>) -> Result<C, Problem>,
) -> Result<(C, Envelope), Problem> {
    let intake = Intake::new(&*app.env);
    let command = command(&intake)?;
    let mut envelope = envelope(context, app, request, meta)?;
    if !sight.sees_everything() && !sight.names_unseen() {
        let seen = app.views.now().seen_with(sight);
        let fresh = intake.fresh.into_inner();
        if let Some((field, id)) = fresh.into_iter().find(|(_, id)| is_taken(app, &seen, *id)) {
            let message = format!("the id {} is taken", id.0);
            return Err(Problem { code: RefusalCode::AlreadyExists, message, path: vec![field] });
        }
        let named = intake.named.into_inner().into_iter();
        let unseen = named.filter(|(kind, id)| seen.hides(kind, *id));
        envelope.unseen = unseen.map(|(kind, id)| Tag::of_uuid(kind, id)).collect();
    }
    Ok((command, envelope))
}

impl<S> Done<S> {
    fn refused(error: UserError) -> Self {
        Self { subject: None, position: None, user_errors: vec![error] }
    }
}

fn envelope(context: &Context<'_>, app: &App, request: &Arc<RequestContext>, meta: Meta) -> Result<Envelope, Problem> {
    Ok(Envelope {
        key: request_key(context, app, request, meta.request_id)?,
        occurred_at: meta.occurred_at.map(|at| at.0),
        actor: request.caller.actor(),
        expected_position: meta.expected_position.map(|position| position.0),
        ..Envelope::default()
    })
}

fn request_key(
    context: &Context<'_>,
    app: &App,
    request: &RequestContext,
    given: Option<String>,
) -> Result<Option<RequestKey>, Problem> {
    let of_header = request.caller.idempotency_key.as_ref().map(|key| {
        // One header cannot name several commands, so each takes the name of its field along.
        let field = context.item.node.response_key().node.as_str();
        if request.has_many_roots { format!("{}/{field}", key.as_str()) } else { key.as_str().to_owned() }
    });
    let Some(id) = given.or(of_header) else { return Ok(None) };
    limits::code("request_id", Some(&id)).map_err(|error| Problem::invalid("request_id", error.to_string()))?;
    let id = RequestId::new(id).map_err(|error| Problem::invalid("request_id", error.to_string()))?;
    let digest = digest(context, app.log.request_hasher()).map_err(|error| Problem::invalid("request_id", error))?;
    Ok(Some(RequestKey { id, digest }))
}

/// The digest of a command's name and input; the order of fields does not matter, and neither does the request id.
fn digest(context: &Context<'_>, mut hasher: RequestHasher) -> Result<RequestDigest, String> {
    hasher.update(context.field().name().as_bytes());
    for (name, value) in context.field().arguments().map_err(|error| error.message)? {
        hasher.update(name.as_bytes());
        hash_value(&mut hasher, &value);
    }
    Ok(hasher.finish())
}

fn hash_value(hasher: &mut RequestHasher, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().filter(|(name, _)| name.as_str() != "requestId").collect();
            fields.sort_by_key(|(name, _)| *name);
            hasher.update(format!("{{{}", fields.len()).as_bytes());
            for (name, value) in fields {
                hasher.update(format!("{}:{name}", name.len()).as_bytes());
                hash_value(hasher, value);
            }
        }
        Value::List(items) => {
            hasher.update(format!("[{}", items.len()).as_bytes());
            for item in items {
                hash_value(hasher, item);
            }
        }
        Value::Enum(name) => hash_text(hasher, name),
        Value::String(text) => hash_text(hasher, text),
        other => {
            hasher.update(format!("={other};").as_bytes());
        }
    }
}

/// A variable gives an enum as text, so both count as the same.
fn hash_text(hasher: &mut RequestHasher, text: &str) {
    hasher.update(format!("\"{}:", text.len()).as_bytes());
    hasher.update(text.as_bytes());
}

impl UserError {
    /// The refusal, unless it is a fault.
    fn of(error: TransactError) -> Result<Self, TransactError> {
        match error {
            TransactError::Refused(refused) => Ok(refused.into()),
            TransactError::Contended { last, .. } => Ok(Self {
                code: UserErrorCode::Conflict,
                message: error.to_string(),
                field: None,
                conflict: Some(Conflict {
                    position: Some(scalars::Position(last.position)),
                    event_type: Some(EventType(last.event_type)),
                    holder: None,
                }),
            }),
            fault => Err(fault),
        }
    }
}

impl UserError {
    /// The refusal without what the viewer does not see: what stands in the way stays unnamed.
    fn for_eyes(self, seen: &View) -> Result<Self, FieldError> {
        let Some(conflict) = &self.conflict else { return Ok(self) };
        let event = conflict.position.map_or(Ok(Fields::EVERYTHING), |position| seen.fields_at(position.0))?;
        let holder = conflict.holder.as_ref().and_then(|holder| split(holder));
        let is_seen = event.sees() && holder.is_none_or(|(kind, id)| !seen.hides(&kind, id));
        if is_seen {
            return Ok(self);
        }
        let message = "something that you do not see stands in the way".to_owned();
        Ok(Self { message, conflict: None, ..self })
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        Self {
            code: problem.code.into(),
            message: problem.message,
            field: Some(problem.path.into_iter().map(camel).collect()),
            conflict: None,
        }
    }
}

impl From<Refused> for UserError {
    fn from(refused: Refused) -> Self {
        let holder = |tag: String| {
            let (kind, id) = tag.split_once(':')?;
            Some(Uuid::parse_str(id).map_or(async_graphql::ID(tag.clone()), |id| global_of(kind, id)))
        };
        Self {
            code: code(refused.code),
            message: refused.message,
            field: refused.field.map(|field| field.split('.').map(camel).collect()),
            conflict: refused.conflict.map(|conflict| Conflict {
                position: conflict.position.map(scalars::Position),
                event_type: conflict.event_type.map(EventType),
                holder: conflict.holder.and_then(holder),
            }),
        }
    }
}

fn code(code: RefusalCode) -> UserErrorCode {
    code.into()
}

/// The spelling of a field in the schema.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut letters = part.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

/// Mutations of one subject: an input, a payload and a field for each command.
///
/// `name(Input => Command) -> Payload { field: Object, by |command| key } { fields of the command }`
macro_rules! mutations {
    ($(#[$group_doc:meta])* $group:ident; $(
        $(#[$doc:meta])*
        $name:ident($input:ident => $command:ty) -> $payload:ident {
            $(#[$subject_doc:meta])* $subject:ident: $object:ty, by |$known:ident| $key:expr
        } {
            $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)?
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(async_graphql::InputObject, Debug)]
            pub struct $input {
                $($(#[$field_doc])* pub $field: $ty,)*
                /// Names the request: the same id again gives the same answer and changes nothing. The header
                /// `Idempotency-Key` does the same. It is never erased, so it names nobody: a UUID is best.
                pub request_id: Option<String>,
                /// When it happened, as the caller knows; now when absent.
                pub occurred_at: Option<$crate::scalars::DateTime>,
                /// Refuse with `STALE_POSITION` when the subject moved on after this position.
                pub expected_position: Option<$crate::scalars::Position>,
            }

            #[doc = concat!("The answer of `", stringify!($name), "`.")]
            pub struct $payload($crate::mutation::Done<$object>);

            #[doc = concat!("The answer of `", stringify!($name), "`.")]
            #[async_graphql::Object]
            impl $payload {
                $(#[$subject_doc])*
                async fn $subject(&self) -> Option<&$object> {
                    self.0.subject.as_ref()
                }

                /// The position of the last event; the head where there was nothing to do; null when refused.
                async fn position(&self) -> Option<$crate::scalars::Position> {
                    self.0.position
                }

                /// Why it was refused; empty when it was not.
                async fn user_errors(&self) -> &[$crate::mutation::UserError] {
                    &self.0.user_errors
                }
            }
        )*

        $(#[$group_doc])*
        #[derive(Default)]
        pub struct $group;

        #[async_graphql::Object]
        impl $group {
            $(
                $(#[$doc])*
                async fn $name(
                    &self,
                    context: &async_graphql::Context<'_>,
                    #[graphql(desc = "What to record.")] input: $input,
                ) -> $crate::error::FieldResult<$payload> {
                    let meta = $crate::mutation::Meta {
                        request_id: input.request_id,
                        occurred_at: input.occurred_at,
                        expected_position: input.expected_position,
                    };
                    let done = $crate::mutation::execute::<$command, $object>(
                        context,
                        meta,
                        |intake| {
                            type Target = $command;
                            Ok(Target { $($field: $crate::intake::Accept::accept(input.$field, intake, stringify!($field))?),* })
                        },
                        |$known| $key,
                    );
                    done.await.map($payload)
                }
            )*
        }
    };
}
pub(crate) use mutations;

#[cfg(test)]
mod tests {
    use letopis_eventlog::environment::SystemEnvironment;
    use letopis_eventlog::log::Log;
    use letopis_eventlog::memory::MemoryLog;

    use super::*;

    #[test]
    fn fields_are_named_as_in_the_schema() {
        assert_eq!(camel("expected_close"), "expectedClose");
        assert_eq!(camel("reason"), "reason");
    }

    #[test]
    fn the_order_of_fields_and_the_way_of_giving_an_enum_do_not_change_the_digest() {
        let log = MemoryLog::new(Arc::new(SystemEnvironment));
        let hash = |value: Value| {
            let mut hasher = log.request_hasher();
            hash_value(&mut hasher, &value);
            hasher.finish()
        };
        let one = async_graphql::value!({ "a": 1, "b": ["X"], "requestId": "1" });
        let other = async_graphql::value!({ "b": ["X"], "requestId": "2", "a": 1 });
        assert_eq!(hash(one.clone()), hash(other));
        assert_ne!(hash(one), hash(async_graphql::value!({ "a": 1, "b": ["Y"] })));
        assert_eq!(hash(Value::Enum(async_graphql::Name::new("RED"))), hash(Value::String("RED".into())));
        assert_ne!(hash(async_graphql::value!(["ab", "c"])), hash(async_graphql::value!(["a", "bc"])));
    }
}
