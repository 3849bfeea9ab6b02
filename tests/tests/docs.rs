//! The pages of the API: whole, from the document that the host gives, safe, and without anything from elsewhere.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that fails may panic")]

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use qadam_tests::{
    http::{self, Answer},
    program::{Program, Setup},
};
use quick_xml::{Reader, events::Event};

fn host() -> Program {
    Program::start(env!("CARGO_BIN_EXE_qadam-under-test"), Setup::default())
}

fn get(host: &Program, path: &str) -> Answer {
    let answer = http::call("GET", &format!("{}{path}", host.url()), &[], "").unwrap();
    assert_eq!(answer.status, 200, "{path}");
    answer
}

/// What a page is made of.
#[derive(Debug, Default)]
struct Page {
    ids: Vec<String>,
    /// `href` and `src` of anything.
    references: BTreeSet<String>,
    elements: BTreeSet<String>,
    attributes: BTreeSet<String>,
    text: String,
}

/// Reads strictly: every element is closed, in order.
fn read(html: &str) -> Page {
    let body = html.strip_prefix("<!DOCTYPE html>").unwrap();
    let (mut reader, mut page) = (Reader::from_str(body), Page::default());
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                page.elements.insert(tag.name().as_ref().to_owned());
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let name = attribute.key.as_ref().to_owned();
                    let value = attribute.value.into_owned();
                    match name.as_str() {
                        "id" => page.ids.push(value),
                        "href" | "src" => drop(page.references.insert(value)),
                        _ => {}
                    }
                    page.attributes.insert(name);
                }
            }
            Event::Text(text) => page.text.push_str(&text),
            Event::Eof => return page,
            Event::Decl(_) | Event::PI(_) | Event::CData(_) | Event::Comment(_) => panic!("something strange"),
            _ => {}
        }
    }
}

#[test]
fn every_call_and_every_schema_of_the_document_is_on_the_page_and_every_link_leads_somewhere() {
    let host = host();
    let page = read(std::str::from_utf8(&get(&host, "/docs").body).unwrap());
    let ids: BTreeSet<&str> = page.ids.iter().map(String::as_str).collect();
    assert_eq!(ids.len(), page.ids.len(), "each id once");
    let document = get(&host, "/openapi.json").json();
    let mut calls = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let words: Vec<&str> = path.split(['/', '{', '}', '.', '-']).filter(|word| !word.is_empty()).collect();
            let id = format!("{method}-{}", words.join("-"));
            assert!(ids.contains(id.as_str()), "{id}");
            assert!(page.text.contains(path.as_str()), "{path}");
            calls += 1;
        }
    }
    assert!(calls >= 20, "{calls}");
    for schema in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(ids.contains(format!("schema-{schema}").as_str()), "{schema}");
    }
    for reference in &page.references {
        match reference.strip_prefix('#') {
            Some(id) => assert!(ids.contains(id), "#{id}"),
            None => drop(get(&host, reference)),
        }
    }
    assert!(page.text.contains("curl -H"), "a line to try");
}

#[test]
fn the_document_says_of_each_parameter_where_it_belongs() {
    let document = get(&host(), "/openapi.json").json();
    let mut queries = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let mut in_path = 0;
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                match parameter["in"].as_str().unwrap() {
                    "path" => {
                        assert!(path.contains(&format!("{{{name}}}")), "{method} {path}: {name} is not in the path");
                        in_path += 1;
                    }
                    "query" => queries += 1,
                    _ => {}
                }
            }
            assert_eq!(path.matches('{').count(), in_path, "{method} {path}");
        }
    }
    assert!(queries > 10, "{queries}");
}

#[test]
fn the_page_runs_nothing_loads_nothing_from_elsewhere_and_says_so_in_its_headers() {
    let host = host();
    let answer = get(&host, "/docs");
    let page = read(std::str::from_utf8(&answer.body).unwrap());
    for element in ["script", "iframe", "object", "embed", "form", "style", "img", "base"] {
        assert!(!page.elements.contains(element), "{element}");
    }
    assert!(page.attributes.iter().all(|name| !name.starts_with("on") && name != "style"), "{:?}", page.attributes);
    assert!(page.references.iter().all(|reference| reference.starts_with(['#', '/'])), "{:?}", page.references);
    for path in ["/docs", "/docs/style.css"] {
        let headers = get(&host, path).headers;
        assert!(headers["content-security-policy"].starts_with("default-src 'none'; style-src 'self'"), "{headers:?}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
    }
    let style = get(&host, "/docs/style.css");
    assert!(style.headers["content-type"].starts_with("text/css"));
    let style = String::from_utf8(style.body.to_vec()).unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"), "nothing from elsewhere");
}

/// A browser, where this machine has one.
fn browser() -> Option<&'static str> {
    let runs = |name: &&str| {
        let run = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
    };
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs)
}

#[test]
fn a_browser_shows_the_page_with_its_style_and_without_a_complaint() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no browser on this machine");
        return;
    };
    let host = host();
    let profile = tempfile::tempdir().unwrap();
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--dump-dom", &format!("{}/docs", host.url())])
        .output()
        .unwrap();
    let (dom, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && dom.contains("id=\"get-v1-events-stream\""), "{said}");
    let complaint = said.lines().find(|line| line.contains("CONSOLE"));
    assert_eq!(complaint, None, "the browser complains");
    let metrics = get(&host, "/metrics");
    let metrics = String::from_utf8(metrics.body.to_vec()).unwrap();
    assert!(
        metrics.lines().any(|line| line.contains("route=\"/docs/style.css\"")),
        "it asked for the style: {metrics}"
    );
}
