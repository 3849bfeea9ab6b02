//! 1336-13: the term of a service is set in its standard.

use qadam_tests::terms::{PASSPORT, taken};
use serde_json::json;

use crate::scene;

#[test]
fn the_term_follows_from_the_version_of_the_standard_in_force_on_the_day_of_intake() {
    let scene = scene("2026-01-25T12:00:00+05:00");
    let ten = PASSPORT.replace("version = 1", "version = 2").replace("amount = 5", "amount = 10");
    scene.send(&[&taken("R")]);
    assert_eq!(scene.term("R")["planned"]["day"], "2026-01-16");
    // A new standard for what is taken from February on changes nothing for what was taken before.
    let february = ten.replace("2020-01-01", "2026-02-01");
    let ends = PASSPORT.replace("version = 1", "version = 2").replace("act =", "valid-until = '2026-01-31'\nact =");
    assert_eq!(scene.put_service(&ends), Some(0));
    assert_eq!(scene.put_service(&february.replace("version = 2", "version = 3")), Some(0));
    let term = scene.term("R");
    assert_eq!((&term["planned"]["day"], &term["service"]["version"]), (&json!("2026-01-16"), &json!(2)));
    assert_eq!(term["service"]["act"], "Rules of the service");
    scene.go_to("2026-02-10T12:00:00+05:00");
    let later = taken("S").replace("at=2026-01-09", "at=2026-02-09").replace("intake=2026-01-09", "intake=2026-02-09");
    scene.send(&[&later]);
    let term = scene.term("S");
    assert_eq!((&term["planned"]["day"], &term["service"]["version"]), (&json!("2026-02-23"), &json!(3)));
    let listed = scene.host.get("/v1/services")["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 3, "every version stays, with who put it there");
}
