//! Archives of evidence: verified offline by ours and by openssl, at the stamped time; whatever is changed is named (invariants
//! 8 and 9, 1277-6).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::{
    Certificate, Step, Verdict,
    development::Revoked,
    manifest,
    verify::{Finding, Report, verify},
};
use qadam_tests::archives::{Sealer, cover, files, packed};

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
