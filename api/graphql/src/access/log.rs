//! The access log as auditors read it.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use letopis_access_log::{AccessLogError, Cursor, Filter, Kind, Subject};
use letopis_domain::ids::{EmployeeId, Position as LogPosition, SubjectId};
use letopis_domain::query::{Query, Tag};
use letopis_eventlog::log::Range;

use crate::company::Employee;
use crate::context::{app, request, seen};
use crate::error::{FieldError, FieldResult};
use crate::ids::{Given, global_of, split};
use crate::object::link;
use crate::page::{PageInfo, size};
use crate::scalars::{DateTime, Position};

/// What sort of access it was.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessKind {
    /// Personal data was shown.
    Read,
    /// Data left as a file.
    Export,
    /// Something was tried that the viewer may not.
    Refused,
    /// Keys, rights or settings were changed, or this log was looked at.
    Administration,
    /// A kind that a later version wrote.
    Other,
}

impl From<Kind> for AccessKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Read => Self::Read,
            Kind::Export => Self::Export,
            Kind::Refused => Self::Refused,
            Kind::Administration => Self::Administration,
            Kind::Other => Self::Other,
        }
    }
}

impl From<AccessKind> for Kind {
    fn from(kind: AccessKind) -> Self {
        match kind {
            AccessKind::Read => Self::Read,
            AccessKind::Export => Self::Export,
            AccessKind::Refused => Self::Refused,
            AccessKind::Administration => Self::Administration,
            AccessKind::Other => Self::Other,
        }
    }
}

/// Why an attempt was refused.
#[derive(SimpleObject)]
pub struct AccessRefusal {
    /// The code.
    code: String,
    /// What was said.
    message: String,
}

/// One access to personal data, or an attempt that was refused.
pub struct AccessEntry {
    entry: letopis_access_log::Entry,
    at: LogPosition,
}

/// One access to personal data, or an attempt that was refused.
#[Object]
impl AccessEntry {
    /// When, by the server's clock.
    async fn at(&self) -> DateTime {
        DateTime(self.entry.at)
    }

    /// What sort of access it was.
    async fn kind(&self) -> AccessKind {
        self.entry.access.kind.into()
    }

    /// Who; null = whoever runs the server, or nobody who was recognized.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.entry.access.employee, self.at)
    }

    /// By which credential: the id of an API key, or the issuer of a token.
    async fn credential(&self) -> Option<&str> {
        self.entry.access.credential.as_deref()
    }

    /// From which address.
    async fn remote(&self) -> Option<String> {
        self.entry.access.remote.map(|remote| remote.to_string())
    }

    /// The name of the GraphQL operation, or of the command.
    async fn operation(&self) -> Option<&str> {
        self.entry.access.operation.as_deref()
    }

    /// The request it was part of.
    async fn request(&self) -> String {
        self.entry.access.request.to_string()
    }

    /// The global ids of the data subjects whose data was shown.
    async fn subjects(&self) -> Vec<ID> {
        self.entry.access.subjects.iter().map(|subject| global_of(&subject.kind, subject.id)).collect()
    }

    /// Which fields with personal data were asked for, like `Lead.emails`.
    async fn fields(&self) -> Vec<String> {
        self.entry.access.fields.iter().map(ToString::to_string).collect()
    }

    /// Why it was refused.
    async fn refusal(&self) -> Option<AccessRefusal> {
        let reason = self.entry.access.reason.as_ref()?;
        Some(AccessRefusal { code: reason.code.clone(), message: reason.text.clone() })
    }

    /// The position it was read as of, when that was not now.
    async fn as_of(&self) -> Option<Position> {
        self.entry.access.as_of.map(Position)
    }
}

/// A page of the access log, newest first.
pub struct AccessConnection {
    entries: Vec<AccessEntry>,
    has_next: bool,
    has_previous: bool,
}

/// A page of the access log, newest first.
#[Object]
impl AccessConnection {
    /// The entries of the page.
    async fn nodes(&self) -> &[AccessEntry] {
        &self.entries
    }

