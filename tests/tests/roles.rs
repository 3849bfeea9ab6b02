//! Who may what: every endpoint of the API with every role, and without a key.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::collections::BTreeSet;

use qadam_tests::{
    http,
    program::{Program, Setup},
    records::accepted,
};
use serde_json::{Value, json};

/// The columns of the matrix.
const ROLES: [&str; 5] = ["provider", "operator", "monitor", "auditor", "lookup"];

/// Each endpoint, and for each role whether it may (`+`) or not (`-`). `o`: open, without a key too. In a path, `{}` stands
/// for something that is there.
const MATRIX: &[(&str, &str, &str)] = &[
    ("POST", "/v1/providers/{provider}/records", "++---"),
    ("GET", "/v1/providers/{provider}/records", "++++-"),
    ("GET", "/v1/records/{id}", "++++-"),
    ("POST", "/v1/records/{id}/reveal", "-+-+-"),
    ("GET", "/v1/requests", "++++-"),
    ("POST", "/v1/requests/search", "+++++"),
    ("GET", "/v1/requests/{id}", "+++++"),
    ("POST", "/v1/requests/{id}/reveal", "-+-+-"),
    ("GET", "/v1/requests/{id}/acts", "-+-+-"),
    ("GET", "/v1/events", "++++-"),
    ("GET", "/v1/events/stream", "++++-"),
    ("POST", "/v1/events/{id}/evidence", "-+-+-"),
    ("GET", "/v1/messages", "-+++-"),
    ("GET", "/v1/messages/waiting", "--+--"),
    ("GET", "/v1/messages/{id}/attempts", "-+++-"),
    ("POST", "/v1/messages/{id}/receipt", "--+--"),
    ("GET", "/v1/queue", "-+++-"),
    ("GET", "/v1/queue/items", "-+++-"),
    ("GET", "/v1/queue/dead", "-+++-"),
    ("POST", "/v1/queue/acts", "-+---"),
    ("POST", "/v1/gateway/notifications", "--+--"),
    ("POST", "/development/timestamp", "ooooo"),
    ("GET", "/v1/summary", "++++-"),
    ("GET", "/v1/services", "++++-"),
    ("PUT", "/v1/services", "-+---"),
    ("GET", "/v1/calendar", "++++-"),
    ("POST", "/v1/calendar", "-+---"),
    ("GET", "/v1/rules", "-+++-"),
    ("PUT", "/v1/rules", "-+---"),
    ("GET", "/v1/outages", "-+++-"),
    ("POST", "/v1/outages", "-+---"),
    ("POST", "/v1/outages/{id}/end", "-+---"),
    ("POST", "/v1/requests/{id}/contests", "-++--"),
    ("GET", "/v1/overdue", "++++-"),
    ("GET", "/v1/overdue/summary", "++++-"),
    ("GET", "/v1/reports", "-+++-"),
    ("GET", "/v1/reports/monthly", "-+++-"),
    ("GET", "/v1/reports/audit", "-+-+-"),
    ("GET", "/v1/acts", "-+-+-"),
    ("GET", "/v1/audit", "-+-+-"),
    ("POST", "/v1/backups", "-+---"),
    ("GET", "/v1/status", "-+-+-"),
    ("GET", "/v1/adapters", "++++-"),
    ("GET", "/v1/adapters/{provider}", "++++-"),
    ("POST", "/v1/records/{id}/replay", "-+---"),
    ("PUT", "/v1/adapters/{provider}", "-+---"),
    ("POST", "/v1/adapters/{provider}/rollback", "-+---"),
    ("POST", "/v1/adapters/{provider}/resume", "-+---"),
    ("POST", "/v1/adapters/{provider}/pilot", "-+---"),
    ("GET", "/v1/adapters/{provider}/pilot", "-+-+-"),
    ("POST", "/v1/adapters/{provider}/bench", "-+---"),
    ("POST", "/v1/adapters/{provider}/promote", "-+---"),
    ("POST", "/v1/adapters/{provider}/retire", "-+---"),
    ("GET", "/v1/adapters/{provider}/history", "-+++-"),
    ("DELETE", "/v1/adapters/{provider}", "-+---"),
    ("GET", "/v1/quarantine", "++++-"),
    ("POST", "/v1/quarantine/remap", "-+---"),
    ("POST", "/v1/remap/preview", "-+---"),
    ("POST", "/v1/remap", "-+---"),
    ("GET", "/healthz", "ooooo"),
    ("GET", "/readyz", "ooooo"),
    ("GET", "/metrics", "ooooo"),
    ("GET", "/openapi.json", "ooooo"),
    ("GET", "/docs", "ooooo"),
    ("GET", "/docs/style.css", "ooooo"),
    ("GET", "/lookup", "ooooo"),
    ("GET", "/lookup/style.css", "ooooo"),
];

