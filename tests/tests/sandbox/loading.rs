//! Components that are refused before, or when, they are asked what they are.

use qadam_tests::{
    components,
    hostile::{Guest, sections},
    probe::adapter,
    program::Program,
};

use crate::scene::{is_refused, load, neighbour, the_neighbour_goes_on};

/// A host whose provider `hostile` has an adapter that serves.
fn host(limits: &str) -> Program {
    let program = neighbour(&format!("[providers.hostile]\nlimits = {{ {limits} }}\n"));
    assert_eq!(load(&program, &Guest::friendly().component()).0, 200);
    program
}

/// A component is refused for this reason, the one before serves, and the neighbour goes on. What is said.
fn refused(limits: &str, component: &[u8], reason: &str) -> String {
    let program = host(limits);
    let said = is_refused(&program, component, reason);
    the_neighbour_goes_on(&program);
    assert_eq!(adapter(&program, "hostile")["service"], "serving");
    said
}

#[test]
fn a_start_function_that_spins() {
    let guest = Guest::friendly().with("(func $start (loop $for_ever (br $for_ever))) (start $start)");
    let program = host("batch-ms = 3000");
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| is_refused(&program, &guest.component(), "describe"));
        the_neighbour_goes_on(&program);
        let said = loading.join().unwrap();
        assert!(said.contains("the adapter did not answer within 3s"), "{said}");
    });
}

#[test]
fn a_memory_bomb_in_many_memories() {
    // Each is smaller than what there may be together.
    let part = "(module (memory 300))".to_owned();
    let guest = Guest { beside: vec![part; 3], pages: 300, ..Guest::friendly() };
    let said = refused("", &guest.component(), "describe");
    assert!(said.contains("the adapter wanted 78643200 bytes of memory, the limit is 67108864"), "{said}");
    // Some grow only when they are there.
    let part = "(module (memory 1) (func $start
        (if (i32.eq (memory.grow (i32.const 400)) (i32.const -1)) (then unreachable))) (start $start))"
        .to_owned();
    let guest = Guest { beside: vec![part; 3], ..Guest::friendly() };
    let said = refused("", &guest.component(), "describe");
    assert!(said.contains("bytes of memory, the limit is 67108864"), "{said}");
}

#[test]
fn more_memories_than_it_may_have() {
    let guest = Guest { beside: vec!["(module (memory 1))".to_owned(); 3], ..Guest::friendly() };
    let said = refused("memories = 3", &guest.component(), "describe");
    assert!(said.contains("4 memories, the limit is 3"), "{said}");
    let guest = Guest { beside: vec!["(module (memory 1))".to_owned(); 9], ..Guest::friendly() };
    // More than the pool has room for: found before it is started.
    let said = refused("", &guest.component(), "compile");
    assert!(said.contains("10 Wasm linear memories, which exceeds the configured maximum of 4"), "{said}");
}

#[test]
fn many_tables() {
    let guest = Guest::friendly().with(&"(table 1 funcref)".repeat(5));
    let said = refused("tables = 4", &guest.component(), "describe");
    assert!(said.contains("5 tables, the limit is 4"), "{said}");
    let guest = Guest::friendly().with(&"(table 1 funcref)".repeat(90));
    let said = refused("", &guest.component(), "compile");
    assert!(said.contains("tables count of 90 exceeds the per-instance limit of 8"), "{said}");
}

#[test]
fn many_instances() {
    let guest = Guest { beside: vec!["(module)".to_owned(); 5], ..Guest::friendly() };
    let said = refused("instances = 4", &guest.component(), "describe");
    assert!(said.contains("5 instances, the limit is 4"), "{said}");
}

#[test]
fn a_table_that_begins_too_large() {
    let said = refused("", &Guest::friendly().with("(table 30000 funcref)").component(), "describe");
    assert!(said.contains("a table of 30000 elements, the limit is 20000"), "{said}");
}

