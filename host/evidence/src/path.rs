//! Whether certificates lead from a signer to a root that is trusted here, at a given time (RFC 5280 §6, by `webpki`). What
//! webpki leaves to its caller is added: the root's own dates, the right of an authority's key to sign certificates, and the
//! purposes of the certificate at the end.
//!
//! webpki reads certificates of version 3 without unique identifiers, and refuses a critical extension that it does not know.
//! It knows no policies: a certificate whose policies are *critical* is refused here, though others would take it.

use const_oid::{
    ObjectIdentifier,
    db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_OCSP_SIGNING, ID_KP_TIME_STAMPING},
};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
    ring::{
        ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P384_SHA256, ECDSA_P384_SHA384, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    },
};

use crate::{
    certificate::{Certificate, KeyAlgorithm, SignatureError},
    verdict::Verdict,
};

/// With what certificates may be signed.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ECDSA_P256_SHA256,
    ECDSA_P256_SHA384,
    ECDSA_P384_SHA256,
    ECDSA_P384_SHA384,
];

/// For what the certificate at the end is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// To sign. What its purposes and usages must be, the steps of the law say, each for itself.
    Signing,
    /// To stamp times: only that, and critical (RFC 3161 §2.3).
    TimeStamping,
    /// To answer OCSP for the authority (RFC 6960 §4.2.2.2).
    OcspSigning,
}

/// Certificates from the signer's to the root's, each issued by the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    certificates: Vec<Certificate>,
}

impl Path {
    /// From the signer's to the root's.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Each certificate that can be revoked, with its issuer's: all but the root.
    pub fn links(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.certificates.iter().zip(self.certificates.iter().skip(1))
    }
}

/// Why certificates do not lead to a trusted root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// One was not in force any more.
    #[error("{which} expired at {not_after}, and the time that counts is {at}")]
    Expired {
        /// Which.
        which: &'static str,
        /// Its end.
        not_after: Timestamp,
        /// The time that was asked for.
        at: Timestamp,
    },
    /// One was not in force yet.
    #[error("{which} is in force from {not_before}, and the time that counts is {at}")]
    NotYetValid {
        /// Which.
        which: &'static str,
        /// Its start.
        not_before: Timestamp,
        /// The time that was asked for.
        at: Timestamp,
    },
    /// Nobody known here issued it.
    #[error("no certificate given or configured leads from it to a trusted root")]
    UnknownIssuer,
    /// A certificate does not bear its issuer's signature.
    #[error("a certificate's signature is not that of its issuer")]
    BadSignature,
    /// An issuer is no authority.
    #[error("a certificate was issued by one who is no certification authority")]
    NotAnAuthority,
    /// The signer's certificate is that of an authority, or of a root.
    #[error("the certificate is that of a certification authority, which does not sign documents")]
    Authority,
    /// A limit that an authority set.
    #[error("{0}")]
    Constraint(&'static str),
    /// The certificate is for something else.
    #[error("the certificate is not for {0}")]
    Purpose(&'static str),
    /// It has a critical extension that is not known here.
    #[error("a certificate has a critical extension that is not known here, or is not of version 3")]
    Unsupported,
    /// An algorithm that is weak, GOST's or unknown.
    #[error("a certificate of the path: {0}")]
    Algorithm(#[from] SignatureError),
    /// Too many ways to try.
    #[error("too many certificates with the same names: gave up")]
    TooManyPaths,
    /// It cannot be read as a certificate of a path.
    #[error("a certificate cannot be read: {0}")]
    Malformed(String),
    /// There is no root to lead to.
    #[error("no root is configured")]
    NoRoots,
}

impl PathError {
    /// Wrong, or not to be told here.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Algorithm(error) => error.verdict(),
            Self::NoRoots | Self::TooManyPaths => Verdict::Indeterminate,
            _ => Verdict::Invalid,
        }
    }
}

/// Finds the path of a certificate at a time.
///
/// # Errors
/// If there is none; the reason that came nearest.
pub fn check(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    at: Timestamp,
    usage: Usage,
) -> Result<Path, PathError> {
    if roots.is_empty() {
        return Err(PathError::NoRoots);
    }
    purpose(leaf, usage)?;
    leaf.signature_is_checkable()?;
    let seconds = u64::try_from(at.as_second()).map_err(|_| PathError::Malformed("a time before 1970".to_owned()))?;
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let roots_der: Vec<_> = roots.iter().map(|root| CertificateDer::from(root.der())).collect();
    let anchors: Vec<_> = roots_der.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let given: Vec<_> = intermediates.iter().map(|one| CertificateDer::from(one.der())).collect();
    let end_der = CertificateDer::from(leaf.der());
    let end = EndEntityCert::try_from(&end_der).map_err(|error| named(&error, leaf, at))?;
    let found = end.verify_for_usage(ALGORITHMS, &anchors, &given, time, AnyPurpose, None, None);
    let found =
        found.map_err(|error| gost_above(leaf, intermediates, roots).unwrap_or_else(|| named(&error, leaf, at)))?;

    let mut certificates = vec![leaf.clone()];
    for between in found.intermediate_certificates() {
        let der = between.der();
        certificates.extend(intermediates.iter().find(|one| one.der() == der.as_ref()).cloned());
    }
    let last = certificates.last().unwrap_or(leaf);
    let root = roots.iter().find(|root| last.issued_by(root).is_ok()).ok_or(PathError::UnknownIssuer)?;
    certificates.push(root.clone());
    for authority in certificates.iter().skip(1) {
        let which = if authority == root { "the root's certificate" } else { "an authority's certificate" };
        in_force(authority, which, at)?;
        if authority.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(PathError::NotAnAuthority);
        }
        allowed(authority, usage)?;
    }
    Ok(Path { certificates })
}

