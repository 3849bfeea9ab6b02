//! Hosts whose adapter is the probe (`tests/guests/probe`), and what the tests ask of them. Its records are lines of
//! pairs: `request=R;key=a;stage=2;at=2024-05-01T10:00:00+05:00`.

use std::path::Path;

use serde_json::Value;

use crate::{
    components,
    http::Answer,
    program::{Program, Setup},
};

/// Media type of a batch of lines.
pub const LINES: &str = "application/vnd.qadam.lines; of=text/plain";

/// Starts a host with the configuration and puts the probe to work, as adapter of the provider `probe` and of all that the
/// configuration gives its file.
#[must_use]
pub fn start(binary: &str, config: &str) -> Program {
    let program = Program::start(binary, Setup { config: config.to_owned(), ..Setup::default() });
    put(&program, "probe.wasm", &std::fs::read(components::probe()).unwrap());
    program.until(|program| adapter(program, "probe")["generation"].as_u64() >= Some(1));
    program
}

/// Puts a file into the adapters' folder, whole, as an operator should.
pub fn put(program: &Program, name: &str, bytes: &[u8]) {
    let (new, place) = (program.adapters().join("new"), program.adapters().join(name));
    std::fs::write(&new, bytes).unwrap();
    std::fs::rename(new, place).unwrap();
}

/// What `/v1/adapters` says of a provider's adapter; null if nothing.
#[must_use]
pub fn adapter(program: &Program, provider: &str) -> Value {
    let listed = program.get("/v1/adapters");
    let found = listed.as_array().unwrap().iter().find(|adapter| adapter["provider"] == provider);
    found.cloned().unwrap_or_default()
}

/// Waits until a provider's adapter is `serving`, `failing`, `suspended`, …
pub fn await_service(program: &Program, provider: &str, service: &str) {
    program.until(|program| adapter(program, provider)["service"] == service);
}

/// Submits lines with a key, and gives the answer as it comes.
#[must_use]
pub fn submit(program: &Program, key: &str, provider: &str, lines: &[&str], headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = [("content-type", LINES)].into_iter().chain(headers.iter().copied()).collect();
    let path = format!("/v1/providers/{provider}/records");
    program.call(key, "POST", &path, &headers, lines.join("\n").as_bytes())
}

/// Submits lines that must be acknowledged, and gives the ids of their records.
pub fn sent(program: &Program, provider: &str, lines: &[&str]) -> Vec<String> {
    let answer = submit(program, &program.operator(), provider, lines, &[]);
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    let receipt = answer.json();
    receipt["records"].as_array().unwrap().iter().map(|taken| taken["id"].as_str().unwrap().to_owned()).collect()
}

/// Submits lines and waits until all are decided; gives the view of each record.
pub fn decided(program: &Program, provider: &str, lines: &[&str]) -> Vec<Value> {
    let ids = sent(program, provider, lines);
    program.until(|program| ids.iter().all(|id| record(program, id)["outcome"] != "pending"));
    ids.iter().map(|id| record(program, id)).collect()
}

/// Submits lines that must all be mapped; gives the view of each record.
pub fn mapped(program: &Program, provider: &str, lines: &[&str]) -> Vec<Value> {
    let views = decided(program, provider, lines);
    for (view, line) in views.iter().zip(lines) {
        assert_eq!(view["outcome"], "mapped", "{line}: {view}");
    }
    views
}

/// A record's view.
#[must_use]
pub fn record(program: &Program, id: &str) -> Value {
    program.get(&format!("/v1/records/{id}"))
}

/// A request by its provider's number, with its history.
#[must_use]
pub fn request(program: &Program, provider: &str, number: &str) -> Value {
    let found = program.get(&format!("/v1/requests?provider={provider}&number={number}"));
    let id = found["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no request {number}: {found}"));
    program.get(&format!("/v1/requests/{id}"))
}

/// The texts of a list.
#[must_use]
pub fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Files below a folder that hold a text, but for those whose name is among the excepted.
#[must_use]
pub fn files_with(folder: &Path, text: &str, except: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if except.iter().any(|name| path.file_name().is_some_and(|file| file == *name)) {
            continue;
        }
        if path.is_dir() {
            found.extend(files_with(&path, text, except));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
