//! Rewriting a finished segment without the bodies that were erased: the rest is copied as it stands, frame by frame, into a
//! new file beside it, which is synced, read through, and renamed over the old one. Sequence numbers and facts stay as they
//! are, to the byte. A stop at any moment leaves the old segment or the new one; a file that is left over is removed at the
//! next start. Who reads the old segment meanwhile goes on reading it.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, atomic::Ordering},
};

use super::{
    Journal, frame, packed,
    segment::{self, Segment},
};
use crate::{entry::Tombstone, error::StoreError};

/// What the new file is called until it is whole.
const EXTENSION: &str = "rewriting";
/// Bytes copied at once.
const PIECE: usize = 4 << 20;
/// Bytes written before they are synced: one long sync would hold up those of the journal's end.
const SYNC: u64 = 16 << 20;

/// What has been done of a rewriting: after each of these may come an error, or the end of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A piece was copied.
    Copied,
    /// The new file is whole and synced.
    Synced,
    /// The old table of offsets is gone.
    Untabled,
    /// The new file has the segment's name.
    Renamed,
    /// That is synced.
    Done,
}

/// Told of each step; an error ends the rewriting there.
pub(crate) type Watch<'a> = dyn FnMut(Step) -> io::Result<()> + 'a;

/// A segment without its erased bodies, not in its place yet. Dropped, it is removed.
#[derive(Debug)]
pub(crate) struct Rewritten {
    new: Option<Segment>,
    temporary: PathBuf,
    before: u64,
    after: u64,
}

impl Journal {
    /// The segments that nothing is added to any more.
    pub(crate) fn finished(&self) -> Vec<Arc<Segment>> {
        let mut segments = self.segments();
        segments.pop();
        segments
    }

    /// Copies a finished segment without the bodies of some entries, each with the entry that ordered its erasure; those that
    /// have none stay as they are. None where nothing is to be erased.
    pub(crate) fn rewrite(
        &self,
        segment: &Segment,
        erased: &BTreeMap<u64, u64>,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Rewritten>, StoreError> {
        let temporary = segment.path.with_extension(EXTENSION);
        let not_written =
            |error: io::Error| StoreError::NotWritten { reason: format!("{}: {error}", temporary.display()) };
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&temporary);
        let file = file.map_err(not_written)?;
        let before = segment.file.metadata().map_err(StoreError::io("read", &segment.path))?.len();
        let mut rewritten = Rewritten { new: None, temporary: temporary.clone(), before, after: segment::HEADER };
        file.write_all_at(&Segment::header(segment.epoch, segment.first), 0).map_err(not_written)?;
        let end = segment.first + segment.count();
        let (mut offsets, mut seq, mut synced, mut gone) = (Vec::new(), segment.first, 0, 0u64);
        let mut out = Vec::new();
        while seq < end {
            let bytes = segment.read(seq, PIECE)?;
            let mut rest = bytes.as_slice();
            out.clear();
            while !rest.is_empty() && seq < end {
                let place = rewritten.after + out.len() as u64;
                offsets.push(u32::try_from(place).map_err(|_| not_written(io::ErrorKind::FileTooLarge.into()))?);
                let length = copy(segment, seq, rest, erased.get(&seq).copied(), &mut out, &mut gone)?;
                rest = rest.get(length..).unwrap_or_default();
                seq += 1;
            }
            file.write_all_at(&out, rewritten.after).map_err(not_written)?;
            rewritten.after += out.len() as u64;
            if rewritten.after - synced > SYNC {
                file.sync_data().map_err(not_written)?;
                synced = rewritten.after;
            }
            watch(Step::Copied).map_err(not_written)?;
        }
        if gone == 0 {
            return Ok(None);
        }
        file.sync_all().map_err(not_written)?;
        watch(Step::Synced).map_err(not_written)?;
        let mut new = Segment::over(&temporary, file)?;
        let scan = new.scan()?;
        if scan.offsets != offsets || scan.end != rewritten.after {
            return Err(not_written(io::Error::other("what was written does not read as it should")));
        }
        new.set_offsets(offsets);
        new.path.clone_from(&segment.path);
        rewritten.new = Some(new);
        Ok(Some(rewritten))
    }

