//! Where the host listens: by what it proves its name, and how that is renewed. What local commands need to call it lies in the
//! data folder.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use qadam_evidence::Certificate;
use qadam_monitor::{
    ports::watch::Untold,
    tls::{Looked, Tls, TlsError, TlsFiles},
};
use qadam_store::{Act, Store, sha256};
use serde::Deserialize;

use crate::{audit, keys::private};

/// A certificate that ends sooner is told of: its renewal is late.
const LATE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// File that names the running host's URL, in the data folder.
pub const ADDRESS: &str = "host.url";
/// File of the certificate that the running host shows, by which local commands know it.
pub const CERTIFICATE: &str = "host.pem";

/// By what the host proves its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TlsSettings {
    /// File of the certificates, PEM, the host's own first. Default: the host listens without TLS, on this machine only.
    pub certificate: Option<PathBuf>,
    /// File of the key, PEM.
    pub key: Option<PathBuf>,
}

impl TlsSettings {
    pub(crate) fn resolve(&mut self, folder: &Path) {
        for path in [&mut self.certificate, &mut self.key].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// The files, where there is to be TLS.
    ///
    /// # Errors
    /// If only one of them is named.
    pub fn files(&self) -> Result<Option<TlsFiles>, &'static str> {
        match (&self.certificate, &self.key) {
            (None, None) => Ok(None),
            (Some(certificates), Some(key)) => {
                Ok(Some(TlsFiles { certificates: certificates.clone(), key: key.clone(), clients: None }))
            }
            (Some(_), None) => Err("a certificate is named, and no key: TLS needs both"),
            (None, Some(_)) => Err("a key is named, and no certificate: TLS needs both"),
        }
    }
}

/// Whether the host may listen there as it is configured; otherwise what to do about it.
///
/// # Errors
/// If keys and personal data would cross the net in the clear.
pub fn may_listen(listen: SocketAddr, tls: bool, behind_proxy: bool) -> Result<(), String> {
    if listen.ip().is_loopback() || tls || behind_proxy {
        return Ok(());
    }
    Err(format!(
        "{listen} is reachable from other machines, and keys and personal data would cross the net in the clear: give a \
         certificate and its key ([tls] in the configuration, or --tls-cert FILE --tls-key FILE), put a proxy with TLS in \
         front and say --behind-proxy, or listen on 127.0.0.1"
    ))
}

/// The edge of a running host.
#[derive(Debug)]
pub struct Edge {
    tls: Option<Arc<Tls>>,
    wrong: Mutex<Option<Untold>>,
}

impl Edge {
    /// Reads the files.
    ///
    /// # Errors
    /// If they cannot be used.
    pub fn open(files: Option<TlsFiles>) -> Result<Self, TlsError> {
        Ok(Self { tls: files.map(|files| Tls::open(files).map(Arc::new)).transpose()?, wrong: Mutex::default() })
    }

    /// With what connections are served.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }

    /// The URL of this host.
    #[must_use]
    pub fn url(&self, listening: SocketAddr) -> String {
        format!("{}://{listening}", if self.tls.is_some() { "https" } else { "http" })
    }

    /// Puts what local commands need into the data folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn announce(&self, data: &Path, url: &str) -> std::io::Result<()> {
        self.show_certificate(data)?;
        private(&data.join(ADDRESS), url.as_bytes())
    }

    fn show_certificate(&self, data: &Path) -> std::io::Result<()> {
        let Some(own) = self.own() else { return Ok(()) };
        let text: Vec<String> =
            BASE64.encode(&own).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", text.join("\n"));
        private(&data.join(CERTIFICATE), pem.as_bytes())
    }

    /// Takes that away again.
    pub fn leave(data: &Path) {
        for name in [ADDRESS, CERTIFICATE] {
            let _ = std::fs::remove_file(data.join(name));
        }
    }

    /// The certificate that is shown, DER.
    fn own(&self) -> Option<Vec<u8>> {
        self.tls.as_ref()?.certificates().into_iter().next()
    }

    /// Looks whether the certificate was renewed. A renewal that cannot be used is told of as long as it stands; one that can is
    /// in the record of acts. Blocks.
    pub(crate) fn look(&self, store: &Store, data: &Path, now: Timestamp) {
        let Some(tls) = &self.tls else { return };
        let act = match tls.look() {
            Looked::Same => None,
            Looked::Renewed => {
                tracing::info!("the renewed certificate serves");
                if let Err(error) = self.show_certificate(data) {
                    tracing::error!(%error, "local commands do not know the renewed certificate");
                }
                Some(self.act("renew-tls", "the files of the certificate have changed".to_owned(), now))
            }
            Looked::Wrong(error) => {
                tracing::error!(%error, "the renewed certificate cannot be used; the one before serves");
                Some(self.act("refuse-tls", error.to_string(), now))
            }
        };
        if let Some(Err(error)) = act.map(|act| store.note(act)) {
            tracing::error!(%error, "the renewal of the certificate is not in the record of acts");
        }
        let reason = tls.wrong().map(|error| format!("the one before serves: {error}"));
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        *wrong = reason.map(|reason| Untold { since: wrong.as_ref().map_or(now, |before| before.since), reason });
    }

    fn act(&self, what: &str, why: String, now: Timestamp) -> Act {
        let subject = self.own().map_or_else(String::new, |der| format!("sha256:{}", HEXLOWER.encode(&sha256(&der))));
        audit::act(what, subject, audit::HOST, &why, now)
    }

    /// What is wrong with the certificate, if anything.
    pub(crate) fn wrong(&self, now: Timestamp) -> Option<Untold> {
        if let Some(wrong) = self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Some(wrong);
        }
        let ends = Certificate::parse(&self.own()?).ok()?.not_after();
        let since = ends.checked_sub(LATE).ok()?;
        (now >= since).then(|| Untold { since, reason: format!("it is in force until {ends}, and was not renewed") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_nothing_is_served_in_the_clear_unless_a_proxy_is_named() {
        let (here, all) = ("127.0.0.1:1".parse().unwrap(), "0.0.0.0:1".parse().unwrap());
        assert_eq!(may_listen(here, false, false), Ok(()));
        assert_eq!(may_listen("[::1]:1".parse().unwrap(), false, false), Ok(()));
        assert_eq!((may_listen(all, true, false), may_listen(all, false, true)), (Ok(()), Ok(())));
        let what_to_do = may_listen(all, false, false).unwrap_err();
        assert!(["--tls-cert", "--behind-proxy", "127.0.0.1"].iter().all(|way| what_to_do.contains(way)));
    }

    #[test]
    fn one_file_without_the_other_is_wrong() {
        let settings = TlsSettings { certificate: Some("a.pem".into()), key: None };
        assert!(settings.files().unwrap_err().contains("no key"));
        assert_eq!(TlsSettings::default().files(), Ok(None));
    }
}
