//! TLS to a destination: whom we believe, and who we say that we are.

use std::{path::PathBuf, sync::Arc, time::Duration};

use hyper_rustls::ConfigBuilderExt as _;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    time_provider::TimeProvider,
};

use super::{Clock, PushError, PushSettings, files::Files};

/// The configuration, made again when its files change.
pub(super) fn configuration(settings: &PushSettings, clock: Clock) -> Result<Files<ClientConfig>, PushError> {
    let (roots, key) = (settings.roots.clone(), settings.client_key.clone());
    let certificates = settings.client_certificates.clone();
    let paths = [&roots, &key, &certificates].into_iter().flatten().cloned().collect();
    Files::watch(paths, move || make(roots.as_ref(), key.as_ref(), certificates.as_ref(), &clock))
}

fn make(
    roots: Option<&PathBuf>,
    key: Option<&PathBuf>,
    certificates: Option<&PathBuf>,
    clock: &Clock,
) -> Result<ClientConfig, PushError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let time = Arc::new(Time(Arc::clone(clock)));
    let builder = ClientConfig::builder_with_details(provider, time).with_safe_default_protocol_versions();
    let builder = builder.map_err(|_| PushError::Incomplete("TLS cannot be set up"))?;
    let builder = match roots {
        None => builder.with_webpki_roots(),
        Some(path) => {
            let mut store = RootCertStore::empty();
            for root in read_certificates(path)? {
                store.add(root).map_err(|error| wrong(path, &error))?;
            }
            builder.with_root_certificates(store)
        }
    };
    let mut config = match (key, certificates) {
        (Some(key), Some(certificates)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
            let chain = read_certificates(certificates)?;
            builder.with_client_auth_cert(chain, private).map_err(|error| wrong(key, &error))?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read_certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, PushError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read.map_err(|error| wrong(path, &error))? {
        none if none.is_empty() => Err(wrong(path, &"it holds no certificate")),
        certificates => Ok(certificates),
    }
}

fn wrong(path: &std::path::Path, why: &dyn std::fmt::Display) -> PushError {
    PushError::File { path: path.to_owned(), why: why.to_string() }
}

/// The host's clock, by which certificates are judged.
struct Time(Clock);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}
