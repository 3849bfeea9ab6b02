//! The seven weaknesses of the software that is used for these checks today (domain.md §2.8): ours refuses each.

use qadam_evidence::{Step, Verdict, check::applicant, revocation::Naming, revocation::Need, seal};
use qadam_tests::openssl::{BIN, List, OTHER_BIN, OTHER_IIN, Pki, Profile, Status};

use crate::scene::{Case, DAY, HOUR, RECORD, certificate, list, world};

fn need() -> Need {
    Need { certificate: certificate(&world().head), issuer: certificate(&world().pki.authority) }
}

#[test]
fn weakness_1_no_list_no_signature_of_the_list_no_next_update_is_taken_for_not_revoked() {
    let start = world().start;
    Case::right().lists(Vec::new()).is_unknown("neither a revocation list");
    Case::right().lists(vec![list(&Pki::new().authority, &List::at(start))]).is_unknown("not the issuer's");
    let stale = List { next_update: start, ..List::at(start - DAY) };
    Case::right().lists(vec![list(&world().pki.authority, &stale)]).is_unknown("stale");
}

#[test]
fn weakness_2_an_answer_is_not_believed_without_signature_identity_times_and_nonce() {
    let (pki, head) = (&world().pki, &world().head);
    let good = [Status::Good(&head.serial)];
    let asked = need().request(Naming::Sha1, Some(b"nonce"));
    let case = || Case::right().lists(Vec::new());
    let mut unsigned = pki.authority.ocsp(&pki.authority, &asked, &good, &["-resp_no_certs"]);
    let last = unsigned.len() - 1;
    unsigned[last] ^= 1;
    case().answer(unsigned, Some(b"nonce")).is_unknown("not that of these bytes");
    let other_pki = Pki::new();
    let foreign = other_pki.issue(&Profile::responder());
    case().answer(foreign.ocsp(&pki.authority, &asked, &good, &[]), Some(b"nonce")).is_unknown("foreign");
    let other = Need { certificate: certificate(&pki.issue(&Profile::head())), ..need() };
    let other = pki.authority.ocsp(&pki.authority, &other.request(Naming::Sha1, Some(b"nonce")), &good, &[]);
    case().answer(other, Some(b"nonce")).is_unknown("another certificate");
    let short = pki.authority.ocsp(&pki.authority, &asked, &good, &["-nmin", "1"]);
    case().answer(short, Some(b"nonce")).is_unknown("stale");
    let bare = pki.authority.ocsp(&pki.authority, &need().request(Naming::Sha1, None), &good, &[]);
    case().answer(bare, Some(b"nonce")).is_unknown("nonce");
}

#[test]
fn weakness_3_a_failure_of_ocsp_is_not_not_revoked() {
    // OCSPResponse { responseStatus tryLater (3) }, the answer that comes at random; and others.
    for (bytes, reason) in [
        (&[0x30, 3, 0x0a, 1, 3][..], "try later"),
        (&[0x30, 3, 0x0a, 1, 2], "internal error"),
        (&[0x30, 3, 0x0a, 1, 6], "does not answer"),
        (&[0x30, 3, 0x0a, 1, 0], "cannot be read"),
        (b"<html>502 Bad Gateway</html>", "cannot be read"),
        (b"", "cannot be read"),
    ] {
        let outcome = Case::right().lists(Vec::new()).answer(bytes.to_vec(), None);
        assert_eq!(outcome.is_unknown(reason), [need()]);
    }
}

#[test]
fn weakness_4_no_signer_and_a_signer_without_certificate_are_not_valid() {
    let (head, pki) = (&world().head, &world().pki);
    let none = Case::of(head.unsigned()).run();
    assert_eq!(none.checks.verdict(), Verdict::Invalid);
    let worst = none.checks.worst().unwrap();
    assert_eq!(worst.step, Step::Structure);
    assert!(worst.reason.contains("no signer"), "{}", worst.reason);
    let bare = Case::of(head.sign(RECORD, &["-nocerts"]));
    bare.is_refused(Step::Structure, "certificate is not in the message");
    // One signer with a certificate does not carry one without: theirs is taken out of a message of two.
    let second = pki.issue(&Profile::official("1.2.398.3.3.4.1.2.2"));
    let more = second.as_signer();
    let options: Vec<&str> = more.iter().map(String::as_str).collect();
    let mut cms = head.sign(RECORD, &options);
    let der = second.der();
    let serial = der.windows(7).position(|window| window[..4] == [0x02, 0x05, 0x7f, 0x00]).unwrap();
    let at = cms.windows(der.len()).position(|window| window == der).unwrap();
    cms[at + serial + 6] ^= 0x40;
    Case::of(cms).is_refused(Step::Structure, "certificate is not in the message");
}

#[test]
fn weakness_5_what_is_read_on_is_what_every_signature_covers() {
    let head = &world().head;
    // Inside and beside differ: the one that is signed is not the one that would be parsed.
    let mut case = Case::of(head.sign(RECORD, &["-nodetach"]));
    case.content = Some(b"{\"status\": \"\"}".to_vec());
    case.is_refused(Step::Signature, "not what was received");
    case.content = None;
    assert_eq!(case.is_right().content, RECORD);
    // Not only the first signature is looked at.
    let more = world().pki.issue(&Profile::official("1.2.398.3.3.4.1.2.2")).as_signer();
    let options: Vec<&str> = more.iter().map(String::as_str).collect();
    let mut cms = head.sign(RECORD, &options);
    let last = cms.len() - 1;
    cms[last] ^= 1;
    Case::of(cms).is_refused(Step::Signature, "signer 2");
}

#[test]
fn weakness_6_validity_is_judged_at_the_time_that_counts_and_tokens_are_verified() {
    let tsa = world().pki.issue(&Profile::stamping());
    let cms = world().head.sign(RECORD, &["-cades"]);
    let token = tsa.stamp(&seal::signature_value(&cms).unwrap());
    // Asked for again a year on, what was right when it was received is right, with the lists of then.
    let mut case = Case::of(cms.clone());
    case.now = world().start + DAY * 400;
    case.is_right();
    let mut bad = token.clone();
    let last = bad.len() - 1;
    bad[last] ^= 1;
    Case::of(seal::with_token(&cms, &token).unwrap()).is_right();
    let outcome = Case::of(seal::with_token(&cms, &bad).unwrap()).is_refused(Step::Timestamp, "signature");
    assert_eq!(outcome.at, world().start + HOUR);
}

#[test]
fn weakness_7_role_policy_and_numbers_are_not_left_to_the_caller() {
    let issue = |profile: &Profile| Case::by(&world().pki.issue(profile));
    issue(&Profile::official("1.2.398.3.3.4.1.2.5")).is_refused(Step::Role, "452-8");
    issue(&Profile::head().with("policyIdentifier=1.2.398.3.3.2.1", "policyIdentifier=1.2.3.4"))
        .is_refused(Step::Policy, "1.2.3.4");
    issue(&Profile::head().with(BIN, OTHER_BIN)).is_refused(Step::Owner, "another organisation");
    let request = Case { bin: None, ..issue(&Profile::person()) };
    let signer = request.is_right().signers.remove(0);
    assert_eq!(applicant(&signer, OTHER_IIN, &request.trust).verdict, Verdict::Invalid);
}
