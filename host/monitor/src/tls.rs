//! TLS of what listens: TLS 1.2 and later, by ring. Certificates are renewed while the program runs: the files are looked at
//! now and then, and what they hold serves the connections from then on; where it cannot be used, what served goes on serving.

use std::{
    fmt,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;

/// Where key and certificates lie, PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificates, the server's own first.
    pub certificates: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Let in only those whose certificate leads to one of these.
    pub clients: Option<PathBuf>,
}

/// A file that cannot be used for TLS. Says nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct TlsError {
    /// Which.
    pub file: String,
    /// Why.
    pub why: String,
}

/// What a look at the files found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// They are as they were.
    Same,
    /// They have changed, and hold what serves from now on.
    Renewed,
    /// They have changed, and cannot be used: what served goes on serving.
    Wrong(TlsError),
}

/// With what a server proves its name.
pub struct Tls {
    files: TlsFiles,
    kept: Mutex<Kept>,
}

struct Kept {
    served: Arc<Served>,
    /// Of the files that it was made of, or that were found wrong since.
    seen: [Option<Mark>; 3],
    wrong: Option<TlsError>,
}

struct Served {
    config: Arc<ServerConfig>,
    certificates: Vec<CertificateDer<'static>>,
}

/// By what a file that changed is told: a file that was renamed into its place has another number.
type Mark = (SystemTime, u64, u64);

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// If one cannot be read, or does not hold what it should.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let seen = files.marks();
        let served = Arc::new(files.read()?);
        Ok(Self { files, kept: Mutex::new(Kept { served, seen, wrong: None }) })
    }

    /// Looks whether the files have changed.
    pub fn look(&self) -> Looked {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Before they are read: what changes meanwhile is seen at the next look.
        let seen = self.files.marks();
        if seen == kept.seen {
            return Looked::Same;
        }
        kept.seen = seen;
        match self.files.read() {
            // Written anew with the same in it: nothing was renewed, but nothing is wrong any more.
            Ok(served) if served.certificates == kept.served.certificates => {
                (kept.served, kept.wrong) = (Arc::new(served), None);
                Looked::Same
            }
            Ok(served) => {
                (kept.served, kept.wrong) = (Arc::new(served), None);
                Looked::Renewed
            }
            Err(error) if kept.wrong.as_ref() == Some(&error) => Looked::Same,
            Err(error) => {
                kept.wrong = Some(error.clone());
                Looked::Wrong(error)
            }
        }
    }

    /// Why the files, as they are now, cannot be used, if so.
    pub fn wrong(&self) -> Option<TlsError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).wrong.clone()
    }

    /// The certificates that serve, DER, the server's own first.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        self.served().certificates.iter().map(|certificate| certificate.to_vec()).collect()
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.served().config).into()
    }

    fn served(&self) -> Arc<Served> {
        Arc::clone(&self.kept.lock().unwrap_or_else(PoisonError::into_inner).served)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl TlsFiles {
    fn marks(&self) -> [Option<Mark>; 3] {
        let mark = |path: Option<&PathBuf>| {
            let data = std::fs::metadata(path?).ok()?;
            Some((data.modified().ok()?, data.len(), data.ino()))
        };
        [mark(Some(&self.certificates)), mark(Some(&self.key)), mark(self.clients.as_ref())]
    }

    fn read(&self) -> Result<Served, TlsError> {
        let key = &self.key;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
        let builder = builder.map_err(|error| wrong(key, &error))?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let mut roots = RootCertStore::empty();
                for root in read(file)? {
                    roots.add(root).map_err(|error| wrong(file, &error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| wrong(file, &error))?)
            }
        };
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
        let certificates = read(&self.certificates)?;
        // Also asks whether key and certificate belong together: of a renewal one file may have come before the other.
        let mut config = builder.with_single_cert(certificates.clone(), private).map_err(|error| wrong(key, &error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Served { config: Arc::new(config), certificates })
    }
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read.map_err(|error| wrong(file, &error))? {
        none if none.is_empty() => Err(wrong(file, &"it holds no certificate")),
        certificates => Ok(certificates),
    }
}

fn wrong(file: &Path, why: &dyn fmt::Display) -> TlsError {
    TlsError { file: file.display().to_string(), why: why.to_string() }
}
