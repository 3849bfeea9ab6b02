//! Whether a certificate was revoked at the time that counts, by revocation lists and OCSP answers whose own signatures, times
//! and identities are checked. It fails closed: where nothing usable speaks, nobody knows, and what is needed is named.
//!
//! What says *revoked* is believed from any list or answer of the issuer, however old. What says *good* must be in force at the
//! time that counts. A certificate that was revoked after that time was good at it.

mod crl;
mod need;
mod ocsp;

use jiff::{SignedDuration, Timestamp};

pub use self::{
    crl::{Crl, MAX_CRL},
    need::{Naming, Need},
    ocsp::MAX_ANSWER,
};
use crate::{
    certificate::Certificate,
    verdict::{Check, Step, Verdict},
};

/// How lists and answers are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// OCSP responders that answer for any issuer, beside the issuers themselves and those whom they appointed.
    pub responders: Vec<Certificate>,
    /// Whether an OCSP answer must repeat the nonce of its request. Where not, its own times alone say how fresh it is.
    pub nonce_required: bool,
    /// Whether the authorities between signer and root must be shown not to be revoked too.
    pub authorities_too: bool,
    /// How long an answer counts that does not say when the next one comes.
    pub open_ended: SignedDuration,
    /// How far another's clock may be ahead of ours.
    pub skew: SignedDuration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            responders: Vec::new(),
            nonce_required: true,
            authorities_too: true,
            open_ended: SignedDuration::from_hours(1),
            skew: SignedDuration::from_mins(1),
        }
    }
}

/// The lists and answers that are at hand.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Lists of any issuers.
    pub crls: Vec<Crl>,
    /// Answers about any certificates.
    pub ocsp: Vec<Answer>,
}

/// An OCSP answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its bytes.
    pub der: Vec<u8>,
    /// The nonce of the request that it answers, if that had one. None for an answer that was kept: its time is what counts then.
    pub nonce: Option<Vec<u8>>,
}

impl Answer {
    /// When it was made, and until when it says that it counts, if it is about that certificate. It is not checked for that.
    #[must_use]
    pub fn times(&self, need: &Need) -> Option<(Timestamp, Option<Timestamp>)> {
        ocsp::times(&self.der, &need.certificate, &need.issuer)
    }

    /// Whether it tells by itself, now, if the certificate was revoked: good, suspended or revoked. The lists are for the
    /// responder's own certificate.
    ///
    /// # Errors
    /// Why it says nothing.
    pub fn tells(&self, need: &Need, lists: &[Crl], now: Timestamp, rules: &Rules) -> Result<(), String> {
        let moment = Moment { at: now, now, rules };
        let said = ocsp::status(self, &need.certificate, &need.issuer, lists, &moment);
        said.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// What told that a certificate was not revoked, or that it was. Goes into archives.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A list.
    Crl(Crl),
    /// An OCSP answer in DER.
    Ocsp(Vec<u8>),
}

impl Proof {
    /// Its bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        match self {
            Self::Crl(crl) => crl.der(),
            Self::Ocsp(der) => der,
        }
    }
}

/// What is known.
#[derive(Clone, Debug)]
pub struct Status {
    /// Of the step [`Step::Revocation`].
    pub check: Check,
    /// By what it was told.
    pub proofs: Vec<Proof>,
    /// What would tell, where it is not known.
    pub needs: Vec<Need>,
}

/// The times of a question, and the rules of its answer.
#[derive(Clone, Copy)]
struct Moment<'a> {
    at: Timestamp,
    now: Timestamp,
    rules: &'a Rules,
}

impl Moment<'_> {
    /// Nothing that is true was made after this.
    fn latest(&self) -> Timestamp {
        self.now.saturating_add(self.rules.skew).unwrap_or(Timestamp::MAX)
    }

    /// Until when a list or an answer counts.
    fn until(&self, this_update: Timestamp, next_update: Option<Timestamp>) -> Timestamp {
        next_update.unwrap_or_else(|| this_update.saturating_add(self.rules.open_ended).unwrap_or(Timestamp::MAX))
    }
}

/// What one list or answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Good,
    Held { since: Timestamp },
    Revoked { since: Timestamp },
}

impl Found {
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Revoked { since: a }, Self::Revoked { since: b }) => Self::Revoked { since: a.min(b) },
            (revoked @ Self::Revoked { .. }, _) | (_, revoked @ Self::Revoked { .. }) => revoked,
            (held @ Self::Held { .. }, _) | (_, held @ Self::Held { .. }) => held,
            _ => Self::Good,
        }
    }
}

