//! Every limit ends the batch with a named fault, and nothing else.

use std::{collections::BTreeMap, time::Duration};

use qadam_domain::Limit;
use qadam_engine::{AdapterFault, Engine, EngineConfig, LimitError, LoadError};

use crate::guests::{ENGINE, Guest, friendly, hasty, limits, load, mapping, record};

const SPIN: &str = "(loop $for_ever (br $for_ever))";

fn fault(guest: &Guest<'_>, limits: qadam_engine::Limits) -> AdapterFault {
    load(guest, limits).unwrap().map(&[record(b"x")]).unwrap_err()
}

#[test]
fn an_endless_loop_ends_by_its_deadline_and_traps_no_other_adapter() {
    let spinning = load(&mapping("(loop $for_ever (br $for_ever)) (unreachable)"), hasty()).unwrap();
    let friendly = load(&friendly(), limits()).unwrap();
    std::thread::scope(|scope| {
        let spinner = scope.spawn(|| spinning.map(&[record(b"x")]));
        let mut after = 0;
        while after < 3 {
            assert!(friendly.map(&[record(b"x")]).is_ok(), "another adapter's timeout must not end this call");
            after += usize::from(spinner.is_finished());
        }
        let fault = spinner.join().unwrap().unwrap_err();
        assert_eq!(fault, AdapterFault::Deadline { limit: Duration::from_millis(100) });
        assert_eq!(fault.to_string(), "the adapter did not answer within 100ms");
    });
}

#[test]
fn bulk_copies_in_a_loop_end_by_the_deadline() {
    let copying = mapping(
        "(loop $for_ever
            (memory.copy (i32.const 8192) (i32.const 16384) (i32.const 100000))
            (br $for_ever))
         (unreachable)",
    );
    assert_eq!(fault(&copying, hasty()).name(), "deadline");
}

#[test]
fn a_start_function_that_spins_is_not_loaded() {
    let guest = Guest { items: "(func $start (loop $for_ever (br $for_ever))) (start $start)", ..friendly() };
    let Err(LoadError::Describe(fault)) = load(&guest, hasty()) else { panic!("loaded") };
    assert_eq!(fault.name(), "deadline");
}

#[test]
fn a_description_that_spins_is_not_loaded() {
    let Err(LoadError::Describe(fault)) = load(&Guest { describe: SPIN, ..friendly() }, hasty()) else {
        panic!("loaded")
    };
    assert_eq!(fault.name(), "deadline");
}

#[test]
fn a_memory_bomb_ends_with_the_limit_and_what_it_wanted() {
    let bomb = mapping(
        "(loop $more
            (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
            (br $more))
         (unreachable)",
    );
    let Err(AdapterFault::Memory { limit, wanted }) = load(&bomb, limits()).unwrap().map(&[record(b"x")]) else {
        panic!("no memory fault")
    };
    assert_eq!(limit, 64 << 20);
    assert!(wanted > limit, "{wanted}");
}

#[test]
fn a_record_that_does_not_fit_into_the_adapter_s_memory_is_a_memory_fault() {
    let mut limits = limits();
    limits.memory_bytes = 1 << 20;
    let adapter = load(&friendly(), limits).unwrap();
    assert!(adapter.map(&[record(&vec![b'x'; 1 << 19])]).is_ok());
    assert_eq!(adapter.map(&[record(&vec![b'x'; 2 << 20])]).unwrap_err().name(), "memory");
}

#[test]
fn a_component_that_begins_over_its_memory_is_not_loaded() {
    let mut limits = limits();
    limits.memory_bytes = 1 << 20;
    let Err(LoadError::Describe(fault)) = load(&Guest { pages: 17, ..friendly() }, limits) else { panic!("loaded") };
    assert_eq!(fault, AdapterFault::Memory { limit: 1 << 20, wanted: 17 << 16 });
}

#[test]
fn a_guest_that_copes_with_a_refused_growth_is_no_fault() {
    let coping = mapping("(drop (memory.grow (i32.const 60000))) (call $answers (local.get $len))");
    let mapped = load(&coping, limits()).unwrap().map(&[record(b"x")]).unwrap();
    assert_eq!(mapped.memory_peak, 2 << 16);
}

#[test]
fn a_table_over_its_limit_is_a_fault() {
    let guest = Guest {
        items: "(table $table 1 funcref)",
        map: "(if (i32.eq (table.grow $table (ref.null func) (i32.const 30000)) (i32.const -1)) (then unreachable))
              (call $answers (local.get $len))",
        ..friendly()
    };
    assert_eq!(fault(&guest, limits()), AdapterFault::Table { limit: 20_000, wanted: 30_001 });
}

