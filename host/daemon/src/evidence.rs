//! Keys and authorities of the host: those that the configuration names, or a PKI of its own for development.

mod revocation;
mod settings;
mod stamping;
mod trust;

use std::{collections::HashMap, path::Path, sync::Arc};

use qadam_domain::{DestinationId, ProviderId};
use qadam_evidence::{
    Certificate, Key, KeyError, Signer,
    development::{Authority, DevelopmentError, Pki},
};
use qadam_pipeline::{Profiles, SealPolicy, SignaturePolicy, profile::KeyFiles, signatures::RevocationSource};
use ring::rand::SystemRandom;

use self::revocation::Revocations;
pub use self::settings::{EvidenceSettings, SealSettings, TimestampSettings};
pub use self::trust::TrustSettings;
pub(crate) use self::{stamping::Authorities, trust::timestamps};
use crate::{delivery::DestinationSettings, keys::private, wall_clock};

/// Folder of the development PKI in the data folder.
pub(crate) const FOLDER: &str = "pki";
/// File of its root certificate: what a verifier is given.
pub(crate) const CA: &str = "ca.pem";
const FILES: [&str; 6] = [CA, "ca.key", "seal.key", "seal.pem", "tsa.key", "tsa.pem"];

/// Why the host cannot sign or have messages stamped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// A key that was configured.
    #[error("the key {path}: {source}")]
    Key {
        /// Its file.
        path: String,
        /// What is wrong.
        source: KeyError,
    },
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why it cannot be read or written.
        source: std::io::Error,
    },
    /// The development PKI.
    #[error("the development PKI in {path}: {source}; move the folder away, and a new one is made")]
    Development {
        /// Its folder.
        path: String,
        /// What is wrong.
        source: DevelopmentError,
    },
    /// Something else that the configuration says.
    #[error("{0}")]
    Settings(String),
}

/// What the host signs with, and who stamps.
pub(crate) struct Evidence {
    pub(crate) policy: SealPolicy,
    /// How signatures of records are checked.
    pub(crate) signatures: SignaturePolicy,
    /// Where revocations are learnt of.
    pub(crate) revocation: Arc<Revocations>,
    /// The host's own authority; none where others are configured.
    pub(crate) authority: Option<Authority>,
    /// The PKI for development; none where nothing of it is used.
    pub(crate) pki: Option<Pki>,
    /// The destinations.
    pub(crate) destinations: std::collections::BTreeMap<DestinationId, DestinationSettings>,
}

impl Evidence {
    /// Reads the keys. What is not configured the host makes for itself at its first start, marked `development`.
    pub(crate) fn open(data: &Path, settings: &EvidenceSettings, profiles: &Profiles) -> Result<Self, EvidenceError> {
        let needs = settings.seal.key.is_none() || settings.timestamp.authorities.is_empty();
        let folder = data.join(FOLDER);
        let pki = if needs { Some(pki(&folder)?) } else { None };
        let host: Arc<dyn Signer> = match (settings.seal.files(), &pki) {
            (Some(files), _) => Arc::new(key(&files)?),
            (None, Some(pki)) => Arc::new(own(&folder, &pki.seal_key_pem, &pki.seal_chain_pem)?),
            (None, None) => return Err(EvidenceError::Settings("no key to seal with".to_owned())),
        };
        let authority = match &pki {
            Some(pki) if settings.timestamp.authorities.is_empty() => {
                Some(Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).map_err(|source| {
                    EvidenceError::Key { path: folder.join("tsa.key").display().to_string(), source }
                })?)
            }
            _ => None,
        };
        let mut entrusted: HashMap<ProviderId, Arc<dyn Signer>> = HashMap::new();
        for (provider, profile) in profiles.iter() {
            if let Some(files) = &profile.entrusted_key {
                let key = key(files)?;
                fits(&key, provider, profile.bin.as_deref())?;
                entrusted.insert(provider.clone(), Arc::new(key));
            }
        }
        let destinations = settings.destinations();
        let policy = SealPolicy {
            destinations: destinations.iter().map(|(name, settings)| (name.clone(), settings.passing)).collect(),
            host,
            development: settings.seal.key.is_none(),
            entrusted,
            limits: settings.seal.limits(),
        };
        let trust = settings.trust.trust()?;
        let revocation = Arc::new(Revocations::open(&settings.trust, trust.as_ref(), &data.join("revocation"))?);
        let signatures = SignaturePolicy {
            trust,
            timestamps: timestamps(&settings.timestamp)?,
            revocation: Arc::clone(&revocation) as Arc<dyn RevocationSource>,
        };
        Ok(Self { policy, signatures, revocation, authority, pki, destinations })
    }
}

