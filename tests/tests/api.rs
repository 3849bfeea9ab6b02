//! The API at its edges: who may what, what is too much, what the answers promise.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use qadam_tests::{
    http,
    program::{Program, Setup},
    records::{accepted, activity},
};
use serde_json::{Value, json};

const LINES: (&str, &str) = ("content-type", "application/vnd.qadam.lines; of=application/xml");
const RECORDS: &str = "/v1/providers/permits/records";

fn host_with(config: &str) -> Program {
    Program::start(
        env!("CARGO_BIN_EXE_qadam-under-test"),
        Setup { config: config.into(), permits: true, ..Setup::default() },
    )
}

fn host() -> Program {
    host_with("")
}

/// A key that the running host knows already.
fn key(host: &Program, role: &str, provider: Option<&str>) -> String {
    let key = host.key(role, provider);
    host.until(|host| host.call(&key, "GET", "/v1/summary", &[], b"").status == 200);
    key
}

fn problem(answer: &http::Answer) -> (u16, String) {
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{:?}", answer.body);
    let kind = answer.json()["type"].as_str().unwrap().trim_start_matches("urn:qadam:problem:").to_owned();
    (answer.status, kind)
}

#[test]
fn a_provider_sees_and_sends_its_own_records_only() {
    let host = host();
    let (mine, other) = (key(&host, "provider", Some("permits")), key(&host, "provider", Some("education")));
    let sent = host.call(&mine, "POST", RECORDS, &[("prefer", "wait=30")], accepted(1).as_bytes());
    assert_eq!(sent.status, 202, "{:?}", sent.body);
    let record = sent.json()["records"][0].clone();
    assert_eq!(record["outcome"]["outcome"], "mapped");
    let path = format!("/v1/records/{}", record["id"].as_str().unwrap());
    assert_eq!(host.call(&mine, "GET", &path, &[], b"").status, 200);
    assert_eq!(
        problem(&host.call(&other, "GET", &path, &[], b"")),
        (404, "not-found".into()),
        "not even that it is there"
    );
    assert_eq!(problem(&host.call(&other, "POST", RECORDS, &[], accepted(2).as_bytes())).0, 403);
    assert_eq!(problem(&host.call(&other, "GET", RECORDS, &[], b"")).0, 403);
    for path in ["/v1/events", "/v1/requests", "/v1/summary", "/v1/adapters"] {
        let shown = host.call(&other, "GET", path, &[], b"").json();
        let items = shown.get("items").unwrap_or(&shown);
        assert_eq!(items, &json!([]), "{path}");
        assert_eq!(problem(&host.call(&other, "GET", "/v1/events?provider=permits", &[], b"")).0, 403);
    }
    let request = host.all(&mine, "/v1/requests")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(host.call(&other, "GET", &format!("/v1/requests/{request}"), &[], b"").status, 404);
    let search = json!({ "identification_number": "850101199993" }).to_string();
    let found = host.call(&other, "POST", "/v1/requests/search", &[], search.as_bytes()).json();
    assert_eq!(found["items"], json!([]));
}

#[test]
fn what_a_role_may_not_do_is_refused() {
    let host = host();
    let (provider, monitor) = (key(&host, "provider", Some("permits")), key(&host, "monitor", None));
    assert_eq!(problem(&host.call(&monitor, "POST", RECORDS, &[], b"<trace/>")).0, 403);
    for key in [&provider, &monitor] {
        let body = json!({ "why": "x", "provider": "permits" }).to_string();
        assert_eq!(problem(&host.call(key, "POST", "/v1/quarantine/remap", &[], body.as_bytes())).0, 403);
        assert_eq!(problem(&host.call(key, "POST", "/v1/adapters/permits/resume", &[], b"{\"why\":\"x\"}")).0, 403);
    }
}

#[test]
fn without_a_valid_key_nothing_is_shown_but_health() {
    let mut host = host();
    let wrong = format!("qk_{}", "0".repeat(64));
    for key in ["", "x", wrong.as_str()] {
        let answer = host.call(key, "GET", "/v1/requests", &[], b"");
        assert_eq!(problem(&answer), (401, "unauthorised".into()));
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let url = host.url().to_owned();
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json"] {
        assert_eq!(http::call("GET", &format!("{url}{path}"), &[], "").unwrap().status, 200, "{path}");
    }
    let revoked = key(&host, "provider", Some("permits"));
    let data = host.data();
    assert!(host.run(&["key", "revoke", "permits-1", "--data", data.to_str().unwrap()]).status.success());
    host.until(|host| host.call(&revoked, "GET", "/v1/requests", &[], b"").status == 401);
    host.stop();
}

