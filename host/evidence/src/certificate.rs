//! Certificates as this project reads them: whose, for what, in which roles, in force from when to when. Reading depends on no
//! library of cryptography, so that the fields of a GOST certificate can be told too.

mod algorithm;
mod subject;

use std::{fmt, sync::Arc};

use const_oid::{ObjectIdentifier, db::rfc5912};
use der::{Decode, Tag};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, BasicConstraints, CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage,
    KeyUsage, SubjectKeyIdentifier,
    name::{DistributionPointName, GeneralName},
};

pub(crate) use self::algorithm::{PublicKey, checkable};
pub use self::{
    algorithm::{Digest, KeyAlgorithm, SignatureError},
    subject::{Kind, Subject},
};
use crate::tlv::{Signed, Tlv, bits, context, strip, timestamp};

/// The largest that is read. Those of the national authority have about two thousand bytes.
pub const MAX_CERTIFICATE: usize = 32 << 10;

/// The arc of roles that the national authority writes into the extended key usage (registry root.gov.kz/oid).
const ROLES: &str = "1.2.398.3.3.4.";

/// A certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Read>);

struct Read {
    der: Vec<u8>,
    serial: Vec<u8>,
    issuer: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    owner: Subject,
    algorithm: KeyAlgorithm,
    not_before: Timestamp,
    not_after: Timestamp,
    key_usage: Option<KeyUsage>,
    extended: Option<(bool, Vec<ObjectIdentifier>)>,
    policies: Vec<ObjectIdentifier>,
    authority: Option<BasicConstraints>,
    key_identifier: Option<Vec<u8>>,
    crl_points: Vec<GeneralName>,
    ocsp_urls: Vec<String>,
    no_check: bool,
}

/// Bytes that are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate that can be read: {0}")]
pub struct CertificateError(String);

impl CertificateError {
    pub(crate) const fn new(reason: String) -> Self {
        Self(reason)
    }
}

