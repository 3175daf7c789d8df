//! From a GraphQL request to its answer, whatever carries it: HTTP or WebSocket.
//!
//! Everything that can be refused is refused in [`Engine::prepare`], before anything runs. No extension of the
//! GraphQL library is registered: each would cost a fifth of the speed or more.

mod access;
mod answer;
mod classes;
mod documents;
mod lengths;
mod measure;
mod operation;
mod prepare;
mod tokens;
mod variables;

pub use answer::{Answer, refused};
pub use classes::{Class, class};
pub use prepare::{Engine, Params, Prepared};
