//! Whose packages may serve which provider: the trust store of a host, one TOML file that its operator keeps.
//!
//! ```toml
//! [archive-2026]                                  # a name of your choosing
//! public = "ed25519:MCowBQYDK2VwAyEA…"            # as `qadam adapter key show` prints it
//! providers = ["archive", "archive-almaty"]       # or ["*"]
//! from = 2026-01-01T00:00:00Z                     # new packages are taken from then on (optional)
//! until = 2027-01-01T00:00:00Z                    # and before that (optional)
//! revoked = { since = 2026-06-01T00:00:00Z, why = "the laptop was stolen" }
//! ```
//!
//! **Rotation**: a second key beside the first, with a span that overlaps; then the first one's `until`. Packages taken while a key
//! was good go on serving after its `until`, over restarts too, for nothing is wrong with them.
//!
//! **Revocation**: nothing that the key signed is taken, promoted, brought back by a rollback, or put to work again after a restart,
//! whenever it was made, for the date in a package is its signer's. What serves at that moment goes on serving,
//! and the host says so loudly until someone replaces or unloads it: the records of a provider are not stopped by an edit of a
//! file, but by an operator, or by the next start. A key taken out of the file is treated likewise.

use std::collections::BTreeMap;

use jiff::Timestamp;
use qadam_domain::ProviderId;
use serde::Deserialize;

use crate::{error::Distrust, key::PublicKey, package::Package};

/// The keys that a host trusts, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TrustStore(BTreeMap<String, Trusted>);

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trusted {
    /// The key.
    pub public: PublicKey,
    /// The providers whose adapters it may sign; `*` for all.
    pub providers: Vec<Scope>,
    /// New packages are taken from then on.
    #[serde(default, deserialize_with = "instant::optional")]
    pub from: Option<Timestamp>,
    /// New packages are taken before that.
    #[serde(default, deserialize_with = "instant::optional")]
    pub until: Option<Timestamp>,
    /// It is not trusted any more.
    #[serde(default)]
    pub revoked: Option<Revocation>,
}

/// That a key is not trusted any more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// From when on.
    #[serde(deserialize_with = "instant::required")]
    pub since: Timestamp,
    /// Why.
    pub why: String,
}

/// A provider, or all of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Scope {
    /// All.
    All,
    /// One.
    One(ProviderId),
}

/// Proof that a package may serve a provider: made by [`TrustStore::admit`] and [`TrustStore::readmit`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    provider: ProviderId,
    key: String,
    id: String,
}

/// A trust store that says nothing that could be understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustError {
    /// It is no TOML, or has other keys.
    #[error("the trust store is wrong: {0}")]
    Wrong(String),
    /// Two names for one key: one could be revoked and the other not.
    #[error("the trust store has one key under two names, `{0}` and `{1}`")]
    Twice(String, String),
    /// A key that can never be used.
    #[error("the trust store is wrong at `{name}`: {reason}")]
    Key {
        /// Its name.
        name: String,
        /// What.
        reason: &'static str,
    },
}

impl TrustStore {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it. Nothing of a wrong one holds.
    pub fn read(text: &str) -> Result<Self, TrustError> {
        let store: Self = toml::from_str(text).map_err(|error| TrustError::Wrong(error.to_string()))?;
        let mut names: BTreeMap<&PublicKey, &String> = BTreeMap::new();
        for (name, key) in &store.0 {
            if let Some(other) = names.insert(&key.public, name) {
                return Err(TrustError::Twice(other.clone(), name.clone()));
            }
            let reason = match (&key.from, &key.until, &key.revoked) {
                (Some(from), Some(until), _) if from >= until => "`until` is not after `from`",
                (_, _, Some(revoked)) if revoked.why.trim().is_empty() => "`revoked` needs a reason, `why`",
                _ if key.providers.is_empty() => "`providers` names none; name them, or \"*\"",
                _ => continue,
            };
            return Err(TrustError::Key { name: name.clone(), reason });
        }
        Ok(store)
    }

    /// Whether a package may begin to serve a provider at this time.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, package: &Package, provider: &ProviderId, at: Timestamp) -> Result<Admitted, Distrust> {
        let (admitted, key) = self.known(package, provider, at)?;
        if key.from.is_some_and(|from| at < from) || key.until.is_some_and(|until| at >= until) {
            let Admitted { key: name, id, .. } = admitted;
            return Err(Distrust::OutOfTime { name, id, from: key.from, until: key.until });
        }
        Ok(admitted)
    }

    /// Whether a package that was taken before may go on: its key may have ended since, but must not be revoked.
    ///
    /// # Errors
    /// Why not.
    pub fn readmit(&self, package: &Package, provider: &ProviderId, at: Timestamp) -> Result<Admitted, Distrust> {
        self.known(package, provider, at).map(|(admitted, _)| admitted)
    }

    /// The same by the key alone, of a package that was opened before.
    ///
    /// # Errors
    /// Why the key is not trusted for the provider.
    pub fn holds(&self, signer: &PublicKey, provider: &ProviderId, at: Timestamp) -> Result<Admitted, Distrust> {
        self.key(signer, provider, at).map(|(admitted, _)| admitted)
    }

    fn known(&self, package: &Package, provider: &ProviderId, at: Timestamp) -> Result<(Admitted, &Trusted), Distrust> {
        let found = self.key(package.signer(), provider, at)?;
        let made_for = &package.manifest().providers;
        if !made_for.contains(provider) {
            let names: Vec<String> = made_for.iter().map(|provider| format!("`{provider}`")).collect();
            return Err(Distrust::OtherProvider { made_for: names.join(", "), provider: provider.clone() });
        }
        Ok(found)
    }

    fn key(&self, signer: &PublicKey, provider: &ProviderId, at: Timestamp) -> Result<(Admitted, &Trusted), Distrust> {
        let id = signer.id();
        let Some((name, key)) = self.0.iter().find(|(_, key)| key.public == *signer) else {
            return Err(Distrust::Foreign { id });
        };
        let name = name.clone();
        if let Some(Revocation { since, why }) = key.revoked.clone().filter(|revoked| at >= revoked.since) {
            return Err(Distrust::Revoked { name, id, since, why });
        }
        let serves = key.providers.iter().any(|scope| match scope {
            Scope::All => true,
            Scope::One(one) => one == provider,
        });
        if !serves {
            return Err(Distrust::OtherKeyProvider { name, id, provider: provider.clone() });
        }
        Ok((Admitted { provider: provider.clone(), key: name, id }, key))
    }

    /// The keys by their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Trusted)> {
        self.0.iter().map(|(name, key)| (name.as_str(), key))
    }
}

impl Admitted {
    /// Whom it may serve.
    #[must_use]
    pub const fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// The key's name in the trust store.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "*" {
            Ok(Self::All)
        } else {
            text.parse().map(Self::One).map_err(|_| format!("{text:?} is no id of a provider"))
        }
    }
}

/// Times as TOML has them, or as text.
mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, de::Error as _};

    pub(super) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Datetime(time) => time.to_string(),
            other => return Err(D::Error::custom(format_args!("{other} is no time; expected 2026-01-01T00:00:00Z"))),
        };
        text.parse()
            .map_err(|_| D::Error::custom(format_args!("{text:?} is no instant; expected 2026-01-01T00:00:00Z")))
    }

    pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        required(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests;
