//! The frame of a stored record: the bytes around the payload, specified by hand in `docs/log-format.md`.
//!
//! Writing happens in two steps: the caller lays out everything it knows, the sequencer stamps position, time
//! and group boundary and seals the frame with its checksum.

mod read;
mod tag;
mod write;

pub(crate) use read::Frame;
pub(crate) use write::{Layout, lay_out, seal};

/// First byte of every frame.
pub const MAGIC: u8 = 0x4C;
/// Version of the layout.
pub const FRAME_VERSION: u8 = 1;
/// Bytes of the checksum at the end.
const CHECKSUM_SIZE: usize = 4;

/// Bits of the flags field. A bit that is unknown here means that the frame cannot be read here.
pub mod flags {
    /// The record is the last one of its group, the unit that is written and synced as a whole.
    pub const GROUP_END: u16 = 1 << 0;
    /// A personal part follows the payload.
    pub const PERSONAL: u16 = 1 << 1;
    /// The event has a personal part that was erased.
    pub const ERASED: u16 = 1 << 2;
    /// An actor is named.
    pub const ACTOR: u16 = 1 << 3;
    /// A correlation id is given.
    pub const CORRELATION: u16 = 1 << 4;
    /// A causation id is given.
    pub const CAUSATION: u16 = 1 << 5;
    /// The event belongs to a named request.
    pub const REQUEST: u16 = 1 << 6;
    /// The event is the first of its request; the request's digest is given.
    pub const REQUEST_START: u16 = 1 << 7;
    /// All of them.
    pub const KNOWN: u16 = (1 << 8) - 1;
}

/// Where the fixed fields stand.
mod at {
    pub const MAGIC: usize = 0;
    pub const FRAME_VERSION: usize = 1;
    pub const CODEC: usize = 2;
    pub const TYPE_SIZE: usize = 3;
    pub const FLAGS: usize = 4;
    pub const SCHEMA_VERSION: usize = 6;
    pub const POSITION: usize = 8;
    pub const RECORDED_AT: usize = 16;
    pub const OCCURRED_AT: usize = 24;
    pub const TYPE: usize = 48;
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
