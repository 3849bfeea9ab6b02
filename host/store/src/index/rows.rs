//! The rows of the index, as sled has them. Whatever sled does wrong, panics included, is an error here and is noted, so
//! that the applying thread mends the index even where only readers met the damage.

use std::{
    ops::RangeBounds,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::{error::StoreError, signal::Signal};

type Row = (sled::IVec, sled::IVec);

/// The one tree of an open index.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    tree: sled::Tree,
    fault: Arc<Fault>,
}

/// What has gone wrong with one opening of the index.
#[derive(Debug)]
pub(crate) struct Fault {
    cure: AtomicU8,
    /// Where the applying thread waits.
    wake: Arc<Signal>,
}

/// What mends an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Cure {
    /// Opening it again: there was no space, and what is on disk is sound.
    Reopen = 1,
    /// Building it anew: what is on disk cannot be trusted.
    Rebuild = 2,
}

impl Fault {
    pub(crate) const fn none(wake: Arc<Signal>) -> Self {
        Self { cure: AtomicU8::new(0), wake }
    }

    /// What is needed, if anything.
    pub(crate) fn cure(&self) -> Option<Cure> {
        match self.cure.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Cure::Reopen),
            _ => Some(Cure::Rebuild),
        }
    }

    fn note(&self, cure: Cure) {
        if self.cure.fetch_max(cure as u8, Ordering::AcqRel) == 0 {
            self.wake.wake();
        }
    }

    fn check<T>(&self, ask: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
        match catch_unwind(AssertUnwindSafe(ask)) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.note(cure(&error));
                Err(StoreError::index(error))
            }
            Err(_) => {
                self.note(Cure::Rebuild);
                Err(StoreError::Index { reason: "it is damaged".into() })
            }
        }
    }
}

pub(super) fn cure(error: &sled::Error) -> Cure {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    match error {
        sled::Error::Io(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => Cure::Reopen,
        _ => Cure::Rebuild,
    }
}

impl Rows {
    pub(crate) fn new(db: &sled::Db, fault: Fault) -> Self {
        Self { tree: (**db).clone(), fault: Arc::new(fault) }
    }

    /// What this opening of the index needs, if anything.
    pub(crate) fn cure(&self) -> Option<Cure> {
        self.fault.cure()
    }

    /// Counts, by its clones, those who still use this opening.
    pub(crate) fn handle(&self) -> Arc<Fault> {
        Arc::clone(&self.fault)
    }

    pub(crate) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<sled::IVec>, StoreError> {
        self.fault.check(|| self.tree.get(key))
    }

    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        self.fault.check(|| self.tree.iter().next().transpose().map(|row| row.is_none()))
    }

    pub(crate) fn range<K: AsRef<[u8]>>(&self, range: impl RangeBounds<K>) -> RowIter {
        RowIter { rows: Some(self.tree.range(range)), fault: Arc::clone(&self.fault) }
    }

    pub(crate) fn scan_prefix(&self, prefix: impl AsRef<[u8]>) -> RowIter {
        RowIter { rows: Some(self.tree.scan_prefix(prefix)), fault: Arc::clone(&self.fault) }
    }

    /// Hands everything to the system: a killed process loses none of it, a power cut may.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.fault.check(|| self.tree.flush()).map(drop)
    }

    /// Removes a row if it still has that value.
    pub(crate) fn remove_if(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.fault.check(|| self.tree.compare_and_swap(key, Some(value), None::<&[u8]>).map(drop))
    }

    pub(crate) fn apply_batch(&self, batch: sled::Batch) -> Result<(), StoreError> {
        self.fault.check(|| self.tree.apply_batch(batch))
    }
}

/// Rows in the order of their keys; ends after an error.
pub(crate) struct RowIter {
    rows: Option<sled::Iter>,
    fault: Arc<Fault>,
}

impl RowIter {
    fn step(&mut self, step: impl Fn(&mut sled::Iter) -> Option<sled::Result<Row>>) -> Option<Result<Row, StoreError>> {
        let rows = self.rows.as_mut()?;
        let row = self.fault.check(|| step(rows).transpose()).transpose();
        if matches!(row, None | Some(Err(_))) {
            self.rows = None;
        }
        row
    }
}

impl Iterator for RowIter {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(Iterator::next)
    }
}

impl DoubleEndedIterator for RowIter {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.step(DoubleEndedIterator::next_back)
    }
}
