//! The keys of the API, in `keys.json` of the data folder: ids, roles and SHA-256 digests, never a key itself. A running
//! host sees changes of the file, and puts what was done into the journal.

mod entry;

use std::{
    fs::File,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use qadam_domain::ProviderId;
use qadam_monitor::access::{Caller, Role, key_digest};
use qadam_pipeline::hand_over;
pub use qadam_pipeline::private;
use qadam_store::{Store, StoreError};
use ring::rand::{SecureRandom as _, SystemRandom};

pub use self::entry::{By, Entry, KeyAct};
use crate::audit;

/// Keys of one name that may be valid at once: the old and the new while rotating.
pub const AT_ONCE: usize = 2;

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
    /// One that is worthless already.
    #[error("the key `{0}` is {1} already")]
    Worthless(String, &'static str),
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
    /// Whether the journal has all that was done to the keys seen.
    recorded: AtomicBool,
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
        let keys = Self { path: folder.join("keys.json"), seen: RwLock::default(), recorded: AtomicBool::new(false) };
        keys.refresh()?;
        Ok(keys)
    }

    /// Reads the file again if it has changed; whether it has.
    ///
    /// # Errors
    /// If the file cannot be read or is wrong; the keys known so far stay valid.
    pub fn refresh(&self) -> Result<bool, KeyError> {
        let Ok(metadata) = std::fs::metadata(&self.path) else { return Ok(false) };
        let Ok(modified) = metadata.modified() else { return Ok(false) };
        let version = Some((modified, metadata.ino(), metadata.len()));
        if self.seen.read().unwrap_or_else(PoisonError::into_inner).1 == version {
            return Ok(false);
        }
        let entries = self.read()?;
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = (entries, version);
        self.recorded.store(false, Ordering::Release);
        Ok(true)
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
    pub fn caller(&self, digest: &[u8; 32], now: Timestamp) -> Option<Caller> {
        let digest = HEXLOWER.encode(digest);
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let entry = seen.0.iter().find(|entry| entry.sha256 == digest && entry.is_valid(now))?;
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
        until: Option<Timestamp>,
        by: By<'_>,
    ) -> Result<(Entry, String), KeyError> {
        self.new_key_kept(role, provider, until, by, |_| Ok(()))
    }

    /// Makes a key that is kept somewhere before it is valid, so that no crash leaves a valid key that nobody has.
    ///
    /// # Errors
    /// If there are two of that name already, it could not be kept, or the file cannot be written.
    pub fn new_key_kept(
        &self,
        role: Role,
        provider: Option<ProviderId>,
        until: Option<Timestamp>,
        by: By<'_>,
        keep: impl FnOnce(&str) -> Result<(), KeyError>,
    ) -> Result<(Entry, String), KeyError> {
        let _alone = self.alone()?;
        let mut entries = self.read()?;
        let (entry, key) = made(&entries, role, provider, until, by)?;
        entries.push(entry.clone());
        keep(&key)?;
        self.write(&entries)?;
        Ok((entry, key))
    }

    /// Makes the successor of a key, which is worthless some time later: both are valid until then. `keep` is given the new
    /// key before it is valid, and the old one's digest.
    ///
    /// # Errors
    /// If there is no such key, it is worthless already or has a successor, or the file cannot be written.
    pub fn rotate(
        &self,
        id: &str,
        until: Timestamp,
        by: By<'_>,
        keep: impl FnOnce(&str, &str) -> Result<(), KeyError>,
    ) -> Result<(Entry, String), KeyError> {
        let _alone = self.alone()?;
        let mut entries = self.read()?;
        let old = valid(&mut entries, id, by.at)?;
        let made_at: Option<Timestamp> = old.created_at.parse().ok();
        // An end that an earlier rotation set says nothing of how long the key was made for.
        let is_limited = old.acts.iter().any(|act| act.what == "limit-key");
        let length = old.until.filter(|_| !is_limited).zip(made_at);
        let length = length.map(|(until, made_at)| until.duration_since(made_at));
        if old.until.is_none_or(|before| until < before) {
            old.until = Some(until);
            old.acts.push(by.act("limit-key"));
        }
        let (role, provider, digest) = (old.role, old.provider.clone(), old.sha256.clone());
        // One that was made for a while has a successor for as long.
        let until = length.map(|length| by.at.checked_add(length)).transpose().map_err(|_| KeyError::Random)?;
        let (entry, key) = made(&entries, role, provider, until, by)?;
        entries.push(entry.clone());
        keep(&key, &digest)?;
        self.write(&entries)?;
        Ok((entry, key))
    }

    /// Makes a key worthless.
    ///
    /// # Errors
    /// If there is none, or the file cannot be written.
    pub fn revoke(&self, id: &str, by: By<'_>) -> Result<(), KeyError> {
        let _alone = self.alone()?;
        let mut entries = self.read()?;
        let entry = valid(&mut entries, id, by.at)?;
        entry.revoked = true;
        entry.acts.push(by.act("revoke-key"));
        self.write(&entries)
    }

    /// Puts into the journal what was done to keys and is not there yet. Where the index does not have all of the journal, what is
    /// there cannot be told: it is done at a later call.
    ///
    /// # Errors
    /// If that is not possible now; it is done at a later call.
    pub fn record(&self, store: &Store) -> Result<(), StoreError> {
        if self.recorded.load(Ordering::Acquire) || store.wait_for(0, Duration::ZERO) < store.last() {
            return Ok(());
        }
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner).0.clone();
        for entry in seen.iter().filter(|entry| !entry.acts.is_empty()) {
            let recorded = store.acts(Some(&entry.subject()), None, usize::MAX)?.items;
            let recorded = recorded.iter().filter(|act| KeyAct::ALL.contains(&act.what.as_str())).count();
            for KeyAct { what, who, why, at } in entry.acts.iter().skip(recorded) {
                store.note(audit::act(what, entry.subject(), who, why, *at))?;
            }
        }
        self.recorded.store(true, Ordering::Release);
        Ok(())
    }

    /// Keeps other processes from changing the file meanwhile.
    fn alone(&self) -> Result<File, KeyError> {
        let path = self.path.with_extension("lock");
        // The folder's owner could have put a link there, and what we open is handed to him.
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let locked = File::options().create(true).truncate(false).write(true).custom_flags(no_link).open(&path);
        let folder = path.parent().unwrap_or(Path::new("."));
        let locked = locked.and_then(|file| hand_over(&file, folder).and_then(|()| file.lock()).map(|()| file));
        locked.map_err(|source| KeyError::File { path, source })
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

/// A new key beside those that there are.
fn made(
    entries: &[Entry],
    role: Role,
    provider: Option<ProviderId>,
    until: Option<Timestamp>,
    by: By<'_>,
) -> Result<(Entry, String), KeyError> {
    if (role == Role::Provider) != provider.is_some() {
        return Err(KeyError::Provider);
    }
    let name = provider.as_ref().map_or(role.name(), ProviderId::as_str).to_owned();
    let same = entries.iter().filter(|entry| entry.role == role && entry.provider == provider);
    let same: Vec<&str> = same.filter(|entry| entry.is_valid(by.at)).map(|entry| entry.id.as_str()).collect();
    if same.len() >= AT_ONCE {
        return Err(KeyError::TooMany { name, ids: same.join(", ") });
    }
    let number = (1..).find(|number| !entries.iter().any(|entry| entry.id == format!("{name}-{number}")));
    let mut random = [0u8; 32];
    SystemRandom::new().fill(&mut random).map_err(|_| KeyError::Random)?;
    let key = format!("qk_{}", HEXLOWER.encode(&random));
    let sha256 = key_digest(&key).map(|digest| HEXLOWER.encode(&digest)).ok_or(KeyError::Random)?;
    let id = format!("{name}-{}", number.unwrap_or(1u32));
    let (created_at, acts) = (by.at.to_string(), vec![by.act("make-key")]);
    Ok((Entry { id, role, provider, sha256, created_at, until, revoked: false, acts }, key))
}

/// The key of an id, if it opens anything.
fn valid<'a>(entries: &'a mut [Entry], id: &str, now: Timestamp) -> Result<&'a mut Entry, KeyError> {
    let entry = entries.iter_mut().find(|entry| entry.id == id).ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
    if entry.is_valid(now) { Ok(entry) } else { Err(KeyError::Worthless(id.to_owned(), entry.state(now))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(second: i64) -> By<'static> {
        By { who: "uid 0", why: "", at: Timestamp::from_second(second).unwrap() }
    }

    #[test]
    fn a_key_is_known_by_its_digest_until_it_is_revoked_and_two_may_overlap() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let provider: ProviderId = "permits".parse().unwrap();
        let of = || Some(provider.clone());
        let (first, key) = keys.new_key(Role::Provider, of(), None, by(0)).unwrap();
        keys.new_key(Role::Provider, of(), None, by(0)).unwrap();
        assert!(matches!(keys.new_key(Role::Provider, of(), None, by(0)), Err(KeyError::TooMany { .. })));
        let (digest, now) = (key_digest(&key).unwrap(), by(1).at);
        assert_eq!(keys.caller(&digest, now).unwrap().key, first.id);
        keys.revoke(&first.id, by(1)).unwrap();
        assert_eq!(keys.caller(&digest, now), None);
        assert!(matches!(keys.revoke(&first.id, by(1)), Err(KeyError::Worthless(_, "revoked"))));
        let (third, _) = keys.new_key(Role::Provider, of(), None, by(2)).unwrap();
        assert_eq!(third.id, "permits-3", "the id of a revoked key is given to no other");
        let stored = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
        assert!(!stored.contains(&key[3..]), "the key itself is not stored");
    }

    #[test]
    fn a_rotated_key_is_valid_beside_its_successor_and_then_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        let (old, key) = keys.new_key(Role::Monitor, None, None, by(0)).unwrap();
        let (new, successor) = keys.rotate(&old.id, by(100).at, by(10), |_, _| Ok(())).unwrap();
        let known = |key: &str, second| keys.caller(&key_digest(key).unwrap(), by(second).at).map(|caller| caller.key);
        assert_eq!((known(&key, 99), known(&successor, 99)), (Some(old.id.clone()), Some(new.id.clone())));
        assert_eq!((known(&key, 100), known(&successor, 100)), (None, Some(new.id.clone())));
        assert!(matches!(keys.rotate(&new.id, by(200).at, by(50), |_, _| Ok(())), Err(KeyError::TooMany { .. })));
        keys.rotate(&new.id, by(200).at, by(100), |_, _| Ok(())).unwrap();
        let acts =
            |place: usize| keys.list().unwrap()[place].acts.iter().map(|act| act.what.clone()).collect::<Vec<_>>();
        assert_eq!(
            (acts(0), acts(1)),
            (vec!["make-key".into(), "limit-key".into()], vec!["make-key".into(), "limit-key".into()])
        );
    }
}
