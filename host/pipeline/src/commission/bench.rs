//! The load test (1336-15): records arrive at the declared intensity, are mapped in batches as the host makes them, and must not pile up.
//!
//! Arrivals are reckoned, not waited for: the work is real and done at once, and each batch's real time moves the reckoned clock.
//! So a minute of arrivals is tried in the seconds that the work takes, and the answer does not hang on a timer.

use std::time::Duration;

use qadam_domain::{
    ProviderId,
    commission::{BenchResults, Step},
};
use qadam_engine::{Adapter, NativeInput};
use qadam_package::golden;

use crate::{
    Pipeline,
    loading::{LoadFailure, Order},
    trial::{self, Outcome, input},
};

/// Most records of one load test.
const MOST: u64 = 500_000;
/// Most time of the adapter's own in one load test: what takes longer does not keep up, or was asked too much.
const PATIENCE: Duration = Duration::from_secs(60);

impl Pipeline {
    /// Tries a provider's candidate at the intensity that its maker declares, and records what it showed. Blocks, for a minute at
    /// most.
    ///
    /// # Errors
    /// If there is no candidate, it has no golden records to be tried with, or nothing could be recorded.
    pub fn bench(&self, provider: &ProviderId, seconds: u64, order: Order<'_>) -> Result<BenchResults, LoadFailure> {
        let candidate = self.candidate(provider)?;
        let (package, _) = self.kept_package(provider, &crate::shelf::name(&candidate.provenance.package))?;
        let samples = golden::samples(package.golden())?;
        let settings = samples.first().map(|sample| sample.settings.clone()).unwrap_or_default();
        let limits = candidate.adapter.limits().clone();
        let adapter = self.engine.load(package.component(), settings.clone(), limits)?;
        // What is refused early would make the adapter look fast.
        let records: Vec<NativeInput<'_>> = samples
            .iter()
            .filter(|sample| sample.settings == settings)
            .flat_map(|sample| &sample.records)
            .map(input)
            .filter(|input| matches!(trial::alone(&adapter, input), Outcome::Mapped(events) if !events.is_empty()))
            .collect();
        if records.is_empty() {
            return Err(LoadFailure::NothingToBench);
        }
        let rate = u64::from(candidate.provenance.records_per_second);
        let results = run(&adapter, &records, rate, seconds.max(1), self.limits.batch_records.clamp(1, 256));
        let _changing = self.changing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.step(provider, &candidate.provenance, Step::Benched(results.clone()), order)?;
        Ok(results)
    }
}

fn run(adapter: &Adapter, records: &[NativeInput<'_>], rate: u64, seconds: u64, most: usize) -> BenchResults {
    let due = (rate * seconds).clamp(1, MOST);
    let gap = Duration::from_secs(1).div_f64(rate as f64);
    let arrival = |record: u64| gap.mul_f64(record as f64);
    let mut results = BenchResults { records_per_second: rate, seconds, ..BenchResults::default() };
    let (mut clock, mut spent) = (Duration::ZERO, Duration::ZERO);
    let mut waits: Vec<u64> = Vec::new();
    let mut source = records.iter().copied().cycle();
    while results.records < due && spent < PATIENCE {
        // Where none waits, the clock moves to the next arrival.
        clock = clock.max(arrival(results.records));
        let mut batch: Vec<NativeInput<'_>> = Vec::new();
        while batch.len() < most
            && results.records + (batch.len() as u64) < due
            && arrival(results.records + batch.len() as u64) <= clock
        {
            batch.extend(source.next());
        }
        match adapter.map(&batch) {
            Ok(mapped) => {
                results.memory_bytes = results.memory_bytes.max(mapped.memory_peak);
                spent += mapped.spent;
                clock += mapped.spent;
            }
            Err(_) => {
                results.faults += 1;
                spent += adapter.limits().batch_time;
                clock += adapter.limits().batch_time;
            }
        }
        let first = results.records;
        waits.extend(
            (0..batch.len() as u64)
                .map(|nth| u64::try_from(clock.saturating_sub(arrival(first + nth)).as_millis()).unwrap_or(u64::MAX)),
        );
        results.records += batch.len() as u64;
    }
    waits.sort_unstable();
    results.wait_ms = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    results.capacity = (results.records as f64 / spent.as_secs_f64().max(1e-9)) as u64;
    results
}
