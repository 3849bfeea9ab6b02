//! Records that come signed, from the header to the event: what is valid certifies, what is not is refused with its step where
//! the profile asks for signatures, and what cannot be told waits for what tells.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use jiff::SignedDuration;
use qadam_tests::{
    openssl::{BIN, IIN, OTHER_BIN, OTHER_IIN, Profile},
    probe::await_service,
    program::{Program, Setup},
    records::accepted,
    signing::{SigningHost, step},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const REQUIRED: &str = "signatures = { required = true }";
const STEPS: [&str; 9] =
    ["structure", "signature", "validity", "key-usage", "policy", "revocation", "chain", "role", "owner"];

fn event(host: &SigningHost, record: &Value) -> Value {
    let events = host.host.all(&host.host.operator(), "/v1/events");
    events.into_iter().find(|event| event["id"] == record["events"][0]).unwrap()
}

fn cause(record: &Value) -> (&str, &str) {
    (record["cause"]["name"].as_str().unwrap_or_default(), record["cause"]["field"].as_str().unwrap_or_default())
}

#[test]
fn a_record_signed_by_the_authorised_person_is_mapped_and_its_events_are_certified() {
    let host = SigningHost::start(QADAM, REQUIRED);
    let head = host.pki.issue(&Profile::head());
    let record = accepted(1);
    let taken = host.send(&record, &head.sign(record.as_bytes(), &["-cades"]));
    assert_eq!((&taken["outcome"], &taken["signature"]["verdict"]), (&json!("mapped"), &json!("valid")), "{taken}");
    for one in STEPS {
        assert_eq!(step(&taken, one), "valid", "{one}: {taken}");
    }
    let event = event(&host, &taken);
    assert_eq!((&event["certified"], &event["certification"]), (&json!(true), &json!("certified by the provider")));
}

#[test]
fn a_record_wrapped_in_its_signature_gives_its_adapter_what_was_signed_and_is_kept_as_it_came() {
    let host = SigningHost::start(QADAM, REQUIRED);
    let head = host.pki.issue(&Profile::head());
    let cms = head.sign(accepted(1).as_bytes(), &["-cades", "-nodetach"]);
    let taken = host.send_wrapped(&cms);
    assert_eq!((&taken["outcome"], &taken["signature"]["form"]), (&json!("mapped"), &json!("wrapped")), "{taken}");
    let revealed = host.host.call(
        &host.host.operator(),
        "POST",
        &format!("/v1/records/{}/reveal", taken["id"].as_str().unwrap()),
        &[],
        br#"{"purpose": "a test"}"#,
    );
    let kept = data_encoding::BASE64.decode(revealed.json()["body_base64"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(kept, cms);
}

#[test]
fn where_signatures_are_required_a_record_without_a_right_one_is_refused_and_the_step_is_named() {
    let host = SigningHost::start(QADAM, REQUIRED);
    let head = host.pki.issue(&Profile::head());
    assert_eq!(cause(&host.send_unsigned(&accepted(1))), ("signature", "signature"));
    let other = head.sign(accepted(2).as_bytes(), &["-cades"]);
    assert_eq!(cause(&host.send(&accepted(3), &other)), ("signature", "signature.signature"), "over other bytes");
    assert_eq!(cause(&host.send(&accepted(3), b"no CMS")), ("signature", "signature.structure"));
    let employee = host.pki.issue(&Profile::official("1.2.398.3.3.4.1.2.5"));
    let signed = employee.sign(accepted(4).as_bytes(), &["-cades"]);
    assert_eq!(cause(&host.send(&accepted(4), &signed)), ("signature", "signature.role"));
    let login = host.pki.issue(&Profile::login());
    let signed = login.sign(accepted(5).as_bytes(), &["-cades"]);
    assert_eq!(cause(&host.send(&accepted(5), &signed)), ("signature", "signature.key-usage"));
    assert!(host.host.all(&host.host.operator(), "/v1/events").is_empty());
    // Signed rightly, the same record is another one, and no resend of what was refused.
    let right = head.sign(accepted(3).as_bytes(), &["-cades"]);
    assert_eq!(host.send(&accepted(3), &right)["outcome"], "mapped");
}

#[test]
fn where_signatures_are_not_required_a_wrong_one_is_shown_and_its_events_are_not_certified() {
    let host = SigningHost::start(QADAM, "");
    let head = host.pki.issue(&Profile::head());
    let taken = host.send(&accepted(1), &head.sign(b"something else", &["-cades"]));
    assert_eq!((&taken["outcome"], &taken["signature"]["verdict"]), (&json!("mapped"), &json!("invalid")));
    assert_eq!(event(&host, &taken)["certification"], "not certified by the provider");
    let unsigned = host.send_unsigned(&accepted(2));
    assert_eq!((&unsigned["outcome"], unsigned.get("signature")), (&json!("mapped"), None));
}

#[test]
fn what_cannot_be_told_is_set_aside_and_mapped_by_itself_when_a_list_tells() {
    let host = SigningHost::with_lists(QADAM, REQUIRED, SignedDuration::from_hours(72));
    let head = host.pki.issue(&Profile::head());
    let record = accepted(1);
    let taken = host.send(&record, &head.sign(record.as_bytes(), &["-cades"]));
    assert_eq!((taken["outcome"].as_str().unwrap(), step(&taken, "revocation")), ("quarantined", "indeterminate"));
    assert_eq!(cause(&taken).0, "signature-indeterminate");
    assert_eq!(taken["signature"]["again"], true);
    host.revoke(&[]);
    let path = format!("/v1/records/{}", taken["id"].as_str().unwrap());
    host.host.until(|host| host.get(&path)["outcome"] == "mapped");
    assert_eq!(host.host.get(&path)["signature"]["verdict"], "valid");
    let acts = host.host.get("/v1/acts");
    assert!(acts["items"].as_array().unwrap().iter().any(|act| act["what"] == "recheck-signatures"), "{acts}");
}

#[test]
fn a_responder_is_asked_where_no_list_tells_and_what_waited_for_it_is_mapped_when_it_is_back() {
    let (host, responder) = SigningHost::with_responder(QADAM, REQUIRED);
    let (good, bad) = (host.pki.issue(&Profile::head()), host.pki.issue(&Profile::head()));
    let record = accepted(1);
    // Nobody answers: the record waits a while, and is set aside.
    let waited = host.send(&record, &good.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(cause(&waited).0, "signature-indeterminate", "{waited}");
    responder.knows(&good.serial, false);
    let path = format!("/v1/records/{}", waited["id"].as_str().unwrap());
    host.host.until(|host| host.get(&path)["outcome"] == "mapped");
    responder.knows(&bad.serial, true);
    let record = accepted(2);
    let refused = host.send(&record, &bad.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(cause(&refused), ("signature", "signature.revocation"), "{refused}");
}

#[test]
fn what_was_refused_for_a_wrong_setting_is_mapped_again_when_that_is_right() {
    let mut host = SigningHost::start(QADAM, REQUIRED);
    let other = host.pki.issue(&Profile::head().with_owner(BIN, OTHER_BIN));
    let record = accepted(1);
    let refused = host.send(&record, &other.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(cause(&refused), ("signature", "signature.owner"), "{refused}");
    host.host.stop();
    host.host.change_config(|config| config.replace(BIN, OTHER_BIN));
    host.host.restart();
    await_service(&host.host, "permits", "serving");
    let data = host.host.data();
    let remap = ["adapter", "remap", "--data", data.to_str().unwrap(), "--provider", "permits", "--json"];
    let plan = host.host.json(&remap)["plan"].as_str().unwrap().to_owned();
    let _ = host.host.json(&[&remap[..], &["--apply", &plan, "--why", "the number was wrong"]].concat());
    let path = format!("/v1/records/{}", refused["id"].as_str().unwrap());
    host.host.until(|host| host.get(&path)["outcome"] == "mapped");
    assert_eq!(host.host.get(&path)["signature"]["verdict"], "valid");
    assert_eq!(event(&host, &host.host.get(&path))["certified"], true);
}

#[test]
fn a_configuration_that_could_certify_nothing_is_refused_at_the_start() {
    for (config, named) in [
        ("[providers.permits]\nbin = '990140999995'\nsignatures = { required = true }\n", "trust.roots"),
        ("[trust]\ncrls = ['http://example.kz/a.crl']\n", "`trust`"),
        ("[providers.permits]\nsignatures = { required = true }\n", "`bin`"),
        ("[timestamp]\nauthorities = ['http://example.kz/']\n", "roots"),
    ] {
        let mut host = Program::start(QADAM, Setup::default());
        host.stop();
        host.set_config(config.into());
        let said = host.try_restart().unwrap_err();
        assert!(said.contains(named), "{config}: {said}");
    }
}

#[test]
fn a_revoked_certificate_signs_nothing_more() {
    let host = SigningHost::start(QADAM, REQUIRED);
    let head = host.pki.issue(&Profile::head());
    host.revoke(&[&head.serial]);
    let (mut number, mut last) = (0, Value::Null);
    // The list is read again after some seconds.
    host.host.until(|_| {
        number += 1;
        let record = accepted(number);
        last = host.send(&record, &head.sign(record.as_bytes(), &["-cades"]));
        last["outcome"] == "refused"
    });
    assert_eq!(cause(&last), ("signature", "signature.revocation"));
}

#[test]
fn credentials_are_removed_after_the_signature_was_checked_and_the_verdict_stays() {
    let rules =
        "signatures = { required = true }\nredact = [{ name = 'surname', pattern = 'surname\" value=\"([^\"]*)\"' }]";
    let host = SigningHost::start(QADAM, rules);
    let head = host.pki.issue(&Profile::head());
    for wrapped in [false, true] {
        let record = accepted(1 + usize::from(wrapped));
        let taken = if wrapped {
            host.send_wrapped(&head.sign(record.as_bytes(), &["-cades", "-nodetach"]))
        } else {
            host.send(&record, &head.sign(record.as_bytes(), &["-cades"]))
        };
        assert_eq!((&taken["outcome"], &taken["redacted"]), (&json!("mapped"), &json!(["surname"])), "{taken}");
        for one in STEPS {
            assert_eq!(step(&taken, one), "valid", "{one}: {taken}");
        }
        let signature = head.sign(b"another", &["-cades"]);
        assert_eq!(cause(&host.send(&accepted(10), &signature)), ("signature", "signature.signature"));
    }
    let journal = host.host.data().join("journal");
    let kept: Vec<u8> =
        std::fs::read_dir(journal).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let surname = "Өтебаев".as_bytes();
    assert!(!kept.windows(surname.len()).any(|bytes| bytes == surname), "nothing of it is on disk");
}

#[test]
fn a_mark_of_secrecy_is_found_inside_a_signature_too() {
    let host = SigningHost::start(QADAM, "secret = [{ name = 'mark', pattern = 'case-7' }]");
    let head = host.pki.issue(&Profile::head());
    let taken = host.send_wrapped(&head.sign(accepted(7).as_bytes(), &["-cades", "-nodetach"]));
    assert_eq!(cause(&taken).0, "secret", "{taken}");
}

/// 56-6.6, and what is right beside it.
#[test]
fn an_applicant_signs_for_no_one_else_and_an_official_may() {
    let host = SigningHost::start(QADAM, "signatures = { required = true, by = 'applicant' }");
    let own = host.pki.issue(&Profile::person());
    let other = host.pki.issue(&Profile::person().with_owner(IIN, OTHER_IIN));
    let official = host.pki.issue(&Profile::official("1.2.398.3.3.4.1.2.5").with_owner(IIN, OTHER_IIN));
    let record = accepted(1);
    let refused = host.send(&record, &other.sign(record.as_bytes(), &["-cades"]));
    assert_eq!(cause(&refused), ("signature", "signature.owner"), "{refused}");
    assert!(!refused.to_string().contains(IIN) && !refused.to_string().contains(OTHER_IIN), "numbers are not told");
    for (number, signer) in [(2, &own), (3, &official)] {
        let record = accepted(number);
        let taken = host.send(&record, &signer.sign(record.as_bytes(), &["-cades"]));
        assert_eq!((taken["outcome"].as_str().unwrap(), step(&taken, "owner")), ("mapped", "valid"), "{taken}");
    }
    let events = host.host.all(&host.host.operator(), "/v1/events");
    assert!(events.iter().all(|event| event["certified"] == false), "an applicant certifies nothing for the provider");
}

#[test]
fn a_signature_that_is_none_or_too_long_is_the_senders_mistake_and_nothing_is_received() {
    let host = SigningHost::start(QADAM, "");
    let key = host.host.operator();
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        host.host.call(&key, "POST", "/v1/providers/permits/records", headers, body)
    };
    let wrong = post(&[("qadam-signature", "no base64!")], accepted(1).as_bytes());
    assert_eq!((wrong.status, wrong.json()["type"].as_str().unwrap()), (400, "urn:qadam:problem:signature"));
    let batch = [("qadam-signature", "AAAA"), ("content-type", "application/vnd.qadam.lines; of=application/xml")];
    assert_eq!(post(&batch, accepted(1).as_bytes()).status, 400);
    assert!(host.host.all(&key, "/v1/providers/permits/records").is_empty());
}
