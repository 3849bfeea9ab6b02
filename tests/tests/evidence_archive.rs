//! Archives of evidence: verified offline by ours and by openssl, at the stamped time; whatever is changed is named (invariants
//! 8 and 9, 1277-6).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::{
    Certificate, Key, Manifest, Step, Verdict,
    archive::Revocation,
    development::Revoked,
    manifest,
    verify::{Finding, Report, verify},
};
use qadam_tests::{
    archives::{Sealer, cover, files, packed},
    openssl::{List, Pki, Profile},
};

const NOW: &str = "2026-11-20T05:00:00Z";

fn later() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn judged(sealer: &Sealer, archive: &[u8]) -> Report {
    verify(archive, &sealer.roots(), later())
}

/// What does not hold, as `file step`.
fn wrong(report: &Report) -> Vec<String> {
    let named = |finding: &Finding| format!("{} {}", finding.what, finding.check.step);
    report.checks.iter().filter(|finding| finding.check.verdict != Verdict::Valid).map(named).collect()
}

fn reason(report: &Report, step: Step) -> &str {
    let of = |finding: &&Finding| finding.check.step == step && finding.check.verdict != Verdict::Valid;
    &report.checks.iter().find(of).unwrap().check.reason
}

#[test]
fn an_archive_proves_its_event_with_nothing_but_the_authoritys_certificate() {
    let sealer = Sealer::at(NOW);
    let report = judged(&sealer, &sealer.archive(&sealer.contents()));
    assert_eq!(wrong(&report), [""; 0], "{report:#?}");
    let facts = &report.facts;
    assert_eq!(facts.event.unwrap().seq, 7);
    assert_eq!(facts.stamped_at, Some(sealer.at + SignedDuration::from_secs(1)));
    assert!(facts.sealed_by.as_ref().unwrap().name.starts_with("development"), "{facts:?}");
    assert!(facts.development && !facts.certified);
    for step in [
        Step::Structure,
        Step::Event,
        Step::Manifest,
        Step::Signature,
        Step::Validity,
        Step::KeyUsage,
        Step::Chain,
        Step::Revocation,
        Step::Timestamp,
        Step::Record,
    ] {
        assert!(report.checks.iter().any(|finding| finding.check.step == step), "{step} is a step of it");
    }
}

#[test]
fn an_archive_tells_nothing_of_the_other_events_of_its_message() {
    let sealer = Sealer::at(NOW);
    let contents = sealer.contents();
    let other = sealer.document(8, |_, event| event.request = "KZ-2".to_owned());
    assert_ne!(contents.sealed.event, other);
    let archive = sealer.archive(&contents);
    assert!(!archive.windows(4).any(|window| window == b"KZ-2"));
    assert_eq!(manifest::Manifest::parse(&contents.sealed.manifest).unwrap().events.len(), 2, "both are sealed in it");
}

#[test]
fn an_archive_outlives_its_certificates() {
    let sealer = Sealer::at("2010-03-01T00:00:00Z");
    let expired = Certificate::parse_pem(&sealer.pki.seal_chain_pem).unwrap()[0].not_after();
    assert!(expired < later(), "its certificates ended at {expired}");
    let report = judged(&sealer, &sealer.archive(&sealer.contents()));
    assert_eq!(wrong(&report), [""; 0], "{report:#?}");
}

#[test]
fn without_a_time_stamp_the_time_is_the_sealers_word_and_certificates_are_judged_as_of_now() {
    let sealer = Sealer::at(NOW);
    let contents = sealer.contents_of(sealer.unstamped(sealer.document(7, |_, _| ()), 1));
    let report = judged(&sealer, &sealer.archive(&contents));
    assert_eq!((report.verdict, wrong(&report)), (Verdict::Indeterminate, vec!["manifest.p7s timestamp".to_owned()]));
    assert!(reason(&report, Step::Timestamp).contains("the sealer's word"));

    let old = Sealer::at("2010-03-01T00:00:00Z");
    let contents = old.contents_of(old.unstamped(old.document(7, |_, _| ()), 1));
    let report = judged(&old, &old.archive(&contents));
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(wrong(&report).contains(&"manifest.p7s validity".to_owned()), "{report:#?}");
}

