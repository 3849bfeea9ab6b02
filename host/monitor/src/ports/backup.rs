//! Backups of the running host.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::PortError;

/// A backup that is about to be made.
#[derive(Clone, Debug)]
pub struct BackupOrder {
    /// Where to, as stated.
    pub to: String,
    /// Id of the key.
    pub who: String,
    /// Why, as stated.
    pub why: String,
}

/// What a copy of the journal is made of.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExtentView {
    /// The store's epoch.
    pub epoch: u32,
    /// The last entry: everything that was acknowledged before.
    pub last: u64,
    /// The files, in order.
    pub segments: Vec<SegmentView>,
}

/// A file of the journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SegmentView {
    /// Its name in `journal`.
    pub name: String,
    /// Number of its first entry.
    pub first: u64,
    /// Bytes to copy, of the last one; of the others all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// The journal, for a copy.
pub trait Backups {
    /// Puts the backup into the audit, and says how far it goes.
    ///
    /// # Errors
    /// If it cannot be recorded or read now.
    fn begin_backup(&self, order: &BackupOrder) -> Result<ExtentView, PortError>;
}
