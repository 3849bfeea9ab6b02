//! Facts of records that came signed. A certificate names a person: signatures are in bodies, never in facts.

use jiff::Timestamp;
use qadam_domain::{ProviderId, time::instant};
use serde::{Deserialize, Serialize};

use super::Received;
use crate::digest::sha256;

/// How a record was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Where the signature is.
    pub form: SignedForm,
    /// Bytes of the detached signature at the end of the body.
    #[serde(default, skip_serializing_if = "zero")]
    pub bytes: u32,
    /// SHA-256 of the signature as received: the same record signed anew is another one.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub digest: [u8; 32],
    /// What was found of structure and signature before parts of the record were removed, as JSON; none where the whole
    /// record is kept, and can be checked at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_redaction: Option<String>,
}

/// Where a signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignedForm {
    /// Beside the record: CMS that holds no content.
    Detached,
    /// Around the record: the body is CMS that holds it.
    Wrapped,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn zero(bytes: &u32) -> bool {
    *bytes == 0
}

/// What the checks of a record's signature gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedFact {
    /// Whose record.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// The entry that received it.
    pub record: u64,
    /// When this was found.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// True: valid; false: invalid; none: it could not be told, and is tried again.
    pub valid: Option<bool>,
    /// Each step, as JSON.
    pub checks: String,
    /// The signer is a person whom the provider authorised (452-8).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authorised: bool,
    /// Trying again may help: something was not to be had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl CheckedFact {
    /// Whether the provider answers for the record: its signature is valid, and of a person whom it authorised (452-8).
    #[must_use]
    pub fn certifies(&self) -> bool {
        self.authorised && self.valid == Some(true)
    }
}

impl Received {
    /// By what a resend is recognised: the bytes, with the signature where there is one beside them.
    #[must_use]
    pub fn identity(&self) -> [u8; 32] {
        match &self.signed {
            Some(Signed { form: SignedForm::Detached, digest, .. }) => sha256(&[self.digest, *digest].concat()),
            _ => self.digest,
        }
    }

    /// A body as journaled, parted into the record and its detached signature.
    pub(crate) fn part(&self, mut body: Vec<u8>) -> (Vec<u8>, Option<Vec<u8>>) {
        let bytes = self.signed.as_ref().map_or(0, |signed| signed.bytes as usize);
        if bytes == 0 || bytes > body.len() {
            return (body, None);
        }
        let signature = body.split_off(body.len() - bytes);
        (body, Some(signature))
    }
}