#[test]
fn certificates_of_somebody_else_are_no_proof() {
    let (sealer, stranger) = (Sealer::at(NOW), Sealer::at(NOW));
    let report = verify(&sealer.archive(&sealer.contents()), &stranger.roots(), later());
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(wrong(&report).contains(&"manifest.p7s chain".to_owned()), "{report:#?}");
    assert_eq!(
        verify(&sealer.archive(&sealer.contents()), &[], later()).verdict,
        Verdict::Indeterminate,
        "nobody is trusted"
    );
}

#[test]
fn what_was_revoked_before_the_time_stamp_proves_nothing_and_what_was_revoked_later_does() {
    let sealer = Sealer::at(NOW);
    for (chain, what) in [(&sealer.pki.seal_chain_pem, "manifest.p7s"), (&sealer.pki.tsa_chain_pem, "manifest.tst")] {
        let certificate = Certificate::parse_pem(chain).unwrap()[0].der().to_vec();
        let mut contents = sealer.contents();
        for (minutes, verdict) in [(-30, Verdict::Invalid), (30, Verdict::Valid)] {
            let at = sealer.at + SignedDuration::from_mins(minutes);
            contents.revocation = vec![sealer.list(&[Revoked::of(&certificate, at).unwrap()])];
            let report = judged(&sealer, &sealer.archive(&contents));
            assert_eq!(report.verdict, verdict, "{what} revoked after {minutes} minutes: {report:#?}");
            assert_eq!(wrong(&report).iter().any(|wrong| *wrong == format!("{what} revocation")), minutes < 0);
        }
    }
    let mut contents = sealer.contents();
    contents.revocation.clear();
    let report = judged(&sealer, &sealer.archive(&contents));
    assert_eq!(report.verdict, Verdict::Indeterminate, "nobody says whether they were revoked");
    assert!(wrong(&report).iter().all(|wrong| wrong.ends_with("revocation")), "{report:#?}");
}

#[test]
fn what_contradicts_itself_is_named_though_all_of_it_is_signed_and_stamped() {
    let sealer = Sealer::at(NOW);
    let key = Key::from_pem(&sealer.pki.seal_key_pem, &sealer.pki.seal_chain_pem).unwrap();
    let hours = SignedDuration::from_hours;
    let sealed = |signing_time, change: fn(&mut Manifest)| {
        let event = sealer.document(7, |_, _| ());
        sealer.contents_of(sealer.stamp(sealer.sealed(event, 1, &key, signing_time, change)))
    };
    type Case = (jiff::Timestamp, fn(&mut Manifest), &'static [&'static str]);
    let cases: [Case; 5] = [
        (sealer.at, |manifest| manifest.provider = "education".parse().unwrap(), &["manifest.json manifest"]),
        (sealer.at, |manifest| manifest.certified = true, &["manifest.json manifest"]),
        (sealer.at, |manifest| manifest.sealed_at -= SignedDuration::from_secs(3), &["manifest.json manifest"]),
        (sealer.at - hours(2), |_| (), &["manifest.p7s manifest"]),
        (sealer.at + hours(2), |_| (), &["manifest.p7s manifest", "manifest.p7s signing-time"]),
    ];
    for (signing_time, change, named) in cases {
        let report = judged(&sealer, &sealer.archive(&sealed(signing_time, change)));
        assert_eq!(
            (report.verdict, wrong(&report)),
            (Verdict::Invalid, named.iter().map(|&name| name.into()).collect())
        );
    }

    let archive = sealer.archive(&sealer.contents());
    for (from, to) in [("\"development\": true", "\"development\": false"), ("evt_0000008", "evt_0000009")] {
        let mut files = files(&archive);
        let about = String::from_utf8(files["META-INF/archive.json"].clone()).unwrap();
        assert!(about.contains(from), "{about}");
        files.insert("META-INF/archive.json".to_owned(), about.replace(from, to).into_bytes());
        cover(&mut files);
        assert_eq!(wrong(&judged(&sealer, &packed(&files))), ["META-INF/archive.json structure"], "{to}");
    }
}

