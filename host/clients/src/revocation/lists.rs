//! Revocation lists of configured addresses.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use qadam_evidence::{
    Certificate,
    revocation::{Crl, MAX_CRL},
};
use ring::digest::{SHA256, digest};

use super::{ListConfig, again_at, kept::Folder};
use crate::{
    failing::{Failing, Watch},
    fetch::{Bounds, Fetch, FetchError, address},
};

#[derive(Debug)]
pub(super) struct Lists {
    fetch: Fetch,
    authorities: Vec<Certificate>,
    folder: Option<Folder>,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    config: ListConfig,
    file: String,
    watch: Watch,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    crl: Option<Crl>,
    fetched: Option<Timestamp>,
}

impl Lists {
    pub(super) fn open(
        fetch: Fetch,
        lists: Vec<ListConfig>,
        authorities: Vec<Certificate>,
        folder: Option<Folder>,
    ) -> Result<Self, FetchError> {
        let source = |config: ListConfig| {
            let (_, host) = address(&config.url)?;
            let file = format!("list-{}.crl", hex(config.url.as_bytes()));
            // What a file says is checked as what comes over the network is.
            let crl = folder.as_ref().and_then(|folder| folder.read(&file)).and_then(|bytes| Crl::parse(&bytes).ok());
            let held = Mutex::new(Held { crl, fetched: None });
            Ok(Source { config, file, watch: Watch::over(host), held })
        };
        let sources = lists.into_iter().map(source).collect::<Result<_, FetchError>>()?;
        Ok(Self { fetch, authorities, folder, sources })
    }

    pub(super) fn at_hand(&self) -> Vec<Crl> {
        self.sources.iter().filter_map(|source| source.held().crl.clone()).collect()
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.sources.iter().map(Source::due).min()
    }

    pub(super) fn failing(&self) -> Vec<Failing> {
        self.sources.iter().filter_map(|source| source.watch.failing()).collect()
    }

    pub(super) async fn refresh(&self, now: Timestamp) {
        for source in self.sources.iter().filter(|source| source.due() <= now) {
            match self.fetch(source, now).await {
                Ok(()) => source.watch.answered(),
                Err(reason) => drop(source.watch.failed(reason, now)),
            }
        }
    }

    /// Fetches a list; it takes the place of the one before only if it is right, and not older.
    async fn fetch(&self, source: &Source, now: Timestamp) -> Result<(), String> {
        let bounds = Bounds { within: source.config.within, bytes: MAX_CRL };
        let bytes = self.fetch.get(&source.config.url, bounds).await.map_err(|error| error.to_string())?;
        let crl = Crl::parse(&bytes).map_err(|error| error.to_string())?;
        let mut by = self.authorities.iter().filter(|authority| authority.subject_der() == crl.issuer());
        if !by.any(|authority| crl.signed_by(authority).is_ok()) {
            return Err("the revocation list is not signed by a configured authority".to_owned());
        }
        if crl.next_update().is_some_and(|next| next < now) {
            return Err(format!("the revocation list is stale: the next was due at {:?}", crl.next_update()));
        }
        {
            let mut held = source.held();
            if let Some(before) = &held.crl
                && before.issuer() == crl.issuer()
                && before.this_update() > crl.this_update()
            {
                let (new, old) = (crl.this_update(), before.this_update());
                return Err(format!("the revocation list is from {new}, older than the one at hand, from {old}"));
            }
            *held = Held { crl: Some(crl.clone()), fetched: Some(now) };
        }
        match &self.folder {
            Some(folder) => {
                let written = folder.write(&source.file, crl.der().to_vec()).await;
                written.map_err(|error| format!("fetched, but not kept in the folder: {error}"))
            }
            None => Ok(()),
        }
    }
}

impl Source {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it is to be fetched: now, where there is none, or after the pause of a failure.
    fn due(&self) -> Timestamp {
        let wanted = match &*self.held() {
            Held { crl: Some(crl), fetched: Some(fetched) } => {
                again_at(*fetched, crl.this_update(), crl.next_update(), self.config.every)
            }
            _ => Timestamp::MIN,
        };
        self.watch.failing().map_or(wanted, |failing| wanted.max(failing.again_at))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
