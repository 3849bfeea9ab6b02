//! One event and its seal, step by step.

use jiff::{SignedDuration, Timestamp};

use super::{Findings, Ground, envelope, names, path, revoked, stamp};
use crate::{
    certificate::Certificate,
    document::Document,
    manifest::{self, Manifest},
    path::{self as paths, Usage},
    seal,
    signed::{self, Verified},
    verdict::{Step, Verdict},
};

/// How far the times of one seal may lie apart: the host's clock from the authority's, and the making of a manifest from its
/// signing.
const APART: SignedDuration = SignedDuration::from_hours(1);

/// What was understood of an event and its seal.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    pub(crate) document: Option<Document>,
    pub(crate) manifest: Option<Manifest>,
    /// The seal, where its signature is right.
    pub(crate) signature: Option<Verified>,
    /// The proved time, where a time-stamp holds.
    pub(crate) stamped: Option<Stamped>,
}

/// A time that an authority proves.
#[derive(Debug)]
pub(crate) struct Stamped {
    pub(crate) at: Timestamp,
    pub(crate) authority: Certificate,
}

/// Checks the event and seal in a folder.
pub(super) fn check(ground: &Ground<'_>, folder: &str, findings: &mut Findings) -> Sealed {
    let mut sealed = Sealed::default();
    let [event_name, salt_name, manifest_name, signature_name, value_name, _] =
        names::SEAL.map(|name| path(folder, name));
    let mut file = |name: &str, step| match ground.files.need(name) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            findings.refuse(step, &error);
            None
        }
    };
    let event = file(&event_name, Step::Event);
    let salt = file(&salt_name, Step::Event);
    let manifest = file(&manifest_name, Step::Manifest);
    let signature = file(&signature_name, Step::Signature);
    let value = file(&value_name, Step::Signature);

    if let Some(bytes) = event {
        match Document::parse(bytes) {
            Ok(document) => sealed.document = Some(document),
            Err(error) => findings.add(&event_name, Step::Event, Verdict::Invalid, error.to_string()),
        }
    }
    if let Some(bytes) = manifest {
        match Manifest::parse(bytes) {
            Ok(read) => sealed.manifest = Some(read),
            Err(error) => findings.add(&manifest_name, Step::Manifest, Verdict::Invalid, error.to_string()),
        }
    }
    if let (Some(event), Some(salt), Some(manifest)) = (event, salt, &sealed.manifest) {
        in_manifest(&event_name, &salt_name, event, salt, manifest, findings);
    }
    content(&manifest_name, &sealed, findings);
    let (Some(manifest), Some(signature)) = (manifest, signature) else { return sealed };
    envelope::frame(&signature_name, signature, findings);
    sealed.signature = sign(&signature_name, manifest, signature, findings);
    if let Some(value) = value {
        let same = seal::signature_value(signature).is_ok_and(|stated| stated == value);
        let wrong = (!same).then(|| format!("it is not the value of the signature in {signature_name}"));
        findings.holds(&value_name, Step::Signature, wrong);
    }
    sealed.stamped = stamp::check(ground, folder, signature, findings);
    times(&signature_name, &sealed, findings);
    let at = sealed.stamped.as_ref().map_or(ground.now, |stamped| stamped.at);
    if let Some(verified) = &sealed.signature {
        certificates(&signature_name, verified, ground, at, findings);
        envelope::certificates(&signature_name, verified, ground, findings);
    }
    sealed
}

/// The digest of salt and event must stand in the manifest.
fn in_manifest(what: &str, salt_name: &str, event: &[u8], salt: &[u8], manifest: &Manifest, findings: &mut Findings) {
    let Ok(salt) = <&[u8; 16]>::try_from(salt) else {
        findings.add(salt_name, Step::Event, Verdict::Invalid, format!("it has {} bytes, expected 16", salt.len()));
        return;
    };
    let digest = manifest::event_digest(salt, event);
    let wrong = (!manifest.events.contains(&digest)).then(|| {
        format!("SHA-256 of {salt_name} and {what} is {digest}, which the manifest does not have: one of them was changed, or the manifest")
    });
    findings.holds(what, Step::Event, wrong);
}

