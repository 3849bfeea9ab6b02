//! Which certificate is the key's, and in which order the others lead away from it.

use der::Tag;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair},
};

use super::{CHAIN_LIMIT, KeyError, Pair, private::Private};
use crate::{signed_data::Identity, tlv::bits};

/// The key, ready to sign, and its chain: its own certificate first, each next one the issuer of the one before.
pub(super) fn fitting(
    private: &Private,
    certificates: Vec<Vec<u8>>,
    random: &SystemRandom,
) -> Result<(Pair, Vec<Vec<u8>>), KeyError> {
    let count = certificates.len();
    if count == 0 {
        return Err(KeyError::NoCertificate);
    }
    if count > CHAIN_LIMIT {
        return Err(KeyError::TooManyCertificates { certificates: count });
    }
    let points: Vec<&[u8]> =
        certificates.iter().enumerate().map(|(at, der)| public_key(der, at + 1)).collect::<Result<_, _>>()?;
    let (pair, public) = pair(private, &points, random)?;
    let own = points.iter().position(|point| *point == public).ok_or(KeyError::Foreign { certificates: count })?;
    Ok((pair, ordered(certificates, own)))
}

/// What stands in the bit string of `subjectPublicKeyInfo`.
fn public_key(certificate: &[u8], number: usize) -> Result<&[u8], KeyError> {
    let read = || {
        let mut parts = Identity::of(certificate)?.public_key.sequence()?;
        parts.expect(Tag::Sequence)?;
        bits(&parts.take()?)
    };
    read().map_err(|_| KeyError::Certificate { number })
}

fn pair(private: &Private, points: &[&[u8]], random: &SystemRandom) -> Result<(Pair, Vec<u8>), KeyError> {
    let refused = |reason: ring::error::KeyRejected| KeyError::Refused(reason.to_string());
    match private {
        Private::Rsa(der) => {
            let pair = RsaKeyPair::from_der(der).map_err(refused)?;
            let public = pair.public().as_ref().to_vec();
            Ok((Pair::Rsa(Box::new(pair)), public))
        }
        Private::P256 { scalar, point } => {
            let with = |point: &[u8]| {
                EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, scalar, point, random)
            };
            // ring wants the point told, and checks that it is the key's; certificates tell it where the key does not.
            let pair = match point {
                Some(point) => with(point).map_err(refused)?,
                None => points
                    .iter()
                    .find_map(|point| with(point).ok())
                    .ok_or(KeyError::Foreign { certificates: points.len() })?,
            };
            let public = pair.public_key().as_ref().to_vec();
            Ok((Pair::Ecdsa(Box::new(pair)), public))
        }
    }
}

/// The certificate at a place, then issuer after issuer, as far as there are any. What leads nowhere is left out.
fn ordered(mut certificates: Vec<Vec<u8>>, own: usize) -> Vec<Vec<u8>> {
    let mut chain = vec![certificates.remove(own)];
    while let Some(issuer) = chain.last().and_then(|last| {
        let last = Identity::of(last).ok().filter(|last| last.issuer.der != last.subject.der)?;
        certificates
            .iter()
            .position(|other| Identity::of(other).is_ok_and(|other| other.subject.der == last.issuer.der))
    }) {
        chain.push(certificates.remove(issuer));
    }
    chain
}
