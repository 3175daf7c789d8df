//! Tasks: work with a due time.

mod cancel_task;
mod complete_task;
mod events;
mod schedule_task;
mod state;
mod work;

pub use cancel_task::CancelTask;
pub use complete_task::CompleteTask;
pub use events::*;
pub use schedule_task::ScheduleTask;
pub use state::{Task, TaskStatus};
