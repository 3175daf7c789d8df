//! What an opening finds, and the torn end that it cuts.
//!
//! A crash can tear only what was not acknowledged, and that is the end of the newest file. What is broken elsewhere is
//! damage: it stays, for an auditor to see.

use std::fs::File;

use crate::chain::{Chain, Head};
use crate::days::{Day, Days};
use crate::error::{AccessLogError, failed};
use crate::line;
use crate::reverse::ReverseLines;

/// What an opening found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The last line; none when there is none.
    pub head: Option<Head>,
    /// How many bytes of a torn last line were cut off.
    pub cut_bytes: u64,
}

/// Where the log is to be continued.
pub struct Recovered {
    /// The last line, or what the first line follows.
    pub head: Head,
    /// The newest day and how long its file is.
    pub newest: Option<(Day, u64)>,
    /// What was cut.
    pub cut_bytes: u64,
}

/// Cuts a torn end and finds the last line.
pub fn recover(days: &Days) -> Result<Recovered, AccessLogError> {
    let list = days.list()?;
    let (mut newest, mut cut_bytes) = (None, 0);
    if let Some(day) = list.last().copied() {
        let (kept, cut) = cut_torn_end(days, day)?;
        newest = Some((day, kept));
        cut_bytes = cut;
        if cut > 0 {
            tracing::warn!(%day, cut_bytes, "a torn line at the end of the access log was cut");
        }
    }
    for day in list.into_iter().rev() {
        if let Some(head) = last_head(days, day)? {
            return Ok(Recovered { head, newest, cut_bytes });
        }
    }
    Ok(Recovered { head: Head { seq: 0, chain: Chain::START }, newest, cut_bytes })
}

fn lines(days: &Days, day: Day) -> Result<Option<(ReverseLines, u64)>, AccessLogError> {
    let Some(file) = days.open(day)? else { return Ok(None) };
    let size_bytes = file.metadata().map_err(failed("reading", &days.file(day)))?.len();
    Ok(Some((ReverseLines::new(file, size_bytes), size_bytes)))
}

/// Says how many bytes stay and how many went. One line may be torn, and not be ended; no more is taken away.
fn cut_torn_end(days: &Days, day: Day) -> Result<(u64, u64), AccessLogError> {
    let path = days.file(day);
    let Some((mut lines, size_bytes)) = lines(days, day)? else { return Ok((0, 0)) };
    let last = lines.step().map_err(failed("reading", &path))?;
    let kept = match last {
        Some(last) if !last.is_ended || line::outline(&last.bytes).is_none() => last.start,
        _ => return Ok((size_bytes, 0)),
    };
    let file = File::options().write(true).open(&path).map_err(failed("opening", &path))?;
    file.set_len(kept).and_then(|()| file.sync_all()).map_err(failed("cutting", &path))?;
    Ok((kept, size_bytes - kept))
}

fn last_head(days: &Days, day: Day) -> Result<Option<Head>, AccessLogError> {
    let Some((mut lines, _)) = lines(days, day)? else { return Ok(None) };
    while let Some(piece) = lines.step().map_err(failed("reading", &days.file(day)))? {
        if let Some(outline) = line::outline(&piece.bytes) {
            return Ok(Some(outline.head()));
        }
    }
    Ok(None)
}
