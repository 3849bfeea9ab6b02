//! kill -9 of host and of receiver, at random points.

use qadam_powercut::Shim;
use qadam_tests::{
    aftermath::{Run, boot, replace, stop_and_check, tell},
    faults::{Does, Mode, Scene, Setting},
    runs,
    senders::Random,
};

use crate::{preload, scene};

/// What goes on meanwhile: slow, so that there is a middle to be killed in, and with answers that are lost.
fn busy(seed: u64) -> Mode {
    let does = [Does::Trickles, Does::Trickles, Does::Passes, Does::DropsAfter, Does::DoublesRequest, Does::Fails];
    Mode::Some(does.to_vec(), Random::new(seed))
}

fn finish(mut scene: Scene, what: &str) {
    scene.settle();
    let checked = scene.check();
    stop_and_check(&mut scene.host);
    scene.receiver.stop();
    scene.receiver.restart();
    assert_eq!(scene.receiver.effects().len(), scene.events, "after a restart in order too");
    tell(&format!("{what}: {checked:?}"));
}

#[test]
fn a_host_that_is_killed_at_random_points_delivers_everything_once() {
    let mut scene = scene(Setting::default());
    let kills = runs(5);
    for seed in 0..u64::from(kills) {
        let _run = Run::named(format!("host killed, {seed}"));
        let mut random = Random::new(seed);
        scene.proxy.does(busy(seed));
        scene.submit(2 + usize::try_from(random.below(4)).unwrap());
        scene.pass_or_end(usize::try_from(random.below(6)).unwrap());
        scene.host.kill();
        scene.host.restart();
    }
    finish(scene, &format!("{kills} kills of the host"));
}

#[test]
fn a_receiver_that_is_killed_at_random_points_has_everything_once() {
    let mut scene = scene(Setting::default());
    let kills = runs(5);
    for seed in 0..u64::from(kills) {
        let _run = Run::named(format!("receiver killed, {seed}"));
        let mut random = Random::new(1000 + seed);
        scene.proxy.does(busy(seed));
        scene.submit(2 + usize::try_from(random.below(4)).unwrap());
        scene.pass_or_end(usize::try_from(random.below(6)).unwrap());
        scene.restart_receiver();
    }
    finish(scene, &format!("{kills} kills of the receiver"));
}

#[test]
fn a_receiver_killed_at_any_operation_on_its_disk_and_then_cut_from_power_has_what_it_answered_for() {
    let mut scene = scene(Setting::default());
    scene.submit(1);
    scene.wait();
    let kills = runs(5);
    for seed in 0..u64::from(kills) {
        let cut = seed % 2 == 0;
        let _run = Run::named(format!("receiver killed at an operation, {seed}, power cut: {cut}"));
        let mut random = Random::new(2000 + seed);
        scene.receiver.kill();
        let shadow = scene.receiver.folder().join(format!("shadow-{seed}"));
        let shim = Shim::watch(preload(), &scene.receiver.data(), &shadow).unwrap().torn(seed);
        shim.control().kill_at(1 + random.below(60)).unwrap();
        scene.receiver.env = shim.env();
        scene.proxy.does(busy(seed));
        if scene.receiver.try_restart().is_ok() {
            scene.proxy.target(scene.receiver.address());
            scene.submit(6);
            scene.wait_for_the_end_of_the_receiver();
        } else {
            scene.submit(2);
        }
        scene.receiver.kill();
        assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
        if cut {
            replace(&scene.receiver.data(), &shadow);
        }
        scene.receiver.env = Vec::new();
        scene.receiver.restart();
        scene.proxy.target(scene.receiver.address());
    }
    finish(scene, &format!("{kills} kills of the receiver at operations"));
}

#[test]
fn a_host_that_is_cut_from_power_at_random_points_delivers_what_it_acknowledged() {
    let mut scene = scene(Setting::default());
    scene.submit(1);
    scene.wait();
    let kills = runs(4);
    for seed in 0..u64::from(kills) {
        let _run = Run::named(format!("host cut from power, {seed}"));
        let mut random = Random::new(3000 + seed);
        scene.host.stop();
        let shadow = scene.host.folder().join(format!("shadow-{seed}"));
        let shim = Shim::watch(preload(), &scene.host.data(), &shadow).unwrap().torn(seed);
        scene.host.set_env(shim.env());
        scene.proxy.does(busy(seed));
        scene.host.restart();
        scene.submit(6);
        scene.pass_or_end(usize::try_from(random.below(8)).unwrap());
        scene.host.kill();
        assert!(shim.control().attached().unwrap() > 0, "the library was not loaded");
        replace(&scene.host.data(), &shadow);
        boot(&scene.host.data());
        scene.host.set_env(Vec::new());
        scene.host.restart();
    }
    finish(scene, &format!("{kills} power cuts of the host"));
}
