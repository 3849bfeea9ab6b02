//! RSA, PKCS#12 and what other tools write are tried with the real openssl, in `tests/tests/evidence_openssl.rs`.

use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::*;

fn made() -> (KeyPair, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap().pem();
    (key, certificate)
}

#[test]
fn what_a_key_signs_its_certificate_verifies() {
    let (pair, certificate) = made();
    let key = Key::from_pem(&pair.serialize_pem(), &certificate).unwrap();
    let signature = key.sign(b"a message").unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, pair.public_key_raw());
    public.verify(b"a message", &signature).unwrap();
    public.verify(b"another message", &signature).unwrap_err();
    assert_eq!(key.algorithm(), Algorithm::EcdsaP256Sha256);
}

#[test]
fn the_certificate_that_fits_comes_first_and_strangers_are_left_out() {
    let (pair, own) = made();
    let (_, stranger) = made();
    let key = Key::from_pem(&pair.serialize_pem(), &format!("{stranger}{own}")).unwrap();
    assert_eq!(key.certificates().len(), 1);
    assert_eq!(key.certificates()[0], pem_bytes(&own));
}

fn pem_bytes(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let (pair, own) = made();
    let (other, stranger) = made();
    let why = |key: &str, chain: &str| Key::from_pem(key, chain).unwrap_err().to_string();
    let key = pair.serialize_pem();
    assert!(why(&key, &stranger).contains("fits none of its 1 certificates"));
    assert!(why(&key, "").contains("without a certificate"));
    assert!(why(&own, &own).contains("there is no private key"));
    assert!(why(&format!("{key}{}", other.serialize_pem()), &own).contains("there are 2 private keys"));
    assert!(
        why("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", &own)
            .contains("is encrypted")
    );
    assert!(why(&"x".repeat(SIZE_LIMIT + 1), &own).contains("1048577 bytes"));
    assert!(why(&key, &own.repeat(17)).contains("17 certificates"));
    let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(why(broken, &own).contains("cannot be read as PKCS#8"));
    let debugged = format!("{:?}", Key::from_pem(&key, &own).unwrap());
    assert_eq!(debugged, "Key { algorithm: EcdsaP256Sha256, certificates: 1 }");
}

/// A PKCS#8 that says to be of an algorithm.
fn pkcs8(algorithm: &str) -> Vec<u8> {
    use crate::der_writer::{INTEGER, OCTET_STRING, SEQUENCE, oid, write};
    let algorithm = write(SEQUENCE, &[&oid(const_oid::ObjectIdentifier::new_unwrap(algorithm))]);
    write(SEQUENCE, &[&write(INTEGER, &[&[0]]), &algorithm, &write(OCTET_STRING, &[&[1; 32]])])
}

#[test]
fn an_algorithm_that_does_not_sign_here_is_named() {
    for (algorithm, named) in [
        ("1.2.398.3.10.1.1.2.2", "GOST R 34.10-2015 with 512 bits"),
        ("1.2.398.3.10.1.1.1.1", "GOST 34.310-2004"),
        ("1.2.398.3.10.1.1.9", "GOST (1.2.398.3.10.1.1.9)"),
        ("1.3.101.112", "Ed25519"),
        ("1.2.3.4", "1.2.3.4"),
    ] {
        let why = private::from_pkcs8(&pkcs8(algorithm)).err().unwrap();
        assert!(why.to_string().contains(named), "{why}");
    }
}

/// A file of a key and its certificate.
fn pkcs12(pair: &KeyPair, iterations: u64, legacy: bool) -> Vec<u8> {
    use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKeyChain};
    let certificate = CertificateParams::default().self_signed(pair).unwrap();
    let chain = [Certificate::from_der(certificate.der()).unwrap()];
    let mut store = KeyStore::new();
    let key = PrivateKeyChain::new(pair.serialize_der(), b"1", chain);
    store.add_entry("key", KeyStoreEntry::PrivateKeyChain(key));
    let (encryption, mac) = if legacy {
        (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1)
    } else {
        (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256)
    };
    let writer = store.writer("password").encryption_algorithm(encryption).mac_algorithm(mac);
    writer.encryption_iterations(iterations).mac_iterations(2).write().unwrap()
}

#[test]
fn a_file_that_would_take_hours_to_open_is_refused_at_once() {
    let pair = KeyPair::generate().unwrap();
    let file = pkcs12(&pair, 1000, false);
    Key::from_pkcs12(&file, "password").unwrap();
    assert!(matches!(Key::from_pkcs12(&file, "wrong"), Err(KeyError::Password)));
    // 1000 stands there twice: for the key, and for its certificate.
    let thousand = [0x02, 0x02, 0x03, 0xe8];
    let places: Vec<usize> = (0..file.len() - 4).filter(|at| file[*at..at + 4] == thousand).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        let mut hours = file.clone();
        // 0x7fff0000, 2147418112, takes two bytes more than 1000, which the salt before it gives up.
        // Its bytes are random, and may look like the tag before them.
        let ends_here = |tag: &usize| hours[*tag] == 0x04 && tag + 2 + usize::from(hours[tag + 1]) == at;
        let salt = (0..at - 1).rev().find(ends_here).unwrap();
        hours[salt + 1] -= 2;
        hours.drain(at - 2..at);
        hours.splice(at - 2..at + 2, [0x02, 0x04, 0x7f, 0xff, 0x00, 0x00]);
        let why = Key::from_pkcs12(&hours, "password").unwrap_err().to_string();
        assert!(why.contains("asks for 2147419114 iterations"), "{why}");
    }
}

proptest! {
    #[test]
    fn a_pkcs12_file_with_a_changed_byte_never_panics(
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
        legacy in any::<bool>(),
    ) {
        let pair = KeyPair::generate().unwrap();
        let mut file = pkcs12(&pair, 2, legacy);
        let at = at.index(file.len());
        file[at] = to;
        if let Ok(key) = Key::from_pkcs12(&file, "password") {
            let signature = key.sign(b"a message").unwrap();
            let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, pair.public_key_raw());
            public.verify(b"a message", &signature).unwrap();
        }
    }

    #[test]
    fn any_bytes_are_a_key_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,300}") {
        let _ = Key::from_pkcs12(&bytes, "password");
        let _ = private::from_pkcs8(&bytes);
        prop_assert!(Key::from_pem(&text, &text).is_err());
    }

    #[test]
    fn a_key_with_a_changed_byte_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let pair = KeyPair::generate().unwrap();
        let mut bytes = pair.serialize_der();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(private) = private::from_pkcs8(&bytes) {
            let certificate = CertificateParams::default().self_signed(&pair).unwrap().der().to_vec();
            // Either it is refused, or the byte did not matter: the key that is left fits the certificate.
            if let Ok(key) = Key::of(&private, vec![certificate]) {
                let signature = key.sign(b"a message").unwrap();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, pair.public_key_raw()).verify(b"a message", &signature).unwrap();
            }
        }
    }
}
