//! One key, as the file has it, and what was done to it.

use jiff::Timestamp;
use qadam_domain::ProviderId;
use qadam_monitor::access::Role;
use serde::{Deserialize, Serialize};

/// One key. It stays in the file when it is worthless: its id is never given to another, and what was done to it is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id, the name and a number: `permits-1`.
    pub id: String,
    /// Its role.
    pub role: Role,
    /// Its provider, for that role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderId>,
    /// SHA-256 of the key, hex.
    pub sha256: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// From when on it is worthless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether it was revoked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// What was done to it, for the audit: the host puts it into the journal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<KeyAct>,
}

/// What somebody did to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAct {
    /// `make-key`, `limit-key` or `revoke-key`.
    pub what: String,
    /// Who.
    pub who: String,
    /// Why, as stated.
    pub why: String,
    /// When.
    pub at: Timestamp,
}

impl KeyAct {
    /// What is done to keys.
    pub const ALL: [&'static str; 3] = ["make-key", "limit-key", "revoke-key"];
}

/// Who does something to keys, why and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who: who may write in the data folder is known by the number of the user.
    pub who: &'a str,
    /// Why, as stated.
    pub why: &'a str,
    /// When.
    pub at: Timestamp,
}

impl By<'_> {
    pub(super) fn act(self, what: &str) -> KeyAct {
        KeyAct { what: what.to_owned(), who: self.who.to_owned(), why: self.why.to_owned(), at: self.at }
    }
}

impl Entry {
    /// Whether it opens anything.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        !self.revoked && self.until.is_none_or(|until| now < until)
    }

    /// How it is, in a word.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.until {
            _ if self.revoked => "revoked",
            Some(until) if now >= until => "expired",
            Some(_) => "expires",
            None => "valid",
        }
    }

    /// What the audit calls it.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("key {}", self.id)
    }
}
