//! Clocks that jump, certificates that expire, authorities that are away.

use std::{fs, path::Path};

use qadam_tests::{
    aftermath::tell,
    authority::Authority,
    faults::{Does, Mode, Setting},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};

use crate::scene;

#[test]
fn a_clock_that_jumps_gives_nothing_up_and_delivers_everything() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ahead");
    fs::write(&file, "0").unwrap();
    let env = vec![("QADAM_TEST_CLOCK_AHEAD".into(), file.clone().into())];
    // A receiver that asks would not take time-stamps from the future.
    let mut scene = scene(Setting { env, trusting: true, ..Setting::default() });
    scene.proxy.does(Mode::Always(Does::Fails));
    scene.submit(4);
    scene.pass(3);
    // Beyond the age at which what cannot be delivered is given up, and back before the start.
    for seconds in [45 * 86_400, -3600, 7200, 0] {
        fs::write(&file, seconds.to_string()).unwrap();
        scene.proxy.does(Mode::Always(Does::Passes));
        scene.pass_or_end(2);
        scene.proxy.does(Mode::Always(Does::DropsAfter));
        scene.submit(3);
        scene.pass(2);
    }
    scene.settle();
    tell(&format!("{:?}", scene.check()));
}

/// Writes an authority, and a certificate of localhost that is in force until a year.
fn issue(folder: &Path, issuer: &CertifiedIssuer<'static, KeyPair>, until: i32) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2021, 1, 1), date_time_ymd(until, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
    fs::write(folder.join("tls.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("tls-key.pem"), key.serialize_pem()).unwrap();
}

#[test]
fn a_receiver_whose_certificate_expired_gets_nothing_until_it_was_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "test authority");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    issue(folder.path(), &issuer, 2024);
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let receiver = vec!["--key".into(), file("tls-key.pem"), "--certificates".into(), file("tls.pem")];
    let push = format!("push = {{ url = 'https://localhost:PROXY/messages', roots = '{}' }}\n", file("ca.pem"));
    let mut scene = scene(Setting { destination: push, receiver, ..Setting::default() });
    scene.proxy.does(Mode::Wire);
    scene.submit(5);
    scene.until_code("tls");
    let lane = scene.queue()["lanes"][0].clone();
    assert!(lane["last_error"]["detail"].as_str().unwrap().contains("expired"), "{lane}");
    issue(folder.path(), &issuer, 2040);
    scene.restart_receiver();
    scene.wait();
    // The receiver speaks TLS only: it is asked by the same program without it.
    scene.receiver.stop();
    scene.receiver.args.clear();
    scene.receiver.restart();
    tell(&format!("{:?}", scene.check()));
}

#[test]
fn while_the_time_stamping_authority_is_away_messages_go_unstamped_and_their_stamps_follow() {
    let mut authority = Authority::new();
    let config =
        format!("[timestamp]\nauthorities = ['{}']\nroots = '{}'\n", authority.url("tsa"), authority.roots().display());
    let receiver = vec!["--trust".to_owned(), authority.roots().to_str().unwrap().to_owned()];
    let mut scene = scene(Setting { config, receiver, ..Setting::default() });
    authority.stop();
    scene.submit(5);
    scene.wait();
    let lane = scene.receiver.get("/lanes")[0].clone();
    assert_eq!(lane["unstamped"], lane["messages"], "{lane}");
    authority.restart();
    scene.host.until(|_| scene.receiver.get("/lanes")[0]["unstamped"] == 0);
    scene.wait();
    tell(&format!("{:?}", scene.check()));
}

#[test]
fn a_destination_that_takes_only_stamped_messages_waits_for_the_authority() {
    let mut authority = Authority::new();
    let config =
        format!("[timestamp]\nauthorities = ['{}']\nroots = '{}'\n", authority.url("tsa"), authority.roots().display());
    let receiver = vec!["--trust".to_owned(), authority.roots().to_str().unwrap().to_owned()];
    let destination = "unstamped = false".to_owned();
    let mut scene = scene(Setting { config, receiver, destination, ..Setting::default() });
    authority.stop();
    scene.submit(5);
    scene.host.until(|host| !host.get("/v1/messages")["items"].as_array().unwrap().is_empty());
    assert_eq!(scene.receiver.get("/status")["events"], 0);
    authority.restart();
    scene.wait();
    assert_eq!(scene.receiver.get("/lanes")[0]["unstamped"], 0);
    assert!(scene.proxy.seen().iter().all(|seen| !seen.key.ends_with("/stamp")), "they went with their stamps");
    tell(&format!("{:?}", scene.check()));
}
