//! What an adapter's calls took, since it was loaded.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{adapter::Mapped, fault::AdapterFault};

/// What an adapter's calls took. A batch that faults is tried again record by record; those calls count too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Used {
    /// Batches.
    pub calls: u64,
    /// Records in batches that it answered.
    pub records: u64,
    /// Events that it gave.
    pub events: u64,
    /// Records that it refused, by the name of the cause.
    pub refused: BTreeMap<&'static str, u64>,
    /// Batches that gave no answer, by the name of the fault.
    pub faults: BTreeMap<&'static str, u64>,
    /// The processor's time of all calls, faults included.
    pub cpu: Duration,
    /// Wall-clock time of the calls that it answered, waiting for a free place not included.
    pub spent: Duration,
    /// Most bytes that its memories together held in one batch that it answered.
    pub memory_peak: u64,
    /// Log lines that were over the limit and dropped.
    pub log_lines_cut: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<Used>);

impl Usage {
    /// Counts a call.
    pub(crate) fn note(&self, cpu: Duration, mapped: Result<&Mapped, &AdapterFault>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.calls += 1;
        used.cpu += cpu;
        match mapped {
            Ok(mapped) => {
                used.records += mapped.outcomes.len() as u64;
                used.spent += mapped.spent;
                used.memory_peak = used.memory_peak.max(mapped.memory_peak);
                used.log_lines_cut += u64::from(mapped.log_lines_cut);
                for outcome in &mapped.outcomes {
                    match outcome {
                        Ok(events) => used.events += events.len() as u64,
                        Err(refusal) => *used.refused.entry(refusal.cause.name()).or_default() += 1,
                    }
                }
            }
            Err(fault) => *used.faults.entry(fault.name()).or_default() += 1,
        }
    }

    pub(crate) fn used(&self) -> Used {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
