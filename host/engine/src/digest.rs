//! Digests that name exactly what was run.

use std::{collections::BTreeMap, hash::Hasher};

use ring::digest::{Context, SHA256};

/// SHA-256.
pub(crate) type Digest = [u8; 32];

/// SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    let mut digest = Sha256::default();
    digest.write(bytes);
    digest.value()
}

/// SHA-256 of settings in their canonical form: in order of the keys, each key and value after its length in bytes
/// (eight bytes, little-endian).
pub(crate) fn settings(settings: &BTreeMap<String, String>) -> Digest {
    let mut digest = Sha256::default();
    digest.write(b"qadam settings 1\n");
    for text in settings.iter().flat_map(|(key, value)| [key, value]) {
        digest.write(&(text.len() as u64).to_le_bytes());
        digest.write(text.as_bytes());
    }
    digest.value()
}

/// SHA-256 that also takes whatever can be hashed.
pub(crate) struct Sha256(Context);

impl Sha256 {
    pub(crate) fn value(&self) -> Digest {
        let mut value = [0; 32];
        value.iter_mut().zip(self.0.clone().finish().as_ref()).for_each(|(to, from)| *to = *from);
        value
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Hasher for Sha256 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.value().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Digest {
        settings(&pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn settings_with_other_borders_have_another_digest() {
        assert_eq!(of(&[("b", "2"), ("a", "1")]), of(&[("a", "1"), ("b", "2")]));
        assert_ne!(of(&[("ab", "c")]), of(&[("a", "bc")]));
        assert_ne!(of(&[]), of(&[("", "")]));
    }

    #[test]
    fn the_digest_is_sha_256() {
        let text = data_encoding::HEXLOWER.encode(&sha256(b"abc"));
        assert_eq!(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