#[test]
fn a_key_that_is_not_for_signing_seals_nothing() {
    let (sealer, pki) = (Sealer::at(&(qadam::wall_clock() + SignedDuration::from_mins(1)).to_string()), Pki::new());
    let holder = pki.issue(&Profile::head().with("digitalSignature,nonRepudiation", "keyEncipherment"));
    let key = Key::from_pem(&holder.key_pem(), &holder.pem()).unwrap();
    let event = sealer.document(7, |_, _| ());
    let mut contents = sealer.contents_of(sealer.stamp(sealer.sealed(event, 1, &key, sealer.at, |_| ())));
    let list = |name: &str, der| Revocation { name: format!("{name}.crl"), der };
    let of = List::at(sealer.at);
    contents.revocation.extend([list("nca", pki.authority.crl(&of)), list("root", pki.root.crl(&of))]);
    let mut roots = sealer.roots();
    roots.extend(Certificate::parse_pem(&format!("{}{}", pki.root.pem(), pki.authority.pem())).unwrap());
    let report = verify(&sealer.archive(&contents), &roots, sealer.at + SignedDuration::from_hours(3));
    assert_eq!(wrong(&report), ["manifest.p7s key-usage"], "{report:#?}");
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let sealer = Sealer::at(NOW);
    for bytes in [&b""[..], b"PK", &[0; 4096], b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0"] {
        let report = judged(&sealer, bytes);
        assert_eq!((report.verdict, wrong(&report)), (Verdict::Invalid, vec!["archive structure".to_owned()]));
    }
}

#[test]
fn a_list_that_is_not_its_issuers_is_named_even_where_another_tells_enough() {
    let sealer = Sealer::at(NOW);
    let mut contents = sealer.contents();
    let mut forged = sealer.list(&[]);
    forged.name = "forged.crl".to_owned();
    *forged.der.last_mut().unwrap() ^= 1;
    contents.revocation.push(forged);
    let report = judged(&sealer, &sealer.archive(&contents));
    assert_eq!(report.verdict, Verdict::Invalid);
    assert!(wrong(&report).iter().all(|wrong| wrong == "revocation/forged.crl revocation"), "{report:#?}");
}

/// Flips bits all over a file and gives each archive that comes of it.
fn flipped(archive: &[u8], name: &str, covered: bool) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let whole = files(archive);
    let length = whole[name].len();
    // Every byte of a small file, and some hundred of a large one.
    let (name, step) = (name.to_owned(), length / 300 + 1);
    (0..length).step_by(step).map(move |at| {
        let mut files = whole.clone();
        files.get_mut(&name).unwrap()[at] ^= 1 << (at % 8);
        if covered {
            cover(&mut files);
        }
        (at, packed(&files))
    })
}

#[test]
fn a_flipped_bit_of_any_file_is_named_with_the_file() {
    let sealer = Sealer::at(NOW);
    let archive = sealer.archive(&sealer.contents());
    for name in files(&archive).keys() {
        for (at, changed) in flipped(&archive, name, false) {
            let report = judged(&sealer, &changed);
            assert_eq!(report.verdict, Verdict::Invalid, "{name} at {at}");
            let structure = format!("{name} structure");
            // What the flip did to a line of the digests may make it another file's, or none's.
            let named = wrong(&report).contains(&structure) || name == "META-INF/SHA256SUMS";
            assert!(named, "{name} at {at}: {:?}", wrong(&report));
        }
    }
}

#[test]
fn a_flipped_bit_that_somebody_covers_up_is_named_by_the_step_that_proves_it() {
    let sealer = Sealer::at(NOW);
    let archive = sealer.archive(&sealer.contents());
    for (name, steps) in [
        ("event.json", &["event.json event"][..]),
        ("salt", &["event.json event"]),
        ("manifest.json", &["manifest.json manifest", "manifest.p7s signature"]),
        ("manifest.p7s", &["manifest.p7s"]),
        ("manifest.sig", &["manifest.sig signature"]),
        ("manifest.tst", &["manifest.tst timestamp"]),
        ("record/native", &["record/native record"]),
        ("revocation/development.crl", &["revocation/development.crl revocation", "manifest.p7s revocation"]),
    ] {
        for (at, changed) in flipped(&archive, name, true) {
            let report = judged(&sealer, &changed);
            assert_ne!(report.verdict, Verdict::Valid, "{name} at {at}");
            let named = |wrong: &String| steps.iter().any(|step| wrong.starts_with(step));
            assert!(wrong(&report).iter().any(named), "{name} at {at}: {:?}", wrong(&report));
        }
    }
}
