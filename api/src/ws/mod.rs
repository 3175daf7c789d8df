//! Subscriptions over WebSocket: the protocol `graphql-transport-ws`, with its exact close codes.
//!
//! One task per socket reads and writes; each operation is a task of its own that hands its answers over a
//! bounded queue, so that a slow client slows its own operations down and nothing else.

mod connection;
mod operation;
mod protocol;
mod upgrade;

pub use upgrade::upgrade;
