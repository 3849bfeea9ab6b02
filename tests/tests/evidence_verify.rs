//! Evidence as those see it who verify it: with openssl alone, at the command line, on paper; of records that were redacted,
//! signed, or mapped again.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    path::Path,
    process::{Command, Output},
};

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::{
    Certificate, Checks, Step, Verdict,
    archive::{self, Contents, Mapping, Relation, Sealed},
    development::Revoked,
    manifest::{self, Manifest},
    verify::{Report, verify},
};
use qadam_tests::{
    archives::{RECORD, Sealer, cover, files, packed},
    openssl::{BIN, List, Pki, Profile},
};
use serde_json::Value;

const NOW: &str = "2026-11-20T05:00:00Z";
const README: &str = include_str!("../../README.md");

/// The commands that the README tells people to type.
fn commands() -> &'static str {
    let section = README.split_once("### Checking evidence with nothing but openssl").unwrap().1;
    section.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0
}

/// Types them over an archive.
fn by_openssl(archive: &[u8], ca_pem: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("FILE.zip"), archive).unwrap();
    std::fs::write(folder.path().join("ca.pem"), ca_pem).unwrap();
    Command::new("sh").args(["-eu", "-c", commands()]).current_dir(folder.path()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn report(sealer: &Sealer, contents: &Contents) -> Report {
    verify(&sealer.archive(contents), &sealer.roots(), later())
}

fn later() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn wrong(report: &Report) -> Vec<String> {
    let named = report.checks.iter().filter(|finding| finding.check.verdict != Verdict::Valid);
    named.map(|finding| format!("{} {}", finding.what, finding.check.step)).collect()
}

#[test]
fn the_readmes_commands_verify_an_archive_even_after_its_certificates_expired() {
    for at in [NOW, "2010-03-01T00:00:00Z"] {
        let sealer = Sealer::at(at);
        let output = by_openssl(&sealer.archive(&sealer.contents()), &sealer.pki.ca_pem);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{said}{}", text(&output.stderr));
        for line in ["Verification: OK", "stamped: ", "manifest.tst: a part", ": not revoked", "_digest\":"] {
            assert!(said.contains(line) || text(&output.stderr).contains(line), "{line}: {said}");
        }
    }
}

#[test]
fn the_readmes_commands_show_when_a_certificate_was_revoked() {
    let sealer = Sealer::at(NOW);
    let certificate = Certificate::parse_pem(&sealer.pki.seal_chain_pem).unwrap()[0].der().to_vec();
    let revoked = Revoked::of(&certificate, sealer.at - SignedDuration::from_mins(1)).unwrap();
    let contents = Contents { revocation: vec![sealer.list(&[revoked])], ..sealer.contents() };
    let said = text(&by_openssl(&sealer.archive(&contents), &sealer.pki.ca_pem).stdout);
    assert!(said.contains("Revocation Date: Nov 20 04:59:00 2026 GMT"), "{said}");
}

#[test]
fn the_readmes_commands_fail_on_what_was_changed_and_on_another_authority() {
    let (sealer, stranger) = (Sealer::at(NOW), Sealer::at(NOW));
    let archive = sealer.archive(&sealer.contents());
    assert!(!by_openssl(&archive, &stranger.pki.ca_pem).status.success());
    for name in ["event.json", "salt", "manifest.json", "manifest.p7s", "manifest.sig", "manifest.tst", "record/native"]
    {
        let mut files = files(&archive);
        let changed = files.get_mut(name).unwrap();
        // Near its end lies what matters: the value of a signature, not the padding of a structure.
        let at = changed.len() - 5;
        changed[at] ^= 1;
        cover(&mut files);
        assert!(!by_openssl(&packed(&files), &sealer.pki.ca_pem).status.success(), "{name}");
    }
}

#[test]
fn the_how_to_in_the_archive_tells_the_readmes_commands() {
    let sealer = Sealer::at(NOW);
    let how_to = text(&files(&sealer.archive(&sealer.contents()))["HOW-TO.txt"]);
    let indented: String = commands()
        .lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") })
        .collect();
    assert!(how_to.contains(&indented), "copy the block of the README into how-to.txt");
}

#[test]
fn evidence_verifies_after_a_re_mapping_with_what_the_earlier_mapping_made() {
    let sealer = Sealer::at(NOW);
    let earlier = sealer.stamped(sealer.document(7, |_, _| ()), 1);
    let next = |recorded: &mut qadam_evidence::document::RecordedEvent<'_>, event: &mut qadam_domain::Event| {
        recorded.recorded_at = sealer.at - SignedDuration::from_secs(1);
        recorded.corrects = Some(qadam_domain::EventId { epoch: 1, seq: 7, index: 0 });
        event.native_status = "ACCEPTED again".to_owned();
    };
    let later = sealer.stamped(sealer.document(9, next), 2);
    let of = |sealed: &Sealed, relation, other: &Sealed| Contents {
        mappings: vec![Mapping { relation, sealed: other.clone() }],
        ..sealer.contents_of(sealed.clone())
    };
    for contents in [of(&later, Relation::Earlier, &earlier), of(&earlier, Relation::Later, &later)] {
        assert_eq!(wrong(&report(&sealer, &contents)), [""; 0]);
    }
    let contents = of(&earlier, Relation::Earlier, &later);
    assert_eq!(wrong(&report(&sealer, &contents)), ["mappings/1-earlier/event.json event"], "it was later");

    let stranger = |_: &mut qadam_evidence::document::RecordedEvent<'_>, event: &mut qadam_domain::Event| {
        event.request = "KZ-2".to_owned();
    };
    let contents = of(&later, Relation::Earlier, &sealer.stamped(sealer.document(4, stranger), 3));
    assert_eq!(wrong(&report(&sealer, &contents)), ["mappings/1-earlier/event.json event"], "it is of another request");

    let mut broken = of(&later, Relation::Earlier, &earlier);
    broken.mappings[0].sealed.salt[0] ^= 1;
    assert_eq!(wrong(&report(&sealer, &broken)), ["mappings/1-earlier/event.json event"], "its seal is not over it");
}

