//! What is done to a data folder as a whole, and the control socket by which the command line reaches the server that
//! holds one.
//!
//! `work` does it; a command does it itself where it can open the folder, and asks the server otherwise.

mod accesses;
mod api_key;
mod client;
mod erasure_papers;
mod erasure_record;
mod export;
mod new_file;
mod places;
mod request;
mod server;
mod subject_export;
mod work;

pub use accesses::{note, open_access_log, people_at};
pub use api_key::{API_KEYS_FILE, ApiKeyRequest, CreateKey, create as create_key};
pub use client::{AskError, ask};
pub use erasure_papers::Operator;
pub use erasure_record::ErasureRecordRequest;
pub use export::ExportRequest;
pub use new_file::NewFile;
pub use places::{Places, is_same_place};
pub use request::{Answer, Asked, Checked, Keep, Rebuilt, Request};
pub use server::Control;
pub use subject_export::SubjectExportRequest;
pub use work::{Folder, perform};
