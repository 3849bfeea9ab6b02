//! Adapters as components, built once for all tests.

use std::path::{Path, PathBuf};

use qadam_guest_build::Guest;

/// The folder of the project.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The component of the permits adapter. Builders wait for each other; a built one costs a moment.
#[must_use]
pub fn permits() -> PathBuf {
    built("permits-xes")
}

/// The component of the education adapter.
#[must_use]
pub fn education() -> PathBuf {
    built("education-shep")
}

/// The component of the table adapter.
#[must_use]
pub fn table() -> PathBuf {
    built("table")
}

/// The component of the probe (`tests/guests/probe`): it gives any event, and misbehaves, when asked.
#[must_use]
pub fn probe() -> PathBuf {
    built("probe-adapter")
}

/// The bytes of the probe as its author has mended it: another component, which ignores what it is asked to do wrong.
#[must_use]
pub fn mended_probe() -> Vec<u8> {
    probe_as("mended!")
}

/// The bytes of the probe with another character (`tests/guests/probe`), of seven letters.
#[must_use]
pub fn probe_as(character: &str) -> Vec<u8> {
    let hostile = b"probe-adapter: hostile";
    let other = format!("probe-adapter: {character}");
    assert_eq!(other.len(), hostile.len());
    let mut bytes = std::fs::read(probe()).unwrap();
    let places: Vec<usize> =
        bytes.windows(hostile.len()).enumerate().filter(|(_, w)| w == hostile).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "the character of the probe stands once in its component");
    for at in places {
        bytes.splice(at..at + hostile.len(), other.bytes());
    }
    bytes
}

/// A component that does the same under another digest, as its next build has: a custom section is added.
#[must_use]
pub fn rebuilt(component: &[u8], mark: &str) -> Vec<u8> {
    let name = format!("build-{mark}");
    let length = |length: usize| u8::try_from(length).unwrap();
    let mut bytes = component.to_vec();
    bytes.extend([0, length(name.len() + 1), length(name.len())]);
    bytes.extend(name.bytes());
    bytes
}

/// A component that imports what no adapter is given.
#[must_use]
pub fn greedy(component: &[u8]) -> Vec<u8> {
    replaced(component, b"qadam:adapter/log@", b"qadam:adapter/net@")
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes.splice(at..at + from.len(), to.iter().copied());
    }
    bytes
}

fn built(package: &str) -> PathBuf {
    let target = qadam_powercut::own_target_dir().unwrap().join("guest");
    let guest = Guest::new(workspace(), package).target_dir(target);
    guest.build(&mut |_| {}).unwrap_or_else(|error| panic!("{package} could not be built: {error}")).component
}
