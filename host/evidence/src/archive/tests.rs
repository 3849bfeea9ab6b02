use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair};

use super::{container::pack, names::*, *};
use crate::{
    keys::Key,
    manifest::{self, Manifest},
    verdict::{Checks, Step, Verdict},
};

const EVENT_JSON: &str = concat!(
    r#"{"format":"qadam-event/1","id":"evt_0000008000000000003g000","provider":"permits","number":"KZ-1","#,
    r#""record":"rec_00000080000000000030","record_digest":"00","received_at":"2026-08-28T05:00:01Z","#,
    r#""recorded_at":"2026-08-28T05:00:02Z","certified":false,"adapter":{"name":"a","version":"1","contract":"c","#,
    r#""component":"0","configuration":"1"},"kind":"update","occurred_at":{"instant":"2026-08-28T05:00:00Z","#,
    r#""local":"","literal":""},"native_status":"S","fields":{}}"#
);

fn sealed() -> Sealed {
    let pair = KeyPair::generate().unwrap();
    let chain = CertificateParams::default().self_signed(&pair).unwrap().pem();
    let key = Key::from_pem(&pair.serialize_pem(), &chain).unwrap();
    let (event, salt) = (EVENT_JSON.as_bytes().to_vec(), [7; 16]);
    let made = Manifest {
        format: manifest::Format::V1,
        destination: "monitoring".to_owned(),
        provider: "permits".parse().unwrap(),
        number: 1,
        previous: None,
        lineage: Vec::new(),
        sealed_at: "2026-08-28T05:01:00Z".parse().unwrap(),
        certified: false,
        events: vec![manifest::event_digest(&salt, &event)],
    };
    let manifest = made.to_bytes();
    let signature = crate::seal::seal(&manifest, &key, made.sealed_at).unwrap();
    Sealed { event, salt, manifest, signature }
}

fn contents() -> Contents {
    let mut checks = Checks::default();
    checks.add(Step::Signature, Verdict::Valid, "");
    Contents {
        sealed: sealed(),
        revocation: vec![Revocation { name: "ca-1.crl".to_owned(), der: vec![0x30, 0] }],
        record: Some(Record {
            bytes: Some(b"<record/>".to_vec()),
            absent: None,
            media_type: "application/xml".to_owned(),
            digest: [9; 32],
            size: 9,
            redactions: vec!["password".to_owned()],
            signature: Some(vec![0x30, 0]),
            checks,
        }),
        mappings: (0..11)
            .map(|n| Mapping {
                relation: if n < 10 { Relation::Earlier } else { Relation::Later },
                sealed: Sealed { salt: [n; 16], ..sealed() },
            })
            .collect(),
        development: true,
        exported_at: "2026-09-01T00:00:00Z".parse().unwrap(),
    }
}

/// One entry of a ZIP file, as its headers tell it.
struct Entry<'a> {
    name: &'a str,
    bytes: &'a [u8],
    method: u16,
    flags: u16,
    claimed: u32,
}

impl<'a> Entry<'a> {
    fn stored(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, bytes, method: 0, flags: 0, claimed: bytes.len() as u32 }
    }
}

/// A ZIP file of entries, whatever they say.
fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let mut header = vec![20, 0];
        header.extend(entry.flags.to_le_bytes());
        header.extend(entry.method.to_le_bytes());
        header.extend([0, 0, 0x21, 0]);
        header.extend(crc(entry.bytes).to_le_bytes());
        let packed = if entry.method == 0 { entry.claimed } else { entry.bytes.len() as u32 };
        header.extend(packed.to_le_bytes());
        header.extend(entry.claimed.to_le_bytes());
        header.extend((entry.name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(entry.name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(&header);
        file.extend(entry.name.as_bytes());
        file.extend(entry.bytes);
    }
    let start = file.len() as u32;
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    let count = entries.len() as u16;
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend((directory.len() as u32).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |mut crc: u32, byte| {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()));
        crc
    })
}

fn mimetype() -> Entry<'static> {
    Entry::stored(MIMETYPE, MEDIA_TYPE.as_bytes())
}

fn why(archive: &[u8]) -> String {
    read(archive).unwrap_err().to_string()
}

