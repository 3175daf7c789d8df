//! A real server for tests: RocksDB in a temporary folder, a free port of the loopback, real HTTP and WebSocket.

mod answer;
mod app;
mod socket;

pub use answer::Answer;
pub use app::{TestApp, mutation};
pub use socket::Socket;
