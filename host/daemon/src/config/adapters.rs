//! What the configuration says of all adapters together.

use std::path::{Path, PathBuf};

use qadam_domain::{Allowance, commission::Criteria};
use qadam_engine::{CompileLimits, Limits};
use serde::Deserialize;

/// `[adapters]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdapterSettings {
    /// The most that any adapter may use, and what one may use whose provider's profile says nothing else. Where neither
    /// says anything, the engine's default counts.
    pub limits: Allowance,
    /// What compiling a component may take.
    pub compile: CompileSettings,
    /// Whether places for instances are kept ready: 4 GiB of address space for each memory, no memory until used. Where the
    /// machine does not give that much address space, instances are made on demand anyway, which costs each batch some 10 µs.
    pub pool: bool,
    /// The trust store of packages. Default: `trust.toml` in the data folder.
    pub trust: Option<PathBuf>,
    /// What promotion of a package asks for.
    pub promotion: Criteria,
}

/// `[adapters] compile`: limits of the process in which a component is compiled.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CompileSettings {
    /// Seconds of processor time, 1 to 3600. A small Rust adapter takes 0.2 s, a JavaScript engine 14 s.
    pub seconds: u64,
    /// MiB of address space, 256 to 65536.
    pub memory_mib: u64,
}

impl Default for AdapterSettings {
    fn default() -> Self {
        Self {
            limits: Allowance::default(),
            compile: CompileSettings::default(),
            pool: true,
            trust: None,
            promotion: Criteria::default(),
        }
    }
}

impl Default for CompileSettings {
    fn default() -> Self {
        let CompileLimits { seconds, memory_mib } = CompileLimits::default();
        Self { seconds, memory_mib }
    }
}

impl CompileSettings {
    /// The same for the engine.
    #[must_use]
    pub const fn limits(&self) -> CompileLimits {
        CompileLimits { seconds: self.seconds, memory_mib: self.memory_mib }
    }
}

impl AdapterSettings {
    /// Paths are below the configuration's folder.
    pub(super) fn resolve(&mut self, folder: &Path) {
        self.trust = self.trust.take().map(|path| folder.join(path));
    }

    /// Whether an engine can keep it.
    ///
    /// # Errors
    /// What it cannot, and what it can.
    pub fn checked(&self) -> Result<(), String> {
        Limits::of(&self.limits).map(drop).map_err(|error| format!("`adapters.limits`: {error}"))
    }
}
