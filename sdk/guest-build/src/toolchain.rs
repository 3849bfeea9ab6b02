//! What the machine has to build guests with.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Progress, environment, tool};

/// The target of every guest: a pure component, no WASI.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's own compiler. Named by its path: on the `PATH` rustup's would come first.
pub(crate) const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

const RUSTUP_COMMAND: &str = "rustup target add wasm32-unknown-unknown";
const DEBIAN_COMMAND: &str = "apt-get update && apt-get install --no-install-recommends -y rustc-web rust-web-src";
const SUDO_COMMAND: &str =
    "sudo sh -c 'apt-get update && apt-get install --no-install-recommends -y rustc-web rust-web-src'";

/// What a guest is built with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Toolchain {
    /// The toolchain of the workspace, which has the standard library for wasm.
    Installed,
    /// Debian's compiler (packages `rustc-web` and `rust-web-src`), which builds the standard library from its sources.
    Debian {
        /// `rust-lld` of the workspace's own toolchain; Debian's has none.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Finds what the machine has, or installs it where that is possible without asking.
    pub(crate) fn find(workspace: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Self, Error> {
        if let Some(toolchain) = Machine::look(workspace)?.toolchain()? {
            return Ok(toolchain);
        }
        let missing = || Error::NoGuestToolchain { rustup: RUSTUP_COMMAND, debian: SUDO_COMMAND };
        if !(is_debian() && is_root()) {
            return Err(missing());
        }
        progress(Progress::Installing { command: DEBIAN_COMMAND });
        install(workspace, progress)?;
        Machine::look(workspace)?.toolchain()?.ok_or_else(missing)
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installed => "the workspace's toolchain",
            Self::Debian { .. } => "Debian's Rust, its standard library built from source",
        })
    }
}

/// What is asked of the machine.
#[derive(Debug)]
struct Machine {
    /// Where the workspace's compiler keeps its libraries.
    sysroot: PathBuf,
    /// The platform that the workspace's compiler runs on.
    host: String,
    /// Where Debian's compiler keeps its own, if there is one.
    debian: Option<PathBuf>,
}

impl Machine {
    fn look(workspace: &Path) -> Result<Self, Error> {
        let answer = ask("rustc", workspace)?;
        // Debian's plain `rustc` is too old to answer, and counts as none.
        let debian = ask(DEBIAN_RUSTC, workspace).ok().map(|answer| answer.sysroot);
        Ok(Self { sysroot: answer.sysroot, host: answer.host, debian })
    }

    fn toolchain(&self) -> Result<Option<Toolchain>, Error> {
        if self.sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
            return Ok(Some(Toolchain::Installed));
        }
        let has_sources = |sysroot: &PathBuf| sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file();
        if !self.debian.as_ref().is_some_and(has_sources) {
            return Ok(None);
        }
        let linker = self.sysroot.join("lib/rustlib").join(&self.host).join("bin/rust-lld");
        if !linker.is_file() {
            return Err(Error::NoLinker { path: linker, rustup: RUSTUP_COMMAND });
        }
        Ok(Some(Toolchain::Debian { linker }))
    }
}

/// What a compiler says of itself.
struct Answer {
    sysroot: PathBuf,
    host: String,
}

fn ask(rustc: &str, workspace: &Path) -> Result<Answer, Error> {
    let mut command = environment::command(rustc, workspace);
    command.args(["--print", "sysroot", "--print", "host-tuple"]);
    let outcome = tool::run(&mut command, "install Rust: https://rustup.rs", &mut |_| {})?;
    let stdout = String::from_utf8_lossy(&outcome.stdout).into_owned();
    match (outcome.status.success(), stdout.lines().next(), stdout.lines().nth(1)) {
        (true, Some(sysroot), Some(host)) => Ok(Answer { sysroot: PathBuf::from(sysroot), host: host.to_owned() }),
        _ => Err(Error::ToolFailed {
            command: format!("{rustc} --print sysroot --print host-tuple"),
            status: outcome.status,
            tail: outcome.tail,
        }),
    }
}

fn install(workspace: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), Error> {
    let mut command = environment::command("sh", workspace);
    command.args(["-c", DEBIAN_COMMAND]).env("DEBIAN_FRONTEND", "noninteractive");
    let outcome = tool::run(&mut command, "a shell is needed to install packages", progress)?;
    if outcome.status.success() {
        return Ok(());
    }
    Err(Error::ToolFailed { command: DEBIAN_COMMAND.to_owned(), status: outcome.status, tail: outcome.tail })
}

fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian")
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "x86_64-unknown-linux-gnu";
    const SOURCES: &str = "lib/rustlib/src/rust/library/std/Cargo.toml";
    const LINKER: &str = "lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld";
    const STD: &str = "lib/rustlib/wasm32-unknown-unknown/lib/libstd.rlib";

    /// A machine whose compilers have these files.
    fn machine(own: &[&str], debian: Option<&[&str]>) -> (Machine, tempfile::TempDir) {
        let root = tempfile::tempdir().expect("a folder");
        let place = |sysroot: &Path, files: &[&str]| {
            for file in files {
                let file = sysroot.join(file);
                fs::create_dir_all(file.parent().expect("a folder")).expect("made");
                fs::write(file, "").expect("written");
            }
            sysroot.to_owned()
        };
        let sysroot = place(&root.path().join("own"), own);
        let debian = debian.map(|files| place(&root.path().join("debian"), files));
        (Machine { sysroot, host: HOST.to_owned(), debian }, root)
    }

    #[test]
    fn the_installed_target_is_taken_first() {
        let (machine, _root) = machine(&[STD, LINKER], Some(&[SOURCES]));
        assert_eq!(machine.toolchain().expect("decided"), Some(Toolchain::Installed));
    }

    #[test]
    fn debians_sources_are_taken_where_the_target_is_missing() {
        let (machine, root) = machine(&[LINKER], Some(&[SOURCES]));
        let linker = root.path().join("own").join(LINKER);
        assert_eq!(machine.toolchain().expect("decided"), Some(Toolchain::Debian { linker }));
    }

    #[test]
    fn neither_target_nor_sources_is_no_toolchain() {
        for debian in [None, Some(&[][..])] {
            let (machine, _root) = machine(&[LINKER], debian);
            assert_eq!(machine.toolchain().expect("decided"), None);
        }
    }

    #[test]
    fn a_missing_linker_is_named_by_its_path() {
        let (machine, _root) = machine(&[], Some(&[SOURCES]));
        let error = machine.toolchain().expect_err("no linker").to_string();
        assert!(error.contains("rust-lld") && error.contains(LINKER) && error.contains(RUSTUP_COMMAND), "{error}");
    }

    #[test]
    fn the_error_names_the_exact_commands() {
        let error = Error::NoGuestToolchain { rustup: RUSTUP_COMMAND, debian: SUDO_COMMAND }.to_string();
        assert_eq!(
            error,
            "no toolchain builds for wasm32-unknown-unknown here; run `rustup target add wasm32-unknown-unknown`, or on \
             Debian `sudo sh -c 'apt-get update && apt-get install --no-install-recommends -y rustc-web rust-web-src'`"
        );
    }

    #[test]
    fn this_machines_compiler_answers() {
        let answer = ask("rustc", Path::new(env!("CARGO_MANIFEST_DIR"))).expect("rustc");
        assert!(answer.sysroot.join("lib/rustlib").join(answer.host).is_dir());
    }
}
