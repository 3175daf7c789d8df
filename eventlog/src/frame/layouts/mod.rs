//! The listing of layouts, `docs/log-layouts.json`: what a reader in another language knows of payloads and personal
//! parts. It is traced from the types themselves, and a reader that has nothing else proves it.

mod bytes;
mod independent;
mod listing;
mod random;
mod trace;