#[test]
fn an_idempotency_key_gives_the_same_receipt_and_is_refused_for_other_content() {
    let mut host = host();
    let (mine, operator) = (key(&host, "provider", Some("permits")), host.operator());
    let send = |host: &Program, key: &str, body: &str| {
        host.call(key, "POST", RECORDS, &[("idempotency-key", "batch 7"), LINES], body.as_bytes())
    };
    let body = format!("{}\n{}\n", accepted(1), accepted(2));
    let first = send(&host, &mine, &body);
    assert_eq!((first.status, &first.json()["received"]), (202, &json!(2)));
    assert_eq!(send(&host, &mine, &body).json(), first.json());
    assert_eq!(problem(&send(&host, &mine, &accepted(3))), (422, "idempotency-key-reused".into()));
    let other = send(&host, &operator, &body).json();
    assert_ne!(other["records"][0]["id"], first.json()["records"][0]["id"], "a key is the caller's own");
    host.kill();
    host.restart();
    assert_eq!(send(&host, &mine, &body).json(), first.json(), "after a crash too");
    host.until(|host| host.get("/v1/summary")[0]["records"].get("pending").is_none());
    assert_eq!(host.get("/v1/summary")[0]["events"], 2, "the same event from two records is one event");
    let bad = host.call(&mine, "POST", RECORDS, &[("idempotency-key", "")], b"x");
    assert_eq!(problem(&bad), (400, "idempotency-key".into()));
}

#[test]
fn what_is_too_large_is_named_with_limit_and_actual_and_nothing_of_it_is_received() {
    let host = host_with("[api]\nbody-bytes = 5000\nrecord-bytes = 2000\nbatch-records = 3\n");
    let operator = host.operator();
    let send = |headers: &[(&str, &str)], body: &[u8]| host.call(&operator, "POST", RECORDS, headers, body);
    let large = send(&[], &[b'x'; 2001]);
    assert_eq!(problem(&large), (413, "record-too-large".into()));
    assert_eq!((&large.json()["limit"], &large.json()["actual"]), (&json!(2000), &json!(2001)));
    let line = [b"a\nb\n", [b'x'; 2001].as_slice(), b"\n"].concat();
    assert_eq!(send(&[LINES], &line).json()["line"], 3);
    assert_eq!(problem(&send(&[], &[b'x'; 5001])), (413, "body-too-large".into()));
    assert_eq!(problem(&send(&[LINES], b"1\n2\n3\n4\n")), (413, "batch-too-large".into()));
    assert_eq!(problem(&send(&[], b"")), (400, "empty-record".into()));
    assert_eq!(problem(&send(&[LINES], b"\n \n")), (400, "empty-batch".into()));
    assert_eq!(problem(&send(&[("content-encoding", "gzip")], b"x")).0, 415);
    assert_eq!(problem(&send(&[("content-type", "multipart/mixed")], b"x")), (400, "multipart".into()));
    assert_eq!(host.get("/v1/summary"), json!([]), "nothing was received");
}

#[test]
fn a_multipart_batch_is_as_many_records_each_with_its_media_type() {
    let host = host();
    let operator = host.operator();
    let body = format!(
        "--b\r\ncontent-type: application/xml\r\n\r\n{}\r\n--b\r\ncontent-type: text/xml\r\n\r\n{}\r\n--b--\r\n",
        accepted(1),
        accepted(2)
    );
    let kind = ("content-type", "multipart/mixed; boundary=b");
    let answer = host.call(&operator, "POST", RECORDS, &[kind, ("prefer", "wait=30")], body.as_bytes());
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    let records = answer.json()["records"].as_array().unwrap().clone();
    let kinds: Vec<_> = records.iter().map(|record| record["outcome"]["content_type"].clone()).collect();
    assert_eq!(kinds, ["application/xml", "text/xml"]);
    assert_eq!(answer.headers["preference-applied"], "wait=30");
}

