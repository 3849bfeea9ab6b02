//! Who calls: keys and roles. A key is 32 random bytes as hex behind `qk_`; only its SHA-256 is stored, for a slow hash
//! would ruin intake and a random key needs none.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use qadam_domain::ProviderId;
use serde::{Deserialize, Serialize};

use crate::{Api, problem::Problem};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sends its own provider's records and sees what became of them; nothing of others.
    Provider,
    /// Runs the host: adapters, quarantine, all outcomes; personal data masked.
    Operator,
    /// The monitoring system: reads all events.
    Monitor,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Id of the key, for the journal and the log.
    pub key: String,
    /// Its role.
    pub role: Role,
    /// Its provider, for that role.
    pub provider: Option<ProviderId>,
}

impl Caller {
    /// Whether this caller may see what belongs to a provider.
    #[must_use]
    pub fn sees(&self, provider: &ProviderId) -> bool {
        self.role != Role::Provider || self.provider.as_ref() == Some(provider)
    }

    /// The provider that lists are limited to: one's own, for a provider's key.
    ///
    /// # Errors
    /// If another one is asked for.
    pub fn scope(&self, asked: Option<ProviderId>) -> Result<Option<ProviderId>, Problem> {
        match (self.role, asked) {
            (Role::Provider, None) => Ok(self.provider.clone()),
            (Role::Provider, Some(asked)) if !self.sees(&asked) => {
                Err(forbidden("this key sees its own provider only"))
            }
            (_, asked) => Ok(asked),
        }
    }

    /// Asks for one of some roles.
    ///
    /// # Errors
    /// If the caller has none of them.
    pub fn needs(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.role) { Ok(()) } else { Err(forbidden("the role of this key does not allow it")) }
    }
}

/// May not.
pub(crate) fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
}

/// The SHA-256 under which a key is stored, as hex; none if it does not look like a key.
#[must_use]
pub fn key_digest(key: &str) -> Option<[u8; 32]> {
    let hex = key.strip_prefix("qk_")?;
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    ring::digest::digest(&ring::digest::SHA256, key.as_bytes()).as_ref().try_into().ok()
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let wrong = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "Who are you?", detail);
        let header = parts.headers.get(header::AUTHORIZATION).ok_or_else(|| {
            wrong("a key is needed: `Authorization: Bearer qk_…`; an operator makes one with `qadam key new`")
        })?;
        let key = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
        let digest = key
            .and_then(key_digest)
            .ok_or_else(|| wrong("the header must be `Bearer` and a key, `qk_` and 64 hex digits"))?;
        api.ports.caller(&digest).ok_or_else(|| wrong("this key is not known, or no longer valid"))
    }
}
