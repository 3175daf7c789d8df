//! All read models at one position.

use letopis_domain::event::{EventType, Recorded};
use letopis_domain::ids::Position;
use letopis_eventlog::error::ReadError;

use crate::models::accounts::Accounts;
use crate::models::activities::Activities;
use crate::models::agreements::Agreements;
use crate::models::contacts::Contacts;
use crate::models::directory::Directory;
use crate::models::leads::Leads;
use crate::models::links::Links;
use crate::models::opportunities::Opportunities;
use crate::models::published::Published;
use crate::models::rejections::{Beside, Rejections};
use crate::models::rights::Rights;
use crate::models::stays::Stays;
use crate::models::tasks::Tasks;
use crate::models::timeline::{Entry, Timeline};
use crate::names::Names;
use crate::particulars::ReadMany;
use crate::projection::Projection;
use crate::store::{Changes, Mark, Store, StoreError};
use crate::table::Stored;

/// Every row in memory, and the position up to which they were folded.
#[derive(Default)]
pub(crate) struct Facts {
    applied: u64,
    pub(crate) names: Names,
    pub(crate) directory: Directory,
    pub(crate) published: Published,
    pub(crate) leads: Leads,
    pub(crate) accounts: Accounts,
    pub(crate) contacts: Contacts,
    pub(crate) opportunities: Opportunities,
    pub(crate) stays: Stays,
    pub(crate) tasks: Tasks,
    pub(crate) activities: Activities,
    pub(crate) agreements: Agreements,
    pub(crate) rejections: Rejections,
    pub(crate) links: Links,
    pub(crate) rights: Rights,
    pub(crate) timeline: Timeline,
}

