//! Errors as RFC 9457 problems: a stable `type`, what was wrong, the limit and the actual value, what to do.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A problem, as answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Stable name of the sort of problem, `urn:qadam:problem:record-too-large`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort of problem in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What was wrong here, and what to do.
    pub detail: String,
    /// The line of a batch that it is about, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Seconds after which to try again.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem of a sort.
    pub(crate) fn new(status: StatusCode, name: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:qadam:problem:{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            line: None,
            limit: None,
            actual: None,
            retry_after: None,
        }
    }

    pub(crate) fn at_line(mut self, line: Option<u64>) -> Self {
        self.line = line;
        self
    }

    pub(crate) const fn limited(mut self, limit: u64, actual: u64) -> Self {
        self.limit = Some(limit);
        self.actual = Some(actual);
        self
    }

    pub(crate) fn bad(name: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, name, "The request cannot be understood", detail)
    }

    pub(crate) fn too_large(name: &str, what: &str, limit: usize, actual: usize) -> Self {
        let detail = format!("{what}: {actual}, the limit is {limit}; send less at once. Nothing was received.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, name, "Too large", detail).limited(limit as u64, actual as u64)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        let detail = format!("no {what} with this id that this key may see");
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    pub(crate) fn internal(detail: &str) -> Self {
        tracing::error!(detail, "a request failed by a fault of ours");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The host failed",
            "a fault of the host, which its log names",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(crate) async fn no_such_path() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-path",
        "Not found",
        "no such path; the API is described in /openapi.json",
    )
}

pub(crate) async fn no_such_method() -> Problem {
    let detail = "the path does not take this method; the API is described in /openapi.json";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", "Method not allowed", detail)
}
