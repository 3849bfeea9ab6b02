//! What the configuration says of all adapters together.

use qadam_domain::Allowance;
use qadam_engine::Limits;
use serde::Deserialize;

/// `[adapters]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdapterSettings {
    /// The most that any adapter may use, and what one may use whose provider's profile says nothing else. Where neither
    /// says anything, the engine's default counts.
    pub limits: Allowance,
}

impl AdapterSettings {
    /// Whether an engine can keep it.
    ///
    /// # Errors
    /// What it cannot, and what it can.
    pub fn checked(&self) -> Result<(), String> {
        Limits::of(&self.limits).map(drop).map_err(|error| format!("`adapters.limits`: {error}"))
    }
}
