//! Runs cargo for one package, with the flags of a guest.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::toolchain::{DEBIAN_RUSTC, TARGET};
use crate::{Error, Progress, Toolchain, environment, tool};

/// Builds the package as a core module, and gives its file. `sources` is the folder of sources beside crates from a
/// registry: the SDK's, where it is not in the workspace.
pub(crate) fn build(
    workspace: &Path,
    package: &str,
    sources: &Path,
    target_dir: &Path,
    toolchain: &Toolchain,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf, Error> {
    let mut command = environment::command("cargo", workspace);
    // `rustc --crate-type` and not `build`: beside an rlib, cargo leaves link-time optimisation out.
    command.args(["rustc", "--package", package, "--lib", "--crate-type", "cdylib", "--release"]);
    command.args(["--target", TARGET, "--message-format", "json-render-diagnostics", "--target-dir"]).arg(target_dir);
    command.env("CARGO_ENCODED_RUSTFLAGS", rustflags(sources)).envs(PROFILE);
    if let Toolchain::Debian { linker } = toolchain {
        command.arg("-Zbuild-std=std,panic_abort");
        command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    let outcome = tool::run(&mut command, "install Rust: https://rustup.rs", progress)?;
    if !outcome.status.success() {
        return Err(Error::CargoFailed { package: package.to_owned(), status: outcome.status, tail: outcome.tail });
    }
    module(&outcome.stdout).ok_or_else(|| Error::NoModule { package: package.to_owned() })
}

/// The profile of a guest. It overrides the author's manifest.
const PROFILE: [(&str, &str); 7] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    // The names of functions stay: a trap is told with them, here and at the operator's.
    ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "none"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
];

/// The flags of a guest, one unit separator between two. The same for all packages that use one copy of the SDK, so that
/// they can share a target folder: cargo names files of the workspace relatively, they need no flag.
fn rustflags(sources: &Path) -> OsString {
    // SIMD for parsers; a small stack, since every fresh instance pays for it.
    let mut flags = OsString::from("-Ctarget-feature=+simd128\x1f-Clink-arg=-zstack-size=65536");
    // Messages of panics hold the paths of sources. Without the machine's own part of them, a component of the same
    // sources and compiler is the same everywhere, and tells nothing of who built it.
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    for (path, name) in [(Some(sources), "/workspace"), (cargo_home.as_deref(), "/cargo")] {
        if let Some(path) = path {
            flags.push("\x1f--remap-path-prefix=");
            flags.push(path);
            flags.push(format!("={name}"));
        }
    }
    flags
}

/// The module among cargo's messages, one JSON object a line. The package itself comes last, after what it depends on.
fn module(messages: &[u8]) -> Option<PathBuf> {
    let artifacts =
        messages.split(|&byte| byte == b'\n').rev().filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let files = artifacts.filter(|message| message.get("reason").is_some_and(|reason| reason == "compiler-artifact"));
    let mut files = files.filter_map(|message| message.get("filenames")?.as_array().cloned()).flatten();
    files.find_map(|file| file.as_str().filter(|file| file.ends_with(".wasm")).map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_machine_are_left_out() {
        let flags = rustflags(Path::new("/home/someone/adapters")).into_string().expect("text");
        let flags: Vec<_> = flags.split('\x1f').collect();
        assert!(flags.contains(&"--remap-path-prefix=/home/someone/adapters=/workspace"), "{flags:?}");
        assert!(
            flags.iter().any(|flag| flag.starts_with("--remap-path-prefix=") && flag.ends_with("=/cargo")),
            "{flags:?}"
        );
    }

    #[test]
    fn the_last_module_is_the_packages() {
        let messages = br#"{"reason":"compiler-artifact","filenames":["/t/libserde.rlib"]}
{"reason":"compiler-artifact","filenames":["/t/dependency.wasm"]}
{"reason":"compiler-artifact","filenames":["/t/libpermits.rlib","/t/permits.wasm"]}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(module(messages), Some(PathBuf::from("/t/permits.wasm")));
    }

    #[test]
    fn no_module_among_the_messages() {
        assert_eq!(module(b""), None);
        assert_eq!(module(b"{\"reason\":\"compiler-artifact\",\"filenames\":[\"/t/a.rlib\"]}\nnot json"), None);
    }
}
