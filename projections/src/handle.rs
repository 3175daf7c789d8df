//! The handle on the read models: opens them, gives out views of them, waits for them, builds them anew.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use letopis_domain::ids::Position;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::Log;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::generation::{Generation, Home};
use crate::projector::{Folding, Lag, fold_batch};
use crate::store::StoreError;
use crate::views::{AsOf, View, ViewError};

/// Read models that cannot be folded further.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FoldError {
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The rows could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the projector, the readers and a rebuild share.
pub(crate) struct Shared {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) home: Home,
    current: RwLock<Arc<Generation>>,
    /// Held by whoever folds.
    pub(crate) folding: Mutex<Folding>,
    applied: watch::Sender<Position>,
    fault: watch::Sender<Option<String>>,
}

impl Shared {
    pub(crate) fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read())
    }

    pub(crate) fn applied(&self) -> Position {
        *self.applied.borrow()
    }

    pub(crate) fn set_fault(&self, fault: Option<String>) {
        self.fault.send_if_modified(|known| {
            let is_other = *known != fault;
            *known = fault;
            is_other
        });
    }

    /// Tells whoever waits how far the read models are.
    fn announce(&self, position: Position) {
        self.applied.send_if_modified(|applied| std::mem::replace(applied, position) != position);
    }

    /// Folds one batch and stores what is due.
    pub(crate) fn step(&self) -> Result<usize, FoldError> {
        let mut folding = self.folding.lock();
        let generation = self.generation();
        let count = fold_batch(&*self.log, &generation, &mut folding)?;
        self.announce(generation.applied());
        folding.checkpoint(&generation, false)?;
        Ok(count)
    }

    /// Stores everything.
    pub(crate) fn close(&self) -> Result<(), FoldError> {
        let _folding = self.folding.lock();
        Ok(self.generation().close()?)
    }

    /// Puts a generation in the place of the current one. The caller folds, so nobody else does.
    pub(crate) fn swap(&self, next: Generation) -> Result<(), StoreError> {
        self.home.set_current(&next.name())?;
        let applied = next.applied();
        let before = std::mem::replace(&mut *self.current.write(), Arc::new(next));
        before.give_up();
        self.announce(applied);
        Ok(())
    }
}

/// All read models. Cheap to clone.
#[derive(Clone)]
pub struct Views {
    pub(crate) shared: Arc<Shared>,
}

/// How the views were found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// As they were left.
    Usable,
    /// There were none that can be used: they are folded from the beginning.
    Unusable(Unusable),
}

/// Why views cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unusable {
    /// There are none yet.
    Missing,
    /// They are not of the shape that this program writes.
    OtherShape,
    /// They know of events that the log does not have.
    AheadOfLog,
    /// They cannot be read.
    Damaged,
}

impl Unusable {
    /// Whether something went wrong, as it does not for views that are only missing or of another version.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(self, Self::AheadOfLog | Self::Damaged)
    }
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Missing => "there were none yet",
            Self::OtherShape => "they were of another shape",
            Self::AheadOfLog => "they were ahead of the log",
            Self::Damaged => "they were damaged",
        })
    }
}

