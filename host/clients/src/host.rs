//! A client of the host's API. It repeats what may be repeated: reads, and submissions, which the host recognises by their
//! bytes.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::trust::{Trust, TrustError};

/// Attempts at one call before giving up.
const ATTEMPTS: u32 = 8;
/// Time for one attempt.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host, by its URL, and the key to call it with.
#[derive(Clone, Debug)]
pub struct Host {
    url: String,
    key: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL is none that we can call.
    #[error("`{0}` is no URL of a host; expected http://ADDRESS:PORT or https://NAME:PORT")]
    Url(String),
    /// What is to be trusted cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Nobody answers.
    #[error("the host at {url} cannot be reached: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// The host refused, and says why.
    #[error("the host refused ({status}): {detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable name of the sort of problem.
        kind: String,
        /// What was wrong and what to do.
        detail: String,
        /// The line of the batch that it is about.
        line: Option<u64>,
    },
    /// The answer is not what the API promises.
    #[error("the answer of the host cannot be understood: {0}")]
    Answer(String),
}

impl Host {
    /// A host at a URL; over TLS one whose certificate a public authority issued.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn at(url: &str, key: &str) -> Result<Self, ClientError> {
        Self::trusted(url, key, &Trust::Public)
    }

    /// A host at a URL, and by what it is known where it is called over TLS.
    ///
    /// # Errors
    /// If the URL is none, or what is to be trusted cannot be read.
    pub fn trusted(url: &str, key: &str, trust: &Trust) -> Result<Self, ClientError> {
        let wrong = || ClientError::Url(url.to_owned());
        let parsed: Uri = url.parse().map_err(|_| wrong())?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.authority().is_none() {
            return Err(wrong());
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trust.configuration()?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key: key.to_owned(), client })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads.
    ///
    /// # Errors
    /// If the host cannot be reached, refuses, or answers something else.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.call(Method::GET, path, "application/json", Bytes::new()).await
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// If the host cannot be reached, refuses, or answers something else.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        self.call(Method::POST, path, "application/json", body.to_string().into()).await
    }

    /// Sends JSON once, for what a repeat would do twice.
    ///
    /// # Errors
    /// If the host cannot be reached (it may have been done then), refuses, or answers something else.
    pub async fn post_once<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        self.once(&Method::POST, path, body).await
    }

    async fn once<T: DeserializeOwned>(&self, method: &Method, path: &str, body: &Value) -> Result<T, ClientError> {
        match self.attempt(method, path, "application/json", body.to_string().into()).await {
            Ok((status, _, answer)) if status.is_success() => {
                let answer = if answer.is_empty() { Bytes::from_static(b"null") } else { answer };
                serde_json::from_slice(&answer).map_err(|error| ClientError::Answer(error.to_string()))
            }
            Ok((status, _, answer)) => Err(refused(status, &answer)),
            Err(reason) => Err(ClientError::Unreachable { url: self.url.clone(), reason }),
        }
    }

    /// Sends JSON and takes what comes back as it is: a file.
    ///
    /// # Errors
    /// If the host cannot be reached, or refuses.
    pub async fn download(&self, path: &str, body: &Value) -> Result<Bytes, ClientError> {
        self.exchange(Method::POST, path, "application/json", body.to_string().into()).await
    }

    /// Reads what is there as it is: a file.
    ///
    /// # Errors
    /// If the host cannot be reached, or refuses.
    pub async fn fetch(&self, path: &str) -> Result<Bytes, ClientError> {
        self.exchange(Method::GET, path, "application/json", Bytes::new()).await
    }

    /// Puts JSON in a place, once: what a repeat would be refused for.
    ///
    /// # Errors
    /// If the host cannot be reached (it may have been done then), refuses, or answers something else.
    pub async fn put_once<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        self.once(&Method::PUT, path, body).await
    }

    /// Sends records.
    ///
    /// # Errors
    /// If the host cannot be reached, refuses, or answers something else.
    pub async fn submit<T: DeserializeOwned>(&self, provider: &str, kind: &str, body: Bytes) -> Result<T, ClientError> {
        self.call(Method::POST, &format!("/v1/providers/{provider}/records"), kind, body).await
    }

    /// Puts a component to work for a provider, and answers what serves then.
    ///
    /// # Errors
    /// If the host cannot be reached, or refuses: what served before goes on serving.
    pub async fn load_adapter<T: DeserializeOwned>(
        &self,
        provider: &str,
        component: Bytes,
        why: &str,
    ) -> Result<T, ClientError> {
        let path = format!("/v1/adapters/{provider}{}", reason(why));
        self.call(Method::PUT, &path, "application/wasm", component).await
    }

    /// Sends bytes and reads what comes of them; sent again, they change nothing more.
    ///
    /// # Errors
    /// If the host cannot be reached, refuses, or answers something else.
    pub async fn send<T: DeserializeOwned>(&self, path: &str, kind: &str, body: Bytes) -> Result<T, ClientError> {
        self.call(Method::POST, path, kind, body).await
    }

    /// Takes a provider's adapter out of service.
    ///
    /// # Errors
    /// If the host cannot be reached, or refuses.
    pub async fn unload_adapter<T: DeserializeOwned>(&self, provider: &str, why: &str) -> Result<T, ClientError> {
        let path = format!("/v1/adapters/{provider}{}", reason(why));
        self.call(Method::DELETE, &path, "application/json", Bytes::new()).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<T, ClientError> {
        let answer = self.exchange(method, path, kind, body).await?;
        let answer = if answer.is_empty() { Bytes::from_static(b"null") } else { answer };
        serde_json::from_slice(&answer).map_err(|error| ClientError::Answer(error.to_string()))
    }

    /// One call, as often as it takes, and the body of its answer.
    async fn exchange(&self, method: Method, path: &str, kind: &str, body: Bytes) -> Result<Bytes, ClientError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (error, pause) = match self.attempt(&method, path, kind, body.clone()).await {
                Ok((status, _, answer)) if status.is_success() => return Ok(answer),
                Ok((StatusCode::SERVICE_UNAVAILABLE, after, answer)) => {
                    (refused(StatusCode::SERVICE_UNAVAILABLE, &answer), after)
                }
                Ok((status, _, answer)) => return Err(refused(status, &answer)),
                Err(reason) => (ClientError::Unreachable { url: self.url.clone(), reason }, None),
            };
            if attempt >= ATTEMPTS {
                return Err(error);
            }
            let pause = pause.unwrap_or_else(|| Duration::from_millis(50 << attempt.min(6)));
            tokio::time::sleep(pause.min(Duration::from_secs(5))).await;
        }
    }

    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Option<Duration>, Bytes), String> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| chain(&error))?;
            let status = answer.status();
            let after = answer.headers().get(header::RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
            let body = answer.into_body().collect().await.map_err(|error| chain(&error))?.to_bytes();
            Ok((status, after.map(Duration::from_secs), body))
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")))
    }
}

/// A stated reason as a query.
fn reason(why: &str) -> String {
    match why.trim() {
        "" => String::new(),
        why => format!("?why={}", utf8_percent_encode(why, NON_ALPHANUMERIC)),
    }
}

fn refused(status: StatusCode, answer: &[u8]) -> ClientError {
    let problem: Value = serde_json::from_slice(answer).unwrap_or_default();
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    ClientError::Refused {
        status: status.as_u16(),
        kind: text("type"),
        detail: text("detail"),
        line: problem.get("line").and_then(Value::as_u64),
    }
}

pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
