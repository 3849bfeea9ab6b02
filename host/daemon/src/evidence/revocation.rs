//! Lists of revoked certificates and OCSP answers: files that the operator puts there, and what is fetched.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use qadam_clients::{
    Fetch, TlsRoots,
    revocation::{ListConfig, ResponderConfig, Revocation, RevocationConfig},
};
use qadam_evidence::{
    Trust,
    revocation::{Answer, Crl, Naming, Need},
};
use qadam_pipeline::signatures::RevocationSource;
use tokio::runtime::Handle;

use super::{EvidenceError, TrustSettings, trust::is_url};
use crate::wall_clock;

/// How long an address may take to answer.
const WITHIN: Duration = Duration::from_secs(20);
/// A list is fetched again at the latest after this; delta lists bring what is new sooner.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Between two looks at what is due.
const LOOK: Duration = Duration::from_secs(5);

/// Modified, inode, length.
type Version = (i64, i64, u64, u64);

/// What is at hand.
#[derive(Debug)]
pub(crate) struct Revocations {
    files: Vec<PathBuf>,
    fetched: Arc<Revocation>,
    responders: bool,
    state: Arc<Mutex<State>>,
    runtime: Handle,
}

#[derive(Debug, Default)]
struct State {
    /// What each file held, and by what its next version is told.
    from_files: Vec<Option<(Version, Crl)>>,
    /// Being asked about.
    asking: Vec<String>,
}

impl Revocations {
    pub(crate) fn open(settings: &TrustSettings, trust: Option<&Trust>, folder: &Path) -> Result<Self, EvidenceError> {
        let wrong = |why: String| EvidenceError::Settings(format!("`trust`: {why}"));
        let (urls, files): (Vec<&String>, Vec<&String>) = settings.crls.iter().partition(|list| is_url(list));
        let list = |url: &String| ListConfig { url: url.clone(), every: EVERY, within: WITHIN };
        let responder = |url: &String| ResponderConfig {
            url: url.clone(),
            within: WITHIN,
            naming: Naming::default(),
            nonce: !settings.ocsp_without_nonce,
        };
        let config = RevocationConfig {
            lists: urls.into_iter().map(list).collect(),
            responders: settings.ocsp.iter().map(responder).collect(),
            authorities: trust.map_or_else(Vec::new, |trust| [&trust.roots[..], &trust.intermediates[..]].concat()),
            rules: trust.map(|trust| trust.revocation.clone()).unwrap_or_default(),
            folder: trust.map(|_| folder.to_owned()),
            answers_at_most: EVERY,
        };
        let fetch = Fetch::new(&TlsRoots::Web).map_err(|error| wrong(error.to_string()))?;
        let fetched = Revocation::open(fetch, config).map_err(|error| wrong(error.to_string()))?;
        let revocations = Self {
            files: files.into_iter().map(PathBuf::from).collect(),
            fetched: Arc::new(fetched),
            responders: settings.ocsp.is_some(),
            state: Arc::default(),
            runtime: Handle::current(),
        };
        revocations.read_files().map_err(|why| wrong(format!("`crls`: {why}")))?;
        Ok(revocations)
    }

    /// Reads those files again that have changed: a list whose signature was verified need not be again. One that cannot be
    /// read leaves things as they were, and is named.
    fn read_files(&self) -> Result<(), String> {
        for (place, path) in self.files.iter().enumerate() {
            let named = |why: String| format!("{}: {why}", path.display());
            let file = std::fs::metadata(path).map_err(|error| named(error.to_string()))?;
            let version = (file.mtime(), file.mtime_nsec(), file.ino(), file.len());
            let known = self.lock(|state| {
                state.from_files.resize(self.files.len(), None);
                state.from_files.get(place).is_some_and(|known| known.as_ref().is_some_and(|(of, _)| *of == version))
            });
            if known {
                continue;
            }
            let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
            let list = Crl::parse(&bytes).map_err(|error| named(error.to_string()))?;
            self.lock(|state| {
                if let Some(slot) = state.from_files.get_mut(place) {
                    *slot = Some((version, list));
                }
            });
        }
        Ok(())
    }

    /// Keeps everything fresh, for ever.
    pub(crate) async fn refresh(self: Arc<Self>) {
        let mut failed = None;
        loop {
            self.fetched.refresh(wall_clock()).await;
            let read = self.read_files().err();
            if let Some(reason) = read.as_ref().filter(|_| failed != read) {
                tracing::error!(
                    reason,
                    "a list of revoked certificates cannot be read; that of before counts until its end"
                );
            }
            failed = read;
            tokio::time::sleep(LOOK).await;
        }
    }

    fn lock<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RevocationSource for Revocations {
    fn lists(&self) -> Vec<Crl> {
        let mut lists: Vec<Crl> =
            self.lock(|state| state.from_files.iter().flatten().map(|(_, list)| list.clone()).collect());
        lists.extend(self.fetched.lists().crls);
        lists
    }

    fn answers(&self, needs: &[Need]) -> Vec<Answer> {
        self.fetched.answers(needs, wall_clock())
    }

    fn need(&self, needs: &[Need]) -> bool {
        if !self.responders {
            return false;
        }
        let new: Vec<Need> = self.lock(|state| {
            let new: Vec<Need> = needs.iter().filter(|need| !state.asking.contains(&need.key())).cloned().collect();
            state.asking.extend(new.iter().map(Need::key));
            new
        });
        if new.is_empty() {
            return true;
        }
        let (fetched, state) = (Arc::clone(&self.fetched), Arc::clone(&self.state));
        self.runtime.spawn(async move {
            for need in new {
                // It keeps the answer, and asks again in time.
                drop(fetched.evidence(std::slice::from_ref(&need), wall_clock()).await);
                let key = need.key();
                state.lock().unwrap_or_else(PoisonError::into_inner).asking.retain(|asked| *asked != key);
            }
        });
        true
    }
}
