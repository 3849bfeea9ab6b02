//! What an adapter's author does with the program: begin one, test it in the real engine, see what is wrong and where.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use qadam_tests::{
    components::workspace,
    workshop::{Said, Workshop},
};
use serde_json::Value;

// Components share a target folder, in which cargo tells packages apart by their names: each test has an adapter of its own.
const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn ok(said: Said) -> Said {
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    said
}

fn json(said: Said) -> Value {
    serde_json::from_str(&ok(said).out).unwrap()
}

#[test]
fn a_new_adapter_passes_its_own_tests_at_once_and_builds() {
    let workshop = Workshop::open(BINARY, "at-once");
    let begun = ok(workshop.adapter(&["new", "archive"]));
    assert!(begun.err.contains("cd archive && qadam adapter test"), "{}", begun.err);
    let native = ok(workshop.cargo("archive", &["test"]));
    assert!(native.out.contains("2 passed"), "{}", native.out);
    let golden = ok(workshop.adapter(&["test", "archive"]));
    for (sample, records) in [("accepted", 1), ("history", 6), ("unknown-status", 1)] {
        let line = golden.out.lines().find(|line| line.contains(sample)).unwrap_or_default();
        assert!(line.contains("same") && line.contains(&format!("{records} record")), "{}", golden.out);
    }

    let built = json(workshop.adapter(&["build", "archive", "--json", "-o", "out/archive.wasm"]));
    assert_eq!((&built["package"], &built["contract"]), (&"archive".into(), &"qadam:adapter@0.1.0".into()));
    let component = std::fs::read(workshop.folder().join("out/archive.wasm")).unwrap();
    assert_eq!(built["bytes"], component.len());
    for place in [workshop.folder().to_owned(), workspace()] {
        let place = place.into_os_string().into_encoded_bytes();
        assert!(!component.windows(place.len()).any(|part| part == place), "it says where it was built");
    }
    let told = ok(workshop.adapter(&["build", "archive"])).out;
    assert!(told.contains(built["sha256"].as_str().unwrap()) && told.contains("qadam:adapter@0.1.0"), "{told}");
}

#[test]
fn nothing_is_overwritten_and_a_wrong_name_is_refused_with_the_reason() {
    let workshop = Workshop::open(BINARY, "refused");
    workshop.write("archive/notes.txt", "mine");
    let there = workshop.adapter(&["new", "archive"]);
    assert_eq!(there.code, 1);
    assert!(there.err.contains("is not overwritten") && there.err.contains("--dir"), "{}", there.err);
    assert_eq!(workshop.read("archive/notes.txt"), "mine");
    let odd = workshop.adapter(&["new", "Архив"]);
    assert_eq!(odd.code, 64);
    assert!(odd.err.contains("'А' is none of a to z"), "{}", odd.err);
    let nowhere = workshop.adapter(&["new", "other", "--sdk", "/no/such/sources"]);
    assert_eq!(nowhere.code, 64);
    assert!(nowhere.err.contains("--sdk /no/such/sources"), "{}", nowhere.err);
    let none = workshop.adapter(&["test", "no-such-adapter"]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("qadam adapter new"), "{}", none.err);
}

#[test]
fn an_adapter_among_the_sources_names_the_sdk_relatively() {
    let workshop = Workshop::open(BINARY, "relative");
    ok(workshop.adapter(&["new", "archive"]));
    let up = workshop.folder().strip_prefix(workspace()).map(|within| "../".repeat(within.components().count() + 1));
    // The target folder may lie elsewhere; then the path is absolute.
    let path = up.map_or_else(|_| workspace().join("sdk").display().to_string(), |up| format!("{up}sdk"));
    let manifest = workshop.read("archive/Cargo.toml");
    assert!(manifest.contains(&format!("qadam-sdk = {{ path = \"{path}\" }}")), "{manifest}");
}

