//! The record of an erasure: certificate, proof, act and extract, in files of their own outside the log.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use anyhow::Context;
use letopis_domain::event::EventType;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::Query;
use letopis_eventlog::log::{Direction, Log, Range};
use letopis_eventlog::proof::Certificate;
use letopis_projections::AsOf;
use serde::{Deserialize, Serialize};

use super::erasure_papers::{Operator, act, categories, extract};
use super::export::PATIENCE;
use super::new_file::NewFile;
use super::request::Answer;
use super::work::Folder;

/// The names of the papers.
const PAPERS: [&str; 4] = ["certificate.txt", "erasure.tlog-proof", "act.txt", "extract.csv"];

/// Which erasure, and where its papers go.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ErasureRecordRequest {
    /// Who was erased.
    pub subject: SubjectId,
    /// The folder of the papers, as an absolute path.
    pub to: PathBuf,
    /// Whether papers that are there give way.
    pub may_replace: bool,
    /// What the log does not know.
    pub operator: Operator,
}

/// Writes the papers.
pub(super) fn record(folder: &Folder, request: &ErasureRecordRequest) -> anyhow::Result<Answer> {
    let position = erasure_of(&*folder.log, request.subject)?;
    let paper = |name| NewFile { path: request.to.join(name), may_replace: request.may_replace };
    // All of the papers or none of them.
    PAPERS.iter().try_for_each(|name| paper(name).check())?;
    // What is certified of the read models must be so: they have taken the erasure in.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let view = runtime.block_on(folder.views()?.at(Some(AsOf::Position(position)), PATIENCE))?;
    let certified = folder.log.certify_erasure(position, &view.read_models())?;
    let certificate = &certified.certificate;
    let categories = categories(types_about(&*folder.log, certificate)?.into_iter());
    DirBuilder::new().recursive(true).mode(0o700).create(&request.to)?;
    let texts = [
        certified.note.clone(),
        certified.proof.to_text(),
        act(certificate, &categories, &request.operator),
        extract(certificate, &categories, &request.operator),
    ];
    for (number, (name, text)) in PAPERS.iter().zip(texts).enumerate() {
        let written = paper(name).write(|out| Ok(out.write_all(text.as_bytes())?));
        if written.is_err() {
            // What went wrong is told; the papers before it must not stand in the way of the next try.
            PAPERS[..number].iter().for_each(|written| drop(fs::remove_file(request.to.join(written))));
        }
        written?;
    }
    let subjects = certificate.subjects.len() as u64;
    Ok(Answer::ErasureRecorded { position: position.0, subjects, folder: fs::canonicalize(&request.to)? })
}

/// Where the log records the erasure.
fn erasure_of(log: &dyn Log, subject: SubjectId) -> anyhow::Result<Position> {
    let query = Query::about(&subject, &[EventType::PersonalDataErased]);
    let range = Range { direction: Direction::Backward, ..Range::ALL };
    for event in log.read(&query, range)? {
        if event.event.erases().map(DataSubjects::as_slice).unwrap_or_default().contains(&subject) {
            return Ok(event.position);
        }
    }
    None.with_context(|| format!("the log records no erasure of the data subject {}", subject.0))
}

/// The types of the events that held something of those who were erased.
fn types_about(log: &dyn Log, certificate: &Certificate) -> anyhow::Result<Vec<EventType>> {
    let mut types = Vec::new();
    for (subject, _) in &certificate.subjects {
        let found = log.find(&Query::about(subject, &[]), Range::upto(certificate.position))?;
        types.extend(found.iter().map(|found| found.event_type));
    }
    Ok(types)
}
