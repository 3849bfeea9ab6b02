//! What a check says (invariant 9): one verdict a step, and nothing passes for want of an answer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer of one step. The worst of several is theirs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Valid,
    /// It could not be told, and may be later. Never taken for valid.
    Indeterminate,
    /// It does not hold.
    Invalid,
}

/// What is checked: the steps of Order 1187 (1 to 6), those that the law of each service adds, and those of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// The bytes are a signature, an archive, a token that can be read, with exactly what belongs in them.
    Structure,
    /// 1: the signature is over exactly these bytes, by the key of this certificate.
    Signature,
    /// The time that the signer claims is not after the time that counts.
    SigningTime,
    /// 2: the certificate was in force at the time that counts.
    Validity,
    /// 3: the key is for signing, not for logging in.
    KeyUsage,
    /// 4: the certificate's policy.
    Policy,
    /// 5: the certificate was not revoked at the time that counts.
    Revocation,
    /// 6: the certificates lead to a root that is trusted here.
    Chain,
    /// The certificate's owner may sign this: first head or person with the right of signature (452-8).
    Role,
    /// BIN of the provider or IIN of the recipient equals the certificate's (56-6.6).
    Owner,
    /// The time-stamp token: imprint, policy, signature and certificate of the authority.
    Timestamp,
    /// The event's bytes and salt give a digest of the manifest.
    Event,
    /// The manifest's own content, and what the archive says beside it.
    Manifest,
    /// The manifest follows the one before it in its lane.
    Sequence,
    /// The native record as kept has the digest that was taken at its receipt.
    Record,
}

impl Step {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Signature => "signature",
            Self::SigningTime => "signing-time",
            Self::Validity => "validity",
            Self::KeyUsage => "key-usage",
            Self::Policy => "policy",
            Self::Revocation => "revocation",
            Self::Chain => "chain",
            Self::Role => "role",
            Self::Owner => "owner",
            Self::Timestamp => "timestamp",
            Self::Event => "event",
            Self::Manifest => "manifest",
            Self::Sequence => "sequence",
            Self::Record => "record",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One step and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub step: Step,
    /// What came of it.
    pub verdict: Verdict,
    /// Why, in English, without personal data: what was wrong, where, what was expected. Empty where it holds and there is no
    /// more to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// All steps of one thing that was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checks(pub Vec<Check>);

impl Checks {
    /// Adds a step.
    pub fn add(&mut self, step: Step, verdict: Verdict, reason: impl Into<String>) {
        self.0.push(Check { step, verdict, reason: reason.into() });
    }

    /// The worst of them. Nothing checked is nothing proved: indeterminate.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.0.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Indeterminate)
    }

    /// The first of the worst steps that do not hold.
    #[must_use]
    pub fn worst(&self) -> Option<&Check> {
        let verdict = self.verdict();
        self.0.iter().find(|check| check.verdict == verdict && verdict != Verdict::Valid)
    }
}
