//! 1336-17: what is exchanged is signed.

use data_encoding::BASE64;
use qadam_tests::{openssl::openssl, records::accepted};

use crate::host;

#[test]
fn every_message_is_signed_and_the_independent_openssl_says_so() {
    let host = host();
    let _ = host.submit(&[accepted(1), accepted(2)], &[]);
    host.until(|host| !host.get("/v1/messages")["items"].as_array().unwrap().is_empty());
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(host.data().join("pki/ca.pem"), folder.path().join("ca.pem")).unwrap();
    for message in host.get("/v1/messages")["items"].as_array().unwrap() {
        for (name, file) in [("manifest", "manifest.json"), ("signature", "manifest.p7s")] {
            let bytes = BASE64.decode(message[name].as_str().unwrap().as_bytes()).unwrap();
            std::fs::write(folder.path().join(file), bytes).unwrap();
        }
        let verify = ["cms", "-verify", "-cades", "-inform", "DER", "-in", "manifest.p7s", "-content", "manifest.json"];
        let trust = ["-CAfile", "ca.pem", "-purpose", "any", "-out", "verified.json"];
        openssl(folder.path(), &[&verify[..], &trust].concat());
        let same = |file: &str| std::fs::read(folder.path().join(file)).unwrap();
        assert_eq!(same("verified.json"), same("manifest.json"));
    }
}
