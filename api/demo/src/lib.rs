//! The demo: a believable company that never existed, written through the same commands as everything else.
//!
//! A simulation in the order of time: steps wait in a queue, each records what a seller or a customer does and
//! queues what follows. All chance comes from one seed and all times from a simulated clock, so the same seed
//! gives the same bytes in the log. Sellers have habits (`people`): one dumps leads before deadlines (`dumping`),
//! one believes in every deal (`deals`). A newspaper's advertising slot is sold twice, almost (`newspaper`).

mod calendar;
mod chance;
mod names;
mod people;
mod phrases;
mod scribe;

mod company;
mod deals;
mod dumping;
mod leads;
mod newspaper;
mod world;

pub use calendar::START;
pub use scribe::DemoError;
pub use world::{Size, Told, write};

#[cfg(test)]
mod tests;
