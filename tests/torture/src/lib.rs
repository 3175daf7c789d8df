//! Breaks the log in every way there is, and holds what is left against what was acknowledged.
//!
//! `writer` is the process that suffers, `oracle` what its clients were told, `check` what must hold afterwards, of
//! `people` too and of what `remains` of them in the files;
//! `torment` goes from round to round; `shim` plays failing disks, `flip` flips bits and compares `portrait`s.
//! What is proved and what is not stands in `docs/torture.md`.

pub mod check;
pub mod child;
pub mod clock;
pub mod fault;
pub mod flip;
pub mod oracle;
pub mod people;
pub mod plan;
pub mod portrait;
pub mod probe;
pub mod random;
pub mod remains;
pub mod shim;
pub mod torment;
pub mod writer;
