use proptest::prelude::*;
use qadam_domain::{Allowance, Limit};

use super::*;
use crate::FORMAT;

pub(crate) fn manifest() -> Manifest {
    Manifest {
        format: FORMAT.into(),
        name: "archive".into(),
        version: "0.1.0".into(),
        contract: "qadam:adapter@0.1.0".into(),
        providers: vec!["archive".parse().unwrap()],
        limits: Allowance::default().with(Limit::BatchMs, 500),
        records_per_second: 50,
        licence: "Apache-2.0".into(),
        contact: "the archive's computing office".into(),
        made_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        files: Vec::new(),
    }
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate().unwrap().0
}

pub(crate) fn package(manifest: Manifest, key: &SigningKey) -> Vec<u8> {
    let golden = [("accepted.csv", "1;2"), ("settings.toml", "")].map(|(name, text)| (name.into(), text.into()));
    let sbom = sbom::alone("archive", "0.1.0").unwrap();
    let contents = Contents { component: b"\0asm", sbom: &sbom, golden: &golden.into_iter().collect() };
    pack(manifest, contents, key).unwrap()
}

/// The files of a package changed, and packed again without signing anew.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let files = container::read(bytes).unwrap();
    let mut files: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|(name, bytes)| (name.into(), bytes.into())).collect();
    change(&mut files);
    container::write(&files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>()).unwrap()
}

#[test]
fn what_is_packed_is_opened_with_all_that_was_put_in() {
    let key = key();
    let bytes = package(manifest(), &key);
    let opened = Package::open(&bytes).unwrap();
    assert!(is_package(&bytes));
    assert_eq!((opened.signer(), opened.component()), (&key.public(), &b"\0asm"[..]));
    assert_eq!(opened.golden().keys().collect::<Vec<_>>(), ["accepted.csv", "settings.toml"]);
    assert_eq!(opened.manifest(), &Manifest { files: opened.manifest().files.clone(), ..manifest() });
    assert_eq!(bytes, package(manifest(), &key), "the same again is the same file");
}

#[test]
fn a_file_that_is_missing_added_doubled_swapped_or_changed_is_named() {
    let bytes = package(manifest(), &key());
    let open =
        |change: fn(&mut Vec<(String, Vec<u8>)>)| Package::open(&changed(&bytes, change)).unwrap_err().to_string();
    for (change, said) in [
        ((|files| drop(files.remove(0))) as fn(&mut Vec<(String, Vec<u8>)>), "no `manifest.json`"),
        (|files| drop(files.remove(1)), "no `signature`: it is not signed"),
        (|files| drop(files.remove(2)), "no `component.wasm`"),
        (|files| drop(files.remove(3)), "no `golden/accepted.csv`"),
        (|files| drop(files.pop()), "no `sbom.json`"),
        (|files| files.push(("extra".into(), vec![])), "`extra`, which does not belong"),
        (|files| files.push(("golden/x.csv".into(), vec![])), "`golden/x.csv`, which does not belong"),
        (|files| files.swap(2, 3), "`golden/accepted.csv` is at the wrong place"),
        (|files| files.swap(0, 1), "`signature` is at the wrong place"),
        (|files| files.push(files[2].clone()), "`component.wasm` twice"),
        (|files| files[2].1 = b"\0bsm".to_vec(), "`component.wasm` is not what the manifest says: its SHA-256"),
        (|files| files[2].1.push(0), "`component.wasm` is not what the manifest says: its size"),
        (|files| files[0].1.push(b'\n'), "not the signature of the key"),
        (|files| files[1].1 = b"ed25519 00 00\n".to_vec(), "expected `ed25519"),
        (|files| files[1].1.make_ascii_uppercase(), "expected `ed25519"),
    ] {
        let error = open(change);
        assert!(error.contains(said), "{error} says {said}");
    }
}

#[test]
fn a_signature_of_another_key_over_the_manifest_names_that_key_and_no_other() {
    let (one, other) = (key(), key());
    let bytes = package(manifest(), &one);
    let resigned = changed(&bytes, |files| {
        files[1].1 = signature(&other.public(), &other.sign(&files[0].1)).into_bytes();
    });
    assert_eq!(Package::open(&resigned).unwrap().signer(), &other.public());
    let pretended = changed(&bytes, |files| {
        files[1].1 = signature(&one.public(), &other.sign(&files[0].1)).into_bytes();
    });
    assert_eq!(Package::open(&pretended).unwrap_err().name(), "package-signature");
}

#[test]
fn a_manifest_that_says_what_cannot_be_is_refused_when_it_is_packed_and_when_it_is_opened() {
    let sbom = sbom::alone("archive", "0.1.0").unwrap();
    let golden = BTreeMap::new();
    for (change, said) in [
        ((|m| m.name = String::new()) as fn(&mut Manifest), "`name`"),
        (|m| m.contact = "two\nlines".into(), "`contact`"),
        (|m| m.providers.clear(), "`providers`"),
        (|m| m.providers.push(m.providers[0].clone()), "`providers`"),
        (|m| m.records_per_second = 0, "1 to 1000000"),
        (|m| m.format = "qadam-package/2".into(), "qadam-package/2"),
    ] {
        let mut manifest = manifest();
        change(&mut manifest);
        let read = Manifest::read(&serde_json::to_vec(&manifest).unwrap()).unwrap_err().to_string();
        let contents = Contents { component: b"\0asm", sbom: &sbom, golden: &golden };
        let packed = pack(manifest, contents, &key()).unwrap_err().to_string();
        assert!(read.contains(said) && packed == read, "{read} says {said}");
    }
    let unknown = br#"{"format":"qadam-package/1","network":true}"#;
    assert!(Manifest::read(unknown).unwrap_err().to_string().contains("network"));
    let contents = Contents { component: b"", sbom: &sbom, golden: &golden };
    assert!(pack(manifest(), contents, &key()).unwrap_err().to_string().contains("no `component.wasm`"));
    let contents = Contents { component: b"\0asm", sbom: b"{}", golden: &golden };
    assert_eq!(pack(manifest(), contents, &key()).unwrap_err().name(), "package-sbom");
}

#[test]
fn every_flipped_bit_of_a_package_is_refused() {
    let bytes = package(manifest(), &key());
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1 << (at % 8);
        assert!(Package::open(&other).is_err(), "byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_package_with_any_stretch_replaced_is_refused(at: prop::sample::Index, many in 1usize..40, with: Vec<u8>) {
        let bytes = package(manifest(), &key());
        let at = at.index(bytes.len());
        let end = (at + many).min(bytes.len());
        let other = [&bytes[..at], &with, &bytes[end..]].concat();
        prop_assume!(other != bytes);
        prop_assert!(Package::open(&other).is_err());
    }
}
