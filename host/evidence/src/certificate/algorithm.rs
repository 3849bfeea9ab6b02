//! How signatures are made, and their verification. RSA (2048 bits or more) and ECDSA are checked here, by `ring`. GOST is
//! recognised: such a signature is neither right nor wrong here, it takes a certified library to tell. MD5 and SHA-1 are refused.

use std::fmt;

use const_oid::ObjectIdentifier;
use der::{Tag, asn1::AnyRef};
use rustls_pki_types::SignatureVerificationAlgorithm;
use spki::AlgorithmIdentifierOwned;

use crate::{
    tlv::{Tlv, bits},
    verdict::Verdict,
};

/// Why a signature does not verify here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It is not the signature of these bytes by this key.
    #[error("the signature is not that of these bytes by this key")]
    Mismatch,
    /// It is of a kind that can be forged.
    #[error("{0} is too weak to prove anything")]
    Weak(String),
    /// It is of the national standard.
    #[error("{0} is recognised, but cannot be checked here: it takes a certified GOST library")]
    Gost(String),
    /// It is of a kind that is not known here.
    #[error("{0} cannot be checked here")]
    Unsupported(String),
}

impl SignatureError {
    /// Wrong, or not to be told.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Mismatch | Self::Weak(_) => Verdict::Invalid,
            Self::Gost(_) | Self::Unsupported(_) => Verdict::Indeterminate,
        }
    }
}

/// What a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA, with the modulus's bits.
    Rsa(usize),
    /// ECDSA over P-256.
    P256,
    /// ECDSA over P-384.
    P384,
    /// GOST, by the name of the standard.
    Gost(&'static str),
    /// Another.
    Other(ObjectIdentifier),
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA of {bits} bits"),
            Self::P256 => f.write_str("ECDSA P-256"),
            Self::P384 => f.write_str("ECDSA P-384"),
            Self::Gost(name) => f.write_str(name),
            Self::Other(oid) => write!(f, "a key of algorithm {oid}"),
        }
    }
}

/// A digest that may stand in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// By its identifier.
    ///
    /// # Errors
    /// If it is too weak, GOST's, or unknown.
    pub fn of(oid: ObjectIdentifier) -> Result<Self, SignatureError> {
        match oid.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Ok(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Ok(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Ok(Self::Sha512),
            "1.3.14.3.2.26" => Err(SignatureError::Weak("SHA-1".to_owned())),
            "1.2.840.113549.2.5" => Err(SignatureError::Weak("MD5".to_owned())),
            other => Err(gost(other).map_or_else(
                || SignatureError::Unsupported(format!("the digest {other}")),
                |name| SignatureError::Gost(name.to_owned()),
            )),
        }
    }

    /// Of these bytes.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &ring::digest::SHA256,
            Self::Sha384 => &ring::digest::SHA384,
            Self::Sha512 => &ring::digest::SHA512,
        };
        ring::digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}

/// A public key, as certificates carry it.
pub(crate) struct PublicKey<'a> {
    /// The identifier of its algorithm with parameters, without tag and length.
    identifier: &'a [u8],
    /// The key's bits.
    pub(crate) bits: &'a [u8],
    /// What it is.
    pub(crate) algorithm: KeyAlgorithm,
}

impl<'a> PublicKey<'a> {
    /// From a `SubjectPublicKeyInfo`.
    pub(crate) fn read(spki: &'a [u8]) -> der::Result<Self> {
        let mut parts = Tlv::only(spki)?.sequence()?;
        let algorithm = parts.expect(Tag::Sequence)?;
        let bits = bits(&parts.expect(Tag::BitString)?)?;
        parts.finish()?;
        let mut inside = algorithm.sequence()?;
        let oid: ObjectIdentifier = inside.take()?.decode()?;
        let parameters = if inside.is_finished() { None } else { Some(inside.take()?) };
        let curve = parameters.and_then(|parameters| parameters.decode::<ObjectIdentifier>().ok());
        let kind = match (oid.to_string().as_str(), curve.map(|curve| curve.to_string()).as_deref()) {
            ("1.2.840.113549.1.1.1", _) => KeyAlgorithm::Rsa(modulus(bits)?),
            ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => KeyAlgorithm::P256,
            ("1.2.840.10045.2.1", Some("1.3.132.0.34")) => KeyAlgorithm::P384,
            (other, _) => gost(other).map_or(KeyAlgorithm::Other(oid), KeyAlgorithm::Gost),
        };
        Ok(Self { identifier: algorithm.value, bits, algorithm: kind })
    }

    /// Whether this key made this signature over this message, with an algorithm of certificates, CRLs and OCSP answers.
    pub(crate) fn verify(
        &self,
        algorithm: &AlgorithmIdentifierOwned,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        without_parameters(algorithm)?;
        self.verify_digest(scheme(algorithm.oid)?, message, signature)
    }

    /// Whether this key made this signature with an algorithm that a signerInfo names beside its digest (RFC 5652 §5.3): that
    /// of the key alone, or of both, which must then agree.
    pub(crate) fn verify_named(
        &self,
        algorithm: &AlgorithmIdentifierOwned,
        digest: Digest,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        if algorithm.oid.to_string() == "1.2.840.113549.1.1.1" {
            without_parameters(algorithm)?;
            return self.verify_digest((Family::Rsa, digest), message, signature);
        }
        if scheme(algorithm.oid)?.1 != digest {
            return Err(SignatureError::Mismatch);
        }
        self.verify(algorithm, message, signature)
    }

