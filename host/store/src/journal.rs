//! The journal: the truth. Entries are appended in batches; a batch is written, synced, and only then acknowledged.
//!
//! One thread appends ([`Appender`]), any number read ([`Journal`]). What a reader can see was synced before.

pub(crate) mod frame;
mod open;
mod packed;
pub(crate) mod rewrite;
pub(crate) mod segment;

use std::{
    borrow::Cow,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
pub(crate) use open::open;
pub(crate) use packed::unpack;
use segment::Segment;

use crate::{
    entry::{Fact, Tombstone},
    error::StoreError,
};

/// The reading side, shared.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    segments: RwLock<Vec<Arc<Segment>>>,
    /// Sequence number of the last synced entry; 0 where there is none.
    synced: AtomicU64,
    /// Bytes of all frames.
    bytes: AtomicU64,
}

/// An entry as read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its sequence number, from 1.
    pub seq: u64,
    /// The epoch of the store that wrote it.
    pub epoch: u32,
    /// What it says.
    pub fact: Fact,
    /// Its body; none where it was erased or never had one.
    pub body: Option<Vec<u8>>,
    /// What is in the body's place where it was erased.
    pub(crate) erased: Option<Tombstone>,
    /// Bytes that the body takes.
    pub(crate) stored: usize,
    /// Checksum of what stays when the body is erased.
    pub(crate) mark: u32,
}

/// An entry to be appended, encoded by the caller so that the one appending thread has little to do.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) code: u8,
    pub(crate) fact: Vec<u8>,
    pub(crate) body: Bytes,
    /// Of the frame. Where [`frame::MORE`] is set, it counts only with the draft after it: what one caller asked for is
    /// kept whole or not at all.
    flags: u16,
}

impl Draft {
    /// Makes drafts one: after a crash all of them are there, or none.
    pub(crate) fn bind(drafts: &mut [Self]) {
        if let Some((_, before)) = drafts.split_last_mut() {
            before.iter_mut().for_each(|draft| draft.flags |= frame::MORE);
        }
    }

    pub(crate) fn new(fact: &Fact, body: Bytes) -> Result<Self, StoreError> {
        let code = fact.code();
        let mut fact = fact.encode()?;
        if fact.len() > frame::LIMIT || body.len() > frame::LIMIT {
            let actual = fact.len().max(body.len()) as u64;
            return Err(StoreError::Busy { what: "bytes of one entry", limit: frame::LIMIT as u64, actual });
        }
        let mut flags = 0;
        if let Some(packed) = packed::pack(&fact) {
            flags |= frame::PACKED_FACT;
            fact = packed;
        }
        let body = match packed::pack(&body) {
            Some(packed) => {
                flags |= frame::PACKED_BODY;
                packed.into()
            }
            None => body,
        };
        Ok(Self { code, fact, body, flags })
    }
}

impl Journal {
    /// Sequence number of the last entry.
    pub(crate) fn last(&self) -> u64 {
        self.synced.load(Ordering::Acquire)
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn segment(&self, seq: u64) -> Result<Arc<Segment>, StoreError> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.first <= seq);
        after
            .checked_sub(1)
            .and_then(|place| segments.get(place))
            .filter(|_| seq > 0 && seq <= self.last())
            .cloned()
            .ok_or(StoreError::NoEntry { seq, wanted: "entry" })
    }

    /// The epoch of the store that wrote an entry.
    pub(crate) fn epoch_of(&self, seq: u64) -> Option<u32> {
        self.segment(seq).ok().map(|segment| segment.epoch)
    }

    /// One entry.
    pub(crate) fn read(&self, seq: u64) -> Result<Entry, StoreError> {
        let segment = self.segment(seq)?;
        let bytes = segment.read(seq, 0)?;
        decode(&segment, seq, &bytes, true).map(|(entry, _)| entry)
    }

    /// What an entry says, without its body.
    pub(crate) fn fact(&self, seq: u64) -> Result<Fact, StoreError> {
        let segment = self.segment(seq)?;
        let bytes = segment.read(seq, 0)?;
        decode(&segment, seq, &bytes, false).map(|(entry, _)| entry.fact)
    }

    /// As [`Self::read_from`], without the bodies.
    pub(crate) fn facts_from(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries_from(seq, limit, false)
    }

    /// Consecutive entries from `seq` on: about `limit` bytes of them, at least one where there is one, never across the
    /// end of a segment.
    pub(crate) fn read_from(&self, seq: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.entries_from(seq, limit, true)
    }

    fn entries_from(&self, seq: u64, limit: usize, whole: bool) -> Result<Vec<Entry>, StoreError> {
        let last = self.last();
        if seq > last {
            return Ok(Vec::new());
        }
        let segment = self.segment(seq)?;
        let bytes = segment.read(seq, limit)?;
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        let mut seq = seq;
        while !rest.is_empty() && seq <= last {
            let (entry, length) = decode(&segment, seq, rest, whole)?;
            entries.push(entry);
            rest = rest.get(length..).unwrap_or_default();
            seq += 1;
        }
        Ok(entries)
    }
}

