//! Whose signature it is, and whether they may sign this: role and owner. Numbers of people are compared, never told.

use super::{Input, Owner, Signatory, judged};
use crate::{
    certificate::{Certificate, Kind},
    trust::Trust,
    verdict::{Check, Step},
};

/// Staff of the national authority sign certificates' papers, nothing else.
const AUTHORITY_STAFF: &str = "1.2.398.3.3.4.2";

/// Role, and for a provider's signature its owner. An applicant's owner is [`applicant`].
pub(super) fn rights(certificate: &Certificate, input: &Input<'_>) -> Vec<Check> {
    let role = judged(Step::Role, role(certificate, input));
    match input.owner {
        Owner::Provider { bin } => vec![role, judged(Step::Owner, provider(certificate, bin))],
        Owner::Applicant => vec![role],
    }
}

fn role(certificate: &Certificate, input: &Input<'_>) -> Result<(), String> {
    let roles = certificate.roles();
    let told = || roles.iter().take(8).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let staff =
        |role: &str| role.strip_prefix(AUTHORITY_STAFF).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if roles.iter().any(|role| staff(&role.to_string())) {
        return Err("the certificate is that of the certification authority's staff, who sign nothing else".to_owned());
    }
    match input.owner {
        Owner::Provider { .. } if roles.is_empty() => Err("the certificate states no role".to_owned()),
        Owner::Provider { .. } if roles.iter().any(|role| input.trust.may_sign.contains(role)) => Ok(()),
        Owner::Provider { .. } => Err(format!("none of the roles {} may sign for a provider (452-8)", told())),
        Owner::Applicant if certificate.subject().kind == Kind::System => {
            Err("the certificate is that of an information system, which applies for nothing".to_owned())
        }
        Owner::Applicant => Ok(()),
    }
}

fn provider(certificate: &Certificate, bin: &str) -> Result<(), String> {
    match &certificate.subject().bin {
        Some(own) if own == bin => Ok(()),
        Some(_) => Err("the certificate is that of another organisation: its BIN is not the provider's".to_owned()),
        None => Err("the certificate states no BIN, or several, so it is not the provider's".to_owned()),
    }
}

/// Whether the one who signed a request may sign it for this recipient (56-6.6): by the same IIN (or, for an organisation, BIN);
/// an official, told by BIN and role, may sign for somebody else.
#[must_use]
pub fn applicant(signer: &Signatory, recipient: &str, trust: &Trust) -> Check {
    let subject = signer.certificate.subject();
    let same = |number: &Option<String>| number.as_deref() == Some(recipient);
    if same(&subject.iin) || same(&subject.bin) {
        return judged(Step::Owner, Ok(()));
    }
    if let Some(bin) = &subject.bin {
        let roles = signer.certificate.roles();
        let known = trust.official_bins.is_empty() || trust.official_bins.contains(bin);
        if known && subject.kind == Kind::Employee && roles.iter().any(|role| trust.officials.contains(role)) {
            let reason = "an official signed for the recipient".to_owned();
            return Check { reason, ..judged(Step::Owner, Ok(())) };
        }
    }
    let reason = match (&subject.iin, &subject.bin) {
        (None, None) => "the certificate states no IIN, or several",
        (_, None) => "the IIN in the request is not the IIN in the certificate (56-6.6)",
        _ => {
            "the number in the request is not in the certificate, and its owner is no official who may sign for others (56-6.6)"
        }
    };
    judged(Step::Owner, Err(reason.to_owned()))
}
