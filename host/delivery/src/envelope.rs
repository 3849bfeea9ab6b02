//! What a push carries, `application/vnd.qadam.message+json`:
//!
//! ```json
//! { "format": "qadam-message/1", "message": "msg_…", "destination": "monitoring", "provider": "permits", "number": 7,
//!   "manifest": "…", "signature": "…", "development": false,
//!   "events": [{ "index": 0, "event": "evt_…", "salt": "…", "document": "…" }] }
//! ```
//!
//! `manifest` and each `document` are exact texts, put into JSON strings: what was signed is what the strings hold. `signature`
//! is the CMS over the manifest, DER in base64 with padding; `salt` is 32 digits of 0-9 and a-f. `events` are some or all of
//! those that the manifest names, in its order, by their places in it. The supplement that brings a time-stamp later
//! has `"stamp": true` and no `events`: the same manifest, and the signature now with its token.

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use qadam_domain::{DestinationId, EventId, MessageId, ProviderId};
use qadam_evidence::manifest::{self, Digest};
use serde::{Deserialize, Deserializer};

use crate::sending::{Disclosed, Parts, Sending};

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.qadam.message+json";
/// The format's name, first in every envelope.
const FORMAT: &str = "qadam-message/1";
/// Most bytes of an envelope: twice what a message of the largest settings takes.
pub const SIZE_LIMIT: usize = 64 << 20;
/// Most bytes of a signature: a chain of certificates, and a time-stamp with its own.
const SIGNATURE_LIMIT: usize = 1 << 20;

/// A push as it arrived. Of its manifest and signature nothing was checked yet.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The message.
    pub message: MessageId,
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// The message's number in its lane, from 1.
    pub number: u64,
    /// The manifest as it was signed.
    pub manifest: Bytes,
    /// Detached CMS over the manifest, in DER.
    pub signature: Bytes,
    /// The sender says that it sealed with a key which it made for itself.
    pub development: bool,
    /// What is sent of it.
    pub parts: Parts,
}

/// Why bytes are no envelope. Says nothing of what they hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Too many bytes.
    #[error("the message has {bytes} bytes; at most {SIZE_LIMIT} are read")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Not JSON, or not such JSON. The place is named, the text is not: it is personal data.
    #[error("the message is no {FORMAT}: line {line}, column {column}: {what}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// A value that is none of what it should be.
    #[error("the message's {field} {wrong}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// Events out of order.
    #[error(
        "the events must stand in the order of the manifest, each once: that at place {place} of the list does not"
    )]
    Order {
        /// From 0.
        place: usize,
    },
}

impl Envelope {
    /// The bytes of an attempt.
    #[must_use]
    pub fn of(sending: &Sending) -> Bytes {
        Written {
            message: sending.message,
            destination: &sending.destination,
            provider: &sending.provider,
            number: sending.number,
            manifest: &sending.manifest,
            signature: &sending.signature,
            development: sending.development,
            parts: &sending.parts,
        }
        .to_bytes()
        .into()
    }

    /// Its bytes, once more: not those that were read where these were written in another way, but the same in every string.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { message, destination, provider, number, manifest, signature, development, parts } = self;
        let (message, number, development) = (*message, *number, *development);
        Written { message, destination, provider, number, manifest, signature, development, parts }.to_bytes()
    }

    /// Reads the bytes of a push.
    ///
    /// # Errors
    /// If they are none: what is wrong, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > SIZE_LIMIT {
            return Err(EnvelopeError::TooLong { bytes: bytes.len() });
        }
        let read: Read = serde_json::from_slice(bytes).map_err(|error| json(&error))?;
        read.checked()
    }

    /// The events that it discloses; none for a time-stamp.
    #[must_use]
    pub fn events(&self) -> &[Disclosed] {
        match &self.parts {
            Parts::Events(events) => events,
            Parts::Stamp => &[],
        }
    }

    /// SHA-256 of the manifest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        manifest::digest_of(&self.manifest)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Read::deserialize(deserializer)?.checked().map_err(serde::de::Error::custom)
    }
}

fn json(error: &serde_json::Error) -> EnvelopeError {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Eof => "the text ends before its time",
        Category::Data => "a name or a value that does not belong there",
        Category::Io | Category::Syntax => "this is not JSON",
    };
    EnvelopeError::Json { line: error.line(), column: error.column(), what }
}

/// An envelope to be written.
struct Written<'a> {
    message: MessageId,
    destination: &'a DestinationId,
    provider: &'a ProviderId,
    number: u64,
    manifest: &'a [u8],
    signature: &'a [u8],
    development: bool,
    parts: &'a Parts,
}

