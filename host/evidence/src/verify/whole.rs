//! The archive as a whole: its files are those that it says it has, and what it says of itself is so.

use super::{Findings, names, seal::Sealed};
use crate::{
    archive::{About, Files, differences},
    certificate::Certificate,
    development,
    verdict::{Step, Verdict},
};

/// Each file has the digest that the archive states, and none is missing.
pub(super) fn check(files: &Files, findings: &mut Findings) {
    let before = findings.0.len();
    for name in names::ALWAYS.iter().filter(|name| files.get(name).is_none()) {
        findings.add(*name, Step::Structure, Verdict::Invalid, "it is missing");
    }
    match differences(files) {
        Ok(differences) => {
            for (name, reason) in differences {
                findings.add(name, Step::Structure, Verdict::Invalid, reason);
            }
        }
        Err(error) => findings.refuse(Step::Structure, &error),
    }
    if findings.0.len() == before {
        findings.add("archive", Step::Structure, Verdict::Valid, "");
    }
}

/// What the archive says of itself.
pub(super) fn about(files: &Files, sealed: &Sealed, findings: &mut Findings) {
    let about = match About::of(files) {
        Ok(about) => about,
        Err(error) => return findings.refuse(Step::Structure, &error),
    };
    let wrong = match &sealed.document {
        Some(document) if document.id != about.event => {
            Some(format!("it says that the archive is of {}, and event.json is {}", about.event, document.id))
        }
        _ if is_development(sealed) && !about.development => {
            Some("a development authority signed or stamped, and it does not say so".to_owned())
        }
        _ => None,
    };
    findings.holds(names::ABOUT, Step::Structure, wrong);
}

/// Whether a development authority is among those who signed or stamped.
pub(super) fn is_development(sealed: &Sealed) -> bool {
    let signed = sealed.signature.iter().flat_map(|verified| &verified.certificates);
    let stamped = sealed.stamped.iter().map(|stamped| &stamped.authority);
    signed.chain(stamped).map(Certificate::der).any(development::is_development)
}