/// Whether a certificate is in force at a time; both ends are inclusive (RFC 5280 §4.1.2.5).
///
/// # Errors
/// If not.
pub(crate) fn in_force(certificate: &Certificate, which: &'static str, at: Timestamp) -> Result<(), PathError> {
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    match () {
        () if at < not_before => Err(PathError::NotYetValid { which, not_before, at }),
        () if at.as_second() > not_after.as_second() => Err(PathError::Expired { which, not_after, at }),
        () => Ok(()),
    }
}

/// The purposes that the certificate at the end must state.
fn purpose(leaf: &Certificate, usage: Usage) -> Result<(), PathError> {
    let stated = leaf.extended_key_usage();
    match usage {
        Usage::Signing => Ok(()),
        Usage::TimeStamping => match stated {
            Some((true, [only])) if *only == ID_KP_TIME_STAMPING => Ok(()),
            _ => Err(PathError::Purpose("stamping times, critically and for nothing else")),
        },
        Usage::OcspSigning => match stated {
            Some((_, purposes)) if purposes.contains(&ID_KP_OCSP_SIGNING) => Ok(()),
            _ => Err(PathError::Purpose("answering OCSP")),
        },
    }
}

/// An authority that states purposes may only issue for them.
fn allowed(authority: &Certificate, usage: Usage) -> Result<(), PathError> {
    let needed: ObjectIdentifier = match usage {
        Usage::Signing => return Ok(()),
        Usage::TimeStamping => ID_KP_TIME_STAMPING,
        Usage::OcspSigning => ID_KP_OCSP_SIGNING,
    };
    match authority.extended_key_usage() {
        Some((_, purposes)) if !purposes.contains(&needed) && !purposes.contains(&ANY_EXTENDED_KEY_USAGE) => {
            Err(PathError::Constraint("an authority's certificate does not allow it to issue for this purpose"))
        }
        _ => Ok(()),
    }
}

/// The purposes are looked at above: webpki asks one question of all certificates of a path, and the law asks several of one.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

/// Whether the way up meets a key or a signature that cannot be checked here: then nobody can tell, rather than no.
fn gost_above(leaf: &Certificate, intermediates: &[Certificate], roots: &[Certificate]) -> Option<PathError> {
    let mut name = leaf.issuer();
    for _ in 0..=intermediates.len() {
        let above = intermediates.iter().chain(roots).find(|one| one.subject_der() == name)?;
        if let KeyAlgorithm::Gost(standard) = above.algorithm() {
            return Some(PathError::Algorithm(SignatureError::Gost((*standard).to_owned())));
        }
        if let Err(error @ SignatureError::Gost(_)) = above.signature_is_checkable() {
            return Some(PathError::Algorithm(error));
        }
        if roots.contains(above) {
            return None;
        }
        name = above.issuer();
    }
    None
}

/// webpki's reasons in ours.
fn named(error: &Error, leaf: &Certificate, at: Timestamp) -> PathError {
    let of = |second: &UnixTime| i64::try_from(second.as_secs()).ok().and_then(|s| Timestamp::from_second(s).ok());
    let which = |date: Timestamp, of_leaf: Timestamp| {
        if date.as_second() == of_leaf.as_second() { "the signer's certificate" } else { "an authority's certificate" }
    };
    match error {
        Error::CertExpired { not_after, .. } => {
            let not_after = of(not_after).unwrap_or(leaf.not_after());
            PathError::Expired { which: which(not_after, leaf.not_after()), not_after, at }
        }
        Error::CertNotValidYet { not_before, .. } => {
            let not_before = of(not_before).unwrap_or(leaf.not_before());
            PathError::NotYetValid { which: which(not_before, leaf.not_before()), not_before, at }
        }
        Error::UnknownIssuer => PathError::UnknownIssuer,
        Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => PathError::BadSignature,
        Error::EndEntityUsedAsCa => PathError::NotAnAuthority,
        Error::CaUsedAsEndEntity => PathError::Authority,
        Error::PathLenConstraintViolated => {
            PathError::Constraint("there are more authorities in the path than one of them allows")
        }
        Error::NameConstraintViolation => PathError::Constraint("an authority may not issue for this name"),
        Error::UnsupportedCriticalExtension | Error::UnsupportedCertVersion => PathError::Unsupported,
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => PathError::TooManyPaths,
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            PathError::Algorithm(SignatureError::Unsupported("an issuer's signature algorithm".to_owned()))
        }
        other => PathError::Malformed(other.to_string()),
    }
}
