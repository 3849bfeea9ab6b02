//! Keys of the index: a table byte, then parts in an order that lists what belongs together. Texts are preceded by their
//! length, so that no text can run into the next part.
//!
//! | table | key | value |
//! |---|---|---|
//! | `M` | – | applied position and its frame's checksum |
//! | `U` | digest of provider and record | entry that received the record |
//! | `B` | sender, idempotency key | entry of the submission |
//! | `L` | provider, record | what became of the record, and the entry that says so |
//! | `X` | provider, state, record | for the states that are rare |
//! | `R` | provider, request | [`RequestRow`](super::row::RequestRow) |
//! | `Q` | request | its provider and its native id |
//! | `E` | request, event | [`EventMark`](qadam_domain::EventMark) |
//! | `K` | request, event key's digest | the latest event that has the key |
//! | `S` | request, status' digest | the key's digest of the first event with the status |
//! | `I` | identification number, request | – |
//! | `C` | provider | [`Tally`](super::tally::Tally) |
//! | `P` | provider | last record that was decided in order: those after it are pending |
//! | `A` | provider | entry of its adapter |
//! | `D` | destination | [`DestinationRow`](super::row::DestinationRow) |
//! | `O` | destination, provider | [`LaneRow`](super::row::LaneRow) |
//! | `F` | entry of a message | [`MessageRow`](super::row::MessageRow) |
//! | `G` | destination, provider, last event of a message | [`LaneMessageRow`](super::row::LaneMessageRow) |
//! | `T` | entry of a message that is not stamped | – |
//! | `H` | record | [`CheckedRow`](super::row::CheckedRow) |
//! | `l` | destination, provider | [`LaneQueueRow`](super::queue_row::LaneQueueRow) |
//! | `z` | entry of an item that is not settled | [`QueueRow`](super::queue_row::QueueRow) |
//! | `q` | destination, provider, item | an item that may be sent |
//! | `k` | destination, provider, request, item | an item set aside until the request is released |
//! | `h` | destination, provider, request | how many dead letters hold the request's later events |
//! | `d` | destination, provider, item, place | [`DeadRow`](super::queue_row::DeadRow) |
//! | `a` | item, entry of an attempt's beginning or end | – |
//! | `e` | entry that orders an erasure which is not done | – |
//! | `J` | subject, or nothing for all; entry of an act | – |
//! | `w` | provider, entry | – : a step of an adapter's package |
//! | `c` `m` `o` `p` `r` `s` `t` `u` | terms and what is counted of them | see [`terms`](super::terms) |
//!
//! Where a request is named alone it is by its first event, which never changes. sled keeps keys of up to 22 bytes without
//! an allocation of their own: those of which every record adds some are shorter.

use qadam_domain::{DestinationId, EventRef, ProviderId};

use crate::digest::{Mark, short};

/// A key under construction.
#[derive(Clone, Debug)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn table(table: u8) -> Self {
        let mut key = Vec::with_capacity(32);
        key.push(table);
        Self(key)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(text.as_bytes().get(..length as usize).unwrap_or_default());
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// An event or a request, in few bytes that sort as events do: for each number the count of its bytes, then those.
    pub(crate) fn event(mut self, at: EventRef) -> Self {
        for number in [at.seq, u64::from(at.index)] {
            let bytes = number.to_be_bytes();
            let used = bytes.len() - number.leading_zeros() as usize / 8;
            self.0.push(used as u8);
            self.0.extend_from_slice(bytes.get(bytes.len() - used..).unwrap_or_default());
        }
        self
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

pub(crate) fn applied() -> Vec<u8> {
    vec![b'M']
}

pub(crate) fn digest(provider: &ProviderId, digest: &[u8; 32]) -> Vec<u8> {
    let mut scoped = Vec::with_capacity(80);
    scoped.extend_from_slice(digest);
    scoped.extend_from_slice(provider.as_str().as_bytes());
    Key::table(b'U').bytes(&short(&scoped)).done()
}

pub(crate) fn submission(sender: &str, key: &str) -> Vec<u8> {
    Key::table(b'B').text(sender).text(key).done()
}

pub(crate) fn record(provider: &ProviderId, seq: u64) -> Vec<u8> {
    Key::table(b'L').text(provider.as_str()).number(seq).done()
}

pub(crate) fn rare(provider: &ProviderId, state: u8, seq: u64) -> Vec<u8> {
    Key::table(b'X').text(provider.as_str()).bytes(&[state]).number(seq).done()
}

pub(crate) fn rare_prefix(provider: &ProviderId, state: u8) -> Vec<u8> {
    Key::table(b'X').text(provider.as_str()).bytes(&[state]).done()
}

pub(crate) fn requests(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'R').text(provider.as_str()).done()
}

