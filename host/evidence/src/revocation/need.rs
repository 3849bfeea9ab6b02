//! What is missing to tell whether a certificate was revoked, and the request that asks for it (RFC 6960 §4.1).

use const_oid::{ObjectIdentifier, db::rfc6960::ID_PKIX_OCSP_NONCE};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use crate::{
    certificate::Certificate,
    der_writer::{INTEGER, OCTET_STRING, SEQUENCE, context, oid, write},
};

const SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const NULL: [u8; 2] = [0x05, 0x00];

/// Whether a certificate was revoked is not known: an OCSP answer about it, or a revocation list of its issuer, would tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Of which certificate.
    pub certificate: Certificate,
    /// Who issued it.
    pub issuer: Certificate,
}

/// By which hash a request names the issuer. It is a name, no proof; old responders know SHA-1 alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// What every responder knows (RFC 5019 §2.1.1).
    #[default]
    Sha1,
    /// What some ask for.
    Sha256,
}

impl Need {
    /// Names the certificate: the same for every request about it. Holds nothing of its owner.
    #[must_use]
    pub fn key(&self) -> String {
        data_encoding::HEXLOWER.encode(digest(&SHA256, self.certificate.der()).as_ref())
    }

    /// The OCSP request in DER, sent as `application/ocsp-request`. A nonce (16 bytes will do) keeps old answers from being
    /// taken for the one to this request.
    #[must_use]
    pub fn request(&self, naming: Naming, nonce: Option<&[u8]>) -> Vec<u8> {
        let (algorithm, name) = match naming {
            Naming::Sha1 => (&SHA1_FOR_LEGACY_USE_ONLY, SHA_1),
            Naming::Sha256 => (&SHA256, crate::signed_data::SHA_256),
        };
        let hash = |bytes: &[u8]| write(OCTET_STRING, &[digest(algorithm, bytes).as_ref()]);
        // A positive number, whose first bit is not taken for a sign.
        let serial = self.certificate.serial();
        let sign: &[u8] = if serial.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
        let id = write(
            SEQUENCE,
            &[
                &write(SEQUENCE, &[&oid(name), &NULL]),
                &hash(self.issuer.subject_der()),
                &hash(self.issuer.key_bits().unwrap_or_default()),
                &write(INTEGER, &[sign, serial]),
            ],
        );
        let requests = write(SEQUENCE, &[&write(SEQUENCE, &[&id])]);
        let extensions = nonce.map(|nonce| {
            let value = write(OCTET_STRING, &[&write(OCTET_STRING, &[nonce])]);
            write(context(2), &[&write(SEQUENCE, &[&write(SEQUENCE, &[&oid(ID_PKIX_OCSP_NONCE), &value])])])
        });
        write(SEQUENCE, &[&write(SEQUENCE, &[&requests, &extensions.unwrap_or_default()])])
    }
}
