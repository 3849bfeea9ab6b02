//! 1277-6: electronic data equal paper: what a third party can check, offline, without asking us.

use qadam_tests::records::accepted;

use crate::host;

#[test]
fn anyone_with_the_authoritys_certificate_can_check_an_event_offline() {
    let mut host = host();
    let _ = host.submit(&[accepted(1)], &[]);
    host.until(|host| host.get("/v1/messages")["items"][0].get("stamp").is_some());
    let event = host.get("/v1/events")["items"][0]["id"].as_str().unwrap().to_owned();
    let (data, folder) = (host.data(), host.folder().to_owned());
    let (archive, ca) = (folder.join("event.zip"), data.join("pki/ca.pem"));
    let (archive, ca) = (archive.to_str().unwrap(), ca.to_str().unwrap());
    let out = host.run(&["evidence", "export", &event, "-o", archive, "--data", data.to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    // Nobody to ask any more.
    host.stop();
    let verified = host.run(&["evidence", "verify", archive, "--trust", ca]);
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
    let stranger = folder.join("stranger.pem");
    std::fs::write(&stranger, qadam_tests::openssl::Pki::new().root.pem()).unwrap();
    let refused = host.run(&["evidence", "verify", archive, "--trust", stranger.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stdout));
}
