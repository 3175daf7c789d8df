//! `letopis schema`: prints the GraphQL schema.

use std::io::Write;

use crate::graphql;

/// Prints it.
pub(super) fn run() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(graphql::sdl().as_bytes())?;
    Ok(())
}
