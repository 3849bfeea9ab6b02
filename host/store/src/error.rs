//! What can go wrong with the store. A caller learns from the variant whether to try again.

use std::{io, path::PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder is in use by another process.
    #[error("the data folder {folder} is in use by another process")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// A file operation failed; nothing was acknowledged. Try again later.
    #[error("{operation} {path} failed")]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A write did not succeed, most often for want of space; nothing was acknowledged. Try again later.
    #[error("the journal could not be written: {reason}")]
    NotWritten {
        /// Why.
        reason: String,
    },
    /// A sync failed: what was written since the last one may or may not survive. Nothing more is taken until a restart,
    /// which checks and resumes. A failed sync is never tried again, for the kernel forgets what it lost.
    #[error("the journal could not be synced and takes nothing until a restart: {reason}")]
    Poisoned {
        /// Why.
        reason: String,
    },
    /// Too much is waiting. Try again later.
    #[error("{actual} {what} wait, the limit is {limit}")]
    Busy {
        /// What waits.
        what: &'static str,
        /// How much may wait.
        limit: u64,
        /// How much waits.
        actual: u64,
    },
    /// The journal is damaged where it was once synced. Nothing is repaired unasked: restore a backup, or ask for help.
    #[error("{path} is damaged at byte {offset}: {reason}")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A file of another format than this version reads.
    #[error("{path} has format {actual}; this version reads format {supported}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        actual: u16,
        /// What this version reads.
        supported: u16,
    },
    /// A later version wrote the journal. Nothing is wrong with it: use that version again.
    #[error("{path} has at byte {offset} {what}: a later version of this program wrote it, and is needed to read it")]
    Newer {
        /// The segment.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is not understood.
        what: String,
    },
    /// The index failed. It is rebuilt from the journal; until then there is nothing to read.
    #[error("the index is not available: {reason}")]
    Index {
        /// Why.
        reason: String,
    },
    /// What is counted of terms is not what its requests were counted as. All is counted anew.
    #[error("the counts of terms are wrong: {reason}")]
    Uneven {
        /// What does not come out even.
        reason: String,
    },
    /// No entry has that number, or it is of another kind.
    #[error("entry {seq} of the journal is no {wanted}")]
    NoEntry {
        /// The number.
        seq: u64,
        /// What was looked for.
        wanted: &'static str,
    },
    /// An idempotency key came again with other content: the caller's mistake.
    #[error("the idempotency key was used before for other content")]
    KeyReused,
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

impl StoreError {
    /// Whether the same call may succeed later without anyone's doing.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Io { .. } | Self::NotWritten { .. } | Self::Busy { .. } | Self::Index { .. } | Self::Closing
        )
    }

    pub(crate) fn io(operation: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }

    pub(crate) fn index(error: impl std::fmt::Display) -> Self {
        Self::Index { reason: error.to_string() }
    }
}
