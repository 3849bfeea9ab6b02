//! The keys that sign packages: Ed25519.

use data_encoding::{BASE64, HEXLOWER};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use serde::{Deserialize, Serialize};

/// Whose signature it is. As text `ed25519:BASE64`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

/// What makes signatures. Nothing of it is ever shown.
pub struct SigningKey(Ed25519KeyPair);

/// A key that is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The private key cannot be used.
    #[error("this is no private key of `qadam adapter key new`: expected PKCS#8 in PEM with an Ed25519 key ({0})")]
    Private(String),
    /// The public key cannot be used.
    #[error("this is no public key: expected `ed25519:` and 32 bytes in Base64, as `qadam adapter key show` prints it")]
    Public,
    /// The machine gave no random bytes.
    #[error("the machine gave no random bytes")]
    Random,
}

const PREFIX: &str = "ed25519:";
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

impl PublicKey {
    /// The 32 bytes of a key.
    #[must_use]
    pub const fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// By what people name it: the first half of its SHA-256, in hex. What is trusted is the key, not this.
    #[must_use]
    pub fn id(&self) -> String {
        HEXLOWER.encode(digest(&SHA256, &self.0).as_ref().get(..16).unwrap_or_default())
    }

    /// Whether a signature over a message is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", BASE64.encode(&self.0))
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = text.trim().strip_prefix(PREFIX).and_then(|text| BASE64.decode(text.as_bytes()).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(KeyError::Public)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl SigningKey {
    /// A new key, and its file: PKCS#8 in PEM.
    ///
    /// # Errors
    /// If the machine gives no random bytes.
    pub fn generate() -> Result<(Self, String), KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let key =
            Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|error| KeyError::Private(error.to_string()))?;
        let base64 = BASE64.encode(document.as_ref());
        let mut pem = format!("{BEGIN}\n");
        for line in base64.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str(END);
        pem.push('\n');
        Ok((Self(key), pem))
    }

    /// The key of a file: PKCS#8 in PEM, of this program or of `openssl genpkey -algorithm ed25519`.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let wrong = |reason: &str| KeyError::Private(reason.to_owned());
        let inner = pem.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(inner, _)| inner);
        let inner = inner.ok_or_else(|| wrong("there is no private key in it"))?;
        let base64: String = inner.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        let der = BASE64.decode(base64.as_bytes()).map_err(|error| KeyError::Private(error.to_string()))?;
        // A key of openssl's does not carry its public half.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map(Self).map_err(|error| KeyError::Private(error.to_string()))
    }

    /// Whose signatures it makes.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(self.0.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        PublicKey(bytes)
    }

    /// A signature over a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes.iter_mut().zip(self.0.sign(message).as_ref()).for_each(|(to, from)| *to = *from);
        bytes
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public().id()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_again_from_its_file_and_its_public_half_from_its_text() {
        let (key, pem) = SigningKey::generate().unwrap();
        let again = SigningKey::from_pem(&pem).unwrap();
        let public: PublicKey = key.public().to_string().parse().unwrap();
        assert_eq!((public, public.id().len()), (again.public(), 32));
        let signature = again.sign(b"manifest");
        assert!(public.verifies(b"manifest", &signature) && !public.verifies(b"manifesto", &signature));
        assert!(!format!("{key:?}").contains(pem.lines().nth(1).unwrap()));
    }

    #[test]
    fn a_key_of_openssl_is_taken() {
        // `openssl genpkey -algorithm ed25519`: without the public half. This one signs nothing but this test.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        let key = SigningKey::from_pem(pem).unwrap();
        assert_eq!(
            HEXLOWER.encode(key.public().bytes()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_was_expected() {
        for text in ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA", "AAAA"] {
            assert_eq!(text.parse::<PublicKey>(), Err(KeyError::Public), "{text}");
        }
        for pem in ["", BEGIN, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert!(SigningKey::from_pem(pem).unwrap_err().to_string().contains("PKCS#8"), "{pem}");
        }
    }
}
