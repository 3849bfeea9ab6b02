//! What one attempt sends.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use qadam_domain::{DestinationId, EventId, MessageId, ProviderId};

/// What one attempt sends: a message with those of its events that are still to be delivered, or the time-stamp of a message that
/// went without one.
#[derive(Clone, Debug)]
pub struct Sending {
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
    /// SHA-256 of the manifest.
    pub digest: [u8; 32],
    /// Detached CMS over the manifest, in DER; with its time-stamp token, once there is one.
    pub signature: Bytes,
    /// Whether the signature has its time-stamp.
    pub stamped: bool,
    /// Sealed by a key that the host made for itself.
    pub development: bool,
    /// What is sent of it.
    pub parts: Parts,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Which operator's act has it sent once more; 0 where none has. What is sent then is no repetition for who remembers the first
    /// answer.
    pub round: u64,
}

/// What is sent of a message.
#[derive(Clone, Debug)]
pub enum Parts {
    /// Events: all that the manifest names, or some of them.
    Events(Vec<Disclosed>),
    /// Nothing but the signature with its time-stamp: a supplement to what was delivered without.
    Stamp,
}

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// Its place in the manifest, from 0.
    pub index: u16,
    /// Its id.
    pub id: EventId,
    /// The salt of its digest.
    pub salt: [u8; 16],
    /// The document, exactly as it was digested: JSON in UTF-8.
    pub document: Bytes,
}

impl Sending {
    /// The events that it discloses; none for a time-stamp.
    #[must_use]
    pub fn events(&self) -> &[Disclosed] {
        match &self.parts {
            Parts::Events(events) => events,
            Parts::Stamp => &[],
        }
    }

    /// The key by which the receiver tells a repetition: equal for attempts that send the same of the same message. At most 64
    /// letters, digits and `_ / -`.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let key = match &self.parts {
            Parts::Stamp => format!("{}/stamp", self.message),
            Parts::Events(events) => {
                let places: Vec<u8> = events.iter().flat_map(|event| event.index.to_be_bytes()).collect();
                let digest = ring::digest::digest(&ring::digest::SHA256, &places);
                let short = digest.as_ref().first_chunk::<8>().copied().unwrap_or_default();
                format!("{}/{}", self.message, HEXLOWER.encode(&short))
            }
        };
        if self.round == 0 { key } else { format!("{key}-{:x}", self.round) }
    }
}
