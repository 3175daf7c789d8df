//! A file of lines that is kept in two places, so that the loss of one place loses no line.
//!
//! Lines are appended to the second place first, and synced in both. At opening the copies are compared: one that is
//! behind is brought up, and where neither goes on from the other nobody can say which is right.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Copies that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CopiesError {
    /// The file system said no.
    #[error("{what} {} failed: {reason}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        reason: String,
        /// Whether nobody knows what is on disk now.
        is_in_doubt: bool,
    },
    /// Neither is the beginning of the other.
    #[error(
        "{} and {} differ in line {line}, so that neither goes on from the other: find out which of them is right, and put the other one aside",
        .one.display(),
        .other.display()
    )]
    Diverged {
        /// The one.
        one: PathBuf,
        /// The other.
        other: PathBuf,
        /// The first line that differs, from 1.
        line: usize,
    },
    /// Both places are the same file.
    #[error("{} and {} are the same file: its second place must be another one", .one.display(), .other.display())]
    SameFile {
        /// The one.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
}

impl CopiesError {
    /// Whether nobody knows what is on disk now: a sync failed, or one place has a line that the other has not.
    pub const fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Io { is_in_doubt: true, .. })
    }

    pub(crate) fn in_doubt(self) -> Self {
        match self {
            Self::Io { what, path, reason, .. } => Self::Io { what, path, reason, is_in_doubt: true },
            other => other,
        }
    }
}

/// The places of a file of lines, the second one in front.
#[derive(Clone, Debug)]
pub(crate) struct Copies(Vec<PathBuf>);

/// One copy as it was read.
pub(crate) struct OneCopy {
    /// Its file.
    pub path: PathBuf,
    /// Its whole lines.
    pub lines: Vec<u8>,
    /// Whether there was more: a last line that was never written completely.
    pub is_torn: bool,
}

impl Copies {
    /// A file in its own place and, if there is one, a second.
    pub fn new(own: &Path, second: Option<&Path>) -> Self {
        Self(second.into_iter().chain([own]).map(Path::to_owned).collect())
    }

    /// The file in its own place.
    pub fn own(&self) -> &Path {
        self.0.last().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Reads all copies; one that is not there is empty.
    pub fn read(&self) -> Result<Vec<OneCopy>, CopiesError> {
        self.0.iter().map(|path| OneCopy::read(path)).collect()
    }

    /// Cuts torn lines off and brings up the copies that are behind; the lines that all of them have then.
    pub fn reconcile(&self, copies: &[OneCopy]) -> Result<Vec<u8>, CopiesError> {
        let Some(longest) = self.longest(copies)? else { return Ok(Vec::new()) };
        level(copies, longest)?;
        Ok(longest.lines.clone())
    }

    /// The copy with the most lines; the others must be its beginning.
    pub fn longest<'a>(&self, copies: &'a [OneCopy]) -> Result<Option<&'a OneCopy>, CopiesError> {
        self.refuse_same_file()?;
        let Some(longest) = copies.iter().max_by_key(|copy| copy.lines.len()) else { return Ok(None) };
        if let Some(other) = copies.iter().find(|copy| !longest.lines.starts_with(&copy.lines)) {
            let line = first_difference(&longest.lines, &other.lines);
            let (one, other) = (longest.path.clone(), other.path.clone());
            return Err(CopiesError::Diverged { one, other, line });
        }
        Ok(Some(longest))
    }

    /// Makes the files that are missing, and their names durable.
    pub fn create(&self) -> Result<(), CopiesError> {
        self.0.iter().try_for_each(|path| add(path, b""))?;
        self.refuse_same_file()
    }

    /// Appends lines, each with its line feed, to all copies, with one write and one sync of each; they are durable when
    /// this returns. `between` is called when one place has them and the next has not.
    pub fn append(&self, lines: &[u8], between: &dyn Fn()) -> Result<(), CopiesError> {
        for (number, path) in self.0.iter().enumerate() {
            if number > 0 {
                between();
            }
            // Once one place has the lines, there is no way back.
            add(path, lines).map_err(|error| if number == 0 { error } else { error.in_doubt() })?;
        }
        Ok(())
    }

    /// Writes the end of every copy anew: what was written last, from where `start` says. The sync of it may have failed
    /// in a process before: then it reads as if it were there until the power fails, and is not on disk.
    pub fn make_sure(&self, start: impl Fn(&[u8]) -> usize) -> Result<(), CopiesError> {
        self.0.iter().filter(|path| path.exists()).try_for_each(|path| {
            let bytes = fs::read(path).map_err(failed("reading", path))?;
            let start = start(&bytes).min(bytes.len());
            let file = File::options().write(true).open(path).map_err(failed("opening", path))?;
            let written = file.write_all_at(&bytes[start..], start as u64).and_then(|()| file.sync_all());
            written.map_err(failed("writing", path))
        })
    }

    fn refuse_same_file(&self) -> Result<(), CopiesError> {
        let [second, own] = &self.0[..] else { return Ok(()) };
        let id = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        match (id(second), id(own)) {
            (Some(one), Some(other)) if one == other => {
                Err(CopiesError::SameFile { one: own.clone(), other: second.clone() })
            }
            _ => Ok(()),
        }
    }
}

