//! A receiver of notices: JSON by POST. One attempt a call; when to try again is the caller's.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::host::chain;

/// Time for one attempt.
const PATIENCE: Duration = Duration::from_secs(10);

/// A receiver.
#[derive(Clone, Debug)]
pub struct Webhook {
    url: Uri,
    token: Option<PathBuf>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// Why a notice was not taken. Says nothing of the receiver's path, which may be a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The URL is none that we can call.
    #[error("the receiver's URL must be http://ADDRESS[:PORT]/PATH (for TLS, a proxy on this machine)")]
    Url,
    /// The file with the token cannot be read.
    #[error("the token file {path}: {source}")]
    Token {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The token cannot stand in a header.
    #[error("the token file {path} holds no token: one line of visible characters")]
    NoToken {
        /// The file.
        path: PathBuf,
    },
    /// Nobody answers.
    #[error("the receiver cannot be reached: {0}")]
    Unreachable(String),
    /// It did not take it.
    #[error("the receiver answered {0}")]
    Refused(u16),
}

impl Webhook {
    /// A receiver at a URL; the bearer token is read from a file at each attempt, so that it can be changed.
    ///
    /// # Errors
    /// If the URL is none.
    pub fn at(url: &str, token: Option<PathBuf>) -> Result<Self, WebhookError> {
        let url: Uri = url.parse().map_err(|_| WebhookError::Url)?;
        if url.scheme_str() != Some("http") || url.authority().is_none() {
            return Err(WebhookError::Url);
        }
        Ok(Self { url, token, client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()) })
    }

    /// Sends a JSON text once.
    ///
    /// # Errors
    /// If it was not taken: any answer but 2xx.
    pub async fn post(&self, json: Bytes) -> Result<(), WebhookError> {
        let mut request = Request::post(&self.url).header(header::CONTENT_TYPE, "application/json");
        if let Some(path) = &self.token {
            let read = tokio::fs::read_to_string(path).await;
            let token = read.map_err(|source| WebhookError::Token { path: path.clone(), source })?;
            if token.trim().is_empty() || !token.trim().bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(WebhookError::NoToken { path: path.clone() });
            }
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.trim()));
        }
        let request = request.body(Full::new(json)).map_err(|_| WebhookError::Url)?;
        let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        let answer = answer.map_err(|_| WebhookError::Unreachable(format!("no answer within {PATIENCE:?}")))?;
        let status = answer.map_err(|error| WebhookError::Unreachable(chain(&error)))?.status();
        if status.is_success() { Ok(()) } else { Err(WebhookError::Refused(status.as_u16())) }
    }
}
