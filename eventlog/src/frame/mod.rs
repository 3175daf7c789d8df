//! The frame of a stored record: the bytes around the payload, specified by hand in `docs/log-format.md`.
//!
//! Writing happens in two steps: the caller lays out everything it knows, and seals what is personal; the sequencer
//! stamps position, time and group boundary and closes the frame with its checksum.

mod personal;
mod read;
mod tag;
mod write;

pub(crate) use personal::PersonalPart;
pub(crate) use read::Frame;
pub(crate) use write::{Layout, Sealing, close, lay_out};

/// First byte of every frame.
pub const MAGIC: u8 = 0x4C;
/// Version of the layout.
pub const FRAME_VERSION: u8 = 2;
/// Bytes of the checksum at the end.
const CHECKSUM_SIZE: usize = 4;

/// Bits of the flags field. A bit that is unknown here means that the frame cannot be read here.
pub mod flags {
    /// The record is the last one of its group, the unit that is written and synced as a whole.
    pub const GROUP_END: u16 = 1 << 0;
    /// A sealed personal part follows the payload.
    pub const PERSONAL: u16 = 1 << 1;
    /// The event came without its personal part, which had been erased before.
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
    /// The sealed part holds look-ups.
    pub const LOOKUPS: u16 = 1 << 8;
    /// All of them.
    pub const KNOWN: u16 = (1 << 9) - 1;
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
mod layouts;
#[cfg(test)]
mod tests;
