//! Keys, checkpoints, proofs and exports as they leave a log, and every way in which they can be forged.

mod any;
mod certificates;
mod continuations;
mod exports;
mod independent;
mod signing;
