//! Nothing of one batch is visible to the next.

use qadam_tests::{
    components::rebuilt,
    hostile::Guest,
    probe::{adapter, mapped, put},
};

use crate::scene::neighbour;

/// A guest that leaves traces in its memory (where it begins and far up), a global and a table, and traps if it finds one.
fn tracker() -> Guest {
    Guest {
        always: "(if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable))
            (drop (table.grow $table (ref.func $trace) (i32.const 100)))
            (if (i32.load (i32.const 900)) (then unreachable))
            (if (i32.load (i32.const 6000000)) (then unreachable))
            (if (global.get $traced) (then unreachable))
            (if (i32.eqz (ref.is_null (table.get $table (i32.const 3)))) (then unreachable))
            (i32.store (i32.const 900) (i32.const 7))
            (i32.store (i32.const 6000000) (i32.const 7))
            (global.set $traced (i32.const 7))
            (table.set $table (i32.const 3) (ref.func $trace))"
            .to_owned(),
        ..Guest::friendly()
    }
    .with("(global $traced (mut i32) (i32.const 0)) (table $table 10 funcref) (elem declare func $trace) (func $trace)")
}

#[test]
fn traces_left_in_memory_globals_and_tables_are_not_found_by_the_next_batch_with_a_pool_or_without() {
    for pool in [true, false] {
        let program = neighbour(&format!(
            "[providers.tracker]\n[providers.other]\n[adapters]\npool = {pool}\nlimits = {{ memories = 1 }}\n"
        ));
        let component = tracker().component();
        put(&program, "tracker.wasm", &component);
        put(&program, "other.wasm", &rebuilt(&component, "other"));
        program.until(|program| ["tracker", "other"].iter().all(|id| adapter(program, id)["service"] == "serving"));
        for batch in 0..40 {
            for provider in ["tracker", "other"] {
                mapped(&program, provider, &[&format!("{batch}")]);
            }
        }
    }
}
