//! Builds a real adapter, and looks at what came of it.

use std::path::{Path, PathBuf};

use qadam_guest_build::{Built, Error, Guest, Progress};
use wasmparser::{Parser, Payload};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn build(guest: &Guest) -> (Result<Built, Error>, Vec<String>) {
    let mut told = Vec::new();
    let built = guest.build(&mut |progress: Progress<'_>| told.push(progress.to_string()));
    (built, told)
}

#[test]
fn the_component_asks_for_no_more_than_the_contract_gives() {
    let (built, told) = build(&Guest::new(workspace(), "permits-xes"));
    let built = built.expect("builds");
    assert!(told.iter().any(|line| line.starts_with("building the component permits-xes")), "{told:?}");

    let bytes = std::fs::read(&built.component).expect("read");
    assert_eq!(bytes.len() as u64, built.bytes);
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.expect("valid") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.expect("valid").name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(section.into_iter().map(|export| export.expect("valid").name.name.to_owned()));
            }
            _ => {}
        }
    }
    imports.sort();
    let granted = ["qadam:adapter/config@0.1.0", "qadam:adapter/log@0.1.0", "qadam:adapter/types@0.1.0"];
    assert!(imports.iter().all(|import| granted.contains(&import.as_str())), "{imports:?}");
    assert_eq!(exports, ["qadam:adapter/mapping@0.1.0"]);
}

#[test]
fn the_component_does_not_say_where_it_was_built() {
    let built = build(&Guest::new(workspace(), "permits-xes")).0.expect("builds");
    let bytes = std::fs::read(&built.component).expect("read");
    let home = std::env::home_dir().expect("a home").join(".cargo").into_os_string().into_encoded_bytes();
    assert!(!bytes.windows(home.len()).any(|part| part == home));
}

#[test]
fn a_second_build_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let guest = Guest::new(workspace(), "permits-xes").output(folder.path().join("permits.wasm"));
    assert!(build(&guest).0.expect("builds").changed);
    assert!(!build(&guest).0.expect("builds").changed);
}

#[test]
fn an_unknown_package_is_refused_with_what_cargo_says() {
    let error = build(&Guest::new(workspace(), "no-such-adapter")).0.expect_err("refused").to_string();
    assert!(error.contains("cargo could not build no-such-adapter"), "{error}");
    assert!(error.contains("did not match any packages"), "{error}");
}
