//! Revocation, from the lists and answers in the archive.

use jiff::Timestamp;

use super::{Findings, Ground, names::REVOCATION};
use crate::{
    archive::{Files, revocation as kept},
    certificate::Certificate,
    path::PathError,
    revocation::{self, Answer, Crl, Evidence, Rules},
    verdict::{Step, Verdict},
};

/// What the archive holds. A file that is none of what it should be is named.
pub(super) fn read(files: &Files, findings: &mut Findings) -> Evidence {
    let mut evidence = Evidence::default();
    for (name, der) in kept(files) {
        if name.ends_with(".ocsp") {
            evidence.ocsp.push(Answer { der: der.to_vec(), nonce: None });
            continue;
        }
        match Crl::parse(der) {
            Ok(list) => evidence.crls.push(list),
            Err(error) => {
                findings.add(format!("{REVOCATION}{name}"), Step::Revocation, Verdict::Invalid, error.to_string());
            }
        }
    }
    evidence
}

/// Whether no certificate of a path, from the signer's to the root's, was revoked at the time that counts.
pub(super) fn check(what: &str, path: &[Certificate], ground: &Ground<'_>, at: Timestamp, findings: &mut Findings) {
    let rules = Rules::default();
    let found = revocation::check_path(path, at, ground.now, &ground.revocation, &rules);
    // Lists of these issuers must be theirs, even where another one tells enough.
    let lists = kept(ground.files).filter(|(name, _)| name.ends_with(".crl"));
    for (name, list) in lists.filter_map(|(name, der)| Some((name, Crl::parse(der).ok()?))) {
        let of = path.iter().skip(1).find(|issuer| issuer.subject_der() == list.issuer());
        if let Some(Err(error)) = of.map(|issuer| list.signed_by(issuer)) {
            let reason = format!("it is not its issuer's: {error}");
            findings.add(format!("{REVOCATION}{name}"), Step::Revocation, Verdict::Invalid, reason);
        }
    }
    findings.add(what, Step::Revocation, found.check.verdict, found.check.reason);
}

/// There is no path; and without one nobody can tell who says what was revoked.
pub(super) fn without_path(what: &str, error: &PathError, findings: &mut Findings) {
    findings.add(what, Step::Chain, error.verdict(), error.to_string());
    let reason = "without a path to a trusted root nobody can tell who says what was revoked";
    findings.add(what, Step::Revocation, Verdict::Indeterminate, reason);
}
