//! One row: its values, whether it is left out, what it starts or ends, and the commands it means.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use letopis_domain::command::Command;
use letopis_domain::ids::{EmployeeId, RequestId};
use letopis_domain::values::Timestamp;
use letopis_eventlog::log::RequestKey;
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::error::RowError;
use super::fields::Field;
use super::identity::Namespace;
use super::pairing::{RowText, Started, Waiting};
use super::records::Record;
use super::scope::{EndedPair, Scope};
use super::section::{CommandStep, EnsureStep, Missing, Section, When};
use super::template::Template;
use super::time_format::TimeFormat;
use super::value::Value;
use super::values::CarriedState;

/// Largest command, in bytes of JSON.
pub const COMMAND_SIZE_MAX: usize = 2 * 1024 * 1024;

/// Most repetitions of a command in a row.
pub const REPEAT_MAX: u64 = 100_000;

/// A command ready to be decided.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Where it stands in the mapping.
    pub place: Arc<str>,
    /// Its request.
    pub key: RequestKey,
    /// The command.
    pub command: Command,
    /// When it happened; none = when it is imported.
    pub occurred_at: Option<Timestamp>,
    /// Who acts.
    pub actor: Option<EmployeeId>,
    /// What it has in common with others.
    pub correlation: Option<Uuid>,
    /// What to carry out when the same identity came before with other content.
    pub revision: Option<Command>,
    /// Whether it is there for the commands after it, and not the row's own.
    pub is_ensure: bool,
}

/// What a row means.
#[derive(Debug)]
pub enum Meaning {
    /// It is left out.
    Ignored,
    /// It started a pair and has no commands; it counts when the pair ends.
    Waits,
    /// It means these commands.
    Commands(Vec<Prepared>),
    /// It cannot be understood.
    Rejected(RowError),
}

/// A row, evaluated.
#[derive(Debug)]
pub struct RowWork {
    /// Where it stands.
    pub row: RowText,
    /// What it means.
    pub meaning: Meaning,
    /// The rows that started what this one ends, as far as they count with this one.
    pub started: Vec<RowText>,
    /// How many pairs it ends that nothing started.
    pub unpaired_ends: u64,
}

/// What is remembered from row to row of a section.
pub struct SectionState {
    carried: CarriedState,
    /// Rows that wait for their end.
    pub waiting: Waiting,
    previous_time: Option<Timestamp>,
}

impl SectionState {
    /// Before the first row.
    pub fn new(section: &Section) -> Self {
        Self {
            carried: CarriedState::new(&section.values),
            waiting: Waiting::new(section.pairs.len()),
            previous_time: None,
        }
    }
}

/// Values for which an `ensure` rule was applied.
pub type Ensured = FxHashSet<(usize, String)>;

/// What surrounds the rows of one file.
pub struct Evaluator<'a> {
    /// The section, compiled for the file.
    pub section: &'a Section,
    /// Texts that mean a missing value.
    pub missing: &'a [String],
    /// Name of the file.
    pub file: &'a str,
    /// Where ids come from.
    pub namespace: &'a Namespace,
}

