//! What a tool may see of our own environment.
//!
//! An outer `cargo run` or `cargo test` leaves variables behind that would turn the guest into something else: flags,
//! wrappers, the target folder and the package of the program that is running.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command in a folder, without what an outer cargo has left in the environment.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if !is_inherited(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether a variable is passed on.
///
/// Where crates come from (`CARGO_HOME`, proxies, mirrors, offline mode) is the machine's business and stays; how they
/// are built is ours and goes. `RUSTUP_*` stays: `RUSTUP_TOOLCHAIN`, which an outer `cargo` sets, names a toolchain that
/// is certainly installed, the one that has built this program, and `RUSTUP_AUTO_INSTALL` is the user's decision.
fn is_inherited(name: &str) -> bool {
    const SOURCES_OF_CRATES: [&str; 5] =
        ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRY_", "CARGO_REGISTRIES_"];
    const WAYS_OF_BUILDING: [&str; 4] = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC"];
    let begins_with = |prefix: &&str| name.starts_with(*prefix);
    SOURCES_OF_CRATES.iter().any(begins_with) || !WAYS_OF_BUILDING.iter().any(begins_with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_an_outer_cargo_builds_is_not_inherited() {
        for name in [
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_MAKEFLAGS",
            "CARGO_INCREMENTAL",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC_BOOTSTRAP",
            "RUSTFLAGS",
            "RUSTDOC",
            "RUSTDOCFLAGS",
        ] {
            assert!(!is_inherited(name), "{name}");
        }
    }

    #[test]
    fn where_tools_and_crates_come_from_is_inherited() {
        for name in [
            "PATH",
            "HOME",
            "TMPDIR",
            "https_proxy",
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_PROXY",
            "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "RUSTUP_AUTO_INSTALL",
            "RUST_BACKTRACE",
        ] {
            assert!(is_inherited(name), "{name}");
        }
    }

    #[test]
    fn a_command_carries_the_removals() {
        // Cargo sets CARGO_MANIFEST_DIR for every test that it runs.
        let command = command("true", Path::new("/"));
        assert!(command.get_envs().any(|(name, value)| name == "CARGO_MANIFEST_DIR" && value.is_none()));
    }
}
