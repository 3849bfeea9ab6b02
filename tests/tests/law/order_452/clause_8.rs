//! 452-8: what is handed over about stages carries the signature of the provider's authorised person.

use qadam_tests::{
    openssl::{BIN, Profile},
    program::{Program, Setup},
    records::accepted,
    signing::SigningHost,
};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

#[test]
fn a_record_signed_by_the_authorised_person_certifies_its_events_and_one_signed_by_another_employee_is_refused() {
    let host = SigningHost::start(QADAM, "signatures = { required = true }");
    for (number, role, outcome) in [
        (1, "1.2.398.3.3.4.1.2.1", "mapped"),
        (2, "1.2.398.3.3.4.1.2.2", "mapped"),
        (3, "1.2.398.3.3.4.1.2.5", "refused"),
    ] {
        let signer = host.pki.issue(&Profile::official(role));
        let record = accepted(number);
        assert_eq!(host.send(&record, &signer.sign(record.as_bytes(), &["-cades"]))["outcome"], outcome, "{role}");
    }
    let events = host.host.all(&host.host.operator(), "/v1/events");
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event["certification"] == "certified by the provider"));
}

#[test]
fn a_key_that_the_provider_entrusted_seals_and_certifies_its_messages() {
    let pki = qadam_tests::openssl::Pki::new();
    let head = pki.issue(&Profile::head());
    let folder = tempfile::tempdir().unwrap();
    let (key, chain) = (folder.path().join("key.pem"), folder.path().join("chain.pem"));
    std::fs::write(&key, head.key_pem()).unwrap();
    std::fs::write(&chain, format!("{}{}", head.pem(), pki.authority.pem())).unwrap();
    let config = format!(
        "[seal]\nage = 'PT0.1S'\n[providers.permits]\nbin = '{BIN}'\n[providers.permits.entrusted-key]\nkey = '{}'\ncertificates = '{}'\n",
        key.display(),
        chain.display()
    );
    let host = Program::start(QADAM, Setup { config, permits: true, ..Setup::default() });
    let _ = host.submit(&[accepted(1)], &[]);
    host.until(|host| !host.get("/v1/messages")["items"].as_array().unwrap().is_empty());
    let message = host.get("/v1/messages")["items"][0].clone();
    assert_eq!((&message["certified"], &message["certification"]), (&true.into(), &"certified by the provider".into()));
    assert_eq!(host.get("/v1/events")["items"][0]["certification"], "certified by the provider");
}
