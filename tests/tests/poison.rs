//! Invariant 4: one bad record costs one record, and a broken adapter costs none.

#![expect(clippy::indexing_slicing, reason = "a test that fails may panic")]

use qadam_domain::RecordId;
use qadam_tests::{
    components,
    probe::{adapter, await_service, decided, mapped, put, record, request, sent, start, submit, texts},
    program::Program,
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// A record of its own request, with a mark.
fn line(mark: &str, number: &str) -> String {
    format!("{mark};request={number};key=k;stage=1;at=2024-05-01T10:00:00+05:00")
}

fn good(number: &str) -> String {
    line("GOOD", number)
}

fn lines(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

fn quarantine(program: &Program, key: &str, query: &str) -> Vec<Value> {
    let answer = program.call(key, "GET", &format!("/v1/quarantine{query}"), &[], b"");
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()["items"].as_array().cloned().unwrap_or_default()
}

fn post(program: &Program, key: &str, path: &str, body: &Value) -> u16 {
    program.call(key, "POST", path, &[], body.to_string().as_bytes()).status
}

fn outcomes(program: &Program, ids: &[String]) -> Vec<String> {
    ids.iter().map(|id| record(program, id)["outcome"].as_str().unwrap_or_default().to_owned()).collect()
}

fn metric(program: &Program, line: &str) -> bool {
    let text = program.call(&program.operator(), "GET", "/metrics", &[], b"").body;
    String::from_utf8_lossy(&text).lines().any(|found| found == line)
}

fn reasons(program: &Program) -> Vec<String> {
    let readiness = program.get("/readyz");
    texts(&readiness["reasons"]).into_iter().map(str::to_owned).collect()
}

/// A record can be seen as decided a moment before it is no longer counted.
fn nothing_waits(program: &Program) {
    program.until(|program| program.get("/readyz")["waiting"] == 0);
}

/// Marks, and the causes under which their records are set aside.
const POISONS: [(&str, &str); 6] = [
    ("TRAP", "trap"),
    ("SPIN", "deadline"),
    ("BOMB", "memory"),
    ("FLOOD", "output"),
    ("SHORT", "length"),
    ("EMPTY", "contract"),
];

#[test]
fn a_poison_record_among_good_ones_is_set_aside_with_its_cause_and_costs_no_other() {
    let program = start(BINARY, "");
    for (mark, cause) in POISONS {
        let batch = [good(&format!("{mark}-1")), line(mark, &format!("{mark}-2")), good(&format!("{mark}-3"))];
        let views = decided(&program, "probe", &lines(&batch));
        let found: Vec<_> = views.iter().map(|view| view["outcome"].as_str().unwrap_or_default()).collect();
        assert_eq!(found, ["mapped", "quarantined", "mapped"], "{mark}");
        assert_eq!(views[1]["cause"]["name"], cause, "{mark}: {}", views[1]);
        assert!(views[1]["cause"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", views[1]);
        assert_eq!(views[1]["events"], json!([]));
        assert_eq!(adapter(&program, "probe")["service"], "serving", "{mark}");
    }
    let counts = &program.get("/v1/summary?provider=probe")[0]["records"];
    assert_eq!((&counts["mapped"], &counts["quarantined"], &counts["pending"]), (&12.into(), &6.into(), &Value::Null));
    nothing_waits(&program);
    assert!(metric(&program, "qadam_adapter_serving{provider=\"probe\"} 1"));
}

#[test]
fn poison_of_every_sort_in_one_batch_costs_itself_only() {
    let program = start(BINARY, "[pipeline]\nsuspend-after = 3");
    let mut batch = Vec::new();
    for (place, (mark, _)) in POISONS.iter().enumerate() {
        batch.push(line(mark, &format!("poison-{place}")));
        batch.push(good(&format!("good-{place}")));
    }
    let views = decided(&program, "probe", &lines(&batch));
    for (pair, (mark, cause)) in views.chunks(2).zip(POISONS) {
        assert_eq!((&pair[0]["outcome"], &pair[0]["cause"]["name"]), (&"quarantined".into(), &cause.into()), "{mark}");
        assert_eq!(pair[1]["outcome"], "mapped", "{mark}");
    }
    assert_eq!(quarantine(&program, &program.operator(), "").len(), POISONS.len());
}

#[test]
fn other_providers_go_on_while_one_adapter_fails_or_loops() {
    let config = "[providers.loops]\nadapter = 'probe.wasm'\n[providers.broken]\nadapter = 'probe.wasm'\n\
                  [providers.broken.settings]\nbroken = 'all'\n[providers.probe]\n";
    let program = start(BINARY, config);
    program
        .until(|program| adapter(program, "broken")["generation"] == 1 && adapter(program, "loops")["generation"] == 1);
    let waiting = sent(&program, "broken", &[&good("1"), &good("2")]);
    await_service(&program, "broken", "failing");
    let looping = sent(&program, "loops", &[&line("SPIN", "1"), &good("2"), &line("SPIN", "3"), &good("4")]);
    for number in 0..20 {
        mapped(&program, "probe", &[&good(&number.to_string())]);
    }
    assert_eq!(outcomes(&program, &waiting), ["pending", "pending"], "its records wait all the while");
    program.until(|program| outcomes(program, &looping) == ["quarantined", "mapped", "quarantined", "mapped"]);
}

#[test]
fn providers_whose_adapters_loop_take_turns_with_the_others() {
    // More of them than the host has workers, each with enough to keep one busy.
    let names: Vec<String> = (0..=std::thread::available_parallelism().map_or(4, |cores| (2 * cores.get()).max(4)))
        .map(|number| format!("loops-{number}"))
        .collect();
    let profiles = names.iter().map(|name| format!("[providers.{name}]\nadapter = 'probe.wasm'\n"));
    let config = format!("[pipeline]\nsuspend-after = 2\n[providers.probe]\n{}", profiles.collect::<String>());
    let program = start(BINARY, &config);
    let mut batch = Vec::new();
    for number in 0..6 {
        batch.push(good(&format!("good-{number}")));
        batch.push(line("SPIN", &format!("loop-{number}")));
    }
    let mut looping = Vec::new();
    for name in &names {
        program.until(|program| adapter(program, name)["generation"] == 1);
        looping.push(sent(&program, name, &lines(&batch)));
    }
    mapped(&program, "probe", &[&good("other")]);
    for ids in looping {
        assert!(outcomes(&program, &ids).contains(&"pending".to_owned()), "nobody had to wait until they were done");
    }
}

#[test]
fn quarantined_records_are_seen_by_the_operator_and_their_own_provider_only() {
    let program = start(BINARY, "[providers.other]\nadapter = 'probe.wasm'\n[providers.probe]\n");
    let (own, other) = (program.key("provider", Some("probe")), program.key("provider", Some("other")));
    program.until(|program| program.call(&other, "GET", "/v1/summary", &[], b"").status == 200);
    let views = decided(&program, "probe", &[&good("1"), &line("TRAP", "2")]);
    let id = &views[1]["id"];
    for (key, query) in [(&program.operator(), ""), (&program.operator(), "?provider=probe"), (&own, "")] {
        let listed = quarantine(&program, key, query);
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!((&listed[0]["id"], &listed[0]["cause"]["name"]), (id, &"trap".into()));
        assert_eq!(listed[0]["digest"], views[1]["digest"]);
    }
    assert_eq!(quarantine(&program, &other, "").len(), 0);
    assert_eq!(quarantine(&program, &program.operator(), "?provider=other").len(), 0);
    assert_eq!(program.call(&other, "GET", "/v1/quarantine?provider=probe", &[], b"").status, 403);
    let path = format!("/v1/records/{}", id.as_str().unwrap_or_default());
    assert_eq!(program.call(&other, "GET", &path, &[], b"").status, 404, "it is not there for others");
    let own_list = program.all(&own, "/v1/providers/probe/records?outcome=quarantined");
    assert_eq!(own_list.len(), 1);
}

#[test]
fn a_mended_adapter_maps_what_was_set_aside_once_when_an_operator_asks() {
    let program = start(BINARY, "");
    let (own, monitor) = (program.key("provider", Some("probe")), program.key("monitor", None));
    for key in [&own, &monitor] {
        program.until(|program| program.call(key, "GET", "/v1/summary", &[], b"").status == 200);
    }
    let views = decided(&program, "probe", &[&good("1"), &line("TRAP", "2"), &line("EMPTY", "3"), &line("FLOOD", "4")]);
    // The last three are the tail of the batch: an adapter that managed others has failed on them.
    let ids: Vec<String> = views[1..].iter().map(|view| view["id"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(outcomes(&program, &ids), ["quarantined"; 3]);
    let first = views[1]["adapter"]["component"].clone();
    let remap = |key: &str, body: Value| post(&program, key, "/v1/quarantine/remap", &body);
    let operator = program.operator();

    // Without a mended adapter it is as before.
    let faults = adapter(&program, "probe")["last_fault_at"].clone();
    assert_eq!(remap(&operator, json!({ "records": [ids[0]], "why": "a try" })), 202);
    program.until(|program| {
        record(program, &ids[0])["outcome"] == "quarantined" && adapter(program, "probe")["last_fault_at"] != faults
    });

    put(&program, "probe.wasm", &components::mended_probe());
    program.until(|program| adapter(program, "probe")["generation"] == 2);
    assert_eq!(outcomes(&program, &ids), ["quarantined"; 3], "nothing is mapped again of itself");

    let body = |ids: &[&str]| json!({ "records": ids, "why": "version 2 is mended" });
    assert_eq!(remap(&own, body(&[&ids[0]])), 403, "a provider does not map again");
    assert_eq!(remap(&monitor, body(&[&ids[0]])), 403, "nor does the monitoring system");
    assert_eq!(remap(&operator, json!({ "records": ids })), 400, "a reason is needed");
    let mapped = views[0]["id"].as_str().unwrap_or_default();
    assert_eq!(remap(&operator, body(&[mapped])), 404, "it is not in quarantine");
    assert_eq!(remap(&operator, body(&[&ids[0], mapped])), 404, "all or none");
    let known: RecordId = ids[0].parse().unwrap();
    let unknown = [1, known.seq + 10, 1_000_000, u64::MAX].map(|seq| RecordId { seq, ..known });
    for unknown in [unknown.as_slice(), &[RecordId { epoch: known.epoch + 1, ..known }]].concat() {
        assert_eq!(remap(&operator, body(&[&unknown.to_string()])), 404, "{unknown:?}");
    }
    assert_eq!(remap(&operator, body(&["no id at all"])), 400);
    assert_eq!(outcomes(&program, &ids), ["quarantined"; 3]);

    assert_eq!(remap(&operator, body(&[&ids[0], &ids[0]])), 202, "named twice, mapped once");
    program.until(|program| record(program, &ids[0])["outcome"] == "mapped");
    assert_eq!(outcomes(&program, &ids), ["mapped", "quarantined", "quarantined"], "only what was asked for");
    assert_eq!(remap(&operator, json!({ "provider": "probe", "why": "the rest" })), 202);
    program.until(|program| outcomes(program, &ids) == ["mapped"; 3]);
    assert_ne!(record(&program, &ids[0])["adapter"]["component"], first, "the outcome names the mended component");
    assert_eq!(remap(&operator, json!({ "provider": "probe", "why": "again" })), 404, "nothing is left");
    for number in ["1", "2", "3", "4"] {
        assert_eq!(request(&program, "probe", number)["events"], 1, "request {number}");
    }
    assert_eq!(program.all(&operator, "/v1/events").len(), 4);
    assert_eq!(quarantine(&program, &operator, "").len(), 0);
    nothing_waits(&program);
}

#[test]
fn an_adapter_that_fails_on_everything_loses_nothing_and_is_suspended_with_an_alarm() {
    let program = start(BINARY, "[providers.probe.settings]\nbroken = 'all'\n");
    let own = program.key("provider", Some("probe"));
    program.until(|program| program.call(&own, "GET", "/v1/summary", &[], b"").status == 200);
    let batch: Vec<String> = (0..7).map(|number| good(&number.to_string())).collect();
    let answer = submit(&program, &own, "probe", &lines(&batch), &[]);
    assert_eq!(answer.status, 202, "the provider sees no fault of ours");
    await_service(&program, "probe", "suspended");

    let answer = submit(&program, &own, "probe", &[&good("later")], &[("prefer", "wait=0")]);
    assert_eq!(answer.status, 202, "nor now");
    let pending = program.all(&own, "/v1/providers/probe/records?outcome=pending");
    assert_eq!(pending.len(), 8);
    assert!(pending.iter().all(|view| view["cause"] == Value::Null), "pending is no error: {pending:?}");
    assert_eq!(quarantine(&program, &program.operator(), "").len(), 0);

    let shown = adapter(&program, "probe");
    assert!(shown["last_fault"].as_str().is_some_and(|fault| fault.contains("trapped")), "{shown}");
    assert!(shown["last_fault_at"].is_string(), "{shown}");
    assert_eq!(reasons(&program), ["the adapter of probe is suspended"]);
    assert_eq!(program.get("/readyz")["ready"], true, "records are taken");
    assert_eq!(program.get("/readyz")["waiting"], 8);
    assert!(metric(&program, "qadam_adapter_serving{provider=\"probe\"} 0"));
    assert!(program.log().contains("the adapter is suspended"), "{}", program.log());

    // An operator's word lets it try again; it fails again, and still nothing is lost.
    assert_eq!(post(&program, &program.operator(), "/v1/adapters/probe/resume", &json!({ "why": "a try" })), 204);
    let before = shown["last_fault_at"].clone();
    program.until(|program| {
        let now = adapter(program, "probe");
        now["service"] == "suspended" && now["last_fault_at"] != before
    });
    assert_eq!(program.all(&own, "/v1/providers/probe/records?outcome=pending").len(), 8);

    put(&program, "probe.wasm", &components::mended_probe());
    program.until(|program| program.all(&own, "/v1/providers/probe/records?outcome=mapped").len() == 8);
    assert_eq!(adapter(&program, "probe")["service"], "serving");
    assert_eq!(reasons(&program), Vec::<String>::new());
    assert!(metric(&program, "qadam_adapter_serving{provider=\"probe\"} 1"));
    assert_eq!(program.all(&program.operator(), "/v1/events").len(), 8);
    nothing_waits(&program);
}

#[test]
fn what_waits_for_a_failing_adapter_survives_a_kill() {
    let mut program = start(BINARY, "[providers.probe.settings]\nbroken = 'all'\n");
    let ids = sent(&program, "probe", &[&good("1"), &good("2")]);
    await_service(&program, "probe", "failing");
    program.kill();
    put(&program, "probe.wasm", &components::mended_probe());
    program.restart();
    program.until(|program| outcomes(program, &ids) == ["mapped", "mapped"]);
}

#[test]
fn a_suspended_adapter_resumes_by_an_operators_word_only() {
    let program = start(BINARY, "");
    let own = program.key("provider", Some("probe"));
    program.until(|program| program.call(&own, "GET", "/v1/summary", &[], b"").status == 200);
    let mut batch: Vec<String> = (0..5).map(|number| line("TRAP", &number.to_string())).collect();
    batch.push(good("good"));
    let ids = sent(&program, "probe", &lines(&batch));
    await_service(&program, "probe", "suspended");
    assert_eq!(outcomes(&program, &ids), ["pending"; 6], "nothing was ever managed: perhaps it is the adapter");

    let why = json!({ "why": "the records are wrong, not the adapter" });
    let operator = program.operator();
    assert_eq!(post(&program, &own, "/v1/adapters/probe/resume", &why), 403);
    assert_eq!(post(&program, &operator, "/v1/adapters/probe/resume", &json!({})), 400, "a reason is needed");
    assert_eq!(post(&program, &operator, "/v1/adapters/nobody/resume", &why), 404);
    assert_eq!(adapter(&program, "probe")["service"], "suspended");

    assert_eq!(post(&program, &operator, "/v1/adapters/probe/resume", &why), 204);
    program.until(|program| record(program, &ids[5])["outcome"] == "mapped");
    assert_eq!(outcomes(&program, &ids[..5]), ["quarantined"; 5], "now that one passed, the others are poison");
    assert_eq!(adapter(&program, "probe")["service"], "serving");
}

#[test]
fn an_adapter_that_worked_and_begins_to_fail_is_suspended_at_the_limit() {
    let program = start(BINARY, "");
    mapped(&program, "probe", &[&good("first")]);
    for number in 0..4 {
        let views = decided(&program, "probe", &[&line("TRAP", &number.to_string())]);
        assert_eq!(views[0]["outcome"], "quarantined", "it managed others before: record {number} is poison");
    }
    let ids = sent(&program, "probe", &[&line("TRAP", "fifth"), &good("sixth")]);
    await_service(&program, "probe", "suspended");
    assert_eq!(outcomes(&program, &ids), ["pending", "pending"], "from the limit on nothing is decided");
}

#[test]
fn a_lone_poison_record_waits_on_a_fresh_adapter_until_another_passes() {
    let program = start(BINARY, "");
    let alone = sent(&program, "probe", &[&line("TRAP", "alone")]);
    await_service(&program, "probe", "failing");
    assert_eq!(outcomes(&program, &alone), ["pending"]);
    assert_eq!(reasons(&program), ["the adapter of probe is failing"]);
    assert!(metric(&program, "qadam_adapter_serving{provider=\"probe\"} 0"));
    mapped(&program, "probe", &[&good("company")]);
    program.until(|program| outcomes(program, &alone) == ["quarantined"]);
    assert_eq!(record(&program, &alone[0])["cause"]["name"], "trap");
    await_service(&program, "probe", "serving");
}

#[test]
fn a_broken_component_in_the_folder_leaves_the_old_one_serving_and_is_named() {
    let program = start(BINARY, "");
    let before = adapter(&program, "probe");
    let whole = components::mended_probe();
    for garbage in [&b"not a component"[..], &whole[..whole.len() / 2], b"\0asm\x01\0\0\0", b""] {
        put(&program, "probe.wasm", &whole);
        program.until(|program| {
            let shown = adapter(program, "probe");
            // What was wrong is over.
            shown["load_error"].is_null() && shown["adapter"]["component"] != before["adapter"]["component"]
        });
        put(&program, "probe.wasm", garbage);
        program.until(|program| adapter(program, "probe")["load_error"].is_string());
        let shown = adapter(&program, "probe");
        assert_eq!(shown["service"], "serving", "{shown}");
        assert_ne!(shown["adapter"]["component"], before["adapter"]["component"], "the last good one serves");
        let views = mapped(&program, "probe", &[&good(&format!("under {} bytes of garbage", garbage.len()))]);
        assert_eq!(views[0]["adapter"]["component"], shown["adapter"]["component"]);
    }
    // A provider sees why its own adapter is not the one it sent, and nobody else's.
    let other = program.key("provider", Some("other"));
    program.until(|program| program.call(&other, "GET", "/v1/adapters", &[], b"").status == 200);
    assert_eq!(program.call(&other, "GET", "/v1/adapters", &[], b"").json(), json!([]));
}

#[test]
fn nothing_of_one_batch_is_visible_to_the_next() {
    let program = start(BINARY, "");
    let seen = |number: &str| {
        let request = request(&program, "probe", number);
        let native = &request["history"][0]["native"];
        (
            native["calls"].as_str().unwrap_or_default().to_owned(),
            native["records"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let counts = |calls: &str, records: &str| (calls.to_owned(), records.to_owned());
    mapped(&program, "probe", &[&line("STATE", "a"), &line("STATE", "b"), &line("STATE", "c")]);
    assert_eq!([seen("a"), seen("b"), seen("c")], [counts("1", "1"), counts("1", "2"), counts("1", "3")], "one batch");
    for number in 0..5 {
        let number = format!("next-{number}");
        mapped(&program, "probe", &[&line("STATE", &number)]);
        assert_eq!(seen(&number), counts("1", "1"));
    }
    // Nor does a record that is tried alone after a fault see what the batch had seen.
    decided(&program, "probe", &[&line("STATE", "x"), &line("TRAP", "y"), &line("STATE", "z")]);
    assert_eq!([seen("x"), seen("z")], [counts("1", "1"), counts("1", "1")]);
}
