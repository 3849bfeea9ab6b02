//! What the configuration says of a destination.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::tz::TimeZone;
use qadam_clients::{Push, PushSettings, Shep, ShepSettings};
use qadam_delivery::{Destination, RetryPolicy, Service, Takes};
use qadam_domain::breach::Passing;
use serde::Deserialize;

/// A destination of messages: one of `push`, `shep`, `pull`; `pull` where none is said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DestinationSettings {
    /// Whether it takes messages that no authority has stamped yet; the stamp follows.
    pub unstamped: bool,
    /// What messages to it are to bring about: `to-executor`, `to-front-office`, `to-monitoring`. Where a request is late, the
    /// rules of attribution ask whether the first two were delivered.
    pub passing: Passing,
    /// Messages are sent to it over HTTPS.
    pub push: Option<PushSettings>,
    /// Messages are sent to it through the e-government gateway's asynchronous channel.
    pub shep: Option<ShepSettings>,
    /// It comes for its messages.
    pub pull: Option<PullSettings>,
    /// When failed attempts are made again.
    pub retry: RetryPolicy,
    /// Lanes that may be under way at once.
    pub lanes: usize,
    /// Bytes of events sent at once, at most.
    pub max_bytes: usize,
}

/// A destination that comes for its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullSettings {
    /// Ids of the keys that may come, of role `monitor`; all of that role where there is none.
    pub keys: Vec<String>,
    /// File of the certificates that the signers of receipts lead to, PEM.
    pub roots: Option<PathBuf>,
    /// The BIN that a signer's certificate must have.
    pub bin: Option<String>,
    /// Whether receipts must be signed.
    pub signed: bool,
}

impl Default for DestinationSettings {
    fn default() -> Self {
        Self {
            unstamped: true,
            passing: Passing::default(),
            push: None,
            shep: None,
            pull: None,
            retry: RetryPolicy::default(),
            lanes: 4,
            max_bytes: 8 << 20,
        }
    }
}

impl DestinationSettings {
    /// Paths are from the configuration's folder.
    pub(crate) fn resolve(&mut self, folder: &Path) {
        if let Some(push) = &mut self.push {
            push.resolve(folder);
        }
        if let Some(shep) = &mut self.shep {
            shep.resolve(folder);
        }
        if let Some(path) = self.pull.as_mut().and_then(|pull| pull.roots.as_mut()) {
            *path = folder.join(&*path);
        }
    }

    /// What does not fit together, or is out of its range.
    pub(crate) fn check(&self) -> Result<(), String> {
        let said = [self.push.is_some(), self.shep.is_some(), self.pull.is_some()];
        if said.into_iter().filter(|said| *said).count() > 1 {
            return Err("say one of `push`, `shep` and `pull`; a second reader is a destination of its own".to_owned());
        }
        let within = |what: &str, value: usize, least: usize, most: usize| {
            let fits = (least..=most).contains(&value);
            if fits { Ok(()) } else { Err(format!("`{what}` is {value}; it must be {least} to {most}")) }
        };
        within("lanes", self.lanes, 1, 1024)?;
        within("max-bytes", self.max_bytes, 1 << 10, 1 << 30)?;
        let RetryPolicy { first, most, expire_after, .. } = self.retry;
        if !first.is_positive() || most < first || expire_after.is_negative() {
            return Err("`retry`: `first` must be more than nothing, `most` no less than `first`".to_owned());
        }
        Ok(())
    }

    /// How it is served.
    pub(crate) fn service(&self) -> Service {
        Service {
            takes: Takes { unstamped: self.unstamped, bytes: self.max_bytes },
            retry: self.retry,
            lanes: self.lanes,
        }
    }

    /// Who brings messages to it; none where it comes for them.
    pub(crate) fn transport(&self, zone: &TimeZone) -> Result<Option<Arc<dyn Destination>>, String> {
        let clock = Arc::new(crate::wall_clock);
        Ok(match (&self.push, &self.shep) {
            (Some(push), _) => Some(Arc::new(Push::new(push, clock).map_err(|error| format!("`push`: {error}"))?)),
            (None, Some(shep)) => {
                Some(Arc::new(Shep::new(shep, clock, zone.clone()).map_err(|error| format!("`shep`: {error}"))?))
            }
            (None, None) => None,
        })
    }
}
