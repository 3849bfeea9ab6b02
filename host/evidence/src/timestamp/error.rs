//! What is wrong with a response, or a token.

use const_oid::ObjectIdentifier;
use jiff::{SignedDuration, Timestamp};

use super::SIZE_LIMIT;
use crate::{certificate::SignatureError, path::PathError, verdict::Verdict};

/// Why there is no token that counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// A query could not be made.
    #[error("the system gives no random bytes")]
    Random,
    /// Too large.
    #[error("{bytes} bytes came for a time-stamp; at most {SIZE_LIMIT} are read")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// No response in the sense of RFC 3161.
    #[error("what came is no response of a time-stamping authority (RFC 3161 §2.4.2)")]
    Response,
    /// The authority says no.
    #[error("the time-stamping authority refused: status {status}{}", reasons(failures, text))]
    Rejected {
        /// `PKIStatus`: 2 rejection, 3 waiting, 4 and 5 revocation.
        status: u8,
        /// The names of `PKIFailureInfo`.
        failures: Vec<&'static str>,
        /// What it says to people.
        text: String,
    },
    /// Granted, but nothing came.
    #[error("the time-stamping authority granted a token, and sent none")]
    NoToken,
    /// The token's structure.
    #[error("the time-stamp token: {0}")]
    Structure(String),
    /// Its signature.
    #[error("the time-stamp token's signature: {0}")]
    Signature(String, Verdict),
    /// The signer is not named among what is signed: another certificate of the same key could take its place.
    #[error("the time-stamp token does not name its signer's certificate (ESSCertID, RFC 3161 §2.4.2)")]
    NoSigningCertificate,
    /// A certificate that nobody vouches for.
    #[error("the time-stamp token carries a certificate that is signed by none beside it and none configured")]
    StrayCertificate,
    /// Over the digest of a weak function.
    #[error("the time-stamp's imprint: {0}")]
    ImprintAlgorithm(SignatureError),
    /// Over something else.
    #[error("the time-stamp is over something else: its imprint is not the digest of this signature")]
    Imprint,
    /// An answer to another question.
    #[error("the time-stamp's nonce is not that of the query: an answer to another one")]
    Nonce,
    /// An answer to any question.
    #[error("the time-stamp has no nonce, and the query had one: it may be an old answer")]
    NoNonce,
    /// Under a policy that is not wanted.
    #[error("the time-stamp's policy is {found}; {} is wanted", list(wanted))]
    Policy {
        /// The token's.
        found: ObjectIdentifier,
        /// Those that would do.
        wanted: Vec<ObjectIdentifier>,
    },
    /// The certificate.
    #[error("the time-stamping authority's certificate: {0}")]
    Path(PathError),
    /// The clocks disagree.
    #[error("the time-stamp says {at}, and it is {now} here: more than {max:#} apart")]
    Skew {
        /// The token's time.
        at: Timestamp,
        /// Ours.
        now: Timestamp,
        /// What is allowed between them.
        max: SignedDuration,
    },
    /// Stamped in the future.
    #[error("the time-stamp says {at}, which is after {now}")]
    Future {
        /// The token's time.
        at: Timestamp,
        /// Ours.
        now: Timestamp,
    },
}

impl TimestampError {
    /// Wrong, or not to be told here.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Signature(_, verdict) => *verdict,
            Self::ImprintAlgorithm(error) => error.verdict(),
            Self::Path(error) => error.verdict(),
            Self::Random => Verdict::Indeterminate,
            _ => Verdict::Invalid,
        }
    }
}

fn reasons(failures: &[&'static str], text: &str) -> String {
    let named = if failures.is_empty() { String::new() } else { format!(", {}", failures.join(", ")) };
    let said = if text.is_empty() { String::new() } else { format!(" ({text:?})") };
    named + &said
}

fn list(policies: &[ObjectIdentifier]) -> String {
    policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