#[test]
fn a_record_is_proved_as_received_or_as_it_was_kept_and_otherwise_nobody_can_tell() {
    let sealer = Sealer::at(NOW);
    let kept = b"<event><case>KZ-1</case><password/></event>";
    let redacted = |kept_digest: Option<[u8; 32]>| {
        let mut contents =
            sealer.contents_of(sealer.stamped(sealer.document(7, |it, _| it.kept_digest = kept_digest), 1));
        let record = contents.record.as_mut().unwrap();
        record.bytes = Some(kept.to_vec());
        record.redactions = vec!["password".to_owned()];
        contents
    };
    let proved = report(&sealer, &redacted(Some(manifest::digest_of(kept).0)));
    assert_eq!(wrong(&proved), [""; 0], "{proved:#?}");
    let unknown = report(&sealer, &redacted(None));
    assert_eq!((unknown.verdict, wrong(&unknown)), (Verdict::Indeterminate, vec!["record/native record".to_owned()]));
    let changed = report(&sealer, &redacted(Some([3; 32])));
    assert_eq!((changed.verdict, wrong(&changed)), (Verdict::Invalid, vec!["record/native record".to_owned()]));

    let mut contents = sealer.contents();
    let record = contents.record.as_mut().unwrap();
    (record.bytes, record.absent) = (None, Some("erased".to_owned()));
    assert_eq!(report(&sealer, &contents).verdict, Verdict::Indeterminate);
    contents.record.as_mut().unwrap().digest = [3; 32];
    assert!(wrong(&report(&sealer, &contents)).contains(&"record/record.json record".to_owned()));
}

#[test]
fn a_providers_signature_over_the_record_is_verified_with_the_providers_authority() {
    let pki = Pki::new();
    let provider = pki.issue(&Profile::head());
    // The provider's certificate is in force from now on.
    let sealer = Sealer::at(&(qadam::wall_clock() + SignedDuration::from_mins(1)).to_string());
    let mut checks = Checks::default();
    checks.add(Step::Signature, Verdict::Valid, "");
    let mut contents =
        sealer.contents_of(sealer.stamped(sealer.document(7, |recorded, _| recorded.certified = true), 1));
    let record = contents.record.as_mut().unwrap();
    record.signature = Some(provider.sign(RECORD, &["-cades"]));
    record.checks = checks;
    let soon = sealer.at + SignedDuration::from_hours(3);
    for (name, list) in [("nca", pki.authority.crl(&List::at(sealer.at))), ("root", pki.root.crl(&List::at(sealer.at)))]
    {
        contents.revocation.push(archive::Revocation { name: format!("{name}.crl"), der: list });
    }
    let (mut roots, theirs) = (sealer.roots(), format!("{}{}", pki.root.pem(), pki.authority.pem()));
    let archive = sealer.archive(&contents);
    let without = verify(&archive, &roots, soon);
    assert!(wrong(&without).contains(&"record/signature.p7s chain".to_owned()), "{without:#?}");
    roots.extend(Certificate::parse_pem(&theirs).unwrap());
    let with = verify(&archive, &roots, soon);
    assert_eq!(wrong(&with), [""; 0], "{with:#?}");
    assert!(with.facts.certified);
    assert!(!text(&archive).contains(BIN) || text(&archive).contains("record/signature.p7s"));

    contents.record.as_mut().unwrap().checks = Checks::default();
    let unproved = verify(&sealer.archive(&contents), &roots, soon);
    assert_eq!(wrong(&unproved), ["record/record.json signature"], "certified, and nothing that certifies it");
}

/// Runs the program in a folder.
fn qadam(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qadam-under-test")).args(args).current_dir(folder).output().unwrap()
}

