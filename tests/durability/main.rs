//! Durability: what the log acknowledged survives the death of its process, wherever it strikes.
//!
//! A child process writes from eight clients and prints each acknowledgement into a pipe; this process reads the
//! pipe, kills the child with SIGKILL, opens the folder and holds it against what was acknowledged.
//!
//! What a kill can show: acknowledging before the write (the negative control below is caught by the same
//! check), torn groups, an index that does not fit, positions with holes. What a kill cannot show: a missing
//! `fdatasync`. The written pages belong to the kernel and survive the process; only a power cut loses them. That
//! each group is synced before it is acknowledged rests on `WriteOptions::sync` and on reading `sequencer.rs`.

mod child;
mod demo;
mod kept_logs;
mod kill;
mod refused_writes;
