//! Nothing of one batch is seen by the next, and what an adapter sees is its own configuration.

use std::collections::BTreeMap;

use qadam_engine::{Engine, EngineConfig};

use crate::guests::{ENGINE, Guest, count, counting, friendly, limits, load, record};

#[test]
fn nothing_of_one_batch_is_visible_to_the_next_from_a_pool_or_made_on_demand() {
    // The guest counts its calls in memory and in a global, dirties a page far up, and leaves something in a table.
    let mut guest = counting(
        "(drop (memory.grow (i32.const 30)))
         (if (i32.load (i32.const 2000000)) (then unreachable))
         (i32.store (i32.const 2000000) (i32.const 7))
         (if (i32.eqz (ref.is_null (table.get $table (i32.const 3)))) (then unreachable))
         (table.set $table (i32.const 3) (ref.func $map))
         (call $count (local.get $len) (i32.const 0))",
    );
    let items = format!("{} (table $table 10 funcref) (elem declare func $map)", guest.items);
    guest.items = &items;
    for pooled in [true, false] {
        let engine = Engine::new(EngineConfig { pooled, instances: 3, ..EngineConfig::default() }).unwrap();
        assert_eq!(engine.is_pooled(), pooled);
        let adapter = engine.load(&guest.component(), BTreeMap::new(), limits()).unwrap();
        for _ in 0..50 {
            assert_eq!(count(&adapter.map(&[record(b"x")]).unwrap()), 1);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| assert_eq!(count(&adapter.map(&[record(b"x")]).unwrap()), 1)));
            }
        });
    }
}

#[test]
fn an_adapter_reads_its_own_configuration() {
    let guest = Guest {
        imports: r#"(import "qadam:adapter/config@0.1.0" "get" (func $get (param i32 i32 i32)))"#,
        map: "(local $answer i32) (local $first i32)
              (call $get (i32.const 320) (i32.const 5) (i32.const 800))
              (local.set $answer (call $refusals (local.get $len)))
              (local.set $first (i32.load (local.get $answer)))
              (if (i32.load8_u (i32.const 800)) (then
                (i32.store offset=24 (local.get $first) (i32.load (i32.const 804)))
                (i32.store offset=28 (local.get $first) (i32.load (i32.const 808)))))
              (local.get $answer)",
        ..friendly()
    };
    let component = guest.component();
    let detail = |settings: BTreeMap<String, String>| {
        let adapter = ENGINE.load(&component, settings, limits()).unwrap();
        let mapped = adapter.map(&[record(b"x")]).unwrap();
        (mapped.outcomes[0].as_ref().unwrap_err().detail.clone(), *adapter.settings_digest())
    };
    let with = |place: &str| BTreeMap::from([("place".to_owned(), place.to_owned())]);
    let (almaty, first) = detail(with("Алматы"));
    let (khorgos, second) = detail(with("Хоргос"));
    assert_eq!((almaty.as_str(), khorgos.as_str()), ("Алматы", "Хоргос"));
    assert_ne!(first, second, "another configuration has another digest");
    assert_eq!(detail(BTreeMap::new()).0, "");
}

#[test]
fn an_empty_batch_calls_nothing() {
    let adapter = load(&crate::guests::mapping("(unreachable)"), limits()).unwrap();
    assert!(adapter.map(&[]).unwrap().outcomes.is_empty());
}
