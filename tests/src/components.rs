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
    let target = qadam_powercut::own_target_dir().unwrap().join("guest");
    let guest = Guest::new(workspace(), "permits-xes").target_dir(target);
    guest.build(&mut |_| {}).unwrap_or_else(|error| panic!("the adapter could not be built: {error}")).component
}
