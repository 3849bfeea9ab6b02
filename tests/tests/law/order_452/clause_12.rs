//! 452-12: by the 15th of the next month, how many terms were missed and by how much, by state body and by service, in the law's
//! breakdown; separately those missed for technical reasons.

use qadam_tests::terms::{PASSPORT, Scene, stage, taken};
use serde_json::{Value, json};

use crate::scene;

/// Of the lines of a report, those whose scope has these parts.
fn line(report: &Value, wanted: &Value) -> Value {
    let lines = ["breakdown", "services"].into_iter().flat_map(|part| report[part].as_array().unwrap().clone());
    let fits = |line: &Value| wanted.as_object().unwrap().iter().all(|(name, value)| line["scope"][name] == *value);
    lines.into_iter().find(fits).unwrap()["figures"].clone()
}

fn other_service(scene: &Scene) {
    let other = PASSPORT
        .replace("00803001", "00803002")
        .replace("Z22-74", "Z22-75")
        .replace("990140999995", "990141999990")
        .replace("department", "local-executive-body");
    assert_eq!(scene.put_service(&other), Some(0));
}

#[test]
fn missed_terms_are_counted_with_their_length_by_level_body_and_service() {
    let scene = scene("2026-02-05T12:00:00+05:00");
    other_service(&scene);
    let other = |number: &str| taken(number).replace("Z22-74", "Z22-75");
    scene.send(&[&taken("1"), &stage("1", 4, "2026-01-17T01:00"), &taken("2"), &stage("2", 4, "2026-01-17T03:00")]);
    scene.send(&[&taken("3"), &stage("3", 4, "2026-01-12T10:00"), &other("4"), &stage("4", 4, "2026-01-19T00:00")]);
    let report = scene.host.get("/v1/reports/monthly?month=2026-01");
    let figures = |line: &Value| {
        ["requests", "finished", "breaches", "total-minutes", "median-minutes", "maximum-minutes"]
            .map(|name| line[name].as_u64().unwrap())
    };
    // An hour and three hours after the last instant of the 16th.
    let body = [3, 3, 2, 60 + 180, 120, 180];
    assert_eq!(figures(&line(&report, &json!({ "of": "level", "level": "department" }))), body);
    assert_eq!(figures(&line(&report, &json!({ "of": "provider", "provider": "990140999995" }))), body);
    assert_eq!(figures(&line(&report, &json!({ "of": "service", "service": "00803001" }))), body);
    let local = line(&report, &json!({ "of": "level", "level": "local-executive-body" }));
    assert_eq!(figures(&local), [1, 1, 1, 48 * 60, 48 * 60, 48 * 60]);
    assert_eq!(report["total"]["figures"]["breaches"], 3);
    let levels = report["breakdown"].as_array().unwrap().iter().filter(|line| line["scope"]["of"] == "level");
    let levels: Vec<&str> = levels.map(|line| line["scope"]["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["department", "local-executive-body"], "in the law's order");
}

#[test]
fn failures_of_listed_systems_are_counted_apart_and_proved() {
    let scene = scene("2026-02-05T12:00:00+05:00");
    scene.send(&[&taken("1"), &stage("1", 4, "2026-01-17T01:00")]);
    let rules = scene.host.get("/v1/rules").to_string();
    assert!(rules.contains("\"listed\":[]"), "whom the company maintains is the operator's to say");
    let listed = "version = 2\nlisted = ['IISCON']\n[[rule]]\nname = 'outage'\nblames = 'technical'\nall = [{ if = 'outage', listed = true }]\n\
                  [[rule]]\nname = 'reached'\nblames = 'provider'\nall = [{ if = 'reached', stage = 'accepted' }]\n";
    assert_eq!(scene.file("rules", listed), Some(0));
    let figures = || {
        let total = scene.total("2026-01", "");
        (total["breaches"].clone(), total["technical"].clone())
    };
    assert_eq!(figures(), (json!(1), json!(0)));
    let declare = |system: &str| {
        let window = ["--from", "2026-01-14T10:00:00+05:00", "--until", "2026-01-14T11:00:00+05:00"];
        let named = ["outage", "declare", "--system", system, "--maintainer", "NIT", "--why", "a notice"];
        assert_eq!(scene.run(&[&named[..], &window[..]].concat()).0, Some(0));
    };
    declare("another");
    assert_eq!(figures(), (json!(1), json!(0)), "not on the list");
    declare("IISCON");
    assert_eq!(figures(), (json!(1), json!(1)));
    assert_eq!(scene.term("1")["verdict"]["cites"][0]["id"], "outage-2");
}

#[test]
fn the_report_of_a_month_is_there_by_the_15th_of_the_next_one_without_being_asked_for() {
    let scene = scene("2026-02-05T12:00:00+05:00");
    scene.send(&[&taken("1")]);
    scene.go_to("2026-02-14T23:00:00+05:00");
    scene.host.until(|host| !host.get("/v1/reports")["items"].as_array().unwrap().is_empty());
    assert_eq!(scene.host.get("/v1/reports")["items"][0]["month"], "2026-01");
}
