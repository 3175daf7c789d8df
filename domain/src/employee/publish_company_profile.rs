//! Publish the name of the company and the zone in which its days are counted.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::employee::CompanyProfilePublished;
use crate::event::{Event, EventType, Recorded};
use crate::limits;
use crate::query::Query;

/// Publish the name of the company and the zone in which its days are counted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishCompanyProfile {
    /// Name of the company.
    pub name: String,
    /// IANA time zone.
    pub time_zone: chrono_tz::Tz,
}

/// The profile as it stands.
#[derive(Clone, Default, Debug)]
pub struct State(Option<CompanyProfilePublished>);

impl Decision for PublishCompanyProfile {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::default().or_types(&[EventType::CompanyProfilePublished])
    }

    fn boundary(&self, _known: &State) -> Query {
        Query::default().or_types(&[EventType::CompanyProfilePublished])
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Event::CompanyProfilePublished(fact) = &event.event {
            state.0 = Some(fact.clone());
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::name("name", &self.name)?;
        let fact = CompanyProfilePublished { name: self.name.clone(), time_zone: self.time_zone };
        Ok(if state.0.as_ref() == Some(&fact) { Vec::new() } else { vec![fact.into()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, NOW};

    fn publish(time_zone: chrono_tz::Tz) -> PublishCompanyProfile {
        PublishCompanyProfile { name: "Letopis".to_owned(), time_zone }
    }

    #[test]
    fn a_profile_is_published_again_only_when_it_changed() {
        let amsterdam = publish(chrono_tz::Europe::Amsterdam);
        let history = History::default().after(&amsterdam).when(&amsterdam).then_nothing();
        assert_eq!(history.after(&publish(chrono_tz::Europe::Moscow)).events().len(), 2);
    }

    #[test]
    fn a_profile_of_tomorrow_is_refused() {
        let tomorrow = NOW.plus_ms(24 * 3_600 * 1_000);
        History::default().occurring_at(tomorrow).when(&publish(chrono_tz::UTC)).then_refused(RefusalCode::InFuture);
    }

    #[test]
    fn a_company_has_a_name() {
        let nameless = PublishCompanyProfile { name: " ".to_owned(), time_zone: chrono_tz::UTC };
        History::default().when(&nameless).then_refused(RefusalCode::Required);
    }
}
