//! Anonymous memory that loaded adapters hold: a hundred components, and then ten providers for each of them.

use qadam_engine::{Adapter, Engine};

use crate::{
    Failure, Plan, Ratios,
    samples::{SAMPLES, inputs, variant},
};

/// Components that differ; further adapters have one of them with settings of their own.
const COMPONENTS: usize = 100;

pub(crate) fn run(plan: Plan, engine: &Engine, ratios: &mut Ratios) -> Result<(), Failure> {
    let Some(sample) = SAMPLES.first() else { return Ok(()) };
    let component = sample.component()?;
    // Compiled before and let go: a compiler leaves memory behind that no adapter holds.
    for number in 0..plan.adapters.min(COMPONENTS) {
        drop(sample.load(engine, &variant(&component, number))?);
    }
    let records = sample.records(16);
    let lent = inputs(&records);
    let before = anonymous_kib()?;
    let mut loaded: Vec<Adapter> = Vec::new();
    for count in [1, 100, 1000].into_iter().filter(|count| *count <= plan.adapters) {
        while loaded.len() < count {
            let adapter = sample.load(engine, &variant(&component, loaded.len() % COMPONENTS))?;
            // Each has mapped: what its code touches is there.
            drop(adapter.map(&lent)?);
            loaded.push(adapter);
        }
        let more = anonymous_kib()?.saturating_sub(before);
        println!(
            "{count:>4} adapters loaded: {more} KiB of anonymous memory, {:.1} KiB each",
            more as f64 / count as f64
        );
        // With code of its own, each of a thousand costs what each of the hundred does: that is the other figure to know.
        if count == COMPONENTS {
            let each = more as f64 * 1024.0 / count as f64;
            ratios.push(("memory_of_1000_all_different_over_goal_50mb".into(), each * 1000.0 / 50e6));
        }
        if count == 1000 {
            ratios.push((
                format!("memory_of_1000_with_{COMPONENTS}_components_over_goal_50mb"),
                more as f64 * 1024.0 / 50e6,
            ));
        }
    }
    Ok(())
}

/// Anonymous memory of this process.
fn anonymous_kib() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    Ok(line.and_then(|line| line.split_whitespace().next()).ok_or("no RssAnon")?.parse()?)
}
