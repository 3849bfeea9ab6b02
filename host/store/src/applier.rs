//! The applying thread: brings the index after the journal, and mends it when it fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{error::StoreError, index::Index, journal::Journal, signal::Signal};

/// Bytes of the journal read at once.
const CHUNK: usize = 512 << 10;
/// Pause before another attempt at mending the index.
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
    /// Applies all that is in the journal.
    pub(crate) fn catch_up(&self) -> Result<(), StoreError> {
        let (from, last) = (self.applied.get(), self.journal.last());
        let mut told = from;
        while self.applied.get() < last {
            self.step()?;
            let now = self.applied.get();
            if now - told > 100_000 {
                tracing::info!(applied = now, of = last, "the index catches up");
                told = now;
            }
        }
        Ok(())
    }

    /// Works until the store closes.
    pub(crate) fn run(self) {
        loop {
            let next = self.applied.get() + 1;
            let closing = || self.closing.load(Ordering::Acquire);
            if self.synced.wait(next, closing) < next {
                return;
            }
            if let Err(error) = self.step() {
                tracing::error!(error = %Chain(&error), "the index failed; it is mended from the journal");
                self.mend();
            }
            if closing() {
                return;
            }
        }
    }

    fn step(&self) -> Result<(), StoreError> {
        let entries = self.journal.read_from(self.applied.get() + 1, CHUNK)?;
        // Applied in small steps, so that those who wait for the first of many do not wait for the last.
        for some in entries.chunks(64) {
            self.index.apply(&self.journal, some)?;
            if let Some(last) = some.last() {
                self.applied.raise(last.seq);
            }
        }
        Ok(())
    }

    /// Opens the index again until that succeeds: a full disk may get space. The applied position never goes back for
    /// those who wait on it, for what they saw was in the journal.
    fn mend(&self) {
        while !self.closing.load(Ordering::Acquire) {
            let reopened = self.index.reopen(&self.journal).and_then(|mut applied| {
                while applied < self.applied.get() {
                    let entries = self.journal.read_from(applied + 1, CHUNK)?;
                    self.index.apply(&self.journal, &entries)?;
                    applied = entries.last().map_or(applied, |entry| entry.seq);
                }
                Ok(())
            });
            match reopened {
                Ok(()) => {
                    tracing::info!("the index is mended");
                    return;
                }
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "the index cannot be mended yet");
                    std::thread::park_timeout(PAUSE);
                }
            }
        }
    }
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
