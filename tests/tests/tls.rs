//! The API over TLS: who may call it, what it shows, and how its certificate is renewed while it runs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use qadam_tests::{
    http,
    program::{Program, Setup},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

/// An authority with the files of one host.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "QADAM TEST AUTHORITY");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Certificate and key, PEM.
    fn issue(&self, serial: u64) -> (String, String) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.serial_number = Some(serial.into());
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// Puts them where the host looks, as a tool that renews does: each renamed into its place.
    fn put(&self, (certificate, key): &(String, String)) {
        for (name, text) in [("host.key", key), ("host.crt", certificate)] {
            std::fs::write(self.path("new"), text).unwrap();
            std::fs::rename(self.path("new"), self.path(name)).unwrap();
        }
    }

    fn configuration(&self) -> String {
        let (certificate, key) = (self.path("host.crt"), self.path("host.key"));
        format!("[tls]\ncertificate = '{}'\nkey = '{}'\n", certificate.display(), key.display())
    }

    fn host(&self) -> Program {
        Program::start(BINARY, Setup { config: self.configuration(), ..Setup::default() })
    }
}

/// What `openssl s_client` says of a host, trusting an authority; an error where no connection came about.
fn s_client(host: &Program, ca: &Path, options: &[&str]) -> Result<String, String> {
    let address = host.url().strip_prefix("https://").unwrap();
    let out = Command::new("openssl")
        .args(["s_client", "-connect", address, "-servername", "localhost", "-verify_hostname", "localhost"])
        .args(["-verify_return_error", "-CAfile", ca.to_str().unwrap()])
        .args(options)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    if out.status.success() { Ok(text) } else { Err(text) }
}

/// Serial of the certificate that a host shows.
fn serial(host: &Program, ca: &Path) -> u64 {
    let shown = s_client(host, ca, &[]).unwrap();
    let from = shown.find("-----BEGIN CERTIFICATE").unwrap();
    let pem = ca.with_file_name("shown.pem");
    std::fs::write(&pem, &shown[from..]).unwrap();
    let out = Command::new("openssl").args(["x509", "-noout", "-serial", "-in"]).arg(pem).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    u64::from_str_radix(text.trim().strip_prefix("serial=").unwrap(), 16).unwrap()
}

fn conditions(host: &Program) -> Vec<Value> {
    let out = host.run(&["status", "--json", "--data", host.data().to_str().unwrap()]);
    let status: Value = serde_json::from_slice(&out.stdout).unwrap();
    status["conditions"].as_array().unwrap().clone()
}

fn audited(host: &Program, what: &str) -> Vec<Value> {
    let data = host.data();
    let listed = host.json(&["audit", "--what", what, "--json", "--data", data.to_str().unwrap()]);
    listed.as_array().unwrap().clone()
}

#[test]
fn the_api_speaks_tls_1_3_and_1_2_to_who_trusts_its_authority_and_nothing_older_or_in_the_clear() {
    let authority = Authority::new();
    authority.put(&authority.issue(1));
    let host = authority.host();
    let ca = authority.path("ca.pem");
    assert!(s_client(&host, &ca, &["-tls1_3"]).unwrap().contains("Verify return code: 0"));
    assert!(s_client(&host, &ca, &["-tls1_2"]).unwrap().contains("Verify return code: 0"));
    let old = s_client(&host, &ca, &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]).unwrap_err();
    assert!(old.contains("alert protocol version") || old.contains("handshake failure"), "{old}");
    let clear = host.url().replace("https://", "http://");
    assert!(http::call("GET", &format!("{clear}/healthz"), &[], "").is_err(), "in the clear nothing is answered");
}

