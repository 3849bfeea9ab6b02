//! By what a host is known that is called over TLS.

use std::{path::PathBuf, sync::Arc};

use hyper_rustls::ConfigBuilderExt as _;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

/// By what a host is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A public authority issued its certificate for its name.
    Public,
    /// One of the authorities in this file did, PEM.
    Roots(PathBuf),
    /// It has the first certificate in this file, PEM: for commands on the host's own machine, which call it by its address, a
    /// name that its certificate need not have, and who may read its data folder.
    Own(PathBuf),
}

/// What is to be trusted cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct TrustError {
    /// Where it should be.
    pub file: String,
    /// Why not.
    pub why: String,
}

impl Trust {
    pub(crate) fn configuration(&self) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| TrustError { file: "TLS".to_owned(), why: error.to_string() })?;
        Ok(match self {
            Self::Public => builder.with_webpki_roots().with_no_client_auth(),
            Self::Roots(file) => {
                let mut roots = RootCertStore::empty();
                for root in read(file)? {
                    roots.add(root).map_err(|error| wrong(file, &error))?;
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
            Self::Own(file) => {
                let own = read(file)?.into_iter().next().ok_or_else(|| wrong(file, &"it holds no certificate"))?;
                let pinned = Arc::new(Pinned { own, provider });
                builder.dangerous().with_custom_certificate_verifier(pinned).with_no_client_auth()
            }
        })
    }
}

fn read(file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read.map_err(|error| wrong(file, &error))? {
        none if none.is_empty() => Err(wrong(file, &"it holds no certificate")),
        certificates => Ok(certificates),
    }
}

fn wrong(file: &std::path::Path, why: &dyn std::fmt::Display) -> TrustError {
    TrustError { file: file.display().to_string(), why: why.to_string() }
}

/// Takes one certificate and no other, whatever names and times it states; that the server has its key is checked as always.
#[derive(Debug)]
struct Pinned {
    own: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if end_entity.as_ref() == self.own.as_ref() {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
