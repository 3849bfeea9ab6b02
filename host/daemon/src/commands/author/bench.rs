//! `qadam adapter bench`: how fast an adapter is in the engine of the host, on its golden records.

use std::time::{Duration, Instant};

use clap::Args;
use qadam_domain::ProviderId;
use qadam_engine::{Adapter, NativeInput};
use qadam_package::golden::Sample;
use serde_json::json;

use super::{
    Which, built, golden, grouped,
    run::{self, Runner},
};
use crate::{
    cli::{Failure, Target},
    terminal::{note, say, table},
};

/// Arguments of `qadam adapter bench`.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    which: Which,
    /// Milliseconds for each size of batch
    #[arg(long, default_value_t = 1000, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    time: u64,
    /// Not here: the package on this provider's test stand, in its host, at the intensity that it declares; recorded there
    #[arg(long, value_name = "ID", conflicts_with_all = ["time", "adapter"])]
    pub(crate) provider: Option<ProviderId>,
    /// With --provider: seconds of arrivals
    #[arg(long, default_value_t = 60, value_name = "N", requires = "provider")]
    pub(crate) seconds: u64,
    /// With --provider: why, for the history
    #[arg(long, default_value = "", hide_default_value = true, requires = "provider")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) target: Target,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Bench {
    /// Whether a host is to make it.
    pub(crate) const fn is_of_host(&self) -> bool {
        self.provider.is_some()
    }
}

/// Records of a batch: a lone one, what a quiet provider sends, and the most that a host maps at once.
const BATCHES: [usize; 3] = [1, 16, 256];

/// How fast batches of one size were.
struct Rate {
    batch: usize,
    /// Microseconds of the middle batch, its new instance included.
    batch_us: f64,
    /// Most bytes of memory that a batch took.
    memory: u64,
}

impl Rate {
    fn record_us(&self) -> f64 {
        self.batch_us / self.batch as f64
    }
}

pub(crate) fn run(bench: &Bench) -> Result<(), Failure> {
    let guest = bench.which.guest()?;
    let samples = golden::samples(&guest.folder().join("golden"))?;
    let built = built(&guest)?;
    let runner = Runner::new(std::fs::read(&built.component)?)?;
    let settings = samples.first().map(|sample| sample.settings.clone()).unwrap_or_default();
    let (adapter, compiling) = timed(|| runner.adapter(&settings));
    let adapter = adapter?;
    let (loaded, loading) = timed(|| runner.adapter(&settings));
    loaded?;
    let records = good(&adapter, &samples);
    if records.is_empty() {
        return Err(Failure::Failed("no golden record is mapped; there is nothing to measure".into()));
    }
    let mut rates = Vec::new();
    for batch in BATCHES {
        rates.push(rate(&adapter, &records, batch, Duration::from_millis(bench.time))?);
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    if bench.json {
        let rate = |rate: &Rate| {
            json!({
                "batch": rate.batch, "batch_us": rate.batch_us, "record_us": rate.record_us(),
                "records_per_second": 1e6 / rate.record_us(), "memory_bytes": rate.memory,
            })
        };
        let answer = json!({
            "package": guest.package(), "component_bytes": built.bytes, "compile_ms": milliseconds(compiling),
            "load_ms": milliseconds(loading), "records": records.len(),
            "rates": rates.iter().map(rate).collect::<Vec<_>>(),
        });
        say(answer.to_string());
        return Ok(());
    }
    say(format!(
        "{}: {} bytes, compiled in {:.0} ms, loaded again from the compiled code in {:.1} ms",
        guest.package(),
        grouped(built.bytes),
        milliseconds(compiling),
        milliseconds(loading)
    ));
    let mut rows =
        vec![["RECORDS A BATCH", "RECORDS/S", "µs A RECORD", "µs A BATCH", "MEMORY"].map(String::from).to_vec()];
    for rate in &rates {
        rows.push(vec![
            rate.batch.to_string(),
            grouped((1e6 / rate.record_us()) as u64),
            format!("{:.1}", rate.record_us()),
            format!("{:.0}", rate.batch_us),
            format!("{} KiB", grouped(rate.memory >> 10)),
        ]);
    }
    table(&rows).into_iter().for_each(say);
    note("each batch has a new instance, as in the host; one thread");
    if cfg!(debug_assertions) {
        note("this qadam is a development build: a released one is faster where the host hands records over");
    }
    Ok(())
}

/// The golden records that are mapped; what is refused early would make the adapter look fast.
fn good<'s>(adapter: &Adapter, samples: &'s [Sample]) -> Vec<NativeInput<'s>> {
    let inputs = samples.iter().flat_map(|sample| &sample.records).map(run::input);
    let maps = |input: &NativeInput<'_>| {
        let mapped = adapter.map(std::slice::from_ref(input));
        mapped.is_ok_and(|mapped| mapped.outcomes.iter().all(|outcome| outcome.as_ref().is_ok_and(|e| !e.is_empty())))
    };
    inputs.filter(maps).collect()
}

fn rate(adapter: &Adapter, records: &[NativeInput<'_>], batch: usize, time: Duration) -> Result<Rate, Failure> {
    let inputs: Vec<NativeInput<'_>> = records.iter().copied().cycle().take(batch.max(records.len())).collect();
    let batches: Vec<&[NativeInput<'_>]> = inputs.chunks(batch).filter(|chunk| chunk.len() == batch).collect();
    let (mut spent, mut memory) = (Vec::new(), 0);
    let mut all = Duration::ZERO;
    for chunk in batches.iter().cycle() {
        let (mapped, one) = timed(|| adapter.map(chunk));
        memory = memory.max(mapped?.memory_peak);
        spent.push(one);
        all += one;
        if all >= time {
            break;
        }
    }
    spent.sort();
    let middle = spent.get(spent.len() / 2).copied().unwrap_or_default();
    Ok(Rate { batch, batch_us: middle.as_secs_f64() * 1e6, memory })
}

/// How long something took.
fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let value = run();
    (value, began.elapsed())
}