#[test]
fn commands_call_a_host_over_tls_by_its_authority_or_on_its_machine_by_its_own_certificate() {
    let authority = Authority::new();
    authority.put(&authority.issue(1));
    let host = authority.host();
    let (data, key) = (host.data(), host.operator());
    assert_eq!(host.json(&["status", "--json", "--data", data.to_str().unwrap()])["ok"], true);
    let url = host.url().replace("127.0.0.1", "localhost");
    let called = ["status", "--json", "--key", &key, "--host", &url];
    let ca = authority.path("ca.pem");
    assert_eq!(host.json(&[&called[..], &["--ca", ca.to_str().unwrap()]].concat())["ok"], true);
    let stranger = Authority::new();
    let strange = stranger.path("ca.pem");
    for more in [&[][..], &["--ca", strange.to_str().unwrap()]] {
        let out = host.run(&[&called[..], more].concat());
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(1) && said.contains("certificate") && !said.contains(&key), "{said}");
    }
}

#[test]
fn a_renewed_certificate_serves_without_a_restart_and_one_that_cannot_be_used_changes_nothing_but_the_status() {
    let authority = Authority::new();
    authority.put(&authority.issue(1));
    let host = authority.host();
    let ca = authority.path("ca.pem");
    assert_eq!(serial(&host, &ca), 1);
    authority.put(&authority.issue(2));
    host.until(|host| serial(host, &ca) == 2);
    host.until(|host| audited(host, "renew-tls").len() == 1);
    assert!(conditions(&host).is_empty(), "local commands know the new one, and nothing is wrong");

    // The certificate of one key, the key of another.
    authority.put(&(authority.issue(3).0, authority.issue(4).1));
    host.until(|host| conditions(host).iter().any(|condition| condition["condition"] == "tls-certificate"));
    assert_eq!(serial(&host, &ca), 2, "what served goes on serving");
    let refused = audited(&host, "refuse-tls");
    assert_eq!(refused[0]["who"], "host");

    authority.put(&authority.issue(5));
    host.until(|host| serial(host, &ca) == 5);
    host.until(|host| conditions(host).is_empty());
}

#[test]
fn beyond_this_machine_a_host_without_tls_does_not_start_and_says_what_to_do() {
    let authority = Authority::new();
    authority.put(&authority.issue(1));
    let host = Program::start(BINARY, Setup::default());
    let elsewhere = tempfile::tempdir().unwrap();
    let data = elsewhere.path().to_str().unwrap();
    let everywhere = ["serve", "--check-config", "--listen", "0.0.0.0:0", "--data", data];
    let refused = host.run(&everywhere);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(64), "{said}");
    assert!(["--tls-cert", "[tls]", "--behind-proxy", "127.0.0.1"].iter().all(|way| said.contains(way)), "{said}");
    assert!(host.run(&[&everywhere[..], &["--behind-proxy"]].concat()).status.success());
    let (certificate, key) = (authority.path("host.crt"), authority.path("host.key"));
    let tls = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    assert!(host.run(&[&everywhere[..], &tls].concat()).status.success());
    std::fs::write(&key, "no key").unwrap();
    let wrong = host.run(&[&everywhere[..], &tls].concat());
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(wrong.status.code() == Some(1) && said.contains("host.key"), "{said}");
}

#[test]
fn a_cookie_of_a_host_with_tls_goes_over_tls_only() {
    let authority = Authority::new();
    authority.put(&authority.issue(1));
    let host = authority.host();
    let key = host.key("lookup", None);
    // The running host sees the key within two seconds.
    host.until(|host| {
        let url = format!("{}/lookup/enter", host.url().replace("127.0.0.1", "localhost"));
        let out = Command::new("curl")
            .args(["-si", "--cacert", authority.path("ca.pem").to_str().unwrap(), "--data-urlencode"])
            .arg(format!("key={key}"))
            .args(["-H", "X-Forwarded-Proto: http", &url])
            .output()
            .unwrap();
        let answer = String::from_utf8_lossy(&out.stdout).to_lowercase();
        let cookie = answer.lines().find(|line| line.starts_with("set-cookie: qadam-lookup="));
        cookie.is_some_and(|cookie| cookie.contains("; secure"))
    });
}