    /// Puts a rewritten segment into its place, durably. Bytes that the journal takes less.
    pub(crate) fn replace(&self, mut rewritten: Rewritten, watch: &mut Watch<'_>) -> Result<i64, StoreError> {
        let Some(new) = rewritten.new.take() else { return Ok(0) };
        let (path, table) = (new.path.clone(), new.table());
        let failed = StoreError::io("replace", &path);
        let mut renamed = false;
        let mut place = || {
            // The old table tells of offsets that the new segment does not have; it must not come back with it.
            match std::fs::remove_file(&table) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed?,
            }
            self.sync_folder()?;
            watch(Step::Untabled)?;
            std::fs::rename(&rewritten.temporary, &path)?;
            renamed = true;
            watch(Step::Renamed)?;
            self.sync_folder()?;
            watch(Step::Done)
        };
        let placed = place();
        if renamed {
            // Also where it is not durable yet: either file is right after a stop, but they are read by one table of offsets.
            new.save_offsets();
            let new = Arc::new(new);
            let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(old) = segments.iter_mut().find(|segment| segment.first == new.first) {
                *old = new;
            }
            drop(segments);
            let (before, after) = (rewritten.before, rewritten.after);
            self.bytes.fetch_add(after, Ordering::Relaxed);
            self.bytes.fetch_sub(before, Ordering::Relaxed);
        }
        placed.map_err(failed)?;
        Ok(i64::try_from(rewritten.before).unwrap_or(i64::MAX) - i64::try_from(rewritten.after).unwrap_or(i64::MAX))
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

/// Appends a frame as it is, or with a tombstone for a body. Bytes of the old frame.
fn copy(
    segment: &Segment,
    seq: u64,
    bytes: &[u8],
    by: Option<u64>,
    out: &mut Vec<u8>,
    gone: &mut u64,
) -> Result<usize, StoreError> {
    let offset = segment.offset(seq).map_or(0, u64::from);
    let damaged = |reason: &str| StoreError::Damaged {
        path: segment.path.clone(),
        offset,
        reason: format!("entry {seq} {reason}"),
    };
    let frame = frame::read(bytes).filter(|frame| frame.seq == seq).ok_or_else(|| damaged("fails its checksum"))?;
    if let Some(what) = frame.newer() {
        return Err(StoreError::Newer { path: segment.path.clone(), offset, what });
    }
    match by.filter(|_| frame.flags & frame::ERASED == 0 && !frame.body.is_empty()) {
        Some(by) => {
            let unpacked;
            let body = if frame.flags & frame::PACKED_BODY == 0 {
                frame.body
            } else {
                unpacked = packed::unpack(frame.body).ok_or_else(|| damaged("cannot be unpacked"))?;
                &unpacked
            };
            let tombstone = Tombstone::of(body, by).encode()?;
            let flags = frame.flags & !frame::PACKED_BODY | frame::ERASED;
            frame::write(out, frame.code, flags, seq, frame.synced, frame.fact, &tombstone);
            *gone += 1;
        }
        None => out.extend_from_slice(bytes.get(..frame.length).ok_or_else(|| damaged("is cut off"))?),
    }
    Ok(frame.length)
}

impl Drop for Rewritten {
    fn drop(&mut self) {
        // Renamed, it is not there any more.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// Removes what a stop left of rewritings that had not come to their end.
pub(crate) fn clear(folder: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(folder).map_err(StoreError::io("read", folder))? {
        let path = entry.map_err(StoreError::io("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            tracing::info!(file = %path.display(), "what a stop left of the rewriting of a segment is removed");
            std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
    }
    Ok(())
}
