//! What an operator can say wrong.

use std::sync::Arc;

use jiff::tz::TimeZone;
use qadam_clients::{Shep, ShepSettings};
use serde_json::{Value, json};

use crate::{
    gateway::settings,
    lane::{Lane, now},
};

fn refused(url: &str, more: Value) -> String {
    Shep::new(&settings(url, more), Arc::new(now), TimeZone::UTC).unwrap_err().to_string()
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_their_name() {
    const HERE: &str = "http://127.0.0.1:9/shep";
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let pki = Lane::new().pki;
    let (key, certificates) = (file("key.pem", &pki.seal_key_pem), file("certificates.pem", &pki.seal_chain_pem));
    let nothing = file("nothing", "\n");
    for (url, more, named) in [
        ("ftp://127.0.0.1/shep", json!({}), "`url`"),
        ("http://bip.example/shep", json!({}), "`url`: bip.example is another machine"),
        (HERE, json!({"service-id": " "}), "`service-id`"),
        (HERE, json!({"sender": ""}), "`sender`"),
        (HERE, json!({"poll": "PT0S"}), "`poll`"),
        (HERE, json!({"timeout": "PT1H"}), "`timeout`"),
        (HERE, json!({"password-file": folder.path().join("absent")}), "absent: "),
        (HERE, json!({"password-file": nothing}), "nothing: it holds no token"),
        (HERE, json!({"client-key": key}), "`client-key` and `client-certificates` belong together"),
        (HERE, json!({"wss": {"key": key}}), "`wss.key` and `wss.certificates` belong together"),
        (HERE, json!({"wss": {"key": key, "certificates": certificates}}), "the gateway takes signatures of RSA keys"),
        (HERE, json!({"wss": {"trusted": nothing}}), "nothing: "),
        (HERE, json!({"receipts": {"required": true}}), "`receipts` needs `roots`"),
    ] {
        let said = refused(url, more.clone());
        assert!(said.contains(named), "{more}: {said}");
    }
    let unknown = json!({"url": HERE, "service-id": "S", "sender": "s", "pole": "PT1S"});
    assert!(serde_json::from_value::<ShepSettings>(unknown).unwrap_err().to_string().contains("`pole`"));
}

#[test]
fn paths_are_from_the_configuration_s_folder() {
    let mut settings = settings(
        "https://bip.example/shep",
        json!({"password-file": "p", "roots": "/r", "wss": {"trusted": "t"}, "receipts": {"roots": "c"}}),
    );
    settings.resolve(std::path::Path::new("/etc/qadam"));
    let paths = [settings.password_file, settings.roots, settings.wss.trusted, settings.receipts.roots];
    assert_eq!(
        paths.map(|path| path.unwrap().display().to_string()),
        ["/etc/qadam/p", "/r", "/etc/qadam/t", "/etc/qadam/c"]
    );
}
