//! Whom a personal part is about: everyone whose key it takes to read it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{EmployeeId, SubjectId};
use crate::values::PersonalValues;

/// Data subjects, each once, in ascending order. Erasing any of them hides what is about all of them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct DataSubjects(Vec<SubjectId>);

impl DataSubjects {
    /// Nobody.
    pub const NOBODY: Self = Self(Vec::new());

    /// The ids in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[SubjectId] {
        &self.0
    }

    /// Whether nobody is meant.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this person is one of them.
    #[must_use]
    pub fn contains(&self, subject: SubjectId) -> bool {
        self.0.binary_search(&subject).is_ok()
    }

    /// They, if the values say anything about them; otherwise nobody.
    #[must_use]
    pub fn of(self, values: &impl PersonalValues) -> Self {
        if values.say_anything() { self } else { Self::NOBODY }
    }

    /// They, or the one where they are nobody.
    #[must_use]
    pub fn or(self, one: SubjectId) -> Self {
        if self.is_empty() { one.into() } else { self }
    }

    /// Adds more of them.
    pub fn add(&mut self, others: impl IntoIterator<Item = SubjectId>) {
        self.0.extend(others);
        self.0.sort_unstable();
        self.0.dedup();
    }
}

impl FromIterator<SubjectId> for DataSubjects {
    fn from_iter<I: IntoIterator<Item = SubjectId>>(subjects: I) -> Self {
        let mut all = Self::NOBODY;
        all.add(subjects);
        all
    }
}

impl From<SubjectId> for DataSubjects {
    fn from(subject: SubjectId) -> Self {
        Self(vec![subject])
    }
}

/// An employee is a data subject under their own id.
impl From<EmployeeId> for DataSubjects {
    fn from(employee: EmployeeId) -> Self {
        Self(vec![SubjectId(employee.0)])
    }
}

impl<'de> Deserialize<'de> for DataSubjects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<SubjectId>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    #[test]
    fn subjects_stand_once_and_in_order_however_they_come() {
        let mut subjects: DataSubjects = [3, 1, 3].map(id::<SubjectId>).into_iter().collect();
        subjects.add([id(2), id(1)]);
        assert_eq!(subjects.as_slice(), [1, 2, 3].map(id::<SubjectId>));
        assert!(subjects.contains(id(2)) && !subjects.contains(id(4)));
        let read: DataSubjects =
            serde_json::from_str(&serde_json::to_string(&[id::<SubjectId>(2), id(1)]).unwrap()).unwrap();
        assert_eq!(read.as_slice(), [1, 2].map(id::<SubjectId>));
    }
}
