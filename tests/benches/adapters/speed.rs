//! Records through the sandbox beside records through a function, and through one adapter beside many.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use qadam_engine::{Adapter, Engine, EngineConfig, NativeInput};

use crate::{
    Failure, Plan, Ratios, median,
    samples::{SAMPLES, Sample, inputs, variant},
};

pub(crate) fn run(plan: Plan, engine: &Engine, ratios: &mut Ratios) -> Result<(), Failure> {
    for sample in &SAMPLES {
        let adapter = sample.load(engine, &sample.component()?)?;
        for batch in [1, 16, 256] {
            // As many records as a batch of 256 has, so that each size sees the same ones.
            let records = sample.records(256);
            let batches: Vec<&[_]> = records.chunks(batch).collect();
            let lent = inputs(&records);
            let lent: Vec<&[NativeInput<'_>]> = lent.chunks(batch).collect();
            let mut wasm = |turn: &mut usize| drop(black_box(next(&lent, turn).map(|batch| adapter.map(batch))));
            // The function takes its records; copying them is not its work, and is measured by itself.
            let copy =
                |turn: &mut usize| black_box(next(&batches, turn).map(|batch| batch.to_vec()).unwrap_or_default());
            let mut native = |turn: &mut usize| drop(black_box((sample.native)(copy(turn))));
            sample.with_settings(|| {
                let (mut ours, mut theirs, mut over) = (Vec::new(), Vec::new(), Vec::new());
                for round in 0..=plan.rounds {
                    let us = side(plan.time, &mut wasm) / batch as f64;
                    let copied = side(plan.time / 4, &mut |turn| drop(copy(turn)));
                    let them = (side(plan.time, &mut native) - copied) / batch as f64;
                    if round > 0 {
                        ours.push(us);
                        theirs.push(them);
                        over.push(us / them);
                    }
                }
                println!(
                    "{} batch {batch:>3}: {:>6.2} µs a record in the sandbox, {:>5.2} µs natively",
                    sample.name,
                    median(ours),
                    median(theirs)
                );
                ratios.push((format!("wasm_over_native/{}/{batch}", sample.name), median(over)));
            });
        }
        fresh(plan, sample, &adapter, ratios);
    }
    Ok(())
}

/// A call that has nothing to do: what a new instance and one small record cost.
fn fresh(plan: Plan, sample: &Sample, adapter: &Adapter, ratios: &mut Ratios) {
    let empty = qadam_sdk::testing::record("");
    let lent = inputs(std::slice::from_ref(&empty));
    let mut call = |turn: &mut usize| {
        *turn += 1;
        drop(black_box(adapter.map(&lent)));
    };
    let calls = (0..plan.rounds).map(|_| side(plan.time, &mut call)).collect();
    let call = median(calls);
    println!("{} fresh instance and call: {call:.1} µs", sample.name);
    ratios.push((format!("fresh_call_over_goal_25us/{}", sample.name), call / 25.0));
}

/// One adapter for all batches beside many that take turns.
pub(crate) fn interleaved(plan: Plan, engine: &Engine, ratios: &mut Ratios) -> Result<(), Failure> {
    let many = plan.adapters.min(100);
    for sample in &SAMPLES {
        let component = sample.component()?;
        let load = |number| sample.load(engine, &variant(&component, number));
        let adapters: Vec<Adapter> = (0..many).map(load).collect::<Result<_, _>>()?;
        let records = sample.records(16);
        let lent = inputs(&records);
        let through = |adapters: &[Adapter], turn: &mut usize| {
            drop(black_box(next(adapters, turn).map(|adapter| adapter.map(&lent))));
        };
        let (mut single, mut turns, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let one = side(plan.time, &mut |turn| through(adapters.get(..1).unwrap_or_default(), turn));
            let all = side(plan.time, &mut |turn| through(&adapters, turn));
            single.push(16e6 / one);
            turns.push(16e6 / all);
            over.push(one / all);
        }
        println!(
            "{} batches of 16: {:.0} records/s through one adapter, {:.0} through {many} in turn",
            sample.name,
            median(single),
            median(turns)
        );
        ratios.push((format!("interleaved_{many}_over_1/{}", sample.name), median(over)));
    }
    Ok(())
}

/// Maps for ten seconds.
pub(crate) fn turn(name: &str) -> Result<(), Failure> {
    let sample = SAMPLES.iter().find(|sample| sample.name == name).ok_or("no such adapter")?;
    let adapter = sample.load(&Engine::new(EngineConfig::default())?, &sample.component()?)?;
    let records = sample.records(256);
    let lent = inputs(&records);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        drop(black_box(adapter.map(&lent)?));
    }
    Ok(())
}

/// Microseconds of processor time of a call, over as many as the time holds: whoever else uses the machine does not count.
fn side(time: Duration, call: &mut dyn FnMut(&mut usize)) -> f64 {
    let (before, mut turn) = (processor_time(), 0);
    let began = Instant::now();
    while began.elapsed() < time {
        call(&mut turn);
    }
    (processor_time() - before) / turn.max(1) as f64
}

/// Microseconds that this thread has run, as exact as the kernel's tick.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse::<f64>().ok()).map_or(f64::NAN, |spent| spent / 1e3)
}

/// The next of some things, over and over.
fn next<'t, T>(things: &'t [T], turn: &mut usize) -> Option<&'t T> {
    *turn += 1;
    things.get((*turn - 1) % things.len().max(1))
}
