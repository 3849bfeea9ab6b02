//! Facts of the way of adapters' packages into production (1336-15). They speak of no record, so all of them stay.

use jiff::Timestamp;
use qadam_domain::{ProviderId, commission::Step, time::instant};
use serde::{Deserialize, Serialize};

/// A package has taken a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommissionedFact {
    /// Whose records it is for.
    #[serde(rename = "of")]
    pub provider: ProviderId,
    /// SHA-256 of the package.
    #[serde(rename = "pkg", with = "serde_bytes")]
    pub package: [u8; 32],
    /// SHA-256 of the component in it.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub component: [u8; 32],
    /// The adapter's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Name and id of the key that signed the package, as the trust store had it then.
    pub signer: String,
    /// The step, with its results.
    pub step: Step,
    /// Id of the key that asked for it; `host` where it did so by itself.
    #[serde(rename = "by")]
    pub who: String,
    /// Why, as stated.
    pub why: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}
