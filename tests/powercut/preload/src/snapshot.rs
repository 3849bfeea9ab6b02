//! What one sync covers: the bytes as they were when it began, and the file's length.

use crate::sys::open_file;
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

const PAGE: u64 = 4096;

/// The changes between two syncs of a file.
pub(crate) struct Snapshot {
    /// The shortest the file has been since the sync before; what the shadow holds beyond it is gone.
    low: u64,
    size: u64,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl Snapshot {
    /// Reads the dirty ranges of a file. The caller's lock keeps writers out.
    pub(crate) fn take(live: &Path, low: u64, size: u64, ranges: Vec<(u64, u64)>) -> io::Result<Self> {
        let mut pieces = Vec::with_capacity(ranges.len());
        if !ranges.is_empty() {
            // The program's own descriptor may be write-only.
            let live = open_file(live)?;
            for (start, end) in ranges {
                pieces.push((start, read_up_to(&live, start, end.min(size))?));
            }
        }
        Ok(Self { low: low.min(size), size, pieces })
    }

    /// Makes the durable contents what they were when the sync began. With `half`, stops after half of the bytes, on a
    /// page, as a power cut in the middle of a sync would: every byte touched is one that the program had rewritten.
    pub(crate) fn apply(&self, durable: &Path, half: bool) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(durable)?;
        if file.metadata()?.len() > self.low {
            file.set_len(self.low)?;
        }
        let total: u64 = self.pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let mut budget = if half { total / 2 / PAGE * PAGE } else { total };
        for (start, bytes) in &self.pieces {
            let part = bytes.len().min(usize::try_from(budget).unwrap_or(usize::MAX));
            file.write_all_at(bytes.get(..part).unwrap_or(bytes), *start)?;
            budget -= part as u64;
        }
        if half { Ok(()) } else { file.set_len(self.size) }
    }
}

/// Copies those pages of a write that `early` picks, ahead of any sync and out of order.
pub(crate) fn copy_pages(
    live: &Path,
    durable: &Path,
    (start, end): (u64, u64),
    early: impl Fn(u64) -> bool,
) -> io::Result<()> {
    let (live, durable) = (open_file(live)?, OpenOptions::new().write(true).open(durable)?);
    for page in (start / PAGE..end.div_ceil(PAGE)).filter(|page| early(*page)) {
        durable.write_all_at(&read_up_to(&live, page * PAGE, (page + 1) * PAGE)?, page * PAGE)?;
    }
    Ok(())
}

/// Whether two files have the same bytes.
pub(crate) fn same(one: &Path, other: &Path) -> io::Result<bool> {
    const STEP: u64 = 1 << 20;
    let (one, other) = (open_file(one)?, open_file(other)?);
    let length = one.metadata()?.len();
    if other.metadata()?.len() != length {
        return Ok(false);
    }
    for start in (0..length).step_by(STEP as usize) {
        if read_up_to(&one, start, start + STEP)? != read_up_to(&other, start, start + STEP)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The bytes of a range, or as many as the file has.
fn read_up_to(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, start + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
