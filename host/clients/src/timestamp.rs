//! Time-stamping authorities (RFC 3161 §3.4, over HTTP): asked in order, until one gives a token that holds. One that fails is
//! left alone for a growing pause, so that an outage of the first costs its timeout once, not with every message.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use qadam_evidence::timestamp::{Query, SIZE_LIMIT};

use crate::{
    failing::{Failing, Watch},
    fetch::{Bounds, Fetch, FetchError, TlsRoots, address},
};

/// An authority, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityConfig {
    /// Where it listens.
    pub url: String,
    /// How long it may take to answer.
    pub within: Duration,
}

/// Authorities, in the order in which they are asked.
#[derive(Debug)]
pub struct Authorities {
    fetch: Fetch,
    authorities: Vec<Authority>,
}

#[derive(Debug)]
struct Authority {
    url: String,
    within: Duration,
    watch: Watch,
}

/// A response that passed the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped<T> {
    /// What the check made of it.
    pub token: T,
    /// The host of the authority that gave it.
    pub authority: String,
}

/// No authority gave a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time-stamping authority gave a token: {}", list(.0))]
pub struct StampError(
    /// Each of them, in order. Those that are left alone keep the reason of their last failure.
    pub Vec<Failing>,
);

fn list(failing: &[Failing]) -> String {
    match failing {
        [] => "none is configured".to_owned(),
        failing => failing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

impl StampError {
    /// When one of them may be asked again.
    #[must_use]
    pub fn again_at(&self) -> Option<Timestamp> {
        self.0.iter().map(|failing| failing.again_at).min()
    }
}

impl Authorities {
    /// Authorities in order; over HTTPS, those that the roots of browsers prove.
    ///
    /// # Errors
    /// If a URL is none.
    pub fn new(authorities: Vec<AuthorityConfig>) -> Result<Self, FetchError> {
        Self::with(Fetch::new(&TlsRoots::Web)?, authorities)
    }

    /// Authorities that are reached in this way.
    ///
    /// # Errors
    /// If a URL is none.
    pub fn with(fetch: Fetch, authorities: Vec<AuthorityConfig>) -> Result<Self, FetchError> {
        let known = authorities.into_iter().map(|AuthorityConfig { url, within }| {
            let (_, name) = address(&url)?;
            Ok(Authority { url, within, watch: Watch::over(name) })
        });
        Ok(Self { fetch, authorities: known.collect::<Result<_, _>>()? })
    }

    /// Asks them in order, until a response passes the check: that of [`Query::token`]. A response that does not pass is a
    /// failure of its authority. `now` says which pauses are over.
    ///
    /// # Errors
    /// If none gave one; each with its reason.
    pub async fn stamp<T, E: fmt::Display>(
        &self,
        query: &Query,
        now: Timestamp,
        mut check: impl FnMut(&[u8]) -> Result<T, E>,
    ) -> Result<Stamped<T>, StampError> {
        let mut failing = Vec::new();
        for authority in &self.authorities {
            if let Some(known) = authority.watch.left_alone(now) {
                failing.push(known);
                continue;
            }
            let bounds = Bounds { within: authority.within, bytes: SIZE_LIMIT };
            let body = query.der().to_vec().into();
            let answer = self.fetch.post(&authority.url, "application/timestamp-query", body, bounds).await;
            let checked = match answer {
                Ok(response) => check(&response).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match checked {
                Ok(token) => {
                    authority.watch.answered();
                    return Ok(Stamped { token, authority: authority.watch.name().to_owned() });
                }
                Err(reason) => failing.push(authority.watch.failed(reason, now)),
            }
        }
        Err(StampError(failing))
    }

    /// Those that failed when they were asked last.
    #[must_use]
    pub fn failing(&self) -> Vec<Failing> {
        self.authorities.iter().filter_map(|authority| authority.watch.failing()).collect()
    }
}
