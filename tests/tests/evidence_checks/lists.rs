//! Revocation lists: who signed them, from when to when, what they cover (RFC 5280 §5).

use proptest::prelude::*;
use qadam_evidence::{Step, Verdict, revocation::Crl};
use qadam_tests::openssl::{List, Pki, Profile};

use crate::scene::{Case, DAY, HOUR, list, world};

fn by_authority(list: &List<'_>) -> Crl {
    crate::scene::list(&world().pki.authority, list)
}

#[test]
fn a_certificate_that_was_revoked_before_the_time_that_counts_is_refused() {
    let start = world().start;
    let revoking = List::at(start).revoking(&world().head.serial, start);
    let outcome = Case::right().lists(vec![by_authority(&revoking)]).is_refused(Step::Revocation, "was revoked at");
    assert!(outcome.needs.is_empty());
    // The empty list beside it does not make it good.
    Case::right()
        .lists(vec![world().lists[1].clone(), by_authority(&revoking)])
        .is_refused(Step::Revocation, "revoked");
    // Once revoked, always revoked: an old list is enough to know.
    let old = List { this_update: start - DAY * 9, next_update: start - DAY * 8, ..revoking };
    let old = List { revoked: vec![(&world().head.serial, start - DAY * 10, "")], ..old };
    Case::right().lists(vec![by_authority(&old)]).is_refused(Step::Revocation, "revoked");
}

#[test]
fn a_certificate_that_was_revoked_after_the_time_that_counts_was_good() {
    let at = world().start + HOUR;
    let later = List::at(at + HOUR * 2).revoking(&world().head.serial, at + HOUR);
    let mut case = Case::right().lists(vec![by_authority(&later)]);
    case.now = at + HOUR * 3;
    let outcome = case.is_right();
    let step = outcome.checks.0.iter().find(|check| check.step == Step::Revocation).unwrap();
    assert!(step.reason.contains("after the time that counts"), "{}", step.reason);
}

#[test]
fn a_key_that_was_lost_before_it_was_told_does_not_count_since_then() {
    let at = world().start + HOUR;
    let lost = at.strftime("%Y%m%d%H%M%SZ").to_string();
    let reason = format!("keyTime,{}", (at - HOUR).strftime("%Y%m%d%H%M%SZ"));
    assert!(!lost.is_empty());
    let told = List { revoked: vec![(&world().head.serial, at + HOUR, &reason)], ..List::at(at + HOUR * 2) };
    let mut case = Case::right().lists(vec![by_authority(&told)]);
    case.now = at + HOUR * 3;
    case.is_refused(Step::Revocation, "revoked");
}

#[test]
fn a_suspended_certificate_is_neither_good_nor_bad() {
    let start = world().start;
    let held = List { revoked: vec![(&world().head.serial, start, "certificateHold")], ..List::at(start) };
    Case::right().lists(vec![by_authority(&held)]).is_unknown("suspended");
}

#[test]
fn a_stale_list_says_nothing() {
    let start = world().start;
    let stale = List { next_update: start, ..List::at(start - DAY) };
    let needs = Case::right().lists(vec![by_authority(&stale)]).is_unknown("stale");
    assert_eq!(needs.len(), 1);
    assert_eq!(needs[0].certificate.der(), world().head.der());
    assert_eq!(needs[0].issuer.der(), world().pki.authority.der());
}

#[test]
fn a_list_from_the_future_says_nothing() {
    let future = List::at(world().start + DAY);
    Case::right().lists(vec![by_authority(&future)]).is_unknown("it is from");
}

#[test]
fn a_list_that_another_signed_says_nothing() {
    // An authority of the same name, with a key of its own.
    let other = Pki::new();
    let foreign = list(&other.authority, &List::at(world().start));
    assert_eq!(foreign.issuer(), world().lists[1].issuer());
    Case::right().lists(vec![foreign]).is_unknown("not the issuer's");
    // One that only bears another name is not even asked.
    Case::right().lists(vec![world().lists[0].clone()]).is_unknown("neither a revocation list");
}

#[test]
fn an_authority_that_may_not_sign_lists_does_not() {
    let pki = &world().pki;
    let quiet = pki.issue_by(&pki.root, &Profile::authority("ҮЛГІ 5").with("keyCertSign,cRLSign", "keyCertSign"));
    let mut case = Case::by(&pki.issue_by(&quiet, &Profile::head()));
    case.trust.intermediates.push(crate::scene::certificate(&quiet));
    case.lists(vec![list(&quiet, &List::at(world().start))]).is_unknown("not the issuer's");
}

