//! Opening a journal: what a crash left is told apart from damage.
//!
//! A tail that nobody was promised is cut off. A hole below what a later frame says was synced is damage, and opening
//! refuses: nothing that was acknowledged is given up silently.

use std::{
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, RwLock, atomic::AtomicU64},
};

use super::{
    Appender, Journal, rewrite,
    segment::{self, Scan, Segment},
};
use crate::error::StoreError;

/// Opens the folder's journal, or starts one.
pub(crate) fn open(folder: &Path, segment_bytes: u64) -> Result<(Arc<Journal>, Appender), StoreError> {
    std::fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    if let Some(parent) = folder.parent() {
        let synced = std::fs::File::open(parent).and_then(|parent| parent.sync_all());
        synced.map_err(StoreError::io("sync", parent))?;
    }
    rewrite::clear(folder)?;
    let paths = list(folder)?;
    let mut segments: Vec<Arc<Segment>> = Vec::new();
    let mut paths = paths.iter().peekable();
    let (mut bytes, mut counted) = (0, 0);
    while let Some(path) = paths.next() {
        let segment = match Segment::open(path) {
            Err(StoreError::Damaged { .. }) if paths.peek().is_none() && segment::is_blank(path) => {
                tracing::warn!(segment = %path.display(), "a segment that was only just begun is removed");
                std::fs::remove_file(path).map_err(StoreError::io("remove", path))?;
                // The one before it is the last again, and is counted as that.
                bytes = counted;
                break;
            }
            other => other?,
        };
        if let Some(next) = paths.peek() {
            counted = bytes;
            bytes += finished(&segment, next)? - segment::HEADER;
        }
        segments.push(Arc::new(segment));
    }
    let tail = match segments.last() {
        Some(last) => {
            let scan = recover(last)?;
            last.set_offsets(scan.offsets);
            bytes += scan.end - segment::HEADER;
            scan.end
        }
        None => {
            segments.push(Arc::new(Segment::create(folder, 1, 1, segment_bytes)?));
            segment::HEADER
        }
    };
    appender(folder, segments, tail, bytes, segment_bytes)
}

fn appender(
    folder: &Path,
    segments: Vec<Arc<Segment>>,
    end: u64,
    bytes: u64,
    segment_bytes: u64,
) -> Result<(Arc<Journal>, Appender), StoreError> {
    let Some(last) = segments.last().cloned() else {
        return Err(StoreError::Io {
            operation: "open",
            path: folder.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        });
    };
    let next = last.first + last.count();
    let epoch = last.epoch;
    let journal = Arc::new(Journal {
        folder: folder.to_owned(),
        segments: RwLock::new(segments),
        synced: AtomicU64::new(next - 1),
        bytes: AtomicU64::new(bytes),
    });
    let appender = Appender {
        journal: Arc::clone(&journal),
        segment: last,
        epoch,
        end,
        next,
        segment_bytes,
        // The space after the end is allocated anew with the first write.
        littered: true,
        poisoned: Arc::default(),
        buffer: Vec::new(),
    };
    Ok((journal, appender))
}

/// The segments of a folder in order, checked to be named and numbered in sequence later on.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(StoreError::io("read", folder))? {
        let path = entry.map_err(StoreError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "qj") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Loads the offsets of a segment that has a successor, and checks that nothing is missing between them.
fn finished(segment: &Segment, next: &Path) -> Result<u64, StoreError> {
    let after = next.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
    let count = after.and_then(|after| after.checked_sub(segment.first)).ok_or_else(|| StoreError::Damaged {
        path: next.to_owned(),
        offset: 0,
        reason: "its name is no sequence number after the segment before it".into(),
    })?;
    if !segment.load_offsets(count) {
        let scan = segment.scan()?;
        if scan.offsets.len() as u64 != count {
            return Err(hole(segment, &scan, segment.first + count - 1));
        }
        segment.set_offsets(scan.offsets);
        segment.save_offsets();
    }
    Ok(std::fs::metadata(&segment.path).map_err(StoreError::io("read", &segment.path))?.len())
}

/// Reads the last segment through, cuts off a torn tail, and makes durable again what may only be in the page cache.
fn recover(segment: &Segment) -> Result<Scan, StoreError> {
    let mut scan = segment.scan()?;
    // Of what was written as one, a part is no more than a torn tail.
    scan.torn |= scan.whole.1 < scan.end;
    scan.offsets.truncate(scan.whole.0);
    scan.end = scan.whole.1;
    let last = segment.first + scan.offsets.len() as u64 - 1;
    if scan.synced > last {
        return Err(hole(segment, &scan, scan.synced));
    }
    let failed = StoreError::io("recover", &segment.path);
    let mend = || -> std::io::Result<()> {
        // After a failed sync the kernel holds pages for clean that never reached the disk. Writing them again makes the
        // next sync mean what it says.
        let place = usize::try_from((scan.synced + 1).saturating_sub(segment.first)).unwrap_or(usize::MAX);
        if let Some(start) = scan.offsets.get(place).copied().map(u64::from) {
            let mut bytes = vec![0u8; usize::try_from(scan.end - start).unwrap_or(0)];
            segment.file.read_exact_at(&mut bytes, start)?;
            segment.file.write_all_at(&bytes, start)?;
        }
        if scan.torn {
            tracing::warn!(segment = %segment.path.display(), end = scan.end, "a torn tail is cut off; it was not acknowledged");
        }
        segment.file.set_len(scan.end)?;
        segment.file.sync_all()
    };
    mend().map_err(failed)?;
    Ok(scan)
}

fn hole(segment: &Segment, scan: &Scan, promised: u64) -> StoreError {
    StoreError::Damaged {
        path: segment.path.clone(),
        offset: scan.end,
        reason: format!(
            "entries up to {promised} were synced, but {} cannot be read",
            segment.first + scan.offsets.len() as u64
        ),
    }
}
