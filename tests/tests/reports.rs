//! The monthly report through the real program (452-12): the same to the byte as of the same day, whatever becomes known since;
//! its counts are those of the events, also after kills, and an audit says where they are not.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use qadam_tests::{
    aftermath::{settle, stop_and_check},
    http::Answer,
    probe::LINES,
    program::{Program, Setup},
    records::closing,
    runs,
    senders::{Crowd, Ledger, Random},
    shared,
    terms::{Scene, stage, taken},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const SAMPLE: &str = include_str!("../../host/domain/src/passport/sample.toml");

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(String::as_str)
}

/// A report that must be there.
fn report(scene: &Scene, query: &str) -> Answer {
    let answer = scene.read(&format!("/v1/reports/monthly?month=2026-01{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", String::from_utf8_lossy(&answer.body));
    answer
}

/// The report of January is made as of the end of 10 February by itself, and asked for as of 15 February.
#[test]
fn the_january_report_as_of_15_february_is_the_same_to_the_byte_after_late_records_of_march() {
    let mut scene = Scene::start(QADAM, "2026-01-13T12:00:00+05:00", "");
    scene.send(&[&taken("A"), &stage("A", 3, "2026-01-13T10:00"), &taken("B"), &taken("C")]);
    scene.go_to("2026-01-30T12:00:00+05:00");
    scene.send(&[&stage("B", 4, "2026-01-30T10:00"), &stage("C", 4, "2026-01-15T10:00")]);
    assert_eq!(scene.read("/v1/reports/monthly?month=2026-01&as_of=2026-02-15").status, 422, "it is still to come");
    scene.go_to("2026-02-16T09:00:00+05:00");
    let asked = "&as_of=2026-02-15";
    let first = report(&scene, asked);
    let json = first.json();
    assert_eq!(
        (&json["as-of"], &json["total"]["figures"]["breaches"]),
        (&json!("2026-02-15T18:59:59.999999999Z"), &json!(2))
    );
    assert_eq!(json["breakdown"][0]["scope"]["level"], "department");
    scene.host.until(|host| !host.get("/v1/reports")["items"].as_array().unwrap().is_empty());
    let kept = scene.host.get("/v1/reports")["items"][0].clone();
    assert_eq!((&kept["month"], &kept["as_of"]), (&json!("2026-01"), &json!("2026-02-10T18:59:59.999999999Z")));
    let as_kept = report(&scene, "&as_of=2026-02-10");
    assert_eq!(header(&as_kept, "qadam-kept"), Some("true"));

    scene.go_to("2026-03-11T12:00:00+05:00");
    // It turns out that A was executed in time; and one more of January comes to light.
    scene.send(&[&stage("A", 4, "2026-01-14T10:00"), &taken("D"), &stage("B", 6, "2026-03-11T10:00")]);
    let again = report(&scene, asked);
    assert_eq!(String::from_utf8_lossy(&again.body), String::from_utf8_lossy(&first.body));
    assert_eq!(report(&scene, "&as_of=2026-02-10").body, as_kept.body);
    let figures = scene.total("2026-01", "");
    assert_eq!((&figures["requests"], &figures["breaches"]), (&json!(4), &json!(2)), "as of March more is known");
    for format in ["csv", "pdf", "xlsx", "table"] {
        let query = format!("{asked}&format={format}&lang=kk");
        assert_eq!(report(&scene, &query).body, report(&scene, &query).body, "{format}");
    }
    // Without its index too.
    scene.host.stop();
    std::fs::remove_dir_all(scene.host.data().join("index")).unwrap();
    scene.host.restart();
    assert_eq!(report(&scene, asked).body, first.body);
    let (code, said) = scene.run(&["report", "audit"]);
    assert!(code == Some(0) && said.contains("1 reports of closed months made again"), "{said}");
}

#[test]
fn the_report_of_a_month_is_made_once_by_the_15th_though_the_host_was_off_on_its_day() {
    let mut scene = Scene::start(QADAM, "2026-01-30T12:00:00+05:00", "[terms]\nreport-day = 14\n");
    scene.send(&[&taken("A")]);
    scene.go_to("2026-02-13T12:00:00+05:00");
    assert_eq!(scene.total("2026-01", "")["breaches"], 1);
    assert_eq!(scene.host.get("/v1/reports")["items"], json!([]), "not before its day");
    scene.host.stop();
    scene.go_to("2026-04-20T09:00:00+05:00");
    scene.host.restart();
    let months = |host: &Program| {
        let kept = host.get("/v1/reports")["items"].clone();
        kept.as_array().unwrap().iter().map(|kept| kept["month"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    scene.host.until(|host| !months(host).is_empty());
    assert_eq!(months(&scene.host), ["2026-01"], "of the others nothing is known");
    assert_eq!(scene.host.get("/v1/reports")["items"][0]["as_of"], "2026-02-14T18:59:59.999999999Z");
    let (code, said) = scene.run(&["report", "list"]);
    assert!(code == Some(0) && said.contains("2026-01"), "{said}");
    scene.host.kill();
    scene.host.restart();
    assert_eq!(scene.total("2026-01", "")["breaches"], 1);
    assert_eq!(months(&scene.host), ["2026-01"]);
}

#[test]
fn each_format_comes_under_its_media_type_and_what_cannot_be_asked_is_named() {
    let scene = Scene::start(QADAM, "2026-02-16T12:00:00+05:00", "");
    scene.send(&[&taken("A")]);
    for (format, media, start) in [
        ("table", "text/plain; charset=utf-8", &b""[..]),
        ("json", "application/json", b"{"),
        ("csv", "text/csv; charset=utf-8; header=present", b"\xEF\xBB\xBF"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("pdf", "application/pdf", b"%PDF-"),
    ] {
        let answer = report(&scene, &format!("&format={format}"));
        assert_eq!(header(&answer, "content-type"), Some(media));
        assert!(answer.body.starts_with(start), "{format}");
    }
    for (query, named) in [
        ("month=2026-13", "2026-01"),
        ("month=2026-01&format=doc", "xlsx"),
        ("month=2026-01&lang=de", "kk, ru and en"),
        ("month=2026-01&as_of=soon", "2026-02-15"),
    ] {
        let answer = scene.read(&format!("/v1/reports/monthly?{query}"));
        assert_eq!(answer.status, 400);
        assert!(answer.json()["detail"].as_str().unwrap().contains(named), "{}", answer.json());
    }
    let file = scene.host.folder().join("report.xlsx");
    let (code, _) = scene.run(&["report", "--month", "2026-01", "--format", "xlsx", "-o", file.to_str().unwrap()]);
    assert!(code == Some(0) && std::fs::read(file).unwrap().starts_with(b"PK"));
    assert_eq!(scene.run(&["report", "--month", "2026-01", "--format", "pdf"]).0, Some(64), "no text for a terminal");
    let (code, said) = scene.run(&["report", "--month", "2026-01", "--lang", "ru"]);
    assert!(code == Some(0) && said.contains("Орган"), "{said}");
}

/// A passport for the requests of the municipality.
fn with_passport() -> Program {
    let host = Program::start(QADAM, Setup { permits: true, ..Setup::default() });
    let file = host.folder().join("sample.toml");
    std::fs::write(&file, SAMPLE).unwrap();
    let data = host.data();
    let put = ["service", "put", file.to_str().unwrap(), "--why", "a sample", "--data", data.to_str().unwrap()];
    assert!(host.run(&put).status.success());
    host
}

fn audit(host: &Program) -> (Option<i32>, Value, String) {
    let data = host.data();
    let out = host.run(&["report", "audit", "--json", "--data", data.to_str().unwrap()]);
    let said = String::from_utf8(out.stderr).unwrap();
    (out.status.code(), serde_json::from_slice(&out.stdout).unwrap_or_default(), said)
}

#[test]
fn after_a_storm_of_kills_the_counts_are_those_of_the_events() {
    let (mut host, ledger) = (with_passport(), Ledger::new(0));
    for seed in 0..u64::from(runs(5)) {
        let crowd = Crowd::start(&ledger, &host, 4, seed);
        assert!(crowd.acknowledged(100 + Random::new(seed).below(200)), "{}", host.log());
        // While requests of the runs before are counted.
        let _ = host.submit(&[closing(&format!("case-{seed}"), "2011-05-20T12:00:00.000+02:00")], &[]);
        host.kill();
        crowd.end();
        host.restart();
    }
    settle(&host);
    let (code, found, said) = audit(&host);
    assert_eq!((code, &found["agrees"]), (Some(0), &json!(true)), "{found} {said}");
    let requests = host.get("/v1/summary")[0]["requests"].clone();
    let all = requests["open"].as_i64().unwrap() + requests["closed"].as_i64().unwrap_or(0);
    assert_eq!(found["requests"], all, "every request was judged again");
    let counted: i64 = ["2011-02"]
        .iter()
        .map(|month| {
            host.get(&format!("/v1/reports/monthly?month={month}"))["total"]["figures"]["requests"].as_i64().unwrap()
        })
        .sum();
    assert_eq!(counted, all, "all were taken on the last day of February");
    stop_and_check(&mut host);
}

#[test]
fn an_audit_names_counts_that_are_not_those_of_the_events_and_ends_with_1() {
    let mut scene = Scene::start(QADAM, "2026-01-25T12:00:00+05:00", "");
    scene.send(&[&taken("A"), &stage("A", 4, "2026-01-19T10:00"), &taken("B")]);
    assert_eq!(scene.total("2026-01", "")["breaches"], 2);
    scene.host.stop();
    let (counts, requests) = {
        let index = sled::open(scene.host.data().join("index")).unwrap();
        let rows = |table: &[u8]| index.scan_prefix(table).keys().map(Result::unwrap).collect::<Vec<_>>();
        let (counts, requests) = (rows(b"o"), rows(b"c"));
        index.remove(&counts[0]).unwrap();
        index.remove(&requests[0]).unwrap();
        index.flush().unwrap();
        (counts.len(), requests.len())
    };
    assert_eq!((counts, requests), (1, 2));
    scene.host.restart();
    let (code, found, said) = audit(&scene.host);
    assert_eq!((code, &found["agrees"], &found["differing"]), (Some(1), &json!(false), &json!(1)), "{found}");
    assert!(found["uneven"].as_u64().unwrap() > 0 && said.contains("counts and events differ"), "{said}");
    // What it says to do helps.
    scene.host.stop();
    std::fs::remove_dir_all(scene.host.data().join("index")).unwrap();
    scene.host.restart();
    assert_eq!(audit(&scene.host).0, Some(0));
}

#[test]
fn the_real_log_is_late_377_times_by_its_own_word_479_times_by_the_sample_s_and_57_are_open_and_late() {
    let Some(file) = shared::data("permits.xml-lines.gz") else { return };
    let host = with_passport();
    let data = host.data();
    let submit = ["submit", "--provider", "permits", "--lines", "--json", "--data", data.to_str().unwrap()];
    let sent = host.json(&[&submit[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(sent["received"], 9906, "{sent}");
    let overdue = host.get("/v1/overdue/summary?as_of=2012-01-23T14:42:54.644Z");
    assert_eq!(overdue, json!({ "reported": 377, "computed": 479, "open": 57, "as_of": "2012-01-23T14:42:54.644Z" }));
    let (code, found, said) = audit(&host);
    assert_eq!((code, &found["requests"]), (Some(0), &json!(1434)), "{found} {said}");
    // Where the two differ, a request says why: the promise is another day than the rules give.
    let differing = host.all(&host.operator(), "/v1/requests?provider=permits").into_iter().take(40);
    let terms = differing.map(|request| host.get(&format!("/v1/requests/{}", request["id"].as_str().unwrap())));
    let told = terms.filter(|request| {
        let term = &request["term"];
        let differs = term["compared"] != "same";
        assert_eq!(differs, term["differs_seconds"].is_i64(), "{term}");
        differs
    });
    assert!(told.count() > 0);
}

#[test]
fn a_batch_that_comes_while_reports_are_read_is_counted_in_the_next_one() {
    let scene = Scene::start(QADAM, "2026-01-25T12:00:00+05:00", "");
    let host = &scene.host;
    for round in 0..5 {
        let lines: Vec<String> = (0..40).map(|number| taken(&format!("{round}-{number}"))).collect();
        let headers = [("content-type", LINES), ("prefer", "wait=30")];
        let path = "/v1/providers/probe/records";
        let answer = host.call(&host.operator(), "POST", path, &headers, lines.join("\n").as_bytes());
        assert_eq!(answer.status, 202);
        // No waiting: what was mapped before the question is in the answer.
        let figures = scene.total("2026-01", "");
        assert_eq!((&figures["requests"], &figures["breaches"]), (&json!(40 * (round + 1)), &json!(40 * (round + 1))));
    }
}
