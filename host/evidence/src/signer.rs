//! What signs. The host signs with keys in memory; a hardware token implements the same.

use std::fmt::Debug;

/// A key with its certificates. It may be slow and may fail: a token is asked over a cable.
pub trait Signer: Debug + Send + Sync {
    /// With what it signs.
    fn algorithm(&self) -> Algorithm;

    /// Its certificate in DER, then those that lead towards a root, in order.
    fn certificates(&self) -> &[Vec<u8>];

    /// The signature over a message: the digest is taken inside. PKCS#1 v1.5 for RSA, DER of `(r, s)` for ECDSA.
    ///
    /// # Errors
    /// If the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `sha256WithRSAEncryption`, PKCS#1 v1.5 (RFC 8017 §8.2).
    RsaSha256,
    /// `ecdsa-with-SHA256` over P-256 (RFC 5758 §3.2).
    EcdsaP256Sha256,
}

/// A key could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the key does not sign: {reason}")]
pub struct SignError {
    /// What it said.
    pub reason: String,
}
