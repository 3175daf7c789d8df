//! Look-up tables: written in the mapping, or read from another input.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// One table: texts by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: FxHashMap<String, Box<[String]>>,
}

impl Table {
    /// A table of one text per key.
    pub fn inline(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let rows = entries.into_iter().map(|(key, text)| (key, Box::from([text]))).collect();
        Self { columns: Vec::new(), rows }
    }

    /// An empty table with these columns.
    pub fn with_columns(columns: Vec<String>) -> Self {
        Self { columns, rows: FxHashMap::default() }
    }

    /// Adds a row; the first of a key stays.
    pub fn insert(&mut self, key: String, row: Box<[String]>) {
        self.rows.entry(key).or_insert(row);
    }

    /// The text of a key.
    pub fn find(&self, key: &str, column: usize) -> Option<&str> {
        self.rows.get(key).and_then(|row| row.get(column)).map(String::as_str).filter(|text| !text.is_empty())
    }
}

/// All tables of a mapping.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    inline: BTreeMap<String, Arc<Table>>,
    files: BTreeMap<String, Option<Arc<Table>>>,
}

impl Tables {
    /// Adds a table of the mapping.
    pub fn add_inline(&mut self, name: &str, table: Table) {
        self.inline.insert(name.to_owned(), Arc::new(table));
    }

    /// Announces a table that is read from an input.
    pub fn announce_file(&mut self, name: &str) {
        self.files.insert(name.to_owned(), None);
    }

    /// Adds the table of an input.
    pub fn add_file(&mut self, name: &str, table: Table) {
        self.files.insert(name.to_owned(), Some(Arc::new(table)));
    }

    /// The table and column of `table` or `table.column`.
    ///
    /// # Errors
    /// In words, when there is no such table or column.
    pub fn find(&self, name: &str) -> Result<(Arc<Table>, usize), String> {
        if let Some(table) = self.inline.get(name) {
            return Ok((Arc::clone(table), 0));
        }
        let Some((file, column)) = name.split_once('.') else {
            if self.files.contains_key(name) {
                return Err(format!("look-up '{name}' is a file: write lookup {name}.column"));
            }
            return Err(self.unknown(name));
        };
        match self.files.get(file) {
            None => Err(self.unknown(file)),
            Some(None) => Ok((Arc::default(), 0)),
            Some(Some(table)) => {
                let index = table.columns.iter().position(|known| known == column).ok_or_else(|| {
                    format!("the file of look-up '{file}' has no column '{column}': {}", table.columns.join(", "))
                })?;
                Ok((Arc::clone(table), index))
            }
        }
    }

    fn unknown(&self, name: &str) -> String {
        let known: Vec<&str> = self.inline.keys().chain(self.files.keys()).map(String::as_str).collect();
        format!(
            "unknown look-up '{name}': {}",
            if known.is_empty() { "there is none".to_owned() } else { known.join(", ") }
        )
    }
}
