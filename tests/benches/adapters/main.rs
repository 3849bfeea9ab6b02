//! What the sandbox costs: each adapter as a component in the engine of the host, beside the same mapping compiled natively
//! and called as a function; what loading and swapping take; what many loaded adapters hold in memory.
//!
//! ```text
//! cargo bench --bench adapters -- [--quick] [speed] [loading] [memory] [interleaved] [beside]
//! ```
//! Without names all parts run. `--quick` makes everything tiny, to see that it runs; `--loop NAME` maps with one adapter
//! for ten seconds, for a profiler. Ratios come from paired rounds in one process: both sides take turns, each round gives a
//! ratio, and their median counts. Goals are those of the lab's page: what is `over_goal` should stay below 1.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;
mod loading;
mod memory;
mod samples;
mod speed;

use std::{process::ExitCode, time::Duration};

use qadam_engine::{Engine, EngineConfig};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Ratios = Vec<(String, f64)>;

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Paired rounds.
    rounds: usize,
    /// Of one side in one round.
    time: Duration,
    /// Loaded adapters at most.
    adapters: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let plan = if arguments.iter().any(|argument| argument == "--quick") {
        Plan { rounds: 2, time: Duration::from_millis(20), adapters: 10 }
    } else {
        Plan { rounds: 21, time: Duration::from_millis(100), adapters: 1000 }
    };
    let profiled = arguments.iter().position(|argument| argument == "--loop").and_then(|at| arguments.get(at + 1));
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    let done = match profiled {
        Some(name) => speed::turn(name),
        None => run(plan, &|part| names.is_empty() || names.contains(&part)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("the bench failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: Plan, wanted: &dyn Fn(&str) -> bool) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("bench-adapters-").tempdir()?;
    let engine = || Engine::new(EngineConfig { cache_dir: Some(folder.path().into()), ..EngineConfig::default() });
    let mut ratios = Ratios::new();
    // First, while nothing else has used memory.
    if wanted("memory") {
        memory::run(plan, &engine()?, &mut ratios)?;
    }
    if wanted("speed") {
        speed::run(plan, &engine()?, &mut ratios)?;
    }
    if wanted("loading") {
        loading::run(plan, &engine()?, &mut ratios)?;
    }
    if wanted("interleaved") {
        speed::interleaved(plan, &engine()?, &mut ratios)?;
    }
    if wanted("beside") {
        beside::run(plan, folder.path(), &mut ratios)?;
    }
    for (name, ratio) in ratios {
        println!("ratio {name} {ratio:.3}");
    }
    Ok(())
}

/// The middle of some figures.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
