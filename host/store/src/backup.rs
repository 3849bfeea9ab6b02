//! What a copy of a store is made of, while it is open and written to: finished segments change only by being replaced as a whole,
//! and of the last one what was synced never changes. And what a restored copy begins with: an epoch of its own.

use std::{fs::File, path::Path};

use crate::{
    Store,
    error::StoreError,
    journal::{
        self, frame,
        segment::{HEADER, Segment},
    },
};

/// How far a copy goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The store's epoch.
    pub epoch: u32,
    /// The last entry: all up to it were synced.
    pub last: u64,
    /// The files of the journal, in order.
    pub segments: Vec<ExtentSegment>,
}

/// A segment, as far as it is to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtentSegment {
    /// Its name in the folder `journal`.
    pub name: String,
    /// Number of its first entry.
    pub first: u64,
    /// Bytes to copy, of the last one; of one that is finished all are, however many when it is opened.
    pub bytes: Option<u64>,
}

/// What a copied segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The epoch of its store.
    pub epoch: u32,
    /// Number of its first entry.
    pub first: u64,
    /// Entries, each whole.
    pub entries: u64,
    /// Whether it ends with the last of them.
    pub whole: bool,
}

impl Store {
    /// How far a copy made now goes: everything that was acknowledged before this was asked.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn extent(&self) -> Result<Extent, StoreError> {
        // First how far, then what: segments that come meanwhile hold nothing of it.
        let last = self.journal.last();
        let segments = self.journal.segments();
        let epoch = segments.last().map_or(0, |segment| segment.epoch);
        let mut extent = Extent { epoch, last, segments: Vec::new() };
        let mut before = segments.iter().filter(|segment| segment.first <= last).peekable();
        while let Some(segment) = before.next() {
            let name = segment.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let bytes = if before.peek().is_none() { Some(end_of(segment, last)?) } else { None };
            extent.segments.push(ExtentSegment { name, first: segment.first, bytes });
        }
        Ok(extent)
    }

    /// Of which epochs this store's entries are, and from which number on; empty where it was never restored.
    #[must_use]
    pub fn lineage(&self) -> Vec<(u32, u64)> {
        let mut lineage: Vec<(u32, u64)> = Vec::new();
        for segment in self.journal.segments() {
            if lineage.last().is_none_or(|(epoch, _)| *epoch != segment.epoch) {
                lineage.push((segment.epoch, segment.first));
            }
        }
        if matches!(lineage.as_slice(), [(1, _)]) { Vec::new() } else { lineage }
    }
}

/// Where an entry ends in its segment.
fn end_of(segment: &Segment, seq: u64) -> Result<u64, StoreError> {
    let none = || StoreError::NoEntry { seq, wanted: "entry" };
    let offset = segment.offset(seq).ok_or_else(none)?;
    let bytes = segment.read(seq, 0)?;
    let length = frame::announced(&bytes).ok_or_else(none)?;
    Ok(u64::from(offset) + length as u64)
}

/// Reads a copied segment through.
///
/// # Errors
/// If it cannot be read, or is none.
pub fn inspect(path: &Path) -> Result<Copied, StoreError> {
    let file = File::open(path).map_err(StoreError::io("open", path))?;
    let bytes = file.metadata().map_err(StoreError::io("read", path))?.len();
    let segment = Segment::over(path, file)?;
    let scan = segment.scan()?;
    let whole = scan.whole.1 == bytes && !scan.torn;
    Ok(Copied { epoch: segment.epoch, first: segment.first, entries: scan.whole.0 as u64, whole })
}

/// Begins an epoch in a copy that no process has open: what is recorded from now on has other ids than what the original recorded
/// after the copy was made. The epoch is the second of the clock, so that two restores of one copy have different ones, but more than
/// the one before in any case. The epoch, and the last entry of the copy.
///
/// # Errors
/// If the folder is in use, or the journal damaged.
pub fn begin_epoch(folder: &Path, second: i64) -> Result<(u32, u64), StoreError> {
    let lock = crate::lock(folder)?;
    let journal = folder.join("journal");
    let (read, appender) = journal::open(&journal, HEADER)?;
    let (last, before) = (read.last(), appender.epoch());
    drop(appender);
    let epoch = u32::try_from(second).unwrap_or(0).max(before.saturating_add(1));
    // In the place of one that nothing was written to, where there is one.
    Segment::create(&journal, epoch, last + 1, HEADER)?;
    drop(lock);
    Ok((epoch, last))
}
