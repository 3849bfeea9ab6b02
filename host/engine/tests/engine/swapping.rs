//! Adapters are swapped while calls run.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use qadam_domain::ProviderId;
use qadam_engine::Registry;

use crate::guests::{count, counting, friendly, limits, load, record};

#[test]
fn calls_go_on_while_adapters_are_swapped_and_rolled_back() {
    // Odd generations answer 101, even ones 102.
    let odd = load(&counting("(call $count (local.get $len) (i32.const 100))"), limits()).unwrap();
    let even = load(&counting("(call $count (local.get $len) (i32.const 101))"), limits()).unwrap();
    let (registry, permits) = (Registry::default(), "permits".parse::<ProviderId>().unwrap());
    assert_eq!(registry.load(&permits, odd.clone()), 1);
    let (done, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let loaded = registry.get(&permits).unwrap();
                    let answer = count(&loaded.adapter.map(&[record(b"x")]).unwrap());
                    assert_eq!(answer, if loaded.generation % 2 == 1 { 101 } else { 102 });
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..100 {
            let before = registry.get(&permits).unwrap();
            let generation = match round % 4 {
                0 | 2 => registry.load(&permits, even.clone()),
                1 => registry.rollback(&permits).unwrap(),
                _ => registry.load(&permits, odd.clone()),
            };
            assert_eq!(generation, before.generation + 1);
            assert_eq!(count(&before.adapter.map(&[record(b"x")]).unwrap()), 101 + (before.generation + 1) % 2);
            let seen = calls.load(Ordering::Relaxed);
            while calls.load(Ordering::Relaxed) == seen {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_was_unloaded_comes_back_by_a_rollback() {
    let (registry, table) = (Registry::default(), "table".parse::<ProviderId>().unwrap());
    assert!(registry.get(&table).is_none() && registry.rollback(&table).is_none() && registry.unload(&table).is_none());
    registry.load(&table, load(&friendly(), limits()).unwrap());
    assert_eq!(registry.unload(&table).unwrap().generation, 1);
    assert!(registry.get(&table).is_none() && registry.unload(&table).is_none());
    let [listed] = &registry.list()[..] else { panic!("one provider") };
    assert!(listed.current.is_none() && listed.previous.is_some());
    assert_eq!(registry.rollback(&table), Some(2));
    assert_eq!(registry.get(&table).unwrap().generation, 2);
}

#[test]
fn providers_do_not_share_generations() {
    let (registry, adapter) = (Registry::default(), load(&friendly(), limits()).unwrap());
    let [a, b] = ["a", "b"].map(|id| id.parse::<ProviderId>().unwrap());
    assert_eq!((registry.load(&a, adapter.clone()), registry.load(&a, adapter.clone())), (1, 2));
    assert_eq!(registry.load(&b, adapter), 1);
    assert_eq!(registry.list().iter().map(|listed| listed.provider.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}
