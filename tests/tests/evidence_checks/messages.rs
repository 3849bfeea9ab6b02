//! Signed messages that the real `openssl` makes: what is right is taken, and anything else is refused with the step that fails
//! (RFC 5652, domain.md §2.8).

use proptest::prelude::*;
use qadam_evidence::{
    Certificate, Check, Step, Verdict,
    certificate::{Kind, MAX_CERTIFICATE},
    revocation::{Crl, MAX_CRL},
    signed::{MAX_MESSAGE, verify},
};
use qadam_tests::openssl::{BIN, Holder, IIN, Pki, Profile};

use crate::scene::{RECORD, world};

fn pki() -> (&'static Pki, &'static Holder) {
    (&world().pki, &world().head)
}

/// The one step that does not hold.
fn refused(cms: &[u8], content: Option<&[u8]>) -> Check {
    verify(cms, content).unwrap_err().worst().unwrap().clone()
}

#[test]
fn a_detached_signature_over_the_record_holds_for_rsa_and_p256_and_all_digests() {
    let (pki, _) = pki();
    for (key, digests) in [
        ("rsa:2048", ["sha256", "sha384", "sha512"].as_slice()),
        ("rsa:4096", &["sha256"]),
        ("prime256v1", &["sha256", "sha384"]),
        ("secp384r1", &["sha384"]),
    ] {
        let head = pki.issue(&Profile::head().with_key(key));
        for digest in digests {
            for options in [&["-md", digest][..], &["-md", digest, "-cades"], &["-md", digest, "-keyid"]] {
                let cms = head.sign(RECORD, options);
                let verified = verify(&cms, Some(RECORD)).unwrap();
                assert_eq!(verified.content, RECORD);
                let [signer] = verified.signers.as_slice() else { unreachable!() };
                assert_eq!(signer.certificate.der(), head.der(), "{key} {options:?}");
                assert!(signer.signing_time.is_some());
                assert!(signer.tokens.is_empty());
            }
        }
    }
}

#[test]
fn the_certificate_says_whose_it_is_and_in_which_role() {
    let (pki, head) = pki();
    let certificate = Certificate::parse(&head.der()).unwrap();
    let subject = certificate.subject();
    assert_eq!((subject.iin.as_deref(), subject.bin.as_deref(), subject.kind), (Some(IIN), Some(BIN), Kind::Employee));
    assert_eq!(subject.common_name.as_deref(), Some("ҮЛГІЕВ ҮЛГІ"));
    let roles: Vec<_> = certificate.roles().iter().map(ToString::to_string).collect();
    assert_eq!(roles, ["1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.1"]);
    assert_eq!(certificate.policies().iter().map(ToString::to_string).collect::<Vec<_>>(), ["1.2.398.3.3.2.1"]);
    assert_eq!(certificate.ocsp_urls(), ["http://ocsp.example.kz/"]);
    assert!(certificate.key_usage().unwrap().non_repudiation());
    let shown = format!("{certificate:?} {subject:?}");
    assert!(!shown.contains(IIN) && !shown.contains("ҮЛГІЕВ"), "{shown}");

    let person = Certificate::parse(&pki.issue(&Profile::person()).der()).unwrap();
    assert_eq!((person.subject().bin.as_deref(), person.subject().kind), (None, Kind::Person));
    let system =
        pki.issue(&Profile { subject: format!("/C=KZ/CN=ҮЛГІ АЖ/O=ҮЛГІ/OU=BIN{BIN}"), ..Profile::head() });
    assert_eq!(Certificate::parse(&system.der()).unwrap().subject().kind, Kind::System);
    let two = format!("/C=KZ/CN=X/serialNumber=IIN{IIN}/serialNumber=IIN850228298198");
    let two = Certificate::parse(&pki.issue(&Profile { subject: two, ..Profile::person() }).der()).unwrap();
    assert_eq!(two.subject().iin, None, "two numbers that differ are nobody's");
}

