//! `qadam check`: reads every entry of a stopped store, and compares the index with one that is rebuilt beside it.

use std::{path::Path, sync::Arc};

use crate::{
    StoreConfig,
    error::StoreError,
    index::{Index, terms},
    journal,
    signal::Signal,
};

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Segments of the journal.
    pub segments: u64,
    /// Entries read and found whole.
    pub entries: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Entries that the index has applied; the rest is applied at the next start.
    pub applied: u64,
    /// Rows of the index that differ from a rebuilt one; the index should be deleted if there are any.
    pub differing: u64,
}

/// Checks a store that no process has open. `progress` is told how many entries of how many have been read.
///
/// # Errors
/// If the folder is in use, cannot be read, or the journal is damaged.
pub fn verify(config: &StoreConfig, mut progress: impl FnMut(u64, u64)) -> Result<Verdict, StoreError> {
    let lock = crate::lock(&config.folder)?;
    let (journal, _appender) = journal::open(&config.folder.join("journal"), config.segment_bytes)?;
    let last = journal.last();
    let open = |folder: &Path| Index::open(folder, config.cache_bytes, &journal, 0, Arc::new(Signal::new(0)));
    let (index, applied) = open(&config.folder.join("index"))?;
    let beside = config.folder.join("index.check");
    let _ = std::fs::remove_dir_all(&beside);
    let (rebuilt, _) = open(&beside)?;
    let mut seq = 1;
    while seq <= last {
        let entries = journal.read_from(seq, 4 << 20)?;
        // The index is compared at its own position.
        let within: Vec<_> = entries.iter().filter(|entry| entry.seq <= applied).cloned().collect();
        rebuilt.apply(&journal, &within)?;
        seq = entries.last().map_or(last, |entry| entry.seq) + 1;
        progress(seq - 1, last);
    }
    let differing = differing(&index, &rebuilt)?;
    drop(rebuilt);
    remove(&beside)?;
    drop(lock);
    Ok(Verdict { segments: journal.segments().len() as u64, entries: last, bytes: journal.bytes(), applied, differing })
}

fn remove(folder: &Path) -> Result<(), StoreError> {
    std::fs::remove_dir_all(folder).map_err(StoreError::io("remove", folder))
}

/// Walks both in the order of their keys. What is counted of terms follows the index by a while, and has an audit of its own.
fn differing(one: &Index, other: &Index) -> Result<u64, StoreError> {
    let (one, other) = (one.rows()?, other.rows()?);
    let decided = |row: &Result<_, _>| row.as_ref().map_or(true, |(key, _): &(sled::IVec, _)| !terms::is_settled(key));
    let mut rows = one.scan_prefix([]).filter(decided);
    let mut others = other.scan_prefix([]).filter(decided);
    let mut differing = 0;
    let (mut left, mut right) = (rows.next().transpose()?, others.next().transpose()?);
    loop {
        match (&left, &right) {
            (None, None) => return Ok(differing),
            (Some(a), Some(b)) if a.0 == b.0 => {
                differing += u64::from(a.1 != b.1);
                (left, right) = (rows.next().transpose()?, others.next().transpose()?);
            }
            (Some(a), b) if b.as_ref().is_none_or(|b| a.0 < b.0) => {
                differing += 1;
                left = rows.next().transpose()?;
            }
            _ => {
                differing += 1;
                right = others.next().transpose()?;
            }
        }
    }
}
