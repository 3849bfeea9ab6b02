//! Signatures of the national standard are recognised: neither right nor wrong here, and what is not cryptography is told.

use qadam_evidence::{Certificate, Step, Verdict, certificate::KeyAlgorithm};
use qadam_tests::openssl::{IIN, Profile};

use crate::scene::{Case, RECORD, certificate, world};

/// Identifiers of RSA and SHA-256, and GOST ones of the same length: keys, signatures, digests.
const EXCHANGED: [([u8; 9], [u8; 9]); 3] = [
    ([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1], [0x2a, 0x83, 0x0e, 3, 0x0a, 1, 1, 2, 2]),
    ([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b], [0x2a, 0x83, 0x0e, 3, 0x0a, 1, 1, 1, 2]),
    ([0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1], [0x2a, 0x83, 0x0e, 3, 0x0a, 1, 3, 1, 1]),
];

fn exchanged(bytes: &[u8], which: &[usize]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (from, to) in which.iter().map(|at| EXCHANGED[*at]) {
        let mut at = 0;
        while let Some(found) = bytes[at..].windows(from.len()).position(|window| window == from) {
            bytes[at + found..at + found + to.len()].copy_from_slice(&to);
            at += found + to.len();
        }
    }
    bytes
}

#[test]
fn a_gost_signature_is_indeterminate_with_its_reason() {
    let signer = world().pki.issue(&Profile::head().with_key("rsa:2048"));
    let cms = exchanged(&signer.sign(RECORD, &[]), &[0, 1, 2]);
    let outcome = Case::of(cms).fails(
        &[
            (Step::Signature, Verdict::Indeterminate),
            (Step::Chain, Verdict::Indeterminate),
            (Step::Revocation, Verdict::Indeterminate),
        ],
        "GOST",
    );
    assert!(outcome.checks.0.iter().any(|check| check.reason.contains("certified GOST library")));
    assert_eq!(outcome.signers[0].certificate.subject().iin.as_deref(), Some(IIN));
    // What needs no cryptography is told all the same.
    let other = Profile::official("1.2.398.3.3.4.1.2.5").with_key("rsa:2048");
    let cms = exchanged(&world().pki.issue(&other).sign(RECORD, &[]), &[0, 1, 2]);
    let outcome = Case::of(cms).run();
    assert_eq!(outcome.checks.verdict(), Verdict::Invalid);
    assert_eq!(outcome.checks.worst().unwrap().step, Step::Role);
}

#[test]
fn the_fields_of_a_gost_certificate_can_be_read() {
    let der = exchanged(&world().pki.issue(&Profile::head().with_key("rsa:2048")).der(), &[0, 1]);
    let certificate = Certificate::parse(&der).unwrap();
    assert_eq!(certificate.algorithm(), &KeyAlgorithm::Gost("GOST R 34.10-2015"));
    assert_eq!(certificate.roles().len(), 2);
}

#[test]
fn a_gost_digest_or_key_alone_is_indeterminate_too() {
    let signer = world().pki.issue(&Profile::head().with_key("rsa:2048"));
    let cms = exchanged(&signer.sign(RECORD, &[]), &[2]);
    Case::of(cms).fails(&[(Step::Signature, Verdict::Indeterminate)], "GOST 34.311-95");
    // Other bytes than those signed cannot be told by a digest that cannot be computed; they are not called right either.
    let mut case = Case::of(exchanged(&signer.sign(RECORD, &[]), &[0, 1, 2]));
    case.content = Some(b"other".to_vec());
    assert_eq!(case.run().checks.verdict(), Verdict::Indeterminate);
}

#[test]
fn a_certificate_below_a_gost_authority_is_indeterminate() {
    let authority = exchanged(certificate(&world().pki.authority).der(), &[0]);
    let mut case = Case::right();
    case.trust.intermediates = vec![Certificate::parse(&authority).unwrap()];
    let steps = [(Step::Chain, Verdict::Indeterminate), (Step::Revocation, Verdict::Indeterminate)];
    case.fails(&steps, "GOST R 34.10-2015");
}
