//! Time-stamps within messages: the time that counts.

use jiff::Timestamp;
use qadam_evidence::{Step, Verdict, seal};
use qadam_tests::openssl::{Holder, List, Profile};

use crate::scene::{Case, DAY, HOUR, RECORD, list, world};

fn stamped(holder: &Holder, authority: &Holder) -> Vec<u8> {
    let cms = holder.sign(RECORD, &["-cades"]);
    let token = authority.stamp(&seal::signature_value(&cms).unwrap());
    seal::with_token(&cms, &token).unwrap()
}

fn stamping() -> Holder {
    world().pki.issue(&Profile::stamping())
}

/// Lists of root and authority that are in force at a time.
fn lists_at(at: Timestamp) -> Vec<qadam_evidence::revocation::Crl> {
    let pki = &world().pki;
    [&pki.root, &pki.authority].map(|issuer| list(issuer, &List::at(at - HOUR))).to_vec()
}

#[test]
fn the_time_of_a_valid_stamp_counts() {
    let outcome = Case::of(stamped(&world().head, &stamping())).is_right();
    assert!(outcome.signers[0].stamped);
    assert!(outcome.at < world().start + HOUR, "{}", outcome.at);
    assert!(outcome.checks.0.iter().any(|check| check.step == Step::Timestamp && check.verdict == Verdict::Valid));
}

#[test]
fn a_certificate_that_expired_or_was_revoked_after_the_stamp_was_good() {
    let cms = stamped(&world().head, &stamping());
    // Long after both certificates expired, by the lists that were kept.
    let mut case = Case::of(cms.clone()).received(world().start + DAY * 400);
    case.is_right();
    // Revoked an hour after, and received after that.
    let (pki, at) = (&world().pki, world().start + DAY);
    let revoking = List::at(at).revoking(&world().head.serial, world().start + HOUR);
    case = Case::of(cms).received(at + HOUR);
    case.evidence.crls = vec![lists_at(at)[0].clone(), list(&pki.authority, &revoking)];
    case.is_right();
    // Without the stamp the time of receipt counts, and the same is refused.
    case.cms = world().signed.clone();
    case.is_refused(Step::Revocation, "revoked");
}

#[test]
fn a_stamp_over_another_signature_is_refused() {
    let cms = world().head.sign(RECORD, &["-cades"]);
    let token = stamping().stamp(b"something else");
    Case::of(seal::with_token(&cms, &token).unwrap()).is_refused(Step::Timestamp, "something else");
}

#[test]
fn a_stamp_of_one_who_is_no_authority_is_refused() {
    // openssl refuses to stamp with such a certificate, so the authority is one that is not trusted here.
    let other = qadam_tests::openssl::Pki::new();
    let token_of = other.issue(&Profile::stamping());
    let outcome = Case::of(stamped(&world().head, &token_of)).run();
    let step = outcome.checks.0.iter().find(|check| check.step == Step::Timestamp).unwrap();
    assert_eq!(step.verdict, Verdict::Invalid, "{}", step.reason);
    assert!(!outcome.signers[0].stamped);
    assert_eq!(outcome.at, world().start + HOUR, "the time of receipt counts");
}

#[test]
fn a_stamp_from_after_the_receipt_is_refused() {
    let mut case = Case::of(stamped(&world().head, &stamping()));
    case.received_at = world().start - DAY;
    let outcome = case.run();
    let step = outcome.checks.0.iter().find(|check| check.step == Step::Timestamp).unwrap();
    assert_eq!(step.verdict, Verdict::Invalid);
    assert!(step.reason.contains("after it was received"), "{}", step.reason);
}

#[test]
fn a_stamping_authority_that_was_revoked_is_refused() {
    let authority = stamping();
    let start = world().start;
    let cms = stamped(&world().head, &authority);
    let revoking = List::at(start).revoking(&authority.serial, start - HOUR);
    let case = Case::of(cms).lists(vec![list(&world().pki.authority, &revoking)]);
    case.is_refused(Step::Timestamp, "the time-stamping authority's certificate");
}
