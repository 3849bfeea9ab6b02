//! What an adapter can say is kept, derived and shown by the real program: invariant 5 and the contract's kinds, identity
//! and field updates (452-6, 452-7).

use qadam_tests::{
    probe::{decided, mapped, request, start, submit, texts},
    program::Program,
};
use serde_json::Value;

fn host() -> Program {
    start(env!("CARGO_BIN_EXE_qadam-under-test"), "")
}

/// The request `R` after a line more.
fn after(program: &Program, line: &str) -> Value {
    mapped(program, "probe", &[line]);
    request(program, "probe", "R")
}

fn history(request: &Value) -> &[Value] {
    request["history"].as_array().map_or(&[], Vec::as_slice)
}

fn standing(request: &Value) -> Vec<bool> {
    history(request).iter().map(|event| event["standing"] == true).collect()
}

#[test]
fn a_suspended_term_is_shown_until_it_is_resumed() {
    let program = host();
    let accepted = after(&program, "request=R;key=a;stage=1;at=2024-05-01T10:00:00+05:00");
    assert_eq!(accepted["suspended"], false);
    let suspended = after(&program, "request=R;key=b;kind=suspended;ground=art. 25;at=2024-05-02T10:00:00+05:00");
    assert_eq!((&suspended["suspended"], &suspended["stage"]), (&true.into(), &"accepted".into()));
    let resumed = after(&program, "request=R;key=c;kind=resumed;ground=papers came;at=2024-05-03T10:00:00+05:00");
    assert_eq!(resumed["suspended"], false);
    let kinds: Vec<_> = history(&resumed).iter().map(|event| (&event["kind"], &event["ground"])).collect();
    assert_eq!(kinds[1], (&"suspended".into(), &"art. 25".into()));
    assert_eq!(kinds[2], (&"resumed".into(), &"papers came".into()));
    // A suspension of the past that arrives late does not suspend again.
    let late = after(&program, "request=R;key=d;kind=suspended;at=2024-05-02T11:00:00+05:00");
    assert_eq!(late["suspended"], false);
}

#[test]
fn a_prolongation_moves_the_planned_date_and_keeps_the_earlier_one() {
    let program = host();
    let line = "request=R;key=a;stage=1;at=2024-05-01T10:00:00+05:00;plan=2024-05-20T00:00:00+05:00";
    assert_eq!(after(&program, line)["fields"]["planned-at"]["literal"], "2024-05-20T00:00:00+05:00");
    let line =
        "request=R;key=b;kind=prolonged;planned=2024-06-20T00:00:00+05:00;ground=art. 26;at=2024-05-10T10:00:00+05:00";
    let prolonged = after(&program, line);
    assert_eq!(prolonged["fields"]["planned-at"]["literal"], "2024-06-20T00:00:00+05:00");
    assert_eq!(history(&prolonged)[0]["fields"]["planned-at"]["literal"], "2024-05-20T00:00:00+05:00");
    assert_eq!(history(&prolonged)[1]["planned"]["instant"], "2024-06-19T19:00:00Z");
    assert_eq!(history(&prolonged)[1]["ground"], "art. 26");
}

#[test]
fn only_an_explicit_reopening_opens_a_closed_request() {
    let program = host();
    let closed = after(&program, "request=R;key=a;stage=6;outcome=refused:no right;at=2024-05-05T10:00:00+05:00");
    assert_eq!((&closed["closed"], &closed["stage_number"]), (&true.into(), &6.into()));
    assert_eq!(
        (&history(&closed)[0]["outcome"], &history(&closed)[0]["ground"]),
        (&"refused".into(), &"no right".into())
    );
    let active = after(&program, "request=R;key=b;stage=3;at=2024-05-06T10:00:00+05:00");
    assert_eq!(active["closed"], true, "later activity reopens nothing");
    assert!(texts(&history(&active)[1]["anomalies"]).contains(&"after-closing"));
    let open = after(&program, "request=R;key=c;kind=reopened;ground=court;at=2024-05-05T12:00:00+05:00");
    assert_eq!((&open["closed"], &open["stage"]), (&false.into(), &"taken-into-work".into()));
    assert!(!texts(&history(&open)[1]["anomalies"]).contains(&"after-closing"), "it is explained now");
    let issued = after(&program, "request=R;key=d;stage=6;outcome=issued;at=2024-05-07T10:00:00+05:00");
    assert_eq!((&issued["closed"], &history(&issued)[3]["outcome"]), (&true.into(), &"issued".into()));
}

