//! The entries of the journal: every change of state is one. An entry has a fact (sequence, ids, sender, time, digests,
//! stages), which stays, and a body (what was received, personal data), which can be erased; both are CBOR with named
//! fields, a native record's body aside, which is kept as it came. The names are short, for there is one of each in every
//! entry: `of` a provider, `by` whose key, `sha` a digest by SHA-256.

mod audited;
mod codes;
mod commission;
mod delivery;
mod erased;
mod reference;
mod sealing;
mod signed;

use jiff::Timestamp;
use qadam_domain::{
    Anomalies, Event, EventKind, EventRef, FieldName, NativeValue, Outcome, ProviderId, RecipientName, Refusal, Update,
    time::instant,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::commission::CommissionedFact;
pub use self::delivery::{AttemptedFact, DeadFact, LaneName, LeasedFact, QueueAct, STAMP};
pub(crate) use self::erased::Tombstone;
pub use self::erased::{ErasedFact, ErasureDone, ErasureOrder};
pub use self::reference::{ContestedFact, Reference, ReferenceFact, ReportedFact};
pub use self::sealing::{DestinationFact, SealedEvent, SealedFact, StampedFact, WITHDRAWN};
pub use self::signed::{CheckedFact, Signed, SignedForm};
use crate::error::StoreError;
pub use qadam_domain::mask::ERASED;

/// The fact of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A native record was received. Body: the record as kept.
    Received(Received),
    /// A record that was received before came again (1277-9). No body.
    Resent(Resent),
    /// A submission with an idempotency key was taken. No body.
    Submission(Submission),
    /// A record was mapped, refused or quarantined. Body: the personal parts of each new event.
    Outcome(OutcomeFact),
    /// An adapter was put to work for a provider. No body.
    Adapter(AdapterFact),
    /// Somebody did something that the record of acts must show. No body.
    Act(Act),
    /// A destination takes messages from now on, or no more. No body.
    Destination(DestinationFact),
    /// A message was sealed. Body: its events, as they are delivered.
    Sealed(SealedFact),
    /// An authority stamped a message. No body.
    Stamped(StampedFact),
    /// The signature of a record was checked. Body: what personal data and evidence that used.
    Checked(CheckedFact),
    /// An attempt to deliver begins. No body.
    Leased(LeasedFact),
    /// An attempt to deliver ended. Body: the receipt as it came.
    Attempted(AttemptedFact),
    /// Bodies are to go, or are gone. No body.
    Erased(ErasedFact),
    /// What requests are judged by was changed. No body.
    Reference(ReferenceFact),
    /// A verdict is contested. Body: the reason.
    Contested(ContestedFact),
    /// The report of a closed month was made. No body.
    Reported(ReportedFact),
    /// An adapter's package has taken a step on its way into production. No body.
    Commissioned(Box<CommissionedFact>),
}

/// A native record was received (452-4, 1277-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Whose record.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// Id of the key that sent it.
    #[serde(rename = "by")]
    pub sender: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// Media type as stated.
    #[serde(rename = "type")]
    pub content_type: String,
    /// SHA-256 of the bytes as received, before any redaction.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub digest: [u8; 32],
    /// Bytes as received.
    pub size: u64,
    /// Names of the profile's rules by which parts were removed; the body differs from the digest then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
    /// SHA-256 of what is kept, where parts were removed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    pub kept: Option<[u8; 32]>,
    /// How it was signed, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// The body was not kept at all, because the record was marked secret (1277-2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// A record came again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resent {
    /// Whose.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// The entry that received it first.
    pub record: u64,
    /// Id of the key that sent it again.
    #[serde(rename = "by")]
    pub sender: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// A submission under an idempotency key; the same key brings the same receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Whose records.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// Id of the caller's key: the scope of the idempotency key.
    #[serde(rename = "by")]
    pub sender: String,
    /// The idempotency key.
    pub key: String,
    /// SHA-256 of the records' digests: the same key with other content is a mistake.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub digest: [u8; 32],
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// For each record the entry that received it, and whether it was a resend.
    pub records: Vec<(u64, bool)>,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeFact {
    /// Whose.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// The entry that received the record.
    pub record: u64,
    /// When this was found.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// The entry of the adapter that did it; none where the host itself refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<u64>,
    /// What was found.
    #[serde(rename = "gave")]
    pub result: OutcomeResult,
    /// Events of an earlier mapping of the record that this one no longer gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vanished: Vec<EventRef>,
}

