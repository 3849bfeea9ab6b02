//! RSA keys with certificates, by `openssl`: what signs for the gateway.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use qadam_delivery::shep::wss::{Signing, Trusted};
use qadam_evidence::{Certificate, Key, Signer as _};

/// A key and its certificate.
pub(crate) struct Pair {
    folder: tempfile::TempDir,
    key: Arc<Key>,
}

impl Pair {
    /// None, with a message, where there is no `openssl`.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub(crate) fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=test"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("skipped: there is no openssl");
            return None;
        }
        let text = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let key = Key::from_pem(&text("key.pem"), &text("certificate.pem")).unwrap();
        Some(Self { folder, key: Arc::new(key) })
    }

    pub(crate) fn signing(&self) -> Signing {
        Signing::with(Arc::clone(&self.key) as _).unwrap()
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::parse(&self.key.certificates()[0]).unwrap()
    }

    pub(crate) fn trusted(&self) -> Trusted {
        Trusted(vec![self.certificate()])
    }

    /// Runs `xmlsec1` on a document, with this key; what it printed. None, with a message, where it is not there.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub(crate) fn xmlsec(&self, command: &str, arguments: &[&str], document: &str) -> Option<Result<String, String>> {
        let path = self.file("document.xml", document);
        let output = Command::new("xmlsec1")
            .arg(command)
            .args(arguments)
            .args(["--id-attr:Id", "http://schemas.xmlsoap.org/soap/envelope/:Body"])
            .arg(path)
            .current_dir(self.folder.path())
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: there is no xmlsec1; on Debian: apt-get install xmlsec1");
            return None;
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) })
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = Path::new(self.folder.path()).join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}
