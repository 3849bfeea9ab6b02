//! What is counted together: a service of a provider.

use serde::{Deserialize, Serialize};

use crate::passport::Level;

/// A service of a provider, at its place in the breakdown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The place in the breakdown; none where no passport says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The provider's BIN; without a passport its id on this host.
    pub provider: String,
    /// The service's code; without a passport what the source calls it.
    pub service: String,
}
