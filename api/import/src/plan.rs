//! From a mapping and inputs to jobs: which section reads which file, with which columns.
//!
//! Everything that can be wrong without reading a row is found here: a mapping with an unknown command, field,
//! filter or zone, a file without a column that the mapping names, an input that no section is for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use encoding_rs::Encoding;
use letopis_eventlog::keys::ExternalIds;

use super::decode::{TextSource, encoding};
use super::error::MappingError;
use super::fields::Field;
use super::filter::Compiler;
use super::identity::Namespace;
use super::lookup::{Table, Tables};
use super::mapping::{Format, Mapping, OnChange, Section as Written};
use super::pattern::Pattern;
use super::probe;
use super::records::{Dialect, Record, Records};
use super::scope::NoNames;
use super::section::{self, CommandStep, Section, When, zone_of};
use super::source::Input;

/// A mapping that was checked as far as it can be without files.
#[derive(Clone, Debug)]
pub struct Plan {
    mapping: Mapping,
    tables: Tables,
    /// Commands carried out before the first row.
    pub setup: Vec<CommandStep>,
}

/// One file read by one section.
#[derive(Clone, Debug)]
pub struct Job {
    /// Number of the section in the mapping.
    pub section_index: usize,
    /// Name of the section.
    pub section_name: String,
    /// The section for this file's columns.
    pub section: Section,
    /// The file.
    pub input: Input,
    /// Its columns.
    pub columns: Vec<String>,
    /// How it is read.
    pub reading: Reading,
}

/// How a file is read.
#[derive(Clone, Debug)]
pub struct Reading {
    dialect: Dialect,
    encoding: &'static Encoding,
    skip_lines: u64,
    columns: Option<Vec<String>>,
    /// Texts that mean a missing value.
    pub missing: Vec<String>,
}

impl Plan {
    /// Reads and checks a mapping file.
    ///
    /// # Errors
    /// Naming the place.
    pub fn load(path: &Path) -> Result<Self, MappingError> {
        let here = format!("mapping {}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| MappingError::at(&here, error.to_string()))?;
        Self::parse(&text).map_err(|error| error.within(here))
    }

    /// Checks the text of a mapping.
    ///
    /// # Errors
    /// Naming the place.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| MappingError::at("syntax", error.to_string()))?;
        let mut tables = Tables::default();
        for (name, entries) in &mapping.lookup {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            tables.add_inline(name, Table::inline(entries));
        }
        for (name, file) in &mapping.lookup_file {
            tables.announce_file(name);
            Reading::new(&mapping.input, &file.input)
                .map_err(|message| MappingError::at(format!("lookup_file '{name}'"), message))?;
        }
        let setup = setup(&mapping, &tables)?;
        for (index, section) in mapping.section.iter().enumerate() {
            if mapping.section[..index].iter().any(|other| other.name == section.name) {
                return Err(MappingError::at(
                    format!("section '{}'", section.name),
                    "another section has this name too",
                ));
            }
            if section.files.is_none() && section.header.is_empty() {
                let message = "say which files it is for, by 'files' or by 'header'";
                return Err(MappingError::at(format!("section '{}'", section.name), message));
            }
            Reading::new(&mapping.input, &section.input)
                .map_err(|message| MappingError::at(format!("section '{}', input", section.name), message))?;
            section::compile(&mapping, section, None, &tables)?;
        }
        Ok(Self { mapping, tables, setup })
    }

    /// Where ids come from, when it is carried out on a log that makes these.
    pub fn namespace(&self, ids: ExternalIds) -> Namespace {
        Namespace::new(&self.mapping.namespace, ids)
    }

    /// Names of the sections, in their order.
    pub fn section_names(&self) -> Vec<String> {
        self.mapping.section.iter().map(|section| section.name.clone()).collect()
    }