pub(crate) fn numbers(number: &str) -> Vec<u8> {
    Key::table(b'I').text(number).done()
}

pub(crate) fn request(provider: &str, request: &str) -> Vec<u8> {
    Key::table(b'R').text(provider).text(request).done()
}

pub(crate) fn first_event(request: EventRef) -> Vec<u8> {
    Key::table(b'Q').event(request).done()
}

pub(crate) fn events(request: EventRef) -> Vec<u8> {
    Key::table(b'E').event(request).done()
}

pub(crate) fn event(request: EventRef, at: EventRef) -> Vec<u8> {
    Key::table(b'E').event(request).event(at).done()
}

pub(crate) fn event_key(request: EventRef, key: &Mark) -> Vec<u8> {
    Key::table(b'K').event(request).bytes(key).done()
}

pub(crate) fn status(request: EventRef, status: &Mark) -> Vec<u8> {
    Key::table(b'S').event(request).bytes(status).done()
}

pub(crate) fn number(number: &str, request: EventRef) -> Vec<u8> {
    Key::table(b'I').text(number).event(request).done()
}

pub(crate) fn tally(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'C').text(provider.as_str()).done()
}

pub(crate) fn cursor(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'P').text(provider.as_str()).done()
}

pub(crate) fn adapter(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'A').text(provider.as_str()).done()
}

pub(crate) fn destination(destination: &DestinationId) -> Vec<u8> {
    Key::table(b'D').text(destination.as_str()).done()
}

pub(crate) fn lane(destination: &DestinationId, provider: &ProviderId) -> Vec<u8> {
    Key::table(b'O').text(destination.as_str()).text(provider.as_str()).done()
}

pub(crate) fn message(seq: u64) -> Vec<u8> {
    Key::table(b'F').number(seq).done()
}

pub(crate) fn lane_messages(destination: &DestinationId, provider: &ProviderId) -> Vec<u8> {
    Key::table(b'G').text(destination.as_str()).text(provider.as_str()).done()
}

pub(crate) fn lane_message(destination: &DestinationId, provider: &ProviderId, last: EventRef) -> Vec<u8> {
    Key::table(b'G').text(destination.as_str()).text(provider.as_str()).event(last).done()
}

pub(crate) fn unstamped(seq: u64) -> Vec<u8> {
    Key::table(b'T').number(seq).done()
}

fn in_lane(table: u8, destination: &DestinationId, provider: &ProviderId) -> Key {
    Key::table(table).text(destination.as_str()).text(provider.as_str())
}

pub(crate) fn lane_queue(destination: &DestinationId, provider: &ProviderId) -> Vec<u8> {
    in_lane(b'l', destination, provider).done()
}

pub(crate) fn lane_queues(destination: &DestinationId) -> Vec<u8> {
    Key::table(b'l').text(destination.as_str()).done()
}

pub(crate) fn item(item: u64) -> Vec<u8> {
    Key::table(b'z').number(item).done()
}

pub(crate) fn queue(destination: &DestinationId, provider: &ProviderId) -> Vec<u8> {
    in_lane(b'q', destination, provider).done()
}

pub(crate) fn queued(destination: &DestinationId, provider: &ProviderId, item: u64) -> Vec<u8> {
    in_lane(b'q', destination, provider).number(item).done()
}

pub(crate) fn set_aside(destination: &DestinationId, provider: &ProviderId, request: &str) -> Vec<u8> {
    in_lane(b'k', destination, provider).text(request).done()
}

