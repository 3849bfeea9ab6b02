//! Signatures that records come with: checked before a record is mapped, each step with its verdict (invariant 9, 452-8,
//! 1277-11, 56-6.6). What a provider's profile does not ask for is checked and shown all the same.
//!
//! A signature is beside the record, or around it (CMS). It is checked over exactly the bytes that go to the adapter.

mod intake;
mod recheck;

use std::{borrow::Cow, sync::Arc};

use data_encoding::BASE64;
use jiff::SignedDuration;
use qadam_domain::{Refusal, RefusalCause, ValidatedEvent, fields::Update};
use qadam_engine::NativeInput;
use qadam_evidence::{
    Check, Checks, Step, Trust, Verdict,
    archive::Revocation,
    check::{self, Input, Owner, Signatory, applicant, signature},
    revocation::{Answer, Crl, Evidence, Need, Proof},
    timestamp::TimestampTrust,
};
use qadam_store::{CheckedFact, FoundResult, Quarantine, Record, Signed, SignedForm, StoreError};
use serde::{Deserialize, Serialize};

pub(crate) use self::intake::taken;
pub use self::{intake::wraps, recheck::Rechecker};
use crate::{Pipeline, Profile, profile::WhoSigns};

/// How long a record waits for lists and answers that were asked for, before it goes on without them.
const GRACE: SignedDuration = SignedDuration::from_secs(20);

/// Bytes of a list or an answer that is kept with the verdict which it gave. Lists of a nation's authority are too long to be
/// kept with each record; an archive has those of the day on which it is made.
const PROOF: usize = 32 << 10;

/// Whom the host trusts, and where it learns of revocations.
#[derive(Clone)]
pub struct SignaturePolicy {
    /// The tables of the steps; none where no roots are configured.
    pub trust: Option<Trust>,
    /// Whose time-stamps count.
    pub timestamps: TimestampTrust,
    /// Lists and answers.
    pub revocation: Arc<dyn RevocationSource>,
}

/// Where lists of revoked certificates and OCSP answers come from.
pub trait RevocationSource: Send + Sync {
    /// The lists at hand.
    fn lists(&self) -> Vec<Crl>;

    /// Answers at hand to what is needed.
    fn answers(&self, needs: &[Need]) -> Vec<Answer>;

    /// These are needed: answers are fetched, and are at hand later. Does not block. Whether there is anybody to ask.
    fn need(&self, needs: &[Need]) -> bool;
}

/// Whether a record may go on to its adapter.
pub(crate) enum Gate<'a> {
    /// It may.
    Open(Opened<'a>),
    /// The record's fault.
    Refuse(Refusal, Option<Verdicts>),
    /// It is set aside: what its provider's profile asks for cannot be told.
    Hold(Quarantine, Option<Verdicts>),
    /// What tells is being fetched.
    Wait,
}

impl Gate<'_> {
    /// What the adapter is given of it, if anything.
    pub(crate) fn input<'a>(&'a self, record: &Record, id: &'a str) -> Option<NativeInput<'a>> {
        let Self::Open(Opened { content_type, body, .. }) = self else { return None };
        Some(NativeInput { id, content_type, received_at: record.received.at, body })
    }
}

/// What goes to the adapter.
pub(crate) struct Opened<'a> {
    pub(crate) content_type: Cow<'a, str>,
    pub(crate) body: Cow<'a, [u8]>,
    signers: Vec<Signatory>,
    pub(crate) verdicts: Option<Verdicts>,
}

/// What the checks gave, to be recorded.
pub(crate) struct Verdicts {
    fact: CheckedFact,
    checks: Checks,
    used: Used,
}

/// What the checks used: personal data, in the erasable body of their entry.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Used {
    proofs: Vec<UsedProof>,
}

/// A list or an answer, base64.
#[derive(Debug, Serialize, Deserialize)]
struct UsedProof {
    kind: String,
    der: String,
}

impl Verdicts {
    /// As the store keeps it.
    pub(crate) fn recorded(self) -> (CheckedFact, Vec<u8>) {
        let Self { mut fact, checks, used } = self;
        fact.valid = certain(checks.verdict());
        // Checks and texts are always JSON.
        fact.checks = serde_json::to_string(&checks).unwrap_or_default();
        (fact, if used.proofs.is_empty() { Vec::new() } else { serde_json::to_vec(&used).unwrap_or_default() })
    }
}

fn used(proof: &Proof) -> UsedProof {
    let kind = match proof {
        Proof::Crl(_) => "crl",
        Proof::Ocsp(_) => "ocsp",
    };
    UsedProof { kind: kind.to_owned(), der: BASE64.encode(proof.der()) }
}