/// Paths that are no part of the document: the document itself, for machines and for people.
const BESIDE: [&str; 5] = ["/openapi.json", "/docs", "/docs/style.css", "/lookup", "/lookup/style.css"];

/// A body that each of those who may would be answered for.
fn body(path: &str) -> Value {
    match path {
        "/v1/providers/{provider}/records" => json!(accepted(2)),
        "/v1/requests/search" => json!({ "number": "case-1" }),
        "/v1/adapters/{provider}/resume" => json!({ "why": "a test of roles" }),
        "/v1/quarantine/remap" => json!({ "why": "a test of roles", "provider": "permits" }),
        path if path.ends_with("/reveal") || path.ends_with("/evidence") => json!({ "purpose": "a test of roles" }),
        _ => Value::Null,
    }
}

/// A host with one request, and the ids of that request and of its record.
fn host() -> (Program, String, String) {
    let setup = Setup { permits: true, ..Setup::default() };
    let host = Program::start(env!("CARGO_BIN_EXE_qadam-under-test"), setup);
    let _ = host.submit(&[accepted(1)], &[]);
    let request = host.get("/v1/requests")["items"][0]["id"].as_str().unwrap().to_owned();
    let record = host.get("/v1/providers/permits/records")["items"][0]["id"].as_str().unwrap().to_owned();
    (host, request, record)
}

fn key(host: &Program, role: &str) -> String {
    let key = host.key(role, (role == "provider").then_some("permits"));
    host.until(|host| host.call(&key, "POST", "/v1/requests/search", &[], b"").status != 401);
    key
}

#[test]
fn every_endpoint_answers_the_roles_that_may_and_refuses_the_others() {
    let (host, request, record) = host();
    let keys = ROLES.map(|role| key(&host, role));
    for (method, path, may) in MATRIX {
        let real = path.replace("{provider}", "permits");
        let real = real.replace("{id}", if path.contains("/requests/") { &request } else { &record });
        let body = body(path).to_string();
        let url = format!("{}{real}", host.url());
        let without = http::status(method, &url, &[], &body);
        for ((role, key), may) in ROLES.iter().zip(&keys).zip(may.chars()) {
            let with = http::status(method, &url, &[("authorization", &format!("Bearer {key}"))], &body);
            let case = format!("{role}: {method} {path} is answered {with}, without a key {without}");
            match may {
                'o' => assert!(with != 401 && with != 403 && without == with, "{case}"),
                '+' => assert!(with != 401 && with != 403 && without == 401, "{case}"),
                _ => assert!(with == 403 && without == 401, "{case}"),
            }
        }
    }
}

#[test]
fn the_matrix_holds_every_endpoint_of_the_document_and_no_other() {
    let (host, ..) = host();
    let document = host.get("/openapi.json");
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        documented.extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let listed: BTreeSet<_> = MATRIX
        .iter()
        .filter(|(_, path, _)| !BESIDE.contains(path))
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(listed, documented);
}

#[test]
fn what_a_role_is_refused_names_the_problem_and_leaves_no_trace() {
    let (host, request, _) = host();
    let lookup = key(&host, "lookup");
    let purpose = json!({ "purpose": "curiosity" }).to_string();
    let answer = host.call(&lookup, "POST", &format!("/v1/requests/{request}/reveal"), &[], purpose.as_bytes());
    assert_eq!((answer.status, &answer.json()["type"]), (403, &json!("urn:qadam:problem:forbidden")));
    assert!(!String::from_utf8_lossy(&answer.body).contains("850101199993"));
    assert!(!host.get("/v1/acts").to_string().contains("reveal"));
}

#[test]
fn an_auditor_changes_nothing_by_whatever_method() {
    let (host, ..) = host();
    let auditor = key(&host, "auditor");
    for (method, path, _) in MATRIX.iter().filter(|(method, ..)| *method != "GET") {
        if ["/reveal", "/search", "/evidence", "/timestamp"].iter().any(|asks| path.ends_with(asks)) {
            continue;
        }
        let path = path.replace("{provider}", "permits");
        assert_eq!(host.call(&auditor, method, &path, &[], b"{}").status, 403, "{method} {path}");
    }
}

#[test]
fn keys_of_the_new_roles_are_made_listed_and_revoked_like_the_others() {
    let (host, ..) = host();
    let data = host.data();
    let data = data.to_str().unwrap();
    for role in ["auditor", "lookup"] {
        let made = key(&host, role);
        let listed = host.run(&["key", "list", "--data", data]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let line = listed.lines().find(|line| line.starts_with(&format!("{role}-1 "))).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(role), "{listed}");
        assert_eq!(
            host.run(&["key", "new", "--data", data, "--role", role, "--provider", "permits"]).status.code(),
            Some(1)
        );
        assert!(host.run(&["key", "revoke", &format!("{role}-1"), "--data", data]).status.success());
        host.until(|host| host.call(&made, "POST", "/v1/requests/search", &[], b"").status == 401);
    }
}