#[test]
fn the_command_names_each_step_and_its_exit_code_says_whether_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let sealer = Sealer::at(&qadam::wall_clock().to_string());
    let mut contents = sealer.contents();
    contents.revocation = vec![archive::Revocation {
        name: "now.crl".to_owned(),
        der: sealer.pki.crl(sealer.at, sealer.at + SignedDuration::from_hours(1), &[]).unwrap(),
    }];
    let archive = sealer.archive(&contents);
    put("right.zip", &archive);
    put("ca.pem", sealer.pki.ca_pem.as_bytes());
    let run = |args: &[&str]| qadam(folder.path(), args);

    let right = run(&["evidence", "verify", "right.zip", "--trust", "ca.pem", "--protocol", "p.html"]);
    let said = text(&right.stdout);
    assert_eq!(right.status.code(), Some(0), "{said}{}", text(&right.stderr));
    for word in ["signature", "timestamp", "not certified by the provider", "development", "evt_"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(said.lines().last(), Some("valid"));
    let page = std::fs::read_to_string(folder.path().join("p.html")).unwrap();
    assert!(page.contains("lang=ru") && page.contains("верно"));

    let mut changed = files(&archive);
    changed.get_mut("salt").unwrap()[0] ^= 1;
    cover(&mut changed);
    put("changed.zip", &packed(&changed));
    let refused = run(&["evidence", "verify", "changed.zip", "--trust", "ca.pem", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(json["verdict"], "invalid");
    let event = json["checks"].as_array().unwrap().iter().find(|check| check["step"] == "event").unwrap();
    assert_eq!((&event["what"], &event["verdict"]), (&"event.json".into(), &"invalid".into()));
    assert!(text(&refused.stderr).contains("changed.zip is INVALID: event of event.json"), "{}", text(&refused.stderr));

    put("garbage.zip", b"PK\x03\x04 this is no archive");
    assert_eq!(run(&["evidence", "verify", "garbage.zip", "--trust", "ca.pem"]).status.code(), Some(1));
    assert_eq!(run(&["evidence", "verify", "absent.zip", "--trust", "ca.pem"]).status.code(), Some(1));
    assert_eq!(run(&["evidence", "verify", "right.zip"]).status.code(), Some(64), "whom to trust must be said");
    assert_eq!(run(&["evidence", "verify", "right.zip", "--trust", "right.zip"]).status.code(), Some(64));
}

#[test]
fn the_command_names_the_manifest_that_is_missing_from_a_sequence() {
    let folder = tempfile::tempdir().unwrap();
    let mut previous = None;
    for number in 1..=4 {
        let manifest = Manifest {
            format: manifest::Format::V1,
            destination: "monitoring".to_owned(),
            provider: "permits".parse().unwrap(),
            number,
            previous,
            lineage: Vec::new(),
            sealed_at: NOW.parse().unwrap(),
            certified: false,
            events: Vec::new(),
        };
        previous = Some(manifest::digest_of(&manifest.to_bytes()));
        std::fs::write(folder.path().join(format!("{number}.json")), manifest.to_bytes()).unwrap();
    }
    let whole = qadam(folder.path(), &["evidence", "sequence", "1.json", "2.json", "3.json", "4.json"]);
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));
    let broken = qadam(folder.path(), &["evidence", "sequence", "1.json", "2.json", "4.json", "--json"]);
    assert_eq!(broken.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&broken.stdout).unwrap();
    assert_eq!(json["findings"][0]["number"], 3, "{json}");
    assert_eq!(qadam(folder.path(), &["evidence", "sequence"]).status.code(), Some(64));
}

#[test]
fn protocols_can_be_printed_hold_nothing_active_and_say_in_plain_sight_what_they_are_not() {
    let sealer = Sealer::at(NOW);
    let files = files(&sealer.archive(&sealer.contents()));
    for (name, words) in [
        ("protocol.kk.html", ["Қазақша мәтін бейресми", "дұрыс", "Уақыт белгісі", "куәландырмаған"]),
        ("protocol.ru.html", ["Протокол проверки", "верно", "Отметка времени", "не заверено услугодателем"]),
    ] {
        let page = text(&files[name]);
        for word in words.into_iter().chain([
            "not certified by the provider",
            "development",
            "@page{size:A4",
            "Сынақов Үлгі Үлгіұлы",
        ]) {
            assert!(page.contains(word), "{name}: {word}");
        }
        assert!(page.contains("&lt;b&gt;Рұқсат&lt;/b&gt; &amp; разрешение"), "{name}: what a record says is text");
        for active in ["<script", "<b>", "src=", "href=", "url("] {
            assert!(!page.contains(active), "{name}: {active}");
        }
        assert!(page.contains(&manifest::digest_of(RECORD).to_string()), "{name}: the record's digest");
        assert!(!page.contains("class=invalid") && !page.contains("class=indeterminate"), "{name}: {page}");
    }
}