/// The lists and answers that told of a record's signature, as its entry keeps them, for an archive.
pub(crate) fn proofs(body: &[u8]) -> Vec<Revocation> {
    let used = serde_json::from_slice::<Used>(body).unwrap_or_default().proofs;
    let decoded = used.iter().filter_map(|one| Some((one.kind.as_str(), BASE64.decode(one.der.as_bytes()).ok()?)));
    decoded.zip(1..).map(|((kind, der), number)| Revocation { name: format!("record-{number}.{kind}"), der }).collect()
}

const fn certain(verdict: Verdict) -> Option<bool> {
    match verdict {
        Verdict::Valid => Some(true),
        Verdict::Invalid => Some(false),
        Verdict::Indeterminate => None,
    }
}

impl Pipeline {
    /// Whether a record may go on, and what of it.
    pub(crate) fn gate<'a>(&self, profile: &Profile, record: &'a Record) -> Result<Gate<'a>, StoreError> {
        let received = &record.received;
        let plain = || Opened {
            content_type: Cow::Borrowed(received.content_type.as_str()),
            body: Cow::Borrowed(record.body.as_deref().unwrap_or_default()),
            signers: Vec::new(),
            verdicts: None,
        };
        let required = profile.signatures.required;
        let Some(signed) = &received.signed else {
            let missing = "the record is not signed; records of this provider must be (the header `Qadam-Signature`, or CMS \
                           around the record)";
            return Ok(match required {
                true => Gate::Refuse(Refusal::new(RefusalCause::Signature, "signature", missing, None), None),
                false => Gate::Open(plain()),
            });
        };
        let before = self.store.checked(record.id.seq)?.map(|checked| checked.fact).filter(|fact| fact.valid.is_some());
        let outcome = self.checked(profile, record, signed);
        let now = self.now();
        let again = outcome.checks.verdict() == Verdict::Indeterminate && !outcome.needs.is_empty();
        if before.is_none() && again && self.signatures.revocation.need(&outcome.needs) {
            // A clock that went back lets nobody wait.
            let waited = now.duration_since(received.at);
            if !waited.is_negative() && waited < GRACE {
                return Ok(Gate::Wait);
            }
        }
        // What was certain once stays so: a certificate may be revoked, or its list be gone, since.
        let checks: Checks = before
            .as_ref()
            .and_then(|fact| serde_json::from_str(&fact.checks).ok())
            .unwrap_or_else(|| outcome.checks.clone());
        let verdicts = before.is_none().then(|| Verdicts {
            fact: CheckedFact {
                provider: received.provider.clone(),
                record: record.id.seq,
                at: now,
                valid: None,
                checks: String::new(),
                authorised: profile.signatures.by == WhoSigns::Provider,
                again,
            },
            checks: checks.clone(),
            used: Used { proofs: outcome.proofs.iter().filter(|proof| proof.der().len() <= PROOF).map(used).collect() },
        });
        let worst = checks.worst().cloned();
        Ok(match (checks.verdict(), required) {
            (Verdict::Valid, _) | (_, false) => {
                let mut opened = Opened { signers: outcome.signers, verdicts, ..plain() };
                if signed.form == SignedForm::Wrapped
                    && signed.before_redaction.is_none()
                    && !outcome.content.is_empty()
                {
                    opened.body = Cow::Owned(outcome.content);
                }
                if signed.form == SignedForm::Wrapped {
                    opened.content_type = Cow::Owned(intake::content_type(&received.content_type));
                }
                Gate::Open(opened)
            }
            (Verdict::Invalid, true) => Gate::Refuse(refusal(worst.as_ref()), verdicts),
            (Verdict::Indeterminate, true) => {
                let detail = format!("{}; it is tried again where that may help", said(worst.as_ref()));
                Gate::Hold(Quarantine { fault: UNCERTAIN.to_owned(), detail }, verdicts)
            }
        })
    }

    /// Takes every step that can be taken.
    fn checked(&self, profile: &Profile, record: &Record, signed: &Signed) -> check::Outcome {
        let received = &record.received;
        let nothing = |checks| check::Outcome {
            checks,
            signers: Vec::new(),
            at: received.at,
            needs: Vec::new(),
            proofs: Vec::new(),
            content: Vec::new(),
        };
        let unknown = |step, reason: &str| {
            let mut checks = Checks::default();
            checks.add(step, Verdict::Indeterminate, reason);
            nothing(checks)
        };
        let body = record.body.as_deref().unwrap_or_default();
        let before: Option<Checks> =
            signed.before_redaction.as_ref().and_then(|checks| serde_json::from_str(checks).ok());
        let (cms, content) = match (&record.signature, signed.form) {
            (Some(signature), _) => (signature.as_slice(), Some(body)),
            (None, SignedForm::Wrapped) if before.is_none() => (body, None),
            (None, _) => return nothing(before.unwrap_or_default()),
        };
        let Some(trust) = &self.signatures.trust else {
            // What needs no trust is told all the same.
            let mut outcome = match qadam_evidence::signed::verify(cms, content) {
                Ok(verified) => check::Outcome { content: verified.content, ..unknown(Step::Chain, NO_ROOTS) },
                Err(checks) if before.is_none() => nothing(checks),
                Err(_) => unknown(Step::Chain, NO_ROOTS),
            };
            outcome.checks.0.extend(before.into_iter().flat_map(|before| before.0));
            return outcome;
        };
        let bin = profile.bin.as_deref().unwrap_or_default();
        let owner = match profile.signatures.by {
            WhoSigns::Provider => Owner::Provider { bin },
            WhoSigns::Applicant => Owner::Applicant,
        };
        let source = &self.signatures.revocation;
        let asked = |evidence: &Evidence| {
            signature(&Input {
                cms,
                content,
                found_before: before.as_ref(),
                received_at: received.at,
                now: self.now(),
                owner,
                trust,
                timestamps: &self.signatures.timestamps,
                evidence,
            })
        };
        let mut evidence = Evidence { crls: source.lists(), ocsp: Vec::new() };
        let mut outcome = asked(&evidence);
        if !outcome.needs.is_empty() {
            // Lists tell of most; answers are looked for where they do not.
            evidence.ocsp = source.answers(&outcome.needs);
            if !evidence.ocsp.is_empty() {
                outcome = asked(&evidence);
            }
        }
        if profile.bin.is_none() && profile.signatures.by == WhoSigns::Provider {
            for check in outcome.checks.0.iter_mut().filter(|check| check.step == Step::Owner) {
                check.verdict = Verdict::Indeterminate;
                NO_BIN.clone_into(&mut check.reason);
            }
        }
        outcome
    }

    /// After mapping: an applicant's request is for the one who signed it, or an official signed for them (56-6.6).
    pub(crate) fn owned(&self, profile: &Profile, opened: &mut Opened<'_>, result: FoundResult) -> FoundResult {
        let (Some(trust), WhoSigns::Applicant) = (&self.signatures.trust, profile.signatures.by) else { return result };
        let FoundResult::Mapped(events) = &result else { return result };
        if opened.signers.is_empty() {
            return result;
        }
        let check = owner(events, &opened.signers, trust);
        let (verdict, refusal) = (check.verdict, refusal(Some(&check)));
        let held = Quarantine { fault: UNCERTAIN.to_owned(), detail: said(Some(&check)) };
        if let Some(verdicts) = &mut opened.verdicts {
            verdicts.checks.0.push(check);
        }
        match (profile.signatures.required, verdict) {
            (false, _) | (_, Verdict::Valid) => result,
            (true, Verdict::Invalid) => FoundResult::Refused(refusal),
            (true, Verdict::Indeterminate) => FoundResult::Quarantined(held),
        }
    }
}

