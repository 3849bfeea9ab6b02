//! Certificates and revocation lists, by `rcgen`.

use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use ring::{
    rand::SecureRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use x509_cert::der::{Decode as _, asn1::Utf8StringRef};

use super::{DevelopmentError, IN_FORCE, MARK, Revoked, der_of};
use crate::der_writer::{SEQUENCE, oid, write};

/// For clocks that are late.
const LEAD: Duration = Duration::from_hours(24);

/// The year 9891: what is in force from then on would outlive the years that certificates can state.
const LATEST: u64 = 250_000_000_000;
/// `id-ce-extKeyUsage`.
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Sealing messages.
    Seal,
    /// Stamping times.
    TimeStamping,
}

/// The authority, ready to sign.
pub(super) struct Issuer {
    parameters: CertificateParams,
    key: KeyPair,
    /// What tells one development PKI from another.
    number: String,
}

impl Issuer {
    pub(super) fn from_pem(certificate: &str, key: &str) -> Result<Self, DevelopmentError> {
        let key = KeyPair::from_pem(key).map_err(|_| DevelopmentError::Pem)?;
        let name = common_name(&der_of(certificate)?).ok_or(DevelopmentError::Pem)?;
        let number = name.rsplit(' ').next().unwrap_or_default().to_owned();
        Ok(Self { parameters: authority_parameters(&number), key, number })
    }

    fn signing(&self) -> rcgen::Issuer<'_, &KeyPair> {
        rcgen::Issuer::from_params(&self.parameters, &self.key)
    }
}

/// A new authority: its certificate and its key, in PEM.
pub(super) fn authority(now: Timestamp, random: &dyn SecureRandom) -> Result<(String, String), DevelopmentError> {
    let number = data_encoding::HEXLOWER.encode(&bytes::<4>(random)?);
    let mut parameters = authority_parameters(&number);
    dated(&mut parameters, now, random)?;
    let key = key(random)?;
    let certificate = parameters.self_signed(&key).map_err(issue)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// A new certificate and its key, in PEM.
pub(super) fn certificate(
    issuer: &Issuer,
    purpose: Purpose,
    now: Timestamp,
    random: &dyn SecureRandom,
) -> Result<(String, String), DevelopmentError> {
    let (name, usage) = match purpose {
        Purpose::Seal => ("seal", ExtendedKeyUsagePurpose::EmailProtection),
        Purpose::TimeStamping => ("time-stamping", ExtendedKeyUsagePurpose::TimeStamping),
    };
    let mut parameters = named(name, &issuer.number);
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.use_authority_key_identifier_extension = true;
    // As the national authority writes certificates for signing (domain.md §2.2).
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    match purpose {
        Purpose::Seal => parameters.extended_key_usages = vec![usage],
        // Critical, and nothing else beside it (RFC 3161 §2.3); rcgen would write it uncritical.
        Purpose::TimeStamping => {
            let content = write(SEQUENCE, &[&oid(const_oid::db::rfc5280::ID_KP_TIME_STAMPING)]);
            let mut extension = CustomExtension::from_oid_content(&EXTENDED_KEY_USAGE, content);
            extension.set_criticality(true);
            parameters.custom_extensions = vec![extension];
        }
    }
    dated(&mut parameters, now, random)?;
    let key = key(random)?;
    let certificate = parameters.signed_by(&key, &issuer.signing()).map_err(issue)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// A revocation list in DER. Its number is the second in which it was made.
pub(super) fn crl(
    issuer: &Issuer,
    now: Timestamp,
    next: Timestamp,
    revoked: &[Revoked],
) -> Result<Vec<u8>, DevelopmentError> {
    let revoked = revoked.iter().map(|revoked| {
        Ok(RevokedCertParams {
            serial_number: SerialNumber::from_slice(&revoked.serial),
            revocation_time: date_time_ymd(1970, 1, 1) + since_1970(revoked.at)?,
            reason_code: None,
            invalidity_date: None,
        })
    });
    let parameters = CertificateRevocationListParams {
        this_update: date_time_ymd(1970, 1, 1) + since_1970(now)?,
        next_update: date_time_ymd(1970, 1, 1) + since_1970(next)?,
        crl_number: SerialNumber::from_slice(&now.as_second().to_be_bytes()),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect::<Result<_, DevelopmentError>>()?,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(parameters.signed_by(&issuer.signing()).map_err(issue)?.der().to_vec())
}

/// The common name of a certificate's subject.
pub(super) fn common_name(certificate: &[u8]) -> Option<String> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let parts = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let mut names = parts.filter(|part| part.oid == const_oid::db::rfc4519::CN);
    Some(names.next()?.value.decode_as::<Utf8StringRef<'_>>().ok()?.as_str().to_owned())
}

fn authority_parameters(number: &str) -> CertificateParams {
    let mut parameters = named("CA", number);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn named(what: &str, number: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::OrganizationName, "qadam");
    parameters.distinguished_name.push(DnType::CommonName, format!("{MARK} {what} {number}"));
    parameters
}

/// In force from a day before, for clocks that are late; with a random serial number.
fn dated(
    parameters: &mut CertificateParams,
    now: Timestamp,
    random: &dyn SecureRandom,
) -> Result<(), DevelopmentError> {
    parameters.not_before = date_time_ymd(1970, 1, 1) + since_1970(now)?.saturating_sub(LEAD);
    parameters.not_after = date_time_ymd(1970, 1, 1) + since_1970(now)? + IN_FORCE;
    let mut serial = bytes::<16>(random)?;
    // Positive, and of full length.
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    parameters.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(())
}

fn key(random: &dyn SecureRandom) -> Result<KeyPair, DevelopmentError> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, random);
    let key = key.map_err(|_| DevelopmentError::Random)?;
    KeyPair::try_from(&PrivatePkcs8KeyDer::from(key.as_ref())).map_err(issue)
}

fn bytes<const N: usize>(random: &dyn SecureRandom) -> Result<[u8; N], DevelopmentError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).map_err(|_| DevelopmentError::Random)?;
    Ok(bytes)
}

/// rcgen states times in a crate that is not ours; it gives a day to count from.
fn issue(error: rcgen::Error) -> DevelopmentError {
    DevelopmentError::Issue(error.to_string())
}

fn since_1970(time: Timestamp) -> Result<Duration, DevelopmentError> {
    let seconds = u64::try_from(time.as_second()).ok().filter(|seconds| *seconds < LATEST);
    seconds.map(Duration::from_secs).ok_or(DevelopmentError::Time(time))
}
