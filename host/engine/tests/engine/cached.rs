//! Compiled code in the cache maps the same, and only what this host wrote is run.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use qadam_engine::{Engine, EngineConfig};

use crate::guests::{count, counting, limits, record};

struct Fixture {
    folder: tempfile::TempDir,
    component: Vec<u8>,
}

impl Fixture {
    fn new() -> Self {
        let component = counting("(call $count (local.get $len) (i32.const 41))").component();
        Self { folder: tempfile::tempdir().unwrap(), component }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("compiled")
    }

    /// Loads in a new engine, as after a restart, and maps.
    fn answer(&self) -> u64 {
        let engine = Engine::new(EngineConfig { cache_dir: Some(self.cache()), ..EngineConfig::default() }).unwrap();
        let adapter = engine.load(&self.component, BTreeMap::new(), limits()).unwrap();
        count(&adapter.map(&[record(b"x")]).unwrap())
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "code")).collect()
    }
}

#[test]
fn compiled_code_from_the_cache_maps_the_same() {
    let fixture = Fixture::new();
    assert_eq!(fixture.answer(), 42);
    let [file] = &fixture.files()[..] else { panic!("one file") };
    let written = fs::metadata(file).unwrap().modified().unwrap();
    assert_eq!(fixture.answer(), 42);
    assert_eq!(fs::metadata(file).unwrap().modified().unwrap(), written, "it was not compiled again");
}

#[test]
fn the_cache_is_for_its_owner_alone() {
    let fixture = Fixture::new();
    fixture.answer();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(fixture.cache()), 0o700);
    assert_eq!(mode(fixture.cache().join("key")), 0o600);
    assert_eq!(mode(fixture.files().remove(0)), 0o600);
}

#[test]
fn a_tampered_file_is_compiled_anew_and_never_run() {
    let fixture = Fixture::new();
    fixture.answer();
    let file = fixture.files().remove(0);
    let whole = fs::read(&file).unwrap();
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bad in [vec![], whole[..10].to_vec(), whole[..whole.len() - 1].to_vec(), changed(0), changed(whole.len() / 2)] {
        fs::write(&file, &bad).unwrap();
        assert_eq!(fixture.answer(), 42);
        let again = fs::read(&file).unwrap();
        assert_ne!(again, bad, "the bad file was replaced");
        assert!(again.len() > 1000);
    }
}

#[test]
fn a_file_of_another_host_is_not_run() {
    let (ours, theirs) = (Fixture::new(), Fixture::new());
    ours.answer();
    theirs.answer();
    let (file, foreign) = (ours.files().remove(0), fs::read(theirs.files().remove(0)).unwrap());
    fs::write(&file, &foreign).unwrap();
    assert_eq!(ours.answer(), 42);
    assert_ne!(fs::read(&file).unwrap(), foreign);
}

#[test]
fn a_cache_that_cannot_be_used_is_done_without() {
    let fixture = Fixture::new();
    fs::write(fixture.cache(), b"a file where the folder should be").unwrap();
    assert_eq!(fixture.answer(), 42);
}

#[test]
fn adapters_of_one_component_share_its_compiled_code_as_long_as_one_is_loaded() {
    let fixture = Fixture::new();
    let engine = Engine::new(EngineConfig { cache_dir: Some(fixture.cache()), ..EngineConfig::default() }).unwrap();
    let load = |settings: &[(&str, &str)]| {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        engine.load(&fixture.component, settings, limits()).unwrap()
    };
    let first = load(&[]);
    // Whoever compiles keeps what came of it in the cache: here nobody does.
    fs::remove_file(&fixture.files()[0]).unwrap();
    let second = load(&[("service", "other")]);
    assert_eq!(fixture.files(), Vec::<PathBuf>::new());
    assert_ne!(first.settings_digest(), second.settings_digest());
    for adapter in [&first, &second] {
        assert_eq!(count(&adapter.map(&[record(b"x")]).unwrap()), 42);
    }
    drop((first, second));
    load(&[]);
    assert_eq!(fixture.files().len(), 1, "held by nobody, it is let go");
}
