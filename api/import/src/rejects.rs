//! The reject file: every rejected row with its place, its reason and its original text, as CSV.
//!
//! It holds what the input holds, personal data too, so only its owner may read it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::RowError;
use super::pairing::RowText;

/// Where rejected rows are kept. The file comes into being with the first of them.
pub struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<BufWriter<File>>>,
}

impl Rejects {
    /// Will write to this path, over what stands there.
    pub fn to(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writer: None }
    }

    /// Where they are written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is any.
    pub const fn is_empty(&self) -> bool {
        self.writer.is_none()
    }

    /// Keeps a row.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&mut self, section: &str, file: &str, row: &RowText, error: &RowError) -> io::Result<()> {
        if self.writer.is_none() {
            self.writer = Some(self.create()?);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let (line, number) = (row.line.to_string(), row.number.to_string());
        let fields = [file, &line, &number, section, error.code, &error.message, &row.text];
        writer.write_record(fields).map_err(io::Error::other)
    }

    /// Hands everything to the disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), csv::Writer::flush)
    }

    fn create(&self) -> io::Result<csv::Writer<BufWriter<File>>> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.path)?;
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer.write_record(["file", "line", "row", "section", "code", "message", "text"]).map_err(io::Error::other)?;
        Ok(writer)
    }
}
