//! Terms through the real program: what requests are judged by, what can be said of each, and that counts follow.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use qadam_tests::{
    probe::request,
    terms::{PASSPORT, Scene, stage, taken},
};
use serde_json::{Value, json};

const QADAM: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn scene(at: &str) -> Scene {
    Scene::start(QADAM, at, "")
}

fn post(scene: &Scene, path: &str, body: &Value) -> (u16, Value) {
    let host = &scene.host;
    let answer = host.call(&host.operator(), "POST", path, &[], body.to_string().as_bytes());
    (answer.status, if answer.body.is_empty() { Value::Null } else { answer.json() })
}

fn contest(scene: &Scene, number: &str, body: &Value) -> (u16, Value) {
    let id = request(&scene.host, "probe", number)["id"].as_str().unwrap().to_owned();
    post(scene, &format!("/v1/requests/{id}/contests"), body)
}

#[test]
fn a_request_shows_its_date_how_it_came_about_the_provider_s_beside_it_and_who_is_late_in_each_language() {
    let scene = scene("2026-01-25T12:00:00+05:00");
    scene.send(&[&taken("R"), &stage("R", 3, "2026-01-13T10:00"), &stage("R", 4, "2026-01-19T10:00")]);
    let term = scene.term("R");
    assert_eq!(term["planned"]["due"]["local"], "2026-01-16T23:59:59.999999999+05:00[Asia/Almaty]");
    assert_eq!((&term["planned"]["day"], &term["compared"]), (&json!("2026-01-16"), &json!("reported-later")));
    assert_eq!(term["differs_seconds"], 4 * 86_400);
    let counted = &term["planned"]["steps"][1];
    assert_eq!((&counted["step"], &counted["last"]), (&json!("counted-days"), &json!("2026-01-16")));
    assert_eq!(counted["skipped"].as_array().unwrap().len(), 2, "a weekend: {counted}");
    let overdue = &term["overdue"];
    assert_eq!((&overdue["is"], &overdue["rule"]), (&json!("late"), &json!("first-event-at-stage-four-or-later")));
    assert_eq!(overdue["seconds"], 58 * 3600, "two days and ten hours");
    let verdict = &term["verdict"];
    assert_eq!((&verdict["blame"], &verdict["rule"]), (&json!("provider"), &json!("provider-had-it-in-work")));
    let history = request(&scene.host, "probe", "R")["history"].clone();
    assert_eq!(verdict["cites"], json!([{ "fact": "event", "id": history[1]["id"] }]), "what proves it");
    for (lang, words) in [
        (
            "en",
            [
                "computed planned date",
                "later by 4 d",
                "late by 2 d 10 h",
                "days of weekends: 2",
                "late by the provider",
            ],
        ),
        (
            "ru",
            [
                "вычисленный срок",
                "позже на 4 дн.",
                "просрочено на 2 дн. 10 ч",
                "выходные дни: 2",
                "просрочено услугодателем",
            ],
        ),
        (
            "kk",
            ["есептелген мерзім", "кешірек: 4 күн", "кешіктірілді 2 күн 10 сағ.", "демалыс күндері: 2", "кешіктірді"],
        ),
    ] {
        let (code, said) = scene.run(&["request", "show", "probe/R", "--lang", lang]);
        assert_eq!(code, Some(0), "{said}");
        for word in words {
            assert!(said.contains(word), "{lang}: {word}: {said}");
        }
    }
}

