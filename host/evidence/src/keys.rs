//! Keys in memory, with their certificates: those that a provider entrusts to the host (452-8), and the host's own.
//!
//! A key is taken only together with the certificate that it fits, so that what it signs can be verified.

mod algorithm;
mod chain;
mod effort;
mod private;

use std::fmt;

use ring::{
    rand::SystemRandom,
    signature::{EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls_pki_types::{
    CertificateDer,
    pem::{self, PemObject as _},
};

use crate::signer::{Algorithm, SignError, Signer};

/// Most bytes of a file with keys and certificates.
const SIZE_LIMIT: usize = 1 << 20;
/// Most certificates that come with a key.
const CHAIN_LIMIT: usize = 16;

/// A key that signs, and its certificates.
pub struct Key {
    pair: Pair,
    chain: Vec<Vec<u8>>,
    /// For ECDSA's nonces, which ring derives from the key, the message and this.
    random: SystemRandom,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
}

impl Key {
    /// A key from PEM: one `PRIVATE KEY` (PKCS#8), `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1), not encrypted; and
    /// its certificates, in any order.
    ///
    /// # Errors
    /// If there is no key, several, one of an algorithm that does not sign here, or no certificate that it fits.
    pub fn from_pem(key_pem: &str, chain_pem: &str) -> Result<Self, KeyError> {
        within_limit(key_pem.as_bytes())?;
        within_limit(chain_pem.as_bytes())?;
        let private = private::from_pem(key_pem)?;
        let certificates = CertificateDer::pem_slice_iter(chain_pem.as_bytes());
        let certificates = certificates.map(|certificate| certificate.map(|der| der.to_vec()));
        let certificates: Result<Vec<Vec<u8>>, pem::Error> = certificates.collect();
        Self::of(&private, certificates.map_err(|error| KeyError::Pem(error.to_string()))?)
    }

    /// A key from PKCS#12 (RFC 7292), as authorities hand them out: modern (PBES2, HMAC-SHA-256) or legacy (3DES or RC2, HMAC-SHA-1).
    ///
    /// # Errors
    /// If the password is wrong, the file is none or is encrypted in another way, and as for [`Self::from_pem`].
    pub fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, KeyError> {
        use p12_keystore::{KeyStore, KeyStoreEntry, error::Error};
        within_limit(bytes)?;
        effort::bounded(bytes)?;
        let store = KeyStore::from_pkcs12(bytes, password).map_err(|error| match error {
            // Where there is no digest over the whole, a wrong password shows in what it decrypts to.
            Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => KeyError::Password,
            Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => KeyError::Encryption,
            other => KeyError::Pkcs12(other.to_string()),
        })?;
        let mut keys = store.entries().filter_map(|(_, entry)| match entry {
            KeyStoreEntry::PrivateKeyChain(key) => Some(key),
            _ => None,
        });
        let key = keys.next().ok_or(KeyError::NoKey)?;
        match keys.count() {
            0 => {}
            more => return Err(KeyError::Several { keys: more + 1 }),
        }
        let certificates = key.chain().iter().map(|certificate| certificate.as_der().to_vec()).collect();
        Self::of(&private::from_pkcs8(key.key())?, certificates)
    }

    fn of(private: &private::Private, certificates: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let (pair, chain) = chain::fitting(private, certificates, &random)?;
        Ok(Self { pair, chain, random })
    }
}

const fn within_limit(bytes: &[u8]) -> Result<(), KeyError> {
    if bytes.len() > SIZE_LIMIT { Err(KeyError::TooLong { bytes: bytes.len() }) } else { Ok(()) }
}

impl Signer for Key {
    fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::RsaSha256,
            Pair::Ecdsa(_) => Algorithm::EcdsaP256Sha256,
        }
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed = |_| SignError { reason: "ring could not sign with it".to_owned() };
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => Ok(pair.sign(&self.random, message).map_err(failed)?.as_ref().to_vec()),
        }
    }
}

/// Says nothing of the key itself.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm()).field("certificates", &self.chain.len()).finish()
    }
}

/// Why there is no key. Nothing of the key or the password is said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Larger than any such file.
    #[error("the file has {bytes} bytes; keys and certificates with more than {SIZE_LIMIT} are not read")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Not PEM.
    #[error("the PEM text cannot be read: {0}")]
    Pem(String),
    /// Nothing that is a private key.
    #[error(
        "there is no private key: PEM needs PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY, PKCS#12 a key with its certificate"
    )]
    NoKey,
    /// More than one, and no way to tell which is meant.
    #[error("there are {keys} private keys; one file holds the one that signs")]
    Several {
        /// How many.
        keys: usize,
    },
    /// PEM under a password.
    #[error("the private key in PEM is encrypted; take PKCS#12 with its password, or decrypt it with `openssl pkey`")]
    Encrypted,
    /// PKCS#12 opens with another password.
    #[error("the password does not open the PKCS#12 file")]
    Password,
    /// PKCS#12 that is encrypted in a way that we do not know.
    #[error(
        "the PKCS#12 file is encrypted in a way that is not read here: PBES2 with AES, or 3DES or RC2, with HMAC-SHA-256 or \
         HMAC-SHA-1; `openssl pkcs12` converts it"
    )]
    Encryption,
    /// PKCS#12 that would take too long to open.
    #[error(
        "the PKCS#12 file asks for {iterations} iterations before it opens; at most {} are done",
        effort::ITERATION_LIMIT
    )]
    Iterations {
        /// How many.
        iterations: u64,
    },
    /// Not PKCS#12.
    #[error("the PKCS#12 file cannot be read: {0}")]
    Pkcs12(String),
    /// An algorithm that does not sign here.
    #[error("a key of {algorithm} does not sign here; RSA of 2048 bits or more and ECDSA over P-256 do")]
    Algorithm {
        /// Its name, or its object identifier.
        algorithm: String,
    },
    /// The key itself is broken, or too weak.
    #[error("the private key is refused: {0}")]
    Refused(String),
    /// A certificate that is none.
    #[error("certificate {number} of those that come with the key cannot be read")]
    Certificate {
        /// Its place, from 1.
        number: usize,
    },
    /// No certificates at all.
    #[error("the private key comes without a certificate")]
    NoCertificate,
    /// More than any chain has.
    #[error("{certificates} certificates come with the key; at most {CHAIN_LIMIT} are a chain")]
    TooManyCertificates {
        /// How many.
        certificates: usize,
    },
    /// The key is another's.
    #[error("the private key fits none of its {certificates} certificates")]
    Foreign {
        /// How many there are.
        certificates: usize,
    },
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
