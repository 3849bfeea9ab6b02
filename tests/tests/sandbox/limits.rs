//! Limits are each adapter's own, and shown.

use qadam_tests::{
    hostile::{Guest, WORST},
    probe::{adapter, decided},
};

use crate::scene::{host, said};

#[test]
fn limits_in_force_are_each_adapters_own_and_shown() {
    let giant = "(drop (memory.grow (i32.const 200)))
        (return (call $refusal (i32.const 65536) (i32.const 9437184) (local.get $len)))";
    let program = host(&Guest::that(giant), "output-bytes = 1000, batch-ms = 60000");
    assert_eq!(adapter(&program, "hostile")["limits"]["output-bytes"], 1000);
    assert_eq!(adapter(&program, "hostile")["limits"]["memory-bytes"], 64 << 20);
    assert_eq!(adapter(&program, "patient")["limits"]["output-bytes"], 8 << 20);
    let views = decided(&program, "hostile", &["a", WORST, "b"]);
    assert_eq!(said(&views[1]["cause"]), "the adapter's answer is larger than 1000 bytes");
    let out = program.run(&["adapter", "list", "--data", program.data().to_str().unwrap()]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("60000 ms, 64 MiB, output-bytes 1000"), "{text}");
}

#[test]
fn a_host_does_not_start_with_limits_above_the_ceiling() {
    let mut program = host(&Guest::friendly(), "");
    program.stop();
    program.set_config(
        "[adapters]\nlimits = { memory-bytes = 1048576 }\n[providers.probe]\nlimits = { memory-bytes = 1048577 }\n"
            .into(),
    );
    let said = program.try_restart().unwrap_err();
    let wanted = "`providers.probe.limits`: `memory-bytes` is 1048577, the ceiling in `adapters.limits` is 1048576";
    assert!(said.contains(wanted), "{said}");
}
