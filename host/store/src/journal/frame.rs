//! The frame of one entry on disk.
//!
//! ```text
//! offset  0  magic      4  "QJE1"
//!         4  type       1  the fact's code
//!         5  version    1  of the fact's encoding
//!         6  flags      2  bit 0: the body was erased, a tombstone (CBOR) is in its place; bit 1: the entry counts only with the next one;
//!                          bit 2: the fact is packed; bit 3: the body is packed
//!         8  sequence   8  of the entry
//!        16  unsynced   4  entries before this one that were not known to be synced when this was written
//!        20  fact       4  bytes of fact
//!        24  body       4  bytes of body
//!        28  crc        4  CRC-32 of bytes 4 to 28 and of fact and body
//!        32  fact, body, zeros up to a multiple of 8
//! ```
//! Numbers are little-endian. What is packed is an LZ4 block after the number of bytes it unpacks to (4). `unsynced` tells
//! a torn tail, which nobody was promised, from damage to what was promised: no frame may be missing below a later one that
//! knew it to be synced. An unknown flag or version is refused: it may mean that what follows is to be read otherwise.

/// Bytes before the fact.
pub(crate) const HEADER: usize = 32;
/// Version of the facts' encoding that is written.
pub(crate) const VERSION: u8 = 1;
/// Largest fact or body, in bytes: 64 MiB.
pub(crate) const LIMIT: usize = 64 << 20;
/// First bytes of a frame.
pub(crate) const MAGIC: [u8; 4] = *b"QJE1";
/// Flag: the body is a tombstone.
pub(crate) const ERASED: u16 = 1;
/// Flag: what was committed with this entry goes on with the next one. A tail that ends here was torn.
pub(crate) const MORE: u16 = 2;
/// Flag: the fact is packed.
pub(crate) const PACKED_FACT: u16 = 4;
/// Flag: the body is packed.
pub(crate) const PACKED_BODY: u16 = 8;
const KNOWN: u16 = ERASED | MORE | PACKED_FACT | PACKED_BODY;

/// A frame as read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) code: u8,
    pub(crate) version: u8,
    pub(crate) flags: u16,
    pub(crate) seq: u64,
    /// Last entry known to be synced when this was written.
    pub(crate) synced: u64,
    pub(crate) fact: &'a [u8],
    pub(crate) body: &'a [u8],
    /// Bytes up to the next frame.
    pub(crate) length: usize,
}

impl Frame<'_> {
    /// What this version cannot read about it, if anything.
    pub(crate) fn newer(&self) -> Option<String> {
        let unknown = self.flags & !KNOWN;
        if self.version != VERSION {
            return Some(format!("an entry of version {}, this program reads {VERSION}", self.version));
        }
        (unknown != 0).then(|| format!("an entry with unknown flags, {unknown:#06x}"))
    }

    /// Checksum of what an erasure leaves as it is: sequence, type and fact.
    pub(crate) fn mark(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&[self.code, self.version]);
        hasher.update(&self.seq.to_le_bytes());
        hasher.update(self.fact);
        hasher.finalize()
    }
}

/// Bytes that a frame takes.
pub(crate) const fn length(fact: usize, body: usize) -> usize {
    (HEADER + fact + body).next_multiple_of(8)
}

/// Appends a frame. The caller has checked the limits.
pub(crate) fn write(out: &mut Vec<u8>, code: u8, flags: u16, seq: u64, synced: u64, fact: &[u8], body: &[u8]) -> u32 {
    let mut head = [0u8; HEADER - 8];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = head.get_mut(at - 4..at - 4 + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(4, &[code, VERSION]);
    put(6, &flags.to_le_bytes());
    put(8, &seq.to_le_bytes());
    let unsynced = seq.saturating_sub(1).saturating_sub(synced);
    put(16, &u32::try_from(unsynced).unwrap_or(u32::MAX).to_le_bytes());
    put(20, &u32::try_from(fact.len()).unwrap_or(u32::MAX).to_le_bytes());
    put(24, &u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    let crc = crc(&head, fact, body);
    let end = out.len() + length(fact.len(), body.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&head);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(fact);
    out.extend_from_slice(body);
    out.resize(end, 0);
    crc
}

/// The frame at the start of the bytes, if a whole and undamaged one is there.
pub(crate) fn read(bytes: &[u8]) -> Option<Frame<'_>> {
    if bytes.get(..4)? != MAGIC {
        return None;
    }
    let head = bytes.get(4..HEADER - 4)?;
    let fact_length = number(bytes, 20)?;
    let body_length = number(bytes, 24)?;
    let fact = bytes.get(HEADER..HEADER.checked_add(fact_length)?)?;
    let body = bytes.get(HEADER + fact_length..(HEADER + fact_length).checked_add(body_length)?)?;
    let stored = u32::from_le_bytes(bytes.get(28..32)?.try_into().ok()?);
    if stored != crc(head, fact, body) {
        return None;
    }
    let seq = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    let unsynced = u32::from_le_bytes(bytes.get(16..20)?.try_into().ok()?);
    Some(Frame {
        code: *bytes.get(4)?,
        version: *bytes.get(5)?,
        flags: u16::from_le_bytes(bytes.get(6..8)?.try_into().ok()?),
        seq,
        synced: seq.saturating_sub(1).saturating_sub(u64::from(unsynced)),
        fact,
        body,
        length: length(fact_length, body_length),
    })
}

/// Bytes of the frame whose header these are, without checking its content.
pub(crate) fn announced(header: &[u8]) -> Option<usize> {
    (header.get(..4)? == MAGIC).then_some(())?;
    Some(length(number(header, 20)?, number(header, 24)?))
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
    (number <= LIMIT).then_some(number)
}

fn crc(head: &[u8], fact: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(fact);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_frame_comes_back_and_any_flipped_bit_of_it_is_noticed(
            fact in proptest::collection::vec(any::<u8>(), 0..80),
            body in proptest::collection::vec(any::<u8>(), 0..80),
            synced in 0..u64::from(u32::MAX),
            unsynced: u32,
            bit in 0usize..1024,
        ) {
            let mut bytes = Vec::new();
            let seq = synced + u64::from(unsynced) + 1;
            write(&mut bytes, 1, MORE, seq, synced, &fact, &body);
            let frame = read(&bytes).unwrap();
            prop_assert_eq!((frame.seq, frame.synced, frame.fact, frame.body), (seq, synced, &fact[..], &body[..]));
            prop_assert_eq!(frame.newer(), None);
            prop_assert_eq!((frame.length, frame.flags), (bytes.len(), MORE));
            let used = HEADER + fact.len() + body.len();
            let bit = bit % (used * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(read(&bytes).is_none());
        }

        #[test]
        fn foreign_bytes_are_no_frame_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut marked = MAGIC.to_vec();
            marked.extend_from_slice(&bytes);
            let _ = read(&bytes);
            prop_assert!(read(&marked).is_none());
        }
    }
}
