//! What an archive says: shown beside the verdicts, and worth as much as they are.

use jiff::Timestamp;
use qadam_domain::{EventId, ProviderId, RecordId};
use serde::Serialize;

use super::{mappings::Others, seal::Sealed, whole::is_development};
use crate::{
    archive::{About, Files},
    certificate::Certificate,
};

/// What the archive proves where every step holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// The record that it was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// Number of its message in the lane to `destination`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// To whom the message goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// When it was sealed, by the sealer's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_at: Option<Timestamp>,
    /// Who sealed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<Owner>,
    /// When it existed at the latest, as a time-stamping authority proves; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamped_at: Option<Timestamp>,
    /// Which authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stamped_by: Option<Owner>,
    /// Events of earlier mappings, which this one replaced, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<EventId>,
    /// Events of later mappings, which replaced this one: what it says does not stand any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaced_by: Vec<EventId>,
    /// Whether a person authorised by the provider answers for it (452-8). Where not, it is `not certified by the provider`.
    pub certified: bool,
    /// Whether a development authority signed or stamped: it proves nothing to anybody else then.
    pub development: bool,
}

/// Whose a certificate is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// Name of the system or person.
    pub name: String,
    /// The organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Its BIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// Serial number of the certificate, hex.
    pub serial: String,
}

impl From<&Certificate> for Owner {
    fn from(certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        Self {
            name: subject.common_name.clone().unwrap_or_default(),
            organisation: subject.organisation.clone(),
            bin: subject.bin.clone(),
            serial: data_encoding::HEXLOWER.encode(certificate.serial()),
        }
    }
}

impl Facts {
    pub(super) fn of(files: &Files, sealed: &Sealed, others: Others) -> Self {
        let (document, manifest) = (sealed.document.as_ref(), sealed.manifest.as_ref());
        let signer = sealed.signature.as_ref().and_then(|verified| verified.signers.first());
        Self {
            event: document.map(|document| document.id),
            provider: document.map(|document| document.provider.clone()),
            record: document.map(|document| document.record),
            number: manifest.map(|manifest| manifest.number),
            destination: manifest.map(|manifest| manifest.destination.clone()),
            sealed_at: manifest.map(|manifest| manifest.sealed_at),
            sealed_by: signer.map(|signer| Owner::from(&signer.certificate)),
            stamped_at: sealed.stamped.as_ref().map(|stamped| stamped.at),
            stamped_by: sealed.stamped.as_ref().map(|stamped| Owner::from(&stamped.authority)),
            replaces: others.earlier,
            replaced_by: others.later,
            certified: document.is_some_and(|document| document.certified),
            development: is_development(sealed) || About::of(files).is_ok_and(|about| about.development),
        }
    }
}