#[test]
fn a_giant_answer_is_cut_off_before_it_is_copied() {
    let giant = mapping(
        "(local $answer i32)
         (local.set $answer (call $refusals (local.get $len)))
         (i32.store offset=24 (i32.load (local.get $answer)) (i32.const 8192))
         (i32.store offset=28 (i32.load (local.get $answer)) (i32.const 100000))
         (local.get $answer)",
    );
    assert!(load(&giant, limits()).unwrap().map(&[record(b"x")]).is_ok(), "within the default limit");
    let mut small = limits();
    small.output_bytes = 64 << 10;
    assert_eq!(fault(&giant, small), AdapterFault::Output { limit: 64 << 10 });
}

#[test]
fn a_giant_log_line_is_an_output_fault() {
    let guest = Guest {
        imports: r#"(import "qadam:adapter/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#,
        map: "(call $log (i32.const 1) (i32.const 0) (i32.const 100000)) (call $answers (local.get $len))",
        ..friendly()
    };
    let mut small = limits();
    small.output_bytes = 64 << 10;
    assert_eq!(fault(&guest, small).name(), "output");
}

#[test]
fn a_trap_names_the_functions_that_led_to_it() {
    let guest = Guest {
        items: "(func $read_the_status (unreachable)) (func $parse (call $read_the_status))",
        map: "(call $parse) (unreachable)",
        ..friendly()
    };
    let AdapterFault::Trap { reason, backtrace } = fault(&guest, limits()) else { panic!("no trap") };
    assert_eq!(reason, "wasm `unreachable` instruction executed");
    assert_eq!(backtrace[..3], ["read_the_status", "parse", "map"]);
}

#[test]
fn endless_recursion_is_a_trap_and_the_thread_lives() {
    let guest = Guest {
        items: "(func $deeper (param i32) (result i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))",
        map: "(call $deeper (i32.const 0))",
        ..friendly()
    };
    let AdapterFault::Trap { reason, .. } = fault(&guest, limits()) else { panic!("no trap") };
    assert_eq!(reason, "call stack exhausted");
}

#[test]
fn an_answer_of_another_length_is_a_fault() {
    for (map, actual) in
        [("(call $answers (i32.const 0))", 0), ("(call $answers (i32.add (local.get $len) (i32.const 1)))", 3)]
    {
        let adapter = load(&mapping(map), limits()).unwrap();
        let fault = adapter.map(&[record(b"x"), record(b"y")]).unwrap_err();
        assert_eq!(fault, AdapterFault::Length { expected: 2, actual });
    }
}

#[test]
fn an_answer_outside_of_the_guest_s_memory_is_a_trap() {
    for map in [
        "(i32.const -8)",
        "(local $answer i32)
         (local.set $answer (call $answers (local.get $len)))
         (i32.store (local.get $answer) (i32.const 0x7ffffff8))
         (local.get $answer)",
        "(local $answer i32)
         (local.set $answer (call $answers (local.get $len)))
         (i32.store8 (i32.load (local.get $answer)) (i32.const 7))
         (local.get $answer)",
    ] {
        let fault = fault(&mapping(map), limits());
        assert_eq!(fault.name(), "trap", "{fault}");
    }
}

#[test]
fn after_each_fault_the_same_adapter_maps_again() {
    let guest = mapping(
        "(if (i32.eq (i32.load8_u (i32.load offset=32 (local.get $records))) (i32.const 33)) (then unreachable))
         (call $answers (local.get $len))",
    );
    let adapter = load(&guest, limits()).unwrap();
    for _ in 0..20 {
        assert_eq!(adapter.map(&[record(b"!")]).unwrap_err().name(), "trap");
        assert!(adapter.map(&[record(b"x")]).is_ok());
    }
}

#[test]
fn more_threads_than_places_wait_and_all_map() {
    for pooled in [true, false] {
        let engine = Engine::new(EngineConfig { instances: 1, pooled, ..EngineConfig::default() }).unwrap();
        assert!(pooled || !engine.is_pooled());
        let adapter = engine.load(&friendly().component(), BTreeMap::new(), limits()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert_eq!(adapter.map(&[record(b"x"), record(b"y")]).unwrap().outcomes.len(), 2);
                    }
                });
            }
        });
    }
}

#[test]
fn limits_over_what_the_pool_is_laid_out_for_are_refused() {
    let mut limits = limits();
    limits.memories = 5;
    let error = ENGINE.load(&friendly().component(), BTreeMap::new(), limits).unwrap_err();
    let refused = LimitError { limit: Limit::Memories, actual: 5, least: 1, most: 4 };
    assert_eq!(error, LoadError::Limits(refused));
    assert_eq!(error.to_string(), "the limits: `memories` is 5; the engine takes 1 to 4");
}
