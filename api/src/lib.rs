//! GraphQL, HTTP and the command line of Letopis.

pub mod demo;
pub mod import;