/// What the manifest says agrees with what the event says.
fn content(what: &str, sealed: &Sealed, findings: &mut Findings) {
    let (Some(manifest), Some(document)) = (&sealed.manifest, &sealed.document) else { return };
    let wrong = match () {
        () if manifest.provider != document.provider => {
            Some(format!("it is of the provider {}, the event of {}", manifest.provider, document.provider))
        }
        () if manifest.certified && !document.certified => Some(
            "it is sealed by a key of the provider, and the event says that the provider did not certify it".to_owned(),
        ),
        () if document.received_at > document.recorded_at || document.recorded_at > manifest.sealed_at => {
            Some(format!(
                "received {}, recorded {}, sealed {}: this is not the order of things",
                document.received_at, document.recorded_at, manifest.sealed_at
            ))
        }
        () => None,
    };
    findings.holds(what, Step::Manifest, wrong);
}

/// The signature over exactly the manifest's bytes, by one signer.
fn sign(what: &str, manifest: &[u8], signature: &[u8], findings: &mut Findings) -> Option<Verified> {
    match signed::verify(signature, Some(manifest)) {
        Ok(verified) if verified.signers.len() == 1 => {
            findings.add(what, Step::Signature, Verdict::Valid, "");
            Some(verified)
        }
        Ok(verified) => {
            let reason = format!("it has {} signers; a seal has one", verified.signers.len());
            findings.add(what, Step::Structure, Verdict::Invalid, reason);
            None
        }
        Err(checks) => {
            // A signature holds the digest of what was signed, in clear: it tells which of the two was changed.
            let digest = manifest::digest_of(manifest).0;
            let intact = signature.windows(digest.len()).any(|window| window == digest);
            for check in checks.0 {
                let hint = match check.step {
                    Step::Signature if intact => "; the manifest is the one that it was made over",
                    Step::Signature => "; the manifest is not the one that it was made over",
                    _ => "",
                };
                findings.add(what, check.step, check.verdict, format!("{}{hint}", check.reason));
            }
            None
        }
    }
}

/// The times that are said and the one that is proved go together.
fn times(what: &str, sealed: &Sealed, findings: &mut Findings) {
    let said = sealed.manifest.as_ref().map(|manifest| manifest.sealed_at);
    let signer = sealed.signature.as_ref().and_then(|verified| verified.signers.first());
    let signed = signer.and_then(|signer| signer.signing_time);
    let apart = |a: Timestamp, b: Timestamp| a.duration_since(b).abs() > APART;
    if let (Some(said), Some(signed)) = (said, signed)
        && apart(said, signed)
    {
        let reason = format!("it was signed at {signed}, and the manifest says sealed at {said}");
        findings.add(what, Step::Manifest, Verdict::Invalid, reason);
    }
    if let (Some(signed), Some(stamped)) = (signed, &sealed.stamped)
        && signed.duration_since(stamped.at) > APART
    {
        let reason = format!("it says that it was signed at {signed}, after it was stamped at {}", stamped.at);
        findings.add(what, Step::SigningTime, Verdict::Invalid, reason);
    }
}

/// The certificate of the seal at the time that counts.
fn certificates(what: &str, verified: &Verified, ground: &Ground<'_>, at: Timestamp, findings: &mut Findings) {
    let Some(signer) = verified.signers.first() else { return };
    let certificate = &signer.certificate;
    let in_force = paths::in_force(certificate, "the certificate", at).err();
    findings.holds(what, Step::Validity, in_force.map(|error| error.to_string()));
    let may = certificate.key_usage().is_some_and(|usage| usage.digital_signature() || usage.non_repudiation());
    let wrong = (!may).then(|| "the certificate's key is not for signing".to_owned());
    findings.holds(what, Step::KeyUsage, wrong);
    match paths::check(certificate, &verified.certificates, ground.roots, at, Usage::Signing) {
        Ok(found) => {
            findings.add(what, Step::Chain, Verdict::Valid, "");
            revoked::check(what, found.certificates(), ground, at, findings);
        }
        Err(error) => revoked::without_path(what, &error, findings),
    }
}
