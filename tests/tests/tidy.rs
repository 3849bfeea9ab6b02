//! The layout keeps itself: rooms import what design allows, crates inherit the lints, the README names what exists.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails may panic")]

use std::{collections::BTreeSet, path::Path};

use qadam_tests::components::workspace;

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Members of the workspace.
fn members() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let list = manifest.split_once("members = [").unwrap().1.split_once("\n]").unwrap().0.to_owned();
    list.lines().filter_map(|line| Some(line.trim().strip_prefix('"')?.split_once('"')?.0.to_owned())).collect()
}

/// The adapters that come with the project.
const PLUGINS: [&str; 3] = ["education-shep", "permits-xes", "table"];

/// Our own crates that a manifest names under `[dependencies]`.
fn rooms_imported(member: &str) -> BTreeSet<String> {
    let manifest = read(&format!("{member}/Cargo.toml"));
    let section = manifest.split_once("[dependencies]").map_or("", |(_, rest)| rest);
    let section = section.split("\n[").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| name.starts_with("qadam") || PLUGINS.contains(name) || *name == "probe-adapter")
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn each_room_imports_only_the_rooms_that_the_design_allows() {
    let allowed: &[(&str, &[&str])] = &[
        ("host/domain", &[]),
        ("host/engine", &["qadam-domain"]),
        ("host/store", &["qadam-domain"]),
        ("host/evidence", &["qadam-domain"]),
        ("host/package", &["qadam-domain"]),
        ("host/pipeline", &["qadam-domain", "qadam-engine", "qadam-evidence", "qadam-package", "qadam-store"]),
        ("host/delivery", &["qadam-domain", "qadam-evidence", "qadam-store"]),
        ("host/receiver", &["qadam-delivery", "qadam-domain", "qadam-evidence"]),
        ("host/monitor", &["qadam-domain"]),
        ("host/clients", &["qadam-delivery", "qadam-domain", "qadam-evidence"]),
        ("sdk", &[]),
        ("sdk/guest-build", &[]),
        ("plugins/education-shep", &["qadam-sdk"]),
        ("plugins/permits-xes", &["qadam-sdk"]),
        ("plugins/table", &["qadam-sdk"]),
    ];
    for (room, rooms) in allowed {
        let extra: Vec<_> = rooms_imported(room).into_iter().filter(|name| !rooms.contains(&name.as_str())).collect();
        assert!(extra.is_empty(), "{room} imports {extra:?}");
    }
    for member in members().iter().filter(|member| !member.starts_with("tests")) {
        assert!(!rooms_imported(member).contains("qadam-tests"), "{member} imports the tests");
    }
}

#[test]
fn only_the_store_knows_sled_and_only_the_engine_knows_wasmtime() {
    for member in members().iter().filter(|member| !member.starts_with("tests")) {
        let manifest = read(&format!("{member}/Cargo.toml"));
        let names = |name: &str| manifest.lines().any(|line| line.starts_with(&format!("{name}.")));
        assert_eq!(names("sled"), member == "host/store", "{member}");
        assert_eq!(names("wasmtime"), member == "host/engine", "{member}");
    }
}

#[test]
fn every_crate_inherits_the_lints_and_takes_versions_from_the_workspace() {
    for member in members() {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member} does not inherit the lints");
        let own = manifest.lines().find(|line| line.contains("version = \""));
        assert_eq!(own, None, "{member} states a version of its own");
        assert!(!manifest.contains("description = \"\""), "{member} has no description");
    }
}

#[test]
fn the_top_level_holds_what_the_design_names() {
    let tracked = std::process::Command::new("git").arg("-C").arg(workspace()).args(["ls-files"]).output();
    // A source archive without git has nothing to compare.
    let Some(listed) = tracked.ok().filter(|out| out.status.success()) else { return };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let top: BTreeSet<&str> = listed.lines().filter_map(|path| path.split('/').next()).collect();
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "rust-toolchain.toml",
        "host",
        "plugins",
        "sdk",
        "tests",
        "wit",
    ];
    let extra: Vec<_> = top.into_iter().filter(|name| !name.starts_with('.') && !allowed.contains(name)).collect();
    assert!(extra.is_empty(), "{extra:?}");
}

#[test]
fn the_readme_names_only_paths_that_exist() {
    let readme = read("README.md");
    let mut named = 0;
    for word in readme.split(|letter: char| letter.is_whitespace() || "`()|,;".contains(letter)) {
        let word = word.trim_end_matches(['.', ':']);
        let first = word.split('/').next().unwrap_or_default();
        if word.contains('/') && ["host", "plugins", "sdk", "tests", "wit", ".ci"].contains(&first) {
            named += 1;
            assert!(Path::new(&workspace().join(word)).exists(), "{word} is named and does not exist");
        }
    }
    assert!(named > 10, "only {named} paths found");
}

#[test]
fn no_file_is_more_than_one_room() {
    fn walk(folder: &Path, most: usize) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                walk(&path, most);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines <= most, "{} has {lines} lines", path.display());
            }
        }
    }
    for folder in ["host", "plugins", "sdk", "tests"] {
        walk(&workspace().join(folder), 500);
    }
}