#[test]
fn content_inside_the_message_is_given_back_as_it_was_signed() {
    let (_, head) = pki();
    let cms = head.sign(RECORD, &["-nodetach"]);
    assert_eq!(verify(&cms, None).unwrap().content, RECORD);
    assert_eq!(verify(&cms, Some(RECORD)).unwrap().content, RECORD);
    let other = refused(&cms, Some(b"other"));
    assert_eq!((other.step, other.verdict), (Step::Signature, Verdict::Invalid));
    // Written as a stream, with lengths left open and the content in pieces.
    let long = RECORD.repeat(5000);
    let stream = head.sign(&long, &["-nodetach", "-stream"]);
    assert_eq!(stream[1], 0x80);
    assert_eq!(verify(&stream, None).unwrap().content, long);
}

#[test]
fn a_detached_signature_without_content_is_refused() {
    let (_, head) = pki();
    assert_eq!(refused(&head.sign(RECORD, &[]), None).step, Step::Structure);
}

#[test]
fn other_bytes_than_those_signed_are_refused() {
    let (_, head) = pki();
    let cms = head.sign(RECORD, &[]);
    for at in [0, RECORD.len() / 2, RECORD.len() - 1] {
        let mut flipped = RECORD.to_vec();
        flipped[at] ^= 1;
        let check = refused(&cms, Some(&flipped));
        assert_eq!((check.step, check.verdict), (Step::Signature, Verdict::Invalid));
    }
    // One line end more, as a mail program would add: canonical text is not the record.
    assert_eq!(refused(&cms, Some(&[RECORD, b"\n"].concat())).step, Step::Signature);
}

#[test]
fn weak_digests_and_keys_are_refused() {
    let (pki, head) = pki();
    for digest in ["sha1", "md5"] {
        let check =
            refused(&pki.issue(&Profile::head().with_key("rsa:2048")).sign(RECORD, &["-md", digest]), Some(RECORD));
        assert_eq!((check.step, check.verdict), (Step::Signature, Verdict::Invalid), "{digest}");
        assert!(check.reason.contains("too weak"), "{}", check.reason);
    }
    let check = refused(&head.sign(RECORD, &["-md", "sha1"]), Some(RECORD));
    assert!(check.reason.contains("SHA-1"), "{}", check.reason);
    let small = pki.issue(&Profile::head().with_key("rsa:1024"));
    let check = refused(&small.sign(RECORD, &[]), Some(RECORD));
    assert!(check.reason.contains("1024") && check.verdict == Verdict::Invalid, "{}", check.reason);
}

#[test]
fn a_signature_of_a_kind_that_is_not_known_is_neither_right_nor_wrong() {
    let (pki, _) = pki();
    let head = pki.issue(&Profile::head().with_key("rsa:2048"));
    let check = refused(&head.sign(RECORD, &["-keyopt", "rsa_padding_mode:pss"]), Some(RECORD));
    assert_eq!((check.step, check.verdict), (Step::Signature, Verdict::Indeterminate), "{}", check.reason);
}

#[test]
fn a_signature_without_signed_attributes_is_refused() {
    let (_, head) = pki();
    let check = refused(&head.sign(RECORD, &["-noattr"]), Some(RECORD));
    assert_eq!(check.step, Step::Structure);
    assert!(check.reason.contains("attributes"), "{}", check.reason);
}

#[test]
fn a_signer_whose_certificate_is_not_in_the_message_is_refused() {
    let (_, head) = pki();
    let check = refused(&head.sign(RECORD, &["-nocerts"]), Some(RECORD));
    assert_eq!(check.step, Step::Structure);
    assert!(check.reason.contains("certificate is not in the message"), "{}", check.reason);
}

#[test]
fn each_of_several_signers_must_hold() {
    let (pki, head) = pki();
    let second = pki.issue(&Profile::official("1.2.398.3.3.4.1.2.2"));
    let more = second.as_signer();
    let options: Vec<&str> = more.iter().map(String::as_str).collect();
    let cms = head.sign(RECORD, &options);
    assert_eq!(verify(&cms, Some(RECORD)).unwrap().signers.len(), 2);
    // The last bytes of the message are those of the last signer's signature.
    let mut bad = cms.clone();
    let last = bad.len() - 1;
    bad[last] ^= 1;
    let check = refused(&bad, Some(RECORD));
    assert_eq!(check.step, Step::Signature);
    assert!(check.reason.starts_with("signer 2"), "{}", check.reason);
}

