//! The raw disk: append 4 KiB to a growing file and `fdatasync` it, over and over.
//!
//! Disks of virtual machines change many times over between minutes, so a durable figure means something only
//! beside this one, taken in the same minute.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::stats::Latencies;

const BLOCK: [u8; 4_096] = [0x5a; 4_096];

/// A growing file on the disk to be measured.
pub struct Probe {
    file: File,
}

/// How fast the raw disk was.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    /// The median of one append with `fdatasync`.
    pub p50: Duration,
    /// Appends per second, one after the other.
    pub rate: f64,
}

impl Probe {
    /// Begins a file in the folder.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(folder.join("probe"))? })
    }

    /// Measures for about as long as asked for.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn measure(&mut self, length: Duration) -> io::Result<Raw> {
        let mut latencies = Latencies::default();
        let start = Instant::now();
        while start.elapsed() < length {
            let before = Instant::now();
            self.file.write_all(&BLOCK)?;
            self.file.sync_data()?;
            latencies.record(before.elapsed());
        }
        let rate = latencies.count() as f64 / start.elapsed().as_secs_f64();
        Ok(Raw { p50: latencies.quantile(0.5), rate })
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "raw p50 {:.0} µs, {:.0}/s", self.p50.as_secs_f64() * 1e6, self.rate)
    }
}
