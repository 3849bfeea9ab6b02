//! What stands in a seal beside that which is signed: versions, algorithms, certificates that nothing on the path needs. None of
//! it proves anything; but a seal has it exactly as seals have it, so that a bit that was changed there is named too.

use super::{Findings, Ground};
use crate::{
    certificate::Certificate,
    signed::Verified,
    signed_data::SignedData,
    verdict::{Step, Verdict},
};

/// The frame of `SignedData` (RFC 5652 §5.1, §5.3) is the one of a seal.
pub(super) fn frame(what: &str, signature: &[u8], findings: &mut Findings) {
    let wrong = match SignedData::read(signature) {
        Err(error) => Some(format!("it is no SignedData of one signer in DER: {error}")),
        Ok(read) if read.version.value != [1] || read.signer.version.value != [1] => {
            Some("its version is not that of a seal".to_owned())
        }
        Ok(read) if read.digest_algorithms.value != read.signer.digest_algorithm.der => {
            Some("it announces other digests than its signer's".to_owned())
        }
        Ok(read) if read.revocation.is_some() => Some("it carries revocation data, which seals do not".to_owned()),
        Ok(_) => None,
    };
    if let Some(reason) = wrong {
        findings.add(what, Step::Structure, Verdict::Invalid, reason);
    }
}

/// Each certificate in the seal is as its issuer signed it, where the issuer is known.
pub(super) fn certificates(what: &str, verified: &Verified, ground: &Ground<'_>, findings: &mut Findings) {
    let known: Vec<&Certificate> = verified.certificates.iter().chain(ground.roots).collect();
    for (number, certificate) in (1..).zip(&verified.certificates) {
        if ground.roots.contains(certificate) || known.iter().any(|issuer| certificate.issued_by(issuer).is_ok()) {
            continue;
        }
        let named = known.iter().any(|issuer| issuer.subject_der() == certificate.issuer());
        let (verdict, reason) = match certificate.signature_is_checkable() {
            Err(error) => (error.verdict(), error.to_string()),
            Ok(()) if named => (Verdict::Invalid, "it is not as its issuer signed it".to_owned()),
            Ok(()) => (Verdict::Indeterminate, "nobody known here issued it".to_owned()),
        };
        findings.add(what, Step::Chain, verdict, format!("certificate {number} in the seal: {reason}"));
    }
}
