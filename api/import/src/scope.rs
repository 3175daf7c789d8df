//! Names and what they stand for while a row is evaluated.

use std::borrow::Cow;

use letopis_domain::values::Timestamp;
use rust_decimal::Decimal;

use super::error::RowError;
use super::filter::Kind;
use super::identity::Namespace;
use super::records::Record;
use super::value::Value;

/// Where the value of a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A column of the row.
    Column(usize),
    /// A value of the section, evaluated for this row.
    Value(usize, Kind),
    /// The carried value as it was before this row.
    Previous,
    /// What an `ensure` rule is applied to.
    Each,
    /// Which repetition of a repeated command it is, from 1.
    Repeat,
    /// Number of the row in its file, from 1.
    RowNumber,
    /// Line of the file on which the row begins.
    RowLine,
    /// Name of the file.
    FileName,
    /// A column of the row that started the pair.
    Started(usize),
    /// When the pair started.
    StartedAt,
    /// How long the pair took, in milliseconds.
    PairDuration,
}

/// Gives meaning to names.
pub trait Names {
    /// What the name stands for.
    ///
    /// # Errors
    /// In words, when there is no such name.
    fn slot(&mut self, name: &str) -> Result<Slot, String>;
}

/// There is no row, and so no name, outside sections.
pub struct NoNames;

impl Names for NoNames {
    fn slot(&mut self, name: &str) -> Result<Slot, String> {
        Err(format!("'{name}' names a value of a row, and there is no row here; a text stands in single quotes"))
    }
}

/// A pair that this row ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedPair {
    /// Columns of the row that started it.
    pub kept: Vec<Value>,
    /// When it started.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: i64,
}

/// Everything a template can refer to.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The row.
    pub record: &'a Record,
    /// Texts that count as missing.
    pub missing: &'a [String],
    /// Values of the section evaluated so far.
    pub values: &'a [Result<Value, RowError>],
    /// The carried value before this row.
    pub previous: Option<&'a Value>,
    /// What an `ensure` rule is applied to.
    pub each: Option<&'a str>,
    /// Which repetition it is.
    pub repeat: u64,
    /// The pair that this row ends.
    pub pair: Option<&'a EndedPair>,
    /// Name of the file.
    pub file: &'a str,
    /// Where ids come from.
    pub namespace: &'a Namespace,
}

impl<'a> Scope<'a> {
    /// The value of a slot.
    pub fn value(&self, slot: Slot) -> Result<Value, RowError> {
        Ok(match slot {
            Slot::Column(index) => self.column(index).map_or(Value::Nothing, |text| Value::Text(text.to_owned())),
            Slot::Value(index, _) => self.values.get(index).cloned().unwrap_or(Ok(Value::Nothing))?,
            Slot::Previous => self.previous.cloned().unwrap_or_default(),
            Slot::Each => self.each.map_or(Value::Nothing, |text| Value::Text(text.to_owned())),
            Slot::Repeat => Value::Number(self.repeat.into()),
            Slot::RowNumber => Value::Number(self.record.number.into()),
            Slot::RowLine => Value::Number(self.record.line.into()),
            Slot::FileName => Value::Text(self.file.to_owned()),
            Slot::Started(kept) => self.pair.and_then(|pair| pair.kept.get(kept)).cloned().unwrap_or_default(),
            Slot::StartedAt => self.pair.map_or(Value::Nothing, |pair| Value::Time(pair.started_at)),
            Slot::PairDuration => {
                self.pair.map_or(Value::Nothing, |pair| Value::Number(Decimal::from(pair.duration_ms)))
            }
        })
    }

    /// The value of a slot as text, without copying columns.
    pub fn text(&self, slot: Slot) -> Result<Cow<'a, str>, RowError> {
        match slot {
            Slot::Column(index) => Ok(Cow::Borrowed(self.column(index).unwrap_or_default())),
            Slot::Each => Ok(Cow::Borrowed(self.each.unwrap_or_default())),
            Slot::Value(index, _) => match self.values.get(index) {
                Some(Ok(Value::Text(text))) => Ok(Cow::Borrowed(text)),
                Some(Ok(value)) => Ok(Cow::Owned(value.to_text())),
                Some(Err(error)) => Err(error.clone()),
                None => Ok(Cow::Borrowed("")),
            },
            other => self.value(other).map(|value| Cow::Owned(value.to_text())),
        }
    }

    fn column(&self, index: usize) -> Option<&'a str> {
        let text = self.record.field(index);
        (!text.is_empty() && !self.missing.iter().any(|missing| missing == text)).then_some(text)
    }
}