    /// The entries with their cursors.
    async fn edges(&self) -> Vec<AccessEdge<'_>> {
        self.entries.iter().map(|node| AccessEdge { cursor: node.entry.cursor.to_string(), node }).collect()
    }

    /// Where the page lies in the log.
    async fn page_info(&self) -> PageInfo {
        let cursor = |entry: Option<&AccessEntry>| entry.map(|entry| entry.entry.cursor.to_string());
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: cursor(self.entries.first()),
            end_cursor: cursor(self.entries.last()),
        }
    }
}

/// An entry of a page of the access log.
#[derive(SimpleObject)]
pub struct AccessEdge<'a> {
    /// Marks the place of the entry in the log.
    cursor: String,
    /// The entry.
    node: &'a AccessEntry,
}

/// The access log.
#[derive(Default)]
pub struct AccessLogQueries;

/// The access log.
#[Object]
impl AccessLogQueries {
    /// Who saw whose personal data, what was exported, and what was refused, newest first. For auditors and
    /// administrators; that they looked is written down as well.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
    async fn access_log(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what this employee did.")] employee: Option<Given<EmployeeId>>,
        #[graphql(desc = "Only what shows data of this data subject, lead, contact or account, by global id.")]
        about: Option<ID>,
        #[graphql(desc = "Only accesses of this sort.")] kind: Option<AccessKind>,
        #[graphql(desc = "Only what happened at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only what happened before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "The first so many, at most 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
    ) -> FieldResult<AccessConnection> {
        let (app, request) = (app(context)?, request(context)?);
        if !request.sight(app).reads_access_log() {
            let message = "the access log is for auditors and administrators";
            request.refusals.lock().push(message.to_owned());
            return Err(FieldError::Forbidden(message.to_owned()).into());
        }
        if let Some(log) = &app.access_log {
            // Once this is durable, so is whatever was noted before it: the page misses nothing.
            log.record(vec![request.access(Kind::Administration)]).await.map_err(refused)?;
        }
        let none = || AccessConnection { entries: Vec::new(), has_next: false, has_previous: false };
        let Some(log) = &app.access_log else { return Ok(none()) };
        let employee = match employee.map(|employee| employee.known()) {
            Some(None) => return Ok(none()),
            known => known.flatten(),
        };
        let subject = match about.map(|about| person(context, &about)).transpose()? {
            Some(None) => return Ok(none()),
            known => known.flatten().map(Subject::from),
        };
        let (from, until) = (from.map(|at| at.0), to.map(|at| at.0));
        let filter = Filter { employee, subject, kind: kind.map(Into::into), from, until };
        let after = after.map(|after| after.parse::<Cursor>()).transpose().map_err(refused)?;
        let page = log.query(filter, size(first), after).await.map_err(refused)?;
        let at = request.position();
        Ok(AccessConnection {
            entries: page.entries.into_iter().map(|entry| AccessEntry { entry, at }).collect(),
            has_next: page.has_next,
            has_previous: after.is_some(),
        })
    }
}

fn refused(error: AccessLogError) -> FieldError {
    match error {
        AccessLogError::Cursor | AccessLogError::PageSize(_) => FieldError::Input(error.to_string()),
        other => FieldError::Fault(other.to_string()),
    }
}

/// The data subject of a global id; of a lead, contact or account the one that its own data is about.
fn person(context: &Context<'_>, id: &str) -> FieldResult<Option<SubjectId>> {
    let Some((kind, id)) = split(id) else { return Ok(None) };
    if kind == SubjectId::PREFIX {
        return Ok(Some(SubjectId(id)));
    }
    let seen = seen(context, request(context)?.position())?;
    let about = Query::default().or_item(&[], vec![Tag::of_uuid(&kind, id)]);
    let events = seen.read(&about, Range { limit: 1, ..Range::upto(seen.position()) }).map_err(FieldError::from)?;
    Ok(events.first().and_then(|event| event.event.data_subjects().as_slice().first().copied()))
}
