//! Where slots are written: a file, or in tests something that watches or fails.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes at offsets that a sync makes durable.
pub(super) trait Medium: Send {
    /// Fills the buffer from an offset; what lies behind the end reads as zeros.
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of it at an offset.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts it off after so many bytes.
    fn truncate(&mut self, size: u64) -> io::Result<()>;
    /// Makes everything written durable.
    fn sync(&mut self) -> io::Result<()>;
}

impl Medium for File {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < out.len() {
            match FileExt::read_at(self, &mut out[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(size) => done += size,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        out[done..].fill(0);
        Ok(())
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
