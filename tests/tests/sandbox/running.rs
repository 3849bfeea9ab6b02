//! Guests that do their worst on a record.

use qadam_tests::{
    hostile::{Guest, LOG, WORST},
    probe::{adapter, put, record, sent},
};

use crate::scene::{host, is_contained, neighbour, said, the_neighbour_goes_on, without_end};

const FOR_EVER: &str = "(loop $for_ever (br $for_ever))";

#[test]
fn an_endless_loop() {
    let program = host(&Guest::that(FOR_EVER), "batch-ms = 300");
    let looping = without_end(&program);
    let cause = is_contained(&program, "deadline");
    assert_eq!(said(&cause), "the adapter did not answer within 300ms");
    assert_eq!(record(&program, &looping)["outcome"], "pending", "the other one still loops, and costs nobody else");
}

#[test]
fn an_endless_recursion() {
    let deeper = "(func $deeper (param i32) (result i32) (call $deeper (i32.add (local.get 0) (i32.const 1))))";
    let program = host(&Guest::that("(drop (call $deeper (i32.const 0)))").with(deeper), "");
    let cause = is_contained(&program, "trap");
    assert!(said(&cause).starts_with("the adapter trapped: call stack exhausted; in deeper < deeper"), "{cause}");
}

#[test]
fn a_memory_bomb_in_one_memory() {
    let bomb = "(loop $more
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (memory.fill
            (i32.mul (i32.sub (memory.size) (i32.const 16)) (i32.const 65536)) (i32.const 7) (i32.const 1048576))
        (br $more))";
    let program = host(&Guest::that(bomb), "memory-bytes = 33554432");
    let cause = is_contained(&program, "memory");
    assert_eq!(said(&cause), "the adapter wanted 33685504 bytes of memory, the limit is 33554432");
}

#[test]
fn a_giant_answer() {
    // A refusal whose detail is 9 MiB long.
    let giant = "(drop (memory.grow (i32.const 200)))
        (return (call $refusal (i32.const 65536) (i32.const 9437184) (local.get $len)))";
    let program = host(&Guest::that(giant), "");
    assert_eq!(said(&is_contained(&program, "output")), "the adapter's answer is larger than 8388608 bytes");
}

#[test]
fn a_giant_table() {
    let giant = "(if (i32.eq (table.grow $table (ref.null func) (i32.const 30000)) (i32.const -1)) (then unreachable))";
    let program = host(&Guest::that(giant).with("(table $table 1 funcref)"), "");
    let cause = is_contained(&program, "table");
    assert_eq!(said(&cause), "the adapter wanted a table of 30001 elements, the limit is 20000");
}

#[test]
fn a_log_flood() {
    let guest = Guest {
        imports: LOG.to_owned(),
        ..Guest::that("(loop $more (call $log (i32.const 2) (i32.const 1000) (i32.const 24)) (br $more))")
    }
    .with(r#"(data (i32.const 1000) "flood of 850101199993 up")"#);
    let program = host(&guest, "batch-ms = 300, log-lines = 7");
    assert_eq!(said(&is_contained(&program, "deadline")), "the adapter did not answer within 300ms");
    // It was called with the batch, and, where that had more than one record, again for the one.
    let log = program.log();
    let (lines, cut) = (log.matches("flood of 8501*****993 up").count(), log.matches("log lines cut").count());
    assert!((1..=2).contains(&cut), "{log}");
    assert_eq!(lines, 7 * cut, "{log}");
}

#[test]
fn a_bulk_copy_stall() {
    // No loop and no call, where else the deadline would be looked at: twenty thousand fills of 200 MiB in a row.
    let fill = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 209715200))".repeat(20_000);
    let stall = format!("(if (i32.eq (memory.grow (i32.const 3300)) (i32.const -1)) (then unreachable)) {fill}");
    let guest = Guest::that(&stall);
    // What one instruction may move is bounded by the memory that there may be: that is what an operator limits.
    let program = host(&guest, "batch-ms = 300");
    assert!(said(&is_contained(&program, "memory")).contains("the limit is 67108864"));
    drop(program);
    // Between two of them the deadline is looked at.
    let program = host(&guest, "batch-ms = 300, memory-bytes = 268435456");
    assert_eq!(said(&is_contained(&program, "deadline")), "the adapter did not answer within 300ms");
}

#[test]
fn a_trap() {
    let guest = Guest::that("(call $parse)")
        .with("(func $read_the_status (unreachable)) (func $parse (call $read_the_status))");
    let program = host(&guest, "");
    let cause = is_contained(&program, "trap");
    assert!(said(&cause).ends_with("; in read_the_status < parse < map"), "{cause}");
}

#[test]
fn invalid_strings() {
    let refusal =
        |detail, bytes| format!("(return (call $refusal (i32.const {detail}) (i32.const {bytes}) (local.get $len)))");
    let list = "(i32.store (i32.const 800) (i32.const 4096)) (i32.store (i32.const 804) (i32.const 0x7fffffff))";
    for (what, worst, words) in [
        ("no UTF-8", refusal(1000, 2), "utf-8"),
        ("half a character", refusal(1002, 1), "utf-8"),
        ("out of bounds", refusal(131_000, 5000), "out of bounds"),
        ("past the end of numbers", refusal(-8, 16), "out of bounds"),
        ("a list without end", format!("{list} (return (i32.const 800))"), "out of bounds"),
        ("a pointer that is none", "(return (i32.const -8))".to_owned(), "the adapter trapped: "),
    ] {
        let guest = Guest::that(&worst).with(r#"(data (i32.const 1000) "\ff\fe\d0")"#);
        let cause = is_contained(&host(&guest, ""), "trap");
        assert!(said(&cause).to_lowercase().contains(words), "{what}: {cause}");
    }
}

#[test]
fn a_result_list_of_the_wrong_length() {
    for (answers, results) in [("(i32.const 0)", "0"), ("(i32.add (local.get $len) (i32.const 1))", "2")] {
        let program = host(&Guest::that(&format!("(return (call $answers {answers}))")), "");
        let cause = is_contained(&program, "length");
        assert_eq!(said(&cause), format!("the adapter answered {results} results for 1 records"));
    }
}

#[test]
fn as_many_endless_loops_as_the_machine_has_cores_and_one_more() {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let profile =
        |number| format!("[providers.loop-{number}]\nadapter = 'loop.wasm'\nlimits = {{ batch-ms = 600000 }}\n");
    let program = neighbour(&(0..=cores).map(profile).collect::<String>());
    put(&program, "loop.wasm", &Guest::that(FOR_EVER).component());
    let ids: Vec<String> = (0..=cores).map(|number| format!("loop-{number}")).collect();
    program.until(|program| ids.iter().all(|id| adapter(program, id)["service"] == "serving"));
    let records: Vec<String> = ids.iter().map(|id| sent(&program, id, &[WORST]).remove(0)).collect();
    the_neighbour_goes_on(&program);
    assert!(records.iter().all(|id| record(&program, id)["outcome"] == "pending"));
}