/// What an attempt at a record gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeResult {
    /// Events, in the adapter's order.
    Mapped(Vec<EventEntry>),
    /// The record's fault.
    Refused(Refusal),
    /// The adapter fails on this record, and not on others: it is set aside for an operator.
    Quarantined(Quarantine),
}

/// Why a record was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Name of the adapter's fault, `deadline`.
    pub fault: String,
    /// What happened, masked.
    pub detail: String,
}

/// An event of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventEntry {
    /// Recorded before with the same content: no new event.
    Same(EventLink),
    /// A new event.
    New(Box<EventFact>),
}

/// Another event, as an entry refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventLink {
    /// By its place.
    At(EventRef),
    /// In an entry so many before this one, at that index: the two were written together, before they had numbers.
    Back(u64, u16),
}

impl EventLink {
    /// The event that an entry with this number refers to.
    #[must_use]
    pub const fn seen_from(self, seq: u64) -> EventRef {
        match self {
            Self::At(at) => at,
            Self::Back(back, index) => EventRef { seq: seq.saturating_sub(back), index },
        }
    }
}

/// The fact of a new event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFact {
    /// The event without its personal parts.
    pub event: Event,
    /// Personal fields that the event sets (true) or clears. Written by their numbers in 452-7, negative where cleared.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "numbered")]
    pub personal: Vec<(FieldName, bool)>,
    /// Anomalies fixed at receipt.
    #[serde(default, skip_serializing_if = "none")]
    pub anomalies: Anomalies,
    /// The earlier event that it corrects: the same key with other content, or a re-mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventLink>,
    /// First 16 bytes of SHA-256 over the whole event: tells a resend from a correction.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub digest: [u8; 16],
}

/// The personal parts of an event, in the erasable body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Personal {
    /// Field 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<RecipientName>,
    /// Field 2.
    #[serde(rename = "number", skip_serializing_if = "Option::is_none")]
    pub identification_number: Option<String>,
    /// Field 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// Who acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Ground or reason of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// Native values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub native: Vec<NativeValue>,
}

/// The identification numbers in the body of an outcome, for each of its new events; the rest is not decoded.
pub(crate) fn numbers(body: &[u8]) -> Result<Vec<Option<String>>, String> {
    #[derive(Deserialize)]
    struct Part {
        #[serde(default)]
        number: Option<String>,
    }
    Ok(from_cbor::<Vec<Part>>(body)?.into_iter().map(|part| part.number).collect())
}

/// An adapter was put to work. Outcomes name it, so that a run can be repeated (invariant 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterFact {
    /// For whom.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// Its own name and version.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The contract it speaks, `qadam:adapter@0.1.0`.
    pub contract: String,
    /// SHA-256 of the component.
    #[serde(with = "serde_bytes")]
    pub component: [u8; 32],
    /// SHA-256 of its configuration.
    #[serde(with = "serde_bytes")]
    pub configuration: [u8; 32],
}

/// An administrative act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Which, `remap`.
    pub what: String,
    /// On what.
    pub subject: String,
    /// Requests that it is about besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// Id of the key that asked for it.
    pub who: String,
    /// Why, as stated.
    pub why: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// Records that are to be mapped again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remap: Vec<(ProviderId, u64)>,
    /// What it does to the queue of delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueAct>,
}

impl EventFact {
    /// Parts an event into its fact and its personal parts.
    pub(crate) fn part(
        mut event: Event,
        anomalies: Anomalies,
        corrects: Option<EventLink>,
        digest: [u8; 16],
    ) -> (Self, Personal) {
        let fields = &mut event.fields;
        let mut personal = Vec::new();
        let parts = Personal {
            recipient: take(FieldName::Recipient, &mut fields.recipient, &mut personal),
            identification_number: take(
                FieldName::IdentificationNumber,
                &mut fields.identification_number,
                &mut personal,
            ),
            executor: take(FieldName::Executor, &mut fields.executor, &mut personal),
            actor: event.actor.take(),
            ground: ground(&mut event.kind).and_then(Option::take),
            native: std::mem::take(&mut event.native),
        };
        (Self { event, personal, anomalies, corrects, digest }, parts)
    }

