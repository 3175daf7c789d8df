//! Tests of the log through its door.

mod damage;
mod failures;
mod kills;
mod oracle;
mod place;
mod recording;
mod retention;
mod tampering;
