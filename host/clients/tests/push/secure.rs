use std::{path::PathBuf, sync::Arc};

use qadam_clients::PushSettings;
use qadam_delivery::Code;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    attempt, failure,
    peer::{Does, Peer, with_receipt},
    push, receipt, settings,
};

/// An authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, PEM.
struct Issued {
    certificate: String,
    key: String,
}

impl Authority {
    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of a name that ends with a year.
    fn issue(&self, name: &str, to: i32) -> Issued {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2021, 1, 1), date_time_ymd(to, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().pem();
        Issued { certificate, key: key.serialize_pem() }
    }
}

fn server(own: &Issued, clients: Option<&Authority>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = match clients {
        None => builder.unwrap().with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.unwrap().with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
    Arc::new(builder.with_single_cert(chain, key).unwrap()).into()
}

/// A peer behind TLS that takes everything.
async fn peer(own: &Issued, clients: Option<&Authority>) -> Peer {
    Peer::behind(vec![Does::Answers(with_receipt("200 OK", &receipt()))], Some(server(own, clients))).await
}

/// Files of a test, and the settings that name them.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Puts a file in its place as a renewal does: beside it first.
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let (new, path) = (self.0.path().join("new"), self.0.path().join(name));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, &path).unwrap();
        path
    }

    fn settings(&self, peer: &Peer, roots: &str) -> PushSettings {
        let mut settings = settings(&format!("https://localhost:{}/{}", peer.address.port(), crate::SECRET));
        settings.roots = Some(self.put("roots.pem", roots));
        settings
    }
}

#[tokio::test]
async fn a_server_that_its_authority_proves_gets_the_message() {
    let (authority, files) = (Authority::named("one"), Files::new());
    let peer = peer(&authority.issue("localhost", 2030), None).await;
    let push = push(&files.settings(&peer, &authority.pem()));
    for _ in 0..2 {
        let attempted = attempt(&push).await;
        assert!(attempted.result.is_ok(), "{attempted:?}");
    }
    assert_eq!(peer.heard(|heard| (heard.connections, heard.requests.len())), (1, 2), "kept and used again");
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_gets_nothing_of_the_message() {
    let (authority, other, files) = (Authority::named("one"), Authority::named("another"), Files::new());
    for (own, named) in [
        (authority.issue("localhost", 2025), "expired"),
        (authority.issue("elsewhere.example", 2030), "not valid for name"),
        (other.issue("localhost", 2030), "UnknownIssuer"),
    ] {
        let peer = peer(&own, None).await;
        let (code, detail) = failure(&push(&files.settings(&peer, &authority.pem()))).await;
        assert_eq!(code, Code::Tls, "{detail}");
        assert!(detail.contains(named), "{named}: {detail}");
        assert_eq!(peer.heard(|heard| heard.requests.len()), 0);
    }
    let plain = Peer::that(vec![Does::AnswersAtOnce(b"HTTP/1.1 400 Bad\r\n\r\n".to_vec())]).await;
    let (code, detail) = failure(&push(&files.settings(&plain, &authority.pem()))).await;
    assert_eq!(code, Code::Tls, "a server without TLS: {detail}");
}

#[tokio::test]
async fn an_authority_that_is_added_to_the_file_counts_from_the_next_connection_on() {
    let (before, now, files) = (Authority::named("one"), Authority::named("another"), Files::new());
    let peer = peer(&now.issue("localhost", 2030), None).await;
    let push = push(&files.settings(&peer, &before.pem()));
    assert_eq!(failure(&push).await.0, Code::Tls);
    files.put("roots.pem", "half a certificate");
    let (code, detail) = failure(&push).await;
    assert_eq!((code, detail.contains("roots.pem")), (Code::Tls, true), "what went wrong is named: {detail}");
    files.put("roots.pem", &format!("{}{}", before.pem(), now.pem()));
    assert!(attempt(&push).await.result.is_ok());
}

#[tokio::test]
async fn our_own_certificate_is_shown_and_a_renewed_one_is_read_without_a_restart() {
    let (authority, files) = (Authority::named("one"), Files::new());
    let peer = peer(&authority.issue("localhost", 2030), Some(&authority)).await;
    let mut settings = files.settings(&peer, &authority.pem());
    assert_eq!(failure(&push(&settings)).await.0, Code::Tls, "the server asks for one");
    let expired = authority.issue("host.example", 2024);
    settings.client_key = Some(files.put("key.pem", &expired.key));
    settings.client_certificates = Some(files.put("chain.pem", &expired.certificate));
    let push = push(&settings);
    let (code, detail) = failure(&push).await;
    assert_eq!(code, Code::Tls, "{detail}");
    let renewed = authority.issue("host.example", 2031);
    files.put("key.pem", &renewed.key);
    // Between the two files nothing fits, and the old ones stay in use.
    assert_eq!(failure(&push).await.0, Code::Tls);
    files.put("chain.pem", &renewed.certificate);
    let attempted = attempt(&push).await;
    assert!(attempted.result.is_ok(), "{attempted:?}");
}
