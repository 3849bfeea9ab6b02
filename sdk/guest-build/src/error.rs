//! Why a component could not be built.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why a component could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program is missing, or cannot be started.
    #[error("{tool} cannot be started; {remedy}")]
    ToolMissing {
        /// The program.
        tool: String,
        /// What brings it.
        remedy: &'static str,
        /// What the operating system says.
        source: io::Error,
    },

    /// A program other than cargo ended badly.
    #[error("`{command}` failed ({status}):\n{tail}")]
    ToolFailed {
        /// The command, as a shell would take it.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines that it wrote.
        tail: String,
    },

    /// The machine has no standard library for wasm, and none could be installed.
    #[error("no toolchain builds for {target} here; run `{rustup}`, or on Debian `{debian}`", target = crate::toolchain::TARGET)]
    NoGuestToolchain {
        /// The command of rustup.
        rustup: &'static str,
        /// The command of Debian.
        debian: &'static str,
    },

    /// The machine has the sources of the standard library, but no linker for wasm.
    #[error("rust-lld, the linker that rustup's toolchains bring, is not at {}; run `{rustup}`", path.display())]
    NoLinker {
        /// Where it was looked for.
        path: PathBuf,
        /// The command of rustup that makes the linker needless.
        rustup: &'static str,
    },

    /// The folder is no adapter's.
    #[error("{} is not the folder of an adapter: {reason}", folder.display())]
    NoPackage {
        /// The folder.
        folder: PathBuf,
        /// What cargo says, or what is here instead.
        reason: String,
    },

    /// Cargo refused the package.
    #[error("cargo could not build {package} ({status}):\n{tail}")]
    CargoFailed {
        /// The package.
        package: String,
        /// How cargo ended.
        status: ExitStatus,
        /// The last lines that it wrote.
        tail: String,
    },

    /// Cargo was content, but made no module.
    #[error("cargo built {package}, but no wasm module came of it: an adapter is a library")]
    NoModule {
        /// The package.
        package: String,
    },

    /// The module is no adapter.
    #[error("{} does not make a component: does the package call export_adapter!?", module.display())]
    NotAComponent {
        /// The module.
        module: PathBuf,
        /// What `wit-component` says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A file or folder could not be handled.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
