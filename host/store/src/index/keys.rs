//! Keys of the index: a table byte, then parts in an order that lists what belongs together. Texts are preceded by their
//! length, so that no text can run into the next part.
//!
//! | table | key | value |
//! |---|---|---|
//! | `M` | – | applied position and its frame's checksum |
//! | `U` | provider, digest | entry that received the record |
//! | `B` | sender, idempotency key | entry of the submission |
//! | `L` | provider, record | what became of the record, and the entry that says so |
//! | `X` | provider, state, record | for the states that are rare |
//! | `R` | provider, request | [`RequestState`](qadam_domain::RequestState) |
//! | `Q` | first event | provider and request |
//! | `E` | provider, request, event | [`EventMark`](qadam_domain::EventMark) |
//! | `K` | provider, request, event key's digest | which event has the key |
//! | `S` | provider, request, status' digest | the key's digest of the first event with the status |
//! | `I` | identification number, provider, request | – |
//! | `C` | provider, counter | number |
//! | `P` | provider | last record that was decided in order: those after it are pending |
//! | `A` | provider | entry of its adapter |
//! | `J` | subject, or nothing for all; entry of an act | – |

use qadam_domain::{EventRef, ProviderId};

/// A key under construction.
#[derive(Clone, Debug)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn table(table: u8) -> Self {
        Self(vec![table])
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

    pub(crate) fn event(self, at: EventRef) -> Self {
        self.number(at.seq).bytes(&at.index.to_be_bytes())
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

pub(crate) fn applied() -> Vec<u8> {
    vec![b'M']
}

pub(crate) fn digest(provider: &ProviderId, digest: &[u8; 32]) -> Vec<u8> {
    Key::table(b'U').text(provider.as_str()).bytes(digest).done()
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

pub(crate) fn first_event(at: EventRef) -> Vec<u8> {
    Key::table(b'Q').event(at).done()
}

pub(crate) fn events(provider: &str, request: &str) -> Vec<u8> {
    Key::table(b'E').text(provider).text(request).done()
}

pub(crate) fn event(provider: &str, request: &str, at: EventRef) -> Vec<u8> {
    Key::table(b'E').text(provider).text(request).event(at).done()
}

pub(crate) fn event_key(provider: &str, request: &str, digest: &[u8; 16]) -> Vec<u8> {
    Key::table(b'K').text(provider).text(request).bytes(digest).done()
}

pub(crate) fn status(provider: &str, request: &str, digest: &[u8; 16]) -> Vec<u8> {
    Key::table(b'S').text(provider).text(request).bytes(digest).done()
}

pub(crate) fn number(number: &str, provider: &str, request: &str) -> Vec<u8> {
    Key::table(b'I').text(number).text(provider).text(request).done()
}

pub(crate) fn counter(provider: &ProviderId, name: &str) -> Vec<u8> {
    Key::table(b'C').text(provider.as_str()).text(name).done()
}

pub(crate) fn cursor(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'P').text(provider.as_str()).done()
}

pub(crate) fn adapter(provider: &ProviderId) -> Vec<u8> {
    Key::table(b'A').text(provider.as_str()).done()
}

/// Acts about something; all of them for the empty text.
pub(crate) fn act(about: &str, seq: u64) -> Vec<u8> {
    Key::table(b'J').text(about).number(seq).done()
}

/// The texts that follow the table byte, and the rest.
pub(crate) fn split(key: &[u8]) -> (Vec<&str>, &[u8]) {
    fn text(rest: &[u8]) -> Option<(&str, &[u8])> {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length) as usize)?;
        Some((std::str::from_utf8(text).ok()?, rest))
    }
    let texts = match key.first() {
        Some(b'I') => 3,
        Some(b'R' | b'E' | b'B' | b'C' | b'K' | b'S') => 2,
        Some(b'L' | b'X' | b'A' | b'U' | b'J') => 1,
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
