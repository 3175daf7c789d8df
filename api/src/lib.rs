//! HTTP and the command line of Letopis.
//!
//! Reading order: `cli` (what can be started), `company` (a data folder that is open), `http` and `ws` (what carries
//! requests), `control` (work on a folder as a whole). Beside it lie three crates: `graphql` (from a request to an
//! answer), `import` (facts from files) and `demo` (a company that never existed).

pub mod cli;
pub mod company;
pub mod control;
mod history;
pub mod http;
pub mod ws;

pub use letopis_demo as demo;
pub use letopis_graphql::{self as graphql, app, context, engine, error, limits};
pub use letopis_import as import;