impl Written<'_> {
    /// Straight into one buffer.
    fn to_bytes(&self) -> Vec<u8> {
        let Self { message, destination, provider, number, manifest, signature, development, parts } = self;
        let events: &[Disclosed] = match parts {
            Parts::Events(events) => events,
            Parts::Stamp => &[],
        };
        let documents: usize = events.iter().map(|event| event.document.len() + 160).sum();
        // Every sixth letter or so of a document is a quotation mark, which is escaped.
        let size = 400 + manifest.len() * 5 / 4 + signature.len() * 4 / 3 + documents * 5 / 4;
        let mut out = Vec::with_capacity(size);
        put(&mut out, format_args!(r#"{{"format":"{FORMAT}","message":"{message}","destination":"{destination}","#));
        put(&mut out, format_args!(r#""provider":"{provider}","number":{number},"manifest":"#));
        text(&mut out, manifest);
        put(&mut out, format_args!(r#","signature":"{}","#, BASE64.encode_display(signature)));
        put(&mut out, format_args!(r#""development":{development},"#));
        match parts {
            Parts::Stamp => put(&mut out, format_args!(r#""stamp":true}}"#)),
            Parts::Events(events) => {
                put(&mut out, format_args!(r#""events":["#));
                for (event, place) in events.iter().zip(0_usize..) {
                    let Disclosed { index, id, salt, document } = event;
                    let comma = if place == 0 { "" } else { "," };
                    put(&mut out, format_args!(r#"{comma}{{"index":{index},"event":"{id}","salt":"#));
                    put(&mut out, format_args!(r#""{}","document":"#, HEXLOWER.encode_display(salt)));
                    text(&mut out, document);
                    put(&mut out, format_args!("}}"));
                }
                put(&mut out, format_args!("]}}"));
            }
        }
        out
    }
}

/// Writing to memory does not fail.
fn put(out: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    let _ = std::io::Write::write_fmt(out, what);
}

/// A text as a string of JSON. What is sealed is JSON in UTF-8; of anything else the digest would not hold.
fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    let _ = serde_json::to_writer(out, &String::from_utf8_lossy(bytes));
}

/// An envelope as JSON has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    format: String,
    message: MessageId,
    destination: DestinationId,
    provider: ProviderId,
    number: u64,
    manifest: String,
    signature: String,
    development: bool,
    stamp: Option<bool>,
    events: Option<Vec<ReadEvent>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadEvent {
    index: u16,
    event: EventId,
    salt: String,
    document: String,
}

impl Read {
    fn checked(self) -> Result<Envelope, EnvelopeError> {
        let wrong = |field, wrong| EnvelopeError::Field { field, wrong };
        if self.format != FORMAT {
            return Err(wrong("format", "is not the one that is read here, qadam-message/1"));
        }
        if self.number == 0 {
            return Err(wrong("number", "is 0; messages are numbered from 1"));
        }
        if self.manifest.len() > manifest::SIZE_LIMIT {
            return Err(wrong("manifest", "is larger than any"));
        }
        if self.signature.len() > SIGNATURE_LIMIT {
            return Err(wrong("signature", "is larger than any"));
        }
        let signature =
            BASE64.decode(self.signature.as_bytes()).map_err(|_| wrong("signature", "is no base64 with padding"))?;
        let parts = match (self.stamp, self.events) {
            (Some(true), None) => Parts::Stamp,
            (None | Some(false), Some(events)) if !events.is_empty() => Parts::Events(in_order(events)?),
            (Some(true), Some(_)) => return Err(wrong("events", "stand beside a time-stamp, which comes alone")),
            _ => return Err(wrong("events", "are missing")),
        };
        Ok(Envelope {
            message: self.message,
            destination: self.destination,
            provider: self.provider,
            number: self.number,
            manifest: self.manifest.into(),
            signature: signature.into(),
            development: self.development,
            parts,
        })
    }
}

fn in_order(read: Vec<ReadEvent>) -> Result<Vec<Disclosed>, EnvelopeError> {
    let mut events: Vec<Disclosed> = Vec::with_capacity(read.len());
    for (event, place) in read.into_iter().zip(0..) {
        let salt = HEXLOWER.decode(event.salt.as_bytes()).ok().and_then(|salt| salt.try_into().ok());
        let salt = salt.ok_or(EnvelopeError::Field { field: "salt", wrong: "is not 32 digits of 0-9 and a-f" })?;
        if events.last().is_some_and(|before| before.index >= event.index) {
            return Err(EnvelopeError::Order { place });
        }
        events.push(Disclosed { index: event.index, id: event.event, salt, document: event.document.into() });
    }
    Ok(events)
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