impl Evaluator<'_> {
    /// Evaluates a well-formed row.
    pub fn evaluate(&self, record: &Record, state: &mut SectionState, ensured: &mut Ensured) -> RowWork {
        let scope = Scope {
            record,
            missing: self.missing,
            values: &[],
            previous: None,
            each: None,
            repeat: 0,
            pair: None,
            file: self.file,
            namespace: self.namespace,
        };
        let values = state.carried.advance(&self.section.values, scope);
        let mut work =
            RowWork { row: row_text(record), meaning: Meaning::Ignored, started: Vec::new(), unpaired_ends: 0 };
        let scope = Scope { values: &values, ..scope };
        work.meaning = self.meaning(scope, state, ensured, &mut work).unwrap_or_else(Meaning::Rejected);
        work
    }

    fn meaning(
        &self,
        scope: Scope<'_>,
        state: &mut SectionState,
        ensured: &mut Ensured,
        work: &mut RowWork,
    ) -> Result<Meaning, RowError> {
        let section = self.section;
        if let Some(ignore) = &section.ignore
            && ignore.holds(&scope)?
        {
            return Ok(Meaning::Ignored);
        }
        let time = match &section.occurred_at {
            Some(when) => when.time(&scope, state.previous_time).map(|time| time.map_or(RowTime::Skip, RowTime::At)),
            None => Ok(RowTime::OfImport),
        };
        if let Ok(RowTime::At(time)) = &time {
            state.previous_time = Some(*time);
        }
        let paired = self.pair(&scope, &time, state, work)?;
        let identity = section.identity.evaluate(&scope)?.to_text();
        if identity.is_empty() {
            return Err(RowError::required("the row has no identity"));
        }
        let mut row = RowCommands { scope, time, identity, commands: Vec::new(), ensures: Vec::new() };
        for ensure in &section.ensures {
            row.ensure(ensure, ensured)?;
        }
        for step in &section.commands {
            row.command(step, &paired)?;
        }
        let is_waiting = !paired.started.is_empty() && row.commands.is_empty();
        let is_counted = Rc::new(Cell::new(!is_waiting));
        for start in paired.started {
            let (row, is_counted) = (row_text(scope.record), Rc::clone(&is_counted));
            state.waiting.start(start.pair, start.key, Started { kept: start.kept, at: start.at, row, is_counted });
        }
        if is_waiting {
            return Ok(Meaning::Waits);
        }
        // Not before: a row that is rejected leaves its values to the next.
        ensured.extend(row.ensures);
        Ok(if row.commands.is_empty() { Meaning::Ignored } else { Meaning::Commands(row.commands) })
    }

    /// What the row starts and ends.
    fn pair(
        &self,
        scope: &Scope<'_>,
        row_time: &Result<RowTime, RowError>,
        state: &mut SectionState,
        work: &mut RowWork,
    ) -> Result<Paired, RowError> {
        let mut paired = Paired::default();
        for (index, pair) in self.section.pairs.iter().enumerate() {
            let (starts, ends) = (pair.start.holds(scope)?, pair.end.holds(scope)?);
            if !starts && !ends {
                continue;
            }
            let key = pair.key.evaluate(scope)?.to_text();
            let time = match &pair.time {
                Some(template) => read_time(template, scope)?,
                None => row_time.clone()?.at(),
            };
            let time = time.ok_or_else(|| RowError::required(format!("pair '{}': the row has no time", pair.name)))?;
            if ends {
                match state.waiting.end(index, &key) {
                    None => work.unpaired_ends += 1,
                    Some(started) => {
                        let duration_ms = time.ms_since(started.at);
                        if !started.is_counted.replace(true) {
                            work.started.push(started.row);
                        }
                        if duration_ms < 0 {
                            return Err(RowError::invalid(format!("pair '{}' ends before it starts", pair.name)));
                        }
                        let ended = EndedPair { kept: started.kept, started_at: started.at, duration_ms };
                        paired.ended.push((index, ended));
                    }
                }
            }
            if starts {
                let kept = pair.kept.iter().map(|slot| scope.value(*slot)).collect::<Result<_, _>>()?;
                paired.started.push(Start { pair: index, key, kept, at: time });
            }
        }
        Ok(paired)
    }
}

/// When a row's facts happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowTime {
    /// Then.
    At(Timestamp),
    /// When they are imported.
    OfImport,
    /// They are left out.
    Skip,
}

impl RowTime {
    const fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::OfImport | Self::Skip => None,
        }
    }
}

/// What a row ended and started.
#[derive(Default)]
struct Paired {
    ended: Vec<(usize, EndedPair)>,
    started: Vec<Start>,
}

/// A pair that a row starts.
struct Start {
    pair: usize,
    key: String,
    kept: Vec<Value>,
    at: Timestamp,
}

/// The commands of a row as they come together.
struct RowCommands<'a> {
    scope: Scope<'a>,
    time: Result<RowTime, RowError>,
    identity: String,
    commands: Vec<Prepared>,
    ensures: Vec<(usize, String)>,
}

impl RowCommands<'_> {
    fn ensure(&mut self, ensure: &EnsureStep, ensured: &Ensured) -> Result<(), RowError> {
        let each = ensure.each.evaluate(&self.scope)?.to_text();
        if each.is_empty() || !ensure.when.holds(&self.scope)? {
            return Ok(());
        }
        let seen = (ensure.rule, each);
        if ensured.contains(&seen) || self.ensures.contains(&seen) {
            return Ok(());
        }
        let scope = Scope { each: Some(&seen.1), ..self.scope };
        let time = self.time_of(&ensure.step, &scope)?;
        let prepared =
            prepare(&ensure.step, &scope, time.at(), &[&seen.1]).map_err(|error| error.within(&ensure.step.place))?;
        self.commands.push(Prepared { is_ensure: true, ..prepared });
        self.ensures.push(seen);
        Ok(())
    }

    fn command(&mut self, step: &CommandStep, paired: &Paired) -> Result<(), RowError> {
        let pair = match step.pair {
            None => None,
            Some(index) => match paired.ended.iter().find(|(ended, _)| *ended == index) {
                None => return Ok(()),
                Some((_, ended)) => Some(ended),
            },
        };
        let scope = Scope { pair, ..self.scope };
        if !step.when.holds(&scope)? {
            return Ok(());
        }
        let told = |error: RowError| error.within(&step.place);
        let repeat = step.repeat.as_ref().map(|template| count(template, &scope).map_err(told)).transpose()?;
        for round in 1..=repeat.unwrap_or(1) {
            let scope = Scope { repeat: round, ..scope };
            let time = self.time_of(step, &scope).map_err(told)?;
            if time == RowTime::Skip {
                return Ok(());
            }
            let number = round.to_string();
            let keys: &[&str] = if repeat.is_some() { &[&self.identity, &number] } else { &[&self.identity] };
            self.commands.push(prepare(step, &scope, time.at(), keys).map_err(told)?);
        }
        Ok(())
    }

    /// When the command happened.
    fn time_of(&self, step: &CommandStep, scope: &Scope<'_>) -> Result<RowTime, RowError> {
        match &step.occurred_at {
            Some(when) => Ok(when.time(scope, None)?.map_or(RowTime::Skip, RowTime::At)),
            None => self.time.clone(),
        }
    }
}

