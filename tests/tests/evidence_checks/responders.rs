//! OCSP answers: who gave them, about which certificate, to which request, from when to when (RFC 6960).

use std::sync::OnceLock;

use proptest::prelude::*;
use qadam_evidence::{
    Step, Verdict,
    revocation::{Naming, Need},
};
use qadam_tests::openssl::{Holder, List, Pki, Profile, Status};

use crate::scene::{Case, DAY, HOUR, certificate, list, world};

const NONCE: &[u8] = b"sixteen bytes of";

fn responder() -> &'static Holder {
    static MADE: OnceLock<Holder> = OnceLock::new();
    MADE.get_or_init(|| world().pki.issue(&Profile::responder()))
}

fn need() -> Need {
    Need { certificate: certificate(&world().head), issuer: certificate(&world().pki.authority) }
}

/// Without a list of the authority: the answer alone tells.
fn case() -> Case {
    Case::right().lists(Vec::new())
}

fn good() -> Vec<Status<'static>> {
    vec![Status::Good(&world().head.serial)]
}

/// An answer of this responder to a request with a nonce.
fn answer(by: &Holder, known: &[Status<'_>], options: &[&str]) -> Vec<u8> {
    by.ocsp(&world().pki.authority, &need().request(Naming::Sha1, Some(NONCE)), known, options)
}

#[test]
fn an_answer_of_a_responder_that_the_issuer_appointed_is_enough() {
    for naming in [Naming::Sha1, Naming::Sha256] {
        let request = need().request(naming, Some(NONCE));
        for options in [&[][..], &["-resp_key_id"], &["-rmd", "sha384"]] {
            let answer = responder().ocsp(&world().pki.authority, &request, &good(), options);
            let outcome = case().answer(answer, Some(NONCE)).is_right();
            assert_eq!(outcome.proofs.len(), 2);
        }
    }
}

#[test]
fn an_answer_of_the_issuer_itself_is_enough() {
    case().answer(answer(&world().pki.authority, &good(), &[]), Some(NONCE)).is_right();
}

#[test]
fn what_is_missing_is_named_with_the_request_that_asks_for_it() {
    let needs = case().is_unknown("neither a revocation list of the issuer nor an OCSP answer is at hand");
    assert_eq!(needs, [need()]);
    // The request is understood by openssl, and its answer satisfies the need.
    let request = needs[0].request(Naming::Sha1, Some(NONCE));
    let answer = responder().ocsp(&world().pki.authority, &request, &good(), &[]);
    case().answer(answer, Some(NONCE)).is_right();
}

#[test]
fn a_revoked_certificate_is_refused() {
    let known = [Status::Revoked(&world().head.serial, world().start)];
    let revoked = answer(responder(), &known, &[]);
    case().answer(revoked.clone(), Some(NONCE)).is_refused(Step::Revocation, "the OCSP answer says");
    // Though a list that is in force does not know it yet.
    Case::right().answer(revoked, Some(NONCE)).is_refused(Step::Revocation, "the OCSP answer says");
}

#[test]
fn a_certificate_that_was_revoked_after_the_time_that_counts_was_good() {
    let known = [Status::Revoked(&world().head.serial, world().start + HOUR * 2)];
    case().answer(answer(responder(), &known, &[]), Some(NONCE)).is_right();
}

#[test]
fn a_responder_that_does_not_know_the_certificate_says_nothing() {
    case().answer(answer(responder(), &[], &[]), Some(NONCE)).is_unknown("does not know the certificate");
}

#[test]
fn an_answer_about_another_certificate_says_nothing() {
    let other = world().pki.issue(&Profile::head());
    let asked = Need { certificate: certificate(&other), ..need() };
    let request = asked.request(Naming::Sha1, Some(NONCE));
    let about = responder().ocsp(&world().pki.authority, &request, &[Status::Good(&other.serial)], &[]);
    case().answer(about, Some(NONCE)).is_unknown("about another certificate");
    // The same serial number of another issuer is another certificate.
    let asked = Need { issuer: certificate(&world().pki.root), ..need() };
    let request = asked.request(Naming::Sha1, Some(NONCE));
    let about = world().pki.root.ocsp(&world().pki.root, &request, &good(), &[]);
    case().answer(about, Some(NONCE)).is_unknown("about another certificate");
}

#[test]
fn an_answer_of_a_foreign_responder_says_nothing() {
    let pki = &world().pki;
    let other = Pki::new();
    let foreign = other.issue(&Profile::responder());
    case().answer(answer(&foreign, &good(), &[]), Some(NONCE)).is_unknown("foreign");
    // One of the same root, but not appointed by the certificate's own issuer.
    let of_root = pki.issue_by(&pki.root, &Profile::responder());
    case().answer(answer(&of_root, &good(), &[]), Some(NONCE)).is_unknown("foreign");
    // Unless the operator trusts it.
    let mut trusting = case().answer(answer(&of_root, &good(), &[]), Some(NONCE));
    trusting.trust.revocation.responders.push(certificate(&of_root));
    trusting.is_right();
}

#[test]
fn a_responder_that_had_expired_says_nothing() {
    let expired = world().pki.issue(&Profile { days: -1, ..Profile::responder() });
    case().answer(answer(&expired, &good(), &[]), Some(NONCE)).is_unknown("responder's certificate expired");
}

#[test]
fn a_signer_does_not_answer_for_the_own_certificate() {
    case().answer(answer(&world().head, &good(), &[]), Some(NONCE)).is_unknown("not for answering OCSP");
}

#[test]
fn a_responder_that_could_be_revoked_must_be_shown_not_to_be() {
    let (pki, start) = (&world().pki, world().start);
    let plain = pki.issue(&Profile::responder().with("noCheck=yes\n", ""));
    let said = answer(&plain, &good(), &[]);
    case().answer(said.clone(), Some(NONCE)).is_unknown("may be revoked itself");
    let revoked =
        list(&pki.authority, &List { revoked: vec![(&plain.serial, start - HOUR, "")], ..List::at(start - HOUR) });
    let mut alone = case().answer(said.clone(), Some(NONCE));
    // A list that is out of force for the signer at the time that counts, and in force when the answer was made.
    alone.received_at = start + DAY * 2;
    alone.now = alone.received_at;
    alone.evidence.crls[0] = list(&pki.root, &List::at(start + DAY * 2 - HOUR));
    let mut with_list = alone.clone();
    alone.evidence.crls.push(revoked);
    alone.is_unknown("its responder's certificate was revoked");
    with_list.evidence.crls.push(list(&pki.authority, &List::at(start - HOUR)));
    with_list.is_right();
}

#[test]
fn a_stale_answer_says_nothing() {
    let short = answer(responder(), &good(), &["-nmin", "5"]);
    case().answer(short, Some(NONCE)).is_unknown("stale");
    let open = answer(responder(), &good(), &["-no_next"]);
    let mut late = case().answer(open.clone(), Some(NONCE));
    late.received_at = world().start + HOUR * 3;
    late.now = late.received_at;
    late.is_unknown("stale");
    let mut soon = case().answer(open, Some(NONCE));
    soon.received_at = qadam::wall_clock() + HOUR / 2;
    soon.now = soon.received_at;
    soon.is_right();
}

#[test]
fn an_answer_from_the_future_says_nothing() {
    let mut case = case().answer(answer(responder(), &good(), &[]), Some(NONCE));
    case.now = world().start - HOUR;
    let outcome = case.run();
    let step = outcome.checks.0.iter().find(|check| check.step == Step::Revocation).unwrap();
    assert_eq!(step.verdict, Verdict::Indeterminate);
    assert!(step.reason.contains("it is from"), "{}", step.reason);
}

#[test]
fn an_answer_to_another_request_says_nothing() {
    let said = answer(responder(), &good(), &[]);
    case().answer(said.clone(), Some(b"another nonce")).is_unknown("nonce differs");
    // One that was kept has no request any more: its times count.
    case().answer(said, None).is_right();
}

#[test]
fn an_answer_without_the_nonce_says_nothing_unless_the_operator_takes_them() {
    let request = need().request(Naming::Sha1, None);
    let said = responder().ocsp(&world().pki.authority, &request, &good(), &[]);
    let mut case = case().answer(said, Some(NONCE));
    case.is_unknown("nonce of the request is missing");
    case.trust.revocation.nonce_required = false;
    case.is_right();
}

#[test]
fn an_answer_signed_with_sha_1_says_nothing() {
    let said = answer(responder(), &good(), &["-rmd", "sha1"]);
    case().answer(said, Some(NONCE)).is_unknown("SHA-1 is too weak");
}

#[test]
fn no_flipped_bit_of_an_answer_makes_a_revoked_certificate_good() {
    let known = [Status::Revoked(&world().head.serial, world().start)];
    let said = answer(responder(), &known, &[]);
    for at in 0..said.len() {
        for bit in [0x01, 0x10, 0x80] {
            let mut flipped = said.clone();
            flipped[at] ^= bit;
            let verdict = case().answer(flipped, Some(NONCE)).run().checks.verdict();
            assert_ne!(verdict, Verdict::Valid, "byte {at}, bit {bit:#x}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_no_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let outcome = case().answer(bytes, Some(NONCE)).run();
        prop_assert_eq!(outcome.checks.verdict(), Verdict::Indeterminate);
    }
}
