//! `/docs`: the API for people, rendered from the same document as `/openapi.json`. One page and its style, both in the
//! binary: no script, nothing from elsewhere, readable without a network.

mod page;
mod schema;

pub(crate) use page::escaped;

use std::sync::OnceLock;

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};

/// Nothing but this host's own style may be loaded, nothing runs, nobody frames it.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Headers = [(HeaderName, &'static str); 5];

fn headers(kind: &'static str) -> Headers {
    [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ]
}

/// The page.
pub(crate) async fn docs() -> impl IntoResponse {
    // The document cannot change while the host runs.
    static PAGE: OnceLock<String> = OnceLock::new();
    let page = PAGE.get_or_init(|| page::page(&crate::documents::document()));
    (headers("text/html; charset=utf-8"), page.as_str())
}

/// Its style.
pub(crate) async fn style() -> impl IntoResponse {
    (headers("text/css; charset=utf-8"), include_str!("docs/style.css"))
}
