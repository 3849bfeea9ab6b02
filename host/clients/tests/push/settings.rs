use std::{path::Path, sync::Arc};

use qadam_clients::{Push, PushError, PushSettings};

use crate::now;

fn wrong(text: &str) -> String {
    let settings: PushSettings = match toml::from_str(text) {
        Ok(settings) => settings,
        Err(error) => return error.to_string(),
    };
    Push::new(&settings, Arc::new(now)).unwrap_err().to_string()
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    for (text, named) in [
        ("url = 'ftp://127.0.0.1/'", "http://HOST"),
        ("url = 'http://example.kz/messages'", "another machine"),
        ("url = 'https://example.kz/'\nroots = '/nowhere.pem'", "/nowhere.pem"),
        ("url = 'https://example.kz/'\nclient-key = 'key.pem'", "belong together"),
        ("url = 'http://127.0.0.1/'\nroots = 'ca.pem'", "are for https"),
        ("url = 'http://127.0.0.1/'\nbearer-file = '/nowhere'", "/nowhere"),
        ("url = 'http://127.0.0.1/'\ntimeout = 'PT0S'", "`timeout`"),
        ("url = 'http://127.0.0.1/'\nreceipts = { required = true }", "needs `roots`"),
        ("url = 'http://127.0.0.1/'\nreceipts = { root = 'x' }", "unknown field"),
        ("url = 'http://127.0.0.1/'\nfollow = true", "unknown field"),
    ] {
        let error = wrong(text);
        assert!(error.contains(named), "{text}: {error}");
    }
}

#[test]
fn paths_are_from_the_configurations_folder() {
    let text =
        "url = 'https://example.kz/'\nroots = 'ca.pem'\nbearer-file = '/run/token'\nreceipts = { roots = 'r.pem' }";
    let mut settings: PushSettings = toml::from_str(text).unwrap();
    settings.resolve(Path::new("/etc/qadam"));
    assert_eq!(settings.roots.as_deref(), Some(Path::new("/etc/qadam/ca.pem")));
    assert_eq!(settings.bearer_file.as_deref(), Some(Path::new("/run/token")));
    assert_eq!(settings.receipts.roots.as_deref(), Some(Path::new("/etc/qadam/r.pem")));
    let error = Push::new(&settings, Arc::new(now)).unwrap_err();
    assert!(matches!(error, PushError::File { .. }), "{error}");
}
