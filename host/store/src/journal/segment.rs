//! One file of the journal: a header, then frames with consecutive sequence numbers.
//!
//! ```text
//! offset  0  magic   8  "QADAMJRN"
//!         8  format  2  1
//!        10  zero    2
//!        12  epoch   4  of the store, raised on restore
//!        16  first   8  sequence number of the first entry
//!        24  crc     4  CRC-32 of bytes 0 to 24
//!        28  zeros up to 64
//! ```
//! The file is named by its first sequence number, `00000000000000000001.qj`. Beside a finished segment lies its table of
//! offsets, `….off`, which only saves reading the segment at start and is made anew when it is missing or wrong.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::RwLock,
};

use super::frame;
use crate::error::StoreError;

/// Bytes before the first frame.
pub(crate) const HEADER: u64 = 64;
/// Format of segments that this version writes and reads.
pub(crate) const FORMAT: u16 = 1;
const MAGIC: [u8; 8] = *b"QADAMJRN";
/// Bytes read at once where all are read.
const PIECE: usize = 4 << 20;

/// A segment that is open for reading, and, if it is the last, for appending.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) epoch: u32,
    pub(crate) first: u64,
    /// Offset of each entry, in order.
    offsets: RwLock<Vec<u32>>,
}

/// What reading a segment through found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Offset of each whole frame in sequence.
    pub(crate) offsets: Vec<u32>,
    /// Where the last of them ends.
    pub(crate) end: u64,
    /// How many of them are whole commits, and where those end.
    pub(crate) whole: (usize, u64),
    /// The highest `synced` that any frame names.
    pub(crate) synced: u64,
    /// Bytes after the end that are not zero: a torn tail.
    pub(crate) torn: bool,
}

impl Segment {
    pub(crate) fn name(first: u64) -> String {
        format!("{first:020}.qj")
    }

    /// A new file with its header, its space allocated where the file system can, synced with its folder.
    pub(crate) fn create(folder: &Path, epoch: u32, first: u64, bytes: u64) -> Result<Self, StoreError> {
        let path = folder.join(Self::name(first));
        let failed = |error: io::Error| format!("a new segment {}: {error}", path.display());
        let created = Self::prepare(&path, epoch, first, bytes)
            .map_err(|error| StoreError::NotWritten { reason: failed(error) })
            .and_then(|file| {
                // As with entries: a sync that failed is not tried again.
                let synced = file.sync_all().and_then(|()| File::open(folder)?.sync_all());
                synced.map(|()| file).map_err(|error| StoreError::Poisoned { reason: failed(error) })
            });
        match created {
            Ok(file) => Ok(Self { path, file, epoch, first, offsets: RwLock::default() }),
            Err(error) => {
                // Half a segment would be taken for damage at the next start.
                let _ = std::fs::remove_file(&path);
                Err(error)
            }
        }
    }