#[test]
fn content_of_another_type_is_refused() {
    let (_, head) = pki();
    let cms = head.sign(RECORD, &["-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4"]);
    assert_eq!(refused(&cms, None).step, Step::Structure);
}

#[test]
fn another_certificate_of_the_same_key_and_number_is_not_the_one_that_was_signed_with() {
    let (pki, head) = pki();
    // An official exchanges the certificate for one that names another organisation: signing-certificate-v2 tells.
    let other = head.reissued(&Profile::head().with("BIN990140999995", "BIN990141999990"), &pki.authority);
    let (own, strange) = (head.der(), other.der());
    let cms = head.sign(RECORD, &["-cades"]);
    let at = cms.windows(own.len()).position(|window| window == own).unwrap();
    // Of the same length, so the bytes can stand in its place; a signature of another length is tried again.
    let strange = std::iter::once(strange)
        .chain(std::iter::repeat_with(|| {
            let profile = Profile::head().with("BIN990140999995", "BIN990141999990");
            head.reissued(&profile, &pki.authority).der()
        }))
        .find(|der| der.len() == own.len())
        .unwrap();
    let swapped = [&cms[..at], &strange, &cms[at + own.len()..]].concat();
    let check = refused(&swapped, Some(RECORD));
    assert!(check.reason.contains("names another certificate"), "{}", check.reason);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verify(&bytes, Some(RECORD)).is_err());
        prop_assert!(Certificate::parse(&bytes).is_err());
    }
}

#[test]
fn no_flipped_bit_of_a_message_gives_other_content_or_another_signer() {
    let (_, head) = pki();
    let der = head.der();
    for options in [&["-nodetach"][..], &["-nodetach", "-cades"], &["-nodetach", "-stream"]] {
        let cms = head.sign(RECORD, options);
        for at in 0..cms.len() {
            for bit in [0x01, 0x20, 0x80] {
                let mut flipped = cms.clone();
                flipped[at] ^= bit;
                if let Ok(verified) = verify(&flipped, None) {
                    assert_eq!(verified.content, RECORD, "byte {at}, bit {bit:#x}");
                    assert!(!verified.signers.is_empty(), "byte {at}, bit {bit:#x}");
                    // Without signing-certificate-v2 the certificate is not signed; its path is what proves it.
                    let same = verified.signers.iter().all(|signer| signer.certificate.der() == der);
                    assert!(same || !options.contains(&"-cades"), "byte {at}, bit {bit:#x}");
                }
            }
        }
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let large = |bytes: usize| vec![0x30; bytes + 1];
    assert!(Certificate::parse(&large(MAX_CERTIFICATE)).unwrap_err().to_string().contains("at most 32768"));
    assert!(Crl::parse(&large(MAX_CRL)).unwrap_err().to_string().contains("at most 67108864"));
    assert!(refused(&large(MAX_MESSAGE), None).reason.contains("at most 67108864"));
    // A message of ten thousand signers, each of which would cost an operation of its key.
    let signers = [[0x30, 0x80].as_slice(), &[0x02, 1, 1], &[0, 0]].concat().repeat(10_000);
    let data = [&[0x30, 0x80, 2, 1, 1, 0x31, 0, 0x30, 2, 6, 0, 0x31, 0x80], signers.as_slice(), &[0; 4]].concat();
    let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    let message = [&[0x30, 0x80], oid.as_slice(), &[0xa0, 0x80], &data, &[0; 4]].concat();
    assert_eq!(refused(&message, Some(RECORD)).step, Step::Structure);
}

#[test]
fn no_flipped_bit_of_a_certificate_panics() {
    let (_, head) = pki();
    let der = head.der();
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut flipped = der.clone();
            flipped[at] ^= 1 << bit;
            let _ = Certificate::parse(&flipped);
        }
    }
}
