//! Facts of sealing: to whom, what was sealed, when it was stamped. A message's exact bytes are journaled before anyone sees
//! them; every attempt to deliver it sends those.

use jiff::Timestamp;
use qadam_domain::{DestinationId, EventRef, ProviderId, breach::Passing, time::instant};
use serde::{Deserialize, Serialize};

/// Withdrawals by a re-mapping have no entry of their own: they are named by the outcome that no longer gives the event, and
/// this with the place in its list of vanished ones.
pub const WITHDRAWN: u16 = 0x8000;

/// A destination takes messages from now on, or no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationFact {
    /// Which.
    #[serde(rename = "to")]
    pub destination: DestinationId,
    /// Whether it takes messages.
    pub open: bool,
    /// Events recorded after this entry are for it.
    pub from: u64,
    /// What messages to it are to bring about.
    #[serde(default, skip_serializing_if = "Passing::is_monitoring")]
    pub passing: Passing,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// A message was sealed. Manifest and signature tell nothing about people and stay; the events, with their salts, are in the
/// body, which can be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFact {
    /// The lane: to whom.
    #[serde(rename = "to")]
    pub destination: DestinationId,
    /// The lane: of whom.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// Its number in the lane, from 1.
    pub number: u64,
    /// The events, in journal order. Withdrawals are named with [`WITHDRAWN`].
    pub events: Vec<EventRef>,
    /// The manifest as signed.
    #[serde(with = "serde_bytes")]
    pub manifest: Vec<u8>,
    /// SHA-256 of it: the next manifest names it.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub digest: [u8; 32],
    /// Detached CMS over it, in DER, not stamped.
    #[serde(rename = "sig", with = "serde_bytes")]
    pub signature: Vec<u8>,
    /// Signed by a key that the provider entrusted (452-8).
    pub certified: bool,
    /// Signed by a key that the host made for itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub development: bool,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// An event of a message, in the message's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedEvent {
    /// 128 random bits, so that nobody can guess the event from its digest.
    #[serde(with = "serde_bytes")]
    pub salt: [u8; 16],
    /// The event's document, whose digest with the salt the manifest has.
    #[serde(with = "serde_bytes")]
    pub document: Vec<u8>,
}

/// An authority stamped a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampedFact {
    /// Entry of the message.
    pub message: u64,
    /// The RFC 3161 token over the signature's value, in DER.
    #[serde(with = "serde_bytes")]
    pub token: Vec<u8>,
    /// Who.
    pub authority: String,
    /// An authority that the host made for itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub development: bool,
    /// The time in the token.
    #[serde(with = "instant")]
    pub stamped_at: Timestamp,
    /// When it came.
    #[serde(with = "instant")]
    pub at: Timestamp,
}
