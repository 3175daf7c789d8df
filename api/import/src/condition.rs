//! Conditions on the values of a row: `{ activity = ["A", "B"], amount = { above = 0 } }`.

use std::str::FromStr;

use rust_decimal::Decimal;
use toml::Value as Toml;

use super::error::RowError;
use super::filter::Compiler;
use super::pattern::Pattern;
use super::scope::{Scope, Slot};

/// A condition: any of the alternatives, each of which is all of its tests.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    alternatives: Vec<Vec<(Slot, Test)>>,
}

#[derive(Clone, Debug)]
enum Test {
    OneOf(Vec<String>),
    NoneOf(Vec<String>),
    Empty(bool),
    Above(Decimal),
    AtLeast(Decimal),
    Below(Decimal),
    AtMost(Decimal),
    Like(Pattern),
}

impl Condition {
    /// Compiles a table of tests, or a list of such tables of which any may hold.
    ///
    /// # Errors
    /// In words, when a name or a test is wrong.
    pub fn compile(source: &Toml, compiler: &mut Compiler<'_>) -> Result<Self, String> {
        let tables = match source {
            Toml::Table(_) => std::slice::from_ref(source),
            Toml::Array(tables) => tables.as_slice(),
            other => return Err(format!("a condition is a table of names and values, not {other}")),
        };
        let alternatives = tables
            .iter()
            .map(|table| {
                let table = table.as_table().ok_or("each alternative of a condition is a table")?;
                let mut tests = Vec::new();
                for (name, test) in table {
                    let slot = compiler.names.slot(name)?;
                    for test in Test::compile(test).map_err(|message| format!("'{name}': {message}"))? {
                        tests.push((slot, test));
                    }
                }
                Ok::<_, String>(tests)
            })
            .collect::<Result<Vec<_>, _>>()?;
        if alternatives.iter().any(Vec::is_empty) {
            return Err("a condition without a test".to_owned());
        }
        Ok(Self { alternatives })
    }

    /// Whether it holds for the row. Without alternatives it always does.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, RowError> {
        if self.alternatives.is_empty() {
            return Ok(true);
        }
        for tests in &self.alternatives {
            let mut all = true;
            for (slot, test) in tests {
                if !test.holds(&scope.text(*slot)?) {
                    all = false;
                    break;
                }
            }
            if all {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Test {
    fn compile(source: &Toml) -> Result<Vec<Self>, String> {
        let Toml::Table(table) = source else {
            return Ok(vec![Self::OneOf(texts(source)?)]);
        };
        table
            .iter()
            .map(|(word, value)| {
                Ok(match word.as_str() {
                    "not" => Self::NoneOf(texts(value)?),
                    "empty" => Self::Empty(value.as_bool().ok_or("'empty' is true or false")?),
                    "above" => Self::Above(number(value)?),
                    "at_least" => Self::AtLeast(number(value)?),
                    "below" => Self::Below(number(value)?),
                    "at_most" => Self::AtMost(number(value)?),
                    "like" => Self::Like(Pattern::new(value.as_str().ok_or("'like' is a text with * and ?")?)),
                    other => {
                        return Err(format!(
                            "unknown test '{other}': one of not, empty, above, at_least, below, at_most, like"
                        ));
                    }
                })
            })
            .collect()
    }

    fn holds(&self, text: &str) -> bool {
        let compare = |holds: fn(&Decimal, &Decimal) -> bool, limit: &Decimal| {
            Decimal::from_str(text).is_ok_and(|number| holds(&number, limit))
        };
        match self {
            Self::OneOf(values) => values.iter().any(|value| value == text),
            Self::NoneOf(values) => values.iter().all(|value| value != text),
            Self::Empty(empty) => text.is_empty() == *empty,
            Self::Above(limit) => compare(Decimal::gt, limit),
            Self::AtLeast(limit) => compare(Decimal::ge, limit),
            Self::Below(limit) => compare(Decimal::lt, limit),
            Self::AtMost(limit) => compare(Decimal::le, limit),
            Self::Like(pattern) => pattern.matches(text),
        }
    }
}

fn texts(source: &Toml) -> Result<Vec<String>, String> {
    match source {
        Toml::Array(values) => values.iter().map(text).collect(),
        single => Ok(vec![text(single)?]),
    }
}

fn text(source: &Toml) -> Result<String, String> {
    match source {
        Toml::String(text) => Ok(text.clone()),
        Toml::Integer(number) => Ok(number.to_string()),
        Toml::Boolean(flag) => Ok(flag.to_string()),
        Toml::Float(number) => Ok(number.to_string()),
        other => Err(format!("a text, a number or a flag is compared, not {other}")),
    }
}

fn number(source: &Toml) -> Result<Decimal, String> {
    let text = text(source)?;
    Decimal::from_str(&text).map_err(|_| format!("'{text}' is not a number"))
}