#[test]
fn without_a_passport_no_date_is_invented_and_what_the_provider_reports_has_to_do() {
    let scene = Scene::bare(QADAM, "2026-01-25T12:00:00+05:00", "");
    let done = format!("{};outcome=issued;done=2026-01-21T10:00:00+05:00", stage("R", 6, "2026-01-21T10:00"));
    scene.send(&[&taken("R"), &done]);
    let term = scene.term("R");
    assert_eq!((&term["planned"], &term["service"]), (&Value::Null, &Value::Null));
    assert_eq!((&term["overdue"]["is"], &term["overdue"]["rule"]), (&json!("unknown"), &json!("no-passport")));
    assert_eq!(term["reported_late_seconds"], 34 * 3600);
    let total = scene.total("2026-01", "");
    assert_eq!(
        (&total["breaches"], &total["by-reported"], &total["without-passport"]),
        (&json!(1), &json!(1), &json!(1))
    );
    // Once there is a passport, the computed date counts, for what was taken before too.
    assert_eq!(scene.put_service(PASSPORT), Some(0));
    let total = scene.total("2026-01", "");
    assert_eq!(
        (&total["breaches"], &total["by-computed"], &total["without-passport"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(scene.run(&["report", "audit"]).0, Some(0));
}

#[test]
fn a_change_of_the_calendar_makes_a_new_version_of_the_date_and_the_original_stays() {
    let scene = scene("2026-01-10T12:00:00+05:00");
    scene.send(&[&taken("R")]);
    assert_eq!(scene.term("R")["planned"]["day"], "2026-01-16");
    scene.go_to("2026-01-12T12:00:00+05:00");
    let edit = "[[edit]]\nadd = { date = '2026-01-14', kind = 'holiday', weeks = 'both', name = 'A day off by an act of \
                January', act = 'an act', status = 'confirmed', published = '2026-01-12' }\n";
    assert_eq!(scene.file("calendar", edit), Some(0));
    let term = scene.term("R");
    assert_eq!(term["planned"]["day"], "2026-01-19", "Wednesday does not count");
    let versions = term["planned"]["versions"].as_array().unwrap();
    let short =
        |version: &Value| (version["number"].clone(), version["causes"].clone(), version["due"]["local"].clone());
    let end = |day: u8| json!(format!("2026-01-{day}T23:59:59.999999999+05:00[Asia/Almaty]"));
    assert_eq!(short(&versions[0]), (json!(1), json!(["intake"]), end(16)));
    assert_eq!(short(versions.last().unwrap()), (json!(2), json!(["calendar"]), end(19)));
    // The same edit again contradicts, and changes nothing.
    let (code, said) =
        scene.run(&["calendar", "put", scene.host.folder().join("put.toml").to_str().unwrap(), "--why", "x"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("2026-01-14") && said.contains("supersede"), "{said}");
    let days = |known: &str| scene.host.get(&format!("/v1/calendar?year=2026{known}"))["days"].to_string();
    assert!(days("").contains("2026-01-14") && !days("&known=2026-01-10").contains("2026-01-14"));
    assert_eq!(scene.host.get("/v1/calendar")["edits"][0]["who"], "operator-1");
}

#[test]
fn suspension_stops_the_term_and_what_resumes_it_makes_another_version() {
    let scene = scene("2026-02-10T12:00:00+05:00");
    let suspended = "request=R;key=s;kind=suspended;ground=art. 73;at=2026-01-13T10:00:00+05:00;zone=Asia/Almaty";
    let resumed = "request=R;key=r;kind=resumed;at=2026-01-26T10:00:00+05:00;zone=Asia/Almaty";
    scene.send(&[&taken("R")]);
    scene.send(&[suspended]);
    assert_eq!(scene.term("R")["overdue"]["is"], "suspended");
    assert_eq!(scene.total("2026-01", "")["breaches"], 0);
    scene.send(&[resumed]);
    let term = scene.term("R");
    assert_eq!((&term["planned"]["day"], &term["overdue"]["is"]), (&json!("2026-01-29"), &json!("overdue")));
    let causes: Vec<Value> =
        term["planned"]["versions"].as_array().unwrap().iter().map(|version| version["causes"].clone()).collect();
    assert_eq!(causes, [json!(["intake"]), json!(["events"]), json!(["events"])]);
    assert_eq!(scene.total("2026-01", "")["breaches"], 1);
}

#[test]
fn an_open_request_is_overdue_by_the_clock_alone_and_listed_until_it_is_finished() {
    let scene = scene("2026-01-16T12:00:00+05:00");
    scene.send(&[&taken("0012"), &taken("other")]);
    let found = || scene.run(&["request", "find", "--overdue"]).1;
    assert!(!found().contains("0012"));
    assert_eq!(scene.total("2026-01", "")["breaches"], 0);
    scene.go_to("2026-01-17T00:01:00+05:00");
    let listed = found();
    assert!(listed.contains("0012") && listed.contains("other"), "{listed}");
    assert!(!listed.contains("850101199993") && !listed.contains("Өтебаев Ғали"), "masked: {listed}");
    let total = scene.total("2026-01", "");
    assert_eq!((&total["breaches"], &total["finished"]), (&json!(2), &json!(0)), "{total}");
    assert!((1..60).contains(&total["maximum-minutes"].as_u64().unwrap()), "minutes begun: {total}");
    scene.send(&[&stage("0012", 4, "2026-01-16T18:00")]);
    assert!(!found().contains("0012"), "it turns out to have been finished in time");
    assert_eq!(scene.host.get("/v1/overdue/summary")["open"], 1);
    let (code, said) = scene.run(&["report", "audit"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_declared_outage_counts_for_the_law_only_where_the_system_is_listed_and_a_contest_stands_beside_the_verdict() {
    let scene = scene("2026-01-25T12:00:00+05:00");
    scene.send(&[&taken("R"), &stage("R", 3, "2026-01-13T10:00"), &stage("R", 4, "2026-01-19T10:00")]);
    let declare =
        ["outage", "declare", "--system", "IISCON", "--maintainer", "NIT", "--from", "2026-01-14T10:00:00+05:00"];
    let (code, said) = scene.run(&[&declare[..], &["--why", "a notice"]].concat());
    assert!(code == Some(0) && said.contains("outage-1"), "{said}");
    let (code, _) = scene.run(&["outage", "end", "outage-1", "--until", "2026-01-14T12:00:00+05:00", "--why", "over"]);
    assert_eq!(code, Some(0));
    assert_eq!(scene.term("R")["verdict"]["blame"], "provider", "nobody listed the system");
    assert_eq!(scene.total("2026-01", "")["technical"], 0);

    let mut rules = scene.host.get("/v1/rules");
    rules["version"] = json!(2);
    rules["listed"] = json!(["IISCON"]);
    let body = json!({ "rules": rules, "why": "the list of 2026" }).to_string();
    let host = &scene.host;
    assert_eq!(host.call(&host.operator(), "PUT", "/v1/rules", &[], body.as_bytes()).status, 204);
    let verdict = scene.term("R")["verdict"].clone();
    assert_eq!((&verdict["blame"], &verdict["rules"]), (&json!("technical"), &json!(2)));
    assert_eq!(verdict["cites"][0], json!({ "fact": "outage", "id": "outage-1", "overlap_seconds": 7200 }));
    assert_eq!(verdict["also"][0], "provider-had-it-in-work", "what holds as well is told");
    let total = scene.total("2026-01", "");
    assert_eq!((&total["technical"], &total["contested"]), (&json!(1), &json!(0)));

    assert_eq!(contest(&scene, "R", &json!({ "reason": " " })).0, 422);
    let (code, _) =
        scene.run(&["request", "contest", "probe/R", "--reason", "the outage was elsewhere", "--claims", "provider"]);
    assert_eq!(code, Some(0));
    let term = scene.term("R");
    assert_eq!(term["verdict"], verdict, "it stands");
    assert_eq!(
        (&term["contests"][0]["claims"], &term["contests"][0]["by"]),
        (&json!("provider"), &json!("operator-1"))
    );
    let total = scene.total("2026-01", "");
    assert_eq!((&total["technical"], &total["contested"]), (&json!(1), &json!(1)));
    assert_eq!(scene.run(&["report", "audit"]).0, Some(0));
    scene.send(&[&taken("in-time"), &stage("in-time", 4, "2026-01-15T10:00")]);
    let (status, problem) = contest(&scene, "in-time", &json!({ "reason": "no" }));
    assert_eq!((status, &problem["type"]), (422, &json!("urn:qadam:problem:contest")), "{problem}");
}

#[test]
fn a_passport_that_cannot_be_is_refused_with_its_field_and_nothing_changes() {
    let scene = scene("2026-01-25T12:00:00+05:00");
    let put = |text: &str| {
        let file = scene.host.folder().join("wrong.toml");
        std::fs::write(&file, text).unwrap();
        scene.run(&["service", "put", file.to_str().unwrap(), "--why", "a test"])
    };
    for (wrong, named) in [
        (PASSPORT.to_owned(), "version 1 was given, the next is 2"),
        (PASSPORT.replace("version = 1", "version = 2").replace("amount = 5", "amount = 0"), "`term`"),
        (PASSPORT.replace("00803001", "00803002"), "`Z22-74` is also a code of `00803001`"),
        (PASSPORT.replace("valid-from", "valid-since"), "valid-since"),
    ] {
        let (code, said) = put(&wrong);
        assert_eq!(code, Some(1));
        assert!(said.contains(named), "{said}");
    }
    assert_eq!(scene.host.get("/v1/services")["items"].as_array().unwrap().len(), 1);
    let (code, said) = scene.run(&["service", "list"]);
    assert!(code == Some(0) && said.contains("00803001") && said.contains("5 working-days"), "{said}");
}

#[test]
fn what_requests_are_judged_by_is_the_same_after_a_kill_and_after_the_index_is_gone() {
    let mut scene = scene("2026-01-25T12:00:00+05:00");
    scene.send(&[&taken("R"), &stage("R", 4, "2026-01-19T10:00"), &taken("open")]);
    let (before, total) = (scene.host.get("/v1/services"), scene.total("2026-01", ""));
    assert_eq!((&total["breaches"], &total["requests"], &total["finished"]), (&json!(2), &json!(2), &json!(1)));
    scene.host.kill();
    scene.host.restart();
    assert_eq!(scene.host.get("/v1/services"), before);
    assert_eq!(scene.total("2026-01", "")["breaches"], 2);
    scene.host.kill();
    std::fs::remove_dir_all(scene.host.data().join("index")).unwrap();
    scene.host.restart();
    assert_eq!(scene.host.get("/v1/services"), before);
    assert_eq!(scene.total("2026-01", "")["breaches"], 2);
    let (code, said) = scene.run(&["report", "audit"]);
    assert_eq!(code, Some(0), "{said}");
}
