//! Whose signature it is (452-8, 56-6.6).

use qadam_evidence::{Step, Verdict, check::applicant};
use qadam_tests::openssl::{BIN, IIN, OTHER_BIN, OTHER_IIN, Profile};

use crate::scene::{Case, world};

#[test]
fn the_bin_of_another_provider_is_refused() {
    let other = world().pki.issue(&Profile::head().with(BIN, OTHER_BIN));
    Case::by(&other).is_refused(Step::Owner, "another organisation");
    let person = world().pki.issue(&Profile::person());
    Case::by(&person).fails(&[(Step::Role, Verdict::Invalid), (Step::Owner, Verdict::Invalid)], "may sign");
}

fn as_applicant(case: Case) -> Case {
    Case { bin: None, ..case }
}

#[test]
fn an_applicants_number_must_be_that_of_the_certificate() {
    let case = as_applicant(Case::by(&world().pki.issue(&Profile::person())));
    let outcome = case.is_right();
    let [signer] = outcome.signers.as_slice() else { unreachable!() };
    assert_eq!(applicant(signer, IIN, &case.trust).verdict, Verdict::Valid);
    let other = applicant(signer, OTHER_IIN, &case.trust);
    assert_eq!((other.step, other.verdict), (Step::Owner, Verdict::Invalid));
    assert!(other.reason.contains("IIN in the request is not the IIN in the certificate (56-6.6)"));
    assert!(!other.reason.contains(OTHER_IIN) && !other.reason.contains(IIN), "numbers of people are not told");
}

#[test]
fn an_official_may_sign_for_a_recipient_with_another_number() {
    let clerk = world().pki.issue(&Profile::official("1.2.398.3.3.4.1.2.5"));
    let mut case = as_applicant(Case::by(&clerk));
    let outcome = case.is_right();
    let [signer] = outcome.signers.as_slice() else { unreachable!() };
    let check = applicant(signer, OTHER_IIN, &case.trust);
    assert_eq!((check.verdict, check.reason.as_str()), (Verdict::Valid, "an official signed for the recipient"));
    // Where the operator names the organisations, only theirs.
    case.trust.official_bins = vec![OTHER_BIN.to_owned()];
    assert_eq!(applicant(signer, OTHER_IIN, &case.trust).verdict, Verdict::Invalid);
    case.trust.official_bins.push(BIN.to_owned());
    assert_eq!(applicant(signer, OTHER_IIN, &case.trust).verdict, Verdict::Valid);
}

#[test]
fn an_employee_in_another_role_is_no_official() {
    let staff = world().pki.issue(&Profile::official("1.2.398.3.3.4.1.2.4"));
    let case = as_applicant(Case::by(&staff));
    let outcome = case.is_right();
    let check = applicant(&outcome.signers[0], OTHER_IIN, &case.trust);
    assert_eq!((check.step, check.verdict), (Step::Owner, Verdict::Invalid));
    // For the own organisation, and for oneself, it is one's own number.
    assert_eq!(applicant(&outcome.signers[0], BIN, &case.trust).verdict, Verdict::Valid);
    assert_eq!(applicant(&outcome.signers[0], IIN, &case.trust).verdict, Verdict::Valid);
}

#[test]
fn an_information_system_applies_for_nothing() {
    let subject = format!("/C=KZ/CN=ҮЛГІ АЖ/O=ҮЛГІ/OU=BIN{BIN}");
    let system = world().pki.issue(&Profile { subject, ..Profile::official("1.2.398.3.3.4.1.2.6") });
    as_applicant(Case::by(&system)).is_refused(Step::Role, "information system");
}