    /// Finds the files behind paths and gives each to the sections that it is for.
    ///
    /// # Errors
    /// When a file cannot be opened, no section is for it, or it lacks a column.
    pub fn jobs(&self, paths: &[PathBuf]) -> Result<Vec<Job>, MappingError> {
        let told = |message: String| MappingError::at("input", message);
        let mut inputs = Vec::new();
        for path in paths {
            inputs.push((path, Input::find(path).map_err(told)?));
        }
        let mut tables = self.tables.clone();
        let all: Vec<&Input> = inputs.iter().flat_map(|(_, inputs)| inputs).collect();
        let looked_up = self.load_tables(&all, &mut tables)?;
        let mut jobs = Vec::new();
        for (path, inputs) in &inputs {
            let before = jobs.len();
            for input in inputs {
                self.jobs_of(input, &tables, &mut jobs)?;
            }
            if jobs.len() == before && !inputs.iter().any(|input| looked_up.contains(&input.name)) {
                let names = self.section_names().join(", ");
                return Err(told(format!(
                    "no section of the mapping is for {}; the sections are: {names}",
                    path.display()
                )));
            }
        }
        jobs.sort_by_key(|job| job.section_index);
        Ok(jobs)
    }

    fn jobs_of(&self, input: &Input, tables: &Tables, jobs: &mut Vec<Job>) -> Result<(), MappingError> {
        for (section_index, written) in self.mapping.section.iter().enumerate() {
            if !is_named(written, input) {
                continue;
            }
            let here = format!("file {}", input.name);
            let told = |message: String| MappingError::at(&here, message);
            let reading = Reading::new(&self.mapping.input, &written.input).map_err(told)?;
            let (_, columns) = reading.open(input, &Arc::default()).map_err(told)?;
            let lacking = written.header.iter().find(|column| !columns.contains(column));
            if let Some(lacking) = lacking {
                if written.files.is_none() {
                    continue;
                }
                let known = columns.join(", ");
                return Err(told(format!(
                    "section '{}' needs a column '{lacking}'; the columns are: {known}",
                    written.name
                )));
            }
            let section = section::compile(&self.mapping, written, Some(&columns), tables)
                .map_err(|error| error.within(&here))?;
            jobs.push(Job {
                section_index,
                section_name: written.name.clone(),
                section,
                input: input.clone(),
                columns,
                reading,
            });
        }
        Ok(())
    }

    /// Reads the look-up tables that stand in inputs; yields the names of those inputs.
    fn load_tables(&self, inputs: &[&Input], tables: &mut Tables) -> Result<Vec<String>, MappingError> {
        let mut used = Vec::new();
        for (name, file) in &self.mapping.lookup_file {
            let here = format!("lookup_file '{name}'");
            let told = |message: String| MappingError::at(&here, message);
            let patterns: Vec<Pattern> = file.files.as_slice().iter().map(|pattern| Pattern::new(pattern)).collect();
            let reading = Reading::new(&self.mapping.input, &file.input).map_err(told)?;
            let mut table: Option<Table> = None;
            for input in inputs.iter().filter(|input| patterns.iter().any(|pattern| input.is_named(pattern))) {
                reading
                    .read_table(input, &file.key, &mut table)
                    .map_err(|message| told(format!("{}: {message}", input.name)))?;
                used.push(input.name.clone());
            }
            let missing = || told(format!("none of the inputs is named {}", file.files.as_slice().join(" or ")));
            tables.add_file(name, table.ok_or_else(missing)?);
        }
        Ok(used)
    }
}

fn is_named(section: &Written, input: &Input) -> bool {
    section.files.as_ref().is_none_or(|files| files.as_slice().iter().any(|name| input.is_named(&Pattern::new(name))))
}

