//! Signatures that records come with: checked before a record is mapped, each step with its verdict (invariant 9, 452-8,
//! 1277-11, 56-6.6). What a provider's profile does not ask for is checked and shown all the same.
//!
//! A signature is beside the record, or around it (CMS). It is checked over exactly the bytes that go to the adapter.

mod intake;
mod recheck;

use std::{
    borrow::Cow,
    sync::{Arc, PoisonError},
};

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
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
pub use self::recheck::Rechecker;
use crate::{Pipeline, Profile, profile::WhoSigns};

/// How long a record waits for lists and answers that were asked for, before it goes on without them.
const GRACE: SignedDuration = SignedDuration::from_secs(20);

/// Bytes of a list or an answer that is kept with the verdict which it gave. Lists of a nation's authority are too long to be
/// kept with each record; an archive has those of the day on which it is made.
const PROOF: usize = 32 << 10;

/// Records that wait and whose first asking is known, at most.
const ASKED: usize = 100_000;

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
    /// What is recorded already.
    before: Option<CheckedFact>,
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
    /// As the store keeps it; none where it knows the same already.
    pub(crate) fn recorded(self) -> Option<(CheckedFact, Vec<u8>)> {
        let Self { before, mut fact, checks, used } = self;
        fact.valid = certain(checks.verdict());
        fact.again &= fact.valid.is_none();
        // Checks and texts are always JSON.
        fact.checks = serde_json::to_string(&checks).unwrap_or_default();
        if before.is_some_and(|before| before.valid == fact.valid && before.checks == fact.checks) {
            return None;
        }
        Some((fact, if used.proofs.is_empty() { Vec::new() } else { serde_json::to_vec(&used).unwrap_or_default() }))
    }

    /// A step that only mapping can take is as it was found then.
    pub(crate) fn with_owner_of(&mut self, checks: &str) {
        let before: Checks = serde_json::from_str(checks).unwrap_or_default();
        let owner = before.0.into_iter().find(|check| check.step == Step::Owner);
        if !self.checks.0.iter().any(|check| check.step == Step::Owner) {
            self.checks.0.extend(owner);
        }
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
        if record.erased {
            // Mapped again as if it were empty, it would take back all that it gave.
            let detail = "its body was erased, so it cannot be mapped again; the events that it gave stay".to_owned();
            return Ok(Gate::Hold(Quarantine { fault: "erased".to_owned(), detail }, None));
        }
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
        let before =
            self.store.checked(record.id.seq)?.map(|checked| checked.fact).filter(|fact| fact.valid == Some(true));
        let outcome = self.checked(profile, record, signed);
        let now = self.now();
        let again = outcome.checks.verdict() == Verdict::Indeterminate && !outcome.needs.is_empty();
        if before.is_none()
            && again
            && self.signatures.revocation.need(&outcome.needs)
            && self.waits(record.id.seq, now)
        {
            return Ok(Gate::Wait);
        }
        // What was valid once stays so: a certificate may be revoked, or its list be gone, since. What was invalid is looked
        // at anew: the operator may have corrected what it is compared with.
        let checks: Checks = before
            .as_ref()
            .and_then(|fact| serde_json::from_str(&fact.checks).ok())
            .unwrap_or_else(|| outcome.checks.clone());
        let verdicts = Some(Verdicts {
            before: before.clone(),
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

    /// Whether a record still waits for what was asked for. The time counts from the first asking, not from the receipt: its
    /// adapter may have been away for long. A clock that went back lets nobody wait.
    fn waits(&self, record: u64, now: Timestamp) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() > ASKED {
            asked.clear();
        }
        let waited = now.duration_since(*asked.entry(record).or_insert(now));
        let waits = !waited.is_negative() && waited < GRACE;
        if !waits {
            asked.remove(&record);
        }
        waits
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
            (None, _) => {
                let mut checks = before.unwrap_or_default();
                checks.add(Step::Chain, Verdict::Indeterminate, "the signature is not kept any more");
                return nothing(checks);
            }
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
        let (WhoSigns::Applicant, FoundResult::Mapped(events)) = (profile.signatures.by, &result) else {
            return result;
        };
        let check = match &self.signatures.trust {
            Some(trust) if !opened.signers.is_empty() => owner(events, &opened.signers, trust),
            // Not signed, and need not be.
            _ if opened.verdicts.is_none() => return result,
            _ => Check {
                step: Step::Owner,
                verdict: Verdict::Indeterminate,
                reason: "who signed cannot be told".to_owned(),
            },
        };
        let (verdict, refusal) = (check.verdict, refusal(Some(&check)));
        let held = Quarantine { fault: UNCERTAIN.to_owned(), detail: said(Some(&check)) };
        if let Some(verdicts) = &mut opened.verdicts {
            verdicts.checks.0.retain(|before| before.step != Step::Owner);
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
