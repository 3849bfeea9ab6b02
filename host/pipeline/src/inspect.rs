//! Looking into an adapter: what its calls took, how it failed last, and what it makes of one record of the journal.

use jiff::Timestamp;
use qadam_domain::{Event, ProviderId, RecordId, Refusal, mask, shape::shape};
use qadam_engine::{Adapter, AdapterFault, NativeInput, Tried, Used};
use qadam_store::{FoundResult, StoreError};

use crate::{
    Pipeline,
    adapters::AdapterStatus,
    loading::LoadFailure,
    mapping::{Attempt, validated},
    signatures::Gate,
};

/// Most characters of a fault's text.
const DETAIL: usize = 500;

/// An adapter, looked into.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// As the list has it.
    pub status: AdapterStatus,
    /// What its calls took, since it was loaded.
    pub used: Option<Used>,
    /// How it failed last.
    pub failed: Option<Failed>,
}

/// A fault, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// When it was noticed.
    pub at: Timestamp,
    /// The record that it failed on, to be replayed.
    pub record: Option<RecordId>,
    /// Its name, `trap`.
    pub kind: &'static str,
    /// What happened, masked.
    pub detail: String,
    /// Names of the functions, innermost first, where code of the adapter trapped.
    pub backtrace: Vec<String>,
}

impl Failed {
    pub(crate) fn of(fault: &AdapterFault, record: Option<RecordId>, at: Timestamp) -> Self {
        let backtrace = match fault {
            AdapterFault::Trap { backtrace, .. } => backtrace.clone(),
            _ => Vec::new(),
        };
        Self { at, record, kind: fault.name(), detail: mask::text(&fault.to_string(), DETAIL), backtrace }
    }
}

/// What an adapter makes of a record. Nothing of it is kept.
#[derive(Debug)]
pub struct Replayed {
    /// Whose record.
    pub provider: ProviderId,
    /// Name, version and digest of the component that was asked.
    pub adapter: (String, String, [u8; 32]),
    /// What it gave.
    pub gave: Gave,
    /// The rest: log lines, times, memory.
    pub log: Vec<(&'static str, String)>,
    /// Lines that were over the limit.
    pub log_lines_cut: u32,
    /// Microseconds of the processor.
    pub cpu_micros: u64,
    /// Most bytes of memory.
    pub memory_peak: u64,
    /// The record masked, and whether the adapter makes the same of it: fails in the same place, refuses for the same cause, gives as
    /// many events of the same kinds.
    pub masked: Option<(Vec<u8>, bool)>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Gave {
    /// Events.
    Events(Vec<Event>),
    /// The record's fault.
    Refused(Refusal),
    /// The adapter's.
    Failed(Box<Failed>),
}

/// Why a record was not replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// There is none, or its body was erased or never kept.
    #[error("there is no such record, or its body was erased or never kept")]
    Nothing,
    /// The host itself refuses it, or waits for what tells of its signature: no adapter would be asked.
    #[error("no adapter is asked for this record: {0}")]
    Gate(String),
    /// No adapter serves, or the component cannot be used.
    #[error(transparent)]
    Adapter(#[from] LoadFailure),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Pipeline {
    /// A provider's adapter, looked into; none where nothing is known of one.
    #[must_use]
    pub fn inspect(&self, provider: &ProviderId) -> Option<Inspected> {
        let status = self.adapters().into_iter().find(|status| status.provider == *provider)?;
        let used = self.registry.get(provider).map(|loaded| loaded.adapter.used());
        let failed = self.with_service(|slots| slots.get(provider).and_then(|slot| slot.failed.clone()));
        Some(Inspected { status, used, failed })
    }

    /// Runs a record of the journal through the adapter that serves, or through a component that is only tried, with the settings and
    /// limits of the provider. Changes nothing. Recorded as an act before the adapter is asked. Blocks.
    ///
    /// # Errors
    /// If there is no such record, or no adapter to ask.
    pub fn replay(
        &self,
        id: RecordId,
        component: Option<&[u8]>,
        who: &str,
        why: &str,
    ) -> Result<Replayed, ReplayError> {
        let record = self.store.native(id)?.filter(|record| record.body.is_some()).ok_or(ReplayError::Nothing)?;
        let provider = record.received.provider.clone();
        let adapter = match component {
            Some(component) => self.compile(&provider, component)?,
            None => {
                let loaded = self.registry.get(&provider);
                loaded.ok_or_else(|| LoadFailure::NoneServes(provider.clone()))?.adapter.clone()
            }
        };
        self.store.act(self.act_of("replay", id.to_string(), who, why, Vec::new()))?;
        let profile = self.profiles.of(&provider);
        let gate = self.gate(&profile, &record)?;
        let text = id.to_string();
        let Some(input) = gate.input(&record, &text) else {
            return Err(ReplayError::Gate(match gate {
                Gate::Refuse(refusal, _) => format!("{}: {}", refusal.cause.name(), refusal.detail),
                Gate::Hold(quarantine, _) => format!("{}: {}", quarantine.fault, quarantine.detail),
                _ => "what tells of its signature is being fetched; try again".to_owned(),
            }));
        };
        let now = self.now();
        let gave = |tried: Result<_, AdapterFault>| {
            let attempt: Attempt = tried.and_then(|outcome| validated(outcome, &profile));
            match attempt {
                Ok(FoundResult::Mapped(events)) => Gave::Events(events.into_iter().map(|it| it.into_event()).collect()),
                Ok(FoundResult::Refused(refusal)) => Gave::Refused(refusal),
                Ok(FoundResult::Quarantined(quarantine)) => {
                    let detail = quarantine.detail;
                    Gave::Failed(Box::new(Failed {
                        at: now,
                        record: Some(id),
                        kind: "quarantine",
                        detail,
                        backtrace: Vec::new(),
                    }))
                }
                Err(fault) => Gave::Failed(Box::new(Failed::of(&fault, Some(id), now))),
            }
        };
        let Tried { outcome, log, log_lines_cut, cpu, memory_peak, .. } = adapter.try_one(&input);
        let told = gave(outcome);
        let body = shape(input.body);
        let again = gave(adapter.try_one(&NativeInput { body: &body, ..input }).outcome);
        Ok(Replayed {
            provider,
            adapter: named(&adapter),
            masked: Some((body, told.is_like(&again))),
            gave: told,
            log: log.into_iter().map(|line| (line.level, line.message)).collect(),
            log_lines_cut,
            cpu_micros: u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX),
            memory_peak,
        })
    }
}

fn named(adapter: &Adapter) -> (String, String, [u8; 32]) {
    let description = adapter.description();
    (description.name.clone(), description.version.clone(), *adapter.component_digest())
}

impl Gave {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Events(one), Self::Events(other)) => {
                let kinds = |events: &[Event]| events.iter().map(|event| event.kind.name()).collect::<Vec<_>>();
                kinds(one) == kinds(other)
            }
            (Self::Refused(one), Self::Refused(other)) => one.cause == other.cause && one.field == other.field,
            (Self::Failed(one), Self::Failed(other)) => one.kind == other.kind && one.backtrace == other.backtrace,
            _ => false,
        }
    }
}