#[test]
fn line_ends_marks_blank_lines_and_encodings_are_handled_or_refused_clearly() {
    let host = host();
    let operator = host.operator();
    let send = |body: &[u8]| {
        let headers = [LINES, ("prefer", "wait=30")];
        host.call(&operator, "POST", RECORDS, &headers, body)
    };
    let text = format!("\u{feff}{}\r\n\r\n \r\n{}\r\n", accepted(1), accepted(2));
    let answer = send(text.as_bytes()).json();
    let records = answer["records"].as_array().unwrap();
    assert_eq!(records.iter().map(|record| record["line"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 4]);
    assert!(records.iter().all(|record| record["outcome"]["outcome"] == "mapped"), "{answer}");
    // A declared windows-1251, and the same bytes undeclared.
    let cyrillic: Vec<u8> = accepted(3)
        .replace("Өтебаев", "Иванов")
        .replace("Ғали", "Иван")
        .chars()
        .map(|letter| match u32::from(letter) {
            plain @ 0..=127 => u8::try_from(plain).unwrap(),
            upper => u8::try_from(upper - 0x410 + 0xC0).unwrap(),
        })
        .collect();
    let declared = [b"<?xml version=\"1.0\" encoding=\"windows-1251\"?>".as_slice(), &cyrillic].concat();
    let answer = send(&declared).json();
    assert_eq!(answer["records"][0]["outcome"]["outcome"], "mapped", "{answer}");
    let answer = send(&cyrillic).json();
    let outcome = &answer["records"][0]["outcome"];
    assert_eq!((&outcome["outcome"], &outcome["cause"]["name"]), (&json!("refused"), &json!("malformed")), "{answer}");
    let utf16: Vec<u8> = "\u{feff}<trace/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(problem(&send(&utf16)), (400, "utf-16".into()));
}

#[test]
fn a_wait_that_is_not_met_says_so_by_leaving_outcomes_out() {
    let host = Program::start(
        env!("CARGO_BIN_EXE_qadam-under-test"),
        Setup { config: "[providers.permits]\n".into(), ..Setup::default() },
    );
    let operator = host.operator();
    let answer = host.call(&operator, "POST", RECORDS, &[("prefer", "respond-async, wait=1")], accepted(1).as_bytes());
    assert_eq!(answer.status, 202);
    assert_eq!(answer.headers.get("preference-applied"), None);
    let record = &answer.json()["records"][0];
    assert_eq!(record.get("outcome"), None);
    let view = host.get(&format!("/v1/records/{}", record["id"].as_str().unwrap()));
    assert_eq!(view["outcome"], "pending");
}

#[test]
fn a_client_that_is_too_slow_is_cut_off_and_the_others_do_not_notice() {
    let host = host_with("[api]\nheader-seconds = 1\nbody-seconds = 1\n");
    let operator = host.operator();
    let address = host.url().trim_start_matches("http://").to_owned();
    let mut head = TcpStream::connect(&address).unwrap();
    head.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
    let mut body = TcpStream::connect(&address).unwrap();
    let start = format!(
        "POST {RECORDS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {operator}\r\ncontent-length: 1000\r\n\r\n<tra"
    );
    body.write_all(start.as_bytes()).unwrap();
    assert_eq!(host.get("/readyz")["ready"], true);
    let (mut cut, mut told) = (Vec::new(), Vec::new());
    let _ = head.read_to_end(&mut cut);
    let _ = body.read_to_end(&mut told);
    let told = String::from_utf8_lossy(&told);
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("body-too-slow"), "{told}");
    assert_eq!(host.get("/v1/summary"), json!([]), "the half record was not received");
}

#[test]
fn a_header_that_is_too_large_is_refused() {
    let host = host_with("[api]\nheader-bytes = 8192\n");
    let value = "x".repeat(20_000);
    let url = format!("{}/healthz", host.url());
    // The host may answer, or cut the connection while we still send.
    if let Ok(answer) = http::call("GET", &url, &[("x-large", &value)], "") {
        assert_eq!(answer.status, 431);
    }
    assert_eq!(http::call("GET", &url, &[], "").unwrap().status, 200);
}

