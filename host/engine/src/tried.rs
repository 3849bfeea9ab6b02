//! One record run through an adapter for whoever wants to see how: with what it logged, and what it took.

use std::time::{Duration, Instant};

use qadam_domain::Refusal;

use crate::{
    adapter::{Adapter, NativeInput},
    convert::{self, NormalisedEvent},
    cpu::thread_time,
    fault::AdapterFault,
};

/// A line that an adapter logged, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// What it says.
    pub message: String,
}

/// What became of one record.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tried {
    /// Its events, why it is refused, or how the adapter failed.
    pub outcome: Result<Result<Vec<NormalisedEvent>, Refusal>, AdapterFault>,
    /// What the adapter logged, as far as its limits let it.
    pub log: Vec<LogLine>,
    /// Lines that were over the limit and dropped.
    pub log_lines_cut: u32,
    /// The processor's time.
    pub cpu: Duration,
    /// Wall-clock time, waiting for a free place included.
    pub spent: Duration,
    /// Most bytes that its memories together held.
    pub memory_peak: u64,
}

impl Adapter {
    /// Runs one record as [`Adapter::map`] does, and keeps what can be seen of it. It is not counted.
    #[must_use]
    pub fn try_one(&self, record: &NativeInput<'_>) -> Tried {
        let batch = [convert::native(record)];
        let (room, name) = self.room();
        let (before, began) = (thread_time(), Instant::now());
        let (run, kept) =
            room.run_and_keep(name, |adapter, store| adapter.qadam_adapter_mapping().call_map(store, &batch));
        let (cpu, spent) = (thread_time().saturating_sub(before), began.elapsed());
        let outcome = run.map_err(|(fault, _)| fault).and_then(|run| {
            let actual = run.value.len();
            match (run.value.into_iter().next(), actual) {
                (Some(outcome), 1) => convert::outcome(0, outcome),
                _ => Err(AdapterFault::Length { expected: 1, actual }),
            }
        });
        Tried { outcome, log: kept.lines, log_lines_cut: kept.log_lines_cut, cpu, spent, memory_peak: kept.memory_peak }
    }
}