impl OneCopy {
    /// Reads a copy; one that is not there is empty.
    pub fn read(path: &Path) -> Result<Self, CopiesError> {
        let mut lines = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("reading", path)(error)),
        };
        let size = lines.len();
        lines.truncate(whole(&lines));
        Ok(Self { path: path.to_owned(), is_torn: lines.len() < size, lines })
    }
}

/// Cuts torn lines off, and adds to every copy what the longest has beyond it.
pub(crate) fn level(copies: &[OneCopy], longest: &OneCopy) -> Result<(), CopiesError> {
    for copy in copies {
        let (missing, file) = (&longest.lines[copy.lines.len()..], copy.path.display());
        if copy.is_torn {
            let line = count(&copy.lines) + 1;
            tracing::warn!(%file, line, "what was not written completely is cut off, from this line on");
            let cut = File::options().write(true).open(&copy.path);
            let cut = cut.and_then(|opened| opened.set_len(copy.lines.len() as u64).and_then(|()| opened.sync_all()));
            cut.map_err(failed("cutting", &copy.path))?;
        }
        if !missing.is_empty() {
            tracing::info!(%file, lines = count(missing), "lines that its other copy has are added");
            add(&copy.path, missing)?;
        }
    }
    Ok(())
}

/// How many bytes are whole lines. What a power cut leaves of a last line has no end, or holes that read as zeros.
fn whole(bytes: &[u8]) -> usize {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |feed| feed + 1);
    if end < bytes.len() || end == 0 {
        return end;
    }
    let start = start_of_last_line(bytes);
    if bytes[start..end].contains(&0) { start } else { end }
}

/// Where the last line begins, be it whole or not.
pub(crate) fn start_of_last_line(bytes: &[u8]) -> usize {
    start_of_line(bytes, bytes.len().saturating_sub(1))
}

/// Where the line begins that a byte stands in.
pub(crate) fn start_of_line(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |feed| feed + 1)
}

fn first_difference(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.split(|byte| *byte == b'\n').zip(other.split(|byte| *byte == b'\n'));
    pairs.take_while(|(one, other)| one == other).count() + 1
}

fn count(lines: &[u8]) -> usize {
    lines.split_inclusive(|byte| *byte == b'\n').count()
}

/// Appends to a file, which is made if it is missing. What could not be synced is taken back as far as that goes.
fn add(path: &Path, lines: &[u8]) -> Result<(), CopiesError> {
    let is_new = !path.exists();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if is_new {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("creating", folder))?;
    }
    let file = File::options().create(true).append(true).mode(0o600).open(path);
    let mut file = file.map_err(failed("opening", path))?;
    let before = file.metadata().map_err(failed("reading", path))?.len();
    if let Err(error) = file.write_all(lines) {
        let error = failed("writing", path)(error);
        return Err(if file.set_len(before).is_ok() { error } else { error.in_doubt() });
    }
    let synced = file.sync_all().and_then(|()| if is_new { File::open(folder)?.sync_all() } else { Ok(()) });
    synced.map_err(|error| {
        let _ = file.set_len(before);
        failed("syncing", path)(error).in_doubt()
    })
}

/// Names what was tried on which file.
pub(crate) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CopiesError {
    let path = path.to_owned();
    move |error| CopiesError::Io { what, path, reason: error.to_string(), is_in_doubt: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> (tempfile::TempDir, PathBuf, PathBuf, Copies) {
        let folder = tempfile::tempdir().unwrap();
        let (own, second) = (folder.path().join("own"), folder.path().join("apart").join("second"));
        let copies = Copies::new(&own, Some(&second));
        (folder, own, second, copies)
    }

    fn open(copies: &Copies) -> Result<Vec<u8>, CopiesError> {
        copies.reconcile(&copies.read()?)
    }

    #[test]
    fn a_line_is_in_both_places_and_one_that_is_lost_comes_back_from_the_other() {
        let (_folder, own, second, copies) = places();
        copies.append(b"one\n", &|| ()).unwrap();
        copies.append(b"two\n", &|| ()).unwrap();
        for lost in [&own, &second] {
            for left in ["", "one\n", "one\ntw", "one\n\0\0o\n"] {
                fs::write(lost, left).unwrap();
                assert_eq!(open(&copies).unwrap(), b"one\ntwo\n", "{left:?} in {}", lost.display());
                assert_eq!(fs::read(lost).unwrap(), b"one\ntwo\n");
            }
            fs::remove_file(lost).unwrap();
            assert_eq!(open(&copies).unwrap(), b"one\ntwo\n");
            assert_eq!(fs::read(lost).unwrap(), b"one\ntwo\n");
        }
    }

    #[test]
    fn copies_that_went_apart_are_refused_and_stay_as_they_are() {
        let (_folder, own, second, copies) = places();
        copies.append(b"one\n", &|| ()).unwrap();
        fs::write(&own, "one\ntwo\n").unwrap();
        fs::write(&second, "one\nother\nthree\n").unwrap();
        let refused = open(&copies).unwrap_err();
        assert!(matches!(refused, CopiesError::Diverged { line: 2, .. }), "{refused}");
        assert_eq!(fs::read(own).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn one_file_cannot_be_both_places() {
        let (folder, own, _, _) = places();
        fs::write(&own, "one\n").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&own, &link).unwrap();
        let copies = Copies::new(&own, Some(&link));
        assert!(matches!(open(&copies), Err(CopiesError::SameFile { .. })));
        assert!(matches!(copies.create(), Err(CopiesError::SameFile { .. })));
    }
}
