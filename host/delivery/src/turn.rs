//! A lane's turn: one message after the other, each leased before it is sent and settled when the answer is there.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use qadam_domain::ProviderId;
use qadam_store::{AttemptedFact, ItemState, LeasedFact, QueueItem, STAMP, Step, StoreError};

use crate::{
    attempt::{Attempted, Failure, Statuses},
    code::{Code, Fault},
    decide::{self, blank, dead, decide},
    delivery::{blocking, lock},
    line::{Line, dice},
    prepare::{PrepareError, Prepared, prepare},
    rate::Rate,
    sending::Sending,
};

/// Messages of one turn, where other lanes wait.
const FAIR: u32 = 32;
/// No attempt takes longer, whatever a transport thinks of it.
const LONGEST: Duration = Duration::from_secs(900);
/// What cannot be written is tried again after this.
const AGAIN: Duration = Duration::from_millis(500);
/// How long a lane rests that waits for a time-stamp.
const UNSTAMPED: Duration = Duration::from_millis(500);

/// How long a lane rests whose first message cannot be put together.
const UNREADABLE: Duration = Duration::from_secs(30);

/// A lane's turn.
pub(crate) struct Turn {
    pub(crate) line: Arc<Line>,
    pub(crate) provider: ProviderId,
    /// Others wait for a turn.
    pub(crate) crowded: bool,
}

/// How a turn ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) provider: ProviderId,
    /// Something was delivered.
    pub(crate) delivered: bool,
    /// Events refused since.
    pub(crate) refusals: u32,
    /// The lane gets no turn before.
    pub(crate) rest: Option<Duration>,
}

/// What was leased, and is to be sent.
struct Leased {
    item: QueueItem,
    places: Vec<u16>,
    sending: Box<Sending>,
}

/// What comes after an item.
enum Next {
    Send(Leased),
    /// The lane has nothing that can be sent now.
    Nothing,
    /// What was to be sent became a dead letter before it was sent.
    Refused,
    /// Look again later.
    Rest(Duration),
}

impl Turn {
    pub(crate) async fn run(self, head: QueueItem) -> Ended {
        let mut ended = Ended { provider: self.provider.clone(), delivered: false, refusals: 0, rest: None };
        let mut next = match self.lease(head, Vec::new()).await {
            Ok(next) => next,
            Err(error) => {
                self.line.stuck(Some(&self.provider), &error.to_string());
                Next::Rest(AGAIN)
            }
        };
        let mut messages = 0;
        loop {
            let leased = match next {
                Next::Send(leased) => leased,
                Next::Nothing => return ended,
                Next::Refused => {
                    ended.refusals += 1;
                    return ended;
                }
                Next::Rest(rest) => {
                    ended.rest = Some(rest);
                    return ended;
                }
            };
            messages += 1;
            let (fact, step, fault) = self.send(&leased).await;
            if !fact.delivered.is_empty() || fact.code.is_none() {
                (ended.delivered, ended.refusals) = (true, 0);
            }
            ended.refusals += u32::try_from(fact.dead.len()).unwrap_or(u32::MAX);
            let whole = fault.is_none() && fact.delivered.len() == leased.item.places.len();
            let on = whole && !(self.crowded && messages >= FAIR);
            next = self.settle(step, on && !self.stopping(), &leased).await;
        }
    }

    fn stopping(&self) -> bool {
        *self.line.progress.stop.borrow() || self.line.context.store.is_leaving()
    }

