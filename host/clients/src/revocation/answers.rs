//! OCSP answers of configured responders.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::revocation::{Answer, Crl, MAX_ANSWER, Need, Rules};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{
    ResponderConfig, again_at,
    kept::{EXTENSION, Folder},
};
use crate::{
    failing::{Failing, Watch},
    fetch::{Bounds, Fetch, FetchError, address},
};

/// More certificates are not kept in mind; the one that was asked about longest ago gives way.
pub(super) const MOST: usize = 10_000;
/// More certificates are not told of, about which nothing is told.
const MOST_TOLD: usize = 10;
/// A certificate that nobody asked about for so long is not refreshed, and then forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(48);

#[derive(Debug)]
pub(super) struct Answers {
    fetch: Fetch,
    responders: Vec<Responder>,
    rules: Rules,
    at_most: SignedDuration,
    folder: Option<Folder>,
    known: Mutex<HashMap<String, Arc<Known>>>,
    random: SystemRandom,
}

#[derive(Debug)]
struct Responder {
    config: ResponderConfig,
    watch: Watch,
}

/// A certificate that was asked about.
#[derive(Debug)]
struct Known {
    need: Need,
    held: Mutex<Held>,
    /// One question about it at a time: a burst of records of one signer asks once.
    asking: tokio::sync::Mutex<()>,
    /// Answers that say nothing about it. That is no failure of the responder, which may know others.
    watch: Watch,
}

#[derive(Clone, Debug)]
struct Held {
    answer: Option<Answer>,
    again_at: Timestamp,
    used: Timestamp,
}

impl Answers {
    pub(super) fn open(
        fetch: Fetch,
        responders: Vec<ResponderConfig>,
        rules: Rules,
        at_most: SignedDuration,
        folder: Option<Folder>,
    ) -> Result<Self, FetchError> {
        let responder = |config: ResponderConfig| {
            let (_, host) = address(&config.url)?;
            Ok(Responder { config, watch: Watch::over(host) })
        };
        let responders = responders.into_iter().map(responder).collect::<Result<_, FetchError>>()?;
        let (known, random) = (Mutex::default(), SystemRandom::new());
        Ok(Self { fetch, responders, rules, at_most, folder, known, random })
    }

    /// The answer about a certificate: the one at hand, or what responders say now. Where they say nothing the one at hand is
    /// given all the same: checks know whether it still counts.
    pub(super) async fn about(&self, need: &Need, lists: &[Crl], now: Timestamp) -> Option<Answer> {
        let known = self.known(need, now);
        if known.is_due(now) {
            let _one = known.asking.lock().await;
            // Another may have asked in the meantime.
            if known.is_due(now) {
                self.ask(&known, lists, now).await;
            }
        }
        known.held().answer.clone()
    }

    /// The answer at hand about a certificate.
    pub(super) fn at_hand(&self, need: &Need, now: Timestamp) -> Option<Answer> {
        self.known(need, now).held().answer.clone()
    }

    /// Asks again about certificates that were asked about lately, ahead of the end of their answers; forgets the others.
    pub(super) async fn refresh(&self, lists: &[Crl], now: Timestamp) {
        let all: Vec<_> = self.map().iter().map(|(key, known)| (key.clone(), Arc::clone(known))).collect();
        for (key, known) in all {
            if now.duration_since(known.held().used) > FORGOTTEN_AFTER {
                self.forget(&key);
            } else if known.is_due(now) {
                let _one = known.asking.lock().await;
                self.ask(&known, lists, now).await;
            }
        }
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        let pause =
            self.responders.iter().map(|one| one.watch.failing().map_or(Timestamp::MIN, |it| it.again_at)).min()?;
        self.map().values().map(|known| known.due().max(pause)).min()
    }

    /// Responders that fail, and some of the certificates about which nothing is told.
    pub(super) fn failing(&self) -> Vec<Failing> {
        let mut failing: Vec<_> = self.responders.iter().filter_map(|responder| responder.watch.failing()).collect();
        failing.extend(self.map().values().filter_map(|known| known.watch.failing()).take(MOST_TOLD));
        failing
    }

