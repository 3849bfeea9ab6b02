//! How fast records are acknowledged over real HTTP, beside a raw log and PostgreSQL behind the same handler and the same
//! client; and what a filled host costs in memory, disk and time to open.
//!
//! ```text
//! cargo bench -p qadam-tests --bench intake -- [--quick] [--alone] [ack/1] [ack/16] [ack/256] [sustained] [postgres] [volume]
//! ```
//! Without names all parts run. `--quick` (or `QADAM_BENCH_QUICK=1`) makes everything tiny, to see that it runs; `--alone`
//! leaves the rivals out, for a profiler. `QADAM_BENCH_RECORDS` is the number of records of `volume`: 100,000, or
//! 1,000,000 for the figures that count.
//!
//! Rates come from paired rounds in one process: both sides take turns, each round gives a ratio, and the median of the
//! ratios counts. Before a side has its turn, the other one has nothing left to do and the disk nothing left to write.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod child;
mod client;
mod host;
mod postgres;
mod raw_log;
mod records;
mod rival;
mod rounds;
mod served;
mod volume;

use std::{path::Path, process::ExitCode, time::Duration};

use crate::{
    client::{Load, Sent},
    host::Qadam,
    rounds::{Pair, paired},
    served::Served,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Paired rounds after one that does not count.
    rounds: usize,
    /// Of one side in one round.
    time: Duration,
    /// Records of the filled host.
    records: u64,
    /// Without rivals, and so without ratios.
    alone: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick =
        arguments.iter().any(|argument| argument == "--quick") || std::env::var_os("QADAM_BENCH_QUICK").is_some();
    let records = std::env::var("QADAM_BENCH_RECORDS").ok().and_then(|records| records.parse().ok());
    let alone = arguments.iter().any(|argument| argument == "--alone");
    let plan = if quick {
        Plan { rounds: 1, time: Duration::from_millis(200), records: records.unwrap_or(3_000), alone }
    } else {
        Plan { rounds: 5, time: Duration::from_secs(2), records: records.unwrap_or(100_000), alone }
    };
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    match run(plan, &|part| names.is_empty() || names.contains(&part)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("the bench failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: Plan, wanted: &dyn Fn(&str) -> bool) -> Result<(), Failure> {
    // Beside the build, which is on a disk; the folder of temporary files may be memory.
    let target = qadam_powercut::own_target_dir()?;
    let folder = tempfile::Builder::new().prefix("bench-intake-").tempdir_in(target)?;
    // Threads as the program has them.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("http").build()?;
    let inside = runtime.enter();
    let mut ratios = Vec::new();
    if ["ack/1", "ack/16", "ack/256", "sustained", "postgres"].into_iter().any(wanted) {
        rates(plan, wanted, folder.path(), &mut ratios)?;
    }
    if wanted("volume") {
        volume::run(plan.records, folder.path(), &mut ratios)?;
    }
    drop(inside);
    runtime.shutdown_timeout(Duration::from_secs(10));
    for (name, ratio) in ratios.into_iter().filter(|_| !plan.alone) {
        println!("ratio {name} {ratio:.3}");
    }
    Ok(())
}

type Ratios = Vec<(String, f64)>;

fn rates(plan: Plan, wanted: &dyn Fn(&str) -> bool, folder: &Path, ratios: &mut Ratios) -> Result<(), Failure> {
    let raw = Served::start(raw_log::router(&folder.join("raw"))?, "raw log")?;
    let host = Qadam::open(&folder.join("ack"), None)?;
    let ours = Served::start(host.router(), "qadam, acknowledgement")?;
    let load = |served: &Served, senders| Load::single(served.address, host.key(), senders, plan.time);
    let mut note = |name: String, pair: Pair, ours: &Served, rival: &Served, senders: usize| {
        for (name, side) in [(&ours.name, pair.ours), (&rival.name, pair.rival)] {
            println!("{senders:>4} senders  {name:<26} {:>8.0} records/s {:>6.1} µs of CPU", side.rate, side.cpu);
        }
        ratios.push((name, pair.ratio));
    };
    let acknowledged = |senders| {
        let sent = client::drive(&load(&ours, senders))?;
        host.settle()?;
        Ok(sent)
    };
    let rival = |served: &Served, senders| {
        if plan.alone { Ok(Sent::default()) } else { client::drive(&load(served, senders)) }
    };
    for senders in [1, 16, 256].into_iter().filter(|senders| wanted(&format!("ack/{senders}"))) {
        let pair = paired(plan.rounds, &mut || acknowledged(senders), &mut || rival(&raw, senders))?;
        note(format!("intake_over_raw_log/{senders}"), pair, &ours, &raw, senders);
    }
    if wanted("sustained") {
        let host = Qadam::open(&folder.join("sustained"), Some(&folder.join("adapters")))?;
        let mapped = Served::start(host.router(), "qadam, until all mapped")?;
        let load = Load::single(mapped.address, host.key(), 256, plan.time);
        let pair = paired(plan.rounds, &mut || host.sustained(&load), &mut || rival(&raw, 256))?;
        note("sustained_over_raw_log/256".into(), pair, &mapped, &raw, 256);
    }
    if wanted("postgres") {
        match postgres::Cluster::start(&folder.join("postgres"))? {
            Some(cluster) => {
                let pools = cluster.pools(&[32, 64], |served| Ok(rival(served, 256)?.rate()))?;
                let pair = paired(plan.rounds, &mut || acknowledged(256), &mut || rival(&pools, 256))?;
                note("intake_over_postgres/256".into(), pair, &ours, &pools, 256);
            }
            None => println!(
                "skipped: intake_over_postgres/256, PostgreSQL 15 is not installed (apt-get install postgresql-15)"
            ),
        }
    }
    Ok(())
}