#[test]
fn a_withdrawn_closing_no_longer_closes_and_is_kept() {
    let program = host();
    mapped(&program, "probe", &["request=R;key=a;stage=4;at=2024-05-04T10:00:00+05:00"]);
    assert_eq!(after(&program, "request=R;key=z;stage=6;at=2024-05-05T10:00:00+05:00")["closed"], true);
    let open = after(&program, "request=R;key=w;kind=withdrawn;target=z;ground=mistake;at=2024-05-06T10:00:00+05:00");
    assert_eq!((&open["closed"], &open["stage"], &open["events"]), (&false.into(), &"executed".into(), &3.into()));
    assert_eq!(standing(&open), [true, false, true]);
    assert_eq!(history(&open)[2]["target"], "z");
    let counted = program.get("/v1/summary?provider=probe");
    assert_eq!(counted[0]["stages"], serde_json::json!({ "executed": 1 }), "{counted}");
    assert_eq!(counted[0]["requests"]["open"], 1, "{counted}");
}

#[test]
fn a_correction_replaces_the_event_it_names_whichever_comes_first() {
    let program = host();
    let wrong = "request=R;key=a;stage=4;at=2024-05-04T10:00:00+05:00;executor=Wrong";
    let right = "request=R;key=b;kind=correction;target=a;stage=3;ground=typing error;at=2024-05-03T10:00:00+05:00;executor=Right";
    for (number, lines) in [("R-1", [wrong, right]), ("R-2", [right, wrong])] {
        for line in lines.map(|line| line.replace("request=R;", &format!("request={number};"))) {
            mapped(&program, "probe", &[&line]);
        }
        let corrected = request(&program, "probe", number);
        assert_eq!((&corrected["stage"], &corrected["events"]), (&"taken-into-work".into(), &2.into()));
        assert_eq!(corrected["fields"]["executor"], "Right");
        for event in history(&corrected) {
            assert_eq!(event["standing"] == true, event["key"] == "b", "{event}");
        }
    }
}

#[test]
fn a_correction_may_take_back_a_closing_or_keep_the_stage() {
    let program = host();
    mapped(&program, "probe", &["request=R;key=a;stage=6;at=2024-05-04T10:00:00+05:00"]);
    let moved = after(&program, "request=R;key=b;kind=correction;target=a;at=2024-05-02T10:00:00+05:00");
    assert_eq!(moved["closed"], true, "a correction that names no stage leaves it");
    let open = after(&program, "request=R;key=c;kind=correction;target=b;stage=5;at=2024-05-02T10:00:00+05:00");
    assert_eq!((&open["closed"], &open["stage"]), (&false.into(), &"awaiting-issue".into()));
    assert_eq!(standing(&open), [false, false, true]);
}

#[test]
fn the_same_key_with_other_content_is_a_correction_and_both_are_kept() {
    let program = host();
    let first = after(&program, "request=R;key=a;stage=4;at=2024-05-04T10:00:00+05:00");
    let both = after(&program, "request=R;key=a;stage=3;at=2024-05-04T10:00:00+05:00");
    assert_eq!((&both["stage"], &both["events"]), (&"taken-into-work".into(), &2.into()));
    assert_eq!(standing(&both), [false, true]);
    assert_eq!(history(&both)[1]["corrects"], history(&first)[0]["id"]);
    assert_eq!(both["id"], first["id"], "the request keeps its id");
    // The first content again is a change of mind, not a resend.
    let back = after(&program, "request=R;key=a;stage=4;at=2024-05-04T10:00:00+05:00;# again");
    assert_eq!((&back["stage"], standing(&back)), (&"executed".into(), vec![false, false, true]));
}