#[test]
fn an_oversize_component() {
    let component = Guest::friendly().component();
    let limit = component.len();
    let program = neighbour(&format!("[providers.hostile]\nlimits = {{ component-bytes = {limit} }}\n"));
    assert_eq!(load(&program, &component).0, 200);
    let larger = components::rebuilt(&component, "larger");
    let said = is_refused(&program, &larger, "too-large");
    assert!(said.contains(&format!("`component` is {}, the limit is {limit}", larger.len())), "{said}");
    the_neighbour_goes_on(&program);
}

#[test]
fn too_many_functions_and_one_too_large() {
    let guest = Guest::friendly().with(&"(func)".repeat(1000));
    let said = refused("functions = 1000", &guest.component(), "too-large");
    assert!(said.contains("`functions` is 1001, the limit is 1000"), "{said}");
    let guest = Guest::that(&"(drop (i32.const 1))".repeat(1000));
    let said = refused("function-bytes = 2000", &guest.component(), "too-large");
    assert!(said.contains("`function` is ") && said.contains("the limit is 2000"), "{said}");
}

#[test]
fn malformed_and_truncated_binaries() {
    let program = host("");
    let component = std::fs::read(components::probe()).unwrap();
    let mut ends: Vec<usize> = sections(&component).flat_map(|(_, end)| [end - 1, end, end + 1]).collect();
    ends.extend((0..component.len()).step_by(component.len() / 40));
    // Names for debuggers come last: what lacks only those is whole.
    let whole = sections(&component).filter(|(id, _)| *id != 0).map(|(_, end)| end).last().unwrap();
    ends.retain(|end| *end < whole);
    assert!(ends.len() > 60, "{ends:?}");
    for end in ends {
        let (status, problem) = load(&program, &component[..end]);
        assert_eq!(status, 422, "{end} of {} bytes: {problem}", component.len());
    }
    for bytes in [&b"\0asm"[..], b"\0asm\x01\0\0\0", b"\x7fELF", b"(component)", &[0; 5000], &[0xff; 5000]] {
        let said = is_refused(&program, bytes, "malformed");
        assert!(said.contains("not a WebAssembly component"), "{said}");
    }
    for at in (8..component.len()).step_by(component.len() / 40) {
        let mut damaged = component.clone();
        damaged[at] ^= 0xff;
        // Some places are names that nobody reads.
        let (status, problem) = load(&program, &damaged);
        assert!(matches!(status, 200 | 422), "{at}: {problem}");
    }
    the_neighbour_goes_on(&program);
}

#[test]
fn undeclared_imports() {
    let guest = Guest {
        package: "package wasi:filesystem@0.2.0; interface preopens { get-directories: func() -> u32; }".to_owned(),
        world: "import wasi:filesystem/preopens@0.2.0;".to_owned(),
        imports: r#"(import "wasi:filesystem/preopens@0.2.0" "get-directories" (func (result i32)))"#.to_owned(),
        ..Guest::friendly()
    };
    let said = refused("", &guest.component(), "undeclared-imports");
    assert!(said.contains("the component imports what no adapter is given: wasi:filesystem/preopens@0.2.0"), "{said}");
}

#[test]
fn a_component_of_an_unknown_version_is_refused_with_the_version_that_would_do_and_nothing_of_it_runs() {
    // It would spin if it were started.
    let spins = "(func $start (loop $for_ever (br $for_ever))) (start $start)";
    for version in ["0.2.0", "0.1.1", "1.0.0", "0.1.0-rc.1"] {
        let guest = Guest { version: version.to_owned(), ..Guest::friendly() };
        let said = refused("batch-ms = 600000", &guest.with(spins).component(), "wrong-contract");
        let wanted =
            format!("the component keeps the contract qadam:adapter@{version}; this host runs qadam:adapter@0.1.0");
        assert!(said.contains(&wanted), "{said}");
    }
}
