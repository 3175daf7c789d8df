//! The names of a section: its values, the columns of its file, and what every row has.

use std::collections::BTreeMap;

use super::scope::{Names, Slot};

/// What may be named at one place of a section.
pub struct SectionNames<'a> {
    /// Columns of the file; none = not known yet, any name may be one.
    pub columns: Option<&'a [String]>,
    /// Values of the section that are known here, by name.
    pub values: BTreeMap<String, Slot>,
    /// The carried value that is being defined.
    pub defining: Option<String>,
    /// Whether `each` has a value here.
    pub has_each: bool,
    /// Whether `repeat` has a value here.
    pub has_repeat: bool,
    /// The pair that has ended here: its name, and the columns kept of the row that started it.
    pub pair: Option<EndedNames>,
    /// All names asked for so far.
    pub asked: Vec<String>,
}

/// Names of a pair.
pub struct EndedNames {
    /// The pair.
    pub name: String,
    /// What is kept of the starting row, in the order of its slots.
    pub kept: Vec<Slot>,
}

impl<'a> SectionNames<'a> {
    /// No names but columns and what every row has.
    pub fn new(columns: Option<&'a [String]>) -> Self {
        Self {
            columns,
            values: BTreeMap::new(),
            defining: None,
            has_each: false,
            has_repeat: false,
            pair: None,
            asked: Vec::new(),
        }
    }

    fn of_row(&self, name: &str) -> Option<Slot> {
        match name {
            "row.number" => Some(Slot::RowNumber),
            "row.line" => Some(Slot::RowLine),
            "file.name" => Some(Slot::FileName),
            "each" if self.has_each => Some(Slot::Each),
            "repeat" if self.has_repeat => Some(Slot::Repeat),
            _ => None,
        }
    }

    fn of_pair(&mut self, name: &str) -> Option<Result<Slot, String>> {
        let pair = self.pair.as_ref()?;
        let inside = name.strip_prefix(pair.name.as_str())?.strip_prefix('.')?;
        Some(match inside {
            "started_at" => Ok(Slot::StartedAt),
            "duration_ms" => Ok(Slot::PairDuration),
            _ => match inside.strip_prefix("start.") {
                Some(name) => self.of_start(name),
                None => Err(format!("a pair has 'started_at', 'duration_ms' and 'start.<name>', not '{inside}'")),
            },
        })
    }

    fn of_start(&mut self, name: &str) -> Result<Slot, String> {
        let slot = self.of_section(name)?;
        let Some(pair) = self.pair.as_mut() else { return Err(unknown(name, &[])) };
        let index = pair.kept.iter().position(|kept| *kept == slot).unwrap_or_else(|| {
            pair.kept.push(slot);
            pair.kept.len() - 1
        });
        Ok(Slot::Started(index))
    }

    fn of_section(&self, name: &str) -> Result<Slot, String> {
        if self.defining.as_deref() == Some(name) {
            return Ok(Slot::Previous);
        }
        if let Some(slot) = self.values.get(name) {
            return Ok(*slot);
        }
        let Some(columns) = self.columns else {
            return Ok(self.of_row(name).unwrap_or(Slot::Column(0)));
        };
        let mut found = columns.iter().enumerate().filter(|(_, column)| *column == name);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Ok(Slot::Column(index)),
            (Some(_), Some(_)) => Err(format!("the file has more than one column '{name}'")),
            (None, _) => self.of_row(name).ok_or_else(|| unknown(name, columns)),
        }
    }
}

fn unknown(name: &str, columns: &[String]) -> String {
    format!(
        "the file has no column '{name}', and the mapping no value of that name; the columns are: {}",
        columns.join(", ")
    )
}

impl Names for SectionNames<'_> {
    fn slot(&mut self, name: &str) -> Result<Slot, String> {
        self.asked.push(name.to_owned());
        if let Some(slot) = self.of_pair(name) {
            return slot;
        }
        self.of_section(name)
    }
}