#[test]
fn a_resend_in_other_bytes_adds_no_event() {
    let program = host();
    for (event, again) in [
        (
            "request=R;key=a;stage=1;at=2024-05-01T10:00:00+05:00",
            "at=2024-05-01T10:00:00+05:00;stage=1;key=a;request=R",
        ),
        ("request=R;stage=2;at=2024-05-02T10:00:00+05:00", "request=R;stage=2;at=2024-05-02T05:00:00Z;# no key"),
    ] {
        let first = mapped(&program, "probe", &[event]);
        let second = mapped(&program, "probe", &[again]);
        assert_ne!(first[0]["id"], second[0]["id"], "both records are kept");
        assert_eq!(first[0]["events"], second[0]["events"], "they stand for the same event");
    }
    // Twice in one batch, too.
    let twice = mapped(
        &program,
        "probe",
        &[
            "request=R;key=c;stage=3;at=2024-05-03T10:00:00+05:00",
            "request=R;key=c;stage=3;at=2024-05-03T10:00:00+05:00;#",
        ],
    );
    assert_eq!(twice[0]["events"], twice[1]["events"]);
    assert_eq!(request(&program, "probe", "R")["events"], 3);
    assert_eq!(program.all(&program.operator(), "/v1/events?provider=probe").len(), 3);
}

#[test]
fn a_repeated_idempotency_key_gets_the_same_receipt_and_leaves_nothing_waiting() {
    let program = host();
    let line = "request=R;key=a;stage=1;at=2024-05-01T10:00:00+05:00";
    let send = || submit(&program, &program.operator(), "probe", &[line], &[("idempotency-key", "first")]);
    let first = send();
    assert_eq!(first.status, 202);
    for _ in 0..3 {
        assert_eq!(send().json(), first.json());
    }
    // Something else behind them: when it is mapped, they have been.
    mapped(&program, "probe", &["request=R;key=b;stage=2;at=2024-05-02T10:00:00+05:00"]);
    assert_eq!(request(&program, "probe", "R")["events"], 2);
    program.until(|program| program.get("/readyz")["waiting"] == 0);
}

const WHOLE: &str = "request=R;key=a;stage=4;at=2024-05-04T10:00:00+05:00;person=Өтебаев,Ғали;number=850101199993;\
    service=Extract;place=Portal;intake=2024-05-01T10:00:00+05:00;executor=E-1;plan=2024-05-20T00:00:00+05:00;\
    done=2024-05-04T10:00:00+05:00;channel=state-corporation;bin=990140999995;code=00101;composite=C-1";

#[test]
fn a_cleared_field_makes_the_request_incomplete_and_is_named() {
    let program = host();
    let search = || {
        let body = br#"{"identification_number":"850101199993"}"#;
        program.call(&program.operator(), "POST", "/v1/requests/search", &[], body).json()["items"]
            .as_array()
            .map(Vec::len)
    };
    let whole = after(&program, WHOLE);
    assert_eq!(texts(&whole["missing"]), Vec::<&str>::new());
    assert_eq!(whole["fields"]["channel"], "state-corporation");
    assert_eq!(whole["fields"]["service-code"], "00101", "leading zeros are kept");
    assert_eq!(search(), Some(1));
    let line = "request=R;key=b;kind=update;at=2024-05-05T10:00:00+05:00;number=-;place=-;channel=-";
    let cleared = after(&program, line);
    assert_eq!(texts(&cleared["missing"]), ["identification-number", "intake-place"]);
    assert_eq!(cleared["fields"]["identification-number"], Value::Null);
    assert_eq!(texts(&history(&cleared)[1]["fields"]["cleared"]), ["identification-number", "intake-place", "channel"]);
    assert_eq!(cleared["stage"], "executed", "an update leaves the stage");
    assert_eq!(search(), Some(0), "nobody is found by a number that was taken back");
    assert_eq!(program.get("/v1/summary?provider=probe")[0]["requests"]["incomplete"], 1);
    let set =
        after(&program, "request=R;key=c;kind=update;at=2024-05-06T10:00:00+05:00;number=850101199993;place=Desk");
    assert_eq!(texts(&set["missing"]), Vec::<&str>::new());
    assert_eq!(search(), Some(1));
}

#[test]
fn an_older_value_that_arrives_late_does_not_replace_a_newer_one() {
    let program = host();
    after(&program, "request=R;key=a;stage=3;at=2024-05-04T10:00:00+05:00;executor=Now");
    let late = after(&program, "request=R;key=b;stage=2;at=2024-05-02T10:00:00+05:00;executor=Before;place=Desk");
    assert_eq!((&late["fields"]["executor"], &late["fields"]["intake-place"]), (&"Now".into(), &"Desk".into()));
    assert_eq!(late["stage"], "taken-into-work");
    assert_eq!(texts(&history(&late)[1]["anomalies"]), ["backward", "out-of-order"]);
}