    fn prepare(path: &Path, epoch: u32, first: u64, bytes: u64) -> io::Result<File> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        allocate(&file, bytes)?;
        file.write_all_at(&Self::header(epoch, first), 0)?;
        Ok(file)
    }

    /// What a file starts with.
    pub(super) fn header(epoch: u32, first: u64) -> [u8; HEADER as usize] {
        let mut header = [0u8; HEADER as usize];
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(place) = header.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        };
        put(0, &MAGIC);
        put(8, &FORMAT.to_le_bytes());
        put(12, &epoch.to_le_bytes());
        put(16, &first.to_le_bytes());
        let crc = crc32fast::hash(header.get(..24).unwrap_or_default());
        if let Some(place) = header.get_mut(24..28) {
            place.copy_from_slice(&crc.to_le_bytes());
        }
        header
    }

    /// Opens a file and checks its header. The offsets are not read yet.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(StoreError::io("open", path))?;
        Self::over(path, file)
    }

    /// The same for a file that is open already.
    pub(crate) fn over(path: &Path, file: File) -> Result<Self, StoreError> {
        let mut header = [0u8; HEADER as usize];
        let damaged =
            |reason: &str| StoreError::Damaged { path: path.to_owned(), offset: 0, reason: reason.to_owned() };
        file.read_exact_at(&mut header, 0).map_err(|_| damaged("the header is cut off"))?;
        let (magic, rest) = header.split_at(8);
        let word = |at: usize| rest.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
        if magic != MAGIC {
            return Err(damaged("this is no segment of a journal"));
        }
        let crc = crc32fast::hash(header.get(..24).unwrap_or_default());
        if word(16) != crc {
            return Err(damaged("the header's checksum is wrong"));
        }
        let format = (word(0) & 0xffff) as u16;
        if format != FORMAT {
            return Err(StoreError::Format { path: path.to_owned(), actual: format, supported: FORMAT });
        }
        let first = u64::from(word(8)) | u64::from(word(12)) << 32;
        Ok(Self { path: path.to_owned(), file, epoch: word(4), first, offsets: RwLock::default() })
    }

    /// Reads all frames, checking each.
    pub(crate) fn scan(&self) -> Result<Scan, StoreError> {
        let failed = |error| StoreError::io("read", &self.path)(error);
        let mut window = Window::over(&self.file).map_err(failed)?;
        let mut scan = Scan { end: HEADER, whole: (0, HEADER), ..Scan::default() };
        while let Some(frame) = window.frame(scan.end).map_err(failed)? {
            if frame.seq != self.first + scan.offsets.len() as u64 {
                break;
            }
            if let Some(what) = frame.newer() {
                return Err(StoreError::Newer { path: self.path.clone(), offset: scan.end, what });
            }
            scan.offsets.push(u32::try_from(scan.end).unwrap_or(u32::MAX));
            scan.synced = scan.synced.max(frame.synced);
            scan.end += frame.length as u64;
            if frame.flags & frame::MORE == 0 {
                scan.whole = (scan.offsets.len(), scan.end);
            }
        }
        // Frames beyond the tear name what was synced before them; they start at multiples of 8.
        let mut at = scan.end;
        while at < window.length {
            let piece = window.from(at, PIECE).map_err(failed)?;
            let piece = piece.get(..PIECE).unwrap_or(piece);
            let next = at + piece.len() as u64;
            let mut marked = Vec::new();
            if piece.iter().any(|byte| *byte != 0) {
                scan.torn = true;
                let frames =
                    (at..).step_by(8).zip(piece.chunks(8)).filter(|(_, chunk)| chunk.starts_with(&frame::MAGIC));
                marked.extend(frames.map(|(place, _)| place));
            }
            for place in marked {
                if let Some(frame) = window.frame(place).map_err(failed)? {
                    scan.synced = scan.synced.max(frame.synced);
                }
            }
            at = next;
        }
        Ok(scan)
    }

    pub(crate) fn set_offsets(&self, offsets: Vec<u32>) {
        *write(&self.offsets) = offsets;
    }

    pub(crate) fn add_offsets(&self, more: &[u32]) {
        write(&self.offsets).extend_from_slice(more);
    }

    /// How many entries it holds.
    pub(crate) fn count(&self) -> u64 {
        read(&self.offsets).len() as u64
    }

    /// Bytes of it; where it is not finished, and has space for more, about.
    pub(crate) fn bytes(&self, finished: bool) -> u64 {
        let length = if finished { self.file.metadata().ok().map(|metadata| metadata.len()) } else { None };
        length.unwrap_or_else(|| read(&self.offsets).last().map_or(HEADER, |offset| u64::from(*offset)))
    }

    pub(crate) fn offset(&self, seq: u64) -> Option<u32> {
        let place = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        read(&self.offsets).get(place).copied()
    }

    /// The bytes of the entries from `seq` on: whole frames, at most about `limit` bytes, at least one.
    pub(crate) fn read(&self, seq: u64, limit: usize) -> Result<Vec<u8>, StoreError> {
        let wrong = |reason: &str, at: u32| StoreError::Damaged {
            path: self.path.clone(),
            offset: u64::from(at),
            reason: reason.to_owned(),
        };
        let (start, end) = {
            let offsets = read(&self.offsets);
            let place = usize::try_from(seq.saturating_sub(self.first)).unwrap_or(usize::MAX);
            let Some(start) = offsets.get(place).copied() else {
                return Err(StoreError::NoEntry { seq, wanted: "entry" });
            };
            let later = offsets.get(place + 1..).unwrap_or_default();
            let cut = later.partition_point(|offset| (*offset - start) as usize <= limit);
            (start, later.get(cut.max(1) - 1).copied())
        };
        let length = match end {
            Some(end) => (end - start) as usize,
            None => {
                let mut header = [0u8; frame::HEADER];
                self.file.read_exact_at(&mut header, u64::from(start)).map_err(StoreError::io("read", &self.path))?;
                frame::announced(&header).ok_or_else(|| wrong("no frame where one was written", start))?
            }
        };
        let mut bytes = vec![0u8; length];
        self.file.read_exact_at(&mut bytes, u64::from(start)).map_err(StoreError::io("read", &self.path))?;
        Ok(bytes)
    }

    pub(super) fn table(&self) -> PathBuf {
        self.path.with_extension("off")
    }

    /// Writes the table of offsets. A failure costs the next start some time, nothing else.
    pub(crate) fn save_offsets(&self) {
        let mut bytes: Vec<u8> = read(&self.offsets).iter().flat_map(|offset| offset.to_le_bytes()).collect();
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        if let Err(error) = std::fs::write(self.table(), bytes) {
            tracing::warn!(%error, segment = %self.path.display(), "the table of offsets was not written");
        }
    }

    /// Reads the table of offsets; whether it was there and right, for so many entries.
    pub(crate) fn load_offsets(&self, count: u64) -> bool {
        let Ok(bytes) = std::fs::read(self.table()) else { return false };
        let Some((table, crc)) = bytes.split_last_chunk::<4>() else { return false };
        if crc32fast::hash(table) != u32::from_le_bytes(*crc) || table.len() as u64 != count * 4 {
            return false;
        }
        self.set_offsets(table.chunks_exact(4).filter_map(|c| c.try_into().ok()).map(u32::from_le_bytes).collect());
        true
    }
}

