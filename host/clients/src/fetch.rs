//! Small documents of authorities (time-stamps, revocation lists, OCSP answers) over HTTP and HTTPS: bounded in time and in
//! size, one attempt a call. What they say is signed and checked by who asked; TLS only keeps questions to ourselves.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Method, Request, Uri, header};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore};

use crate::host::chain;

/// How long and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Time for all of it: connecting, sending, receiving.
    pub within: Duration,
    /// Most bytes of the answer's body.
    pub bytes: usize,
}

/// By whose certificates a server may prove its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsRoots {
    /// By those that browsers trust.
    #[default]
    Web,
    /// By these alone, in DER.
    Only(Vec<Vec<u8>>),
}

/// Fetches. Cheap to clone; connections are kept for the next call.
#[derive(Clone, Debug)]
pub struct Fetch {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why nothing was fetched. Says nothing of a URL but its host: the rest may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The URL is none that we can call.
    #[error("the URL must be http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH")]
    Url,
    /// A root that is no certificate.
    #[error("root {number} for TLS is no certificate: {reason}")]
    Root {
        /// Its place, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
    /// TLS cannot be had.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// Nobody answers, or not to the end.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Who.
        host: String,
        /// Why.
        reason: String,
    },
    /// It takes too long.
    #[error("{host} did not answer within {within:?}")]
    Slow {
        /// Who.
        host: String,
        /// The limit.
        within: Duration,
    },
    /// It answers something else than 200. Redirections are not followed: an authority's address is configured.
    #[error("{host} answered with status {status}{}", moved(location.as_deref()))]
    Status {
        /// Who.
        host: String,
        /// HTTP status.
        status: u16,
        /// Where it says that it went, for whom it may be followed by hand.
        location: Option<String>,
    },
    /// It answers too much.
    #[error("{host} answered with more than {limit} bytes")]
    TooLong {
        /// Who.
        host: String,
        /// The limit.
        limit: usize,
    },
}

fn moved(location: Option<&str>) -> String {
    location.map(|location| format!("; it moved to {location}")).unwrap_or_default()
}

impl Fetch {
    /// Fetches over HTTP, and over HTTPS from servers that these roots prove.
    ///
    /// # Errors
    /// If a root is no certificate.
    pub fn new(roots: &TlsRoots) -> Result<Self, FetchError> {
        let tls = |error: rustls::Error| FetchError::Tls(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(tls)?;
        let config = match roots {
            TlsRoots::Web => config.with_webpki_roots(),
            TlsRoots::Only(roots) => config.with_root_certificates(store(roots)?),
        };
        let mut http = HttpConnector::new();
        // The connector over it takes both schemes.
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new().with_tls_config(config.with_no_client_auth());
        let connector = https.https_or_http().enable_http1().wrap_connector(http);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Gets a document.
    ///
    /// # Errors
    /// If it does not come whole, with status 200, within the bounds.
    pub async fn get(&self, url: &str, bounds: Bounds) -> Result<Bytes, FetchError> {
        self.call(Method::GET, url, None, Bytes::new(), bounds).await
    }

    /// Sends a document of a type, and answers the one that comes back.
    ///
    /// # Errors
    /// If it does not come whole, with status 200, within the bounds.
    pub async fn post(&self, url: &str, kind: &str, body: Bytes, bounds: Bounds) -> Result<Bytes, FetchError> {
        self.call(Method::POST, url, Some(kind), body, bounds).await
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        kind: Option<&str>,
        body: Bytes,
        bounds: Bounds,
    ) -> Result<Bytes, FetchError> {
        let (uri, host) = address(url)?;
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(body)).map_err(|_| FetchError::Url)?;
        let exchange = self.exchange(request, &host, bounds.bytes);
        let slow = || FetchError::Slow { host: host.clone(), within: bounds.within };
        tokio::time::timeout(bounds.within, exchange).await.unwrap_or_else(|_| Err(slow()))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, host: &str, limit: usize) -> Result<Bytes, FetchError> {
        let unreachable = |reason: String| FetchError::Unreachable { host: host.to_owned(), reason };
        let answer = self.client.request(request).await.map_err(|error| unreachable(chain(&error)))?;
        let status = answer.status().as_u16();
        if status != 200 {
            let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
            let location = location.map(|location| location.chars().take(LOCATION_LIMIT).collect());
            return Err(FetchError::Status { host: host.to_owned(), status, location });
        }
        let body = Limited::new(answer.into_body(), limit).collect().await;
        Ok(body
            .map_err(|error| too_long(&*error, host, limit).unwrap_or_else(|| unreachable(error.to_string())))?
            .to_bytes())
    }
}

/// Most letters of another place that are repeated.
const LOCATION_LIMIT: usize = 200;

fn too_long(error: &(dyn std::error::Error + 'static), host: &str, limit: usize) -> Option<FetchError> {
    error.downcast_ref::<LengthLimitError>().map(|_| FetchError::TooLong { host: host.to_owned(), limit })
}

/// The URL, and its host as it is named in errors.
pub(crate) fn address(url: &str) -> Result<(Uri, String), FetchError> {
    let uri: Uri = url.parse().map_err(|_| FetchError::Url)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(FetchError::Url)?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(FetchError::Url);
    }
    let name = uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok((uri, name))
}

fn store(roots: &[Vec<u8>]) -> Result<RootCertStore, FetchError> {
    let mut store = RootCertStore::empty();
    for (root, number) in roots.iter().zip(1..) {
        let added = store.add(root.clone().into());
        added.map_err(|error| FetchError::Root { number, reason: error.to_string() })?;
    }
    Ok(store)
}
