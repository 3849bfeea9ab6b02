//! The program, for the tests of this package: with a clock that they can set.

use std::{path::PathBuf, process::ExitCode, sync::OnceLock};

use jiff::{SignedDuration, Timestamp};

/// File with the seconds by which the clock is ahead, in the environment. Without it the clock is right.
const AHEAD: &str = "QADAM_TEST_CLOCK_AHEAD";

static FILE: OnceLock<PathBuf> = OnceLock::new();

fn main() -> ExitCode {
    if let Some(file) = std::env::var_os(AHEAD) {
        let _ = FILE.set(file.into());
        qadam::tell_time_by(ahead);
    }
    qadam::cli::main()
}

#[expect(clippy::disallowed_methods, reason = "this is a clock")]
fn ahead() -> Timestamp {
    let seconds = FILE.get().and_then(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok());
    Timestamp::now() + SignedDuration::from_secs(seconds.unwrap_or(0))
}
