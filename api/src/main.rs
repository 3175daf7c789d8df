//! The `letopis` binary.

fn main() {}
