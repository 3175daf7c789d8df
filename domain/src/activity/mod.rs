//! Activities: what was said and written between the company and its customers (R13).

mod events;
mod record_call;
mod record_email;
mod record_letter;
mod record_meeting;
mod record_message;
mod record_note;
mod recording;

pub use events::*;
pub use record_call::RecordCall;
pub use record_email::RecordEmail;
pub use record_letter::RecordLetter;
pub use record_meeting::RecordMeeting;
pub use record_message::RecordMessage;
pub use record_note::RecordNote;
pub use recording::DURATION_MAX_MS;
