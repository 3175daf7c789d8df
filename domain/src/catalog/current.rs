//! The current version of one reason catalog.

use serde::Serialize;

use crate::catalog::{CatalogKind, Reason};
use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::limits;
use crate::privacy::DataSubjects;
use crate::query::Query;
use crate::values::PlainText;

/// The current version of one reason catalog; version 0 = never published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Catalog {
    /// Which one.
    pub kind: Option<CatalogKind>,
    /// The version.
    pub version: u32,
    /// Its reasons.
    pub reasons: Vec<Reason>,
}

impl Catalog {
    /// The events that change it.
    pub const TYPES: &[EventType] = &[EventType::ReasonCatalogPublished];

    /// Adds the catalog to a boundary.
    #[must_use]
    pub fn within(boundary: Query, kind: CatalogKind) -> Query {
        boundary.or_item(Self::TYPES, vec![kind.tag()])
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &Recorded) {
        if let Event::ReasonCatalogPublished(fact) = &event.event {
            *self = Self { kind: Some(fact.kind), version: fact.version, reasons: fact.reasons.clone() };
        }
    }

    /// The reason of this key, for which a comment must be given where it says so. With nobody left whom a comment could
    /// be about, none is demanded.
    ///
    /// # Errors
    /// When no such reason stands in the current version, the comment is missing, or it is too long.
    pub fn reason(&self, key: &str, comment: Option<&PlainText>, left: &DataSubjects) -> Result<&Reason, Common> {
        if self.version == 0 {
            return Err(Common::invalid("reason", "the catalog of these reasons was never published"));
        }
        let Some(reason) = self.reasons.iter().find(|reason| reason.key == key) else {
            let known: Vec<&str> = self.reasons.iter().map(|reason| reason.key.as_str()).collect();
            let message = format!("not in version {} of the catalog, which has {}", self.version, known.join(", "));
            return Err(Common::invalid("reason", message));
        };
        limits::text("comment", comment)?;
        let is_demanded = reason.comment_required && !left.is_empty();
        if is_demanded && comment.is_none_or(|comment| comment.reveal().trim().is_empty()) {
            return Err(Common::Required { field: "comment" });
        }
        Ok(reason)
    }
}