    /// The whole event again. Without its body, personal values read [`ERASED`].
    pub(crate) fn join(&self, parts: Option<&Personal>) -> Event {
        let mut event = self.event.clone();
        let erased = || ERASED.to_owned();
        for (name, present) in &self.personal {
            let fields = &mut event.fields;
            match name {
                FieldName::Recipient => {
                    let value = parts.map_or_else(|| Some(RecipientName::FullName(erased())), |p| p.recipient.clone());
                    fields.recipient = update(*present, value);
                }
                FieldName::IdentificationNumber => {
                    let value = parts.map_or_else(|| Some(erased()), |p| p.identification_number.clone());
                    fields.identification_number = update(*present, value);
                }
                FieldName::Executor => {
                    fields.executor = update(*present, parts.map_or_else(|| Some(erased()), |p| p.executor.clone()));
                }
                _ => {}
            }
        }
        if let Some(parts) = parts {
            event.actor.clone_from(&parts.actor);
            event.native.clone_from(&parts.native);
            if let Some(ground) = ground(&mut event.kind) {
                ground.clone_from(&parts.ground);
            }
        }
        event
    }
}

/// Personal fields by their numbers.
mod numbered {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    use super::FieldName;

    const NUMBERS: [(FieldName, i8); 3] =
        [(FieldName::Recipient, 1), (FieldName::IdentificationNumber, 2), (FieldName::Executor, 6)];

    #[expect(clippy::ptr_arg, reason = "serde passes the field")]
    pub(super) fn serialize<S: Serializer>(fields: &Vec<(FieldName, bool)>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(fields.iter().filter_map(|(name, set)| {
            let number = NUMBERS.iter().find(|(numbered, _)| numbered == name).map(|(_, number)| *number)?;
            Some(if *set { number } else { -number })
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(FieldName, bool)>, D::Error> {
        let unknown = |number| D::Error::custom(format_args!("no personal field has the number {number}"));
        let named = |number: i8| {
            let found = NUMBERS.iter().find(|(_, known)| *known == number.saturating_abs());
            found.map(|(name, _)| (*name, number > 0)).ok_or_else(|| unknown(number))
        };
        Vec::<i8>::deserialize(deserializer)?.into_iter().map(named).collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn none(anomalies: &Anomalies) -> bool {
    anomalies.is_empty()
}

fn take<T>(name: FieldName, update: &mut Update<T>, personal: &mut Vec<(FieldName, bool)>) -> Option<T> {
    match std::mem::take(update) {
        Update::Unchanged => None,
        Update::Cleared => {
            personal.push((name, false));
            None
        }
        Update::Set(value) => {
            personal.push((name, true));
            Some(value)
        }
    }
}

fn update<T>(present: bool, value: Option<T>) -> Update<T> {
    match value {
        Some(value) if present => Update::Set(value),
        _ => Update::Cleared,
    }
}

/// Free text of a kind, where a source may have written about people.
fn ground(kind: &mut EventKind) -> Option<&mut Option<String>> {
    match kind {
        EventKind::Closed(Outcome::Refused(ground))
        | EventKind::Suspended(ground)
        | EventKind::Resumed(ground)
        | EventKind::Reopened(ground) => Some(ground),
        EventKind::Prolonged(prolongation) => Some(&mut prolongation.ground),
        EventKind::Withdrawn(withdrawal) => Some(&mut withdrawal.reason),
        EventKind::Correction(correction) => Some(&mut correction.reason),
        EventKind::Stage(_) | EventKind::Closed(_) | EventKind::Update => None,
    }
}

pub(crate) fn to_cbor<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(512);
    ciborium::into_writer(value, &mut bytes).map_err(|error| StoreError::NotWritten { reason: error.to_string() })?;
    Ok(bytes)
}

pub(crate) fn from_cbor<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    ciborium::from_reader(bytes).map_err(|error| error.to_string())
}
