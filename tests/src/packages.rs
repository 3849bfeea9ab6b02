//! Packages for the tests: made, signed and trusted as makers and operators do, but in a moment.

use std::collections::BTreeMap;

use qadam_domain::Allowance;
use qadam_engine::{Engine, EngineConfig, Limits};
use qadam_package::{Contents, FORMAT, Manifest, SigningKey, container, golden, pack, sbom};

use crate::program::Program;

/// A maker of adapters, with a key.
#[derive(Debug)]
pub struct Maker(SigningKey);

impl Maker {
    /// One with a new key.
    #[must_use]
    pub fn new() -> Self {
        Self(SigningKey::generate().unwrap().0)
    }

    /// The key's public half.
    #[must_use]
    pub fn public(&self) -> String {
        self.0.public().to_string()
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.public().id()
    }

    /// What a trust store says of the key.
    #[must_use]
    pub fn trusted(&self, name: &str, providers: &str, more: &str) -> String {
        format!("[{name}]\npublic = '{}'\nproviders = [{providers}]\n{more}\n", self.public())
    }

    /// A package of a component for providers, whose manifest may be changed before it is signed. Each record of `lines` is golden,
    /// and what the component makes of it now is what is expected.
    #[must_use]
    pub fn packed(&self, component: &[u8], lines: &[&str], change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
        let engine = Engine::new(EngineConfig { instances: 1, ..EngineConfig::default() }).unwrap();
        let adapter = engine.load(component, BTreeMap::new(), Limits::default()).unwrap();
        let mut files = golden::Files::new();
        if !lines.is_empty() {
            files.insert("sample.txt.lines".to_owned(), lines.join("\n").into_bytes());
            let sample = golden::samples(&files).unwrap().remove(0);
            let expected = golden::expected(&sample, &qadam_pipeline::trial::map(&adapter, &sample.records)).unwrap();
            files.insert(sample.expected, expected.into_bytes());
        }
        let described = adapter.description();
        let mut manifest = Manifest {
            format: FORMAT.into(),
            name: described.name.clone(),
            version: described.version.clone(),
            contract: adapter.contract().into(),
            providers: vec!["probe".parse().unwrap()],
            limits: Allowance::default(),
            records_per_second: 20,
            licence: "Apache-2.0".into(),
            contact: "the computing office".into(),
            made_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            files: Vec::new(),
        };
        change(&mut manifest);
        let sbom = sbom::alone(&described.name, &described.version).unwrap();
        pack(manifest, Contents { component, sbom: &sbom, golden: &files }, &self.0).unwrap()
    }
}

impl Default for Maker {
    fn default() -> Self {
        Self::new()
    }
}

/// A package without one of its files.
#[must_use]
pub fn without(package: &[u8], name: &str) -> Vec<u8> {
    let files = container::read(package).unwrap();
    container::write(&files.into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>()).unwrap()
}

/// Writes a host's trust store, whole, as an operator should.
pub fn trust(program: &Program, text: &str) {
    let (new, place) = (program.data().join("trust.new"), program.data().join("trust.toml"));
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, place).unwrap();
}