fn decode(segment: &Segment, seq: u64, bytes: &[u8], whole: bool) -> Result<(Entry, usize), StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: segment.path.clone(),
        offset: segment.offset(seq).map_or(0, u64::from),
        reason,
    };
    let frame = frame::read(bytes).ok_or_else(|| damaged(format!("entry {seq} fails its checksum")))?;
    if frame.seq != seq {
        return Err(damaged(format!("entry {} where {seq} was written", frame.seq)));
    }
    let unknown = || (!Fact::knows(frame.code)).then(|| format!("an entry of unknown type {}", frame.code));
    if let Some(what) = frame.newer().or_else(unknown) {
        let offset = segment.offset(seq).map_or(0, u64::from);
        return Err(StoreError::Newer { path: segment.path.clone(), offset, what });
    }
    let plain = |bytes, flag| match frame.flags & flag {
        0 => Ok(Cow::Borrowed(bytes)),
        _ => packed::unpack(bytes).map(Cow::Owned).ok_or_else(|| damaged(format!("entry {seq} cannot be unpacked"))),
    };
    let fact = Fact::decode(frame.code, &plain(frame.fact, frame::PACKED_FACT)?).map_err(damaged)?;
    let gone = frame.flags & frame::ERASED != 0;
    let erased = if gone { Some(Tombstone::decode(frame.body).map_err(damaged)?) } else { None };
    let body = match frame.body {
        body if whole && !gone && !body.is_empty() => Some(plain(body, frame::PACKED_BODY)?.into_owned()),
        _ => None,
    };
    let (stored, mark) = (frame.body.len(), frame.mark());
    Ok((Entry { seq, epoch: segment.epoch, fact, body, erased, stored, mark }, frame.length))
}

/// The one writer.
#[derive(Debug)]
pub(crate) struct Appender {
    journal: Arc<Journal>,
    segment: Arc<Segment>,
    epoch: u32,
    /// Where the next frame goes.
    end: u64,
    next: u64,
    segment_bytes: u64,
    /// A failed write may have left bytes after `end`, which the next start could take for entries.
    littered: bool,
    poisoned: Arc<Mutex<Option<String>>>,
    buffer: Vec<u8>,
}

impl Appender {
    /// Where the reason stands once a sync has failed.
    pub(crate) fn poisoned(&self) -> Arc<Mutex<Option<String>>> {
        Arc::clone(&self.poisoned)
    }

    /// Number that the next entry will have.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Writes and syncs the drafts, in order. When this returns, all of them are durable; if it fails, none counts.
    pub(crate) fn append(&mut self, drafts: &[Draft]) -> Result<(), StoreError> {
        if let Some(reason) = self.poisoned.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(StoreError::Poisoned { reason });
        }
        let wanted: usize = drafts.iter().map(|draft| frame::length(draft.fact.len(), draft.body.len())).sum();
        if self.end + wanted as u64 > self.segment_bytes && self.next > self.segment.first {
            self.rotate(wanted as u64).inspect_err(|error| self.poison(error))?;
        }
        self.buffer.clear();
        let mut offsets = Vec::with_capacity(drafts.len());
        let synced = self.next - 1;
        for (draft, seq) in drafts.iter().zip(self.next..) {
            offsets.push(u32::try_from(self.end as usize + self.buffer.len()).unwrap_or(u32::MAX));
            frame::write(&mut self.buffer, draft.code, draft.flags, seq, synced, &draft.fact, &draft.body);
        }
        self.write()?;
        self.sync().inspect_err(|error| self.poison(error))?;
        self.end += self.buffer.len() as u64;
        self.next += drafts.len() as u64;
        self.segment.add_offsets(&offsets);
        self.journal.bytes.fetch_add(self.buffer.len() as u64, Ordering::Relaxed);
        self.journal.synced.store(self.next - 1, Ordering::Release);
        Ok(())
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let not_written = |error: std::io::Error| StoreError::NotWritten { reason: error.to_string() };
        if self.littered {
            self.segment.file.set_len(self.end).map_err(not_written)?;
            segment::allocate(&self.segment.file, self.segment_bytes).map_err(not_written)?;
            self.littered = false;
        }
        self.segment.file.write_all_at(&self.buffer, self.end).map_err(|error| {
            self.littered = true;
            not_written(error)
        })
    }

    fn sync(&self) -> Result<(), StoreError> {
        let failed = |error| StoreError::Poisoned { reason: format!("{}: {error}", self.segment.path.display()) };
        self.segment.file.sync_data().map_err(failed)
    }

    /// Takes nothing more after a failed sync.
    fn poison(&self, error: &StoreError) {
        if let StoreError::Poisoned { reason } = error {
            *self.poisoned.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
        }
    }

    /// Finishes the segment, unless nothing is in it.
    pub(crate) fn roll(&mut self) -> Result<(), StoreError> {
        if let Some(reason) = self.poisoned.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(StoreError::Poisoned { reason });
        }
        if self.next == self.segment.first {
            return Ok(());
        }
        self.rotate(0).inspect_err(|error| self.poison(error))
    }

    /// Starts the next segment; the finished one gives back the space that it did not use.
    fn rotate(&mut self, wanted: u64) -> Result<(), StoreError> {
        let bytes = self.segment_bytes.max(segment::HEADER + wanted);
        let new = Arc::new(Segment::create(&self.journal.folder, self.epoch, self.next, bytes)?);
        let old = std::mem::replace(&mut self.segment, Arc::clone(&new));
        let end = std::mem::replace(&mut self.end, segment::HEADER);
        self.littered = false;
        if let Err(error) = old.file.set_len(end).and_then(|()| old.file.sync_all()) {
            tracing::warn!(%error, segment = %old.path.display(), "a finished segment keeps its unused space");
        }
        old.save_offsets();
        self.journal.segments.write().unwrap_or_else(PoisonError::into_inner).push(new);
        Ok(())
    }

    /// Gives the unused space of the last segment back, so that a clean stop leaves no more than was written.
    pub(crate) fn close(&mut self) {
        if self.poisoned.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            let _ = self.segment.file.set_len(self.end).and_then(|()| self.segment.file.sync_all());
        }
    }
}
