//! Signing.

use const_oid::ObjectIdentifier;
use jiff::{Timestamp, tz::TimeZone};
use ring::digest::{SHA256, digest};

use super::{CONTENT_TYPE, DATA, Identity, MESSAGE_DIGEST, SHA_256, SIGNED_DATA, SIGNING_CERTIFICATE_V2, SIGNING_TIME};
use crate::{
    der_writer::{GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE, SET, UTC_TIME, context, oid, set_of, write},
    seal::SealError,
    signer::{Algorithm, Signer},
};

/// `sha256WithRSAEncryption` (RFC 5754 §3.2).
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// `ecdsa-with-SHA256` (RFC 5754 §3.3).
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const NULL: [u8; 2] = [0x05, 0x00];

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'c> {
    /// Bytes that stay outside.
    Detached(&'c [u8]),
    /// Bytes of a type that go inside.
    Inside(ObjectIdentifier, &'c [u8], Certificates),
}

/// Whether the signer's certificates go along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificates {
    /// They do.
    Inside,
    /// Who asked has them, and wants none (RFC 3161 §2.4.1, `certReq`).
    Outside,
}

/// A `ContentInfo` with the `SignedData` of one signer, in DER, with the signer's certificates and the signed attributes of
/// CAdES-BES (RFC 5126 §4.3.1).
pub(crate) fn sign(content: Content<'_>, signer: &dyn Signer, time: Timestamp) -> Result<Vec<u8>, SealError> {
    let (kind, bytes) = match content {
        Content::Detached(bytes) => (DATA, bytes),
        Content::Inside(kind, bytes, _) => (kind, bytes),
    };
    let certificates = signer.certificates();
    let certificate = certificates.first().ok_or(SealError::NoCertificate)?;
    let named = Identity::of(certificate).map_err(|_| SealError::Certificate)?;

    let attributes = signed_attributes(kind, bytes, certificate, &named, time)?;
    let signature = signer.sign(&set_of(SET, attributes.clone())).map_err(SealError::Signer)?;
    let digest_algorithm = write(SEQUENCE, &[&oid(SHA_256)]);
    let signer_info = write(
        SEQUENCE,
        &[
            &write(INTEGER, &[&[1]]),
            &write(SEQUENCE, &[named.issuer.der, named.serial.der]),
            &digest_algorithm,
            &set_of(context(0), attributes),
            &signature_algorithm(signer.algorithm()),
            &write(OCTET_STRING, &[&signature]),
        ],
    );
    let (version, encapsulated) = match content {
        Content::Detached(_) => (1, write(SEQUENCE, &[&oid(kind)])),
        Content::Inside(..) => {
            (3, write(SEQUENCE, &[&oid(kind), &write(context(0), &[&write(OCTET_STRING, &[bytes])])]))
        }
    };
    let certificate_set = match content {
        Content::Inside(_, _, Certificates::Outside) => Vec::new(),
        _ => set_of(context(0), certificates.to_vec()),
    };
    let signed_data = write(
        SEQUENCE,
        &[
            &write(INTEGER, &[&[version]]),
            &write(SET, &[&digest_algorithm]),
            &encapsulated,
            &certificate_set,
            &write(SET, &[&signer_info]),
        ],
    );
    Ok(write(SEQUENCE, &[&oid(SIGNED_DATA), &write(context(0), &[&signed_data])]))
}

fn signed_attributes(
    kind: ObjectIdentifier,
    content: &[u8],
    certificate: &[u8],
    named: &Identity<'_>,
    time: Timestamp,
) -> Result<Vec<Vec<u8>>, SealError> {
    let attribute = |name, value: &[u8]| write(SEQUENCE, &[&oid(name), &write(SET, &[value])]);
    // ESSCertIDv2 with SHA-256, the default, which DER leaves out (RFC 5035 §4); then issuer and serial number.
    let directory_name = write(context(4), &[named.issuer.der]);
    let issuer_serial = write(SEQUENCE, &[&write(SEQUENCE, &[&directory_name]), named.serial.der]);
    let digest_of_certificate = write(OCTET_STRING, &[digest(&SHA256, certificate).as_ref()]);
    let certificate = write(SEQUENCE, &[&digest_of_certificate, &issuer_serial]);
    Ok(vec![
        attribute(CONTENT_TYPE, &oid(kind)),
        attribute(SIGNING_TIME, &signing_time(time).ok_or(SealError::Time(time))?),
        attribute(MESSAGE_DIGEST, &write(OCTET_STRING, &[digest(&SHA256, content).as_ref()])),
        attribute(SIGNING_CERTIFICATE_V2, &write(SEQUENCE, &[&write(SEQUENCE, &[&certificate])])),
    ])
}

/// `UTCTime` until 2049, `GeneralizedTime` from then on (RFC 5652 §11.3). None outside 1950 to 9999.
fn signing_time(time: Timestamp) -> Option<Vec<u8>> {
    let time = time.to_zoned(TimeZone::UTC).datetime();
    let rest =
        format!("{:02}{:02}{:02}{:02}{:02}Z", time.month(), time.day(), time.hour(), time.minute(), time.second());
    match time.year() {
        1950..=2049 => Some(write(UTC_TIME, &[format!("{:02}{rest}", time.year() % 100).as_bytes()])),
        2050..=9999 => Some(write(GENERALIZED_TIME, &[format!("{:04}{rest}", time.year()).as_bytes()])),
        _ => None,
    }
}

fn signature_algorithm(algorithm: Algorithm) -> Vec<u8> {
    match algorithm {
        Algorithm::RsaSha256 => write(SEQUENCE, &[&oid(RSA_SHA_256), &NULL]),
        Algorithm::EcdsaP256Sha256 => write(SEQUENCE, &[&oid(ECDSA_SHA_256)]),
    }
}
