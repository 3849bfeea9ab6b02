//! Turns the package of an adapter into a component: one `.wasm` file that the host loads.
//!
//! `qadam adapter build`, `qadam demo` and the tests all come here, at run time; no build script builds guests. The work
//! is done by the machine's own `cargo`, for the target `wasm32-unknown-unknown` (a pure component, no WASI), in a target
//! folder of its own and without the environment that an outer cargo leaves behind. The [`Toolchain`] is what the machine
//! has; on Debian, as root, what is missing is installed, elsewhere the error names the exact command.
//!
//! The flags of the guest (fast, small, one code unit, SIMD, a stack of 64 KiB) come from here, so that the author's
//! manifest need not know them.
//!
//! ```no_run
//! # fn main() -> Result<(), qadam_guest_build::Error> {
//! use qadam_guest_build::Guest;
//!
//! let built = Guest::new("/src/qadam", "permits-xes").build(&mut |progress| println!("{progress}"))?;
//! println!("{} bytes at {}", built.bytes, built.component.display());
//! # Ok(())
//! # }
//! ```

mod cargo;
mod component;
mod environment;
mod error;
mod package;
mod progress;
mod tool;
mod toolchain;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

pub use error::Error;
pub use progress::Progress;
pub use toolchain::Toolchain;

use package::Metadata;

/// The package of an adapter, and where its component goes.
#[derive(Debug, Clone)]
pub struct Guest {
    workspace: PathBuf,
    package: String,
    folder: PathBuf,
    target_dir: PathBuf,
    output: Option<PathBuf>,
}

/// What a build has made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Built {
    /// The component, as an absolute path.
    pub component: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Whether the file was written. False where it stood there already, byte for byte.
    pub changed: bool,
    /// The contract that it keeps, `qadam:adapter@0.1.0`.
    pub contract: String,
    /// What it was built with.
    pub toolchain: Toolchain,
}

impl Guest {
    /// The package `package` of the workspace (or the single package) in the folder `workspace`.
    ///
    /// Its target folder is `guest` in the workspace's own: `$CARGO_TARGET_DIR/guest`, else `target/guest`. All who build
    /// guests of one workspace share it, so that the standard library is compiled once.
    #[must_use]
    pub fn new(workspace: impl Into<PathBuf>, package: impl Into<String>) -> Self {
        let workspace = workspace.into();
        let target_dir = target_dir(&workspace, workspace.join("target"));
        Self { folder: workspace.clone(), workspace, package: package.into(), target_dir, output: None }
    }

    /// The package whose manifest stands in this folder. Its workspace, if it belongs to one, is cargo's to find.
    ///
    /// # Errors
    ///
    /// [`Error::NoPackage`] where there is none, with the adapters of the workspace if it is one.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        let folder = folder.canonicalize().map_err(Error::file("find", folder))?;
        let metadata = Metadata::ask(&folder)?;
        let package = metadata.package_in(&folder)?;
        let workspace = metadata.root().unwrap_or_else(|| folder.clone());
        let target_dir = target_dir(&folder, metadata.target_dir().unwrap_or_else(|| workspace.join("target")));
        Ok(Self { workspace, package, folder, target_dir, output: None })
    }

    /// The package of this name in the workspace that the folder belongs to.
    ///
    /// # Errors
    ///
    /// [`Error::NoPackage`] where there is none.
    pub fn of_workspace(folder: &Path, package: &str) -> Result<Self, Error> {
        let folder = folder.canonicalize().map_err(Error::file("find", folder))?;
        match Metadata::ask(&folder)?.folder_of(package) {
            Some(found) => Self::in_folder(&found),
            None => Err(Error::NoPackage { folder, reason: format!("no package is called {package}") }),
        }
    }

    /// Name of the package.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The folder of the package; of [`Self::new`], the workspace.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Builds in another target folder. Never give the one of the program that is running: cargo would wait for itself.
    #[must_use]
    pub fn target_dir(mut self, target_dir: impl Into<PathBuf>) -> Self {
        self.target_dir = target_dir.into();
        self
    }

    /// Writes the component to this file, instead of `components/PACKAGE.wasm` in the target folder.
    #[must_use]
    pub fn output(mut self, file: impl Into<PathBuf>) -> Self {
        self.output = Some(file.into());
        self
    }

    /// Builds the component, or finds that it stands there already (a few tenths of a second).
    ///
    /// Builds in one target folder wait for each other, in other processes too. The file is replaced at once: who reads it
    /// meanwhile sees the old one or the new one. The crates that the package needs and the machine lacks are downloaded;
    /// with all of them present no network is used.
    ///
    /// # Errors
    ///
    /// [`Error`] names the missing tool with the command that brings it, or carries the last lines of what cargo said.
    pub fn build(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Built, Error> {
        // One name for one folder: the name is among the flags, and another one would rebuild everything.
        let workspace = self.workspace.canonicalize().map_err(Error::file("find", &self.workspace))?;
        let target_dir = absolute(&self.target_dir)?;
        let default = || target_dir.join("components").join(&self.package).with_added_extension("wasm");
        let component = absolute(&self.output.clone().unwrap_or_else(default))?;

        fs::create_dir_all(&target_dir).map_err(Error::file("create", &target_dir))?;
        let _lock = lock(&target_dir.join(".guest-build.lock"), progress)?;
        let toolchain = Toolchain::find(&workspace, progress)?;
        progress(Progress::Building { package: &self.package, toolchain: &toolchain });
        // What cargo cannot tell of the package, it says better when it builds.
        let sdk = Metadata::ask(&workspace).ok().and_then(|metadata| metadata.sdk_root(&self.package));
        let sources = sdk.as_deref().unwrap_or(&workspace);
        let module = cargo::build(&workspace, &self.package, sources, &target_dir, &toolchain, progress)?;
        let (bytes, changed, contract) = component::write(&module, &component)?;
        Ok(Built { component, bytes, changed, contract, toolchain })
    }
}

/// The target folder of guests: `guest` in the one that the environment names, else in cargo's own.
fn target_dir(base: &Path, own: PathBuf) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or(own, |dir| base.join(dir)).join("guest")
}

/// Held until dropped. Cargo locks the folder too, but only while it runs; packages are installed before, and the module
/// is read afterwards.
fn lock(path: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::file("create", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress(Progress::Waiting);
            file.lock().map_err(Error::file("lock", path))?;
        }
        Err(TryLockError::Error(error)) => return Err(Error::file("lock", path)(error)),
    }
    Ok(file)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::file("find", path))
}
