//! Loading a component whose compiled code is kept, and putting an adapter in place of another.

use std::time::Instant;

use qadam_domain::ProviderId;
use qadam_engine::{Engine, Registry};

use crate::{
    Failure, Plan, Ratios, median,
    samples::{SAMPLES, variant},
};

pub(crate) fn run(plan: Plan, engine: &Engine, ratios: &mut Ratios) -> Result<(), Failure> {
    for sample in &SAMPLES {
        let component = sample.component()?;
        // A number of its own: another part may have left the compiled code of the plain component in the cache.
        let unseen = variant(&component, 77_777_777);
        let began = Instant::now();
        drop(sample.load(engine, &unseen)?);
        let compiled = began.elapsed().as_secs_f64() * 1e3;
        let mut loads = Vec::new();
        for _ in 0..plan.rounds * 10 {
            let began = Instant::now();
            let adapter = sample.load(engine, &unseen)?;
            loads.push(began.elapsed().as_secs_f64() * 1e3);
            drop(adapter);
        }
        let load = median(loads);
        println!("{} compiled in {compiled:.0} ms, loaded from the cache in {load:.3} ms", sample.name);
        ratios.push((format!("load_from_cache_over_goal_1ms/{}", sample.name), load));

        let two = [0, 1].map(|number| sample.load(engine, &variant(&component, number)));
        let [first, second] = two;
        let (first, second, registry) = (first?, second?, Registry::default());
        let provider: ProviderId = "provider".parse()?;
        let mut swaps = Vec::new();
        for at in 0..plan.rounds * 1000 {
            let adapter = if at % 2 == 0 { first.clone() } else { second.clone() };
            let began = Instant::now();
            registry.load(&provider, adapter);
            swaps.push(began.elapsed().as_secs_f64() * 1e6);
        }
        let swap = median(swaps);
        println!("{} swapped in {swap:.2} µs", sample.name);
        ratios.push((format!("swap_over_goal_5us/{}", sample.name), swap / 5.0));
    }
    Ok(())
}
