//! Data subjects and legal holds as clients see them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use letopis_domain::access::Fields;
use letopis_domain::ids::{LegalHoldId, Position as LogPosition, SubjectId};
use letopis_domain::privacy as domain;
use letopis_domain::values::PlainText;
use letopis_eventlog::log::Range;
use letopis_eventlog::rocks::CertifyError;
use letopis_projections::View;

use crate::context::{app, seen};
use crate::error::{FieldError, FieldResult};
use crate::event::{EventConnection, page_of_positions, refused_proof};
use crate::ids::{EntityId, global};
use crate::long::long;
use crate::mutation::Subject;
use crate::object::{link, text};
use crate::scalars::{Date, DateTime, Position};

/// A person whose data the log holds: one id, or several that turned out to be one person.
#[derive(Clone)]
pub struct DataSubject {
    id: SubjectId,
    state: Arc<domain::Subject>,
    changed: LogPosition,
    at: LogPosition,
}

impl Subject for DataSubject {
    type Key = SubjectId;

    fn load(seen: &View, id: SubjectId) -> Result<Option<Self>, FieldError> {
        let (folded, at) = (seen.person(id)?, seen.position());
        Ok(folded.map(|folded| Self { id, state: Arc::new(folded.state), changed: folded.changed, at }))
    }
}

/// Why there is no certificate.
fn uncertified(error: CertifyError) -> FieldError {
    match error {
        CertifyError::Proof(error) => refused_proof(error),
        other => FieldError::Fault(other.to_string()),
    }
}

/// A consent to a purpose.
#[derive(SimpleObject)]
pub struct Consent {
    /// What the data may be used for.
    purpose: String,
    /// By which way it was given.
    channel: Option<String>,
    /// The version of the text they agreed to.
    text_version: Option<String>,
    /// The last day on which it holds.
    valid_until: Option<Date>,
    /// When it was given.
    given_at: DateTime,
    /// When it was taken back; null = it was not.
    withdrawn_at: Option<DateTime>,
}

impl From<&domain::Consent> for Consent {
    fn from(consent: &domain::Consent) -> Self {
        Self {
            purpose: consent.purpose.clone(),
            channel: consent.channel.clone(),
            text_version: consent.text_version.clone(),
            valid_until: consent.valid_until.map(Date),
            given_at: DateTime(consent.given_at),
            withdrawn_at: consent.withdrawn_at.map(DateTime),
        }
    }
}

/// A person whose data the log holds: one id, or several that turned out to be one person.
#[Object]
impl DataSubject {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global(self.id)
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }

    /// The position of its newest event: what to pass as `expectedPosition`.
    async fn changed(&self) -> Position {
        Position(self.changed)
    }

    /// The global ids of everyone who is this person, its own among them.
    async fn linked(&self, context: &Context<'_>) -> FieldResult<Vec<ID>> {
        let seen = seen(context, self.at)?;
        let mut linked = Vec::new();
        for id in self.state.linked_with(self.id).as_slice() {
            if *id == self.id || seen.fields_of_person(*id).map_err(FieldError::from)?.sees() {
                linked.push(global(*id));
            }
        }
        Ok(linked)
    }

    /// Consents, oldest first.
    async fn consents(&self) -> Vec<Consent> {
        self.state.consents.iter().map(Consent::from).collect()
    }

    /// Legal holds, oldest first.
    async fn legal_holds(&self, context: &Context<'_>) -> FieldResult<Vec<LegalHold>> {
        let holds = self.state.holds.iter();
        holds.filter_map(|hold| link(context, Some(hold.id), self.at)).collect()
    }

    /// Whether its personal data was erased.
    async fn is_erased(&self) -> bool {
        self.state.erased.contains(self.id)
    }

    /// The position of the erasure.
    async fn erased_at(&self) -> Option<Position> {
        self.state.erased_at(self.id).map(Position)
    }

    /// The certificate of the erasure: whose keys were destroyed, when and why, and between which checkpoints, as a signed
    /// note (C2SP `signed-note`) that `letopis verify-proof` checks. Null while nobody was erased.
    async fn erasure_certificate(&self, context: &Context<'_>) -> Option<FieldResult<String>> {
        let position = self.state.erased_at(self.id)?;
        // It names everybody who was erased with them.
        let is_seen = |seen: View| seen.fields_at(position).is_ok_and(Fields::sees);
        if !seen(context, self.at).is_ok_and(is_seen) {
            return None;
        }
        let certify = async {
            let app = app(context)?;
            app.applied(position).await?;
            let models = seen(context, position)?.read_models();
            let certified = long(|| app.rocks.certify_erasure(position, &models)).await;
            Ok(certified.map_err(uncertified)?.note)
        };
        Some(certify.await)
    }

    /// Everything that was recorded about the person, oldest first: the answer to "what do you hold on me". That is what
    /// holds personal data of theirs, and everything that happened to them as a lead, a contact or a private customer,
    /// their own deals included; nothing that holds personal data of others alone. What an employee did is about the
    /// customers; of an employee it has the employment.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only events after this position; an `endCursor` is one.")] after: Option<Position>,
        #[graphql(desc = "How many, at most 100; 20 when absent.")] first: Option<i32>,
    ) -> FieldResult<EventConnection> {
        let seen = seen(context, self.at)?;
        let positions = long(|| seen.everything_about(&self.state, self.id)).await;
        page_of_positions(&seen, &positions.map_err(FieldError::from)?, after, first)
    }
}

/// An obligation to keep a person's data, which forbids their erasure.
#[derive(Clone)]
pub struct LegalHold {
    state: Arc<domain::LegalHold>,
    changed: LogPosition,
    at: LogPosition,
}

impl Subject for LegalHold {
    type Key = LegalHoldId;

    fn load(seen: &View, id: LegalHoldId) -> Result<Option<Self>, FieldError> {
        let mut subject = domain::Subject::default();
        let mut changed = LogPosition::START;
        let at = seen.position();
        for event in seen.read(&id.about(&[]), Range::upto(at))? {
            subject.evolve(&event);
            changed = event.position;
        }
        Ok(subject.holds.into_iter().next().map(|hold| Self { state: Arc::new(hold), changed, at }))
    }
}

/// An obligation to keep a person's data, which forbids their erasure.
#[Object]
impl LegalHold {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global(self.state.id)
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }

    /// The position of its newest event: what to pass as `expectedPosition`.
    async fn changed(&self) -> Position {
        Position(self.changed)
    }

    /// Whose data are kept.
    async fn data_subject(&self, context: &Context<'_>) -> Option<FieldResult<DataSubject>> {
        link(context, Some(self.state.subject), self.at)
    }

    /// Why; `erased` once the personal data is.
    async fn reason(&self) -> Option<String> {
        text(&self.state.reason, |reason| Some(PlainText::reveal(reason)))
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.state.placed_at)
    }

    /// When it was lifted; null = it is in force.
    async fn lifted_at(&self) -> Option<DateTime> {
        self.state.lifted_at.map(DateTime)
    }
}
