//! Looks after the host: what is wrong goes into the status at once, and to the receiver of alarms where it lasts. What
//! stands, and what was not taken yet, is in `alarms.json` of the data folder.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use qadam_clients::{Webhook, WebhookError};
use qadam_monitor::{
    alarms::{Alarms, Notice},
    ports::watch::{Thresholds, Untold},
    status::{AlarmsView, ConditionView, Finding},
};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::keys::private;

/// How often the host is looked at.
pub(crate) const LOOK: Duration = Duration::from_secs(2);
/// The longest pause between two attempts at a receiver.
const PAUSE: Duration = Duration::from_secs(300);
/// File of what stands.
const FILE: &str = "alarms.json";

/// Where alarms go, and from where on something is one.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AlarmSettings {
    /// Who is told: `http://ADDRESS:PORT/PATH`.
    pub webhook: Option<String>,
    /// File with the bearer token for it.
    pub token_file: Option<PathBuf>,
    /// How long something must last, or be gone, before that is told.
    pub after: SignedDuration,
    /// How long a record may wait while its adapter serves.
    pub waiting_age: SignedDuration,
    /// How long a message may wait for a time-stamp.
    pub unstamped_age: SignedDuration,
    /// How long a destination may fail.
    pub failing_age: SignedDuration,
    /// MiB that should be free on the disk of the data folder.
    pub disk_free_mib: u64,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self {
            webhook: None,
            token_file: None,
            after: SignedDuration::from_secs(10),
            waiting_age: SignedDuration::from_mins(15),
            unstamped_age: SignedDuration::from_mins(15),
            failing_age: SignedDuration::from_mins(5),
            disk_free_mib: 1024,
        }
    }
}

impl AlarmSettings {
    /// The receiver, if there is one.
    ///
    /// # Errors
    /// If its URL is none.
    pub fn receiver(&self) -> Result<Option<Webhook>, WebhookError> {
        self.webhook.as_deref().map(|url| Webhook::at(url, self.token_file.clone())).transpose()
    }
}

/// What stands, and how the receiver is.
#[derive(Debug)]
pub(crate) struct Watchman {
    pub(crate) folder: PathBuf,
    settings: AlarmSettings,
    receiver: Option<Webhook>,
    state: Mutex<State>,
    /// Held by whoever looks, from the look to the note of it: an older look noted after a newer one would end what stands.
    looking: Mutex<()>,
    more: Notify,
}

#[derive(Debug, Default)]
struct State {
    alarms: Alarms,
    undelivered: Option<Untold>,
}

impl Watchman {
    /// Over a data folder. What cannot be read there is begun anew: an alarm told twice is better than a host that does not
    /// start.
    pub(crate) fn open(folder: &Path, settings: &AlarmSettings) -> Self {
        let read = std::fs::read(folder.join(FILE)).ok();
        let alarms = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        // The configuration was checked when it was read.
        let receiver = settings.receiver().ok().flatten();
        let state = Mutex::new(State { alarms, undelivered: None });
        Self {
            folder: folder.to_owned(),
            settings: settings.clone(),
            receiver,
            state,
            looking: Mutex::default(),
            more: Notify::new(),
        }
    }

    pub(crate) fn thresholds(&self, waiting_records: u64, index_lag: u64) -> Thresholds {
        let AlarmSettings { waiting_age, unstamped_age, failing_age, disk_free_mib, .. } = self.settings;
        Thresholds {
            waiting_records,
            index_lag,
            waiting_age,
            unstamped_age,
            failing_age,
            disk_free: disk_free_mib << 20,
        }
    }

    pub(crate) fn undelivered(&self) -> Option<Untold> {
        self.lock(|state| state.undelivered.clone())
    }

    /// Keeps others from looking until what this look saw is noted.
    pub(crate) fn look(&self) -> MutexGuard<'_, ()> {
        self.looking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what is wrong now.
    pub(crate) fn turn(&self, now: Timestamp, found: &[Finding]) -> (Vec<ConditionView>, AlarmsView) {
        let seen = self.lock(|state| {
            let before = state.alarms.clone();
            let views = state.alarms.turn(now, found, self.settings.after);
            if self.receiver.is_none() {
                state.alarms.forget();
            }
            if state.alarms != before {
                self.keep(&state.alarms);
            }
            let last_error = state.undelivered.as_ref().map(|undelivered| undelivered.reason.clone());
            let undelivered = state.alarms.undelivered();
            (views, AlarmsView { receiver: self.receiver.is_some(), undelivered, last_error })
        });
        self.more.notify_one();
        seen
    }

    /// Tells the receiver what it has not taken, for ever.
    pub(crate) async fn tell(&self, clock: impl Fn() -> Timestamp) {
        let Some(receiver) = &self.receiver else { return };
        let mut pause = Duration::from_secs(1);
        loop {
            let Some(notice) = self.lock(|state| state.alarms.next().cloned()) else {
                self.more.notified().await;
                continue;
            };
            match send(receiver, &notice).await {
                Ok(()) => {
                    pause = Duration::from_secs(1);
                    self.lock(|state| {
                        state.undelivered = None;
                        state.alarms.taken(&notice);
                        self.keep(&state.alarms);
                    });
                }
                Err(error) => {
                    let reason = error.to_string();
                    tracing::warn!(reason, "an alarm was not taken; it is tried again");
                    self.lock(|state| {
                        let since = state.undelivered.as_ref().map_or_else(&clock, |undelivered| undelivered.since);
                        state.undelivered = Some(Untold { since, reason });
                    });
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE);
                }
            }
        }
    }

    fn lock<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A failure costs a repeated alarm after a restart, no more.
    fn keep(&self, alarms: &Alarms) {
        let kept = serde_json::to_vec(alarms).map_err(std::io::Error::other);
        if let Err(error) = kept.and_then(|bytes| private(&self.folder.join(FILE), &bytes)) {
            tracing::warn!(%error, "what was told of alarms is not kept");
        }
    }
}

async fn send(receiver: &Webhook, notice: &Notice) -> Result<(), WebhookError> {
    // A notice is always JSON.
    receiver.post(serde_json::to_vec(notice).unwrap_or_default().into()).await
}
