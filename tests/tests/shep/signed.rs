//! Envelopes signed by both sides (WS-Security).

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use qadam_clients::Shep;
use qadam_delivery::{
    Answer, Code,
    shep::wss::{Signing, Trusted},
};
use qadam_evidence::{Certificate, Key};
use qadam_receiver::{GatewayOptions, Options};
use qadam_tests::openssl::{Pki, Profile};
use serde_json::{Value, json};

use crate::{
    gateway::{Behind, delivered, failed, receiver, settings},
    lane::Lane,
};

/// When the certificates, which `openssl` dates by its own clock, are in force.
static NOW: OnceLock<Timestamp> = OnceLock::new();

fn now() -> Timestamp {
    *NOW.get().unwrap()
}

/// An RSA key with its certificate, in two files.
fn pair(pki: &Pki, folder: &Path, name: &str) -> (String, String) {
    let holder = pki.self_signed(&Profile::head().with_key("rsa:2048"));
    let certificate = Certificate::parse(&holder.der()).unwrap();
    NOW.get_or_init(|| certificate.not_before() + SignedDuration::from_hours(1));
    let file = |what: &str, text: String| {
        let path = folder.join(format!("{name}-{what}.pem"));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    (file("key", holder.key_pem()), file("certificate", holder.pem()))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn options(ours: &str, theirs: (&str, &str)) -> GatewayOptions {
    let key = Key::from_pem(&read(theirs.0), &read(theirs.1)).unwrap();
    GatewayOptions {
        trusted: Some(Trusted(Certificate::parse_pem(&read(ours)).unwrap())),
        signing: Some(Signing::with(Arc::new(key)).unwrap()),
        ..GatewayOptions::default()
    }
}

fn wss(key: &str, certificates: &str, trusted: &str) -> Value {
    json!({"wss": {"key": key, "certificates": certificates, "trusted": trusted}})
}

#[tokio::test]
async fn both_sides_sign_and_neither_takes_what_the_other_has_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::new();
    let [ours, theirs, other] = ["host", "gateway", "other"].map(|name| pair(&pki, folder.path(), name));
    let at = Options { clock: now, ..receiver(folder.path()) };
    let behind = Behind::start(at, options(&ours.1, (&theirs.0, &theirs.1))).await;
    let client = |more| Shep::new(&settings(&behind.url, more), Arc::new(now), TimeZone::UTC).unwrap();
    let mut lane = Lane::new();
    let message = lane.message(3);

    for (wrong, code) in [
        (json!({}), Code::GatewayFault),
        (wss(&other.0, &other.1, &theirs.1), Code::GatewayFault),
        (wss(&ours.0, &ours.1, &other.1), Code::InvalidReceipt),
    ] {
        let attempted = failed(&client(wrong.clone()), &message).await;
        let failure = attempted.result.unwrap_err();
        assert_eq!(failure.code, code, "{wrong}: {failure:?}");
        if code == Code::GatewayFault {
            assert_eq!(attempted.statuses.gateway.as_deref(), Some("QADAM-SIGNATURE"), "{wrong}");
        }
    }
    let right = client(wss(&ours.0, &ours.1, &theirs.1));
    assert_eq!(delivered(&right, &message).await, vec![Answer::Accepted; 3]);
    assert_eq!(delivered(&right, &lane.message(1)).await, vec![Answer::Accepted]);
    assert_eq!(behind.effects().len(), 4);
}
