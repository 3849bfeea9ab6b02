//! The index: sled, rebuilt from the journal whenever it is missing, damaged, of another version, or of another journal.
//! It is never trusted for durability (sled 0.34.7's flush is no fsync), only for speed.

mod apply;
pub(crate) mod keys;
pub(crate) mod row;
pub(crate) mod txn;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

pub(crate) use apply::recorded;
use row::{Applied, VERSION};
use txn::Txn;

use crate::{
    error::StoreError,
    journal::{Entry, Journal},
};

/// Entries applied as one.
const BATCH: usize = 64;

/// The index of one store.
#[derive(Debug)]
pub(crate) struct Index {
    folder: PathBuf,
    cache_bytes: u64,
    /// None while it is being mended.
    db: RwLock<Option<sled::Db>>,
}

impl Index {
    /// Opens the index as it is, or empty.
    pub(crate) fn open(folder: &Path, cache_bytes: u64, journal: &Journal) -> Result<(Self, u64), StoreError> {
        let index = Self { folder: folder.to_owned(), cache_bytes, db: RwLock::new(None) };
        let applied = index.reopen(journal)?;
        Ok((index, applied))
    }

    /// Opens it again, throwing it away where it does not fit the journal. The last entry that it has seen.
    pub(crate) fn reopen(&self, journal: &Journal) -> Result<u64, StoreError> {
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = None;
        let opened = self.open_db().and_then(|db| Ok((fitting(&db, journal)?, db)));
        let (applied, db) = match opened {
            Ok((Some(applied), db)) => (applied, db),
            other => {
                match other {
                    Ok((_, db)) => drop(db),
                    Err(error) => tracing::warn!(%error, "the index cannot be opened"),
                }
                tracing::warn!(folder = %self.folder.display(), entries = journal.last(), "the index is rebuilt from the journal");
                std::fs::remove_dir_all(&self.folder).map_err(StoreError::io("remove", &self.folder))?;
                (0, self.open_db()?)
            }
        };
        *self.db.write().unwrap_or_else(PoisonError::into_inner) = Some(db);
        Ok(applied)
    }

    fn open_db(&self) -> Result<sled::Db, StoreError> {
        let config = sled::Config::new()
            .path(&self.folder)
            .cache_capacity(self.cache_bytes)
            .flush_every_ms(Some(500))
            .mode(sled::Mode::HighThroughput);
        // A damaged file can make sled panic; that is damage like any other here.
        catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| StoreError::Index { reason: "it is damaged".into() })?
            .map_err(StoreError::index)
    }

    /// The tree, for reading and for a batch.
    pub(crate) fn tree(&self) -> Result<sled::Tree, StoreError> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = db.as_ref().ok_or_else(|| StoreError::Index { reason: "it is being mended".into() })?;
        Ok((**db).clone())
    }

    /// Applies consecutive entries, at most [`BATCH`] of them as one. The last applied.
    pub(crate) fn apply(&self, journal: &Journal, entries: &[Entry]) -> Result<(), StoreError> {
        let tree = self.tree()?;
        for batch in entries.chunks(BATCH) {
            let Some(last) = batch.last() else { continue };
            let mut txn = Txn::new(&tree);
            for entry in batch {
                apply::apply(&mut txn, journal, entry)?;
            }
            txn.commit(Applied { version: VERSION, seq: last.seq, crc: last.crc })?;
        }
        Ok(())
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        db.as_ref().and_then(|db| db.size_on_disk().ok()).unwrap_or(0)
    }

    /// Lets sled write what it holds, at a clean stop.
    pub(crate) fn close(&self) {
        if let Some(db) = self.db.write().unwrap_or_else(PoisonError::into_inner).take()
            && let Err(error) = db.flush()
        {
            tracing::warn!(%error, "the index was not flushed; the next start catches up");
        }
    }
}

/// The applied position, if the index is of this version and of this journal.
fn fitting(db: &sled::Db, journal: &Journal) -> Result<Option<u64>, StoreError> {
    let Some(bytes) = db.get(keys::applied()).map_err(StoreError::index)? else {
        // Nothing was ever applied: it fits if nothing is in it.
        return Ok(db.is_empty().then_some(0));
    };
    let Ok(applied) = row::decode::<Applied>(&bytes) else { return Ok(None) };
    if applied.version != VERSION || applied.seq > journal.last() {
        return Ok(None);
    }
    let fits = applied.seq == 0 || journal.read(applied.seq)?.crc == applied.crc;
    Ok(fits.then_some(applied.seq))
}
