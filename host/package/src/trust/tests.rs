use super::*;
use crate::{
    key::SigningKey,
    package::tests::{key, manifest, package},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn signed(key: &SigningKey) -> Package {
    Package::open(&package(manifest(), key)).unwrap()
}

fn store(key: &SigningKey, more: &str) -> TrustStore {
    TrustStore::read(&format!("[maker]\npublic = '{}'\nproviders = ['archive']\n{more}", key.public())).unwrap()
}

fn archive() -> ProviderId {
    "archive".parse().unwrap()
}

#[test]
fn a_package_of_a_trusted_key_is_admitted_for_its_provider_and_for_no_other() {
    let key = key();
    let (package, store) = (signed(&key), store(&key, ""));
    let admitted = store.admit(&package, &archive(), at("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!((admitted.key(), admitted.id(), admitted.provider()), ("maker", key.public().id().as_str(), &archive()));
    let permits: ProviderId = "permits".parse().unwrap();
    let error = store.admit(&package, &permits, at("2026-01-01T00:00:00Z")).unwrap_err();
    assert_eq!(error.name(), "package-key-provider");
    let all = format!("[maker]\npublic = '{}'\nproviders = ['*']", key.public());
    let error = TrustStore::read(&all).unwrap().admit(&package, &permits, at("2026-01-01T00:00:00Z")).unwrap_err();
    assert!(error.to_string().contains("made for `archive`, not for `permits`"), "{error}");
}

#[test]
fn a_foreign_key_is_refused_and_named() {
    let (one, other) = (key(), key());
    let error = store(&one, "").admit(&signed(&other), &archive(), at("2026-01-01T00:00:00Z")).unwrap_err();
    assert_eq!(error, Distrust::Foreign { id: other.public().id() });
    assert_eq!(
        TrustStore::default().admit(&signed(&one), &archive(), Timestamp::UNIX_EPOCH).unwrap_err().name(),
        "package-foreign"
    );
}

#[test]
fn keys_are_rotated_with_both_good_for_a_while_and_what_was_taken_goes_on() {
    let (old, new) = (key(), key());
    let text = format!(
        "[a]\npublic = '{}'\nproviders = ['archive']\nuntil = 2026-03-01T00:00:00Z\n\
         [b]\npublic = '{}'\nproviders = ['archive']\nfrom = '2026-02-01T00:00:00Z'",
        old.public(),
        new.public()
    );
    let store = TrustStore::read(&text).unwrap();
    let takes = |key: &SigningKey, when: &str| store.admit(&signed(key), &archive(), at(when)).is_ok();
    assert!(takes(&old, "2026-02-15T00:00:00Z") && takes(&new, "2026-02-15T00:00:00Z"));
    assert!(takes(&old, "2026-01-01T00:00:00Z") && !takes(&new, "2026-01-01T00:00:00Z"));
    assert!(!takes(&old, "2026-03-01T00:00:00Z") && takes(&new, "2026-03-01T00:00:00Z"));
    let error = store.admit(&signed(&old), &archive(), at("2026-03-01T00:00:00Z")).unwrap_err();
    assert!(error.to_string().contains("until 2026-03-01T00:00:00Z"), "{error}");
    assert!(store.readmit(&signed(&old), &archive(), at("2027-01-01T00:00:00Z")).is_ok());
}

#[test]
fn a_revoked_key_is_refused_since_then_for_new_and_old_packages_with_the_reason() {
    let key = key();
    let store = store(&key, "revoked = { since = 2026-06-01T00:00:00Z, why = 'the laptop was stolen' }");
    let package = signed(&key);
    assert!(store.admit(&package, &archive(), at("2026-05-31T23:59:59Z")).is_ok());
    for error in [
        store.admit(&package, &archive(), at("2026-06-01T00:00:00Z")).unwrap_err(),
        store.readmit(&package, &archive(), at("2026-06-01T00:00:00Z")).unwrap_err(),
        store.holds(&key.public(), &archive(), at("2026-06-01T00:00:00Z")).unwrap_err(),
    ] {
        assert_eq!(error.name(), "package-revoked");
        assert!(error.to_string().contains("the laptop was stolen"), "{error}");
    }
}

#[test]
fn a_store_that_could_be_misread_is_refused_whole() {
    let (one, other) = (key().public(), key().public());
    for (text, said) in [
        (format!("[a]\npublic = '{one}'\nproviders = ['x']\nuntill = 1"), "untill"),
        (format!("[a]\npublic = '{one}'\nproviders = []"), "names none"),
        (format!("[a]\npublic = '{one}'\nproviders = ['X Y']"), "X Y"),
        (format!("[a]\npublic = '{one}'"), "providers"),
        ("[a]\npublic = 'ed25519:'\nproviders = ['x']".into(), "ed25519"),
        (format!("[a]\npublic = '{one}'\nproviders = ['x']\n[b]\npublic = '{one}'\nproviders = ['y']"), "`a` and `b`"),
        (
            format!(
                "[a]\npublic = '{one}'\nproviders = ['x']\nfrom = 2026-01-01T00:00:00Z\nuntil = 2026-01-01T00:00:00Z"
            ),
            "`until` is not after",
        ),
        (format!("[a]\npublic = '{one}'\nproviders = ['x']\nuntil = 2026-01-01"), "no instant"),
        (
            format!(
                "[a]\npublic = '{one}'\nproviders = ['x']\nrevoked = {{ since = 2026-01-01T00:00:00Z, why = ' ' }}"
            ),
            "needs a reason",
        ),
        (format!("[a]\npublic = '{other}'\nproviders = ['x']\nrevoked = true"), "revoked"),
    ] {
        let error = TrustStore::read(&text).unwrap_err().to_string();
        assert!(error.contains(said), "{error} says {said}");
    }
    assert_eq!(TrustStore::read("").unwrap(), TrustStore::default());
}
