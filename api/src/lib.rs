//! GraphQL, HTTP and the command line of Letopis.
//!
//! Reading order: `cli` (what can be started), `app` (the company that is open), `http` and `ws` (what carries
//! requests), `engine` (from a request to an answer), `graphql` (the schema), `import` (facts from files).

pub mod app;
pub mod cli;
pub mod company;
pub mod context;
pub mod control;
pub mod demo;
pub mod engine;
pub mod error;
pub mod graphql;
mod history;
pub mod http;
pub mod import;
pub mod limits;
pub mod ws;
