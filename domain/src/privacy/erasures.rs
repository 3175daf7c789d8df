//! Who was erased: decisions that take words about people ask it, so that the words are sealed for those who are left.
//!
//! A deal or a task often concerns several people. One of them may be erased, and the company goes on to deal with the
//! others: what is written from then on is about them.

use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::ids::Tagged;
use crate::privacy::DataSubjects;
use crate::query::Query;
use crate::values::PersonalValues;

/// The erasures read so far.
#[derive(Clone, Debug, Default)]
pub struct Erasures(DataSubjects);

impl Erasures {
    /// Adds the erasures of these people to a boundary.
    #[must_use]
    pub fn within(boundary: Query, people: &DataSubjects) -> Query {
        people.as_slice().iter().fold(boundary, |query, one| query.or(one, &[EventType::PersonalDataErased]))
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &Recorded) {
        if let Event::PersonalDataErased(fact) = &event.event {
            self.0.add(fact.erased.as_slice().iter().copied());
        }
    }

    /// Those of these people who are left.
    #[must_use]
    pub fn left(&self, people: &DataSubjects) -> DataSubjects {
        people.as_slice().iter().copied().filter(|one| !self.0.contains(*one)).collect()
    }

    /// For whom words about these people are sealed; nobody where the words say nothing. `field` holds the words.
    ///
    /// # Errors
    /// `Erased` when there are words, and nobody is left.
    pub fn seal(
        &self,
        people: &DataSubjects,
        words: &impl PersonalValues,
        field: &'static str,
    ) -> Result<DataSubjects, Common> {
        let left = self.left(people);
        match people.as_slice().first() {
            Some(one) if left.is_empty() && words.say_anything() => Err(Common::Erased { field, tag: one.tag() }),
            _ => Ok(left.of(words)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SubjectId;
    use crate::lead::Comment;
    use crate::samples::sample;
    use crate::testing::{given, id};

    fn people(ids: &[u128]) -> DataSubjects {
        ids.iter().map(|number| id::<SubjectId>(*number)).collect()
    }

    /// The sample erases 7 and 17.
    fn erasures() -> Erasures {
        let mut erasures = Erasures::default();
        given([sample(EventType::PersonalDataErased)]).events().iter().for_each(|event| erasures.evolve(event));
        erasures
    }

    #[test]
    fn words_are_sealed_for_those_who_are_left() {
        let words = Comment { comment: Some("too dear".into()) };
        assert_eq!(erasures().seal(&people(&[7, 8]), &words, "comment"), Ok(people(&[8])));
        assert_eq!(erasures().seal(&people(&[7, 8]), &Comment::default(), "comment"), Ok(DataSubjects::NOBODY));
    }

    #[test]
    fn with_nobody_left_words_are_refused_and_silence_is_not() {
        let words = Comment { comment: Some("too dear".into()) };
        let refused = erasures().seal(&people(&[7, 17]), &words, "comment");
        assert!(matches!(refused, Err(Common::Erased { field: "comment", .. })), "{refused:?}");
        assert_eq!(erasures().seal(&people(&[7, 17]), &Comment::default(), "comment"), Ok(DataSubjects::NOBODY));
    }
}
