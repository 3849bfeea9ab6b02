//! What the operator says about a provider holds: what must not be kept is not (invariant 2, 1277-2), numbers are flagged or
//! refused, zones and delays are the provider's; and personal data are masked wherever they need not be seen (invariant 10).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use qadam_tests::{
    probe::{adapter, decided, files_with, mapped, record, request, sent, start, submit, texts},
    program::Program,
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

const IIN: &str = "850101199993";
const MASKED: &str = "8501*****993";
const SURNAME: &str = "Өтебаев";

/// Digest of a text by a program that is not ours.
fn sha256(text: &str) -> String {
    let mut child = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().chars().take(64).collect()
}

/// Files of the host, its log too, that hold a text.
fn kept(program: &Program, text: &str) -> Vec<String> {
    files_with(program.folder(), text, &["qadam.toml"])
}

fn first_event(program: &Program, provider: &str, number: &str) -> Value {
    request(program, provider, number)["history"][0].clone()
}

#[test]
fn a_record_marked_secret_is_refused_and_no_byte_of_it_is_kept() {
    let config = "[[providers.probe.secret]]\nname = 'stamp'\npattern = '(?i)class=secret'\n";
    let mut program = start(BINARY, config);
    let secret = "request=R-SECRET-77;class=Secret;stage=1;at=2024-05-01T10:00:00+05:00;executor=WITHHELD-4711";
    let open = "request=R-OPEN-78;class=open;stage=1;at=2024-05-01T10:00:00+05:00;executor=KEPT-4712";
    let views = decided(&program, "probe", &[secret, open]);
    assert_eq!((&views[0]["outcome"], &views[0]["cause"]["name"]), (&"refused".into(), &"secret".into()));
    assert!(views[0]["cause"]["detail"].as_str().is_some_and(|detail| detail.contains("1277-2")), "{}", views[0]);
    assert_eq!((&views[0]["digest"], &views[0]["size"]), (&sha256(secret).into(), &secret.len().into()));
    assert_eq!(views[1]["outcome"], "mapped", "the others of its batch are taken");

    let again = sent(&program, "probe", &[secret]);
    assert_eq!(views[0]["id"], *again[0], "sent again it is known by its digest");
    program.until(|program| program.get("/readyz")["waiting"] == 0);
    let counts = &program.get("/v1/summary?provider=probe")[0]["records"];
    assert_eq!((&counts["refused"], &counts["duplicate"]), (&1.into(), &1.into()));
    let refused = program.all(&program.operator(), "/v1/providers/probe/records?outcome=refused");
    assert_eq!(refused.len(), 1);

    // Neither while it runs nor after a restart; a record that is kept shows that the search finds what is there.
    for _ in 0..2 {
        for marker in ["R-SECRET-77", "WITHHELD-4711"] {
            assert_eq!(kept(&program, marker), Vec::<String>::new());
        }
        assert_ne!(kept(&program, "KEPT-4712"), Vec::<String>::new());
        program.stop();
        program.restart();
    }
    assert_eq!(record(&program, &again[0])["cause"]["name"], "secret");
}

#[test]
fn credentials_are_removed_before_anything_is_kept_and_the_rule_is_named() {
    let config = "[[providers.probe.redact]]\nname = 'password'\npattern = 'native\\.password=([^;|]*)'\n\
                  [[providers.probe.redact]]\nname = 'token'\npattern = '#token [0-9A-Z-]+'\n";
    let program = start(BINARY, config);
    let line = "request=R;stage=1;native.password=HUNTER-2-HUNTER;at=2024-05-01T10:00:00+05:00;#token TOK-99-EN";
    let views = mapped(&program, "probe", &[line]);
    assert_eq!(texts(&views[0]["redacted"]), ["password", "token"]);
    assert_eq!(views[0]["digest"], sha256(line), "the digest is that of the bytes as received");
    assert_eq!(views[0]["size"], line.len());
    let event = first_event(&program, "probe", "R");
    assert_eq!(event["native"]["password"], "[removed]", "the adapter has not seen it either");
    for credential in ["HUNTER-2-HUNTER", "TOK-99-EN"] {
        assert_eq!(kept(&program, credential), Vec::<String>::new());
    }
    assert_ne!(kept(&program, "native.password=[removed]"), Vec::<String>::new());

    let answer = submit(&program, &program.operator(), "probe", &[line], &[]).json();
    assert_eq!((&answer["duplicates"], &answer["records"][0]["id"]), (&1.into(), &views[0]["id"]));
    // Other credentials, otherwise the same: other bytes, the same event.
    let other = line.replace("HUNTER-2-HUNTER", "HUNTER-3-HUNTER");
    let second = mapped(&program, "probe", &[&other]);
    assert_ne!(second[0]["id"], views[0]["id"]);
    assert_eq!(second[0]["events"], views[0]["events"]);
    assert_eq!(kept(&program, "HUNTER-3-HUNTER"), Vec::<String>::new());
    let plain = mapped(&program, "probe", &["request=R;stage=2;at=2024-05-02T10:00:00+05:00"]);
    assert_eq!(plain[0]["redacted"], Value::Null, "nothing was removed here");
}

