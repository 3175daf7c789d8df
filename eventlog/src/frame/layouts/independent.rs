//! The reader in `docs/reader`, which shares no code with this crate.
