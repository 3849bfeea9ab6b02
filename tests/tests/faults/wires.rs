//! What can go wrong between host and receiver.

use std::collections::BTreeSet;

use qadam_tests::{
    aftermath::{Run, tell},
    faults::{Does, Mode, Setting},
    senders::Random,
};

use crate::scene;

#[test]
fn whatever_is_done_to_requests_and_answers_each_event_arrives_once_and_every_attempt_is_accounted_for() {
    for does in Does::ALL {
        let _run = Run::named(format!("{does:?}"));
        let mut scene = scene(Setting::default());
        scene.proxy.does(Mode::Always(does));
        scene.submit(5);
        scene.pass_or_end(4);
        if let Some(code) = does.code() {
            scene.until_code(code);
        }
        scene.settle();
        let checked = scene.check();
        tell(&format!("{does:?}: {checked:?}"));
        match does {
            Does::DropsAfter | Does::Cuts | Does::Forges => assert!(checked.repeated > 0, "it had them: {checked:?}"),
            Does::DoublesRequest => assert!(checked.repeated >= 5, "{checked:?}"),
            _ => {}
        }
    }
}

#[test]
fn faults_of_all_sorts_in_a_row_lose_nothing_and_double_nothing() {
    let mut scene = scene(Setting::default());
    scene.proxy.does(Mode::Some(Does::ALL.to_vec(), Random::new(7)));
    for _ in 0..4 {
        scene.submit(8);
        scene.pass_or_end(15);
    }
    scene.settle();
    let checked = scene.check();
    let did: BTreeSet<Does> = scene.proxy.seen().iter().map(|seen| seen.did).collect();
    assert!(did.len() > 8, "{did:?}");
    assert!(checked.attempts > checked.messages, "{checked:?}");
    tell(&format!("{checked:?}"));
}

#[test]
fn a_receiver_that_is_away_costs_a_probe_at_a_time_and_everything_flows_when_it_is_back() {
    let mut scene = scene(Setting::default());
    scene.submit(3);
    scene.wait();
    scene.proxy.down();
    scene.submit(20);
    scene.until_code("unreachable");
    scene.host.until(|_| scene.queue()["destinations"][0]["failures"].as_u64() >= Some(5));
    let queue = scene.queue();
    assert_eq!(queue["destinations"][0]["state"], "failing", "{queue}");
    scene.submit(1);
    scene.proxy.up();
    scene.wait();
    assert_eq!(scene.queue()["destinations"][0]["state"], "working");
    tell(&format!("{:?}", scene.check()));
}