#[test]
fn odd_numbers_are_flagged_by_default_and_refused_where_the_profile_is_strict() {
    let config = "[providers.strict]\nadapter = 'probe.wasm'\nidentification-numbers = 'strict'\n[providers.probe]\n";
    let program = start(BINARY, config);
    let line =
        |request: &str, number: &str| format!("request={request};stage=1;at=2024-05-01T10:00:00+05:00;number={number}");
    // A wrong check digit; too short; no number that could have been issued; and two that are right.
    let odd = ["850101199994", "85010119999", "850101199285"];
    for (place, number) in odd.iter().enumerate() {
        let line = line(&place.to_string(), number);
        let refused = &decided(&program, "strict", &[&line])[0];
        assert_eq!(
            (&refused["outcome"], &refused["cause"]["name"]),
            (&"refused".into(), &"identification-number".into())
        );
        assert_eq!(refused["cause"]["field"], "identification-number");
        assert!(!refused.to_string().contains(number), "masked: {refused}");
        mapped(&program, "probe", &[&line]);
        let grade = &first_event(&program, "probe", &place.to_string())["fields"]["identification-grade"];
        assert_ne!(grade["findings"], json!([]), "{number}");
    }
    assert_eq!(
        first_event(&program, "probe", "0")["fields"]["identification-grade"]["findings"],
        json!(["check-digit"])
    );
    for (request, number) in [("iin", IIN), ("bin", "990140999995")] {
        mapped(&program, "strict", &[&line(request, number)]);
        let fields = &first_event(&program, "strict", request)["fields"];
        assert_eq!(
            (&fields["identification-grade"]["kind"], &fields["identification-grade"]["findings"]),
            (&request.into(), &json!([]))
        );
    }
    // A record that names no number, or clears it, has none to be refused for.
    mapped(&program, "strict", &["request=none;stage=1;at=2024-05-01T10:00:00+05:00", &line("cleared", "-")]);
}

#[test]
fn the_provider_s_zone_stands_in_where_the_adapter_names_none() {
    let program = start(BINARY, "[providers.probe]\nzone = 'Asia/Almaty'\n");
    let line = "request=R;key=a;stage=1;at=2024-05-01T05:00:00Z;intake=2024-05-01T04:00:00Z|\
                request=R;key=b;kind=prolonged;planned=2024-06-01T00:00:00Z;at=2024-05-02T05:00:00Z|\
                request=R;key=c;stage=2;at=2024-05-03T05:00:00Z;zone=Europe/Amsterdam";
    mapped(&program, "probe", &[line]);
    let request = request(&program, "probe", "R");
    let history = &request["history"];
    assert_eq!(history[0]["occurred_at"]["local"], "2024-05-01T10:00:00+05:00[Asia/Almaty]");
    assert_eq!(history[0]["fields"]["intake-at"]["local"], "2024-05-01T09:00:00+05:00[Asia/Almaty]");
    assert_eq!(history[1]["planned"]["local"], "2024-06-01T05:00:00+05:00[Asia/Almaty]");
    assert_eq!(
        history[2]["occurred_at"]["local"], "2024-05-03T07:00:00+02:00[Europe/Amsterdam]",
        "its own comes first"
    );
}

#[test]
fn plus_six_in_almaty_is_a_stale_zone_from_march_2024_on() {
    let program = start(BINARY, "[providers.probe]\nzone = 'Asia/Almaty'\n");
    let anomalies = |number: &str, times: &str| {
        mapped(&program, "probe", &[&format!("request={number};stage=1;{times}")]);
        texts(&first_event(&program, "probe", number)["anomalies"]).contains(&"stale-zone")
    };
    assert!(anomalies("stale", "at=2024-03-01T10:00:00+06:00"));
    assert!(anomalies("field", "at=2024-03-02T10:00:00+05:00;intake=2024-03-01T10:00:00+06:00"));
    assert!(!anomalies("before", "at=2024-02-29T10:00:00+06:00"));
    assert!(!anomalies("right", "at=2024-03-01T10:00:00+05:00"));
    assert!(!anomalies("utc", "at=2024-03-01T10:00:00Z"));
    assert_eq!(program.get("/v1/summary?provider=probe")[0]["anomalies"], json!({ "stale-zone": 2 }));
}