/// Lists every stored table once: its number in the store, the read model it belongs to, and where it is.
macro_rules! tables {
    ($facts:ident, $reference:ident) => {{
        let mut tables: Vec<(u8, &'static str, tables!(@dyn $reference))> = Vec::new();
        for (number, dictionary) in (0_u8..).zip(tables!(@iter $reference $facts.names.ids)) {
            tables.push((number, "names", dictionary));
        }
        for (number, latest) in (20_u8..).zip(tables!(@iter $reference $facts.timeline.latest)) {
            tables.push((number, "timeline", latest));
        }
        tables.extend([
            (12, "names", tables!(@borrow $reference $facts.names.texts)),
            (13, "names", tables!(@borrow $reference $facts.names.particulars.rows)),
            (30, Directory::NAME, tables!(@borrow $reference $facts.directory.employees.table)),
            (31, Directory::NAME, tables!(@borrow $reference $facts.directory.teams.table)),
            (32, Directory::NAME, tables!(@borrow $reference $facts.directory.units.table)),
            (33, Published::NAME, tables!(@borrow $reference $facts.published.zones)),
            (34, Published::NAME, tables!(@borrow $reference $facts.published.pipelines)),
            (35, Published::NAME, tables!(@borrow $reference $facts.published.catalogs)),
            (36, Published::NAME, tables!(@borrow $reference $facts.published.rules)),
            (37, Published::NAME, tables!(@borrow $reference $facts.published.attributes)),
            (38, Leads::NAME, tables!(@borrow $reference $facts.leads.versions.table)),
            (39, Accounts::NAME, tables!(@borrow $reference $facts.accounts.versions.table)),
            (40, Contacts::NAME, tables!(@borrow $reference $facts.contacts.versions.table)),
            (41, Opportunities::NAME, tables!(@borrow $reference $facts.opportunities.versions.table)),
            (42, Stays::NAME, tables!(@borrow $reference $facts.stays.rows)),
            (43, Tasks::NAME, tables!(@borrow $reference $facts.tasks.rows)),
            (44, Activities::NAME, tables!(@borrow $reference $facts.activities.rows)),
            (45, Agreements::NAME, tables!(@borrow $reference $facts.agreements.reached)),
            (46, Agreements::NAME, tables!(@borrow $reference $facts.agreements.reservations)),
            (47, Rejections::NAME, tables!(@borrow $reference $facts.rejections.rows)),
            (48, Rejections::NAME, tables!(@borrow $reference $facts.rejections.late)),
            (49, Rejections::NAME, tables!(@borrow $reference $facts.rejections.returns)),
            (50, Links::NAME, tables!(@borrow $reference $facts.links.rows)),
            (51, Rights::NAME, tables!(@borrow $reference $facts.rights.grants)),
            (52, Rights::NAME, tables!(@borrow $reference $facts.rights.absences)),
            (53, Rights::NAME, tables!(@borrow $reference $facts.rights.recordings)),
        ]);
        tables.sort_by_key(|(number, _, _)| *number);
        tables
    }};
    (@dyn shared) => { &dyn Stored };
    (@dyn exclusive) => { &mut dyn Stored };
    (@iter shared $tables:expr) => { $tables.iter() };
    (@iter exclusive $tables:expr) => { $tables.iter_mut() };
    (@borrow shared $table:expr) => { &$table as &dyn Stored };
    (@borrow exclusive $table:expr) => { &mut $table as &mut dyn Stored };
}

/// A stored table: its number, the read model it belongs to, and its rows.
pub(crate) type Listed<'a> = (u8, &'static str, &'a dyn Stored);

impl Facts {
    pub(crate) fn applied(&self) -> Position {
        Position(self.applied)
    }

    /// Folds one event into every read model. Events come in the order of their positions; one that was folded
    /// before is passed over.
    pub(crate) fn apply(&mut self, event: &Recorded) {
        if event.position.0 <= self.applied {
            return;
        }
        let names = &mut self.names;
        self.published.apply(event, names);
        self.directory.apply(event, names);
        self.leads.apply(event, (names, &self.directory));
        self.accounts.apply(event, (names, &self.directory));
        self.contacts.apply(event, (names, &self.directory));
        self.opportunities.apply(event, (names, &self.directory, &self.leads));
        self.stays.apply(event, (names, &self.opportunities, &self.published));
        self.tasks.apply(event, (names, &self.directory));
        self.activities.apply(event, (names, &self.directory));
        self.agreements.apply(event, (names, &self.directory));
        let beside = Beside {
            names,
            directory: &self.directory,
            published: &self.published,
            leads: &self.leads,
            activities: &self.activities,
            tasks: &self.tasks,
        };
        self.rejections.apply(event, beside);
        self.links.apply(event, &mut self.names);
        self.rights.apply(event, (&mut self.names, &self.directory));
        self.timeline.apply(event, &mut self.names);
        if let Some(erased) = event.event.erases() {
            self.names.particulars.forget(erased);
        }
        self.applied = event.position.0;
    }

    /// The timeline entries folded since the last call.
    pub(crate) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.timeline.pending)
    }

    /// Whether timeline entries wait to be written.
    pub(crate) fn has_entries(&self) -> bool {
        !self.timeline.pending.is_empty()
    }

    pub(crate) fn tables(&self) -> Vec<Listed<'_>> {
        tables!(self, shared)
    }

    fn tables_mut(&mut self) -> Vec<(u8, &'static str, &mut dyn Stored)> {
        tables!(self, exclusive)
    }

    /// The segments that differ from the store; they count as stored from here on.
    pub(crate) fn take_changed(&mut self) -> Vec<(u8, Vec<u32>)> {
        self.tables_mut().into_iter().map(|(number, _, table)| (number, table.take_changed())).collect()
    }

    /// Takes back what `take_changed` said, because the segments could not be stored.
    pub(crate) fn distrust(&mut self) {
        for (_, _, table) in self.tables_mut() {
            table.distrust();
        }
    }

    /// Puts back timeline entries that could not be written.
    pub(crate) fn put_back(&mut self, mut entries: Vec<Entry>) {
        entries.append(&mut self.timeline.pending);
        self.timeline.pending = entries;
    }

    /// The named segments and the position they stand at.
    pub(crate) fn encode(&self, wanted: &[(u8, Vec<u32>)]) -> Result<Changes, StoreError> {
        let mut changes = Changes::default();
        for ((number, _, table), (listed, segments)) in self.tables().into_iter().zip(wanted) {
            debug_assert_eq!(number, *listed, "tables are listed in one order");
            for segment in segments {
                changes.segment(number, *segment, &table.encode(*segment)?);
            }
        }
        changes.mark(Mark::Facts, self.applied);
        Ok(changes)
    }

    /// Reads everything back from the store; none if its rows have another shape.
    pub(crate) fn load(store: &Store) -> Result<Option<Self>, StoreError> {
        let mut facts = Self::default();
        let Some(applied) = store.read_mark(Mark::Facts)? else { return Ok(Some(facts)) };
        if store.read_mark(Mark::Shape)? != Some(shape()) {
            return Ok(None);
        }
        for (number, _, table) in facts.tables_mut() {
            store.segments(number, |rows| table.decode(rows))?;
        }
        facts.applied = applied;
        facts.index();
        Ok(Some(facts))
    }

    /// Reads from the log what is personal and so not in the store.
    pub(crate) fn recall(&mut self, read: &mut ReadMany<'_>) -> Result<(), ReadError> {
        self.names.particulars.recall(read)
    }

    fn index(&mut self) {
        self.published.index(&self.names);
        self.directory.index();
        self.leads.versions.index();
        self.accounts.versions.index();
        self.contacts.versions.index();
        self.opportunities.index();
        self.stays.index();
        self.tasks.index();
        self.activities.index();
        self.agreements.index();
        self.rejections.index();
        self.links.index();
        self.rights.index();
    }
}

/// A number that changes with the revision of any read model and with the registry of events, on which rows rest.
pub(crate) fn shape() -> u64 {
    let mut hasher = blake3::Hasher::new();
    for (name, revision) in REVISIONS {
        hasher.update(name.as_bytes()).update(&revision.to_le_bytes());
    }
    for event_type in EventType::ALL {
        hasher.update(event_type.name().as_bytes());
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

const fn revision<P: Projection>() -> (&'static str, u32) {
    (P::NAME, P::REVISION)
}

/// Name and revision of every read model.
pub(crate) const REVISIONS: [(&str, u32); 14] = [
    revision::<Published>(),
    revision::<Directory>(),
    revision::<Leads>(),
    revision::<Accounts>(),
    revision::<Contacts>(),
    revision::<Opportunities>(),
    revision::<Stays>(),
    revision::<Tasks>(),
    revision::<Activities>(),
    revision::<Agreements>(),
    revision::<Rejections>(),
    revision::<Links>(),
    revision::<Rights>(),
    revision::<Timeline>(),
];