#[test]
fn contents_come_back_as_they_were_written_and_always_in_the_same_bytes() {
    let contents = contents();
    let written = write(&contents).unwrap();
    assert_eq!(read(&written).unwrap(), contents);
    assert_eq!(write(&contents).unwrap(), written);
}

#[test]
fn the_media_type_comes_first_and_stored_as_in_asic() {
    let written = write(&contents()).unwrap();
    assert_eq!(&written[30..38], b"mimetype");
    assert!(written[38..].starts_with(MEDIA_TYPE.as_bytes()), "at offset 38, without extra fields");
}

#[test]
fn files_that_changed_are_missing_or_were_added_are_named() {
    let files = open(&write(&contents()).unwrap()).unwrap();
    for name in files.0.keys().filter(|name| ![MIMETYPE, SUMS].contains(&name.as_str())) {
        let mut changed = files.clone();
        changed.0.get_mut(name).unwrap().push(b' ');
        assert!(why(&pack(&changed).unwrap()).contains(name.as_str()), "changed {name}");
        let mut missing = files.clone();
        missing.0.remove(name);
        let why = why(&pack(&missing).unwrap());
        assert!(why.contains(name.as_str()) && why.contains("missing"), "missing {name}: {why}");
    }
    let mut added = files;
    added.0.insert("revocation/other.crl".to_owned(), vec![1]);
    assert!(why(&pack(&added).unwrap()).contains("`revocation/other.crl`"));
    added.0.insert("evil.exe".to_owned(), vec![1]);
    assert!(pack(&added).unwrap_err().to_string().contains("`evil.exe` does not belong"));
}

#[test]
fn a_file_that_would_have_to_be_expanded_or_decrypted_is_refused() {
    let bomb = Entry { method: 8, claimed: u32::MAX - 1, ..Entry::stored(EVENT, b"\x03\x00") };
    assert!(why(&zip(&[mimetype(), bomb])).contains("`event.json` is compressed"));
    let secret = Entry { flags: 1, ..Entry::stored(EVENT, b"{}") };
    assert!(why(&zip(&[mimetype(), secret])).contains("`event.json` is encrypted"));
}

#[test]
fn a_size_that_is_only_claimed_is_refused_and_nothing_allocated_for_it() {
    let huge = Entry { claimed: 0xffff_fff0, ..Entry::stored(EVENT, b"{}") };
    let why = why(&zip(&[mimetype(), huge]));
    assert!(why.contains("no archive of evidence") || why.contains("limit"), "{why}");
}

#[test]
fn names_that_come_twice_or_belong_nowhere_are_refused() {
    let twice = [mimetype(), Entry::stored(EVENT, b"{}"), Entry::stored(EVENT, b"[]")];
    assert!(why(&zip(&twice)).contains("duplicate"));
    for name in [
        "../event.json",
        "/etc/passwd",
        "revocation/../x.crl",
        "mappings/01-earlier/salt",
        "mappings/1-other/salt",
        "salt\0",
    ] {
        assert!(why(&zip(&[mimetype(), Entry::stored(name, b"")])).contains("does not belong"), "{name}");
    }
    let many: Vec<_> = (0..600).map(|n| format!("revocation/{n}.crl")).collect();
    let entries: Vec<_> = [mimetype()].into_iter().chain(many.iter().map(|name| Entry::stored(name, b""))).collect();
    assert!(why(&zip(&entries)).contains("601 files, the limit is 512"));
}

#[test]
fn bytes_before_between_or_behind_the_files_are_refused() {
    let archive = write(&contents()).unwrap();
    why(&[b"#!/bin/sh\n", archive.as_slice()].concat());
    why(&[archive.as_slice(), b"more"].concat());
    why(b"PK\x05\x06");
    why(&[]);
    assert!(why(&zip(&[Entry::stored(EVENT, b"{}"), mimetype()])).contains("mimetype"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn a_flipped_bit_is_refused_or_lies_where_nothing_is_said(at in any::<prop::sample::Index>(), bit in 0..8) {
        let contents = contents();
        let mut archive = write(&contents).unwrap();
        let at = at.index(archive.len());
        archive[at] ^= 1_u8 << bit;
        if let Ok(read) = read(&archive) {
            prop_assert_eq!(read, contents);
        }
    }
}