impl When {
    /// The time; none = the command is left out.
    fn time(&self, scope: &Scope<'_>, previous: Option<Timestamp>) -> Result<Option<Timestamp>, RowError> {
        if let Some(time) = read_time(&self.value, scope)? {
            return Ok(Some(time));
        }
        match &self.missing {
            Missing::Reject => Err(RowError::required("the row has no time")),
            Missing::Ignore => Ok(None),
            Missing::Previous => previous
                .map(Some)
                .ok_or_else(|| RowError::required("the row has no time, and no row before it has one")),
            Missing::Use(template) => match read_time(template, scope)? {
                Some(time) => Ok(Some(time)),
                None => Err(RowError::required("the row has no time, and the mapping's rule yields none")),
            },
        }
    }
}

/// The command of a step for a row, with what names its request.
pub fn prepare(
    step: &CommandStep,
    scope: &Scope<'_>,
    occurred_at: Option<Timestamp>,
    keys: &[&str],
) -> Result<Prepared, RowError> {
    let command = build(&step.command, &step.fields, scope)?;
    let revision = step.revise.as_ref().map(|(name, fields)| build(name, fields, scope)).transpose()?;
    let id = |template: &Option<Template>| {
        template.as_ref().map_or(Ok(None), |template| match template.evaluate(scope)? {
            Value::Id(id) => Ok(Some(id)),
            value if value.is_nothing() => Ok(None),
            value => Uuid::parse_str(&value.to_text()).map(Some).map_err(|_| {
                RowError::invalid(format!("'{}' is not an id; does a filter 'id …' lack?", value.to_text()))
            }),
        })
    };
    let actor: Option<Uuid> = id(&step.actor)?;
    let correlation: Option<Uuid> = id(&step.correlation)?;
    let mut digest = Digest::default();
    let told = |error: &dyn std::fmt::Display| RowError::invalid(error.to_string());
    serde_json::to_writer(&mut digest, &(&command, occurred_at, actor, correlation)).map_err(|error| told(&error))?;
    if digest.size > COMMAND_SIZE_MAX {
        let message = format!("the command has {} bytes, at most {COMMAND_SIZE_MAX} are allowed", digest.size);
        return Err(RowError::invalid(message));
    }
    let id: RequestId = scope
        .namespace
        .request(&step.place, keys.iter().copied())
        .ok_or_else(|| RowError::invalid("the request has no name"))?;
    Ok(Prepared {
        place: Arc::clone(&step.place),
        key: RequestKey { id, digest: digest.finish() },
        command,
        occurred_at,
        actor: actor.map(EmployeeId),
        correlation,
        revision,
        is_ensure: false,
    })
}

fn build(command: &str, fields: &Field, scope: &Scope<'_>) -> Result<Command, RowError> {
    let fields = fields.evaluate(scope)?.unwrap_or_else(|| Json::Object(Map::new()));
    let whole = Json::Object(Map::from_iter([(command.to_owned(), fields)]));
    Command::deserialize(&whole).map_err(|_| {
        // Once more, slowly, to learn which field it was.
        let told = serde_path_to_error::deserialize::<_, Command>(whole).err().map(|error| {
            let path = error.path().to_string();
            let field = path.strip_prefix(command).map_or(path.as_str(), |path| path.trim_start_matches('.'));
            format!("field '{field}': {}", error.inner())
        });
        RowError::invalid(told.unwrap_or_else(|| "the fields do not fit the command".to_owned()))
    })
}

fn read_time(template: &Template, scope: &Scope<'_>) -> Result<Option<Timestamp>, RowError> {
    match template.evaluate(scope)? {
        Value::Time(time) => Ok(Some(time)),
        value if value.is_nothing() => Ok(None),
        value => TimeFormat::rfc3339().time(&value.to_text()).map(Some).map_err(RowError::invalid),
    }
}

/// How often; nothing means not at all.
fn count(template: &Template, scope: &Scope<'_>) -> Result<u64, RowError> {
    let value = template.evaluate(scope)?;
    if value.is_nothing() {
        return Ok(0);
    }
    let text = value.to_text();
    let number: rust_decimal::Decimal =
        text.parse().map_err(|_| RowError::invalid(format!("'{text}' is not a count")))?;
    match number.to_u64() {
        Some(count) if number.fract().is_zero() && count <= REPEAT_MAX => Ok(count),
        _ => Err(RowError::invalid(format!("'{text}' is not a count from 0 to {REPEAT_MAX}"))),
    }
}

/// Where the row stands.
pub fn row_text(record: &Record) -> RowText {
    RowText { number: record.number, line: record.line, text: record.raw().to_owned() }
}

/// Digest of what is written to it.
#[derive(Default)]
struct Digest {
    hasher: blake3::Hasher,
    size: usize,
}

impl Digest {
    fn finish(&self) -> [u8; 16] {
        let mut digest = [0; 16];
        digest.copy_from_slice(&self.hasher.finalize().as_bytes()[..16]);
        digest
    }
}

impl Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.size += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
