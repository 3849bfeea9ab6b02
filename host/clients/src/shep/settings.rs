//! What the operator says of a destination behind the gateway.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::SignedDuration;
use qadam_delivery::shep::wss::{Signing, Trusted};
use qadam_evidence::{Certificate, Key};
use serde::Deserialize;

use crate::push::{PushError, PushSettings, ReceiptSettings, files::Files};

/// A destination behind the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShepSettings {
    /// Where the gateway's asynchronous channel listens: `https://HOST[:PORT]/PATH`; `http` to this machine only.
    pub url: String,
    /// The service as which the receiver is known to the gateway.
    pub service_id: String,
    /// The route, where the gateway has several.
    pub route_id: Option<String>,
    /// The name under which the gateway knows us.
    pub sender: String,
    /// File of the password for it. It crosses the net in the body: TLS hides it.
    pub password_file: Option<PathBuf>,
    /// File of the authorities that prove the gateway's name, PEM. Default: those that browsers trust.
    pub roots: Option<PathBuf>,
    /// File of the key that proves who we are to TLS, PEM, where the gateway asks for it.
    pub client_key: Option<PathBuf>,
    /// File of its certificates, PEM, ours first.
    pub client_certificates: Option<PathBuf>,
    /// Time for one attempt: sending, the gateway's own delivery, and the receipt.
    #[serde(default = "timeout")]
    pub timeout: SignedDuration,
    /// The longest pause between two questions after a message. The first questions follow sooner.
    #[serde(default = "poll")]
    pub poll: SignedDuration,
    /// Codes of the gateway's errors by which it refuses us: sender or password.
    #[serde(default = "sender_refused")]
    pub sender_refused: Vec<String>,
    /// Codes by which it refuses a message for what it is: the same again is refused again.
    #[serde(default)]
    pub message_refused: Vec<String>,
    /// Signatures of the envelopes.
    #[serde(default)]
    pub wss: WssSettings,
    /// Who signs receipts.
    #[serde(default)]
    pub receipts: ReceiptSettings,
}

/// Signatures of envelopes (WS-Security).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WssSettings {
    /// File of the key that signs what we send, PEM; RSA.
    pub key: Option<PathBuf>,
    /// File of its certificates, PEM.
    pub certificates: Option<PathBuf>,
    /// File of the certificates whose signatures the gateway's answers must have, PEM: those of the gateway themselves, not
    /// of their authority. Without it signatures are not looked at.
    pub trusted: Option<PathBuf>,
}

const fn timeout() -> SignedDuration {
    SignedDuration::from_secs(60)
}

const fn poll() -> SignedDuration {
    SignedDuration::from_secs(1)
}

/// Those of the reference gateway. Which the gateway uses is not public.
fn sender_refused() -> Vec<String> {
    vec!["QADAM-SENDER".to_owned()]
}

impl ShepSettings {
    /// Paths are from the configuration's folder.
    pub fn resolve(&mut self, folder: &Path) {
        let own = [&mut self.roots, &mut self.client_key, &mut self.client_certificates, &mut self.password_file];
        let wss = [&mut self.wss.key, &mut self.wss.certificates, &mut self.wss.trusted, &mut self.receipts.roots];
        for path in own.into_iter().chain(wss).flatten() {
            *path = folder.join(&*path);
        }
    }

    /// What connections are made by.
    pub(super) fn as_push(&self) -> PushSettings {
        PushSettings {
            url: self.url.clone(),
            roots: self.roots.clone(),
            client_key: self.client_key.clone(),
            client_certificates: self.client_certificates.clone(),
            bearer_file: None,
            timeout: self.timeout,
            receipts: self.receipts.clone(),
        }
    }

    pub(super) fn checked(&self) -> Result<(), PushError> {
        let named = |text: &str| !text.trim().is_empty() && text.chars().count() <= 200;
        if !named(&self.service_id) {
            return Err(PushError::Range { what: "service-id", range: "1 to 200 letters" });
        }
        if !named(&self.sender) {
            return Err(PushError::Range { what: "sender", range: "1 to 200 letters" });
        }
        if self.poll < SignedDuration::from_millis(10) || self.poll > SignedDuration::from_mins(1) {
            return Err(PushError::Range { what: "poll", range: "10 ms to 1 minute" });
        }
        if self.wss.key.is_some() != self.wss.certificates.is_some() {
            return Err(PushError::Incomplete("`wss.key` and `wss.certificates` belong together"));
        }
        Ok(())
    }
}

impl WssSettings {
    pub(super) fn signing(&self) -> Result<Option<Files<Signing>>, PushError> {
        let Some((key, certificates)) = self.key.clone().zip(self.certificates.clone()) else { return Ok(None) };
        let make = move || {
            let wrong = |why: String| PushError::File { path: key.clone(), why };
            let pair = Key::from_pem(&text(&key)?, &text(&certificates)?).map_err(|error| wrong(error.to_string()))?;
            Signing::with(Arc::new(pair)).map_err(|error| wrong(error.to_string()))
        };
        let paths = [&self.key, &self.certificates].into_iter().flatten().cloned().collect();
        Files::watch(paths, make).map(Some)
    }

    pub(super) fn trusted(&self) -> Result<Option<Files<Trusted>>, PushError> {
        let Some(path) = self.trusted.clone() else { return Ok(None) };
        let make = move || {
            let certificates = Certificate::parse_pem(&text(&path)?);
            certificates.map(Trusted).map_err(|error| PushError::File { path: path.clone(), why: error.to_string() })
        };
        Files::watch(self.trusted.iter().cloned().collect(), make).map(Some)
    }
}

fn text(path: &Path) -> Result<String, PushError> {
    let wrong = |error: std::io::Error| PushError::File { path: path.to_owned(), why: error.to_string() };
    std::fs::read_to_string(path).map_err(wrong)
}
