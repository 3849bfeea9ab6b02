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

/// The component of the probe (`tests/guests/probe`): it gives any event, and misbehaves, when asked.
#[must_use]
pub fn probe() -> PathBuf {
    built("probe-adapter")
}

/// The bytes of the probe as its author has mended it: another component, which ignores what it is asked to do wrong.
#[must_use]
pub fn mended_probe() -> Vec<u8> {
    let (hostile, mended) = (b"probe-adapter: hostile", b"probe-adapter: mended!");
    let mut bytes = std::fs::read(probe()).unwrap();
    let places: Vec<usize> =
        bytes.windows(hostile.len()).enumerate().filter(|(_, w)| w == hostile).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "the character of the probe stands once in its component");
    for at in places {
        bytes.splice(at..at + hostile.len(), *mended);
    }
    bytes
}

fn built(package: &str) -> PathBuf {
    let target = qadam_powercut::own_target_dir().unwrap().join("guest");
    let guest = Guest::new(workspace(), package).target_dir(target);
    guest.build(&mut |_| {}).unwrap_or_else(|error| panic!("{package} could not be built: {error}")).component
}
