//! `qadam receive` over HTTP: what it answers to whom, and how it starts.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{path::Path, process::Command};

use qadam_delivery::{
    Answer, Code, Disclosed, Envelope, Parts, Receipt, Sending,
    receipt::{ReceiptTrust, SIGNATURE_HEADER},
};
use qadam_domain::{EventId, MessageId};
use qadam_evidence::{
    Certificate, Key, Manifest,
    development::Pki,
    manifest::{self, Format},
    seal,
};
use qadam_tests::{
    faults::Receiving,
    http::{self, Answer as Http},
};
use ring::rand::SystemRandom;

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const MESSAGE: &str = "application/vnd.qadam.message+json";

/// A message with two events, sealed by this PKI.
fn sending(pki: &Pki) -> Sending {
    let disclosed = |index: u16| {
        let id = EventId { epoch: 1, seq: 9, index };
        let document = format!(r#"{{"format":"qadam-event/1","id":"{id}","provider":"permits","number":"N-1"}}"#);
        Disclosed { index, id, salt: [7; 16], document: document.into() }
    };
    let events: Vec<_> = (0..2).map(disclosed).collect();
    let manifest = Manifest {
        format: Format::V1,
        destination: "monitoring".into(),
        provider: "permits".parse().unwrap(),
        number: 1,
        previous: None,
        lineage: Vec::new(),
        sealed_at: qadam::wall_clock(),
        certified: false,
        events: events.iter().map(|event| manifest::event_digest(&event.salt, &event.document)).collect(),
    };
    let bytes = manifest.to_bytes();
    let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem).unwrap();
    Sending {
        message: MessageId { epoch: 1, seq: 10 },
        destination: "monitoring".parse().unwrap(),
        provider: manifest.provider,
        number: 1,
        digest: manifest::digest_of(&bytes).0,
        signature: seal::seal(&bytes, &key, qadam::wall_clock()).unwrap().into(),
        manifest: bytes.into(),
        stamped: false,
        development: true,
        parts: Parts::Events(events),
        attempt: 1,
        round: 0,
    }
}

fn pki() -> Pki {
    Pki::generate(qadam::wall_clock(), &SystemRandom::new()).unwrap()
}

fn post(receiver: &Receiving, kind: &str, body: Vec<u8>) -> Http {
    let url = format!("http://{}/messages", receiver.address());
    http::call("POST", &url, &[("content-type", kind)], body).unwrap()
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_message_gets_a_signed_receipt_and_what_is_none_gets_a_problem() {
    let (folder, pki) = (tempfile::tempdir().unwrap(), pki());
    let sign = file(folder.path(), "sign.pem", &format!("{}{}", pki.seal_key_pem, pki.seal_chain_pem));
    let trust = file(folder.path(), "ca.pem", &pki.ca_pem);
    let args = ["--sign", &sign, "--trust", &trust, "--name", "monitoring"].map(str::to_owned).to_vec();
    let receiver = Receiving::start(QADAM, args);
    let sending = sending(&pki);
    let trust = ReceiptTrust { roots: Certificate::parse_pem(&pki.ca_pem).unwrap(), bin: None, required: true };
    for expected in [Answer::Accepted, Answer::Duplicate] {
        let answer = post(&receiver, MESSAGE, Envelope::of(&sending).to_vec());
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/vnd.qadam.receipt+json");
        let cms = data_encoding::BASE64.decode(answer.headers[SIGNATURE_HEADER].as_bytes()).unwrap();
        let receipt = Receipt::read(&answer.body, Some(&cms), &sending, &trust, qadam::wall_clock()).unwrap();
        assert_eq!((receipt.signer.as_deref(), receipt.answers), (Some("qadam"), vec![expected.clone(), expected]));
    }
    let refused = Sending { signature: "no".into(), ..sending.clone() };
    let answer = post(&receiver, MESSAGE, Envelope::of(&refused).to_vec());
    assert_eq!(answer.status, 422, "{:?}", answer.body);
    let cms = data_encoding::BASE64.decode(answer.headers[SIGNATURE_HEADER].as_bytes()).unwrap();
    let failure = Receipt::read(&answer.body, Some(&cms), &refused, &trust, qadam::wall_clock()).unwrap_err();
    assert_eq!(failure.code, Code::Refused);
    for (kind, body, status, named) in [
        ("application/json", Vec::new(), 415, "media-type"),
        (MESSAGE, b"hello".to_vec(), 400, "format"),
        (MESSAGE, vec![b' '; (64 << 20) + 1], 413, ""),
    ] {
        let answer = post(&receiver, kind, body);
        assert_eq!(answer.status, status, "{:?}", answer.body);
        assert!(String::from_utf8_lossy(&answer.body).contains(named), "{:?}", answer.body);
    }
    let status = receiver.get("/status");
    assert_eq!((&status["events"], &status["repeated"], &status["name"]), (&2.into(), &2.into(), &"monitoring".into()));
}

#[test]
fn who_is_not_trusted_is_told_so_and_may_come_again() {
    let (folder, ours, other) = (tempfile::tempdir().unwrap(), pki(), pki());
    let trust = file(folder.path(), "ca.pem", &other.ca_pem);
    let mut receiver = Receiving::start(QADAM, vec!["--trust".into(), trust.clone()]);
    let sending = sending(&ours);
    let answer = post(&receiver, MESSAGE, Envelope::of(&sending).to_vec());
    assert_eq!(answer.status, 403, "{:?}", answer.body);
    assert_eq!(answer.json()["type"], "urn:qadam:receiver:stranger");
    file(folder.path(), "ca.pem", &ours.ca_pem);
    receiver.stop();
    receiver.restart();
    assert_eq!(post(&receiver, MESSAGE, Envelope::of(&sending).to_vec()).status, 200);
}

#[test]
fn a_receiver_that_could_be_heard_by_others_or_signs_with_nothing_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    let run = |args: &[&str]| {
        let out = Command::new(QADAM).args(["receive", "--data", &data]).args(args).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, why) = run(&["--listen", "0.0.0.0:0"]);
    assert_eq!((code, why.contains("in the clear")), (Some(64), true), "{why}");
    let none = file(folder.path(), "none.pem", "nothing");
    let (code, why) = run(&["--listen", "127.0.0.1:0", "--sign", &none]);
    assert_eq!((code, why.contains("private key")), (Some(1), true), "{why}");
    let (code, why) = run(&["--listen", "127.0.0.1:0", "--trust", &none]);
    assert_eq!((code, why.contains("none.pem")), (Some(1), true), "{why}");
    let (code, why) = run(&["--listen", "127.0.0.1:0", "--key", &none]);
    assert_eq!((code, why.contains("--certificates")), (Some(64), true), "{why}");
}
