//! Revocation lists and OCSP answers: fetched from configured addresses only, checked before they are kept, kept in memory and in
//! a folder, and fetched again ahead of their end. What cannot be had is missing, and checks fail closed for it; what was had stays
//! until its own end, whatever an address serves instead.

mod answers;
mod kept;
mod lists;

use std::{path::PathBuf, time::Duration};

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::{
    Certificate,
    revocation::{Answer, Evidence, Naming, Need, Rules},
};

use self::{answers::Answers, kept::Folder, lists::Lists};
use crate::{
    failing::Failing,
    fetch::{Fetch, FetchError},
};

/// Where lists and answers come from.
#[derive(Clone, Debug)]
pub struct RevocationConfig {
    /// Lists, complete ones and those that add to them.
    pub lists: Vec<ListConfig>,
    /// OCSP responders, in the order in which they are asked.
    pub responders: Vec<ResponderConfig>,
    /// Whose lists are taken: every authority that is trusted, roots and those between.
    pub authorities: Vec<Certificate>,
    /// How answers are judged.
    pub rules: Rules,
    /// Where they are kept; `None`: in memory only.
    pub folder: Option<PathBuf>,
    /// An older answer is asked for again, though it says that it still counts.
    pub answers_at_most: SignedDuration,
}

/// The address of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListConfig {
    /// Where.
    pub url: String,
    /// It is fetched again after this, or ahead of its end, whichever is sooner.
    pub every: SignedDuration,
    /// How long it may take.
    pub within: Duration,
}

/// The address of a responder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponderConfig {
    /// Where.
    pub url: String,
    /// How long it may take.
    pub within: Duration,
    /// By which hash requests name the issuer.
    pub naming: Naming,
    /// Whether requests carry a nonce. Only for a responder that cannot answer them should they not.
    pub nonce: bool,
}

/// The source of what tells whether certificates were revoked.
#[derive(Debug)]
pub struct Revocation {
    lists: Lists,
    answers: Answers,
}

/// It cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// An address.
    #[error("an address of a revocation list or responder: {0}")]
    Url(#[from] FetchError),
    /// The folder.
    #[error("the folder of revocation data, {folder}: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Revocation {
    /// With what the folder holds. Nothing is fetched yet.
    ///
    /// # Errors
    /// If an address is none, or the folder can neither be read nor made. A file in it that cannot be read is left out.
    pub fn open(fetch: Fetch, config: RevocationConfig) -> Result<Self, RevocationError> {
        let folder = config.folder.map(Folder::open).transpose()?;
        let lists = Lists::open(fetch.clone(), config.lists, config.authorities, folder.clone())?;
        let answers = Answers::open(fetch, config.responders, config.rules, config.answers_at_most, folder)?;
        Ok(Self { lists, answers })
    }

    /// The lists that are at hand. For most signatures they tell; where a check names needs, [`Revocation::evidence`] is asked.
    #[must_use]
    pub fn lists(&self) -> Evidence {
        Evidence { crls: self.lists.at_hand(), ocsp: Vec::new() }
    }

    /// The answers about these that are at hand, without asking anybody. They count as asked about: [`Revocation::refresh`] keeps
    /// them fresh from now on.
    #[must_use]
    pub fn answers(&self, needs: &[Need], now: Timestamp) -> Vec<Answer> {
        needs.iter().filter_map(|need| self.answers.at_hand(need, now)).collect()
    }

    /// The lists, and answers of OCSP about what is needed: those at hand, and otherwise those that responders now give. What
    /// nobody answers is missing.
    pub async fn evidence(&self, needs: &[Need], now: Timestamp) -> Evidence {
        let mut evidence = self.lists();
        for need in needs {
            let answer = self.answers.about(need, &evidence.crls, now).await;
            evidence.ocsp.extend(answer);
        }
        evidence
    }

    /// Fetches what is due: lists, and answers about certificates that were asked about lately. To be called again at
    /// [`Revocation::due`].
    pub async fn refresh(&self, now: Timestamp) {
        self.lists.refresh(now).await;
        self.answers.refresh(&self.lists.at_hand(), now).await;
    }

    /// When something is due next; `None` where nothing is configured or kept.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.lists.due().into_iter().chain(self.answers.due()).min()
    }

    /// The addresses that failed when they were asked last.
    #[must_use]
    pub fn failing(&self) -> Vec<Failing> {
        self.lists.failing().into_iter().chain(self.answers.failing()).collect()
    }
}

/// When something that was made, or fetched, and counts until then is to be fetched again: ahead of its end by a tenth of its life, and
/// at the latest after a while.
fn again_at(fetched: Timestamp, made: Timestamp, until: Option<Timestamp>, every: SignedDuration) -> Timestamp {
    let at_latest = fetched.saturating_add(every).unwrap_or(Timestamp::MAX);
    let ahead = until.map(|until| {
        let life = until.duration_since(made).max(SignedDuration::ZERO);
        until.saturating_sub(life / 10).unwrap_or(until)
    });
    ahead.map_or(at_latest, |ahead| ahead.min(at_latest))
}