impl From<der::Error> for CertificateError {
    fn from(error: der::Error) -> Self {
        Self(error.to_string())
    }
}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// If it is no certificate in DER, has an extension twice, or is larger than [`MAX_CERTIFICATE`].
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError(format!("{} bytes, at most {MAX_CERTIFICATE}", der.len())));
        }
        let whole = x509_cert::Certificate::from_der(der)?;
        let body = whole.tbs_certificate;
        // The very bytes of names and key, which are compared and hashed as they are.
        let mut parts = Signed::read(der)?.body.sequence()?;
        parts.optional(context(0))?;
        let serial = strip(parts.expect(Tag::Integer)?.value).to_vec();
        parts.expect(Tag::Sequence)?;
        let issuer = parts.expect(Tag::Sequence)?.der.to_vec();
        parts.expect(Tag::Sequence)?;
        let subject = parts.expect(Tag::Sequence)?.der.to_vec();
        let spki = parts.expect(Tag::Sequence)?.der.to_vec();

        let extensions = body.extensions.as_deref().unwrap_or_default();
        for (i, extension) in extensions.iter().enumerate() {
            if extensions.iter().skip(i + 1).any(|other| other.extn_id == extension.extn_id) {
                return Err(CertificateError(format!("the extension {} stands twice", extension.extn_id)));
            }
        }
        let time = |time: x509_cert::time::Time| {
            timestamp(time.to_date_time()).ok_or_else(|| CertificateError("a date out of range".to_owned()))
        };
        // Where these two cannot be read nothing is lost but a hint: what is fetched, and from where, is configured.
        let points = body.get::<CrlDistributionPoints>().ok().flatten().map(|(_, points)| points.0).unwrap_or_default();
        let access = body.get::<AuthorityInfoAccessSyntax>().ok().flatten().map(|(_, access)| access.0);
        let read = Read {
            serial,
            issuer,
            subject,
            owner: Subject::of(&body.subject),
            algorithm: PublicKey::read(&spki)?.algorithm,
            spki,
            not_before: time(body.validity.not_before)?,
            not_after: time(body.validity.not_after)?,
            key_usage: body.get::<KeyUsage>()?.map(|(_, usage)| usage),
            extended: body.get::<ExtendedKeyUsage>()?.map(|(critical, usage)| (critical, usage.0)),
            policies: body
                .get::<CertificatePolicies>()?
                .map(|(_, policies)| policies.0.into_iter().map(|policy| policy.policy_identifier).collect())
                .unwrap_or_default(),
            authority: body.get::<BasicConstraints>()?.map(|(_, basic)| basic),
            key_identifier: body.get::<SubjectKeyIdentifier>()?.map(|(_, id)| id.0.as_bytes().to_vec()),
            crl_points: points.into_iter().filter_map(|point| point.distribution_point).flat_map(full_name).collect(),
            ocsp_urls: access
                .unwrap_or_default()
                .into_iter()
                .filter(|access| access.access_method == const_oid::db::rfc5912::ID_AD_OCSP)
                .filter_map(|access| match access.access_location {
                    GeneralName::UniformResourceIdentifier(url) => Some(url.as_str().to_owned()),
                    _ => None,
                })
                .collect(),
            no_check: extensions
                .iter()
                .any(|extension| extension.extn_id == const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK),
            der: der.to_vec(),
        };
        Ok(Self(Arc::new(read)))
    }

    /// Reads PEM: as many certificates as the text holds, in order. What stands around them (keys, comments) is passed over.
    ///
    /// # Errors
    /// If there is none, or one that cannot be read.
    pub fn parse_pem(pem: &str) -> Result<Vec<Self>, CertificateError> {
        const END: &str = "-----END CERTIFICATE-----";
        let blocks = pem.split_inclusive(END).filter_map(|part| part.get(part.find("-----BEGIN CERTIFICATE-----")?..));
        let read = |block: &str| match der::pem::decode_vec(block.as_bytes()) {
            Ok((_, der)) => Self::parse(&der),
            Err(error) => Err(CertificateError(format!("a CERTIFICATE block of PEM: {error}"))),
        };
        let certificates = blocks.map(read).collect::<Result<Vec<_>, _>>()?;
        if certificates.is_empty() {
            Err(CertificateError("no CERTIFICATE block of PEM".to_owned()))
        } else {
            Ok(certificates)
        }
    }

    /// The bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Whose it is.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.0.owner
    }

    /// The subject's name in DER.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject
    }

    /// The issuer's name in DER.
    #[must_use]
    pub fn issuer(&self) -> &[u8] {
        &self.0.issuer
    }

    /// The serial number, big-endian, without leading zeros.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// In force from.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// In force to, inclusive.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// What the key is.
    #[must_use]
    pub fn algorithm(&self) -> &KeyAlgorithm {
        &self.0.algorithm
    }

    /// What the key may do; `None` where the certificate does not say.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.key_usage
    }

    /// The purposes of the key, and whether they are critical; `None` where the certificate does not say.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<(bool, &[ObjectIdentifier])> {
        self.0.extended.as_ref().map(|(critical, usage)| (*critical, usage.as_slice()))
    }

    /// The roles of its owner, of the national registry.
    #[must_use]
    pub fn roles(&self) -> Vec<ObjectIdentifier> {
        let purposes = self.extended_key_usage().map(|(_, purposes)| purposes).unwrap_or_default();
        purposes.iter().filter(|oid| oid.to_string().starts_with(ROLES)).copied().collect()
    }

    /// The policies under which it was issued.
    #[must_use]
    pub fn policies(&self) -> &[ObjectIdentifier] {
        &self.0.policies
    }

    /// Whether it is an authority's.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.0.authority.as_ref().is_some_and(|basic| basic.ca)
    }

    /// Whether the issuer says that this OCSP responder need not be looked up (RFC 6960 §4.2.2.2.1).
    #[must_use]
    pub fn has_no_check(&self) -> bool {
        self.0.no_check
    }

    /// Where it says OCSP is answered. A hint: only configured addresses are called.
    #[must_use]
    pub fn ocsp_urls(&self) -> &[String] {
        &self.0.ocsp_urls
    }

    pub(crate) fn crl_points(&self) -> &[GeneralName] {
        &self.0.crl_points
    }

    pub(crate) fn key_identifier(&self) -> Option<&[u8]> {
        self.0.key_identifier.as_deref()
    }

    /// The key's bits, as OCSP hashes them.
    pub(crate) fn key_bits(&self) -> der::Result<&[u8]> {
        let mut parts = Tlv::only(&self.0.spki)?.sequence()?;
        parts.expect(Tag::Sequence)?;
        bits(&parts.expect(Tag::BitString)?)
    }

    /// The key with its algorithm in DER.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// Whether this key made this signature, with an algorithm of certificates, CRLs and OCSP answers.
    pub(crate) fn verify(&self, object: &Signed<'_>) -> Result<(), SignatureError> {
        self.key()?.verify(&object.algorithm, object.body.der, object.signature)
    }

    pub(crate) fn key(&self) -> Result<PublicKey<'_>, SignatureError> {
        PublicKey::read(&self.0.spki).map_err(|error| SignatureError::Unsupported(error.to_string()))
    }

    /// Whether this key, which must be RSA, made this signature over a message with SHA-256 (PKCS#1 v1.5), as XML signatures
    /// have it (`rsa-sha256`, RFC 4051 §2.3.2).
    ///
    /// # Errors
    /// Why not.
    pub fn verify_rsa_sha256(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let algorithm = AlgorithmIdentifierOwned { oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION, parameters: None };
        self.key()?.verify(&algorithm, message, signature)
    }

    /// Whether the certificate was issued by the owner of that one: name and signature. Says nothing of times and usages.
    ///
    /// # Errors
    /// Why not.
    pub fn issued_by(&self, issuer: &Self) -> Result<(), SignatureError> {
        if self.issuer() != issuer.subject_der() {
            return Err(SignatureError::Mismatch);
        }
        let signed = Signed::read(self.der()).map_err(|_| SignatureError::Mismatch)?;
        issuer.verify(&signed)
    }

    /// The algorithm that its issuer signed it with can be checked here.
    ///
    /// # Errors
    /// If it is GOST's, weak or unknown.
    pub fn signature_is_checkable(&self) -> Result<(), SignatureError> {
        let signed = Signed::read(self.der()).map_err(|_| SignatureError::Mismatch)?;
        checkable(signed.algorithm.oid)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

/// The serial number alone: names are personal data.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", data_encoding::HEXUPPER.encode(self.serial()))
    }
}

fn full_name(point: DistributionPointName) -> Vec<GeneralName> {
    match point {
        DistributionPointName::FullName(names) => names,
        DistributionPointName::NameRelativeToCRLIssuer(_) => Vec::new(),
    }
}
