//! Inputs: plain files, gzip files, members of zip archives, and folders of these.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use zip::{CompressionMethod, ZipArchive};

use super::pattern::Pattern;

/// One text to import.
#[derive(Clone, Debug)]
pub struct Input {
    /// What a person calls it: the file's name, with the member behind a slash.
    pub name: String,
    /// The name that patterns are compared with.
    base: String,
    path: PathBuf,
    form: Form,
    /// Its size where it is stored, in bytes.
    pub stored_size: u64,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Plain,
    Gzip,
    Member { start: u64, deflated: bool, size: u64, crc: u32, gzipped: bool },
}

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Input {
    /// Everything that can be imported from a path.
    ///
    /// # Errors
    /// In words, when there is no such file, or an archive cannot be read.
    pub fn find(path: &Path) -> Result<Vec<Self>, String> {
        let told = |error: io::Error| format!("{}: {error}", path.display());
        if fs::metadata(path).map_err(told)?.is_dir() {
            let mut files = fs::read_dir(path)
                .and_then(|entries| {
                    entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
                })
                .map_err(told)?;
            files.retain(|file| file.is_file());
            files.sort();
            return Ok(files.iter().map(|file| Self::find(file)).collect::<Result<Vec<_>, _>>()?.concat());
        }
        let mut magic = [0; 4];
        let size = File::open(path).and_then(|mut file| read_up_to(&mut file, &mut magic)).map_err(told)?;
        let stored_size = fs::metadata(path).map_err(told)?.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = path.to_owned();
        Ok(match &magic[..size] {
            magic if magic.starts_with(&GZIP) => {
                vec![Self { base: unzipped(&name), name, path, form: Form::Gzip, stored_size }]
            }
            [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] => {
                members(&name, &path).map_err(|error| format!("{}: {error}", path.display()))?
            }
            _ => vec![Self { base: name.clone(), name, path, form: Form::Plain, stored_size }],
        })
    }

    /// Whether its name fits.
    pub fn is_named(&self, pattern: &Pattern) -> bool {
        pattern.matches(&self.base) || pattern.matches(&self.name)
    }

    fn begins_with(&self, magic: [u8; 2]) -> io::Result<bool> {
        let mut found = [0; 2];
        let size = read_up_to(&mut self.open(&Arc::default())?, &mut found)?;
        Ok(found[..size] == magic)
    }

    /// Opens it as the bytes of its text; `meter` counts what is read from the disk.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self, meter: &Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(&self.path)?;
        Ok(match self.form {
            Form::Plain => Box::new(Metered { reader: file, meter: Arc::clone(meter) }),
            Form::Gzip => {
                Box::new(MultiGzDecoder::new(io::BufReader::new(Metered { reader: file, meter: Arc::clone(meter) })))
            }
            Form::Member { start, deflated, size, crc, gzipped } => {
                file.seek(SeekFrom::Start(start))?;
                let stored = Metered { reader: file.take(self.stored_size), meter: Arc::clone(meter) };
                let reader: Box<dyn Read + Send> =
                    if deflated { Box::new(DeflateDecoder::new(io::BufReader::new(stored))) } else { Box::new(stored) };
                let checked = Checked { reader, crc: Crc::new(), size, expected: crc };
                if gzipped { Box::new(MultiGzDecoder::new(io::BufReader::new(checked))) } else { Box::new(checked) }
            }
        })
    }
}

/// The files inside a zip archive.
fn members(archive: &str, path: &Path) -> Result<Vec<Input>, String> {
    let told = |error: zip::result::ZipError| format!("the zip archive cannot be read: {error}");
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut zip = ZipArchive::new(io::BufReader::new(file)).map_err(told)?;
    let mut inputs = Vec::new();
    for index in 0..zip.len() {
        let member = zip.by_index_raw(index).map_err(told)?;
        if member.is_dir() {
            continue;
        }
        let deflated = match member.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => {
                return Err(format!(
                    "member '{}' is compressed with {other}; stored and deflated can be read",
                    member.name()
                ));
            }
        };
        if member.encrypted() {
            return Err(format!("member '{}' is encrypted", member.name()));
        }
        let (start, size, crc) = (member.data_start(), member.size(), member.crc32());
        let base = member.name().rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let name = format!("{archive}/{}", member.name());
        let form = |gzipped| Form::Member { start, deflated, size, crc, gzipped };
        let plain =
            Input { name, base, path: path.to_owned(), form: form(false), stored_size: member.compressed_size() };
        // What cannot be read is told when it is read.
        let is_gzip = plain.begins_with(GZIP).unwrap_or(false);
        inputs.push(if is_gzip { Input { base: unzipped(&plain.base), form: form(true), ..plain } } else { plain });
    }
    Ok(inputs)
}

/// The name of what is in a gzip file.
fn unzipped(name: &str) -> String {
    name.strip_suffix(".gz").unwrap_or(name).to_owned()
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            size => filled += size,
        }
    }
    Ok(filled)
}

/// Counts what passes.
struct Metered<R> {
    reader: R,
    meter: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.reader.read(buffer)?;
        self.meter.fetch_add(size as u64, Ordering::Relaxed);
        Ok(size)
    }
}

/// Compares size and checksum at the end.
struct Checked<R> {
    reader: R,
    crc: Crc,
    size: u64,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.reader.read(buffer)?;
        self.crc.update(&buffer[..size]);
        if size == 0
            && !buffer.is_empty()
            && (self.crc.sum() != self.expected || u64::from(self.crc.amount()) != self.size % (1 << 32))
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the zip member is damaged: its checksum does not fit",
            ));
        }
        Ok(size)
    }
}