/// Whether a file whose header is not whole holds no entry either: it was begun, and the machine stopped.
pub(crate) fn is_blank(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return true };
    let frame = Window::over(&file).and_then(|mut window| Ok(window.frame(HEADER)?.is_some()));
    !frame.unwrap_or(false)
}

/// A file read through in pieces: most of a segment may be space that nothing was written to.
struct Window<'a> {
    file: &'a File,
    /// Of the file.
    length: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a> Window<'a> {
    fn over(file: &'a File) -> io::Result<Self> {
        Ok(Self { file, length: file.metadata()?.len(), start: 0, bytes: Vec::new() })
    }

    /// The bytes from a place on: so many at least, unless the file ends before.
    fn from(&mut self, at: u64, least: usize) -> io::Result<&[u8]> {
        let end = at.saturating_add(least as u64).min(self.length);
        if at < self.start || end > self.start + self.bytes.len() as u64 {
            let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
            self.start = at;
            self.bytes.resize(least.max(PIECE).min(left), 0);
            self.file.read_exact_at(&mut self.bytes, at)?;
        }
        let skipped = usize::try_from(at - self.start).unwrap_or(usize::MAX);
        Ok(self.bytes.get(skipped..).unwrap_or_default())
    }

    /// The frame at a place, if a whole and undamaged one is there.
    fn frame(&mut self, at: u64) -> io::Result<Option<frame::Frame<'_>>> {
        let Some(length) = frame::announced(self.from(at, frame::HEADER)?) else { return Ok(None) };
        Ok(frame::read(self.from(at, length)?))
    }
}

/// Allocates space without changing what is read. Not every file system can; writing allocates then.
pub(crate) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::{fs::FallocateFlags, io::Errno};
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn read(lock: &RwLock<Vec<u32>>) -> std::sync::RwLockReadGuard<'_, Vec<u32>> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write(lock: &RwLock<Vec<u32>>) -> std::sync::RwLockWriteGuard<'_, Vec<u32>> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_a_later_version_is_named_and_neither_read_nor_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let segment = Segment::create(folder.path(), 1, 1, 1 << 16).unwrap();
        let mut bytes = Vec::new();
        frame::write(&mut bytes, 1, 0, 1, 0, b"fact", b"body");
        let offset = HEADER + bytes.len() as u64;
        frame::write(&mut bytes, 1, 1 << 4, 2, 0, b"fact", b"body");
        segment.file.write_all_at(&bytes, HEADER).unwrap();
        let error = segment.scan().unwrap_err();
        assert!(matches!(&error, StoreError::Newer { offset: at, .. } if *at == offset), "{error}");
        assert!(error.to_string().contains("unknown flags, 0x0010"), "{error}");
    }
}
