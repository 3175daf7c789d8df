//! A data folder that is open: its log, its views, and the thread that keeps them together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use letopis_access_log::AccessLog;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Options, RocksLog};
use letopis_identity::Identity;
use letopis_projections::{Found, Projector, Views};

use crate::app::App;
use crate::control::{Folder, Places};

/// An open data folder; other processes cannot open it meanwhile.
pub struct Company {
    log: Arc<RocksLog>,
    views: Views,
    projector: Option<Projector>,
    env: Arc<dyn Environment>,
    places: Places,
    data: PathBuf,
    /// How the views were found.
    found: Found,
}

impl Company {
    /// Opens the log and the views of a folder, creating them where they are missing. The views stand where they
    /// were left: see [`Self::follow`] and [`Self::catch_up`].
    ///
    /// # Errors
    /// When the folder is in use by another process, damaged, or cannot be written.
    pub fn open(folder: &Path, env: Arc<dyn Environment>) -> anyhow::Result<Self> {
        Self::open_with(folder, env, &Options::default())
    }

    /// Opens a folder as [`Self::open`] does, with its keys where the options say.
    ///
    /// # Errors
    /// When it may not be created and is not there, is in use by another process, damaged, or cannot be written.
    pub fn open_with(folder: &Path, env: Arc<dyn Environment>, options: &Options) -> anyhow::Result<Self> {
        let log = RocksLog::open(folder, Arc::clone(&env), options)?;
        let home = folder.join("views");
        let (views, found) = Views::open_with(Arc::<RocksLog>::clone(&log), &home, options.is_compressed)
            .with_context(|| format!("failed to open the views in {}", home.display()))?;
        let (places, data) = (Places::of(folder, options), folder.to_owned());
        Ok(Self { log, views, projector: None, env, places, data, found })
    }

    /// Starts the thread that folds new events into the views.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn follow(&mut self) -> anyhow::Result<()> {
        self.projector = Some(Projector::start(&self.views).context("failed to start the projector")?);
        Ok(())
    }

    /// Folds everything into the views, on this thread.
    ///
    /// # Errors
    /// When the log cannot be read or the views cannot be written.
    pub fn catch_up(&self) -> anyhow::Result<()> {
        self.views.catch_up().context("failed to bring the views up to date")?;
        Ok(())
    }

    /// The log.
    pub const fn log(&self) -> &Arc<RocksLog> {
        &self.log
    }

    /// The views.
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// Clock and randomness.
    pub const fn env(&self) -> &Arc<dyn Environment> {
        &self.env
    }

    /// Its parts, for work on the folder as a whole.
    pub fn folder(&self, identity: Option<Arc<Identity>>, access_log: Option<Arc<AccessLog>>) -> Folder {
        let (log, env) = (Arc::clone(&self.log), Arc::clone(&self.env));
        let views = Some((self.views.clone(), self.found));
        Folder { log, views, env, places: self.places.clone(), data: self.data.clone(), identity, access_log }
    }

    /// What requests are answered from; with an access log, who sees what of people is written down.
    pub fn app(&self, access_log: Option<Arc<AccessLog>>) -> Arc<App> {
        let log: Arc<dyn Log> = Arc::<RocksLog>::clone(&self.log);
        let (rocks, views, env) = (Arc::clone(&self.log), self.views.clone(), Arc::clone(&self.env));
        Arc::new(App { log, rocks, views, env, access_log })
    }

    /// Writes everything out and marks the stop as clean.
    ///
    /// # Errors
    /// When something could not be written; what was acknowledged is safe all the same.
    pub fn close(self) -> anyhow::Result<()> {
        match self.projector {
            Some(projector) => projector.stop(),
            None => self.views.close().context("failed to store the views")?,
        }
        Ok(self.log.close()?)
    }
}
