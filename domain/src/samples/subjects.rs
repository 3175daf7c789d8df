//! Whom the samples are about.

use crate::ids::SubjectId;
use crate::privacy::DataSubjects;
use crate::testing::id;

/// The person of most samples.
pub(super) fn one() -> DataSubjects {
    id::<SubjectId>(7).into()
}

/// Two people, both of whose keys it takes.
pub(super) fn two() -> DataSubjects {
    [7, 17].map(id::<SubjectId>).into_iter().collect()
}
