//! Questions about data subjects.

use async_graphql::{Context, ID, Object};
use letopis_domain::ids::{LegalHoldId, SubjectId};
use letopis_domain::query::Tag;
use letopis_domain::values::{Email, Phone};

use super::{DataSubject, LegalHold};
use crate::as_of::{self, AsOf};
use crate::context::{request, seen};
use crate::error::{FieldError, FieldResult};
use crate::ids::parse;
use crate::long::long;
use crate::mutation::Subject;

/// Most people behind an address or a number.
const PEOPLE_MAX: usize = 1_000;

/// Questions about data subjects.
#[derive(Default)]
pub struct PrivacyQueries;

/// Questions about data subjects.
#[Object]
impl PrivacyQueries {
    /// A data subject by its id; null when nothing is known about it.
    async fn data_subject(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id, or a UUID.")] id: ID,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<DataSubject>> {
        let found = async {
            let at = as_of::position(context, as_of).await?;
            let Some(id) = parse::<SubjectId>(&id) else { return Ok(None) };
            Ok(DataSubject::load(&seen(context, at)?, id)?)
        };
        found.await.transpose()
    }

    /// The people known under an e-mail address or a phone number: whom to ask, export or erase. Case, spaces and
    /// punctuation do not matter. Nobody is found any more who was erased. `LIMIT_EXCEEDED` when they are more than 1,000.
    async fn data_subjects(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "An e-mail address.")] email: Option<String>,
        #[graphql(desc = "A phone number.")] phone: Option<String>,
    ) -> FieldResult<Vec<DataSubject>> {
        let seen = seen(context, request(context)?.position())?;
        let email = email.and_then(|email| Email(email).lookup());
        let phone = phone.and_then(|phone| Phone(phone).lookup());
        let lookups: Vec<Tag> = email.into_iter().chain(phone).collect();
        if lookups.is_empty() {
            let message = "`email` or `phone` is needed, with enough of it to find anybody by";
            return Err(FieldError::Input(message.to_owned()).into());
        }
        let people = long(|| {
            let ids = seen.known_under(&lookups, PEOPLE_MAX)?;
            let ids =
                ids.ok_or_else(|| FieldError::TooMuch(format!("more than {PEOPLE_MAX} people are known under it")))?;
            let people = ids.iter().map(|id| DataSubject::load(&seen, *id));
            people.filter_map(Result::transpose).collect::<Result<_, FieldError>>()
        });
        Ok(people.await?)
    }

    /// A legal hold by its id; null when there is none.
    async fn legal_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id, or a UUID.")] id: ID,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<LegalHold>> {
        let found = async {
            let at = as_of::position(context, as_of).await?;
            let Some(id) = parse::<LegalHoldId>(&id) else { return Ok(None) };
            Ok(LegalHold::load(&seen(context, at)?, id)?)
        };
        found.await.transpose()
    }
}