#[test]
fn an_event_is_late_by_its_provider_s_own_delay() {
    let config = "[providers.late]\nadapter = 'probe.wasm'\nlate-after = 'PT48H'\n[providers.probe]\n";
    let program = start(BINARY, config);
    let old = "request=old;stage=1;at=2024-05-01T10:00:00+05:00";
    // No clock in tests: the host's own stamp of a record says what is new.
    let stamp = mapped(&program, "late", &[old])[0]["received_at"].as_str().unwrap().to_owned();
    mapped(&program, "late", &[&format!("request=new;stage=1;at={stamp}")]);
    mapped(&program, "probe", &[old]);
    assert_eq!(first_event(&program, "late", "old")["anomalies"], json!(["late"]));
    assert_eq!(first_event(&program, "late", "new")["anomalies"], json!([]));
    assert_eq!(first_event(&program, "probe", "old")["anomalies"], json!([]), "no delay was configured");
}

#[test]
fn personal_data_are_whole_for_the_monitoring_system_only() {
    let program = start(
        BINARY,
        "[providers.strict]\nadapter = 'probe.wasm'\nidentification-numbers = 'strict'\n[providers.probe]\n",
    );
    let (monitor, own) = (program.key("monitor", None), program.key("provider", Some("probe")));
    for key in [&monitor, &own] {
        program.until(|program| program.call(key, "GET", "/v1/summary", &[], b"").status == 200);
    }
    let head = format!("stage=1;at=2024-05-01T10:00:00+05:00;person={SURNAME},Ғали;number={IIN}");
    let wrong_iin = "850101199994";
    decided(
        &program,
        "probe",
        &[
            &format!("request=good;key=k;{head};native.note=IIN {IIN}"),
            // Adapters that tell more than they should: in the log, in an error, in a status, in a breach of the contract.
            &format!("LOG;request=log;at=2024-05-01T10:00:00+05:00;number={IIN}"),
            &format!("TELL;number={IIN}"),
            &format!("request=kind;kind={IIN};{head}"),
            &format!("request=time;stage=1;at={IIN}"),
            // And those that fail while they hold a person's data.
            &format!("TRAP;request=trap;{head}"),
            &format!("EMPTY;request=empty;{head}"),
            &format!("request=held;key=h;kind=suspended;ground=by {IIN};at=2024-05-01T10:00:00+05:00"),
        ],
    );
    // Alone, so that the host's log has its fault as the whole batch's.
    decided(&program, "probe", &[&format!("request=zone;zone={IIN};{head}")]);
    decided(&program, "strict", &[&format!("request=bad;stage=1;at=2024-05-01T10:00:00+05:00;number={wrong_iin}")]);

    let whole = program.all(&monitor, "/v1/events?provider=probe");
    let good = whole.iter().find(|event| event["number"] == "good").unwrap();
    assert_eq!(good["fields"]["identification-number"], IIN);
    assert_eq!(good["fields"]["recipient"], format!("{SURNAME} Ғали"));

    let id = request(&program, "probe", "good")["id"].as_str().unwrap().to_owned();
    let search = json!({ "identification_number": IIN }).to_string();
    let wrong_search = format!("{{\"identification_number\": \"{IIN}\", \"also\": \"{IIN}\"}}");
    for key in [&program.operator(), &own, &monitor] {
        let get = |path: &str| program.call(key, "GET", path, &[], b"");
        let post = |body: &str| program.call(key, "POST", "/v1/requests/search", &[], body.as_bytes());
        let mut answers = vec![
            ("list", get("/v1/requests?provider=probe")),
            ("request", get(&format!("/v1/requests/{id}"))),
            ("found", post(&search)),
            ("wrong search", post(&wrong_search)),
            ("wrong number", post(&search.replace(IIN, &format!("{IIN}{IIN}")))),
            ("records", get("/v1/providers/probe/records")),
            ("refused", get("/v1/providers/probe/records?outcome=refused")),
            ("quarantine", get("/v1/quarantine?provider=probe")),
            ("adapters", get("/v1/adapters")),
            ("summary", get("/v1/summary?provider=probe")),
            ("metrics", get("/metrics")),
            ("readyz", get("/readyz")),
            ("a number in a path", get(&format!("/v1/records/{IIN}"))),
            ("a number in a query", get(&format!("/v1/requests?iin={IIN}"))),
        ];
        if key != &monitor {
            answers.push(("events", get("/v1/events?provider=probe")));
        }
        for (name, answer) in answers {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains(IIN) && !text.contains(wrong_iin), "{name}: {text}");
            assert!(!text.contains(SURNAME), "{name}: {text}");
            if matches!(name, "list" | "request" | "found" | "events" | "quarantine" | "refused") {
                assert!(text.contains(MASKED) || name == "quarantine", "{name} shows something: {text}");
            }
        }
    }
    let strict = program.all(&program.operator(), "/v1/providers/strict/records");
    assert!(!json!(strict).to_string().contains(wrong_iin) && json!(strict).to_string().contains("8501*****994"));
    assert!(adapter(&program, "probe")["last_fault"].is_string());
    assert!(program.log().contains(MASKED), "the adapter's own line is there, masked: {}", program.log());
    for secret in [IIN, wrong_iin] {
        assert!(!program.log().contains(secret), "{}", program.log());
    }
    assert!(!program.log().contains(SURNAME), "{}", program.log());
}