/// A key certifies for a provider only if its certificate is the provider's, is for signing, and is in force.
fn fits(key: &Key, provider: &ProviderId, bin: Option<&str>) -> Result<(), EvidenceError> {
    let wrong = |why: &str| Err(EvidenceError::Settings(format!("`providers.{provider}.entrusted-key`: {why}")));
    let Some(bin) = bin else { return wrong("it needs `bin`, the number that its certificate must have") };
    let certificate = key.certificates().first().and_then(|der| Certificate::parse(der).ok());
    let Some(certificate) = certificate else { return wrong("its certificate cannot be read") };
    let now = wall_clock();
    if certificate.subject().bin.as_deref() != Some(bin) {
        return wrong("its certificate is not the provider's: another BIN, or none");
    }
    if !certificate.key_usage().is_some_and(|usage| usage.non_repudiation()) {
        return wrong("its certificate is not for signing (key usage nonRepudiation)");
    }
    if now > certificate.not_after() || now < certificate.not_before() {
        return wrong("its certificate is not in force");
    }
    Ok(())
}

fn own(folder: &Path, key: &str, chain: &str) -> Result<Key, EvidenceError> {
    let path = || folder.join("seal.key").display().to_string();
    Key::from_pem(key, chain).map_err(|source| EvidenceError::Key { path: path(), source })
}

/// A key by its files: PKCS#12, or PEM.
fn key(files: &KeyFiles) -> Result<Key, EvidenceError> {
    let wrong = |source| EvidenceError::Key { path: files.key.display().to_string(), source };
    let bytes = read(&files.key)?;
    let text = |path: &Path| Ok::<_, EvidenceError>(String::from_utf8_lossy(&read(path)?).into_owned());
    if bytes.starts_with(b"-----BEGIN") {
        let pem = String::from_utf8_lossy(&bytes).into_owned();
        let chain = files.certificates.as_deref().map_or_else(|| Ok(pem.clone()), text)?;
        return Key::from_pem(&pem, &chain).map_err(wrong);
    }
    let password = files.password_file.as_deref().map(text).transpose()?.unwrap_or_default();
    Key::from_pkcs12(&bytes, password.trim_end_matches(['\r', '\n'])).map_err(wrong)
}

/// The development PKI: as it was made at the first start, or made now.
fn pki(folder: &Path) -> Result<Pki, EvidenceError> {
    let path = || folder.display().to_string();
    let development = |source| EvidenceError::Development { path: path(), source };
    // Written last: without it the others were not all written.
    if folder.join(CA).exists() {
        let text =
            |name: &str| Ok::<_, EvidenceError>(String::from_utf8_lossy(&read(&folder.join(name))?).into_owned());
        let [ca, ca_key, seal_key, seal, tsa_key, tsa] = FILES;
        return Ok(Pki {
            ca_pem: text(ca)?,
            ca_key_pem: text(ca_key)?,
            seal_key_pem: text(seal_key)?,
            seal_chain_pem: text(seal)?,
            tsa_key_pem: text(tsa_key)?,
            tsa_chain_pem: text(tsa)?,
        });
    }
    let pki = Pki::generate(wall_clock(), &SystemRandom::new()).map_err(development)?;
    let file = |source| EvidenceError::File { path: path(), source };
    std::fs::create_dir_all(folder).map_err(file)?;
    let Pki { ca_pem, ca_key_pem, seal_key_pem, seal_chain_pem, tsa_key_pem, tsa_chain_pem } = &pki;
    let texts = [ca_pem, ca_key_pem, seal_key_pem, seal_chain_pem, tsa_key_pem, tsa_chain_pem];
    for (name, text) in FILES.into_iter().zip(texts).rev() {
        private(&folder.join(name), text.as_bytes()).map_err(file)?;
    }
    Ok(pki)
}

fn read(path: &Path) -> Result<Vec<u8>, EvidenceError> {
    std::fs::read(path).map_err(|source| EvidenceError::File { path: path.display().to_string(), source })
}