/// Name of what sets a record aside whose signature cannot be told.
pub const UNCERTAIN: &str = "signature-indeterminate";
const NO_BIN: &str = "the provider's number is not configured (`bin`), so nobody knows whose certificate it must be";
const NO_ROOTS: &str = "no trusted roots are configured (`[trust] roots`)";

/// Every number that the events set is the signer's, or may be signed for by them. Where none is set, nobody knows.
fn owner(events: &[ValidatedEvent], signers: &[Signatory], trust: &Trust) -> Check {
    let numbers = events.iter().filter_map(|event| match &event.event().fields.identification_number {
        Update::Set(number) => Some(number.as_str()),
        Update::Unchanged | Update::Cleared => None,
    });
    let of = |number| signers.iter().map(|signer| applicant(signer, number, trust)).min_by_key(|check| check.verdict);
    numbers.filter_map(of).max_by_key(|check| check.verdict).unwrap_or_else(|| Check {
        step: Step::Owner,
        verdict: Verdict::Indeterminate,
        reason: "the record names no identification number to compare with the certificate's (56-6.6)".to_owned(),
    })
}

fn said(check: Option<&Check>) -> String {
    check.map_or_else(String::new, |check| format!("{}: {}", check.step, check.reason))
}

/// A refusal names the check (56-6.6).
fn refusal(check: Option<&Check>) -> Refusal {
    let step = check.map_or("signature", |check| check.step.as_str());
    Refusal::new(RefusalCause::Signature, &format!("signature.{step}"), &said(check), None)
}

impl std::fmt::Debug for SignaturePolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignaturePolicy").field("trusts", &self.trust.is_some()).finish_non_exhaustive()
    }
}