#[test]
fn the_authorities_above_must_be_shown_not_to_be_revoked_too() {
    let (pki, start) = (&world().pki, world().start);
    let mut case = Case::right();
    case.evidence.crls.remove(0);
    let needs = case.is_unknown("of the authority 1 above the signer");
    assert_eq!(needs[0].certificate.der(), pki.authority.der());
    let revoking = List::at(start).revoking(&pki.authority.serial, start);
    case.evidence.crls.push(list(&pki.root, &revoking));
    case.is_refused(Step::Revocation, "was revoked at");
    // Where the operator says so, only the signer is asked about.
    case.trust.revocation.authorities_too = false;
    case.is_right();
}

#[test]
fn a_delta_adds_revocations_and_proves_nothing_by_itself() {
    let start = world().start;
    let delta = |list: List<'static>| {
        let extensions = "2.5.29.27=critical,DER:020105".to_owned();
        by_authority(&List { extensions, number: 6, ..list })
    };
    assert!(delta(List::at(start)).is_delta());
    Case::right().lists(vec![delta(List::at(start))]).is_unknown("only adds to another list");
    Case::right().lists(vec![world().lists[1].clone(), delta(List::at(start))]).is_right();
    let revoking = delta(List::at(start).revoking(&world().head.serial, start));
    Case::right().lists(vec![world().lists[1].clone(), revoking]).is_refused(Step::Revocation, "a delta");
}

#[test]
fn a_list_that_does_not_cover_the_certificate_says_nothing() {
    let with = |extensions: &str| {
        let list = List { extensions: extensions.to_owned(), ..List::at(world().start) };
        Case::right().lists(vec![by_authority(&list)])
    };
    with("issuingDistributionPoint=critical,@i\n[i]\nonlyuser=TRUE\n").is_right();
    with("issuingDistributionPoint=critical,@i\n[i]\nonlyCA=TRUE\n").is_unknown("does not cover");
    with("issuingDistributionPoint=critical,@i\n[i]\nonlyAA=TRUE\n").is_unknown("attribute certificates");
    with("issuingDistributionPoint=critical,@i\n[i]\nindirectCRL=TRUE\n").is_unknown("other issuers");
    with("issuingDistributionPoint=critical,@i\n[i]\nonlysomereasons=keyCompromise\n").is_unknown("some reasons");
    with("issuingDistributionPoint=critical,@i\n[i]\nfullname=URI:http://crl.example.kz/rsa.crl\n").is_right();
    with("issuingDistributionPoint=critical,@i\n[i]\nfullname=URI:http://crl.example.kz/2.crl\n")
        .is_unknown("does not cover");
    with("1.2.3.4=critical,DER:0500\n").is_unknown("critical extension 1.2.3.4");
    with("1.2.3.4=DER:0500\n").is_right();
}

#[test]
fn one_of_many_on_a_list_is_found() {
    let (start, head) = (world().start, &world().head.serial);
    let others: Vec<String> = (0..2000).map(|number| format!("{:08X}", 0x1000_0000_u32 + number * 7)).collect();
    let mut long = List::at(start);
    long.revoked = others.iter().map(|serial| (serial.as_str(), start, "superseded")).collect();
    let clean = by_authority(&long);
    assert_eq!(clean.len(), 2000);
    Case::right().lists(vec![clean]).is_right();
    long.revoked.insert(1000, (head, start, "keyCompromise"));
    Case::right().lists(vec![by_authority(&long)]).is_refused(Step::Revocation, "revoked");
}

#[test]
fn a_list_is_read_from_pem_as_well() {
    let der = by_authority(&List::at(world().start));
    let pem = format!(
        "-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----\n",
        base64(der.der())
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(Crl::parse(pem.as_bytes()).unwrap().der(), der.der());
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[test]
fn no_flipped_bit_of_a_list_makes_a_revoked_certificate_good() {
    let start = world().start;
    let der = by_authority(&List::at(start).revoking(&world().head.serial, start)).der().to_vec();
    for at in 0..der.len() {
        for bit in [0x01, 0x10, 0x80] {
            let mut flipped = der.clone();
            flipped[at] ^= bit;
            if let Ok(crl) = Crl::parse(&flipped) {
                let verdict = Case::right().lists(vec![crl]).run().checks.verdict();
                assert_ne!(verdict, Verdict::Valid, "byte {at}, bit {bit:#x}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_no_list(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Crl::parse(&bytes).is_err());
        prop_assert!(Crl::parse(&[b"-----BEGIN X509 CRL-----\n", bytes.as_slice()].concat()).is_err());
    }
}
