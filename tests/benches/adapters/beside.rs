//! What a neighbour loses beside a hostile adapter: its rate of mapping while one does its worst on another thread, over and
//! over, as a worker of the host would give it records, over its rate alone, both by the clock. Told beside it is the rate without
//! the time in which the neighbour's thread was ready and had no core: on a machine that others use too the two differ.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use qadam_engine::{Adapter, CompileLimits, CompilerCommand, Engine, EngineConfig, Limits, NativeInput};
use qadam_tests::hostile::{Guest, LOG, WORST, laborious};

use crate::{
    Failure, Plan, Ratios, median,
    samples::{SAMPLES, inputs, variant},
};

/// Kinds of hostility, by what runs them for ever.
enum Kind {
    /// On a record.
    Runs(Guest),
    /// When it is compiled.
    Compiles(Vec<u8>),
}

pub(crate) fn run(plan: Plan, folder: &std::path::Path, ratios: &mut Ratios) -> Result<(), Failure> {
    let compiler = CompilerCommand {
        program: env!("CARGO_BIN_EXE_qadam-under-test").into(),
        arguments: vec!["compile-component".into()],
        limits: CompileLimits { seconds: 1, memory_mib: 2048 },
    };
    let engine = EngineConfig { cache_dir: Some(folder.into()), compiler: Some(compiler), ..EngineConfig::default() };
    let engine = Engine::new(engine)?;
    let Some(sample) = SAMPLES.first() else { return Ok(()) };
    let neighbour = sample.load(&engine, &sample.component()?)?;
    let records = sample.records(256);
    let lent = inputs(&records);
    for (name, kind) in kinds() {
        let worst: Box<dyn Fn() + Sync> = match kind {
            Kind::Runs(guest) => {
                let limits = Limits { batch_time: Duration::from_millis(50), ..Limits::default() };
                let hostile = engine.load(&guest.component(), BTreeMap::new(), limits)?;
                Box::new(move || drop(hostile.map(&[record()])))
            }
            Kind::Compiles(component) => {
                let engine = engine.clone();
                Box::new(move || drop(engine.load(&component, BTreeMap::new(), Limits::default())))
            }
        };
        let (mut over, mut by_the_clock) = (Vec::new(), Vec::new());
        for round in 0..=plan.rounds {
            let (alone, beside) = if round % 2 == 0 {
                let alone = rate(plan.time * 3, &neighbour, &lent);
                (alone, beside(plan.time * 3, &neighbour, &lent, &*worst))
            } else {
                let beside = beside(plan.time * 3, &neighbour, &lent, &*worst);
                (rate(plan.time * 3, &neighbour, &lent), beside)
            };
            if round > 0 {
                by_the_clock.push(beside.wall / alone.wall);
                over.push(beside.running / alone.running);
            }
        }
        println!(
            "beside {name}: without the time in which it had no core, the neighbour keeps {:.2} of its rate",
            median(over)
        );
        ratios.push((format!("neighbour_rate_beside_hostile/{name}"), median(by_the_clock)));
    }
    Ok(())
}

fn kinds() -> [(&'static str, Kind); 8] {
    let runs = |worst: &str, items: &str| Kind::Runs(Guest::that(worst).with(items));
    let flood = Guest {
        imports: LOG.to_owned(),
        ..Guest::that("(loop $more (call $log (i32.const 2) (i32.const 256) (i32.const 7)) (br $more))")
    };
    [
        ("loop", runs("(loop $for_ever (br $for_ever))", "")),
        ("recursion", runs("(drop (call $deeper (i32.const 0)))", "(func $deeper (param i32) (result i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))")),
        ("memory", runs("(loop $more
            (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
            (memory.fill (i32.mul (i32.sub (memory.size) (i32.const 16)) (i32.const 65536)) (i32.const 7) (i32.const 1048576))
            (br $more))", "")),
        ("output", runs("(drop (memory.grow (i32.const 200))) (return (call $refusal (i32.const 65536) (i32.const 9437184) (local.get $len)))", "")),
        ("log", Kind::Runs(flood)),
        ("copy", runs("(drop (memory.grow (i32.const 900))) (loop $more (memory.copy (i32.const 0) (i32.const 29360128) (i32.const 29360128)) (br $more))", "")),
        ("trap", runs("(unreachable)", "")),
        ("compile", Kind::Compiles(variant(&Guest::friendly().with(&laborious(8000)).component(), 1))),
    ]
}

/// Batches a second.
#[derive(Clone, Copy)]
struct Rate {
    /// By the clock.
    wall: f64,
    /// Without the time in which the thread was ready and had no core: whoever else uses the machine does not count.
    running: f64,
}

fn rate(time: Duration, adapter: &Adapter, records: &[NativeInput<'_>]) -> Rate {
    let (waited, began, mut batches) = (waiting_time(), Instant::now(), 0.0);
    while began.elapsed() < time {
        drop(adapter.map(records));
        batches += 1.0;
    }
    let spent = began.elapsed().as_secs_f64();
    Rate { wall: batches / spent, running: batches / (spent - (waiting_time() - waited)) }
}

fn beside(time: Duration, adapter: &Adapter, records: &[NativeInput<'_>], worst: &(dyn Fn() + Sync)) -> Rate {
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            begun.store(true, Ordering::SeqCst);
            while !done.load(Ordering::SeqCst) {
                worst();
            }
        });
        while !begun.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let rate = rate(time, adapter, records);
        done.store(true, Ordering::SeqCst);
        rate
    })
}

fn record() -> NativeInput<'static> {
    NativeInput {
        id: "rec_1",
        content_type: "text/plain",
        received_at: jiff::Timestamp::UNIX_EPOCH,
        body: WORST.as_bytes(),
    }
}

/// Seconds for which this thread was ready to run and had no core.
fn waiting_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|second| second.parse::<f64>().ok()).map_or(0.0, |waited| waited / 1e9)
}
