//! What is counted together: a service of a provider.

use serde::{Deserialize, Serialize};

use crate::passport::Level;

/// A service of a provider, at its place in the breakdown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The place in the breakdown; none where no passport says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The provider's BIN; without a passport its id on this host.
    pub provider: String,
    /// The service's code; without a passport what the source calls it.
    pub service: String,
}

impl Key {
    /// The law's order, what has no place last; then by provider and service.
    fn order(&self) -> (bool, Option<Level>, &str, &str) {
        (self.level.is_none(), self.level, &self.provider, &self.service)
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