pub(crate) fn aside(destination: &DestinationId, provider: &ProviderId, request: &str, item: u64) -> Vec<u8> {
    in_lane(b'k', destination, provider).text(request).number(item).done()
}

pub(crate) fn holding(destination: &DestinationId, provider: &ProviderId) -> Vec<u8> {
    in_lane(b'h', destination, provider).done()
}

pub(crate) fn held(destination: &DestinationId, provider: &ProviderId, request: &str) -> Vec<u8> {
    in_lane(b'h', destination, provider).text(request).done()
}

pub(crate) fn dead(destination: &DestinationId, provider: &ProviderId, item: u64, place: u16) -> Vec<u8> {
    in_lane(b'd', destination, provider).number(item).bytes(&place.to_be_bytes()).done()
}

pub(crate) fn attempts(item: u64) -> Vec<u8> {
    Key::table(b'a').number(item).done()
}

pub(crate) fn attempt(item: u64, entry: u64) -> Vec<u8> {
    Key::table(b'a').number(item).number(entry).done()
}

pub(crate) fn checked(record: u64) -> Vec<u8> {
    Key::table(b'H').number(record).done()
}

pub(crate) fn erasures() -> Vec<u8> {
    Key::table(b'e').done()
}

pub(crate) fn erasure(seq: u64) -> Vec<u8> {
    Key::table(b'e').number(seq).done()
}

/// Under what the audit stands among the acts; nothing that an act is about is called so.
pub(crate) const AUDIT: &str = "\u{1}audit";

/// Acts about something; all of them for the empty text.
pub(crate) fn act(about: &str, seq: u64) -> Vec<u8> {
    Key::table(b'J').text(about).number(seq).done()
}

/// A step of an adapter's package.
pub(crate) fn commission(provider: &ProviderId, seq: u64) -> Vec<u8> {
    Key::table(b'w').text(provider.as_str()).number(seq).done()
}

/// The texts that follow the table byte, and the rest.
pub(crate) fn split(key: &[u8]) -> (Vec<&str>, &[u8]) {
    fn text(rest: &[u8]) -> Option<(&str, &[u8])> {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length) as usize)?;
        Some((std::str::from_utf8(text).ok()?, rest))
    }
    let texts = match key.first() {
        Some(b'h' | b'k') => 3,
        Some(b'R' | b'B' | b'O' | b'G' | b'l' | b'q' | b'd') => 2,
        Some(b'L' | b'X' | b'A' | b'C' | b'I' | b'J' | b'D' | b'u' | b'w') => 1,
        _ => 0,
    };
    let mut rest = key.get(1..).unwrap_or_default();
    let mut parts = Vec::with_capacity(texts);
    for _ in 0..texts {
        let Some((part, after)) = text(rest) else { break };
        parts.push(part);
        rest = after;
    }
    (parts, rest)
}

/// The number at the end of a key.
pub(crate) fn last_number(key: &[u8]) -> u64 {
    key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The event at the start of some bytes, and the rest.
pub(crate) fn take_event(bytes: &[u8]) -> Option<(EventRef, &[u8])> {
    fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
        let (used, rest) = bytes.split_first()?;
        let (number, rest) = rest.split_at_checked(usize::from(*used))?;
        Some((number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), rest))
    }
    let (seq, rest) = number(bytes)?;
    let (index, rest) = number(rest)?;
    Some((EventRef { seq, index: u16::try_from(index).ok()? }, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn events_come_back_from_keys_and_sort_as_they_do(a: (u64, u16), b: (u64, u16), near in 0u64..600) {
            let (a, b, near) = (EventRef::from(a), EventRef::from(b), EventRef { seq: near, index: 3 });
            for (one, other) in [(a, b), (a, near), (near, EventRef { seq: 255, index: 0 })] {
                prop_assert_eq!(event(near, one).cmp(&event(near, other)), one.cmp(&other));
                let key = event(one, other);
                let (first, rest) = take_event(&key[1..]).unwrap();
                prop_assert_eq!((first, take_event(rest)), (one, Some((other, &[][..]))));
            }
        }

        #[test]
        fn foreign_bytes_are_no_event_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = take_event(&bytes);
        }
    }
}