#[test]
fn every_path_of_the_document_answers_and_every_error_is_a_problem() {
    let host = host();
    let operator = host.operator();
    let document = host.get("/openapi.json");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 12, "{paths:?}");
    for (path, methods) in paths {
        let mut path = path.replace("{provider}", "permits").replace("{id}", "none");
        if path.ends_with("/stream") {
            // It would never end.
            path.push_str("?after=x");
        }
        for method in methods.as_object().unwrap().keys() {
            let answer = host.call(&operator, &method.to_uppercase(), &path, &[], b"");
            assert!(answer.status != 405 && answer.status < 500, "{method} {path}: {}", answer.status);
            if answer.status >= 400 {
                let (_, kind) = problem(&answer);
                assert_ne!(kind, "no-such-path", "{method} {path}");
            }
        }
    }
    assert_eq!(problem(&host.call(&operator, "GET", "/v2", &[], b"")), (404, "no-such-path".into()));
    assert_eq!(problem(&host.call(&operator, "DELETE", "/v1/events", &[], b"")), (405, "no-such-method".into()));
    for wrong in [
        "/v1/events?after=x",
        "/v1/requests?state=shut",
        "/v1/requests?nmber=1",
        "/v1/quarantine?nobody=1",
        "/v1/acts?about=x",
        "/v1/requests?number=1",
    ] {
        assert_eq!(problem(&host.call(&operator, "GET", wrong, &[], b"")).0, 400, "{wrong}");
    }
    let unknown = host.call(&operator, "POST", "/v1/providers/nobody/records", &[], b"x");
    assert_eq!(problem(&unknown), (404, "unknown-provider".into()));
}

#[test]
fn personal_numbers_are_in_no_url_no_list_no_metric_and_no_log() {
    let host = host();
    let operator = host.operator();
    let odd = activity("c", "1", "Confirmation of receipt of 850101199993", "2011-03-01T10:00:00+01:00");
    let answer = host.call(
        &operator,
        "POST",
        RECORDS,
        &[LINES, ("prefer", "wait=30")],
        format!("{}\n{odd}", accepted(1)).as_bytes(),
    );
    assert_eq!(answer.json()["records"][1]["outcome"]["outcome"], "refused");
    let mut shown = vec![String::from_utf8_lossy(&answer.body).into_owned(), host.log()];
    for path in ["/v1/requests", "/v1/events", "/metrics", "/v1/providers/permits/records"] {
        shown.push(String::from_utf8_lossy(&host.call(&operator, "GET", path, &[], b"").body).into_owned());
    }
    let number = host.all(&operator, "/v1/requests")[0]["id"].as_str().unwrap().to_owned();
    shown.push(host.get(&format!("/v1/requests/{number}")).to_string());
    for text in shown {
        assert!(!text.contains("850101199993"), "{text}");
        assert!(!text.contains("Өтебаев"), "{text}");
    }
    let search = host.call(&operator, "POST", "/v1/requests/search", &[], b"{\"identification_number\":\"8501\"}");
    assert_eq!(problem(&search), (400, "search".into()));
}

#[test]
fn metrics_count_records_and_answers() {
    let host = host();
    let _ = host.submit(&[accepted(1)], &[]);
    let metrics = host.call(&host.operator(), "GET", "/metrics", &[], b"");
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    for line in [
        "qadam_count{provider=\"permits\",of=\"records.received\"} 1",
        "qadam_ready 1",
        "qadam_adapter_serving{provider=\"permits\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.contains("route=\"/v1/providers/{provider}/records\""), "answers are counted by route: {text}");
}

#[test]
fn commands_used_wrongly_end_with_64_and_failures_with_1() {
    let host = host();
    let code = |args: &[&str]| host.run(args).status.code();
    assert_eq!(code(&["no-such-command"]), Some(64));
    assert_eq!(code(&["submit"]), Some(64));
    assert_eq!(code(&["serve", "--data", "x", "--listen", "0.0.0.0:0"]), Some(64), "beyond loopback without TLS");
    assert_eq!(code(&["demo", "--input", "nobody=x"]), Some(64));
    assert_eq!(code(&["--help"]), Some(0));
    let data = host.data();
    let data = data.to_str().unwrap();
    assert_eq!(code(&["request", "show", "permits/none", "--data", data]), Some(1));
    assert_eq!(code(&["submit", "--provider", "permits", "--data", data, "no-such-file"]), Some(1));
    let out = host.run(&["check", "--data", data]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("in use by another process"), "{out:?}");
    let out = host.run(&["submit", "--provider", "permits", "--data", data, "--no-wait", "/dev/null"]);
    let said: Value = json!(String::from_utf8_lossy(&out.stderr));
    assert!(said.as_str().unwrap().contains("empty"), "{said}");
}
