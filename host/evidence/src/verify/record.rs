//! The native record: it is the one that the event was made of, and its signature, where it came with one, is over its bytes.

use super::{Findings, Ground, names, revoked, seal::Sealed};
use crate::{
    archive::{RecordAbout, record},
    document::Document,
    manifest::{self, Digest},
    path::{self as paths, Usage},
    signed,
    verdict::{Step, Verdict},
};

pub(super) fn check(ground: &Ground<'_>, sealed: &Sealed, findings: &mut Findings) {
    let files = ground.files;
    let about = match record(files) {
        Ok(Some(about)) => about,
        Ok(None) => {
            let reason = "the archive holds nothing of the native record";
            return findings.add(names::RECORD, Step::Record, Verdict::Indeterminate, reason);
        }
        Err(error) => return findings.refuse(Step::Record, &error),
    };
    let Some(document) = &sealed.document else { return };
    let received = document.record_digest.parse::<Digest>().ok();
    let wrong = (received != Some(about.digest)).then(|| {
        format!(
            "it says that the record came with SHA-256 {}, the sealed event says {}",
            about.digest, document.record_digest
        )
    });
    findings.holds(names::RECORD_ABOUT, Step::Record, wrong);
    if document.certified && sealed.manifest.as_ref().is_some_and(|manifest| !manifest.certified) {
        let wrong = (about.checks.verdict() != Verdict::Valid).then(|| {
            "the event says that the provider certified it, and neither the seal nor the record's signature does"
                .to_owned()
        });
        findings.holds(names::RECORD_ABOUT, Step::Signature, wrong);
    }
    match files.get(names::RECORD) {
        Some(bytes) => kept(bytes, document, &about, findings),
        None => {
            let why = about.absent.as_deref().unwrap_or("no reason is given");
            let reason = format!("the record is not in the archive: {why}; its digest at receipt is {}", about.digest);
            findings.add(names::RECORD, Step::Record, Verdict::Indeterminate, reason);
        }
    }
    let record = files.get(names::RECORD);
    match files.get(names::RECORD_SIGNATURE) {
        Some(signature) => {
            let given = Given { what: names::RECORD_SIGNATURE, cms: signature, beside: true };
            signature_of(&given, document, &about, ground, findings);
        }
        None => {
            if let Some(cms) = record.filter(|_| signed::wraps(&about.media_type)) {
                let given = Given { what: names::RECORD, cms, beside: false };
                signature_of(&given, document, &about, ground, findings);
            }
        }
    }
}

/// A signature over the record.
struct Given<'a> {
    what: &'static str,
    cms: &'a [u8],
    /// Beside the record, and not around it.
    beside: bool,
}

/// The bytes are those that were received, or those that were left of them, as the sealed event says.
fn kept(bytes: &[u8], document: &Document, about: &RecordAbout, findings: &mut Findings) {
    let actual = manifest::digest_of(bytes);
    let whole = document.record_digest.parse() == Ok(actual);
    let left = document.kept_digest.as_ref().is_some_and(|digest| digest.parse() == Ok(actual));
    let rules = about.redactions.join(", ");
    let (verdict, reason) = match () {
        () if whole && bytes.len() as u64 == about.size => (Verdict::Valid, String::new()),
        () if whole => {
            (Verdict::Invalid, format!("it has {} bytes, and {} says {}", bytes.len(), names::RECORD_ABOUT, about.size))
        }
        () if left => (Verdict::Valid, format!("as kept: the rules {rules} removed parts of what was received")),
        () if document.kept_digest.is_none() && !about.redactions.is_empty() => {
            let reason = format!(
                "the rules {rules} removed parts of what was received, and the sealed event does not say what was left"
            );
            (Verdict::Indeterminate, reason)
        }
        () => {
            let expected = document.kept_digest.as_ref().unwrap_or(&document.record_digest);
            (Verdict::Invalid, format!("its SHA-256 is {actual}, the sealed event says {expected}"))
        }
    };
    findings.add(names::RECORD, Step::Record, verdict, reason);
}

/// The provider's signature over the record, at the time of its receipt.
fn signature_of(
    given: &Given<'_>,
    document: &Document,
    about: &RecordAbout,
    ground: &Ground<'_>,
    findings: &mut Findings,
) {
    let what = given.what;
    let record = ground.files.get(names::RECORD);
    let whole = record.filter(|bytes| document.record_digest.parse() == Ok(manifest::digest_of(bytes)));
    let Some(record) = whole else {
        let found = about.checks.verdict();
        let found =
            serde_json::to_value(found).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default();
        let reason =
            format!("the bytes that were signed are not here as they came; at their receipt the host found it {found}");
        return findings.add(what, Step::Signature, Verdict::Indeterminate, reason);
    };
    let verified = match signed::verify(given.cms, given.beside.then_some(record)) {
        Ok(verified) => verified,
        Err(checks) => {
            return checks.0.into_iter().for_each(|check| findings.add(what, check.step, check.verdict, check.reason));
        }
    };
    findings.add(what, Step::Signature, Verdict::Valid, "");
    let at = document.received_at;
    for signer in &verified.signers {
        match paths::check(&signer.certificate, &verified.certificates, ground.roots, at, Usage::Signing) {
            Ok(found) => {
                findings.add(what, Step::Chain, Verdict::Valid, "");
                revoked::check(what, found.certificates(), ground, at, findings);
            }
            Err(error) => revoked::without_path(what, &error, findings),
        }
    }
}
