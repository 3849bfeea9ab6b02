//! The index: sled, rebuilt from the journal whenever it is missing, damaged, of another version, or of another journal.
//! It is never trusted for durability (sled 0.34.7's flush is no fsync), only for speed.

mod apply;
mod erased;
pub(crate) mod keys;
mod lanes;
pub(crate) mod passing;
pub(crate) mod queue;
pub(crate) mod queue_row;
mod request_row;
pub(crate) mod row;
mod rows;
pub(crate) mod tally;
pub(crate) mod terms;
mod trust;
pub(crate) mod txn;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, mpsc},
    time::Duration,
};

pub(crate) use apply::recorded;
use row::{Applied, VERSION};
use rows::Fault;
pub(crate) use rows::{Cure, Rows};
use txn::Txn;

use crate::{
    error::StoreError,
    journal::{Entry, Journal},
    signal::Signal,
};

/// Entries applied as one: what they have in common is written once.
pub(crate) const BATCH: usize = 256;
/// Bytes of the journal read at once.
pub(crate) const CHUNK: usize = 512 << 10;
/// How long sled may take to let go of its files. Its threads can hang for ever where one of them has panicked.
const PATIENCE: Duration = Duration::from_secs(10);

/// The index of one store.
#[derive(Debug)]
pub(crate) struct Index {
    folder: PathBuf,
    cache_bytes: u64,
    /// None while it is being mended.
    open: RwLock<Option<Open>>,
    /// Where the applying thread waits, to be told of faults.
    wake: Arc<Signal>,
}

#[derive(Debug)]
struct Open {
    db: sled::Db,
    rows: Rows,
}

/// An index that has come as far as it must to be shown.
#[derive(Debug)]
struct Ready {
    open: Open,
    applied: u64,
}

impl Ready {
    fn at(open: Open, journal: &Journal, applied: u64, up_to: u64) -> Result<Self, Failure> {
        match catch_up(&open.rows, journal, applied, up_to) {
            Ok(applied) => Ok(Self { open, applied }),
            Err(error) => Err(Failure::of(open, error)),
        }
    }
}

/// Why an index could not be used, and whether opening it again may help.
#[derive(Debug)]
struct Failure {
    cure: Cure,
    error: StoreError,
}

impl Failure {
    /// What the index has not noted is the journal's failure.
    fn of(open: Open, error: StoreError) -> Self {
        let cure = open.rows.cure().unwrap_or(Cure::Reopen);
        drop_within(open, PATIENCE);
        Self { cure, error }
    }
}

impl Index {
    /// Opens the index and brings it up to an entry; thrown away and built anew where it cannot be used. The last entry
    /// applied, which may be a later one.
    pub(crate) fn open(
        folder: &Path,
        cache_bytes: u64,
        journal: &Journal,
        up_to: u64,
        wake: Arc<Signal>,
    ) -> Result<(Self, u64), StoreError> {
        let index = Self { folder: folder.to_owned(), cache_bytes, open: RwLock::new(None), wake };
        let applied = index.mend(journal, up_to, Cure::Reopen)?;
        Ok((index, applied))
    }

    /// Opens it again, or builds it anew, and shows it when it has come as far as those who read have seen it before:
    /// what is decided by an index that lags would be decided twice. The last entry that it has applied.
    pub(crate) fn mend(&self, journal: &Journal, up_to: u64, cure: Cure) -> Result<u64, StoreError> {
        let before = self.write().take();
        let free = before.is_none_or(|open| drop_within(open, PATIENCE));
        let mut opened = None;
        if cure == Cure::Reopen && free && trust::trusted(&self.folder) {
            match self.reopen(journal, up_to) {
                Err(Failure { cure: Cure::Reopen, error }) => return Err(error),
                Err(Failure { error, .. }) => tracing::warn!(%error, "the index cannot be used"),
                Ok(reopened) => opened = reopened,
            }
        }
        let ready = match opened {
            Some(ready) => ready,
            None => self.rebuild(journal, up_to)?,
        };
        *self.write() = Some(ready.open);
        Ok(ready.applied)
    }

    /// None where it is of another version, or of another journal.
    fn reopen(&self, journal: &Journal, up_to: u64) -> Result<Option<Ready>, Failure> {
        let open = self.open_db()?;
        match fitting(&open.rows, journal) {
            Ok(Some(applied)) => Ready::at(open, journal, applied, up_to).map(Some),
            Ok(None) => {
                drop_within(open, PATIENCE);
                Ok(None)
            }
            Err(error) => Err(Failure::of(open, error)),
        }
    }

