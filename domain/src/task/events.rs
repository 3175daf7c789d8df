//! Events of tasks.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::activity::Subjects;
use crate::fact::fact;
use crate::ids::{EmployeeId, TaskId};
use crate::lead::Comment;
use crate::privacy::DataSubjects;
use crate::values::{Personal, PersonalValues, PlainText, Timestamp};

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskKind {
    /// Call.
    Call,
    /// Write.
    Email,
    /// Meet.
    Meeting,
    /// Anything else.
    #[default]
    Other,
}

/// The task in words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TaskText {
    /// What is to be done.
    pub title: Option<PlainText>,
}
impl PersonalValues for TaskText {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.title.iter_mut().for_each(|text| withholding.words(text));
    }
}

/// A task was scheduled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskScheduled {
    /// The task.
    pub task: TaskId,
    /// What it is about.
    pub subjects: Subjects,
    /// Who is to do it.
    pub employee: Option<EmployeeId>,
    /// What is to be done.
    pub kind: TaskKind,
    /// By when.
    pub due_at: Timestamp,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The task in words.
    #[serde(skip)]
    pub personal: Personal<TaskText>,
}
fact!(TaskScheduled, personal TaskText, about data_subjects, |event, tags| {
    tags.add(&event.task);
    event.subjects.add_tags(tags);
    tags.add_all(&event.employee);
});

/// A task was done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskCompleted {
    /// The task.
    pub task: TaskId,
    /// What it was about.
    pub subjects: Subjects,
    /// Whose task it was.
    pub employee: Option<EmployeeId>,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The result in words.
    #[serde(skip)]
    pub personal: Personal<Comment>,
}
fact!(TaskCompleted, personal Comment, about data_subjects, |event, tags| {
    tags.add(&event.task);
    event.subjects.add_tags(tags);
    tags.add_all(&event.employee);
});

/// A task was called off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaskCancelled {
    /// The task.
    pub task: TaskId,
    /// What it was about.
    pub subjects: Subjects,
    /// Whose task it was.
    pub employee: Option<EmployeeId>,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// Why, in words.
    #[serde(skip)]
    pub personal: Personal<Comment>,
}
fact!(TaskCancelled, personal Comment, about data_subjects, |event, tags| {
    tags.add(&event.task);
    event.subjects.add_tags(tags);
    tags.add_all(&event.employee);
});