    /// Asks responders in order, until one answers what tells.
    async fn ask(&self, known: &Known, lists: &[Crl], now: Timestamp) {
        for responder in &self.responders {
            if responder.watch.left_alone(now).is_some() {
                continue;
            }
            match self.ask_one(responder, &known.need, lists, now).await {
                Ok(Err(reason)) => {
                    responder.watch.answered();
                    drop(known.watch.failed(format!("{}: {reason}", responder.watch.name()), now));
                }
                Ok(Ok(answer)) => {
                    responder.watch.answered();
                    known.watch.answered();
                    let (made, until) = answer.times(&known.need).unwrap_or((now, None));
                    let until = until.or_else(|| made.checked_add(self.rules.open_ended).ok());
                    let again_at = again_at(now, made, until, self.at_most);
                    let file = file(&known.need.key());
                    if let Some(folder) = &self.folder {
                        // Where it cannot be kept, it is asked for again after the next start.
                        drop(folder.write(&file, answer.der.clone()).await);
                    }
                    let used = known.held().used;
                    *known.held() = Held { answer: Some(answer), again_at, used };
                    return;
                }
                Err(reason) => drop(responder.watch.failed(reason, now)),
            }
        }
    }

    /// An answer that passed every check and tells: good or revoked. It is kept without its nonce, which it need not show twice.
    /// Failing to answer is one error, answering nothing that tells another.
    async fn ask_one(
        &self,
        responder: &Responder,
        need: &Need,
        lists: &[Crl],
        now: Timestamp,
    ) -> Result<Result<Answer, String>, String> {
        let ResponderConfig { url, within, naming, nonce } = &responder.config;
        let mut random = [0; 16];
        self.random.fill(&mut random).map_err(|_| "the system gives no random bytes".to_owned())?;
        let nonce = nonce.then_some(random.as_slice());
        let bounds = Bounds { within: *within, bytes: MAX_ANSWER };
        let request = need.request(*naming, nonce).into();
        let answer = self.fetch.post(url, "application/ocsp-request", request, bounds).await;
        let der = answer.map_err(|error| error.to_string())?.to_vec();
        let answer = Answer { der, nonce: nonce.map(<[u8]>::to_vec) };
        Ok(answer.tells(need, lists, now, &self.rules).map(|()| Answer { nonce: None, ..answer }))
    }

    fn known(&self, need: &Need, now: Timestamp) -> Arc<Known> {
        let key = need.key();
        let mut map = self.map();
        if let Some(known) = map.get(&key) {
            known.held().used = now;
            return Arc::clone(known);
        }
        if map.len() >= MOST
            && let Some(oldest) = map.iter().min_by_key(|(_, known)| known.held().used).map(|(key, _)| key.clone())
        {
            map.remove(&oldest);
            self.let_go(&oldest);
        }
        let kept = self.folder.as_ref().and_then(|folder| folder.read(&file(&key)));
        let answer = kept.map(|der| Answer { der, nonce: None });
        let held = Mutex::new(Held { again_at: self.due_of(answer.as_ref(), need), answer, used: now });
        let watch = Watch::over("OCSP answers about a certificate".to_owned());
        let known = Arc::new(Known { need: need.clone(), held, asking: tokio::sync::Mutex::default(), watch });
        map.insert(key, Arc::clone(&known));
        known
    }

    /// When an answer of the folder is to be asked for again: as if it had been fetched when it was made.
    fn due_of(&self, answer: Option<&Answer>, need: &Need) -> Timestamp {
        let Some((made, until)) = answer.and_then(|answer| answer.times(need)) else { return Timestamp::MIN };
        let until = until.or_else(|| made.checked_add(self.rules.open_ended).ok());
        again_at(made, made, until, self.at_most)
    }

    fn forget(&self, key: &str) {
        self.map().remove(key);
        self.let_go(key);
    }

    fn let_go(&self, key: &str) {
        if let Some(folder) = &self.folder {
            folder.remove(&file(key));
        }
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.due() <= now
    }

    fn due(&self) -> Timestamp {
        let again_at = self.held().again_at;
        self.watch.failing().map_or(again_at, |failing| again_at.max(failing.again_at))
    }
}

fn file(key: &str) -> String {
    format!("{key}.{EXTENSION}")
}