fn setup(mapping: &Mapping, tables: &Tables) -> Result<Vec<CommandStep>, MappingError> {
    let zone = zone_of(mapping.zone.as_ref()).map_err(|message| MappingError::at("zone", message))?;
    let mut steps: Vec<CommandStep> = Vec::new();
    for setup in &mapping.setup {
        let told = |message| MappingError::at(format!("setup '{}'", setup.id), message);
        let mut names = NoNames;
        let mut compiler = Compiler { names: &mut names, tables, zone };
        let fields = Field::compile_table(&setup.fields, &mut compiler).map_err(told)?;
        probe::check(&setup.command, &fields).map_err(told)?;
        let occurred_at =
            setup.occurred_at.as_ref().map(|text| When::fixed(text, &mut compiler)).transpose().map_err(told)?;
        let place: Arc<str> = format!("setup/{}", setup.id).into();
        if steps.iter().any(|step| step.place == place) {
            return Err(told("another setup command has this id too".to_owned()));
        }
        let revise = (setup.on_change == OnChange::Revise).then(|| (setup.command.clone(), fields.clone()));
        steps.push(CommandStep { revise, ..CommandStep::new(place, &setup.command, occurred_at, fields) });
    }
    Ok(steps)
}

impl Reading {
    /// The format of a section over that of the mapping.
    fn new(base: &Format, over: &Format) -> Result<Self, String> {
        let delimiter = over.delimiter.as_ref().or(base.delimiter.as_ref()).map_or(",", String::as_str);
        let quote = over.quote.as_ref().or(base.quote.as_ref()).map_or("\"", String::as_str);
        let one = |text: &str, what: &str| match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(*byte),
            _ => Err(format!("the {what} is one ASCII character, not '{text}'")),
        };
        Ok(Self {
            dialect: Dialect {
                delimiter: one(delimiter, "delimiter")?,
                quote: if quote.is_empty() { None } else { Some(one(quote, "quote")?) },
                trim: over.trim.or(base.trim).unwrap_or(true),
            },
            encoding: encoding(over.encoding.as_ref().or(base.encoding.as_ref()).map_or("utf-8", String::as_str))?,
            skip_lines: over.skip_lines.or(base.skip_lines).unwrap_or(0),
            columns: over.columns.clone().or_else(|| base.columns.clone()),
            missing: over.missing.clone().or_else(|| base.missing.clone()).unwrap_or_default(),
        })
    }

    /// Opens a file behind its header; yields the columns.
    ///
    /// # Errors
    /// In words.
    pub fn open(&self, input: &Input, meter: &Arc<AtomicU64>) -> Result<(Records, Vec<String>), String> {
        let source = input.open(meter).map_err(|error| error.to_string())?;
        let mut records = Records::new(TextSource::new(source, self.encoding), self.dialect);
        records.skip_lines(self.skip_lines).map_err(|error| error.to_string())?;
        if let Some(columns) = &self.columns {
            return Ok((records, columns.clone()));
        }
        let columns = records.header().map_err(|error| format!("the header cannot be read: {error}"))?;
        Ok((records, columns))
    }

    /// The encoding, for messages.
    pub fn encoding_name(&self) -> &'static str {
        self.encoding.name()
    }

    fn read_table(&self, input: &Input, key: &str, table: &mut Option<Table>) -> Result<(), String> {
        let (mut records, columns) = self.open(input, &Arc::default())?;
        let Some(key) = columns.iter().position(|column| column == key) else {
            return Err(format!("there is no column '{key}'; the columns are: {}", columns.join(", ")));
        };
        let table = table.get_or_insert_with(|| Table::with_columns(columns));
        let mut record = Record::default();
        loop {
            let line = records.line();
            match records.next(&mut record).map_err(|error| format!("line {line}: {error}"))? {
                None => return Ok(()),
                Some(Err(error)) => return Err(format!("line {}: {error}", record.line)),
                Some(Ok(())) => table.insert(
                    record.field(key).to_owned(),
                    record
                        .fields()
                        .map(|text| {
                            if self.missing.iter().any(|missing| missing == text) { "" } else { text }.to_owned()
                        })
                        .collect(),
                ),
            }
        }
    }
}
