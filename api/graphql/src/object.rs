//! What the objects of the schema share: a folded state, the position it is of, links to others.

use async_graphql::Context;
use letopis_domain::ids::Position;
use letopis_domain::values::{Personal, PlainText};

use super::mutation::Subject;
use crate::context::seen;
use crate::error::FieldResult;

/// What stands in place of a personal value whose key was destroyed.
pub const ERASED: &str = "erased";

/// Wraps a folded entity as an object of the schema.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident of $state:path) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            state: std::sync::Arc<$state>,
            changed: letopis_domain::ids::Position,
            at: letopis_domain::ids::Position,
        }

        impl $crate::mutation::Subject for $name {
            type Key = <$state as letopis_projections::entity::Entity>::Id;

            fn load(
                seen: &letopis_projections::View,
                key: Self::Key,
            ) -> Result<Option<Self>, $crate::error::FieldError> {
                let folded = seen.entity::<$state>(key)?;
                Ok(folded.map(|folded| Self {
                    state: std::sync::Arc::new(folded.state),
                    changed: folded.changed,
                    at: seen.position(),
                }))
            }
        }
    };
}
pub(crate) use object;

/// The object behind a reference, as of a position; null where there is no reference, or nothing behind it that the
/// viewer sees.
pub fn link<S: Subject>(context: &Context<'_>, key: Option<S::Key>, at: Position) -> Option<FieldResult<S>> {
    let key = key?;
    let loaded = seen(context, at).and_then(|seen| S::load(&seen, key).map_err(Into::into));
    loaded.transpose()
}

/// A personal text for a field that may be empty.
pub fn text<T>(personal: &Personal<T>, part: impl FnOnce(&T) -> Option<&str>) -> Option<String> {
    match personal {
        Personal::Known(known) => part(known).map(str::to_owned),
        Personal::Erased => Some(ERASED.to_owned()),
    }
}

/// A personal text in words.
pub fn words(personal: &Personal<Option<PlainText>>) -> Option<String> {
    text(personal, |words| words.as_ref().map(PlainText::reveal))
}

/// Personal texts; none once erased.
pub fn texts<T>(personal: &Personal<T>, part: impl FnOnce(&T) -> Vec<&str>) -> Vec<String> {
    personal.known().map(part).unwrap_or_default().into_iter().map(str::to_owned).collect()
}
