//! What is held on a person, in one file for them: JSON, as Articles 15 and 20 of the GDPR want it.

use std::io::Write;

use anyhow::{Context, bail};
use letopis_access_log::Kind;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::{Consent, Subject};
use letopis_domain::values::Timestamp;
use letopis_eventlog::log::Log;
use letopis_projections::person;
use serde::{Deserialize, Serialize};

use super::accesses::{note, people_at};
use super::new_file::NewFile;
use super::request::Answer;
use super::work::Folder;

/// Names the format.
const FORMAT: &str = "letopis subject export 1";

/// On whom, and where to.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct SubjectExportRequest {
    /// The person.
    pub subject: SubjectId,
    /// The file.
    pub to: NewFile,
}

/// Everything but the events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    format: &'static str,
    subject: SubjectId,
    /// All data subjects that are this person.
    linked: Vec<Linked>,
    /// Up to which position of the log.
    position: Position,
    exported_at: Timestamp,
    /// Where the log records the erasure of this data subject; null = their personal data are held.
    erased_at: Option<Position>,
    consents: Vec<ShownConsent<'a>>,
}

/// A data subject that is the person.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Linked {
    subject: SubjectId,
    erased_at: Option<Position>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownConsent<'a> {
    purpose: &'a str,
    channel: Option<&'a str>,
    text_version: Option<&'a str>,
    valid_until: Option<letopis_domain::values::Date>,
    given_at: Timestamp,
    withdrawn_at: Option<Timestamp>,
}

impl<'a> From<&'a Consent> for ShownConsent<'a> {
    fn from(consent: &'a Consent) -> Self {
        Self {
            purpose: &consent.purpose,
            channel: consent.channel.as_deref(),
            text_version: consent.text_version.as_deref(),
            valid_until: consent.valid_until,
            given_at: consent.given_at,
            withdrawn_at: consent.withdrawn_at,
        }
    }
}

/// Writes the file.
pub(super) fn export_subject(folder: &Folder, request: &SubjectExportRequest) -> anyhow::Result<Answer> {
    let (log, subject) = (&*folder.log, request.subject);
    let at = log.head();
    let Some(person) = person::person(log, subject, at)? else {
        bail!("nothing is known about the data subject {}", subject.0);
    };
    let positions = person::everything_about(log, &person.state, subject, at)?;
    note(folder, Kind::Export, "export --subject", people_at(log, &positions)?)?;
    let bytes = request.to.write(|out| {
        let mut out = Counted { out, bytes: 0 };
        write!(out, "{}", opening(&person.state, subject, at, folder.env.now())?)?;
        for (number, position) in positions.iter().enumerate() {
            let event = log.shown(*position)?.context("an event that was found is not there")?;
            let separator = if number == 0 { "" } else { "," };
            write!(out, "{separator}\n{}", serde_json::to_string(&event)?)?;
        }
        writeln!(out, "\n]}}")?;
        Ok(out.bytes)
    })?;
    Ok(Answer::ExportedSubject { events: positions.len() as u64, bytes })
}

/// The header with the list of events open at its end: they are written one by one, a line each.
fn opening(person: &Subject, subject: SubjectId, position: Position, exported_at: Timestamp) -> anyhow::Result<String> {
    let linked = person.linked_with(subject);
    let linked = linked.as_slice().iter().map(|one| Linked { subject: *one, erased_at: person.erased_at(*one) });
    let header = Header {
        format: FORMAT,
        subject,
        linked: linked.collect(),
        position,
        exported_at,
        erased_at: person.erased_at(subject),
        consents: person.consents.iter().map(ShownConsent::from).collect(),
    };
    let mut text = serde_json::to_string(&header)?;
    text.truncate(text.len() - 1);
    Ok(text + ",\"events\":[")
}

struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
