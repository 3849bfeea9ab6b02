//! The seal of a manifest: detached CMS SignedData with the signed attributes of CAdES-BES, and later the token of a
//! time-stamping authority over its signature (CAdES-T).

use jiff::Timestamp;

use crate::{
    der_writer::{SEQUENCE, SET, context, oid, set_of, write},
    signed_data::{Content, SIGNATURE_TIME_STAMP, SIGNED_DATA, SignedData, sign},
    signer::{SignError, Signer},
};

/// Signs a manifest's exact bytes. The answer is DER, and holds the signer's certificates, but not the manifest.
///
/// # Errors
/// If the key does not sign, or has no certificate that can be named.
///
/// ```
/// # use qadam_evidence::{development::Pki, keys::Key, seal};
/// let now = "2026-11-02T05:00:00Z".parse()?;
/// let pki = Pki::generate(now, &ring::rand::SystemRandom::new())?;
/// let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem)?;
/// let sealed = seal::seal(b"the bytes of a manifest", &key, now)?;
/// assert!(seal::token(&sealed)?.is_none(), "nobody stamped it yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn seal(manifest: &[u8], signer: &dyn Signer, signing_time: Timestamp) -> Result<Vec<u8>, SealError> {
    sign(Content::Detached(manifest), signer, signing_time)
}

/// The value of the signature in a seal: what a time-stamp covers (RFC 5126 §6.1.1).
///
/// # Errors
/// If the bytes are no seal of one signer.
pub fn signature_value(sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let read = SignedData::read(sealed).map_err(|_| SealError::Seal)?;
    Ok(read.signer.signature.value.to_vec())
}

/// The token that a seal carries, if it was stamped.
///
/// # Errors
/// If the bytes are no seal of one signer, or it carries several tokens.
pub fn token(sealed: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
    let read = SignedData::read(sealed).map_err(|_| SealError::Seal)?;
    match read.signer.tokens().map_err(|_| SealError::Seal)?.as_slice() {
        [] => Ok(None),
        [token] => Ok(Some(token.to_vec())),
        several => Err(SealError::Stamped(several.len())),
    }
}

/// A seal with a token of a time-stamping authority, as an unsigned attribute. All other bytes stay as they were; whether the
/// token is one over this seal is for [`timestamp`](crate::timestamp) to say before.
///
/// # Errors
/// If the bytes are no seal of one signer or no token, or the seal was stamped already.
pub fn with_token(sealed: &[u8], token: &[u8]) -> Result<Vec<u8>, SealError> {
    let read = SignedData::read(sealed).map_err(|_| SealError::Seal)?;
    let tokens = read.signer.tokens().map_err(|_| SealError::Seal)?.len();
    if tokens > 0 {
        return Err(SealError::Stamped(tokens));
    }
    SignedData::read(token).map_err(|_| SealError::Token)?;
    let attribute = write(SEQUENCE, &[&oid(SIGNATURE_TIME_STAMP), &write(SET, &[token])]);
    let unsigned = read.signer.unsigned.iter().map(|kept| kept.der.to_vec()).chain([attribute]).collect();
    let unsigned = set_of(context(1), unsigned);
    let signer = &read.signer;
    let signer = [
        signer.version,
        signer.name,
        signer.digest_algorithm,
        signer.signed,
        signer.signature_algorithm,
        signer.signature,
    ];
    let parts: Vec<&[u8]> = signer.iter().map(|part| part.der).chain([unsigned.as_slice()]).collect();
    let signers = write(SET, &[&write(SEQUENCE, &parts)]);
    let kept = [Some(read.version), Some(read.digest_algorithms), Some(read.encapsulated)];
    let kept = kept.into_iter().chain([read.certificate_set, read.revocation]).flatten().map(|part| part.der);
    let parts: Vec<&[u8]> = kept.chain([signers.as_slice()]).collect();
    Ok(write(SEQUENCE, &[&oid(SIGNED_DATA), &write(context(0), &[&write(SEQUENCE, &parts)])]))
}

/// Why there is no seal, or none with a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A key without a certificate.
    #[error("the key that seals has no certificate")]
    NoCertificate,
    /// Its certificate is none.
    #[error("the certificate of the key that seals cannot be read")]
    Certificate,
    /// The key does not sign.
    #[error(transparent)]
    Signer(SignError),
    /// A time that X.509 cannot write.
    #[error("the time of signing, {0}, lies outside the years 1950 to 9999")]
    Time(Timestamp),
    /// The bytes are none of ours.
    #[error("the seal is no SignedData of one signer in DER")]
    Seal,
    /// The token is none.
    #[error("the token is no SignedData of one signer in DER")]
    Token,
    /// There is a token already.
    #[error("the seal carries {0} time-stamp tokens already; one is what a message has")]
    Stamped(usize),
}
