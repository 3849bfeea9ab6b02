//! The keys of the API, in `keys.json` of the data folder: ids, roles and SHA-256 digests, never a key itself. A running
//! host sees changes of the file.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
    time::SystemTime,
};

use data_encoding::HEXLOWER;
use qadam_domain::ProviderId;
use qadam_monitor::access::{Caller, Role, key_digest};
pub use qadam_pipeline::private;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

/// Keys of one name that may be valid at once: the old and the new while rotating.
pub const AT_ONCE: usize = 2;

/// One key.
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
}

/// A failure of the keys' file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file does not say what it should.
    #[error("{path} is wrong: {reason}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What.
        reason: String,
    },
    /// Too many of one name.
    #[error("{AT_ONCE} keys named `{name}` are valid already ({ids}); revoke one first: qadam key revoke ID")]
    TooMany {
        /// The name.
        name: String,
        /// Their ids.
        ids: String,
    },
    /// No such key.
    #[error("there is no key `{0}`")]
    Unknown(String),
    /// A role that needs a provider, or must not have one.
    #[error("the role `provider` needs --provider ID, and the other roles take none")]
    Provider,
    /// The machine gave no random bytes.
    #[error("the machine gave no random bytes")]
    Random,
}

/// The keys' file.
#[derive(Debug)]
pub struct Keys {
    path: PathBuf,
    seen: RwLock<(Vec<Entry>, Option<Version>)>,
}

/// What tells one version of the file from the next: its time alone does not, for clocks of file systems tick slower
/// than keys are made, but every version is another file, renamed into place.
type Version = (SystemTime, u64, u64);

impl Keys {
    /// The keys of a data folder.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let keys = Self { path: folder.join("keys.json"), seen: RwLock::default() };
        keys.refresh()?;
        Ok(keys)
    }

    /// Reads the file again if it has changed.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong; the keys known so far stay valid.
    pub fn refresh(&self) -> Result<(), KeyError> {
        let Ok(metadata) = std::fs::metadata(&self.path) else { return Ok(()) };
        let Ok(modified) = metadata.modified() else { return Ok(()) };
        let version = Some((modified, metadata.ino(), metadata.len()));
        if self.seen.read().unwrap_or_else(PoisonError::into_inner).1 == version {
            return Ok(());
        }
        let entries = self.read()?;
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = (entries, version);
        Ok(())
    }

    fn read(&self) -> Result<Vec<Entry>, KeyError> {
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| KeyError::Wrong { path: self.path.clone(), reason: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(KeyError::File { path: self.path.clone(), source }),
        }
    }

    /// Whose key has a digest. Looked up by the digest of what was sent, so its time says nothing of the key.
    #[must_use]
    pub fn caller(&self, digest: &[u8; 32]) -> Option<Caller> {
        let digest = HEXLOWER.encode(digest);
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let entry = seen.0.iter().find(|entry| entry.sha256 == digest)?;
        Some(Caller { key: entry.id.clone(), role: entry.role, provider: entry.provider.clone() })
    }

    /// Whether a provider has a key.
    #[must_use]
    pub fn has_provider(&self, provider: &ProviderId) -> bool {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.0.iter().any(|entry| entry.provider.as_ref() == Some(provider))
    }

    /// All keys.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong.
    pub fn list(&self) -> Result<Vec<Entry>, KeyError> {
        self.read()
    }

    /// Makes a key and returns it. It is stored nowhere.
    ///
    /// # Errors
    /// If there are two of that name already, or the file cannot be written.
    pub fn new_key(
        &self,
        role: Role,
        provider: Option<ProviderId>,
        now: jiff::Timestamp,
    ) -> Result<(Entry, String), KeyError> {
        self.new_key_kept(role, provider, now, |_| Ok(()))
    }

    /// Makes a key that is kept somewhere before it is valid, so that no crash leaves a valid key that nobody has.
    ///
    /// # Errors
    /// If there are two of that name already, it could not be kept, or the file cannot be written.
    pub fn new_key_kept(
        &self,
        role: Role,
        provider: Option<ProviderId>,
        now: jiff::Timestamp,
        keep: impl FnOnce(&str) -> Result<(), KeyError>,
    ) -> Result<(Entry, String), KeyError> {
        if (role == Role::Provider) != provider.is_some() {
            return Err(KeyError::Provider);
        }
        let name = provider.as_ref().map_or(role.name(), ProviderId::as_str).to_owned();
        let mut entries = self.read()?;
        let same: Vec<&str> = entries
            .iter()
            .filter(|e| e.role == role && e.provider == provider)
            .map(|entry| entry.id.as_str())
            .collect();
        if same.len() >= AT_ONCE {
            return Err(KeyError::TooMany { name, ids: same.join(", ") });
        }
        let number = (1..).find(|number| !entries.iter().any(|entry| entry.id == format!("{name}-{number}")));
        let mut random = [0u8; 32];
        SystemRandom::new().fill(&mut random).map_err(|_| KeyError::Random)?;
        let key = format!("qk_{}", HEXLOWER.encode(&random));
        let sha256 = key_digest(&key).map(|digest| HEXLOWER.encode(&digest)).ok_or(KeyError::Random)?;
        let id = format!("{name}-{}", number.unwrap_or(1u32));
        let entry = Entry { id, role, provider, sha256, created_at: now.to_string() };
        entries.push(entry.clone());
        keep(&key)?;
        self.write(&entries)?;
        Ok((entry, key))
    }

    /// Makes a key worthless.
    ///
    /// # Errors
    /// If there is none, or the file cannot be written.
    pub fn revoke(&self, id: &str) -> Result<(), KeyError> {
        let mut entries = self.read()?;
        let before = entries.len();
        entries.retain(|entry| entry.id != id);
        if entries.len() == before {
            return Err(KeyError::Unknown(id.to_owned()));
        }
        self.write(&entries)
    }

    fn write(&self, entries: &[Entry]) -> Result<(), KeyError> {
        let bytes = serde_json::to_vec_pretty(entries)
            .map_err(|error| KeyError::Wrong { path: self.path.clone(), reason: error.to_string() })?;
        private(&self.path, &bytes).map_err(|source| KeyError::File { path: self.path.clone(), source })?;
        // The version is asked for again at the next look: another process may have written since.
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = (entries.to_vec(), None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_digest_until_it_is_revoked_and_two_may_overlap() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let provider: ProviderId = "permits".parse().unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let (first, key) = keys.new_key(Role::Provider, Some(provider.clone()), now).unwrap();
        keys.new_key(Role::Provider, Some(provider.clone()), now).unwrap();
        assert!(matches!(keys.new_key(Role::Provider, Some(provider), now), Err(KeyError::TooMany { .. })));
        let digest = key_digest(&key).unwrap();
        assert_eq!(keys.caller(&digest).unwrap().key, first.id);
        keys.revoke(&first.id).unwrap();
        assert_eq!(keys.caller(&digest), None);
        let stored = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
        assert!(!stored.contains(&key[3..]), "the key itself is not stored");
    }
}
