//! The steps for one signer: time-stamp, claimed time, validity, key usage, policy, chain, revocation.

use const_oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_CLIENT_AUTH, ID_KP_EMAIL_PROTECTION};
use jiff::Timestamp;

use super::{Input, Signatory, judged, valid};
use crate::{
    certificate::Certificate,
    path::{self, PathError, Usage, in_force},
    revocation::{self, Need, Proof},
    signed::Signer,
    timestamp::check_token,
    trust::Trust,
    verdict::{Check, Step, Verdict},
};

/// What was found about one.
pub(super) struct Found {
    pub(super) steps: Vec<Check>,
    pub(super) signatory: Signatory,
    pub(super) needs: Vec<Need>,
    pub(super) proofs: Vec<Proof>,
}

pub(super) fn check(signer: &Signer, beside: &[Certificate], input: &Input<'_>) -> Found {
    let certificate = &signer.certificate;
    let signatory = Signatory {
        certificate: certificate.clone(),
        at: input.received_at,
        stamped: false,
        claimed: signer.signing_time,
    };
    let mut found = Found { steps: Vec::new(), signatory, needs: Vec::new(), proofs: Vec::new() };
    if !signer.tokens.is_empty() {
        found.stamps(signer, input);
    }
    let at = found.signatory.at;
    found.steps.push(claimed(signer.signing_time, at, input.trust));
    let in_force = in_force(certificate, "the signer's certificate", at);
    found.steps.push(judged(Step::Validity, in_force.map_err(|error| error.to_string())));
    found.steps.push(judged(Step::KeyUsage, usage(certificate)));
    found.steps.push(judged(Step::Policy, policy(certificate, input.trust)));
    found.chain(certificate, beside, input);
    found
}

impl Found {
    /// The tokens over the signature. All must hold; the earliest is the time that counts.
    fn stamps(&mut self, signer: &Signer, input: &Input<'_>) {
        let mut step = valid(Step::Timestamp);
        let mut earliest: Option<Timestamp> = None;
        let mut worse = |check: Check| {
            if check.verdict > step.verdict {
                step = check;
            }
        };
        for token in &signer.tokens {
            let (token, checks) = check_token(token, &signer.signature_value, input.timestamps, input.now);
            checks.0.into_iter().for_each(&mut worse);
            let Some(token) = token else { continue };
            let latest = input.received_at.saturating_add(input.timestamps.max_skew).unwrap_or(Timestamp::MAX);
            if token.at > latest {
                let reason = format!("stamped at {}, after it was received at {}", token.at, input.received_at);
                worse(Check { step: Step::Timestamp, verdict: Verdict::Invalid, reason });
            }
            let rules = &input.trust.revocation;
            let status = revocation::check_path(&token.path, token.at, input.now, input.evidence, rules);
            let reason = format!("the time-stamping authority's certificate: {}", status.check.reason);
            worse(Check { step: Step::Timestamp, verdict: status.check.verdict, reason });
            self.needs.extend(status.needs);
            self.proofs.extend(status.proofs);
            earliest = Some(earliest.map_or(token.at, |at| at.min(token.at)));
        }
        if let Some(at) = earliest.filter(|_| step.verdict == Verdict::Valid) {
            // An authority's clock may be a little ahead of ours; what we saw ourselves, existed.
            self.signatory.at = at.min(input.received_at);
            self.signatory.stamped = true;
            step.reason = format!("stamped at {at}");
        }
        self.steps.push(step);
    }

    /// The way to a root, and whether anything on it was revoked.
    fn chain(&mut self, certificate: &Certificate, beside: &[Certificate], input: &Input<'_>) {
        let between: Vec<_> = beside.iter().chain(&input.trust.intermediates).cloned().collect();
        // The step of validity speaks of the signer's own dates; this one of everything above.
        let at =
            self.signatory.at.clamp(certificate.not_before(), certificate.not_after().max(certificate.not_before()));
        let path = match path::check(certificate, &between, &input.trust.roots, at, Usage::Signing) {
            Ok(path) => path,
            Err(error) => {
                let (verdict, gost) = (error.verdict(), matches!(error, PathError::Algorithm(_)));
                self.steps.push(Check { step: Step::Chain, verdict, reason: error.to_string() });
                let reason = if gost {
                    "the issuer cannot be told for certain, so it was not asked"
                } else {
                    "no trusted issuer, so there is nobody to ask"
                };
                let verdict = Verdict::Indeterminate;
                self.steps.push(Check { step: Step::Revocation, verdict, reason: reason.to_owned() });
                return;
            }
        };
        self.steps.push(valid(Step::Chain));
        let rules = &input.trust.revocation;
        let status = revocation::check_path(path.certificates(), self.signatory.at, input.now, input.evidence, rules);
        self.steps.push(status.check);
        self.needs.extend(status.needs);
        self.proofs.extend(status.proofs);
    }
}

/// The signer's own clock must not be ahead of the time that counts.
fn claimed(claimed: Option<Timestamp>, at: Timestamp, trust: &Trust) -> Check {
    let latest = at.saturating_add(trust.skew).unwrap_or(Timestamp::MAX);
    match claimed {
        Some(claimed) if claimed > latest => {
            judged(Step::SigningTime, Err(format!("the signer claims {claimed}; the time that counts is {at}")))
        }
        Some(_) => valid(Step::SigningTime),
        None => Check { reason: "the signer claims no time".to_owned(), ..valid(Step::SigningTime) },
    }
}

/// A certificate for signing, not for logging in (domain.md §2.2).
fn usage(certificate: &Certificate) -> Result<(), String> {
    match certificate.key_usage() {
        None => return Err("the certificate does not say what its key is for".to_owned()),
        Some(usage) if !usage.non_repudiation() => {
            return Err("the certificate is not for signing documents: its key usage lacks nonRepudiation".to_owned());
        }
        Some(_) => {}
    }
    let (_, purposes) = certificate.extended_key_usage().unwrap_or_default();
    let signs = purposes.contains(&ID_KP_EMAIL_PROTECTION) || purposes.contains(&ANY_EXTENDED_KEY_USAGE);
    if purposes.contains(&ID_KP_CLIENT_AUTH) && !signs {
        return Err("the certificate is for logging in, not for signing: its purpose is clientAuth".to_owned());
    }
    Ok(())
}

/// One of the policies for signing.
fn policy(certificate: &Certificate, trust: &Trust) -> Result<(), String> {
    let stated = certificate.policies();
    if stated.iter().any(|policy| trust.policies.contains(policy)) {
        return Ok(());
    }
    let list = |oids: &[crate::ObjectIdentifier]| {
        if oids.is_empty() {
            return "none".to_owned();
        }
        oids.iter().take(8).map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    Err(format!("the certificate's policy is {}; one of {} is needed", list(stated), list(&trust.policies)))
}
