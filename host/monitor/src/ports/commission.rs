//! The way of an adapter's package into production.

use qadam_domain::{
    Difference, ProviderId, RecordId,
    commission::{BenchResults, PilotResults, TestResults},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::AdapterError;
use crate::view::AdapterView;

/// What the API asks of the host about packages. Each step is recorded with who and why.
pub trait Commissions {
    /// Begins the pilot of a provider's candidate, or ends it.
    ///
    /// # Errors
    /// Why not.
    fn pilot_adapter(
        &self,
        provider: &ProviderId,
        end: bool,
        who: &str,
        why: &str,
    ) -> Result<AdapterView, AdapterError>;

    /// What the pilot has shown so far.
    ///
    /// # Errors
    /// If there is none.
    fn pilot_report(&self, provider: &ProviderId) -> Result<PilotView, AdapterError>;

    /// Tries a candidate at its declared intensity.
    ///
    /// # Errors
    /// Why not.
    fn bench_adapter(
        &self,
        provider: &ProviderId,
        seconds: u64,
        who: &str,
        why: &str,
    ) -> Result<BenchView, AdapterError>;

    /// Puts a package to work.
    ///
    /// # Errors
    /// What is missing; what serves goes on serving.
    fn promote_adapter(&self, promotion: &Promotion, who: &str, why: &str) -> Result<PromotionView, AdapterError>;

    /// Takes a package out of use for good.
    ///
    /// # Errors
    /// Why not.
    fn retire_adapter(
        &self,
        provider: &ProviderId,
        package: &str,
        who: &str,
        why: &str,
    ) -> Result<AdapterView, AdapterError>;

    /// The last steps of a provider's packages, in their order.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn adapter_history(&self, provider: &ProviderId) -> Result<Vec<StepView>, AdapterError>;
}

/// A package to be put to work.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// For whom.
    pub provider: ProviderId,
    /// Which; the candidate where absent.
    pub package: Option<String>,
    /// Why it is done although something is missing.
    pub over: Option<String>,
}

/// The package on a provider's test stand, or in its pilot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CandidateView {
    /// SHA-256 of the package, hex: its id.
    pub package: String,
    /// The adapter's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Name and id of the key that signed it.
    pub signature: String,
    /// `test` or `pilot`.
    pub phase: &'static str,
    /// The intensity that it is made for.
    pub records_per_second: u32,
    /// What golden records and the conformance suite gave: `checks`, each with `name`, `passed`, `detail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub test: Option<TestResults>,
    /// What the pilot has shown: `records`, `same`, `differing`, `alone`, `faults`, and by `outcomes`, `events`, `fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub pilot: Option<PilotResults>,
    /// What the load test gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub bench: Option<BenchResults>,
    /// What is missing before promotion, a sentence each.
    pub unmet: Vec<String>,
}

/// What a pilot has shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PilotView {
    /// The counts.
    #[schema(value_type = Object)]
    pub results: PilotResults,
    /// The first differences, a hundred at most, personal values masked.
    pub examples: Vec<PilotDifference>,
}

/// An event that a candidate sees otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PilotDifference {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// `added`, `changed` or `withdrawn`.
    pub change: &'static str,
    /// Each field: what is recorded, what the candidate gives.
    #[schema(value_type = Vec<Object>)]
    pub fields: Vec<Difference>,
}

/// What a load test gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BenchView {
    /// The figures.
    #[schema(value_type = Object)]
    pub results: BenchResults,
    /// Whether it keeps up.
    pub keeps_up: bool,
}

/// What a promotion came to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PromotionView {
    /// What serves now.
    pub adapter: AdapterView,
    /// What was missing, and overridden.
    pub overridden: Vec<String>,
    /// Whether the last batch of the one before has ended.
    pub drained: bool,
}

/// A step of a package.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepView {
    /// SHA-256 of the package, hex.
    pub package: String,
    /// The adapter's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Name and id of the key that signed it.
    pub signature: String,
    /// `tested`, `pilot-begun`, `piloted`, `pilot-ended`, `benched`, `promoted`, `relieved`, `rolled-back`, `restored`, `retired`.
    pub step: &'static str,
    /// What came of it, where something did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub results: Option<serde_json::Value>,
    /// Id of the key that asked for it; `host`, `folder`.
    pub who: String,
    /// Why.
    pub why: String,
    /// When, RFC 3339.
    pub at: String,
}
