//! The mapping file as it is written. `docs/import.md` describes every key.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value as Toml};

/// A mapping file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Name of the source: external ids are unique inside it.
    pub namespace: String,
    /// Zone of times that name none.
    #[serde(default)]
    pub zone: Option<String>,
    /// Format of the inputs.
    #[serde(default)]
    pub input: Format,
    /// Look-up tables.
    #[serde(default)]
    pub lookup: BTreeMap<String, BTreeMap<String, Toml>>,
    /// Look-up tables that are read from inputs.
    #[serde(default)]
    pub lookup_file: BTreeMap<String, LookupFile>,
    /// Commands carried out before the first row.
    #[serde(default)]
    pub setup: Vec<Setup>,
    /// Commands carried out when a value is seen first.
    #[serde(default)]
    pub ensure: BTreeMap<String, Ensure>,
    /// What to do with the rows of which file.
    pub section: Vec<Section>,
}

/// Format of an input. What a section leaves out is taken from the mapping.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Separates fields; a comma.
    pub delimiter: Option<String>,
    /// Encloses fields; a double quote; empty = none.
    pub quote: Option<String>,
    /// A WHATWG label such as `windows-1251`; `utf-8`.
    pub encoding: Option<String>,
    /// Names of the columns, for files without a header.
    pub columns: Option<Vec<String>>,
    /// Lines before the header.
    pub skip_lines: Option<u64>,
    /// Whether blanks around fields are cut off; yes.
    pub trim: Option<bool>,
    /// Texts that mean a missing value.
    pub missing: Option<Vec<String>>,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The texts.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// A look-up table in an input.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupFile {
    /// Patterns of its name.
    pub files: OneOrMany,
    /// The column by whose value rows are found.
    pub key: String,
    /// Its format, where it differs.
    #[serde(default)]
    pub input: Format,
}

/// A command carried out once, before the first row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Its identity inside the namespace.
    pub id: String,
    /// Name of the command.
    pub command: String,
    /// When it happened; none = when it is imported.
    #[serde(default)]
    pub occurred_at: Option<String>,
    /// What to do when its content changed since.
    #[serde(default)]
    pub on_change: OnChange,
    /// Its fields.
    pub fields: Table,
}

/// A command carried out once per value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensure {
    /// Name of the command.
    pub command: String,
    /// When it happened; none = the row's time.
    #[serde(default)]
    pub occurred_at: Option<Occurred>,
    /// Its fields.
    pub fields: Table,
}

/// What to do when the same identity comes with other content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnChange {
    /// Reject the row as `CHANGED`.
    #[default]
    Reject,
    /// Record the change.
    Revise,
}

/// When something happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Occurred {
    /// A template; a row without a value is rejected.
    Value(String),
    /// A template, and the rule for rows without a value.
    WithRule {
        /// The template.
        value: String,
        /// `reject`, `ignore`, `previous`, or a template.
        missing: String,
    },
}

/// What to do with the rows of which files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its name, which is part of the identity of its rows.
    pub name: String,
    /// Patterns of file names; none = any file whose header fits.
    #[serde(default)]
    pub files: Option<OneOrMany>,
    /// Columns that the file must have to belong here.
    #[serde(default)]
    pub header: Vec<String>,
    /// Format of the files, where it differs.
    #[serde(default)]
    pub input: Format,
    /// Zone of times that name none, where it differs.
    #[serde(default)]
    pub zone: Option<String>,
    /// What names a row for ever.
    pub identity: String,
    /// When the row's facts happened.
    #[serde(default)]
    pub occurred_at: Option<Occurred>,
    /// Who acts: an employee's id.
    #[serde(default)]
    pub actor: Option<String>,
    /// What the row's events have in common with others: an id.
    #[serde(default)]
    pub correlation: Option<String>,
    /// Values by name.
    #[serde(default)]
    pub values: BTreeMap<String, ValueRule>,
    /// Conditions under which a row is left out.
    #[serde(default)]
    pub ignore: Option<Toml>,
    /// Rows that start something and rows that end it.
    #[serde(default)]
    pub pair: Vec<Pair>,
    /// Commands to carry out when a value is seen first.
    #[serde(default)]
    pub ensure: Vec<EnsureUse>,
    /// The row's commands, in order.
    #[serde(default)]
    pub command: Vec<CommandRule>,
}

/// How a value comes about.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ValueRule {
    /// A template.
    Template(String),
    /// A value carried from row to row.
    Carried(Carried),
}

/// A value carried from row to row: set under a condition, or raised when something falls.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// Carried apart for each value of this template.
    #[serde(default)]
    pub key: Option<String>,
    /// Its value before the first row.
    #[serde(default)]
    pub start: Option<Toml>,
    /// The new value.
    #[serde(default)]
    pub set: Option<String>,
    /// When the new value is taken; none = whenever it is there.
    #[serde(default)]
    pub when: Option<Toml>,
    /// How much a number is raised by; 1.
    #[serde(default)]
    pub add: Option<i64>,
    /// A number; when it is lower than on the row before, the carried number is raised.
    #[serde(default)]
    pub when_falls: Option<String>,
}

/// Rows that start something, each ended by a later row of the same key, first in first out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// What start and end have in common.
    pub key: String,
    /// Which rows start.
    pub start: Toml,
    /// Which rows end.
    pub end: Toml,
    /// The time of either; none = the section's.
    #[serde(default)]
    pub time: Option<String>,
}

/// Where an `ensure` rule is applied.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsureUse {
    /// Name of the rule.
    pub rule: String,
    /// The value; rows without it are left alone.
    pub each: String,
    /// When it is applied.
    #[serde(default)]
    pub when: Option<Toml>,
}

/// A command of a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandRule {
    /// Name of the command.
    pub command: String,
    /// Its identity inside the row; its name, and a number from the second of that name on.
    #[serde(default)]
    pub id: Option<String>,
    /// When it is carried out.
    #[serde(default)]
    pub when: Option<Toml>,
    /// Carried out on the rows that end this pair.
    #[serde(default)]
    pub pair: Option<String>,
    /// How often it is carried out.
    #[serde(default)]
    pub repeat: Option<String>,
    /// When it happened, where that differs from the section.
    #[serde(default)]
    pub occurred_at: Option<Occurred>,
    /// Who acts, where that differs from the section.
    #[serde(default)]
    pub actor: Option<String>,
    /// What to do when the same identity comes with other content.
    #[serde(default)]
    pub on_change: OnChange,
    /// The command that records a change; none = the same command.
    #[serde(default)]
    pub revise: Option<Revise>,
    /// Its fields.
    #[serde(default)]
    pub fields: Table,
}

/// The command that records a change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revise {
    /// Name of the command.
    pub command: String,
    /// Its fields.
    pub fields: Table,
}