    fn verify_digest(
        &self,
        (family, digest): (Family, Digest),
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        use webpki::ring::{
            ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P384_SHA256, ECDSA_P384_SHA384, RSA_PKCS1_2048_8192_SHA256,
            RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        };
        let chosen: &dyn SignatureVerificationAlgorithm = match (family, &self.algorithm, digest) {
            (_, KeyAlgorithm::Gost(name), _) => return Err(SignatureError::Gost((*name).to_owned())),
            (Family::Rsa, KeyAlgorithm::Rsa(bits), _) if *bits < 2048 => {
                return Err(SignatureError::Weak(self.algorithm.to_string()));
            }
            (Family::Rsa, KeyAlgorithm::Rsa(_), Digest::Sha256) => RSA_PKCS1_2048_8192_SHA256,
            (Family::Rsa, KeyAlgorithm::Rsa(_), Digest::Sha384) => RSA_PKCS1_2048_8192_SHA384,
            (Family::Rsa, KeyAlgorithm::Rsa(_), Digest::Sha512) => RSA_PKCS1_2048_8192_SHA512,
            (Family::Ecdsa, KeyAlgorithm::P256, Digest::Sha256) => ECDSA_P256_SHA256,
            (Family::Ecdsa, KeyAlgorithm::P256, Digest::Sha384) => ECDSA_P256_SHA384,
            (Family::Ecdsa, KeyAlgorithm::P384, Digest::Sha256) => ECDSA_P384_SHA256,
            (Family::Ecdsa, KeyAlgorithm::P384, Digest::Sha384) => ECDSA_P384_SHA384,
            (Family::Rsa, KeyAlgorithm::P256 | KeyAlgorithm::P384, _) | (Family::Ecdsa, KeyAlgorithm::Rsa(_), _) => {
                return Err(SignatureError::Mismatch);
            }
            _ => return Err(SignatureError::Unsupported(format!("{} with {digest:?}", self.algorithm))),
        };
        if chosen.public_key_alg_id().as_ref() != self.identifier {
            return Err(SignatureError::Unsupported(format!("{} with these parameters", self.algorithm)));
        }
        chosen.verify_signature(self.bits, message, signature).map_err(|_| SignatureError::Mismatch)
    }
}

#[derive(Clone, Copy)]
enum Family {
    Rsa,
    Ecdsa,
}

/// PKCS#1 says NULL, some leave it out (RFC 4055 §5); anything else is none of theirs.
fn without_parameters(algorithm: &AlgorithmIdentifierOwned) -> Result<(), SignatureError> {
    if algorithm.parameters.as_ref().is_some_and(|any| AnyRef::from(any) != AnyRef::NULL) {
        return Err(SignatureError::Unsupported(format!("{} with these parameters", algorithm.oid)));
    }
    Ok(())
}

/// What an algorithm of signatures is made of.
fn scheme(oid: ObjectIdentifier) -> Result<(Family, Digest), SignatureError> {
    let weak = |name: &str| Err(SignatureError::Weak(name.to_owned()));
    match oid.to_string().as_str() {
        "1.2.840.113549.1.1.11" => Ok((Family::Rsa, Digest::Sha256)),
        "1.2.840.113549.1.1.12" => Ok((Family::Rsa, Digest::Sha384)),
        "1.2.840.113549.1.1.13" => Ok((Family::Rsa, Digest::Sha512)),
        "1.2.840.10045.4.3.2" => Ok((Family::Ecdsa, Digest::Sha256)),
        "1.2.840.10045.4.3.3" => Ok((Family::Ecdsa, Digest::Sha384)),
        "1.2.840.10045.4.3.4" => Ok((Family::Ecdsa, Digest::Sha512)),
        "1.2.840.113549.1.1.5" => weak("RSA with SHA-1"),
        "1.2.840.113549.1.1.4" => weak("RSA with MD5"),
        "1.2.840.113549.1.1.2" => weak("RSA with MD2"),
        "1.2.840.10045.4.1" => weak("ECDSA with SHA-1"),
        other => Err(gost(other).map_or_else(
            || SignatureError::Unsupported(format!("the signature algorithm {other}")),
            |name| SignatureError::Gost(name.to_owned()),
        )),
    }
}

/// Refuses an algorithm of signatures that cannot be checked here, before any key is looked at.
pub(crate) fn checkable(oid: ObjectIdentifier) -> Result<(), SignatureError> {
    scheme(oid).map(|_| ())
}

/// The name of a GOST algorithm of signatures, keys or digests: the national arc (domain.md §2.4), and the original's.
fn gost(oid: &str) -> Option<&'static str> {
    let of = |arc: &str| oid == arc || oid.strip_prefix(arc).is_some_and(|rest| rest.starts_with('.'));
    [
        ("1.2.398.3.10.1.1.1", "GOST 34.310-2004"),
        ("1.2.398.3.10.1.1.2", "GOST R 34.10-2015"),
        ("1.2.398.3.10.1.3.1", "GOST 34.311-95"),
        ("1.2.398.3.10.1.3.2", "GOST R 34.11-2015 of 256 bits"),
        ("1.2.398.3.10.1.3.3", "GOST R 34.11-2015 of 512 bits"),
        ("1.2.398.3.10", "a GOST algorithm"),
        ("1.3.6.1.4.1.6801.1", "GOST 34.310-2004"),
        ("1.2.643.7.1.1", "GOST R 34.10-2012"),
        ("1.2.643.2.2", "GOST R 34.10-2001"),
    ]
    .into_iter()
    .find_map(|(arc, name)| of(arc).then_some(name))
}

/// The bits of an RSA key's modulus.
fn modulus(key: &[u8]) -> der::Result<usize> {
    let mut parts = Tlv::only(key)?.sequence()?;
    let modulus = crate::tlv::strip(parts.expect(Tag::Integer)?.value);
    let first = modulus.first().map_or(0, |byte| usize::try_from(byte.leading_zeros()).unwrap_or(0));
    Ok((modulus.len() * 8).saturating_sub(first))
}
