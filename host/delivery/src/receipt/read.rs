//! A receipt against what was sent, and its signature.

use jiff::Timestamp;
use qadam_domain::{EventId, mask};
use qadam_evidence::{
    Certificate,
    path::{self, Usage},
    signed,
};

use super::{Answer, Receipt, Says, Stated};
use crate::{
    attempt::Failure,
    code::Code,
    sending::{Disclosed, Parts, Sending},
};

/// Whose signatures over receipts count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiptTrust {
    /// Where a signer's certificates must lead. Empty: signatures are not looked at. Whether a certificate was revoked is not
    /// asked: a receipt is judged when it comes, by roots that name the receiver and nobody else.
    pub roots: Vec<Certificate>,
    /// The BIN that the signer's certificate must state.
    pub bin: Option<String>,
    /// Whether a receipt without a signature is none.
    pub required: bool,
}

impl Receipt {
    /// The receipt in the bytes that came back: of this message, with exactly one answer for each event that was disclosed, and
    /// signed where that is asked for. `signature` is a detached CMS over these bytes, in DER.
    ///
    /// # Errors
    /// [`Code::Refused`] where the receiver refuses the whole message; otherwise [`Code::InvalidReceipt`], and what was wrong.
    pub fn read(
        bytes: &[u8],
        signature: Option<&[u8]>,
        sending: &Sending,
        trust: &ReceiptTrust,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let invalid = |wrong: String| Failure::new(Code::InvalidReceipt, wrong);
        let stated = Stated::parse(bytes).map_err(invalid)?;
        if stated.message != sending.message {
            return Err(invalid("the receipt is that of another message".to_owned()));
        }
        if stated.manifest.0 != sending.digest {
            return Err(invalid("the receipt names another manifest than the one that was sent".to_owned()));
        }
        let signer = trust.signer(bytes, signature, now).map_err(invalid)?;
        let answers = match (stated.says, &sending.parts) {
            (Says::Refused { code, reason }, _) => return Err(refused(&code, &reason)),
            (Says::Events(answers), Parts::Events(events)) => in_order(answers, events).map_err(invalid)?,
            (Says::Stamp { .. }, Parts::Stamp) => Vec::new(),
            (Says::Stamp { .. }, Parts::Events(_)) => {
                return Err(invalid("the receipt answers for a time-stamp, and events were sent".to_owned()));
            }
            (Says::Events(_), Parts::Stamp) => {
                return Err(invalid("the receipt answers for events, and a time-stamp was sent".to_owned()));
            }
        };
        Ok(Self { received_at: stated.received_at, signer, answers })
    }
}

fn refused(code: &str, reason: &str) -> Failure {
    Failure::new(Code::Refused, mask::text(&format!("refused by the receiver ({code}): {reason}"), 300))
}

/// A receiver's words are for operators: numbers of people in them are masked.
fn masked(answer: Answer) -> Answer {
    match answer {
        Answer::Refused { code, reason } => {
            Answer::Refused { code: mask::text(&code, 100), reason: mask::text(&reason, 300) }
        }
        other => other,
    }
}

/// The answers in the order of the events.
fn in_order(answers: Vec<(EventId, Answer)>, events: &[Disclosed]) -> Result<Vec<Answer>, String> {
    let answers: Vec<_> = answers.into_iter().map(|(id, answer)| (id, masked(answer))).collect();
    // As every receiver of ours writes them.
    if answers.len() == events.len() && answers.iter().zip(events).all(|((id, _), event)| *id == event.id) {
        return Ok(answers.into_iter().map(|(_, answer)| answer).collect());
    }
    let mut by_id = std::collections::HashMap::with_capacity(answers.len());
    for (id, answer) in answers {
        if by_id.insert(id, answer).is_some() {
            return Err(format!("the receipt answers twice for {id}"));
        }
    }
    let found = events.iter().map(|event| {
        by_id.remove(&event.id).ok_or_else(|| format!("the receipt does not answer for {}, which was sent", event.id))
    });
    let found = found.collect::<Result<Vec<_>, _>>()?;
    match by_id.keys().next() {
        Some(other) => Err(format!("the receipt answers for {other}, which was not sent")),
        None => Ok(found),
    }
}

impl ReceiptTrust {
    /// Who signed; none where nobody did and nobody had to.
    fn signer(&self, bytes: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<Option<String>, String> {
        let signature = match signature {
            None if self.required => return Err("the receipt is not signed, and must be".to_owned()),
            Some(signature) if !self.roots.is_empty() => signature,
            _ => return Ok(None),
        };
        let verified = signed::verify(signature, Some(bytes)).map_err(|checks| {
            let reason = checks.worst().map(|check| check.reason.clone()).unwrap_or_default();
            format!("the receipt's signature does not hold: {reason}")
        })?;
        let [signer] = verified.signers.as_slice() else {
            return Err(format!("the receipt has {} signers; one is expected", verified.signers.len()));
        };
        let certificate = &signer.certificate;
        path::check(certificate, &verified.certificates, &self.roots, now, Usage::Signing)
            .map_err(|error| format!("the receipt's signer is not trusted: {error}"))?;
        let may = certificate.key_usage().is_none_or(|usage| usage.digital_signature() || usage.non_repudiation());
        if !may {
            return Err("the receipt is signed with a key that is not for signing".to_owned());
        }
        let subject = certificate.subject();
        if self.bin.is_some() && subject.bin != self.bin {
            return Err("the receipt is signed by another organisation: its BIN is not the configured one".to_owned());
        }
        // A person's name does not belong into the journal.
        let common = subject.common_name.as_ref().filter(|_| subject.iin.is_none());
        let named = subject.organisation.as_ref().or(subject.bin.as_ref()).or(common);
        let named = named.cloned().unwrap_or_else(|| data_encoding::HEXLOWER.encode(certificate.serial()));
        Ok(Some(named.chars().take(100).collect()))
    }
}
