//! How fast a backlog is brought to the reference receiver, beside the same client that sends the same bodies to it and writes
//! nothing down; what a delivered event costs when little waits and when much does; and what retention gives back.
//!
//! ```text
//! cargo bench --bench delivery -- [--quick] [drain] [cost]
//! ```
//! Without names both parts run. `--quick` (or `QADAM_BENCH_QUICK=1`) makes everything tiny, to see that it runs.
//! `QADAM_BENCH_RECORDS` is the largest backlog of `cost`: 100,000 events, or 1,000,000 for the figures that count.
//!
//! What is delivered is real: records through the real host, mapped by the real component, sealed; the real queue and client; the
//! real receiver, in a process of its own, which checks every message and syncs it before it answers. Rates come from paired rounds:
//! both sides take turns, each with a receiver that has nothing yet, and the median of the rounds' ratios counts. Costs are
//! processor time of this process, where the host's side runs and nothing else.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod backlog;
mod cost;
mod drain;
mod receiver;
#[path = "../intake/records.rs"]
mod records;
mod used;

use std::process::ExitCode;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Ratios = Vec<(String, f64)>;

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Paired rounds after one that does not count.
    rounds: usize,
    /// Events of a drained backlog.
    drained: u64,
    /// The largest backlog of `cost`.
    largest: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, folder] = &arguments[..]
        && mode == receiver::MODE
    {
        return finished(receiver::run(folder.as_ref()));
    }
    let quick =
        arguments.iter().any(|argument| argument == "--quick") || std::env::var_os("QADAM_BENCH_QUICK").is_some();
    let records = std::env::var("QADAM_BENCH_RECORDS").ok().and_then(|records| records.parse().ok());
    let plan = if quick {
        Plan { rounds: 1, drained: 2_000, largest: records.unwrap_or(2_000) }
    } else {
        Plan { rounds: 5, drained: 40_000, largest: records.unwrap_or(100_000) }
    };
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    finished(run(plan, &|part| names.is_empty() || names.contains(&part)))
}

fn finished(done: Result<(), Failure>) -> ExitCode {
    match done {
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
    let folder = tempfile::Builder::new().prefix("bench-delivery-").tempdir_in(target)?;
    let mut ratios = Ratios::new();
    if wanted("drain") {
        drain::run(plan, &folder.path().join("drain"), &mut ratios)?;
    }
    if wanted("cost") {
        cost::run(plan, &folder.path().join("cost"), &mut ratios)?;
    }
    for (name, ratio) in ratios {
        println!("ratio {name} {ratio:.3}");
    }
    Ok(())
}
