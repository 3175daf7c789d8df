//! A company for import tests: an empty log, mappings, and what is in the log afterwards.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use letopis::import::{ImportError, Options, Plan, Rejects, Summary};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::Position;
use letopis_eventlog::environment::{Environment, SystemEnvironment};
use letopis_eventlog::log::Log;
use letopis_eventlog::memory::MemoryLog;
use tempfile::TempDir;

/// An event log and a folder for inputs and rejected rows.
pub struct Company {
    pub log: Arc<dyn Log>,
    pub env: Arc<dyn Environment>,
    pub folder: TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Company {
    /// A company of which nothing is known.
    pub fn new() -> Self {
        Self::on(MemoryLog::new(Arc::new(SystemEnvironment)))
    }

    /// A company whose log this is.
    pub fn on(log: Arc<dyn Log>) -> Self {
        Self {
            log,
            env: Arc::new(SystemEnvironment),
            folder: TempDir::new().unwrap(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    /// Imports files by the text of a mapping.
    pub fn import_by(&self, mapping: &str, inputs: &[PathBuf]) -> Result<Summary, ImportError> {
        let plan = Plan::parse(mapping)?;
        self.import(&plan, inputs, Arc::default())
    }

    /// Imports files by a plan, until told to stop.
    pub fn import(&self, plan: &Plan, inputs: &[PathBuf], stop: Arc<AtomicBool>) -> Result<Summary, ImportError> {
        let options =
            Options { inputs: inputs.to_vec(), rejects: Rejects::to(self.rejects_path()), progress: &mut (), stop };
        self.runtime.block_on(letopis::import::run(Arc::clone(&self.log), Arc::clone(&self.env), plan, options))
    }

    /// Where rejected rows go.
    pub fn rejects_path(&self) -> PathBuf {
        self.folder.path().join("rejects.csv")
    }

    /// What was rejected, as it stands in the file; of many rows the first.
    pub fn rejects(&self) -> String {
        let text = std::fs::read_to_string(self.rejects_path()).unwrap_or_default();
        text.lines().take(8).collect::<Vec<_>>().join("\n")
    }

    /// Writes an input.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// All events.
    pub fn events(&self) -> Vec<Recorded> {
        let mut events = Vec::new();
        self.log
            .scan(Position::START, self.log.head(), &mut |event| {
                events.push(event);
                ControlFlow::Continue(())
            })
            .unwrap();
        events
    }

    /// How many events of each type there are.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for event in self.events() {
            *counts.entry(event.event.event_type().name()).or_default() += 1;
        }
        counts
    }

    /// Durations of all calls, in milliseconds, as far as they are known.
    pub fn call_durations(&self) -> Vec<u64> {
        self.events()
            .into_iter()
            .filter_map(|event| match event.event {
                Event::CallRecorded(call) => call.duration.map(|duration| duration.0),
                _ => None,
            })
            .collect()
    }
}

/// A committed mapping.
pub fn mapping(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/mappings").join(name);
    Plan::load(&path).unwrap()
}

/// The files of a real data set. When they are absent the test says so and is skipped.
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