#[test]
fn a_record_without_events_is_mapped() {
    let program = host();
    let views = mapped(&program, "probe", &["HEARTBEAT"]);
    assert_eq!(views[0]["events"], serde_json::json!([]));
    assert_eq!(program.all(&program.operator(), "/v1/events").len(), 0);
}

#[test]
fn several_events_of_one_record_keep_their_order() {
    let program = host();
    let line = (1..=6)
        .map(|stage| format!("request=R;key=k{stage};stage={stage};at=2024-05-0{stage}T10:00:00+05:00"))
        .chain(["request=other;key=o;stage=1;at=2024-05-01T10:00:00+05:00".to_owned()])
        .collect::<Vec<_>>()
        .join("|");
    let views = mapped(&program, "probe", &[&line]);
    let of_record = texts(&views[0]["events"]);
    assert_eq!(of_record.len(), 7);
    let request = request(&program, "probe", "R");
    let stages: Vec<_> = history(&request).iter().map(|event| event["stage"].as_str().unwrap_or_default()).collect();
    assert_eq!(stages, ["accepted", "sent-for-execution", "taken-into-work", "executed", "awaiting-issue", "closed"]);
    let ids: Vec<_> = history(&request).iter().map(|event| event["id"].as_str().unwrap_or_default()).collect();
    assert_eq!(ids, of_record[..6]);
    let all = program.all(&program.operator(), "/v1/events?provider=probe");
    assert_eq!(all.iter().map(|event| event["id"].as_str().unwrap_or_default()).collect::<Vec<_>>(), of_record);
}

#[test]
fn what_a_stage_asks_for_and_was_not_reported_is_named() {
    let program = host();
    let first = ["recipient", "identification-number", "service-name", "intake-place", "intake-at"];
    for stage in 1..=6 {
        let mut wanted = first.to_vec();
        wanted.extend((stage >= 3).then_some("executor"));
        wanted.push("planned-at");
        wanted.extend((stage >= 4).then_some("completed-at"));
        let number = format!("bare-{stage}");
        mapped(&program, "probe", &[&format!("request={number};stage={stage};at=2024-05-01T10:00:00+05:00")]);
        assert_eq!(texts(&request(&program, "probe", &number)["missing"]), wanted, "stage {stage}");
    }
    // An event that says nothing of a stage asks for what the first one does.
    mapped(
        &program,
        "probe",
        &["request=none;kind=update;at=2024-05-01T10:00:00+05:00;intake=2024-05-01T10:00:00+05:00"],
    );
    let none = request(&program, "probe", "none");
    assert_eq!((texts(&none["missing"]).len(), &none["stage"]), (5, &Value::Null));
}

#[test]
fn native_values_status_and_actor_stand_beside_the_event() {
    let program = host();
    let line = "request=R;key=a;stage=2;at=2024-05-02T10:00:00+05:00;status=ЖІБЕРІЛДІ;actor=A-7;native.department=D 1";
    let request = after(&program, line);
    let event = &history(&request)[0];
    assert_eq!((&event["native_status"], &event["actor"]), (&"ЖІБЕРІЛДІ".into(), &"A-7".into()));
    assert_eq!(event["native"]["department"], "D 1");
}

#[test]
fn a_record_that_cannot_be_mapped_is_refused_with_its_cause_and_place() {
    let program = host();
    let views = decided(
        &program,
        "probe",
        &[
            "stage=1;at=2024-05-01T10:00:00+05:00",
            "request=R;stage=9;at=2024-05-01T10:00:00+05:00",
            "request=R;stage=1;at=yesterday",
            "request=R;stage=1;at=2024-05-01T10:00:00+05:00",
        ],
    );
    let causes: Vec<_> =
        views.iter().map(|view| (&view["outcome"], &view["cause"]["name"], &view["cause"]["field"])).collect();
    assert_eq!(causes[0], (&"refused".into(), &"unidentifiable-request".into(), &"request".into()));
    assert_eq!(causes[1], (&"refused".into(), &"unknown-native-status".into(), &"stage".into()));
    assert_eq!(causes[2], (&"refused".into(), &"unreadable-time".into(), &"at".into()));
    assert_eq!(views[3]["outcome"], "mapped");
}
