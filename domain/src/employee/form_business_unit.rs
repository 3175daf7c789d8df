//! Form a business unit.

use serde::{Deserialize, Serialize};

use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::employee::BusinessUnitFormed;
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::BusinessUnitId;
use crate::limits;
use crate::query::Query;

/// Form a business unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormBusinessUnit {
    /// The new unit.
    pub unit: BusinessUnitId,
    /// Its name.
    pub name: String,
}

impl Decision for FormBusinessUnit {
    type State = Existing<BusinessUnitFormed>;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.unit, &[EventType::BusinessUnitFormed])
    }

    fn boundary(&self, _known: &Self::State) -> Query {
        Query::about(&self.unit, &[EventType::BusinessUnitFormed])
    }

    fn evolve(&self, state: &mut Self::State, event: &Recorded) {
        if let Some(fact) = BusinessUnitFormed::of(&event.event) {
            state.found(event, fact);
        }
    }

    fn decide(&self, state: &Self::State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::name("name", &self.name)?;
        state.create("unit", BusinessUnitFormed { unit: self.unit, name: self.name.clone() }, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    #[test]
    fn an_id_names_one_unit() {
        let north = FormBusinessUnit { unit: id(1), name: "North".to_owned() };
        let south = FormBusinessUnit { unit: id(1), name: "South".to_owned() };
        let history = History::default().after(&north).when(&north).then_nothing();
        let refused = history.when(&south).then_refused(RefusalCode::AlreadyExists);
        assert_eq!(refused.conflict.unwrap().position, Some(crate::ids::Position(1)));
    }
}
