//! 1336-12: times are local, and the exchange must fit in the time allotted to each stage.
//!
//! That an exchange which outlasts the time of its stage is an alarm: `tests/tests/blame.rs`.

use qadam_tests::terms::{PASSPORT, stage, taken};
use serde_json::json;

use crate::scene;

#[test]
fn each_stage_is_held_to_the_time_allotted_to_it_in_local_time() {
    let scene = scene("2026-01-25T12:00:00+05:00");
    let budgets = "budgets = [{ stage = 'accepted', within = { amount = 1, unit = 'working-days' } }, \
                   { stage = 'taken-into-work', within = { amount = 3, unit = 'working-days' } }]\n";
    let with = PASSPORT.replace("version = 1", "version = 2").replace("act =", &format!("{budgets}act ="));
    assert_eq!(scene.put_service(&with), Some(0));
    scene.send(&[&taken("R"), &stage("R", 3, "2026-01-14T10:00"), &stage("R", 4, "2026-01-16T10:00")]);
    let budgets = scene.term("R")["budgets"].clone();
    let told = |place: usize| {
        let budget = &budgets[place];
        (budget["stage"].clone(), budget["until"]["local"].clone(), budget["overrun"].clone())
    };
    let end = |day: u8| json!(format!("2026-01-{day}T23:59:59.999999999+05:00[Asia/Almaty]"));
    assert_eq!(told(0), (json!("accepted"), end(12), json!(true)), "sent on two days late");
    assert_eq!(told(1), (json!("taken-into-work"), end(19), json!(false)));
    assert_eq!(scene.term("R")["overdue"]["is"], "in-time", "the term itself was kept");
}