    fn rebuild(&self, journal: &Journal, up_to: u64) -> Result<Ready, StoreError> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(StoreError::io("remove", &self.folder))?,
        }
        if up_to > 0 {
            tracing::warn!(folder = %self.folder.display(), entries = up_to, "the index is rebuilt from the journal");
        }
        let built = self.open_db().and_then(|open| Ready::at(open, journal, 0, up_to));
        built.map_err(|failure| failure.error)
    }

    fn open_db(&self) -> Result<Open, Failure> {
        let marked = trust::opened(&self.folder).map_err(StoreError::io("write in", &self.folder));
        marked.map_err(|error| Failure { cure: Cure::Reopen, error })?;
        let config = sled::Config::new()
            .path(&self.folder)
            .cache_capacity(self.cache_bytes)
            .flush_every_ms(Some(500))
            .mode(sled::Mode::HighThroughput);
        // A damaged file can make sled panic; that is damage like any other here.
        let db = match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(db)) => db,
            Ok(Err(error)) => return Err(Failure { cure: rows::cure(&error), error: StoreError::index(error) }),
            Err(_) => {
                let error = StoreError::Index { reason: "it is damaged".into() };
                return Err(Failure { cure: Cure::Rebuild, error });
            }
        };
        let rows = Rows::new(&db, Fault::none(Arc::clone(&self.wake)));
        Ok(Open { db, rows })
    }

    /// The rows, for reading and for a batch.
    pub(crate) fn rows(&self) -> Result<Rows, StoreError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_ref().ok_or_else(|| StoreError::Index { reason: "it is being mended".into() })?;
        Ok(open.rows.clone())
    }

    /// What it needs, if something went wrong with it.
    pub(crate) fn cure(&self) -> Option<Cure> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|open| open.rows.cure())
    }

    /// Makes a change that the index, as it is on disk, must not lag behind: what it has applied up to an entry outlasts a
    /// killed process, and nobody builds it anew meanwhile. Nothing is changed where that is not so.
    pub(crate) fn steady<T>(
        &self,
        up_to: u64,
        change: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let lags = || StoreError::Index { reason: "it is being mended, or lags".into() };
        let rows = open.as_ref().map(|open| &open.rows).filter(|rows| rows.cure().is_none()).ok_or_else(lags)?;
        let applied = rows.get(keys::applied())?.map(|bytes| row::decode::<Applied>(&bytes)).transpose()?;
        applied.filter(|applied| applied.seq >= up_to).ok_or_else(lags)?;
        rows.flush()?;
        change()
    }

    /// Applies consecutive entries, at most [`BATCH`] of them as one.
    pub(crate) fn apply(&self, journal: &Journal, entries: &[Entry]) -> Result<(), StoreError> {
        apply_to(&self.rows()?, journal, entries)
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().and_then(|open| open.db.size_on_disk().ok()).unwrap_or(0)
    }

    /// Lets sled write what it holds, at a clean stop.
    pub(crate) fn close(&self) {
        let Some(open) = self.write().take() else { return };
        let sound = open.rows.cure().is_none();
        // Dropped, sled writes what it holds and syncs its file.
        let closed = if drop_within(open, PATIENCE) && sound { trust::closed(&self.folder) } else { Ok(()) };
        if let Err(error) = closed {
            tracing::warn!(%error, "the index was not closed in order; the next start mends it");
        }
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Option<Open>> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.close();
    }
}

/// Drops an index aside, for sled can hang or panic in doing so. Whether it was gone in time.
fn drop_within(open: Open, patience: Duration) -> bool {
    let (tell, gone) = mpsc::channel();
    let handle = open.rows.handle();
    let aside = std::thread::Builder::new().name("qadam-index-end".into()).spawn(move || {
        drop(open);
        // Readers under way keep it open, and sled its lock.
        while Arc::strong_count(&handle) > 1 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = tell.send(());
    });
    aside.is_ok() && gone.recv_timeout(patience).is_ok()
}

/// Brings rows that nobody else sees from one entry to another.
fn catch_up(rows: &Rows, journal: &Journal, applied: u64, up_to: u64) -> Result<u64, StoreError> {
    let (mut applied, mut told) = (applied, applied);
    while applied < up_to {
        let entries = journal.read_from(applied + 1, CHUNK)?;
        apply_to(rows, journal, &entries)?;
        applied = entries.last().map_or(up_to, |entry| entry.seq);
        if applied - told > 100_000 {
            tracing::info!(applied, of = up_to, "the index catches up");
            told = applied;
        }
    }
    Ok(applied)
}

/// Applies consecutive entries.
fn apply_to(rows: &Rows, journal: &Journal, entries: &[Entry]) -> Result<(), StoreError> {
    for batch in entries.chunks(BATCH) {
        let Some(last) = batch.last() else { continue };
        let mut txn = Txn::new(rows);
        for entry in batch {
            apply::apply(&mut txn, journal, entry)?;
        }
        txn.commit(Applied { version: VERSION, seq: last.seq, mark: last.mark })?;
    }
    Ok(())
}

/// The applied position, if the index is of this version and of this journal.
fn fitting(rows: &Rows, journal: &Journal) -> Result<Option<u64>, StoreError> {
    let Some(bytes) = rows.get(keys::applied())? else {
        // Nothing was ever applied: it fits if nothing is in it.
        return Ok(rows.is_empty()?.then_some(0));
    };
    let Ok(applied) = row::decode::<Applied>(&bytes) else { return Ok(None) };
    if applied.version != VERSION || applied.seq > journal.last() {
        return Ok(None);
    }
    let fits = applied.seq == 0 || journal.read(applied.seq)?.mark == applied.mark;
    Ok(fits.then_some(applied.seq))
}
