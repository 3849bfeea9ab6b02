//! What a message says of itself: where it goes, whose it is, its place in the sequence, and a digest of each of its events.
//! Salted digests, so that one event can be shown without telling anything of the others (invariant 8).

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use qadam_domain::ProviderId;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// Most events of a message.
pub const EVENT_LIMIT: usize = 100_000;
/// Most bytes of a manifest: those of so many events.
pub const SIZE_LIMIT: usize = 8 << 20;
/// Most restores that a manifest tells of.
const LINEAGE_LIMIT: usize = 1000;
/// Longest name of a destination, in bytes.
const DESTINATION_LIMIT: usize = 200;

/// A manifest. The order of its fields is the order in its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub format: Format,
    /// To whom the message goes, as the operator names it.
    pub destination: String,
    /// Whose events these are.
    pub provider: ProviderId,
    /// The message's place in the lane of this provider and destination: 1, 2, 3…
    pub number: u64,
    /// Digest of the bytes of the manifest before it; none for the first. So an omission shows.
    pub previous: Option<Digest>,
    /// Of a store that was restored from a backup, which entries it has of which epoch, the newest last; empty otherwise. What
    /// else was sealed in an earlier epoch this store does not know: its numbers are given again, to other messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lineage: Vec<Epoch>,
    /// When it was sealed, by the host's clock.
    pub sealed_at: Timestamp,
    /// The seal is by a key that the provider entrusted to the host (452-8). Otherwise it is the host's own transport seal.
    pub certified: bool,
    /// For each event [`event_digest`], in the order of the journal.
    pub events: Vec<Digest>,
}

impl Manifest {
    /// Its bytes: JSON without white space. Exactly these are signed, and hashed for the next one.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // All of it is text and numbers: there is nothing that JSON could not write.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the bytes of a manifest. Only bytes that [`Self::to_bytes`] gives are one: nothing can hide between the lines.
    ///
    /// # Errors
    /// If they are none: what is wrong, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > SIZE_LIMIT {
            return Err(ManifestError::TooLong { bytes: bytes.len() });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(ManifestError::Json)?;
        if manifest.events.len() > EVENT_LIMIT {
            return Err(ManifestError::TooMany { events: manifest.events.len() });
        }
        if manifest.destination.len() > DESTINATION_LIMIT {
            return Err(ManifestError::Destination { bytes: manifest.destination.len() });
        }
        let ascends = |pair: &[Epoch]| matches!(pair, [a, b] if a.epoch < b.epoch && a.first <= b.first);
        if manifest.lineage.len() > LINEAGE_LIMIT || !manifest.lineage.windows(2).all(ascends) {
            return Err(ManifestError::Lineage { number: manifest.number });
        }
        // The first has no predecessor, all others have one.
        if (manifest.number == 1) != manifest.previous.is_none() || manifest.number == 0 {
            return Err(ManifestError::Sequence { number: manifest.number });
        }
        let written = manifest.to_bytes();
        if written != bytes {
            let at = written.iter().zip(bytes).take_while(|(ours, theirs)| ours == theirs).count();
            return Err(ManifestError::NotExact { at });
        }
        Ok(manifest)
    }
}

/// Why bytes are no manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON, or not these fields.
    #[error("the manifest cannot be read: {0}")]
    Json(serde_json::Error),
    /// Too large.
    #[error("the manifest has {bytes} bytes; at most {SIZE_LIMIT} are read")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Too many events.
    #[error("the manifest has {events} events; at most {EVENT_LIMIT} are read")]
    TooMany {
        /// How many.
        events: usize,
    },
    /// A destination that is no name.
    #[error("the manifest's destination has {bytes} bytes; at most {DESTINATION_LIMIT} are a name")]
    Destination {
        /// How many.
        bytes: usize,
    },
    /// Number and predecessor contradict each other.
    #[error("manifest {number}: numbers start at 1, and exactly the first has no predecessor")]
    Sequence {
        /// Its number.
        number: u64,
    },
    /// Epochs that do not follow each other.
    #[error("manifest {number}: the epochs of its store must ascend, and be {LINEAGE_LIMIT} at most")]
    Lineage {
        /// Its number.
        number: u64,
    },
    /// It says the same in other bytes.
    #[error("the manifest is not written as manifests are: byte {at} differs")]
    NotExact {
        /// The first byte that differs.
        at: usize,
    },
}

/// What a store has of one epoch: its entries from the first one on, up to the first of the next epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The epoch, as ids hold it.
    pub epoch: u32,
    /// Number of its first entry in this store.
    pub first: u64,
}

/// Whether a store of this lineage has the entry of an epoch that an id names. One without a lineage has its own epoch alone.
#[must_use]
pub fn has(lineage: &[Epoch], own: u32, epoch: u32, seq: u64) -> bool {
    match lineage.iter().rev().find(|of| of.first <= seq) {
        Some(of) => of.epoch == epoch,
        None => lineage.is_empty() && own == epoch,
    }
}

/// The version of the format: there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// `qadam-manifest/1`.
    #[default]
    #[serde(rename = "qadam-manifest/1")]
    V1,
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 digits of 0-9 and a-f; these are {characters} characters")]
pub struct DigestError {
    /// How many there were.
    pub characters: usize,
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let wrong = DigestError { characters: text.chars().count() };
        HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(wrong)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        HEXLOWER.encode(&digest.0)
    }
}

/// The digest of a manifest's bytes, as the next one names it.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> Digest {
    sha_256(&[bytes])
}

/// The digest of an event in a manifest: SHA-256 of the salt, then of the event's exact bytes.
#[must_use]
pub fn event_digest(salt: &[u8; 16], event: &[u8]) -> Digest {
    sha_256(&[salt, event])
}

fn sha_256(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = Digest([0; 32]);
    for (to, from) in digest.0.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    digest
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
