//! Full disks and failing syncs on either side.

use qadam_powercut::{Control, Shim};
use qadam_tests::{
    aftermath::{Run, boot, replace, tell},
    faults::{Does, Mode, Scene, Setting},
};

use crate::{preload, scene};

/// A scene whose receiver has a disk that can be broken.
fn receiver_on(seed: u64) -> (Scene, Shim, Control) {
    let mut scene = scene(Setting::default());
    scene.receiver.kill();
    let shadow = scene.receiver.folder().join("shadow");
    let shim = Shim::watch(preload(), &scene.receiver.data(), &shadow).unwrap().torn(seed);
    scene.receiver.env = shim.env();
    scene.receiver.restart();
    scene.proxy.target(scene.receiver.address());
    let control = shim.control();
    assert!(control.attached().unwrap() > 0, "the library was not loaded");
    (scene, shim, control)
}

/// A scene whose host has a disk that can be broken.
fn host_on(seed: u64) -> (Scene, Shim, Control) {
    let mut scene = scene(Setting::default());
    scene.host.stop();
    let shadow = scene.host.folder().join("shadow");
    let shim = Shim::watch(preload(), &scene.host.data(), &shadow).unwrap().torn(seed);
    scene.host.set_env(shim.env());
    scene.host.restart();
    let control = shim.control();
    assert!(control.attached().unwrap() > 0, "the library was not loaded");
    (scene, shim, control)
}

#[test]
fn a_receiver_on_a_full_disk_says_so_loses_nothing_and_goes_on_when_there_is_space() {
    for in_place in [false, true] {
        let _run = Run::named(format!("full in place: {in_place}"));
        let (mut scene, _shim, control) = receiver_on(11);
        scene.submit(3);
        scene.wait();
        control.full_in_place(in_place).unwrap();
        control.disk_full(true).unwrap();
        scene.submit(6);
        scene.until_code("unavailable");
        let lane = scene.queue()["lanes"][0].clone();
        assert_eq!(lane["last_error"]["transport_status"], "HTTP 507", "{lane}");
        control.disk_full(false).unwrap();
        scene.wait();
        assert!(control.faults().unwrap() > 0);
        tell(&format!("{:?}", scene.check()));
    }
}

#[test]
fn a_receiver_whose_syncs_fail_answers_for_nothing_that_a_power_cut_could_take() {
    for cut in [false, true] {
        let _run = Run::named(format!("power cut: {cut}"));
        let (mut scene, shim, control) = receiver_on(12);
        scene.submit(3);
        scene.wait();
        control.fail_syncs(true).unwrap();
        scene.submit(6);
        scene.until_code("unavailable");
        control.fail_syncs(false).unwrap();
        scene.receiver.kill();
        if cut {
            replace(&scene.receiver.data(), shim.shadow());
        }
        scene.receiver.env = Vec::new();
        scene.receiver.restart();
        scene.proxy.target(scene.receiver.address());
        scene.wait();
        tell(&format!("{:?}", scene.check()));
    }
}

#[test]
fn a_host_on_a_full_disk_sends_nothing_that_it_cannot_write_down_and_goes_on_when_there_is_space() {
    let (mut scene, _shim, control) = host_on(13);
    scene.proxy.does(Mode::Always(Does::Hangs));
    scene.submit(8);
    scene.pass(1);
    control.full_in_place(true).unwrap();
    control.disk_full(true).unwrap();
    let before = control.faults().unwrap();
    scene.proxy.does(Mode::Always(Does::Passes));
    scene.host.until(|_| control.faults().unwrap() > before);
    control.disk_full(false).unwrap();
    scene.wait();
    tell(&format!("{:?}", scene.check()));
}

#[test]
fn a_host_whose_syncs_fail_sends_everything_after_a_restart() {
    for cut in [false, true] {
        let _run = Run::named(format!("power cut: {cut}"));
        let (mut scene, shim, control) = host_on(14);
        scene.proxy.does(Mode::Always(Does::Fails));
        scene.submit(8);
        scene.pass(3);
        control.fail_syncs(true).unwrap();
        let url = format!("{}/readyz", scene.host.url());
        scene.host.until(|_| qadam_tests::http::call("GET", &url, &[], "").unwrap().status == 503);
        scene.proxy.does(Mode::Always(Does::Passes));
        scene.host.kill();
        if cut {
            replace(&scene.host.data(), shim.shadow());
            boot(&scene.host.data());
        }
        scene.host.set_env(Vec::new());
        scene.host.restart();
        scene.wait();
        tell(&format!("{:?}", scene.check()));
    }
}
