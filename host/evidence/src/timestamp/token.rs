//! The checks of a token.

use data_encoding::HEXLOWER;
use der::Tag;

use super::{SIZE_LIMIT, TimestampError, TimestampTrust, Token, info::Info};
use crate::{
    certificate::{Certificate, Digest},
    path::{self, Usage},
    signed,
    signed_data::{SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SignedData, SignerInfo, TST_INFO, all, attribute},
    tlv::{Tlv, strip},
    verdict::Checks,
};

/// A token whose structure and signature are right. Whose it is, over what, and when, is not asked yet.
pub(super) struct Read<'b> {
    pub(super) info: Info,
    der: &'b [u8],
    signer: Certificate,
    certificates: Vec<Certificate>,
}

/// Reads a token: one signer, signed by the certificate that it names.
pub(super) fn read(der: &[u8]) -> Result<Read<'_>, TimestampError> {
    let structure = |reason: &str| TimestampError::Structure(reason.to_owned());
    if der.len() > SIZE_LIMIT {
        return Err(TimestampError::TooLong { bytes: der.len() });
    }
    let parts = SignedData::read(der).map_err(|_| structure("it is no SignedData of one signer in DER"))?;
    headers(&parts).map_err(structure)?;
    let verified = signed::verify_as(der, None, TST_INFO).map_err(|checks| failed(&checks))?;
    let [signer] = verified.signers.as_slice() else {
        return Err(structure("it has several signers"));
    };
    if !names_its_certificate(&parts.signer).map_err(|_| structure("its signed attributes cannot be read"))? {
        return Err(TimestampError::NoSigningCertificate);
    }
    let info = Info::read(&verified.content).map_err(TimestampError::Structure)?;
    Ok(Read { info, der, signer: signer.certificate.clone(), certificates: verified.certificates })
}

impl Read<'_> {
    /// Whether it is over this value, under a policy that is wanted, by an authority that is trusted, at its own time. Of the
    /// certificates that it carries each must be on the path or be vouched for, so that no byte of them can be changed unseen.
    pub(super) fn over(self, signature_value: &[u8], trust: &TimestampTrust) -> Result<Token, TimestampError> {
        let digest = Digest::of(self.info.digest).map_err(TimestampError::ImprintAlgorithm)?;
        if digest.digest(signature_value) != self.info.imprint {
            return Err(TimestampError::Imprint);
        }
        if !trust.policies.is_empty() && !trust.policies.contains(&self.info.policy) {
            return Err(TimestampError::Policy { found: self.info.policy, wanted: trust.policies.clone() });
        }
        let between: Vec<Certificate> = self.certificates.iter().chain(&trust.intermediates).cloned().collect();
        let found = path::check(&self.signer, &between, &trust.roots, self.info.at, Usage::TimeStamping);
        let path = found.map_err(TimestampError::Path)?.certificates().to_vec();
        let beside = || self.certificates.iter().filter(|one| !path.contains(one));
        if beside().any(|one| !vouched_for(one, &self.certificates, trust)) {
            return Err(TimestampError::StrayCertificate);
        }
        Ok(Token {
            der: self.der.to_vec(),
            at: self.info.at,
            policy: self.info.policy,
            serial: HEXLOWER.encode(strip(&self.info.serial)),
            path,
        })
    }
}

/// Versions and digest algorithms stand beside what is signed: they must be those that follow from it (RFC 5652 §5.1, §5.3), so
/// that no byte of a token can be changed unseen.
fn headers(parts: &SignedData<'_>) -> Result<(), &'static str> {
    if parts.content_type != TST_INFO {
        return Err("its content is no TSTInfo");
    }
    let by_key = parts.signer.name.tag != Tag::Sequence;
    if parts.version.value != [3] || parts.signer.version.value != [if by_key { 3 } else { 1 }] {
        return Err("its versions are not those of such a SignedData");
    }
    let signers = algorithm(&parts.signer.digest_algorithm);
    let stated = all(&parts.digest_algorithms, Tag::Sequence).unwrap_or_default();
    match stated.as_slice() {
        [one] if signers.is_ok() && algorithm(one) == signers => Ok(()),
        _ => Err("its digest algorithms are not that of its signer"),
    }
}

/// The identifier of a digest algorithm, whose parameters are NULL or left out (RFC 5754 §2).
fn algorithm<'b>(identifier: &Tlv<'b>) -> der::Result<&'b [u8]> {
    let mut parts = identifier.sequence()?;
    let oid = parts.expect(Tag::ObjectIdentifier)?;
    if let Some(null) = parts.optional(Tag::Null)?
        && !null.value.is_empty()
    {
        return Err(Tag::Null.length_error());
    }
    parts.finish()?;
    Ok(oid.value)
}

/// ESSCertID or ESSCertIDv2 among the signed attributes. That they name the right certificate was checked with the signature.
fn names_its_certificate(signer: &SignerInfo<'_>) -> der::Result<bool> {
    for signed in all(&signer.signed, Tag::Sequence)? {
        if attribute(&signed, SIGNING_CERTIFICATE)?.is_some() || attribute(&signed, SIGNING_CERTIFICATE_V2)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a certificate is one of ours, or bears the signature of one beside it or of ours.
fn vouched_for(one: &Certificate, beside: &[Certificate], trust: &TimestampTrust) -> bool {
    let ours = || trust.roots.iter().chain(&trust.intermediates);
    ours().any(|other| other == one) || ours().chain(beside).any(|other| one.issued_by(other).is_ok())
}

fn failed(checks: &Checks) -> TimestampError {
    let reason = checks.worst().map(|check| check.reason.clone()).unwrap_or_default();
    TimestampError::Signature(reason, checks.verdict())
}
