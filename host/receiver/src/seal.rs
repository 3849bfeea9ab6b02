//! Whether a message's seal holds: the signature over the manifest, its time-stamp, whose they are.

use jiff::Timestamp;
use qadam_delivery::{Envelope, Parts};
use qadam_evidence::{
    Certificate, Verdict,
    path::{self, Usage},
    seal, signed,
    timestamp::{TimestampTrust, check_token},
};

use crate::{check::Refusal, take::TakeError};

/// Why a seal is not taken.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// The message is not what its seal says: it never will be.
    Refused(Refusal),
    /// Something here, or between us, must be put right first: the message may be as it should.
    Waits(TakeError),
}

/// Whether the seal holds; and whether it has its time-stamp.
pub(crate) fn check(envelope: &Envelope, roots: &[Certificate], now: Timestamp) -> Result<bool, Wrong> {
    let refused = |code, reason: String| Wrong::Refused(Refusal::new(code, reason));
    let stranger = |reason: String| Wrong::Waits(TakeError::Stranger(reason));
    let verified = signed::verify(&envelope.signature, Some(&envelope.manifest)).map_err(|checks| {
        let reason = checks.worst().map(|check| check.reason.clone()).unwrap_or_default();
        match checks.verdict() {
            Verdict::Indeterminate => {
                Wrong::Waits(TakeError::Unavailable(format!("the seal cannot be judged: {reason}")))
            }
            _ => refused("seal", reason),
        }
    })?;
    let [signer] = verified.signers.as_slice() else {
        return Err(refused("seal", format!("it has {} signers; a seal has one", verified.signers.len())));
    };
    let parts =
        seal::signature_value(&envelope.signature).and_then(|value| Ok((value, seal::token(&envelope.signature)?)));
    let (value, token) = parts.map_err(|error| refused("seal", error.to_string()))?;
    if token.is_none() && matches!(envelope.parts, Parts::Stamp) {
        return Err(refused("time-stamp", "the supplement with the time-stamp has none".to_owned()));
    }
    if roots.is_empty() {
        return Ok(token.is_some());
    }
    let mut at = now;
    if let Some(token) = &token {
        let (held, checks) = check_token(token, &value, &TimestampTrust::in_roots(roots.to_vec()), now);
        let Some(held) = held else {
            let reason = checks.worst().map(|check| check.reason.clone()).unwrap_or_default();
            return Err(stranger(format!("its time-stamp: {reason}")));
        };
        at = held.at;
    }
    let certificate = &signer.certificate;
    path::check(certificate, &verified.certificates, roots, at, Usage::Signing)
        .map_err(|error| stranger(format!("the seal's certificate: {error}")))?;
    if !certificate.key_usage().is_some_and(|usage| usage.digital_signature() || usage.non_repudiation()) {
        return Err(stranger("the seal's certificate is not one for signing".to_owned()));
    }
    Ok(token.is_some())
}
