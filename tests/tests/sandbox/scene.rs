//! A host with a hostile adapter and a neighbour, and what is claimed of all of them.

use qadam_tests::{
    hostile::{Guest, WORST},
    probe::{adapter, mapped, put, record, sent, start},
    program::Program,
};
use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// A host whose providers `hostile` and `patient` have the guest as adapter, the first under the limits, the second with time
/// without end; and the neighbour `probe`.
pub(crate) fn host(guest: &Guest, limits: &str) -> Program {
    let program = neighbour(&format!(
        "[providers.hostile]\nlimits = {{ {limits} }}\n\
         [providers.patient]\nadapter = 'hostile.wasm'\nlimits = {{ batch-ms = 600000 }}\n"
    ));
    put(&program, "hostile.wasm", &guest.component());
    program.until(|program| ["hostile", "patient"].iter().all(|id| adapter(program, id)["service"] == "serving"));
    program
}

/// A host with the neighbour `probe`, and what else is configured.
pub(crate) fn neighbour(config: &str) -> Program {
    start(BINARY, &format!("[providers.probe]\n{config}"))
}

/// The neighbour's records are mapped, and the API answers.
pub(crate) fn the_neighbour_goes_on(program: &Program) {
    for _ in 0..3 {
        mapped(program, "probe", &["request=R;stage=1;at=2024-05-01T10:00:00+05:00"]);
        assert_eq!(adapter(program, "probe")["service"], "serving");
        assert_eq!(program.get("/readyz")["ready"], true);
    }
}

/// Has the patient provider's adapter do its worst, which does not end while the host lives. Its record.
pub(crate) fn without_end(program: &Program) -> String {
    sent(program, "patient", &[WORST]).remove(0)
}

/// The hostile adapter does its worst on one record of three: that one is set aside for this cause, the others are mapped, and
/// all the while the neighbour goes on. What is said of the one.
pub(crate) fn is_contained(program: &Program, cause: &str) -> Value {
    the_neighbour_goes_on(program);
    let ids = sent(program, "hostile", &["before", WORST, "after"]);
    the_neighbour_goes_on(program);
    program.until(|program| ids.iter().all(|id| record(program, id)["outcome"] != "pending"));
    let views: Vec<Value> = ids.iter().map(|id| record(program, id)).collect();
    let outcomes: Vec<&Value> = views.iter().map(|view| &view["outcome"]).collect();
    assert_eq!(outcomes, ["mapped", "quarantined", "mapped"], "{views:?}");
    assert_eq!(views[1]["cause"]["name"], cause, "{}", views[1]);
    let shown = adapter(program, "hostile");
    assert_eq!(shown["service"], "serving", "{shown}");
    assert_eq!(shown["last_fault"], views[1]["cause"]["detail"], "{shown}");
    the_neighbour_goes_on(program);
    views[1]["cause"].clone()
}

/// The words of a cause.
pub(crate) fn said(cause: &Value) -> &str {
    cause["detail"].as_str().unwrap()
}

/// What the API answers to a component for the provider `hostile`.
pub(crate) fn load(program: &Program, component: &[u8]) -> (u16, Value) {
    let answer = program.call(&program.operator(), "PUT", "/v1/adapters/hostile", &[], component);
    (answer.status, answer.json())
}

/// A component is refused for this reason, and nothing has changed. What is said.
pub(crate) fn is_refused(program: &Program, component: &[u8], reason: &str) -> String {
    let before = adapter(program, "hostile");
    let (status, problem) = load(program, component);
    assert_eq!(status, 422, "{problem}");
    assert_eq!(problem["type"], format!("urn:qadam:problem:adapter-{reason}"), "{problem}");
    assert_eq!(adapter(program, "hostile"), before);
    problem["detail"].as_str().unwrap().to_owned()
}
