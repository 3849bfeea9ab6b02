//! Looking into adapters.

use std::collections::BTreeMap;

use qadam_domain::{ProviderId, RecordId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    ports::PortError,
    view::{AdapterRun, AdapterView, Cause},
};

/// An adapter, looked into.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InspectedView {
    /// As the list has it.
    #[serde(flatten)]
    pub adapter: AdapterView,
    /// What its calls took, since it was loaded; absent where none serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<UsedView>,
    /// How it failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultView>,
}

/// What an adapter's calls took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UsedView {
    /// Batches.
    pub calls: u64,
    /// Records in batches that it answered.
    pub records: u64,
    /// Events that it gave.
    pub events: u64,
    /// Records that it refused, by cause.
    pub refused: BTreeMap<&'static str, u64>,
    /// Batches that gave no answer, by fault.
    pub faults: BTreeMap<&'static str, u64>,
    /// Microseconds of the processor, faults included.
    pub cpu_micros: u64,
    /// The same for one record that was answered; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_micros_per_record: Option<u64>,
    /// Microseconds by the clock, of answered batches.
    pub spent_micros: u64,
    /// Most bytes of memory in one batch.
    pub memory_peak: u64,
    /// Log lines that were over the limit.
    pub log_lines_cut: u64,
}

/// How an adapter failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FaultView {
    /// When, RFC 3339.
    pub at: String,
    /// The record that it failed on; `POST /v1/records/{id}/replay` runs it once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub record: Option<RecordId>,
    /// `trap`, `deadline`, `memory`, …
    pub kind: &'static str,
    /// What happened, masked.
    pub detail: String,
    /// Names of the functions, innermost first.
    pub backtrace: Vec<String>,
}

/// What an adapter made of a record. Nothing of it was kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplayView {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// Whose.
    #[schema(value_type = String)]
    pub provider: ProviderId,
    /// The adapter that was asked.
    pub adapter: AdapterRun,
    /// `mapped`, `refused` or `failed`.
    pub outcome: &'static str,
    /// The events, without what they say of people.
    pub events: Vec<ReplayedEvent>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How the adapter failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultView>,
    /// What the adapter logged, masked.
    pub log: Vec<LogView>,
    /// Lines that were over the limit.
    pub log_lines_cut: u32,
    /// Microseconds of the processor.
    pub cpu_micros: u64,
    /// Most bytes of memory.
    pub memory_peak: u64,
    /// The record with its letters and digits replaced, base64: for the adapter's developer.
    pub masked: String,
    /// Whether the adapter makes the same of that.
    pub masked_does_the_same: bool,
}

/// An event, without what it says of people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplayedEvent {
    /// The provider's number of the request.
    pub number: String,
    /// The source's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `stage`, `update`, …
    pub kind: &'static str,
    /// The stage, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<u8>,
    /// The source's word for the status.
    pub native_status: String,
    /// When it happened.
    pub occurred_at: String,
}

/// A line that an adapter logged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogView {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// What it says.
    pub message: String,
}

/// Why a record was not replayed.
#[derive(Clone, Debug)]
pub enum ReplayRefused {
    /// There is no such record, or no body of it.
    NotFound,
    /// No adapter can be asked: what to do.
    NoAdapter(String),
    /// Something else.
    Port(PortError),
}

/// Looking into adapters.
pub trait Inspect {
    /// A provider's adapter; none where nothing is known of one.
    fn inspect(&self, provider: &ProviderId) -> Option<InspectedView>;

    /// Runs a record through the adapter that serves, or through a component, once the act is recorded.
    ///
    /// # Errors
    /// If there is nothing to run, or nothing to run it through.
    fn replay(
        &self,
        record: RecordId,
        component: Option<&[u8]>,
        who: &str,
        why: &str,
    ) -> Result<ReplayView, ReplayRefused>;
}