impl Views {
    /// Opens the views in a folder, or creates them. Nothing is folded yet: see [`crate::projector::Projector`] and
    /// [`Self::catch_up`]. Views that are damaged, ahead of the log, or of another shape, are put aside and begun anew.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(log: Arc<dyn Log>, folder: &Path) -> Result<(Self, Found), StoreError> {
        Self::open_with(log, folder, true)
    }

    /// Opens them as [`Self::open`] does. Only in tables that are not compressed does a search for bytes find all.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open_with(log: Arc<dyn Log>, folder: &Path, is_compressed: bool) -> Result<(Self, Found), StoreError> {
        let home = Home::open(folder, is_compressed)?;
        let (generation, found) = match home.usable(&*log) {
            Ok(generation) => (generation, Found::Usable),
            Err(reason) => (begin(&home)?, Found::Unusable(reason)),
        };
        home.sweep(&generation.name())?;
        let applied = generation.applied();
        let shared = Shared {
            log,
            home,
            current: RwLock::new(Arc::new(generation)),
            folding: Mutex::default(),
            applied: watch::Sender::new(applied),
            fault: watch::Sender::new(None),
        };
        Ok((Self { shared: Arc::new(shared) }, found))
    }

    /// Folds everything that the log holds, on this thread; for programs without a projector.
    ///
    /// # Errors
    /// When the log cannot be read or the rows cannot be stored.
    pub fn catch_up(&self) -> Result<Position, FoldError> {
        self.fill()?;
        while self.shared.step()? > 0 {}
        Ok(self.applied())
    }

    /// Stores everything folded so far.
    ///
    /// # Errors
    /// When the rows cannot be stored.
    pub fn close(&self) -> Result<(), FoldError> {
        self.shared.close()
    }

    /// Lets the store tidy up its files, as it would do by itself in time; for measuring space.
    ///
    /// # Errors
    /// When the rows cannot be stored.
    pub fn compact(&self) -> Result<(), FoldError> {
        self.shared.close()?;
        self.shared.generation().store()?.compact();
        Ok(())
    }

    /// The position that every read model has reached.
    pub fn applied(&self) -> Position {
        self.shared.applied()
    }

    /// How far behind the log that is.
    pub fn lag(&self) -> Lag {
        Lag { head: self.shared.log.head(), applied: self.applied() }
    }

    /// Follows the position that every read model has reached.
    pub fn watch_applied(&self) -> watch::Receiver<Position> {
        self.shared.applied.subscribe()
    }

    /// Why the views stand still; none while they follow the log.
    pub fn fault(&self) -> Option<String> {
        self.shared.fault.borrow().clone()
    }

    /// The read models as of the position that all of them have reached.
    pub fn now(&self) -> View {
        let position = self.applied();
        self.view(position)
    }

    fn view(&self, position: Position) -> View {
        View {
            generation: self.shared.generation(),
            log: Arc::clone(&self.shared.log),
            position,
            eyes: None,
            witness: None,
        }
    }

    /// The read models as of a position that they have reached, or of the log alone where they have not.
    pub fn look(&self, position: Position) -> View {
        self.view(position)
    }

    /// The read models as of a moment; none = now. Waits, but not longer than `patience`, until they are that far.
    ///
    /// # Errors
    /// When the position lies beyond the end of the log, or the views do not get there in time.
    pub async fn at(&self, as_of: Option<AsOf>, patience: Duration) -> Result<View, ViewError> {
        let position = match as_of {
            None => return Ok(self.now()),
            Some(AsOf::Position(position)) => position,
            Some(AsOf::RecordedAt(at)) => self.shared.log.position_at(at).await?,
        };
        self.wait_for(position, patience).await?;
        Ok(self.view(position))
    }

    /// Waits until every read model has reached a position, for readers of their own writes.
    ///
    /// # Errors
    /// When the position lies beyond the end of the log, or the views do not get there in time.
    pub async fn wait_for(&self, asked: Position, patience: Duration) -> Result<(), ViewError> {
        let mut applied = self.watch_applied();
        if *applied.borrow_and_update() >= asked {
            return Ok(());
        }
        let head = self.shared.log.head();
        if asked > head {
            return Err(ViewError::BeyondHead { asked, head });
        }
        let waited = tokio::time::timeout(patience, applied.wait_for(|applied| *applied >= asked)).await;
        if matches!(waited, Ok(Ok(_))) {
            return Ok(());
        }
        let applied = self.applied();
        Err(match self.fault() {
            Some(fault) => ViewError::StandingStill { applied, fault },
            None => ViewError::TooSlow { asked, applied, waited: patience },
        })
    }
}

/// Begins an empty generation.
fn begin(home: &Home) -> Result<Generation, StoreError> {
    let generation = home.fresh()?;
    home.set_current(&generation.name())?;
    Ok(generation)
}
