//! The signed attributes of a signer (RFC 5652 §5.3, §11; RFC 5035). Each at most once, with one value: two could be read in two
//! ways.

use const_oid::ObjectIdentifier;
use der::{Tag, asn1::OctetStringRef};
use jiff::Timestamp;
use x509_cert::time::Time;

use crate::{
    certificate::{Certificate, Digest},
    der_writer::{SET, set_of},
    signed_data::{
        CONTENT_TYPE, MESSAGE_DIGEST, SIGNATURE_TIME_STAMP, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SIGNING_TIME,
    },
    tlv::{Tlv, Walk, strip, timestamp},
};

/// More are not read.
const MOST: usize = 64;

/// What a signer signed beside the content.
pub(super) struct Signed<'a> {
    /// The bytes under the signature: a `SET OF` in DER.
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: ObjectIdentifier,
    pub(super) message_digest: &'a [u8],
    /// What the signer's clock said, if anything.
    pub(super) signing_time: Option<Timestamp>,
    certificate: Option<Tlv<'a>>,
    certificate_v2: Option<Tlv<'a>>,
}

/// Reads `[0] IMPLICIT SignedAttributes`.
pub(super) fn signed<'a>(field: &Tlv<'a>) -> Result<Signed<'a>, String> {
    let attributes = rows(field)?;
    let one = |oid: ObjectIdentifier| -> Result<Option<Tlv<'a>>, String> {
        let mut found = attributes.iter().filter(|row| row.oid == oid);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(Row { values, .. }), None) => match values.as_slice() {
                [only] => Ok(Some(*only)),
                values => Err(format!("the signed attribute {oid} has {} values, and must have one", values.len())),
            },
            (Some(_), Some(_)) => Err(format!("the signed attribute {oid} stands twice")),
        }
    };
    let content_type = one(CONTENT_TYPE)?.ok_or("the signed attribute content-type is missing")?;
    let message_digest = one(MESSAGE_DIGEST)?.ok_or("the signed attribute message-digest is missing")?;
    let odd = |error: der::Error| format!("a signed attribute cannot be read: {error}");
    let signing_time = match one(SIGNING_TIME)? {
        Some(value) => {
            Some(timestamp(value.decode::<Time>().map_err(odd)?.to_date_time()).ok_or("a time out of range")?)
        }
        None => None,
    };
    Ok(Signed {
        content_type: content_type.decode().map_err(odd)?,
        message_digest: message_digest.decode::<OctetStringRef<'a>>().map_err(odd)?.as_bytes(),
        signing_time,
        certificate: one(SIGNING_CERTIFICATE)?,
        certificate_v2: one(SIGNING_CERTIFICATE_V2)?,
        // In DER's order: a sender of BER may have written them in another than it signed them.
        bytes: set_of(SET, attributes.iter().map(|row| row.der.to_vec()).collect()),
    })
}

/// The tokens among the unsigned attributes, `[1] IMPLICIT UnsignedAttributes`, that stamp the signature.
pub(super) fn tokens(field: &Tlv<'_>) -> Result<Vec<Vec<u8>>, String> {
    let stamps = rows(field)?.into_iter().filter(|row| row.oid == SIGNATURE_TIME_STAMP);
    Ok(stamps.flat_map(|row| row.values).map(|value| value.der.to_vec()).collect())
}

struct Row<'a> {
    der: &'a [u8],
    oid: ObjectIdentifier,
    values: Vec<Tlv<'a>>,
}

fn rows<'a>(field: &Tlv<'a>) -> Result<Vec<Row<'a>>, String> {
    let odd = |error: der::Error| format!("the attributes cannot be read: {error}");
    let mut walk = Walk::over(field.value).map_err(odd)?;
    let mut rows = Vec::new();
    while !walk.is_finished() {
        if rows.len() == MOST {
            return Err(format!("more than {MOST} attributes"));
        }
        let row = walk.take().map_err(odd)?;
        let mut parts = row.sequence().map_err(odd)?;
        let oid = parts.take().and_then(|oid| oid.decode()).map_err(odd)?;
        let mut inside = parts.expect(Tag::Set).and_then(|set| Walk::over(set.value)).map_err(odd)?;
        parts.finish().map_err(odd)?;
        let mut values = Vec::new();
        while !inside.is_finished() {
            if values.len() == MOST {
                return Err(format!("an attribute has more than {MOST} values"));
            }
            values.push(inside.take().map_err(odd)?);
        }
        rows.push(Row { der: row.der, oid, values });
    }
    Ok(rows)
}

impl Signed<'_> {
    /// Whether signing-certificate and signing-certificate-v2, where they stand, name this certificate.
    pub(super) fn names(&self, certificate: &Certificate) -> Result<(), String> {
        const ODD: &str = "the signed attribute signing-certificate cannot be read";
        let other = || Err("the signed attribute signing-certificate names another certificate".to_owned());
        let odd = |_: der::Error| ODD.to_owned();
        // SigningCertificate ::= SEQUENCE { certs SEQUENCE OF ESSCertID, policies … }; the first is the signer's.
        let first = |value: &Tlv<'_>| -> der::Result<Vec<u8>> {
            Ok(value.sequence()?.expect(Tag::Sequence)?.sequence()?.expect(Tag::Sequence)?.der.to_vec())
        };
        if let Some(value) = &self.certificate {
            let id = first(value).map_err(odd)?;
            let mut parts = Tlv::only(&id).and_then(|id| id.sequence()).map_err(odd)?;
            let hash = parts.expect(Tag::OctetString).map_err(odd)?.value;
            // SHA-1 is all that this old attribute knows. It names a certificate beside the signature's own proof.
            let named = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
            if hash != named.as_ref() || !issuer_serial(&mut parts, certificate).map_err(odd)? {
                return other();
            }
        }
        if let Some(value) = &self.certificate_v2 {
            let id = first(value).map_err(odd)?;
            let mut parts = Tlv::only(&id).and_then(|id| id.sequence()).map_err(odd)?;
            let digest = match parts.optional(Tag::Sequence).map_err(odd)? {
                None => Digest::Sha256,
                Some(algorithm) => {
                    let oid = algorithm.sequence().and_then(|mut parts| parts.take()?.decode()).map_err(odd)?;
                    match Digest::of(oid) {
                        Ok(digest) => digest,
                        // Of GOST, nothing can be said; the signature itself cannot either.
                        Err(error) if error.verdict() == crate::Verdict::Indeterminate => return Ok(()),
                        Err(error) => return Err(format!("the signed attribute signing-certificate: {error}")),
                    }
                }
            };
            let hash = parts.expect(Tag::OctetString).map_err(odd)?.value;
            if hash != digest.digest(certificate.der()) || !issuer_serial(&mut parts, certificate).map_err(odd)? {
                return other();
            }
        }
        Ok(())
    }
}

/// Whether `IssuerSerial`, where it stands, is that of the certificate.
fn issuer_serial(parts: &mut Walk<'_>, certificate: &Certificate) -> der::Result<bool> {
    let Some(field) = parts.optional(Tag::Sequence)? else { return Ok(true) };
    let mut parts = field.sequence()?;
    let names = parts.expect(Tag::Sequence)?;
    let serial = strip(parts.expect(Tag::Integer)?.value);
    // GeneralNames with one directoryName, [4] EXPLICIT.
    let mut issuer = vec![];
    let name = names.sequence()?.take()?;
    if name.tag == crate::tlv::context(4) {
        issuer = name.value.to_vec();
    }
    Ok(serial == certificate.serial() && issuer == certificate.issuer())
}
