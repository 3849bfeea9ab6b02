//! Delivery when things go wrong: the real host, the real receiver, each a process on loopback, and between them whatever hinders.
//! After each: every recorded event is at the receiver, once in effect, in the order of the journal per request, and the host's
//! journal accounts for every attempt. `QADAM_RUNS` is how often host and receiver are killed.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod clocks;
mod disks;
mod kills;
mod wires;

use std::{path::PathBuf, sync::OnceLock};

use qadam_powercut::{library, own_target_dir};
use qadam_tests::faults::{Scene, Setting};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn scene(setting: Setting) -> Scene {
    Scene::set(QADAM, setting)
}

/// The library that breaks disks.
fn preload() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| library(&own_target_dir().unwrap()).unwrap())
}
