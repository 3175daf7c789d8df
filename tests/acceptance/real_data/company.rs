//! Imports into the data folder of a server, before it starts and while it is down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use letopis::import::{Options, Plan, Rejects, Summary};
use letopis_eventlog::environment::{Environment, SystemEnvironment};
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{self, RocksLog};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::TestApp;

/// The files of a data set. When they are absent the test says so and is skipped.
pub fn real(set: &str, files: &[&str]) -> Option<Vec<PathBuf>> {
    let told = std::env::var_os("LETOPIS_TEST_DATA").map(PathBuf::from);
    let is_told = told.is_some();
    let root = told.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    let paths: Vec<PathBuf> = files.iter().map(|file| root.join(set).join(file)).collect();
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        assert!(!is_told && !root.exists(), "{} is absent, but the folder of the data sets is not", missing.display());
        println!("skipped: {} is absent; set LETOPIS_TEST_DATA to the folder of the data sets", missing.display());
        return None;
    }
    Some(paths)
}

/// Imports files into a folder by a committed mapping; nothing may be rejected.
pub fn import(folder: &Path, mapping: &str, inputs: &[PathBuf]) -> Summary {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/mappings").join(mapping);
    let plan = Plan::load(&path).unwrap();
    let env: Arc<dyn Environment> = Arc::new(SystemEnvironment);
    let log = RocksLog::open(folder, Arc::clone(&env), &rocks::Options::default()).unwrap();
    let rejects = Rejects::to(folder.join("rejects.csv"));
    let options = Options { inputs: inputs.to_vec(), rejects, progress: &mut (), stop: Arc::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let all: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
    let summary = runtime.block_on(letopis::import::run(all, env, &plan, options)).unwrap();
    log.close().unwrap();
    assert_eq!((summary.total.rejected, summary.problems.len()), (0, 0), "{summary}");
    summary
}

/// A server on a folder into which a part of the files was imported, asked, and then the rest: what it says now, and
/// that what it said then is what it says now as of then. `query` has an `AS_OF` in the arguments of each field.
/// Importing once more adds nothing.
pub fn ask_then_and_now(mapping: &str, part: &[PathBuf], all: &[PathBuf], query: &str) -> (TestApp, Value) {
    let folder = Arc::new(TempDir::new().unwrap());
    let then = import(folder.path(), mapping, part).position;
    let before = TestApp::open(Arc::clone(&folder));
    let as_of = format!("asOf: {{ position: \"{then}\" }}");
    let answered = before.request(&query.replace("AS_OF", "asOf: null")).after(then).send().data().clone();
    assert_eq!(without_positions(before.data(&query.replace("AS_OF", &as_of))), without_positions(answered.clone()));
    drop(before);

    let summary = import(folder.path(), mapping, all);
    let again = import(folder.path(), mapping, all);
    assert_eq!((again.total.events, again.setup_events, again.position), (0, 0, summary.position), "{again}");
    let app = TestApp::open(folder);
    let now = app.request(&query.replace("AS_OF", "asOf: null")).after(summary.position).send().data().clone();
    assert_eq!(without_positions(app.data(&query.replace("AS_OF", &as_of))), without_positions(answered));
    (app, now)
}

/// An answer without the positions it was read at.
fn without_positions(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(fields) => {
            fields.remove("position");
            fields.values_mut().for_each(|field| *field = without_positions(field.take()));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = without_positions(value.take())),
        _ => {}
    }
    answer
}

/// The first lines of a text, as a file of their own.
pub fn first_lines(text: &str, lines: usize, folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let part: String = text.split_inclusive('\n').take(lines).collect();
    std::fs::write(&path, part).unwrap();
    path
}

/// What a group of a report says, by the value it is grouped by.
pub fn group<'a>(groups: &'a Value, key: &Value) -> &'a Value {
    let found = groups.as_array().unwrap().iter().find(|group| group["key"][0]["value"] == *key);
    found.unwrap_or_else(|| panic!("no group {key} in {groups:#}"))
}
