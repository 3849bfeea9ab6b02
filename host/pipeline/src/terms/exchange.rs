//! Exchanges against the time allotted to stages (1336-12): an event must have arrived before the time of the stage that it reports
//! has run out.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{DestinationId, EventRef, ProviderId};
use qadam_store::{Exchange, QueueItem};

use super::{TermError, Terms, judge::Case};

/// What waits no longer than this is on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(60);
/// What was found holds for so long: a request may be suspended or corrected.
const HOLDS: SignedDuration = SignedDuration::from_mins(5);
/// Events of a message that are looked at, at most.
const MOST: usize = 1000;

/// Events of a lane's first message that should have arrived by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateExchange {
    /// To whom.
    pub destination: DestinationId,
    /// Of whom.
    pub provider: ProviderId,
    /// How many, of the thousand that are looked at.
    pub events: u64,
    /// When the time of the first of their stages ran out.
    pub since: Timestamp,
}

/// When the time of each event of a message runs out, as found when it was looked at.
pub(super) type Seen = HashMap<u64, Look>;

/// What was found of a message.
#[derive(Debug)]
pub(super) struct Look {
    /// By what it was judged, and how much of it was left.
    by: (u64, usize),
    at: Timestamp,
    times: Vec<Timestamp>,
}

impl Terms {
    /// What waits in the queues of delivery beyond the time allotted to its stage: the first message of each lane is looked at,
    /// for what follows it is younger.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn late_exchanges(&self) -> Result<Vec<LateExchange>, TermError> {
        let (store, now, register) = (self.pipeline.store(), self.pipeline.now(), self.register());
        let (mut late, mut still) = (Vec::new(), Seen::new());
        for lane in store.queue_lanes(None)? {
            let waits = |head: &QueueItem| !head.stamp && now.duration_since(head.since) > ON_ITS_WAY;
            let Some(head) = lane.head.filter(waits) else { continue };
            let known = self.exchanges.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&head.item);
            let by = (register.last(), head.places.len());
            let holds = |look: &Look| look.by == by && now.duration_since(look.at) < HOLDS;
            let seen = match known.filter(holds) {
                Some(seen) => seen,
                None => Look { by, at: now, times: self.times(&head)? },
            };
            let over: Vec<Timestamp> = seen.times.iter().copied().filter(|until| *until < now).collect();
            still.insert(head.item, seen);
            if let Some(since) = over.iter().min().copied() {
                let events = over.len() as u64;
                late.push(LateExchange { destination: lane.destination, provider: lane.provider, events, since });
            }
        }
        *self.exchanges.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = still;
        Ok(late)
    }

    /// When the time of each event of an item runs out, where its stage has one.
    fn times(&self, item: &QueueItem) -> Result<Vec<Timestamp>, TermError> {
        let (store, register) = (self.pipeline.store(), self.register());
        let mut times = Vec::new();
        for at in store.places_of(item)?.into_iter().take(MOST) {
            let Some(request) = store.request(&item.provider, &store.request_at(at)?)? else { continue };
            let Some(request) = store.request_ref(request.id) else { continue };
            let Some(case) = self.case(request, &register)? else { continue };
            times.extend(case.time_of(at, self.pipeline.now()));
        }
        Ok(times)
    }

    /// How the events fared whose stages have a time, by destination.
    pub(super) fn exchanged(&self, case: &Case, events: &[EventRef]) -> Result<Vec<Exchange>, TermError> {
        let stages = case.stages().filter(|(at, _)| events.contains(at)).collect::<Vec<_>>();
        Ok(self.pipeline.store().exchanges(&case.history.provider, &stages)?)
    }
}

impl Case {
    /// When the time of the stage that an event reports runs out.
    fn time_of(&self, at: EventRef, now: Timestamp) -> Option<Timestamp> {
        let answer = self.answer(&self.facts(now)?, &self.register.judged_at(now));
        answer.allotted.iter().find(|allotted| allotted.entered.at == at).map(|allotted| allotted.until)
    }
}
