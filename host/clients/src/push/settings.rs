//! What the operator says of a destination that messages are pushed to.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use hyper::Uri;
use jiff::SignedDuration;
use qadam_delivery::receipt::ReceiptTrust;
use qadam_evidence::Certificate;
use serde::Deserialize;

use super::files::Files;

/// A destination that messages are pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PushSettings {
    /// Where messages are posted to: `https://HOST[:PORT]/PATH`; `http` to this machine only.
    pub url: String,
    /// File of the authorities that prove the server's name, PEM. Default: those that browsers trust.
    pub roots: Option<PathBuf>,
    /// File of the key that proves who we are, PEM, where the server asks for it.
    pub client_key: Option<PathBuf>,
    /// File of its certificates, PEM, ours first.
    pub client_certificates: Option<PathBuf>,
    /// File of a bearer token.
    pub bearer_file: Option<PathBuf>,
    /// Time for one attempt, from connecting to the whole receipt.
    #[serde(default = "timeout")]
    pub timeout: SignedDuration,
    /// Who signs receipts.
    #[serde(default)]
    pub receipts: ReceiptSettings,
}

/// Who signs a destination's receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReceiptSettings {
    /// File of the authorities that the signer's certificate must lead to, PEM. Without it signatures are not looked at.
    pub roots: Option<PathBuf>,
    /// The BIN that the signer's certificate must state.
    pub bin: Option<String>,
    /// Whether a receipt must be signed.
    pub required: bool,
}

const fn timeout() -> SignedDuration {
    SignedDuration::from_secs(30)
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The URL is none.
    #[error("`url`: {0}")]
    Url(String),
    /// Without TLS to another machine.
    #[error(
        "`url`: {host} is another machine, and messages hold personal data: it must be https (http serves on this machine)"
    )]
    Plain {
        /// Which.
        host: String,
    },
    /// A file cannot be used.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Half of what belongs together, or something that would go unused in silence.
    #[error("{0}")]
    Incomplete(&'static str),
    /// A value out of its range.
    #[error("`{what}` must be {range}")]
    Range {
        /// Which.
        what: &'static str,
        /// What it may be.
        range: &'static str,
    },
}

impl PushSettings {
    /// Paths are from the configuration's folder.
    pub fn resolve(&mut self, folder: &Path) {
        let own = [&mut self.roots, &mut self.client_key, &mut self.client_certificates, &mut self.bearer_file];
        for path in own.into_iter().chain([&mut self.receipts.roots]).flatten() {
            *path = folder.join(&*path);
        }
    }

    pub(crate) fn checked(&self, uri: &Uri) -> Result<(), PushError> {
        let host = uri.host().unwrap_or_default();
        let tls = uri.scheme_str() == Some("https");
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let here = host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !tls && !here {
            return Err(PushError::Plain { host: host.to_owned() });
        }
        if self.client_key.is_some() != self.client_certificates.is_some() {
            return Err(PushError::Incomplete("`client-key` and `client-certificates` belong together"));
        }
        if !tls && (self.roots.is_some() || self.client_key.is_some()) {
            return Err(PushError::Incomplete("`roots` and `client-key` are for https, and `url` is http"));
        }
        if self.receipts.roots.is_none() && (self.receipts.required || self.receipts.bin.is_some()) {
            return Err(PushError::Incomplete("`receipts` needs `roots`, without which no signature is valid"));
        }
        if self.timeout < SignedDuration::from_millis(1) || self.timeout > SignedDuration::from_mins(15) {
            return Err(PushError::Range { what: "timeout", range: "1 ms to 15 minutes" });
        }
        Ok(())
    }
}

impl ReceiptSettings {
    pub(crate) fn trust(&self) -> Result<Files<ReceiptTrust>, PushError> {
        let Self { roots, bin, required } = self.clone();
        let Some(path) = roots else { return Ok(Files::fixed(ReceiptTrust::default())) };
        Files::watch(vec![path.clone()], move || {
            let wrong = |why: String| PushError::File { path: path.clone(), why };
            let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
            let roots = Certificate::parse_pem(&text).map_err(|error| wrong(error.to_string()))?;
            Ok(ReceiptTrust { roots, bin: bin.clone(), required })
        })
    }
}
