//! What bytes come to that lie where a journal should: for the fuzzer, and for tests that run the same functions.

use std::path::Path;

use crate::{
    StoreError,
    entry::Fact,
    journal::{
        self, frame,
        segment::{HEADER, Segment},
    },
};

/// Takes bytes for the only segment of a journal in a folder, opens it and reads every entry; how many there were.
///
/// # Errors
/// Where a journal with such a segment is not opened, or an entry of it cannot be read.
pub fn segment(folder: &Path, bytes: &[u8]) -> Result<u64, StoreError> {
    let path = folder.join(Segment::name(1));
    for left in std::fs::read_dir(folder).map_err(StoreError::io("read", folder))?.flatten() {
        let _ = std::fs::remove_file(left.path());
    }
    std::fs::write(&path, bytes).map_err(StoreError::io("write", &path))?;
    let (journal, _appender) = journal::open(folder, HEADER)?;
    let (mut seq, last) = (1, journal.last());
    while seq <= last {
        let entries = journal.read_from(seq, 1 << 20)?;
        seq = entries.last().map_or(last, |entry| entry.seq) + 1;
    }
    Ok(last)
}

/// Takes bytes for what a frame with a right checksum holds: type, flags, length of the fact, fact and body. Whether it is an entry
/// that this program reads; what it reads it writes again.
#[must_use]
pub fn entry(bytes: &[u8]) -> bool {
    let Some(([code, flags, length], rest)) = bytes.split_first_chunk::<3>() else { return false };
    let (fact, body) = rest.split_at(usize::from(*length).min(rest.len()));
    let mut written = Vec::new();
    frame::write(&mut written, *code, u16::from(*flags), 1, 0, fact, body);
    let Some(read) = frame::read(&written) else { return false };
    if read.newer().is_some() || read.fact != fact || read.body != body {
        return false;
    }
    let plain = if u16::from(*flags) & frame::PACKED_FACT == 0 { Some(fact.to_vec()) } else { journal::unpack(fact) };
    let _ = (journal::unpack(body), crate::entry::numbers(body));
    let decoded = plain.and_then(|plain| Fact::decode(*code, &plain).ok());
    decoded.is_some_and(|fact| fact.encode().is_ok_and(|again| Fact::decode(*code, &again).is_ok_and(|it| it == fact)))
}
