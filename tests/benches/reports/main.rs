//! Cost of the monthly report and of counting what is overdue, from the store's counts; beside it the same question answered from
//! rows by SQLite, as an operator without counts would ask it, through the `sqlite3` of python3 where there is one.
//!
//! `cargo bench --bench reports`; `QADAM_SIZES=100000,1000000` says for how many requests. Lines: `ratio report_over_sqlite/N`,
//! `ratio overdue_over_sqlite/N`,
//! `ratio report/LARGEST_over_SMALLEST` and, for 10^7 requests whose cells are filled without them, `ratio report/10^7_over_10^5`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that fails may panic, and prints what it found")]

mod open;
mod rows;

use std::{
    collections::BTreeSet,
    hint::black_box,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use qadam_domain::{
    EventRef,
    breach::Blame,
    report::{Cell, Month, Report, Tally},
};
use qadam_store::{Settled, Store, StoreConfig};

const ROUNDS: usize = 15;
/// Overdue requests that are listed.
const LISTED: usize = 100;

fn main() {
    let sizes = std::env::var("QADAM_SIZES").unwrap_or_else(|_| "100000,1000000".into());
    let sizes: Vec<u64> = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let mut costs = Vec::new();
    for size in sizes {
        let (report, overdue) = measured(size);
        println!("{size} requests: report {report:.2?}, overdue counted, and the first hundred listed {overdue:.2?}");
        match sqlite(size) {
            Some((rival, list)) => {
                println!("{size} requests: SQLite: report {rival:.2?}, overdue {list:.2?}");
                println!("ratio report_over_sqlite/{size} {:.5}", report.as_secs_f64() / rival.as_secs_f64());
                println!("ratio overdue_over_sqlite/{size} {:.5}", overdue.as_secs_f64() / list.as_secs_f64());
            }
            None => println!("{size} requests: no python3 with sqlite3 here, so no rival"),
        }
        costs.push((size, report));
    }
    if let (Some((small, first)), Some((large, last))) = (costs.first(), costs.last()) {
        println!("ratio report/{large}_over_{small} {:.3}", last.as_secs_f64() / first.as_secs_f64());
    }
    let (small, large) = (filled(100_000), filled(10_000_000));
    println!("ratio report/10^7_over_10^5 {:.3}", large.as_secs_f64() / small.as_secs_f64());
}

/// The median time of a report, and of counting what is overdue, through a store with so many requests.
fn measured(size: u64) -> (Duration, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreConfig::in_folder(folder.path())).unwrap();
    let mut open = open::requests(&store, size.div_ceil(rows::OPEN)).into_iter();
    for first in (0..size).step_by(1_000) {
        let some: Vec<Settled> = (first..size.min(first + 1_000))
            .map(|number| {
                let counted = rows::counted(number);
                let months: BTreeSet<Month> = rows::months(&counted);
                // What is finished is only counted: no question leads to its events.
                let finished = EventRef { seq: (1 << 40) + number, index: 0 };
                let request = if counted.open.is_some() { open.next().unwrap() } else { finished };
                Settled { request, mark: 0, counted, months }
            })
            .collect();
        store.settle(&some).unwrap();
    }
    let (month, now) = (rows::month(), rows::now());
    let report = median(|| {
        let (counted, before) = (store.tally(month, now).unwrap(), store.tally(month.before().unwrap(), now).unwrap());
        serde_json::to_vec(&Report::of(month, now, &counted, Some(&before))).unwrap().len()
    });
    let overdue = median(|| (store.count_overdue(now, None).unwrap(), store.overdue(now, None, LISTED).unwrap().len()));
    assert_eq!(store.overdue(now, None, LISTED).unwrap().len(), LISTED);
    (report, overdue)
}

/// The median time of a report from cells that count so many requests.
fn filled(size: u64) -> Duration {
    let mut tally = Tally::default();
    let each = size / (rows::PLACES * 12);
    for place in 0..rows::PLACES {
        // A twentieth is late, by minutes of which there are no more for more requests.
        let late = each / 20;
        let cell = Cell {
            requests: each,
            finished: each,
            blames: [(Blame::Provider, late)].into(),
            minutes: (0..late.min(400)).map(|minutes| (minutes + 1, late / late.clamp(1, 400))).collect(),
            ..Cell::default()
        };
        tally.put(&rows::place(place), &cell);
    }
    let now: Timestamp = rows::now();
    median(|| serde_json::to_vec(&Report::of(rows::month(), now, &tally, Some(&tally))).unwrap().len())
}

fn median<T>(mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}

/// The same question to rows: python3 fills a table of the same requests, with an index by month, and asks.
fn sqlite(size: u64) -> Option<(Duration, Duration)> {
    let script = include_str!("rival.py");
    let out = Command::new("python3").args(["-c", script, &size.to_string()]).stderr(Stdio::inherit()).output().ok()?;
    let said = String::from_utf8(out.stdout).ok()?;
    let mut seconds = said.split_whitespace().map(|seconds| seconds.parse().ok().map(Duration::from_secs_f64));
    Some((seconds.next()??, seconds.next()??))
}
