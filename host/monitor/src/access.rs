//! Who calls: keys and roles. A key is 32 random bytes as hex behind `qk_`; only its SHA-256 is stored, for a slow hash
//! would ruin intake and a random key needs none.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
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
    /// Reads what the operator reads, masked, and the record of acts; sees a whole request where it states a purpose.
    /// Changes nothing.
    Auditor,
    /// A front office or the contact centre (452-2, 56-11): finds a request by its number or by IIN or BIN, and sees how
    /// far it is, masked. No lists, no events, no records.
    Lookup,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Provider, Self::Operator, Self::Monitor, Self::Auditor, Self::Lookup];

    /// The name used in the keys' file and on the command line, `lookup`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Operator => "operator",
            Self::Monitor => "monitor",
            Self::Auditor => "auditor",
            Self::Lookup => "lookup",
        }
    }

    /// Whether a role comes to a route at all. The narrow roles are told what they may, so that a new route is closed to
    /// them; each handler says for itself which of the wide roles it [needs](Caller::needs).
    fn reaches(self, method: &Method, route: &str) -> bool {
        let reads = *method == Method::GET;
        match self {
            Self::Provider | Self::Operator | Self::Monitor => true,
            Self::Auditor => reads || SEARCH == route || REVEALS.contains(&route),
            Self::Lookup => SEARCH == route || (reads && route == REQUEST),
        }
    }
}

/// Where a request is found by what people say of it.
pub(crate) const SEARCH: &str = "/v1/requests/search";
/// Where one request is read.
pub(crate) const REQUEST: &str = "/v1/requests/{id}";
/// Where personal data are shown whole.
pub(crate) const REVEALS: [&str; 3] =
    ["/v1/requests/{id}/reveal", "/v1/records/{id}/reveal", "/v1/events/{id}/evidence"];

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
        if roles.contains(&self.role) { Ok(()) } else { Err(not_this_role()) }
    }
}

fn not_this_role() -> Problem {
    forbidden("the role of this key does not allow it")
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
        let digest = presented(&parts.headers)?;
        let caller = api.ports.caller(&digest).ok_or_else(|| wrong("this key is not known, or no longer valid"))?;
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        if caller.role.reaches(&parts.method, route) { Ok(caller) } else { Err(not_this_role()) }
    }
}

/// The digest of the key that a request presents.
pub(crate) fn presented(headers: &HeaderMap) -> Result<[u8; 32], Problem> {
    let header = headers.get(header::AUTHORIZATION).ok_or_else(|| {
        wrong("a key is needed: `Authorization: Bearer qk_…`; an operator makes one with `qadam key new`")
    })?;
    let key = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
    key.and_then(key_digest).ok_or_else(|| wrong("the header must be `Bearer` and a key, `qk_` and 64 hex digits"))
}

fn wrong(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "Who are you?", detail)
}
