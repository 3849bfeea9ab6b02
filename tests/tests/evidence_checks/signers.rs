//! Certificates of signers: validity, key usage, policy, chain, role.

use qadam_evidence::{Checks, Step, Verdict};
use qadam_tests::openssl::{List, OTHER_BIN, Pki, Profile};

use crate::scene::{Case, DAY, HOUR, RECORD, certificate, list, world};

#[test]
fn a_record_signed_by_the_first_head_of_its_provider_passes_every_step() {
    let outcome = Case::right().is_right();
    let steps: Vec<_> = outcome.checks.0.iter().map(|check| check.step.as_str()).collect();
    let all = [
        "structure",
        "signature",
        "signing-time",
        "validity",
        "key-usage",
        "policy",
        "chain",
        "revocation",
        "role",
        "owner",
    ];
    assert_eq!(steps, all);
    assert_eq!(outcome.content, RECORD);
    assert_eq!(outcome.at, world().start + HOUR);
    assert_eq!(outcome.proofs.len(), 2, "the lists of authority and root");
    assert!(!outcome.signers[0].stamped);
}

#[test]
fn the_person_with_the_right_of_signature_may_sign_with_rsa_as_the_national_authority_issues_it() {
    let signer = world().pki.issue(&Profile::official("1.2.398.3.3.4.1.2.2").with_key("rsa:2048"));
    Case::by(&signer).is_right();
}

