//! The Merkle tree beside the records: its rows, how it grows with each group, how opening brings it back, and where
//! its proofs read.

mod check;
mod growth;
mod live;
mod restore;
mod rows;

pub use restore::TreeError;

pub(super) use check::TreeCheck;
pub(super) use growth::Growth;
pub(super) use live::{LiveTree, StoredNodes};
pub(super) use restore::{check_last, restore};
pub(super) use rows::{FAMILY, TreeHead, options};