/// Why a list or an answer says nothing.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    /// It is not about this certificate. It may be there for another.
    #[error("it is about another certificate")]
    Unrelated,
    /// It ought to tell, and cannot.
    #[error("{0}")]
    Wrong(String),
}

impl Unusable {
    fn unknown_extension(oid: const_oid::ObjectIdentifier) -> Self {
        Self::Wrong(format!("it has the critical extension {oid}, which is not known here"))
    }
}

/// Whether a certificate of this issuer was revoked at a time; `now` is when this is asked.
#[must_use]
pub fn check(
    certificate: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
    now: Timestamp,
    evidence: &Evidence,
    rules: &Rules,
) -> Status {
    let moment = Moment { at, now, rules };
    let lists = evidence.crls.iter().filter(|crl| crl.issuer() == certificate.issuer());
    let lists = lists.map(|crl| {
        let which = if crl.is_delta() { "a delta revocation list" } else { "the revocation list" };
        (which, Proof::Crl(crl.clone()), crl.status(certificate, issuer, &moment))
    });
    let answers = evidence.ocsp.iter().map(|answer| {
        let said = ocsp::status(answer, certificate, issuer, &evidence.crls, &moment);
        ("the OCSP answer", Proof::Ocsp(answer.der.clone()), said)
    });
    let (mut proofs, mut later) = (Vec::new(), String::new());
    let (mut unusable, mut unrelated) = (Vec::new(), Vec::new());
    let status = |verdict, reason, proofs, needs| Status {
        check: Check { step: Step::Revocation, verdict, reason },
        proofs,
        needs,
    };
    let mut held = None;
    for (which, proof, said) in lists.chain(answers) {
        match said {
            Ok(Found::Revoked { since }) if since <= at => {
                let reason =
                    format!("{which} says that the certificate was revoked at {since}; the time that counts is {at}");
                return status(Verdict::Invalid, reason, vec![proof], Vec::new());
            }
            Ok(Found::Held { since }) if since <= at => {
                held = Some((format!("{which} says that the certificate is suspended since {since}"), proof));
            }
            Ok(Found::Revoked { since } | Found::Held { since }) => {
                later = format!("revoked at {since}, after the time that counts, {at}");
                proofs.push(proof);
            }
            Ok(Found::Good) => proofs.push(proof),
            Err(Unusable::Unrelated) => unrelated.push(format!("{which}: {}", Unusable::Unrelated)),
            Err(error) => unusable.push(format!("{which}: {error}")),
        }
    }
    let need = || vec![Need { certificate: certificate.clone(), issuer: issuer.clone() }];
    if let Some((reason, proof)) = held {
        return status(Verdict::Indeterminate, reason, vec![proof], need());
    }
    if proofs.is_empty() {
        let mut reasons = if unusable.is_empty() { unrelated } else { unusable };
        reasons.dedup();
        let reason = match reasons.as_slice() {
            [] => "neither a revocation list of the issuer nor an OCSP answer is at hand".to_owned(),
            reasons => reasons.join("; "),
        };
        return status(Verdict::Indeterminate, reason, Vec::new(), need());
    }
    status(Verdict::Valid, later, proofs, Vec::new())
}

/// [`check`] for each certificate of a path that can be revoked, from the signer's on: the worst of them.
#[must_use]
pub fn check_path(path: &[Certificate], at: Timestamp, now: Timestamp, evidence: &Evidence, rules: &Rules) -> Status {
    let check_one = Check { step: Step::Revocation, verdict: Verdict::Valid, reason: String::new() };
    let mut worst = Status { check: check_one, proofs: Vec::new(), needs: Vec::new() };
    let most = if rules.authorities_too { path.len() } else { 1 };
    for (number, (certificate, issuer)) in path.iter().zip(path.iter().skip(1)).take(most).enumerate() {
        let mut one = check(certificate, issuer, at, now, evidence, rules);
        if number > 0 && !one.check.reason.is_empty() {
            one.check.reason = format!("of the authority {number} above the signer: {}", one.check.reason);
        }
        worst.proofs.extend(one.proofs);
        worst.needs.extend(one.needs);
        let same = one.check.verdict == worst.check.verdict && worst.check.reason.is_empty();
        if one.check.verdict > worst.check.verdict || same {
            worst.check = one.check;
        }
    }
    worst
}
