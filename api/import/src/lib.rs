//! Import of delimited text by a declarative mapping (R28, R99): a new layout needs a mapping and no recompile.
//!
//! `mapping` is the file as written, `plan` checks it and finds the inputs, `section` is a part of it compiled for
//! the columns of one file. `reader` turns rows into commands on a thread of its own, `run` carries them out in
//! chunks. `docs/import.md` is the reference for users.

mod error;
mod value;

mod decode;
mod records;
mod source;

mod filter;
mod lookup;
mod pattern;
mod scope;
mod template;
mod time_format;

mod condition;
mod fields;
mod names;
mod pairing;
mod probe;
mod values;

mod identity;
mod mapping;
mod plan;
mod section;

mod reader;
mod rejects;
mod row;
mod run;
mod summary;

pub use error::{MappingError, RowError};
pub use plan::{Job, Plan};
pub use rejects::Rejects;
pub use run::{ImportError, Options, Progress, run};
pub use summary::{Counts, SectionSummary, Summary};