#[test]
fn what_is_not_as_expected_is_shown_where_it_stands_until_it_is_accepted() {
    let workshop = Workshop::open(BINARY, "differs");
    ok(workshop.adapter(&["new", "register"]));
    workshop.edit("register/src/lib.rs", "\"done\" => Stage::Executed", "\"done\" => Stage::AwaitingIssue");
    let differs = workshop.adapter(&["test", "register"]);
    assert_eq!(differs.code, 1, "{}", differs.out);
    let line = |sign: &str, stage: &str| format!("      {sign} stage = \"{stage}\"");
    for shown in [line("-", "executed"), line("+", "awaiting-issue")] {
        assert!(differs.out.lines().any(|line| line == shown), "{}", differs.out);
    }
    assert!(differs.out.contains("history.csv.lines line 4"), "the record is named: {}", differs.out);
    assert!(differs.err.contains("1 of 3 samples") && differs.err.contains("--update"), "{}", differs.err);

    let failed = workshop.adapter(&["test", "register", "--json"]);
    assert_eq!(failed.code, 1);
    let answer: Value = serde_json::from_str(&failed.out).unwrap();
    let verdicts: Vec<_> =
        answer["samples"].as_array().unwrap().iter().map(|sample| sample["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["same", "differs", "same"]);

    ok(workshop.adapter(&["test", "register", "--update"]));
    ok(workshop.adapter(&["test", "register"]));
    let expected = workshop.read("register/golden/history.expected.toml");
    assert!(!expected.contains("\"executed\"") && expected.contains("[[record.event]]"), "{expected}");

    // A new record, of which nothing is expected yet: what the adapter says of it is shown, its place too.
    workshop.write("register/golden/cut.csv", "R-19;accepted");
    let new = workshop.adapter(&["test", "register"]);
    assert_eq!(new.code, 1);
    for shown in ["new      cut", "+ cause = \"malformed\"", "+ offset = 0", "+ there-stands = \"R-19;accepted\""] {
        assert!(new.out.contains(shown), "{shown}: {}", new.out);
    }
}

#[test]
fn a_panic_is_told_with_its_place_and_functions_and_is_never_expected() {
    let workshop = Workshop::open(BINARY, "panics");
    ok(workshop.adapter(&["new", "journal"]));
    let from = "        if request.is_empty() {";
    let to = "        if request == \"R-19\" {\n            nobody_thought_of_this(columns.len());\n        }\n        if request.is_empty() {";
    workshop.edit("journal/src/lib.rs", from, to);
    let function = "\n#[inline(never)]\nfn nobody_thought_of_this(columns: usize) {\n    assert!(columns == 0, \"not thought of\");\n}\n";
    let source = workshop.read("journal/src/lib.rs") + function;
    workshop.write("journal/src/lib.rs", &source);
    let place = source.lines().position(|line| line.contains("assert!(columns")).unwrap() + 1;
    workshop
        .write("journal/golden/week.csv.lines", "R-18;done;2026-03-02T10:00:00Z;\nR-19;done;2026-03-02T10:00:00Z;\n");
    for update in [&["test", "journal"][..], &["test", "journal", "--update"]] {
        let failed = workshop.adapter(update);
        assert_eq!(failed.code, 1);
        let fault = failed.out.lines().find(|line| line.contains("week.csv.lines line 2")).unwrap_or_default();
        assert!(fault.contains("the adapter trapped") && fault.contains("nobody_thought_of_this"), "{}", failed.out);
        assert!(!failed.out.contains("week.csv.lines line 1:"), "the good record is not blamed: {}", failed.out);
        let told = format!("the adapter logged: ERROR panicked at src/lib.rs:{place}:5: not thought of");
        assert!(failed.out.contains(&told), "{told}: {}", failed.out);
        assert!(!workshop.folder().join("journal/golden/week.expected.toml").exists());
    }
}

#[test]
fn the_plugins_of_the_project_give_what_their_golden_records_expect() {
    let workshop = Workshop::open(BINARY, "plugins");
    let mut tested = 0;
    for entry in std::fs::read_dir(workspace().join("plugins")).unwrap() {
        let plugin = entry.unwrap().path();
        if plugin.join("golden").is_dir() {
            ok(workshop.adapter(&["test", plugin.to_str().unwrap()]));
            tested += 1;
        }
    }
    assert!(tested >= 1, "permits-xes has golden records");
}
