//! Digests by which records and events are recognised.

use qadam_domain::Event;
use ring::digest::{SHA256, digest};

use crate::{entry::to_cbor, error::StoreError};

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// The first half of SHA-256: enough to tell apart what one provider sends.
pub(crate) fn short(bytes: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    for (out, byte) in out.iter_mut().zip(sha256(bytes)) {
        *out = byte;
    }
    out
}

/// Twelve bytes of SHA-256: enough to tell apart what is within one request.
pub(crate) type Mark = [u8; 12];

/// The mark of a key or a status.
pub(crate) fn mark(bytes: &[u8]) -> Mark {
    first(&sha256(bytes))
}

fn first(digest: &[u8]) -> Mark {
    let mut mark = [0; 12];
    for (mark, byte) in mark.iter_mut().zip(digest) {
        *mark = *byte;
    }
    mark
}

/// Tells a resend from a correction: over the whole event, or, where it has no key of its own, over request, kind, instant
/// and fields, which are its identity then.
pub(crate) fn event(event: &Event) -> Result<[u8; 16], StoreError> {
    let bytes = match event.key {
        Some(_) => to_cbor(event)?,
        None => to_cbor(&(&event.request, &event.kind, event.instant().as_nanosecond().to_string(), &event.fields))?,
    };
    Ok(short(&bytes))
}

/// Of the event's key; without one, its content's.
pub(crate) fn event_key(event: &Event, content: &[u8; 16]) -> Mark {
    match &event.key {
        Some(key) => mark(key.as_bytes()),
        None => first(content),
    }
}
