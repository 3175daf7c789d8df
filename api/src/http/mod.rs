//! GraphQL, GraphiQL and health over HTTP.

mod assets;
mod graphql;
mod health;
mod negotiate;
pub mod params;
mod server;

pub use server::{Options, Server, serve};
