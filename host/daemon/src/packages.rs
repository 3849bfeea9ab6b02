//! The trust store of packages: a file, read again whenever it has changed. Where it cannot be read, nothing that was revoked is
//! trusted again: the store that was last understood holds on, and the host says so.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use qadam_package::TrustStore;
use qadam_pipeline::Pipeline;

use crate::audit;

/// How long a file must be gone, or empty, to trust nobody.
const GONE: Duration = Duration::from_secs(1);

/// The file.
#[derive(Debug)]
pub(crate) struct TrustFile {
    path: PathBuf,
    /// What it was when it was last read.
    seen: Mutex<Seen>,
    refreshing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Seen {
    version: Option<Version>,
    /// Since when it is gone, or empty.
    gone: Option<Instant>,
}

/// What tells one version of the file from the next without reading it.
type Version = (SystemTime, u64, u64);

impl TrustFile {
    /// The file that the configuration names, which must be there, or the one in the data folder, which need not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn open(configured: Option<&Path>, data: &Path) -> Result<(Self, TrustStore), String> {
        let path = configured.map_or_else(|| data.join(crate::host::TRUST), Path::to_owned);
        if configured.is_some() && !path.is_file() {
            return Err(format!("the trust store {} is not there", path.display()));
        }
        let file = Self { path, seen: Mutex::default(), refreshing: Mutex::default() };
        let store = file.changed(Instant::now())?.unwrap_or_default();
        Ok((file, store))
    }

    /// Has a pipeline know what the file says now.
    pub(crate) fn refresh(&self, pipeline: &Pipeline) {
        // What was read later is set later.
        let _alone = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.changed(Instant::now()) {
            Ok(None) => {}
            Ok(Some(store)) => {
                tracing::info!(keys = store.iter().count(), "the trust store of packages has changed");
                let subject = format!("{} keys", store.iter().count());
                pipeline.set_trust(store);
                let act = audit::act("change-trust", subject, audit::HOST, "its file has changed", pipeline.now());
                if let Err(error) = pipeline.store().note(act) {
                    tracing::error!(%error, "that the trust store has changed is not in the audit");
                }
            }
            Err(reason) => tracing::error!(reason, "the trust store is not read again; what it said before holds"),
        }
    }

    /// The store, if the file has changed since it was last looked at. One that is gone trusts nobody.
    ///
    /// # Errors
    /// What is wrong with it, once for each version.
    fn changed(&self, now: Instant) -> Result<Option<TrustStore>, String> {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", self.path.display());
        let version = match std::fs::metadata(&self.path) {
            Ok(metadata) => {
                let modified = metadata.modified().map_err(|error| named(&error))?;
                Some((modified, metadata.ino(), metadata.len()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(named(&error)),
        };
        let mut state = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if state.version == version {
            state.gone = None;
            return Ok(None);
        }
        // An editor may put a file aside, or empty it, before it writes: it must be so for a while.
        let text = match version {
            None => String::new(),
            // What cannot be read now is read at the next look.
            Some(_) => std::fs::read_to_string(&self.path).map_err(|error| named(&error))?,
        };
        if text.trim().is_empty() && now.duration_since(*state.gone.get_or_insert(now)) < GONE {
            return Ok(None);
        }
        *state = Seen { version, gone: None };
        TrustStore::read(&text).map(Some).map_err(|error| named(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_a_wrong_file_changes_nothing_and_one_that_is_gone_trusts_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        let now = Instant::now();
        let (file, store) = TrustFile::open(None, folder.path()).unwrap();
        assert_eq!(store.iter().count(), 0);
        let public = qadam_package::SigningKey::generate().unwrap().0.public();
        std::fs::write(&path, format!("[a]\npublic = '{public}'\nproviders = ['*']")).unwrap();
        assert_eq!(file.changed(now).unwrap().unwrap().iter().count(), 1);
        assert!(file.changed(now).unwrap().is_none(), "it has not changed since");
        std::fs::write(&path, "[a]\nwrong = 1").unwrap();
        assert!(file.changed(now).unwrap_err().contains("trust.toml"));
        assert!(file.changed(now).unwrap().is_none(), "it is said once");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(file.changed(now).unwrap(), None, "it may be on its way");
        assert_eq!(file.changed(now + GONE).unwrap(), Some(TrustStore::default()));
        let error = TrustFile::open(Some(&path), folder.path()).unwrap_err();
        assert!(error.contains("is not there"), "{error}");
    }
}
