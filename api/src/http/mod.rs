//! GraphQL, GraphiQL and health over HTTP.

mod assets;
mod gate;
mod graphql;
mod health;
mod negotiate;
pub mod params;
mod server;

pub use gate::{Gate, Guest, authorization};
pub use server::{Options, Server, serve};
