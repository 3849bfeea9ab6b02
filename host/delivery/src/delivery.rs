//! The deliveries of a host: one line for each destination that messages are pushed to. Lines know nothing of each other, so that a
//! slow or dead destination slows neither another nor intake.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use qadam_domain::{DestinationId, ProviderId};
use qadam_store::{AttemptedFact, QueueItem, Step, Store, StoreError};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    code::Code,
    decide::{Ended, blank},
    destination::Destination,
    down::{Breaker, Down},
    line::Line,
    policy::RetryPolicy,
    prepare::Takes,
    rate::Rate,
};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a destination is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// What it takes.
    pub takes: Takes,
    /// When failed attempts are made again.
    pub retry: RetryPolicy,
    /// Lanes that may be under way at once.
    pub lanes: usize,
}

/// What all lines share.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Clock,
    /// The zone of the host's local time.
    pub(crate) zone: Arc<str>,
}

/// What is known of a destination while it is served.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) breaker: Mutex<Breaker>,
    pub(crate) rates: Mutex<BTreeMap<ProviderId, Rate>>,
    /// Why delivery stands still although the destination does not: the store.
    pub(crate) stuck: Mutex<BTreeMap<Option<ProviderId>, String>>,
    pub(crate) woken: Notify,
    pub(crate) stop: tokio::sync::watch::Sender<bool>,
}

/// How a destination does.
#[derive(Clone, Debug)]
pub struct Health {
    /// Which.
    pub destination: DestinationId,
    /// The transport.
    pub transport: &'static str,
    /// How it fails, if it does.
    pub down: Option<Down>,
    /// Why nothing can be sent or written, if so: the host's own fault.
    pub stuck: Option<String>,
    /// Events delivered in the last minute, by provider.
    pub rates: BTreeMap<ProviderId, u64>,
}

/// The deliveries under way.
#[derive(Debug)]
pub struct Delivery {
    lines: BTreeMap<DestinationId, Running>,
}

#[derive(Debug)]
struct Running {
    transport: &'static str,
    progress: Arc<Progress>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// How long attempts under way may go on when the host stops. What is cut off then is made again at the next start.
const PATIENCE: Duration = Duration::from_secs(5);

impl Delivery {
    /// Starts delivering. What was under way when the host stopped is written down as interrupted, and made again.
    ///
    /// # Errors
    /// If the queue cannot be read or written.
    pub async fn start(
        store: Arc<Store>,
        clock: Clock,
        zone: &str,
        destinations: Vec<(DestinationId, Arc<dyn Destination>, Service)>,
    ) -> Result<Self, StoreError> {
        let context = Context { store, clock, zone: zone.into() };
        let mut lines = BTreeMap::new();
        for (name, _, _) in &destinations {
            context.interrupt(name).await?;
        }
        for (name, destination, service) in destinations {
            let progress = Arc::new(Progress {
                breaker: Mutex::default(),
                rates: Mutex::default(),
                stuck: Mutex::default(),
                woken: Notify::new(),
                stop: tokio::sync::watch::Sender::new(false),
            });
            let transport = destination.transport();
            let line = Line::new(name.clone(), destination, service, context.clone(), Arc::clone(&progress));
            let task = Mutex::new(Some(tokio::spawn(line.run())));
            lines.insert(name, Running { transport, progress, task });
        }
        Ok(Self { lines })
    }

    /// What waits for a failing destination is tried at once.
    pub fn retry(&self, destination: &DestinationId) {
        if let Some(line) = self.lines.get(destination) {
            lock(&line.progress.breaker).retry(Instant::now());
            line.progress.woken.notify_one();
        }
    }

    /// How the destinations do.
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        let now = Instant::now();
        let health = |(name, line): (&DestinationId, &Running)| Health {
            destination: name.clone(),
            transport: line.transport,
            down: lock(&line.progress.breaker).down(),
            stuck: lock(&line.progress.stuck).values().next().cloned(),
            rates: lock(&line.progress.rates)
                .iter()
                .map(|(provider, rate)| (provider.clone(), rate.last_minute(now)))
                .collect(),
        };
        self.lines.iter().map(health).collect()
    }

    /// Ends it: no new attempts; those under way have a moment to end.
    pub async fn stop(&self) {
        for line in self.lines.values() {
            line.progress.stop.send_replace(true);
        }
        let deadline = tokio::time::Instant::now() + PATIENCE;
        for line in self.lines.values() {
            let task = lock(&line.task).take();
            if let Some(mut task) = task
                && tokio::time::timeout_at(deadline, &mut task).await.is_err()
            {
                task.abort();
            }
        }
    }
}

impl Context {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Attempts that the last stop of the host cut off have no end. Whether the peer has them is not known.
    async fn interrupt(&self, destination: &DestinationId) -> Result<(), StoreError> {
        let store = Arc::clone(&self.store);
        let interrupted = blocking(move || store.interrupted()).await?;
        let ours = interrupted.into_iter().filter(|item| item.destination == *destination);
        let steps = ours.map(|item| self.interrupted(&item)).collect();
        self.store.deliver(steps).await
    }

    /// The end of an attempt that nobody saw end.
    pub(crate) fn interrupted(&self, item: &QueueItem) -> Step {
        let ended =
            Ended { item, sent: &[], attempt: item.attempts, at: self.now(), zone: &self.zone, took: Duration::ZERO };
        let detail = Some("the host stopped while the attempt was under way".to_owned());
        let code = Some(Code::Interrupted.name().to_owned());
        Step::Attempted(Box::new(AttemptedFact { code, detail, ..blank(&ended) }), None)
    }
}

/// Reads the store aside: a disk may be slow.
pub(crate) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let failed = |error: tokio::task::JoinError| StoreError::Index { reason: error.to_string() };
    tokio::task::spawn_blocking(read).await.map_err(failed)?
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
