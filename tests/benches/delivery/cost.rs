//! What a delivered event costs, by how many wait; memory on the way; and the folder before and after retention.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Failure, Plan, Ratios,
    backlog::{Backlog, again, waiting},
    drain::drained,
    receiver::Receiving,
    used,
};

/// Events of a message: few, for what the queue costs it costs for each message.
const IN_A_MESSAGE: u64 = 16;
/// Backlogs.
const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Events delivered for one figure, at least: processor time is counted in hundredths of a second.
const LEAST: u64 = 20_000;

pub(crate) fn run(plan: Plan, folder: &Path, ratios: &mut Ratios) -> Result<(), Failure> {
    let sizes: Vec<u64> = SIZES.into_iter().filter(|size| *size <= plan.largest).collect();
    let mut costs = Vec::new();
    for size in &sizes {
        let folder = folder.join(size.to_string());
        let backlog = Backlog::build(&folder, *size, IN_A_MESSAGE)?;
        let least = LEAST.min(plan.largest * 4);
        let Measured { cost, early, late } = measure(&backlog, &memory()?.path().join("receiver"), *size, least)?;
        costs.push(cost);
        if Some(size) == sizes.last() {
            ratios.push(("memory_at_the_end_over_a_tenth".to_owned(), late as f64 / early as f64));
            given_back(&backlog, *size, ratios)?;
        }
        std::fs::remove_dir_all(&folder)?;
    }
    let named = |size: u64| format!("{size:e}");
    if let (Some((small, first)), Some((large, last))) =
        (sizes.first().zip(costs.first()), sizes.last().zip(costs.last()))
        && small != large
    {
        ratios.push((format!("cost_at_{}_over_{}", named(*large), named(*small)), last / first));
    }
    Ok(())
}

/// A folder in memory, where there is such a place: the receiver's disk is not what is measured here, and a million messages are
/// a lot.
fn memory() -> Result<tempfile::TempDir, Failure> {
    let shared = PathBuf::from("/dev/shm");
    let place = if shared.is_dir() { shared } else { std::env::temp_dir() };
    Ok(tempfile::Builder::new().prefix("bench-delivery-").tempdir_in(place)?)
}

/// What draining one backlog took.
struct Measured {
    /// Microseconds of processor time for each event.
    cost: f64,
    /// Bytes of memory after a tenth.
    early: u64,
    /// And at the end.
    late: u64,
}

/// Drains it, more than once where it is small. Each drain begins with a store that was just opened, and knows nothing by heart.
fn measure(backlog: &Backlog, receiver: &Path, size: u64, least: u64) -> Result<Measured, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let receiving = Receiving::start(receiver)?;
    let all = waiting(&*backlog.open()?)?;
    let (mut spent, mut time, mut delivered) = (0.0, 0.0, 0);
    let (mut early, mut late) = (None, 0);
    while delivered < least {
        if delivered > 0 {
            again(&*backlog.open()?)?;
        }
        let store = backlog.open()?;
        let push = receiving.push()?;
        let before = used::processor_time()?;
        let taken = runtime.block_on(drained(&store, push, Duration::from_millis(20), &mut |left| {
            late = used::memory()?;
            if left <= all - all / 10 {
                early.get_or_insert(late);
            }
            Ok(())
        }))?;
        spent += used::processor_time()? - before;
        time += taken.as_secs_f64();
        delivered += all;
    }
    let cost = spent / delivered as f64;
    let early = early.unwrap_or(late);
    println!(
        "{size:>9} events waiting: {cost:>6.1} µs of CPU for each delivered, {:>6.0} events/s, {} MiB after a tenth, {} MiB at the end",
        delivered as f64 / time,
        early >> 20,
        late >> 20
    );
    Ok(Measured { cost, early, late })
}

/// What retention makes of the folder, and what the index would take if it were built anew.
fn given_back(backlog: &Backlog, size: u64, ratios: &mut Ratios) -> Result<(), Failure> {
    let journal = backlog.data().join("journal");
    let index = backlog.data().join("index");
    let (before, indexed) = (used::disk(&journal)?, used::disk(&index)?);
    let start = std::time::Instant::now();
    backlog.retain()?;
    let time = start.elapsed().as_secs_f64();
    let after = used::disk(&journal)?;
    let each = |bytes: u64| bytes as f64 / size as f64;
    println!(
        "{size} events delivered: the journal takes {} MiB ({:.0} bytes each), after retention {} MiB ({:.0} bytes each), in {time:.1} s",
        before >> 20,
        each(before),
        after >> 20,
        each(after)
    );
    std::fs::remove_dir_all(&index)?;
    drop(backlog.open()?);
    let rebuilt = used::disk(&index)?;
    println!("the index takes {} MiB; built anew, {} MiB", indexed >> 20, rebuilt >> 20);
    ratios.push(("journal_after_over_before_retention".to_owned(), after as f64 / before as f64));
    ratios.push(("index_over_rebuilt".to_owned(), indexed as f64 / rebuilt as f64));
    Ok(())
}
