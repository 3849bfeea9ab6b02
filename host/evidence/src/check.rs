//! The checks of a signature that arrived (Order 1187, 1277-11, 452-8, 56-6.6): every step is taken and has its verdict, so that
//! whoever reads them sees all that is wrong, and not the first of it.
//!
//! The time that counts is that of a time-stamp token in the message, if it holds; otherwise the time of receipt, which this host
//! saw itself. The signer's own clock is a claim.

mod owner;
mod signer;

use jiff::Timestamp;

pub use self::owner::applicant;
use crate::{
    certificate::Certificate,
    revocation::{Evidence, Need, Proof},
    signed,
    signed_data::DATA,
    timestamp::TimestampTrust,
    trust::Trust,
    verdict::{Check, Checks, Step, Verdict},
};

/// What is checked, and against what.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The signed message.
    pub cms: &'a [u8],
    /// What was received beside it, for a detached signature.
    pub content: Option<&'a [u8]>,
    /// What was found of structure and signature when the whole content was at hand, which it is no more.
    pub found_before: Option<&'a Checks>,
    /// When it was received here.
    pub received_at: Timestamp,
    /// When this check is made: later, where an earlier one could not tell.
    pub now: Timestamp,
    /// Whose signature it must be.
    pub owner: Owner<'a>,
    /// Who is trusted, and the tables of the steps.
    pub trust: &'a Trust,
    /// Whose time-stamps are trusted.
    pub timestamps: &'a TimestampTrust,
    /// Revocation lists and OCSP answers that are at hand.
    pub evidence: &'a Evidence,
}

/// Whose signature is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A provider's authorised person's: of this BIN, in a role that may sign (452-8).
    Provider {
        /// The provider's number.
        bin: &'a str,
    },
    /// An applicant's, or an official's for one. Whose request it is, is known when it was read: [`applicant`].
    Applicant,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Every step.
    pub checks: Checks,
    /// Who signed. Empty if the message cannot be read. Proved only if the checks are valid.
    pub signers: Vec<Signatory>,
    /// The time that counted: the latest, if the signers have several.
    pub at: Timestamp,
    /// What would tell, where it could not be told whether something was revoked. Empty where nothing can help any more.
    pub needs: Vec<Need>,
    /// The lists and answers by which it was told.
    pub proofs: Vec<Proof>,
    /// The bytes that were signed: these, and no others, are to be read on. Empty if the message cannot be read.
    pub content: Vec<u8>,
}

/// One who signed.
#[derive(Clone, Debug)]
pub struct Signatory {
    /// The certificate, which says whose it is.
    pub certificate: Certificate,
    /// The time that counted.
    pub at: Timestamp,
    /// Whether that is a time-stamp's, and not that of receipt.
    pub stamped: bool,
    /// The signer's own clock.
    pub claimed: Option<Timestamp>,
}

/// Takes every step for a signature that arrived.
#[must_use]
pub fn signature(input: &Input<'_>) -> Outcome {
    let mut outcome = Outcome {
        checks: Checks::default(),
        signers: Vec::new(),
        at: input.received_at,
        needs: Vec::new(),
        proofs: Vec::new(),
        content: Vec::new(),
    };
    let message = match signed::read(input.cms, input.content, DATA) {
        Ok(message) => message,
        Err(check) => {
            outcome.checks.0.push(check);
            return outcome;
        }
    };
    let mut steps = match input.found_before {
        Some(found) => found_before(found),
        None => vec![valid(Step::Structure), message.signature()],
    };
    let mut rights = Vec::new();
    for (number, (one, _)) in message.signers.iter().enumerate() {
        let found = signer::check(one, &message.certificates, input);
        let several = (message.signers.len() > 1).then_some(number + 1);
        steps.extend(found.steps.into_iter().map(|check| of_signer(check, several)));
        let own = owner::rights(&one.certificate, input).into_iter().map(|check| of_signer(check, several));
        rights.push(own.collect::<Vec<_>>());
        outcome.signers.push(found.signatory);
        outcome.needs.extend(found.needs);
        outcome.proofs.extend(found.proofs);
    }
    // Of several signers each must hold, and one must be the authorised person: role and owner in one.
    let authorised = rights.iter().position(|steps| steps.iter().all(|step| step.verdict == Verdict::Valid));
    steps.extend(rights.into_iter().nth(authorised.unwrap_or(0)).into_iter().flatten());
    for check in steps {
        worst_of_step(&mut outcome.checks, check);
    }
    if outcome.checks.verdict() == Verdict::Invalid {
        outcome.needs.clear();
    }
    outcome.at = outcome.signers.iter().map(|signer| signer.at).max().unwrap_or(input.received_at);
    outcome.content = message.content.into_owned();
    outcome
}

/// Structure and signature as they were found; nothing found is nothing proved.
fn found_before(found: &Checks) -> Vec<Check> {
    let of = |step| found.0.iter().filter(move |check| check.step == step).cloned();
    let mut steps: Vec<_> = of(Step::Structure).chain(of(Step::Signature)).collect();
    if of(Step::Signature).next().is_none() {
        let reason = "what was found of the signature when the content was whole is not known".to_owned();
        steps.push(Check { step: Step::Signature, verdict: Verdict::Indeterminate, reason });
    }
    steps
}

fn valid(step: Step) -> Check {
    Check { step, verdict: Verdict::Valid, reason: String::new() }
}

/// A check of a step: it holds, or why not.
fn judged(step: Step, wrong: Result<(), String>) -> Check {
    match wrong {
        Ok(()) => valid(step),
        Err(reason) => Check { step, verdict: Verdict::Invalid, reason },
    }
}

/// Says of which signer a check is, where there are several.
fn of_signer(mut check: Check, number: Option<usize>) -> Check {
    if let Some(number) = number.filter(|_| !check.reason.is_empty()) {
        check.reason = format!("signer {number}: {}", check.reason);
    }
    check
}

/// One verdict a step: the worst, and of equals the first that gives a reason.
fn worst_of_step(checks: &mut Checks, check: Check) {
    match checks.0.iter_mut().find(|other| other.step == check.step) {
        None => checks.0.push(check),
        Some(other) if check.verdict > other.verdict => *other = check,
        Some(other) if check.verdict == other.verdict && other.reason.is_empty() => *other = check,
        Some(_) => {}
    }
}