    /// Writes how an attempt ended; with the next lease, where the lane goes on, so that both cost one sync. An end that cannot be
    /// written is tried again until it can: the lane waits.
    async fn settle(&self, step: Step, mut on: bool, leased: &Leased) -> Next {
        loop {
            let done = if on { self.go_on(leased, step.clone()).await } else { self.write(vec![step.clone()]).await };
            match done {
                Ok(next) => return next,
                Err(StoreError::Closing) => return Next::Nothing,
                Err(error) => self.line.stuck(Some(&self.provider), &error.to_string()),
            }
            // It may be the next one that cannot be read: how this one ended is written in any case.
            on = false;
            if self.stopping() {
                return Next::Nothing;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Next, StoreError> {
        self.line.context.store.deliver(steps).await?;
        Ok(Next::Nothing)
    }

    /// The next item of the lane, if it can be leased at once. All of the one before was delivered, so that nothing of the lane has
    /// changed but what operators did.
    async fn go_on(&self, leased: &Leased, step: Step) -> Result<Next, StoreError> {
        let (item, places) = (leased.item.item, leased.item.places.clone());
        let (store, name, provider) =
            (Arc::clone(&self.line.context.store), self.line.name.clone(), self.provider.clone());
        let next = blocking(move || {
            let served = store.queue_heads(&name)?.into_iter().any(|head| head.provider == provider);
            // An operator's act may have put something before it, or paused the lane.
            let mut ahead = store.queue_ahead(&name, &provider, 0, 2)?.into_iter();
            let usual = served && ahead.next().is_some_and(|first| first.item == item && first.places == places);
            Ok(ahead.next().filter(|_| usual))
        });
        match next.await? {
            Some(next) if next.state == ItemState::Ready => self.lease(next, vec![step]).await,
            _ => self.write(vec![step]).await,
        }
    }

    /// Leases an item, and writes what is to be written anyway.
    async fn lease(&self, item: QueueItem, mut steps: Vec<Step>) -> Result<Next, StoreError> {
        let context = &self.line.context;
        let (store, takes, head) = (Arc::clone(&context.store), self.line.service.takes, item.clone());
        let first = steps.is_empty();
        let prepared = blocking(move || {
            // What holds is read before the head: what is released between goes before this item, and it is looked at anew.
            let holding = store.holding(&head.destination, &head.provider)?;
            if first && store.queue_head(&head.destination, &head.provider)?.is_none_or(|now| now.item != head.item) {
                return Ok(Ok(Prepared::Gone));
            }
            match prepare(&store, &head, &holding, takes) {
                Ok(prepared) => Ok(Ok(prepared)),
                Err(PrepareError::Store(error)) => Err(error),
                Err(error) => Ok(Err(error.to_string())),
            }
        });
        let attempt = item.attempts + 1;
        if item.state == ItemState::Leased {
            steps.push(self.line.context.interrupted(&item));
        }
        let decided = |fact: AttemptedFact| Step::Attempted(Box::new(fact), None);
        let end = decide::Ended {
            item: &item,
            sent: &[],
            attempt: 0,
            at: context.now(),
            zone: &context.zone,
            took: Duration::ZERO,
        };
        match prepared.await? {
            Ok(Prepared::Send(places, sending)) => {
                steps.push(Step::Leased(LeasedFact {
                    destination: item.destination.clone(),
                    provider: item.provider.clone(),
                    item: item.item,
                    attempt,
                    places: if places.len() == usize::from(item.events) { Vec::new() } else { places.clone() },
                    stamped: sending.stamped,
                    by: self.line.destination.transport().to_owned(),
                    at: end.at,
                    zone: context.zone.to_string(),
                }));
                context.store.deliver(steps).await?;
                return Ok(Next::Send(Leased { item, places, sending }));
            }
            Ok(Prepared::Aside(held)) => steps.push(decided(AttemptedFact { held, ..blank(&end) })),
            Ok(Prepared::NotStamped) => {
                context.store.deliver(steps).await?;
                return Ok(Next::Rest(UNSTAMPED));
            }
            Ok(Prepared::Erased) => {
                let places = if item.stamp { vec![STAMP] } else { item.places.clone() };
                steps.push(decided(dead(&end, Code::Erased, &places, "its events were erased".into())));
            }
            Ok(Prepared::TooLarge { place, bytes }) => {
                let most = self.line.service.takes.bytes;
                let why = format!("the event has {bytes} bytes; the destination takes {most} (`max-bytes`)");
                steps.push(decided(dead(&end, Code::Oversize, &[place], why)));
                context.store.deliver(steps).await?;
                return Ok(Next::Refused);
            }
            Ok(Prepared::Gone) => {
                context.store.deliver(steps).await?;
                return Ok(Next::Rest(AGAIN));
            }
            Err(reason) => {
                self.line.stuck(Some(&self.provider), &reason);
                context.store.deliver(steps).await?;
                return Ok(Next::Rest(UNREADABLE));
            }
        }
        context.store.deliver(steps).await?;
        Ok(Next::Nothing)
    }

    /// Sends what was leased, and finds what follows. The fault, if the attempt failed.
    async fn send(&self, leased: &Leased) -> (AttemptedFact, Step, Option<Fault>) {
        let line = &self.line;
        let start = Instant::now();
        let late = || {
            let detail = format!("no answer within {} s", LONGEST.as_secs());
            Attempted::failed(Statuses::default(), Failure::new(Code::Timeout, detail))
        };
        let sent = AssertUnwindSafe(line.destination.send(&leased.sending)).catch_unwind();
        let attempted = match tokio::time::timeout(LONGEST, sent).await {
            Ok(Ok(attempted)) => attempted,
            Ok(Err(_)) => {
                let failure = Failure::new(Code::Interrupted, "a fault of the host in the transport; see its log");
                Attempted::failed(Statuses::default(), failure)
            }
            Err(_) => late(),
        };
        let now = line.context.now();
        let ended = decide::Ended {
            item: &leased.item,
            sent: &leased.places,
            attempt: leased.sending.attempt,
            at: now,
            zone: &line.context.zone,
            took: start.elapsed(),
        };
        let fault = attempted.result.as_ref().err().map(|failure| failure.code.fault());
        let pause = {
            let mut breaker = lock(&line.progress.breaker);
            match &attempted.result {
                Err(failure) if fault == Some(Fault::Peer) => {
                    // Where others are served, an item that alone fails is left alone longer and longer too.
                    let own = line.service.retry.pause(leased.item.failures.saturating_add(1), dice());
                    let clocks = (now, Instant::now());
                    breaker.failed(failure.code, &failure.detail, &line.service.retry, dice(), clocks).max(own)
                }
                _ => {
                    breaker.answered();
                    Duration::ZERO
                }
            }
        };
        lock(&line.progress.stuck).remove(&Some(self.provider.clone()));
        let fact = decide(&ended, &attempted, &line.service.retry, pause);
        if !fact.delivered.is_empty() {
            let mut rates = lock(&line.progress.rates);
            let rate = rates.entry(self.provider.clone()).or_insert_with(|| Rate::new(start));
            rate.add(fact.delivered.len() as u64, Instant::now());
        }
        tell(leased, &fact);
        let step = Step::Attempted(Box::new(fact.clone()), attempted.reply);
        (fact, step, fault)
    }
}

fn tell(leased: &Leased, fact: &AttemptedFact) {
    match &fact.code {
        None => tracing::debug!(
            message = %leased.item.message, attempt = fact.attempt, events = fact.delivered.len(), "delivered"
        ),
        Some(code) => tracing::warn!(
            message = %leased.item.message, destination = %fact.destination, attempt = fact.attempt, code,
            detail = fact.detail.as_deref(), "an attempt failed"
        ),
    }
}
