//! The file that is appended to, behind a trait so that a test can let it fail.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use crate::days::FILE_MODE;

/// A file that only grows, but for what was never acknowledged.
pub trait Medium: Send {
    /// How long it is.
    fn size_bytes(&self) -> io::Result<u64>;
    /// Appends, all or an error.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything that was appended is durable and can be found.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the end off.
    fn cut(&mut self, size_bytes: u64) -> io::Result<()>;
}

/// Opens the file of a day, or makes it.
pub type Opener = Arc<dyn Fn(&Path) -> io::Result<Box<dyn Medium>> + Send + Sync>;

/// The file system.
pub fn on_disk() -> Opener {
    Arc::new(|path| {
        let file = File::options().create(true).append(true).mode(FILE_MODE).open(path)?;
        Ok(Box::new(DayFile(file)))
    })
}

struct DayFile(File);

impl Medium for DayFile {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()?;
        // Lines in a file without a name would be acknowledged and never read.
        if self.0.metadata()?.nlink() == 0 {
            return Err(io::Error::other("the file of the day was removed while it was written"));
        }
        Ok(())
    }

    fn cut(&mut self, size_bytes: u64) -> io::Result<()> {
        self.0.set_len(size_bytes)
    }
}
