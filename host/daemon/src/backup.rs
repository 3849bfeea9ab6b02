//! Backups of a host's data folder: its journal up to an entry, and what lies beside it. What can be made anew is left out: the
//! index, compiled components.
//!
//! ```text
//! BACKUP/backup.json      what is in it: each file's path in the data folder, its digest and size. Written last
//! BACKUP/files/SHA-256    the files, each named by its digest
//! BACKUP/backup.begun     says that the folder is a backup's, before the first one is whole
//! ```
//! The next backup into the same folder copies what has changed and removes what is no longer part of it, so that erased bodies
//! leave the backup too. One that is cut short leaves the earlier one whole. `BACKUP.zip` is the same in one file.
//!
//! Private keys (`operator.key`, `pki/`, PKCS#12, PEM files with a private key, files of passwords) are part of it only where that is asked for: whoever has such a backup is the host.

mod make;
mod open;
mod restore;

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    make::{Made, make},
    open::Backup,
    restore::restore,
};

/// The format's name.
const FORMAT: &str = "qadam-backup/1";
/// File of the manifest.
const MANIFEST: &str = "backup.json";
/// Folder of the files.
const FILES: &str = "files";

/// What is in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: String,
    /// When it was made.
    pub(crate) made_at: Timestamp,
    /// Version of the program that made it.
    host: String,
    /// The epoch of the store.
    pub(crate) epoch: u32,
    /// The last entry that is in it.
    pub(crate) last: u64,
    /// Whether private keys are in it.
    pub(crate) private_keys: bool,
    pub(crate) files: Vec<Filed>,
}

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filed {
    /// Its path in the data folder.
    pub(crate) path: String,
    /// Its digest, hex.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    /// Where it came from, to tell whether it has changed since; none where it grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Mark>,
}

/// By what a file that changed is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
    bytes: u64,
}

/// Why there is no backup, or it is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BackupError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} is no backup: {reason}")]
    None { path: PathBuf, reason: String },
    #[error("{path} is not empty; {what}")]
    NotEmpty { path: PathBuf, what: &'static str },
    #[error("the backup is damaged: {path}: {reason}")]
    Damaged { path: String, reason: String },
    /// A segment was replaced while it was copied: once more.
    #[error("{0} changed while it was copied")]
    Changed(String),
    #[error(transparent)]
    Store(#[from] qadam_store::StoreError),
    #[error(transparent)]
    Keys(#[from] crate::keys::KeyError),
}

impl BackupError {
    fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

impl Manifest {
    /// The segments of the journal, in order: first entry, and the file.
    fn segments(&self) -> Vec<(u64, &Filed)> {
        let first = |file: &Filed| file.path.strip_prefix("journal/")?.strip_suffix(".qj")?.parse().ok();
        let mut segments: Vec<_> = self.files.iter().filter_map(|file| Some((first(file)?, file))).collect();
        segments.sort_by_key(|(first, _)| *first);
        segments
    }

    /// The entries that each segment must hold.
    fn expected(&self) -> Vec<(&Filed, u64, u64)> {
        let segments = self.segments();
        let ends = segments.iter().skip(1).map(|(first, _)| *first).chain([self.last + 1]);
        segments.iter().zip(ends).map(|((first, file), end)| (*file, *first, end.saturating_sub(*first))).collect()
    }
}
