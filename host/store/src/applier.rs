//! The applying thread: brings the index after the journal, and mends it when it fails.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    error::StoreError,
    index::{BATCH, CHUNK, Cure, Index},
    journal::Journal,
    signal::Signal,
};

/// Pause before another attempt after a failed one.
const PAUSE: Duration = Duration::from_secs(1);

/// The applying thread's state.
#[derive(Debug)]
pub(crate) struct Applier {
    pub(crate) journal: Arc<Journal>,
    pub(crate) index: Arc<Index>,
    pub(crate) applied: Arc<Signal>,
    pub(crate) synced: Arc<Signal>,
    pub(crate) closing: Arc<AtomicBool>,
}

impl Applier {
    /// Works until the store closes.
    pub(crate) fn run(self) {
        let closing = || self.closing.load(Ordering::Acquire);
        let mut cure: Option<Cure> = None;
        while !closing() {
            cure = cure.max(self.index.cure());
            let next = self.applied.get() + 1;
            let done = match cure {
                Some(wanted) => caught(|| self.mend(wanted)).inspect(|()| cure = None),
                None if self.synced.wait(next, || closing() || self.index.cure().is_some()) < next => Ok(()),
                None => caught(|| self.step()),
            };
            if let Err(error) = done {
                tracing::error!(error = %Chain(&error), "the index failed");
                // What the index has noted is mended at once; all else is tried again after a while: a full disk may get
                // space.
                if cure.is_some() || self.index.cure().is_none() {
                    std::thread::park_timeout(PAUSE);
                }
            }
        }
    }

    fn step(&self) -> Result<(), StoreError> {
        let entries = self.journal.read_from(self.applied.get() + 1, CHUNK)?;
        // Applied in small steps, so that those who wait for the first of many do not wait for the last.
        for some in entries.chunks(BATCH) {
            self.index.apply(&self.journal, some)?;
            if let Some(last) = some.last() {
                self.applied.raise(last.seq);
            }
        }
        Ok(())
    }

    /// What had been applied when the index failed may be more than was told: a batch can be written and its answer be
    /// lost.
    fn mend(&self, cure: Cure) -> Result<(), StoreError> {
        let applied = self.index.mend(&self.journal, self.applied.get(), cure)?;
        self.applied.raise(applied);
        tracing::info!(applied, "the index is mended from the journal");
        Ok(())
    }
}

/// A panic is a failure like any other: without this thread the host would wait for ever.
fn caught(work: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(StoreError::Index { reason: "a panic".into() }))
}

/// An error with its sources.
pub(crate) struct Chain<'a>(pub(crate) &'a StoreError);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = std::error::Error::source(self.0);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
