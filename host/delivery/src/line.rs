//! The line to one destination: which lanes have something due, and who gets the next attempt.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use qadam_domain::{DestinationId, ProviderId};
use qadam_store::{ItemState, QueueItem, StoreError};
use tokio::task::JoinSet;

use crate::{
    delivery::{Context, Progress, Service, blocking, lock},
    destination::Destination,
    turn::{Ended, Turn},
};

/// The line to one destination.
pub(crate) struct Line {
    pub(crate) name: DestinationId,
    pub(crate) destination: Arc<dyn Destination>,
    pub(crate) service: Service,
    pub(crate) context: Context,
    pub(crate) progress: Arc<Progress>,
}

/// What stands in a lane's way, by a clock that does not jump.
#[derive(Debug, Default)]
struct Waits {
    /// The item whose time was reckoned, and when it is due. A wall clock that jumps afterwards changes nothing.
    due: BTreeMap<ProviderId, (u64, Instant)>,
    /// Lanes that get no attempt before, and what they waited for then.
    rest: BTreeMap<ProviderId, Instant>,
    /// Refusals in a row.
    refusals: BTreeMap<ProviderId, u32>,
}

/// Refusals in a row after which the peer, not what is sent, is suspected: a receiver that refuses everything must not turn a whole
/// lane into dead letters overnight.
const REFUSALS: u32 = 10;
/// The queue is looked at this often at most, however fast messages are sealed.
const COALESCE: Duration = Duration::from_millis(10);
/// And at least, in case that something was missed.
const LOOK: Duration = Duration::from_secs(5);
/// How long a lane rests after a fault of the host's own.
const FAULT: Duration = Duration::from_secs(30);
/// When the store fails.
const REST: Duration = Duration::from_secs(1);

impl Line {
    pub(crate) fn new(
        name: DestinationId,
        destination: Arc<dyn Destination>,
        service: Service,
        context: Context,
        progress: Arc<Progress>,
    ) -> Self {
        Self { name, destination, service, context, progress }
    }

    pub(crate) async fn run(self) {
        let line = Arc::new(self);
        let mut stop = line.progress.stop.subscribe();
        let mut applied = line.context.store.applied();
        let (mut under_way, mut busy) = (JoinSet::new(), BTreeSet::new());
        let mut waits = Waits::default();
        while !*stop.borrow() && !line.context.store.is_leaving() {
            applied.mark_unchanged();
            let pause = match line.begin(&mut waits, &mut busy, &mut under_way).await {
                Ok(pause) => {
                    lock(&line.progress.stuck).remove(&None);
                    pause
                }
                Err(error) => {
                    line.stuck(None, &error.to_string());
                    REST
                }
            };
            tokio::select! {
                _ = stop.changed() => {}
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => line.ended(ended, &mut waits, &mut busy),
                () = line.progress.woken.notified() => waits.due.clear(),
                changed = applied.changed(), if busy.len() < line.service.lanes => {
                    if changed.is_err() {
                        break;
                    }
                    tokio::time::sleep(COALESCE).await;
                }
                () = tokio::time::sleep(pause.min(LOOK)) => {}
            }
        }
        // What is under way may end; the line's owner loses patience if it takes too long.
        while under_way.join_next().await.is_some() {}
    }

    /// Gives out attempts to lanes that are due, those that wait longest first. How long nothing else will be.
    async fn begin(
        self: &Arc<Self>,
        waits: &mut Waits,
        busy: &mut BTreeSet<ProviderId>,
        under_way: &mut JoinSet<Ended>,
    ) -> Result<Duration, StoreError> {
        if busy.len() >= self.service.lanes {
            return Ok(LOOK);
        }
        let (store, name) = (Arc::clone(&self.context.store), self.name.clone());
        let mut heads = blocking(move || store.queue_heads(&name)).await?;
        heads.sort_by_key(|head| head.item);
        let now = Instant::now();
        let mut pause = lock(&self.progress.breaker).wait(now).filter(|wait| !wait.is_zero()).unwrap_or(LOOK);
        let crowded = heads.len() > self.service.lanes;
        for head in heads {
            if busy.contains(&head.provider) {
                continue;
            }
            let wait = self.wait(waits, &head, now);
            if !wait.is_zero() {
                pause = pause.min(wait);
                continue;
            }
            if busy.len() >= self.service.lanes || !lock(&self.progress.breaker).lets(busy.len(), now) {
                break;
            }
            busy.insert(head.provider.clone());
            let turn = Turn { line: Arc::clone(self), provider: head.provider.clone(), crowded };
            let provider = head.provider.clone();
            let caught = AssertUnwindSafe(turn.run(head)).catch_unwind();
            under_way.spawn(caught.map(move |ended| {
                // A fault of ours: an attempt that was under way is told as interrupted with the next.
                ended.unwrap_or(Ended { provider, delivered: false, refusals: 0, rest: Some(FAULT) })
            }));
        }
        Ok(pause)
    }

    /// How long until a lane's first item is due.
    fn wait(&self, waits: &mut Waits, head: &QueueItem, now: Instant) -> Duration {
        let rest = waits.rest.get(&head.provider).map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let ItemState::Waiting(due) = head.state else { return rest };
        let reckoned = waits.due.get(&head.provider).filter(|(item, _)| *item == head.item).map(|(_, at)| *at);
        let at = reckoned.unwrap_or_else(|| {
            let left = due.duration_since(self.context.now());
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO).min(self.service.retry.longest());
            now + left
        });
        waits.due.insert(head.provider.clone(), (head.item, at));
        rest.max(at.saturating_duration_since(now))
    }

    fn ended(&self, ended: Result<Ended, tokio::task::JoinError>, waits: &mut Waits, busy: &mut BTreeSet<ProviderId>) {
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // Which lane it was is not known. It stays busy: two attempts in one lane would be worse than none.
                tracing::error!(destination = %self.name, %error, "a lane rests until the next start, by a fault of the host");
                return;
            }
        };
        busy.remove(&ended.provider);
        waits.due.remove(&ended.provider);
        waits.rest.remove(&ended.provider);
        let refusals = waits.refusals.entry(ended.provider.clone()).or_default();
        *refusals = if ended.delivered { ended.refusals } else { refusals.saturating_add(ended.refusals) };
        let suspicious = refusals.checked_sub(REFUSALS).filter(|_| ended.refusals > 0);
        let rest = ended.rest.or(suspicious.map(|over| self.service.retry.pause(over + 1, dice())));
        if let Some(rest) = rest {
            waits.rest.insert(ended.provider, Instant::now() + rest);
        }
    }

    /// Takes note of what keeps a lane, or all of them, from being served: a fault of the host's own.
    pub(crate) fn stuck(&self, lane: Option<&ProviderId>, reason: &str) {
        let before = lock(&self.progress.stuck).insert(lane.cloned(), reason.to_owned());
        if before.as_deref() != Some(reason) {
            tracing::error!(destination = %self.name, reason, "delivery stands still; it is tried again");
        }
    }
}

/// A random number.
pub(crate) fn dice() -> u64 {
    let random = ring::rand::SystemRandom::new();
    // Without randomness the pause is the shortest: a bound that holds anyway.
    ring::rand::generate::<[u8; 8]>(&random).map_or(0, |bytes| u64::from_le_bytes(bytes.expose()))
}
