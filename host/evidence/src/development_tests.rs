use proptest::prelude::*;
use ring::rand::SystemRandom;
use x509_cert::der::Decode as _;

use super::*;
use crate::{keys::Key, seal, signer::Signer as _};

fn now() -> Timestamp {
    "2026-11-02T05:00:00Z".parse().unwrap()
}

fn pki() -> Pki {
    Pki::generate(now(), &SystemRandom::new()).unwrap()
}

#[test]
fn every_certificate_says_development_and_is_in_force_for_years() {
    let pki = pki();
    for (key, chain) in [(&pki.seal_key_pem, &pki.seal_chain_pem), (&pki.tsa_key_pem, &pki.tsa_chain_pem)] {
        let key = Key::from_pem(key, chain).unwrap();
        assert_eq!(key.certificates().len(), 2);
        assert_eq!(key.certificates()[1], pki.ca_der().unwrap());
        for certificate in key.certificates() {
            assert!(is_development(certificate));
            let validity = x509_cert::Certificate::from_der(certificate).unwrap().tbs_certificate.validity;
            let from = validity.not_before.to_unix_duration().as_secs();
            let to = validity.not_after.to_unix_duration().as_secs();
            let now = u64::try_from(now().as_second()).unwrap();
            assert_eq!((now - from, to - now), (24 * 3600, 10 * 365 * 24 * 3600));
        }
    }
    assert!(!is_development(b"no certificate"));
    assert_eq!(format!("{pki:?}"), "Pki { .. }");
}

#[test]
fn its_revocation_list_can_be_issued_again_from_what_was_stored() {
    let stored = pki();
    let seal = Key::from_pem(&stored.seal_key_pem, &stored.seal_chain_pem).unwrap();
    let later = now() + jiff::SignedDuration::from_hours(24 * 30);
    let revoked = [Revoked::of(&seal.certificates()[0], now()).unwrap()];
    for revoked in [&[][..], &revoked] {
        let list = stored.crl(later, later + jiff::SignedDuration::from_hours(24), revoked).unwrap();
        let list = x509_cert::crl::CertificateList::from_der(&list).unwrap();
        let ca = x509_cert::Certificate::from_der(&stored.ca_der().unwrap()).unwrap();
        assert_eq!(list.tbs_cert_list.issuer, ca.tbs_certificate.subject);
        assert_eq!(list.tbs_cert_list.revoked_certificates.unwrap_or_default().len(), revoked.len());
    }
}

#[test]
fn files_that_were_changed_and_times_that_cannot_be_stated_are_refused() {
    let mut changed = pki();
    changed.ca_key_pem = "no key".to_owned();
    assert!(changed.crl(now(), now(), &[]).unwrap_err().to_string().contains("do not hold what was written"));
    for time in [Timestamp::MIN, Timestamp::MAX] {
        assert!(
            Pki::generate(time, &SystemRandom::new()).unwrap_err().to_string().contains("no time for a certificate")
        );
    }
}

#[test]
fn a_seal_is_the_same_but_for_the_token_that_it_gets() {
    let pki = pki();
    let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem).unwrap();
    let sealed = seal::seal(b"a manifest", &key, now()).unwrap();
    let other = seal::seal(b"another manifest", &key, now()).unwrap();
    assert_eq!(seal::token(&sealed).unwrap(), None);
    // Any SignedData will do here: whether it is a token of this seal is for the check of tokens.
    let stamped = seal::with_token(&sealed, &other).unwrap();
    assert_eq!(seal::token(&stamped).unwrap(), Some(other.clone()));
    assert_eq!(seal::signature_value(&stamped).unwrap(), seal::signature_value(&sealed).unwrap());
    assert_ne!(seal::signature_value(&other).unwrap(), seal::signature_value(&sealed).unwrap());
    assert!(seal::with_token(&stamped, &other).unwrap_err().to_string().contains("1 time-stamp tokens already"));
    assert!(matches!(seal::with_token(&sealed, b"no token"), Err(seal::SealError::Token)));
    assert!(matches!(seal::with_token(b"no seal", &other), Err(seal::SealError::Seal)));
    for certificate in key.certificates() {
        let found = stamped.windows(certificate.len()).any(|window| window == certificate.as_slice());
        assert!(found, "the seal holds its certificates as they are");
    }
}

#[test]
fn what_the_authority_does_not_stamp_it_refuses_by_name() {
    use crate::der_writer::{INTEGER, OCTET_STRING, SEQUENCE, oid, write};
    let pki = pki();
    let authority = Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
    let query = |digest: &str, length: usize, more: &[u8]| {
        let digest = const_oid::ObjectIdentifier::new_unwrap(digest);
        let algorithm = write(SEQUENCE, &[&oid(digest)]);
        let imprint = write(SEQUENCE, &[&algorithm, &write(OCTET_STRING, &[&vec![7; length]])]);
        write(SEQUENCE, &[&write(INTEGER, &[&[1]]), &imprint, more])
    };
    let (sha_256, policy) =
        ("2.16.840.1.101.3.4.2.1", oid(const_oid::ObjectIdentifier::new_unwrap("1.2.398.3.3.2.6.2")));
    // failInfo, a BIT STRING: unused bits, then the bits.
    for (query, failure) in [
        (query("1.3.14.3.2.26", 20, &[]), &[7, 0x80][..]),
        (query("1.2.840.113549.2.5", 16, &[]), &[7, 0x80]),
        (query(sha_256, 20, &[]), &[2, 0x04]),
        (b"no query".to_vec(), &[2, 0x04]),
        (vec![0; 5000], &[2, 0x04]),
        (query(sha_256, 32, &policy), &[0, 0, 0x01]),
    ] {
        let failure = write(crate::der_writer::BIT_STRING, &[failure]);
        let rejected = write(SEQUENCE, &[&write(SEQUENCE, &[&write(INTEGER, &[&[2]]), &failure])]);
        assert_eq!(authority.respond(&query, now(), &SystemRandom::new()), rejected);
    }
    let granted = authority.respond(&query(sha_256, 32, &[]), now(), &SystemRandom::new());
    let read = x509_tsp::TimeStampResp::from_der(&granted).unwrap();
    assert!(read.time_stamp_token.is_some());
}

proptest! {
    #[test]
    fn the_authority_answers_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let pki = pki();
        let authority = Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
        let answer = authority.respond(&bytes, now(), &SystemRandom::new());
        prop_assert!(x509_tsp::TimeStampResp::from_der(&answer).is_ok());
    }

    #[test]
    fn any_bytes_are_a_seal_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(seal::signature_value(&bytes).is_err());
        prop_assert!(seal::token(&bytes).is_err());
        prop_assert!(seal::with_token(&bytes, &bytes).is_err());
    }

    #[test]
    fn a_seal_with_a_changed_byte_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let pki = pki();
        let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem).unwrap();
        let mut sealed = seal::seal(b"a manifest", &key, now()).unwrap();
        let whole = sealed.clone();
        let at = at.index(sealed.len());
        sealed[at] = to;
        if let Ok(stamped) = seal::with_token(&sealed, &whole) {
            prop_assert_eq!(seal::token(&stamped).unwrap(), Some(whole));
            prop_assert_eq!(seal::signature_value(&stamped).unwrap(), seal::signature_value(&sealed).unwrap());
        }
    }
}
