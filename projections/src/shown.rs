//! Rows as whoever looks at them sees them: what is withheld is empty, and so is what leads to something hidden.

use letopis_domain::access::Fields;
use letopis_domain::activity::Subjects;
use letopis_domain::values::{Attributes, Money};

use crate::entries::Place;
use crate::models::activities::About;
use crate::models::directory::Who;
use crate::names::{Named, Ref};
use crate::scope::{Columns, Scope};
use crate::value::Bare;

pub(crate) fn place(who: Who, names: &Shown<'_>) -> Place {
    Place { employee: names.id(who.employee), team: names.id(who.team), unit: names.id(who.unit) }
}

pub(crate) fn subjects(about: About, names: &Shown<'_>) -> Subjects {
    Subjects {
        lead: names.id(about.lead),
        account: names.id(about.account),
        contact: names.id(about.contact),
        opportunity: names.id(about.opportunity),
    }
}

/// What a row says to whoever looks.
pub(crate) struct Shown<'f> {
    scope: Scope<'f>,
    /// What is seen of the row.
    fields: Fields,
}

impl<'f> Scope<'f> {
    pub(crate) fn shown(self, row: &impl Columns) -> Shown<'f> {
        Shown { scope: self, fields: row.fields(self) }
    }
}

impl<'f> Shown<'f> {
    pub(crate) fn id<I: Named>(&self, entity: Ref) -> Option<I> {
        if entity.is_none() || !self.scope.of_entity(I::KIND, entity).sees() {
            return None;
        }
        self.scope.facts.names.id(entity)
    }

    pub(crate) fn text(&self, text: Ref) -> Option<&'f str> {
        self.scope.facts.names.text(text)
    }

    pub(crate) fn money(&self, amount: Option<Money>) -> Option<Money> {
        amount.filter(|_| self.fields.holds(Fields::MONEY))
    }

    pub(crate) fn attributes(&self, row: Ref) -> Attributes {
        if !self.fields.holds(Fields::PERSONAL) {
            return Attributes::default();
        }
        self.scope.facts.names.particulars.attributes(row)
    }

    pub(crate) fn role(&self, row: Ref) -> Option<String> {
        let names = &self.scope.facts.names;
        match names.bare(names.particulars.role(row)) {
            Bare::Text(role) if self.fields.holds(Fields::PERSONAL) => Some(role.to_owned()),
            _ => None,
        }
    }
}