#[test]
fn the_chain_may_come_with_the_message_or_from_the_configuration() {
    let mut case = Case::right();
    case.trust.intermediates.clear();
    case.fails(
        &[(Step::Chain, Verdict::Invalid), (Step::Revocation, Verdict::Indeterminate)],
        "no certificate given or configured leads from it to a trusted root",
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("between.pem");
    std::fs::write(&path, world().pki.authority.pem()).unwrap();
    case.cms = world().head.sign(RECORD, &["-certfile", path.to_str().unwrap()]);
    case.is_right();
}

#[test]
fn an_expired_certificate_is_refused() {
    let case = Case::right();
    let late = world().start + DAY * 366;
    let lists = [&world().pki.root, &world().pki.authority].map(|issuer| {
        let at = late - HOUR;
        list(issuer, &List::at(at))
    });
    let mut case = case.received(late);
    case.evidence.crls = lists.to_vec();
    // The list need not name certificates that had expired before it.
    let steps = [(Step::Validity, Verdict::Invalid), (Step::Revocation, Verdict::Indeterminate)];
    let outcome = case.fails(&steps, "the signer's certificate expired at");
    assert!(outcome.needs.is_empty(), "nothing that could be fetched would help");
}

#[test]
fn a_certificate_that_is_not_in_force_yet_is_refused() {
    let case = Case::right().received(world().start - DAY);
    let outcome = case.run();
    let wrong = outcome.checks.0.iter().find(|check| check.step == Step::Validity).unwrap();
    assert_eq!(wrong.verdict, Verdict::Invalid);
    assert!(wrong.reason.contains("in force from"), "{}", wrong.reason);
}

#[test]
fn a_certificate_for_logging_in_does_not_sign() {
    let login = world().pki.issue(&Profile::login());
    Case::by(&login)
        .fails(&[(Step::KeyUsage, Verdict::Invalid), (Step::Policy, Verdict::Invalid)], "not for signing documents");
    // The same with the right policy: the step is the usage's own.
    let disguised = world().pki.issue(&Profile::login().with("1.2.398.3.3.2.2", "1.2.398.3.3.2.1"));
    Case::by(&disguised).is_refused(Step::KeyUsage, "nonRepudiation");
    let both = Profile::login().with("keyEncipherment", "nonRepudiation").with("1.2.398.3.3.2.2", "1.2.398.3.3.2.1");
    Case::by(&world().pki.issue(&both)).is_refused(Step::KeyUsage, "logging in");
}

#[test]
fn another_policy_is_refused() {
    for policy in ["1.2.398.3.3.2.4", "1.2.398.3.3.2.1.1", "1.3.6.1.4.1.99999.1"] {
        let other = Profile { extensions: Profile::signing(policy, "1.2.398.3.3.4.1.2.1"), ..Profile::head() };
        Case::by(&world().pki.issue(&other)).is_refused(Step::Policy, policy);
    }
    // The arc itself stands in certificates since 2022.
    let arc = Profile { extensions: Profile::signing("1.2.398.3.3.2", "1.2.398.3.3.4.1.2.1"), ..Profile::head() };
    Case::by(&world().pki.issue(&arc)).is_right();
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let other = Pki::new();
    let strange = other.issue(&Profile::head());
    Case::by(&strange).fails(
        &[(Step::Chain, Verdict::Invalid), (Step::Revocation, Verdict::Indeterminate)],
        "signature is not that of its issuer",
    );
    let named = other.self_signed(&Profile::head());
    let outcome = Case::by(&named).run();
    assert_eq!(outcome.checks.verdict(), Verdict::Invalid);
}

#[test]
fn a_certificate_issued_by_a_person_is_refused() {
    // The head issues a certificate, and brings the own one along.
    let forged = world().pki.issue_by(&world().head, &Profile::head().with("ҮЛГІЕВ ҮЛГІ", "БАСҚА"));
    let mut case = Case::by(&forged);
    case.trust.intermediates.push(certificate(&world().head));
    let outcome = case.run();
    let chain = outcome.checks.0.iter().find(|check| check.step == Step::Chain).unwrap();
    assert_eq!(chain.verdict, Verdict::Invalid);
    assert!(chain.reason.contains("no certification authority"), "{}", chain.reason);
}

#[test]
fn an_authority_whose_key_may_not_sign_certificates_does_not_lead_to_the_root() {
    let pki = &world().pki;
    let weak = Profile::authority("ҮЛГІ 2").with("keyCertSign,cRLSign", "cRLSign,digitalSignature");
    let weak = pki.issue_by(&pki.root, &weak);
    let mut case = Case::by(&pki.issue_by(&weak, &Profile::head()));
    case.trust.intermediates.push(certificate(&weak));
    let outcome = case.run();
    let chain = outcome.checks.0.iter().find(|check| check.step == Step::Chain).unwrap();
    assert_eq!((chain.verdict, chain.reason.contains("no certification authority")), (Verdict::Invalid, true));
}

#[test]
fn more_authorities_than_one_allows_are_refused() {
    let pki = &world().pki;
    let below = pki.issue_by(&pki.authority, &Profile::authority("ҮЛГІ 3"));
    let mut case = Case::by(&pki.issue_by(&below, &Profile::head()));
    case.trust.intermediates.push(certificate(&below));
    let outcome = case.run();
    let chain = outcome.checks.0.iter().find(|check| check.step == Step::Chain).unwrap();
    assert!(chain.reason.contains("more authorities"), "{}", chain.reason);
}

#[test]
fn an_authority_that_had_expired_is_named() {
    let pki = &world().pki;
    let short = pki.issue_by(&pki.root, &Profile { days: 30, ..Profile::authority("ҮЛГІ 4") });
    let mut case = Case::by(&pki.issue_by(&short, &Profile::head())).received(world().start + DAY * 60);
    case.trust.intermediates.push(certificate(&short));
    let outcome = case.run();
    let of = |step| outcome.checks.0.iter().find(|check| check.step == step).unwrap();
    assert_eq!(of(Step::Validity).verdict, Verdict::Valid);
    assert!(of(Step::Chain).reason.contains("an authority's certificate expired"), "{}", of(Step::Chain).reason);
}

#[test]
fn a_root_that_had_expired_is_named() {
    let pki = &world().pki;
    let root = Profile { days: 30, ..Profile::authority("ҮЛГІ ТҮБІРІ 2").with(",pathlen:0", "") };
    let root = pki.self_signed(&root);
    let between = pki.issue_by(&root, &Profile::authority("ҮЛГІ 6"));
    let mut case = Case::by(&pki.issue_by(&between, &Profile::head()));
    case.trust.roots = vec![certificate(&root)];
    case.trust.intermediates = vec![certificate(&between)];
    case.evidence.crls = [&root, &between].map(|issuer| list(issuer, &List::at(world().start))).to_vec();
    case.is_right();
    let outcome = case.received(world().start + DAY * 60).run();
    let chain = outcome.checks.0.iter().find(|check| check.step == Step::Chain).unwrap();
    assert!(chain.reason.contains("the root's certificate expired"), "{}", chain.reason);
}

#[test]
fn certificates_signed_with_sha_1_are_refused() {
    let old = world().pki.issue(&Profile { digest: "-sha1", ..Profile::head() });
    Case::by(&old).fails(
        &[(Step::Chain, Verdict::Invalid), (Step::Revocation, Verdict::Indeterminate)],
        "RSA with SHA-1 is too weak",
    );
}

#[test]
fn without_roots_nothing_is_trusted() {
    let mut case = Case::right();
    case.trust.roots.clear();
    case.fails(
        &[(Step::Chain, Verdict::Indeterminate), (Step::Revocation, Verdict::Indeterminate)],
        "no root is configured",
    );
}

#[test]
fn roles_that_may_not_sign_are_refused() {
    for role in ["1.2.398.3.3.4.1.2.3", "1.2.398.3.3.4.1.2.4", "1.2.398.3.3.4.1.2.5", "1.2.398.3.3.4.1.2.6"] {
        let other = world().pki.issue(&Profile::official(role));
        Case::by(&other).is_refused(Step::Role, role);
    }
    let staff = world().pki.issue(&Profile::official("1.2.398.3.3.4.2.3,1.2.398.3.3.4.1.2.1"));
    Case::by(&staff).is_refused(Step::Role, "staff");
    let none = Profile::head().with(",1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.1", "");
    Case::by(&world().pki.issue(&none)).is_refused(Step::Role, "states no role");
    // The table is configuration.
    let mut case = Case::by(&world().pki.issue(&Profile::official("1.2.398.3.3.4.1.2.3")));
    case.trust.may_sign.push("1.2.398.3.3.4.1.2.3".parse().unwrap());
    case.is_right();
}

#[test]
fn of_several_signers_all_must_hold_and_one_must_be_the_authorised_person() {
    let pki = &world().pki;
    let sign = |other: &qadam_tests::openssl::Holder| {
        let more = other.as_signer();
        let options: Vec<&str> = more.iter().map(String::as_str).collect();
        Case::of(world().head.sign(RECORD, &options))
    };
    let clerk = pki.issue(&Profile::official("1.2.398.3.3.4.1.2.5"));
    assert_eq!(sign(&clerk).is_right().signers.len(), 2);
    sign(&pki.issue(&Profile::login()))
        .fails(&[(Step::KeyUsage, Verdict::Invalid), (Step::Policy, Verdict::Invalid)], "signer");
    // Role by one, BIN by another is neither's.
    let strange_head = pki.issue(&Profile::head().with("BIN990140999995", &format!("BIN{OTHER_BIN}")));
    let more = strange_head.as_signer();
    let options: Vec<&str> = more.iter().map(String::as_str).collect();
    let outcome = Case::of(clerk.sign(RECORD, &options)).run();
    assert_eq!(outcome.checks.verdict(), Verdict::Invalid);
}

#[test]
fn a_claimed_time_after_the_receipt_is_refused() {
    let case = Case::right().received(world().start - HOUR / 2);
    let outcome = case.run();
    let claimed = outcome.checks.0.iter().find(|check| check.step == Step::SigningTime).unwrap();
    assert_eq!(claimed.verdict, Verdict::Invalid);
    assert!(claimed.reason.contains("the signer claims"), "{}", claimed.reason);
}

#[test]
fn critical_policies_are_refused_because_the_path_checker_knows_none() {
    let critical = Profile::head().with("certificatePolicies=@policy", "certificatePolicies=critical,@policy");
    Case::by(&world().pki.issue(&critical))
        .fails(&[(Step::Chain, Verdict::Invalid), (Step::Revocation, Verdict::Indeterminate)], "critical extension");
}

#[test]
fn what_was_found_before_a_redaction_counts_only_if_a_signature_was_found() {
    let mut case = Case::right();
    case.found_before = Some(case.run().checks);
    // Credentials are out of the body by now.
    case.content = Some(b"{}".to_vec());
    case.is_right();
    for found in [Checks::default(), Checks(vec![case.found_before.clone().unwrap().0.remove(0)])] {
        case.found_before = Some(found);
        case.fails(&[(Step::Signature, Verdict::Indeterminate)], "not known");
    }
    let mut bad = Checks::default();
    bad.add(Step::Signature, Verdict::Invalid, "the signature is not that of these bytes by this key");
    case.found_before = Some(bad);
    case.is_refused(Step::Signature, "not that of these bytes");
}
