//! The private key out of its wrappings.

use const_oid::ObjectIdentifier;
use der::Tag;
use rustls_pki_types::{
    PrivateKeyDer,
    pem::{self, PemObject as _},
};

use super::{
    KeyError,
    algorithm::{EC, P_256, RSA, name},
};
use crate::tlv::{Tlv, bits, context};

/// A private key, of an algorithm that signs here.
pub(super) enum Private {
    /// `RSAPrivateKey` in DER (RFC 8017 §A.1.2).
    Rsa(Vec<u8>),
    /// The number, in 32 bytes, and the point, where it is told.
    P256 { scalar: Vec<u8>, point: Option<Vec<u8>> },
}

pub(super) fn from_pem(text: &str) -> Result<Private, KeyError> {
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("\nProc-Type: 4,ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    let keys: Result<Vec<_>, pem::Error> = PrivateKeyDer::pem_slice_iter(text.as_bytes()).collect();
    let mut keys = keys.map_err(|error| KeyError::Pem(error.to_string()))?.into_iter();
    let key = keys.next().ok_or(KeyError::NoKey)?;
    if keys.len() > 0 {
        return Err(KeyError::Several { keys: keys.len() + 1 });
    }
    match key {
        PrivateKeyDer::Pkcs1(key) => Ok(Private::Rsa(key.secret_pkcs1_der().to_vec())),
        PrivateKeyDer::Sec1(key) => from_sec1(key.secret_sec1_der(), None),
        PrivateKeyDer::Pkcs8(key) => from_pkcs8(key.secret_pkcs8_der()),
        _ => Err(KeyError::NoKey),
    }
}

/// `PrivateKeyInfo` (RFC 5208 §5) or `OneAsymmetricKey` (RFC 5958 §2).
pub(super) fn from_pkcs8(der: &[u8]) -> Result<Private, KeyError> {
    let read = || -> der::Result<_> {
        let mut parts = Tlv::only(der)?.sequence()?;
        parts.expect(Tag::Integer)?;
        let mut algorithm = parts.expect(Tag::Sequence)?.sequence()?;
        let key = parts.expect(Tag::OctetString)?;
        let kind: ObjectIdentifier = algorithm.expect(Tag::ObjectIdentifier)?.decode()?;
        let curve = algorithm.optional(Tag::ObjectIdentifier)?.map(|curve| curve.decode()).transpose()?;
        Ok((kind, curve, key.value))
    };
    let (kind, curve, key) = read().map_err(|_| KeyError::Refused("it cannot be read as PKCS#8".to_owned()))?;
    match kind {
        RSA => Ok(Private::Rsa(key.to_vec())),
        EC => from_sec1(key, curve),
        other => Err(KeyError::Algorithm { algorithm: name(other) }),
    }
}

/// `ECPrivateKey` (RFC 5915 §3), whose curve may be told outside.
fn from_sec1(der: &[u8], outside: Option<ObjectIdentifier>) -> Result<Private, KeyError> {
    let read = || -> der::Result<_> {
        let mut parts = Tlv::only(der)?.sequence()?;
        parts.expect(Tag::Integer)?;
        let scalar = parts.expect(Tag::OctetString)?.value.to_vec();
        let curve = parts.optional(context(0))?.map(|curve| Tlv::only(curve.value)?.decode()).transpose()?;
        let point = parts.optional(context(1))?.map(|point| bits(&Tlv::only(point.value)?)).transpose()?;
        Ok((scalar, curve, point.map(<[u8]>::to_vec)))
    };
    let (scalar, inside, point) =
        read().map_err(|_| KeyError::Refused("it cannot be read as ECPrivateKey".to_owned()))?;
    match outside.or(inside) {
        Some(P_256) => Ok(Private::P256 { scalar, point }),
        Some(curve) => Err(KeyError::Algorithm { algorithm: name(curve) }),
        None => Err(KeyError::Algorithm { algorithm: "ECDSA over a curve without a name".to_owned() }),
    }
}
