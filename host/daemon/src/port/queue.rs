//! The queue of delivery, for the API.

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;
use qadam_delivery::{Envelope, PullError};
use qadam_domain::{DestinationId, EventRef, MessageId, ProviderId, Zone, ids::Cursor};
use qadam_monitor::{
    ports::{
        PortError,
        queue::{
            AttemptView, BroughtReceipt, DeadLetterView, DestinationView, ItemView, LaneView, Letters, Queue,
            QueueDone, QueueError, QueueOrder, QueueQuery, QueueView, QueueWhat, WaitingMessages,
        },
    },
    view::Page,
};
use qadam_store as store;
use qadam_store::{Act, AttemptedFact, DeadLetter, ItemState, LaneName, LeasedFact, QueueAct, QueueItem, QueueLane};

use super::{Port, failed};
use crate::delivery::Served;

/// Messages looked at with one call of a replay.
const REPLAYED: usize = 1000;

impl Queue for Port {
    fn queue(&self) -> Result<QueueView, PortError> {
        let served = self.served()?;
        let health = served.health();
        let now = self.pipeline.now();
        let rate = |lane: &QueueLane| {
            let health = health.iter().find(|health| health.destination == lane.destination);
            health.and_then(|health| health.rates.get(&lane.provider)).copied().unwrap_or(0)
        };
        let lanes = self.pipeline.store().queue_lanes(None).map_err(failed)?;
        let lanes = lanes.into_iter().map(|lane| shown(&lane, rate(&lane), now)).collect();
        let pushed = health.iter().map(|health| DestinationView {
            destination: health.destination.clone(),
            transport: health.transport,
            state: match (&health.stuck, &health.down) {
                (Some(_), _) => "standing-still",
                (None, Some(_)) => "failing",
                (None, None) => "working",
            },
            since: health.down.as_ref().map(|down| down.since.to_string()),
            failures: health.down.as_ref().map(|down| down.failures),
            code: health.down.as_ref().map(|down| down.code.name()),
            detail: health.stuck.clone().or_else(|| health.down.as_ref().map(|down| down.detail.clone())),
        });
        let pulled = served.pulled().map(|name| DestinationView {
            destination: name.clone(),
            transport: "pull",
            state: "working",
            since: None,
            failures: None,
            code: None,
            detail: None,
        });
        Ok(QueueView { destinations: pushed.chain(pulled).collect(), lanes })
    }

    fn queue_items(
        &self,
        query: &QueueQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<ItemView>, PortError> {
        let found = self.pipeline.store().queue_items(after, limit).map_err(failed)?;
        let wanted = |item: &QueueItem| {
            query.destination.as_ref().is_none_or(|to| *to == item.destination)
                && query.provider.as_ref().is_none_or(|of| *of == item.provider)
                && query.only.as_deref().is_none_or(|state| state == state_of(item.state).0)
        };
        Ok(Page { items: found.items.into_iter().filter(wanted).map(item).collect(), next: found.next })
    }

    fn dead_letters(&self, query: &QueueQuery, limit: usize) -> Result<Vec<DeadLetterView>, PortError> {
        let store = self.pipeline.store();
        let mut views = Vec::new();
        for lane in store.queue_lanes(query.destination.as_ref()).map_err(failed)? {
            if lane.dead == 0 || query.provider.as_ref().is_some_and(|of| *of != lane.provider) {
                continue;
            }
            let left = limit.saturating_sub(views.len());
            for (letter, code) in self.letters(&lane.destination, &lane.provider, query.only.as_deref(), left)?.0 {
                views.push(self.letter(letter, code));
            }
        }
        Ok(views)
    }

    fn attempts(&self, message: MessageId, limit: usize) -> Result<Option<Vec<AttemptView>>, PortError> {
        let store = self.pipeline.store();
        if store.message(message).map_err(failed)?.is_none() {
            return Ok(None);
        }
        let attempts = store.attempts(message, limit).map_err(failed)?;
        Ok(Some(attempts.iter().map(|seen| attempt(seen.leased.as_ref(), seen.ended.as_ref())).collect()))
    }

    fn order(&self, order: &QueueOrder) -> Result<QueueDone, QueueError> {
        let store = self.pipeline.store();
        if store.lanes().map_err(failed)?.iter().all(|lane| lane.destination != order.destination)
            && !self.evidence.destinations.contains_key(&order.destination)
        {
            return Err(QueueError::Unknown("destination"));
        }
        let lane = LaneName { destination: order.destination.clone(), provider: order.provider.clone() };
        let done = QueueDone { count: 0, more: false, next: None };
        match &order.what {
            QueueWhat::Pause => self.queue_act(order, "pause-delivery", QueueAct::Pause(lane)).map(|()| done),
            QueueWhat::Resume => self.queue_act(order, "resume-delivery", QueueAct::Resume(lane)).map(|()| done),
            QueueWhat::Retry => {
                self.queue_act(order, "retry-delivery", QueueAct::Retry(lane))?;
                self.served()?.delivery.retry(&order.destination);
                Ok(done)
            }
            QueueWhat::Requeue(letters) => self.each_letter(order, letters, false),
            QueueWhat::Skip(letters) => self.each_letter(order, letters, true),
            QueueWhat::Replay { from, before, after } => self.replay(order, (*from, *before), *after),
        }
    }

    fn waiting<'a>(
        &'a self,
        destination: &'a DestinationId,
        provider: Option<&'a ProviderId>,
        after: Option<Cursor>,
        limit: usize,
        who: &'a str,
    ) -> BoxFuture<'a, Result<WaitingMessages, QueueError>> {
        async move {
            let pull = self.pull(destination, who)?;
            let handed = pull.waiting(provider, after.map_or(0, |cursor| cursor.seq), limit, who).await;
            let handed = handed.map_err(not_handed)?;
            let next = handed.last.map(|item| self.pipeline.store().cursor(EventRef { seq: item, index: 0 }));
            let envelopes: Vec<Bytes> = handed.sendings.iter().map(Envelope::of).collect();
            Ok(WaitingMessages { envelopes, next: next.or(after) })
        }
        .boxed()
    }

    fn acknowledge(&self, receipt: BroughtReceipt) -> BoxFuture<'_, Result<AttemptView, QueueError>> {
        async move {
            let store = self.pipeline.store();
            let Some(found) = store.message(receipt.message).map_err(failed)? else {
                return Err(QueueError::Unknown("message"));
            };
            let pull = self.pull(&found.sealed.destination, &receipt.who)?;
            let ended = pull.acknowledge(receipt.message, receipt.body, receipt.signature.as_deref()).await;
            ended.map(|fact| attempt(None, Some(&fact))).map_err(not_handed)
        }
        .boxed()
    }
}

impl Port {
    pub(super) fn served(&self) -> Result<&Served, PortError> {
        self.delivery.get().ok_or_else(|| PortError::Unavailable("delivery has not begun yet".to_owned()))
    }

    fn pull(&self, destination: &DestinationId, who: &str) -> Result<&qadam_delivery::Pull, QueueError> {
        match self.served()?.pull(destination, who) {
            Some(Ok(pull)) => Ok(pull),
            Some(Err(why)) => Err(QueueError::NotYours(why)),
            None if self.evidence.destinations.contains_key(destination) => {
                Err(QueueError::NotYours(format!("messages are pushed to {destination}; nobody comes for them")))
            }
            None => Err(QueueError::Unknown("destination")),
        }
    }

    fn queue_act(&self, order: &QueueOrder, what: &str, queue: QueueAct) -> Result<(), QueueError> {
        let subject = match &order.provider {
            Some(provider) => format!("{}/{provider}", order.destination),
            None => order.destination.to_string(),
        };
        let act = Act {
            what: what.to_owned(),
            subject,
            about: Vec::new(),
            who: order.who.clone(),
            why: order.why.clone(),
            at: self.pipeline.now(),
            remap: Vec::new(),
            queue: Some(queue),
        };
        Ok(self.pipeline.store().act(act).map_err(failed)?)
    }

    /// Dead letters of a lane with our code for each, at most so many; and whether there are more.
    fn letters(
        &self,
        destination: &DestinationId,
        provider: &ProviderId,
        code: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<(DeadLetter, store::DeadFact)>, bool), PortError> {
        let (mut found, mut from) = (Vec::new(), (0, 0));
        loop {
            let page = self.pipeline.store().dead_letters(destination, provider, from, 1000).map_err(failed)?;
            let Some(last) = page.last() else { return Ok((found, false)) };
            from = if last.place == u16::MAX { (last.item + 1, 0) } else { (last.item, last.place + 1) };
            for letter in page {
                let fact = letter.attempt.dead.iter().find(|dead| dead.place == letter.place).cloned();
                let Some(fact) = fact.filter(|fact| code.is_none_or(|code| code == fact.code)) else { continue };
                if found.len() == limit {
                    return Ok((found, true));
                }
                found.push((letter, fact));
            }
        }
    }

    fn letter(&self, letter: DeadLetter, fact: store::DeadFact) -> DeadLetterView {
        DeadLetterView {
            message: letter.message,
            event: letter.event.map(|at| self.pipeline.store().event_id(at)),
            request: letter.request,
            destination: letter.destination,
            provider: letter.provider,
            code: fact.code,
            theirs: fact.theirs,
            reason: fact.reason,
            since: letter.attempt.at.to_string(),
        }
    }

    fn each_letter(&self, order: &QueueOrder, letters: &Letters, skip: bool) -> Result<QueueDone, QueueError> {
        let mut chosen: Vec<(ProviderId, u64, u16)> = Vec::new();
        let mut more = false;
        let store = self.pipeline.store();
        match letters {
            Letters::Event(event) => {
                for message in store.sealed_in(*event).map_err(failed)? {
                    if message.sealed.destination == order.destination
                        && let Some(place) = message.ids.iter().position(|id| id == event)
                    {
                        let place = u16::try_from(place).unwrap_or(u16::MAX);
                        chosen.push((message.sealed.provider, message.id.seq, place));
                    }
                }
            }
            Letters::Message(message) => {
                // Its events, or else the time-stamp that follows it.
                let stamp = store.stamp_of(*message).map_err(failed)?;
                let items = [Some(message.seq), stamp].into_iter().flatten().map(|item| store.queue_item(item));
                let items: Vec<_> = items.collect::<Result<_, _>>().map_err(failed)?;
                let ours = |item: &QueueItem| item.message == *message && item.destination == order.destination;
                let item = items.into_iter().flatten().find(ours);
                let item = item.ok_or(QueueError::NotWaiting(format!("nothing is left of {message} there")))?;
                let left = if item.stamp { vec![store::STAMP] } else { item.places.clone() };
                let left = if skip { left } else { Vec::new() };
                chosen.extend(left.into_iter().chain(item.dead).map(|place| (item.provider.clone(), item.item, place)));
            }
            Letters::Dead { code, limit } => {
                for lane in store.queue_lanes(Some(&order.destination)).map_err(failed)? {
                    if lane.dead > 0 && order.provider.as_ref().is_none_or(|of| *of == lane.provider) {
                        let room = limit.saturating_sub(chosen.len());
                        let (found, left) = self.letters(&order.destination, &lane.provider, code.as_deref(), room)?;
                        more |= left;
                        let found =
                            found.into_iter().map(|(letter, _)| (lane.provider.clone(), letter.item, letter.place));
                        chosen.extend(found);
                    }
                }
            }
        }
        let done = QueueDone { count: chosen.len(), more, next: None };
        if chosen.is_empty() {
            return match letters {
                Letters::Dead { .. } => Ok(done),
                _ => Err(QueueError::NotWaiting("nothing of it is left in the queue there".to_owned())),
            };
        }
        let mut lanes: std::collections::BTreeMap<ProviderId, Vec<(u64, u16)>> = std::collections::BTreeMap::new();
        for (provider, item, place) in chosen {
            lanes.entry(provider).or_default().push((item, place));
        }
        for (provider, letters) in lanes {
            let lane = LaneName { destination: order.destination.clone(), provider: Some(provider.clone()) };
            let order = QueueOrder { provider: Some(provider), ..order.clone() };
            let (what, act) = if skip {
                ("skip-letters", QueueAct::Skip { lane, letters })
            } else {
                ("requeue-letters", QueueAct::Requeue { lane, letters })
            };
            self.queue_act(&order, what, act)?;
        }
        Ok(done)
    }

    /// Each call looks at so many messages of one lane, so that a long period shows its progress.
    fn replay(
        &self,
        order: &QueueOrder,
        (from, before): (Timestamp, Timestamp),
        after: Option<Cursor>,
    ) -> Result<QueueDone, QueueError> {
        let store = self.pipeline.store();
        let mut lanes: Vec<ProviderId> = store
            .lanes()
            .map_err(failed)?
            .into_iter()
            .filter(|lane| lane.destination == order.destination)
            .map(|lane| lane.provider)
            .filter(|of| order.provider.as_ref().is_none_or(|wanted| wanted == of))
            .collect();
        lanes.sort();
        // The cursor holds a message's entry, and its lane's place.
        let (start, place) = after.map_or((0, 0), |cursor| (cursor.seq, cursor.index));
        let Some(provider) = lanes.get(usize::from(place)) else {
            return Ok(QueueDone { count: 0, more: false, next: None });
        };
        if store.is_erasing().map_err(failed)? {
            let why = "bodies are being erased by the policy of retention; try again when that is done".to_owned();
            return Err(QueueError::Port(PortError::Unavailable(why)));
        }
        let page = store.lane_sealed(&order.destination, provider, start, REPLAYED).map_err(failed)?;
        let within = |at: Timestamp| at >= from && at < before;
        let messages: Vec<_> = page.iter().filter(|(_, sealed, _)| within(sealed.at)).collect();
        if messages.iter().any(|(_, _, whole)| !whole) {
            return Err(QueueError::Erased);
        }
        let messages: Vec<u64> = messages.into_iter().map(|(entry, _, _)| *entry).collect();
        let count = messages.len();
        if count > 0 {
            let lane = LaneName { destination: order.destination.clone(), provider: Some(provider.clone()) };
            let order = QueueOrder { provider: Some(provider.clone()), ..order.clone() };
            self.queue_act(&order, "replay", QueueAct::Replay { lane, messages })?;
        }
        let next = match page.last() {
            Some((entry, _, _)) if page.len() == REPLAYED => Some((*entry, place)),
            _ if usize::from(place) + 1 < lanes.len() => Some((0, place + 1)),
            _ => None,
        };
        let next = next.map(|(seq, index)| store.cursor(EventRef { seq, index }));
        Ok(QueueDone { count, more: next.is_some(), next })
    }
}

fn shown(lane: &QueueLane, last_minute: u64, now: Timestamp) -> LaneView {
    let oldest = lane.head.as_ref().map(|head| head.since);
    LaneView {
        destination: lane.destination.clone(),
        provider: lane.provider.clone(),
        depth: lane.items,
        held: lane.held,
        events: lane.events,
        dead: lane.dead,
        delivered: lane.delivered,
        attempts: lane.attempts,
        last_minute,
        oldest: oldest.map(|at| at.to_string()),
        age_seconds: oldest.map(|at| now.duration_since(at).as_secs()),
        paused: lane.paused,
        delivered_at: lane.succeeded.map(|at| at.to_string()),
        last_error: lane.failed.as_ref().map(|fact| attempt(None, Some(fact))),
    }
}

/// Our word for a state, and the gateway's.
const fn state_of(state: ItemState) -> (&'static str, &'static str) {
    match state {
        ItemState::Ready => ("ready", "ON_DELIVERY"),
        ItemState::Leased => ("leased", "ON_DELIVERY"),
        ItemState::Waiting(_) => ("awaiting-retry", "NOT_DELIVERED"),
        ItemState::Held => ("held", "NOT_DELIVERED"),
        ItemState::Dead => ("dead-lettered", "DELIVERY_STOPPED"),
    }
}

fn item(item: QueueItem) -> ItemView {
    let (state, gateway_state) = state_of(item.state);
    ItemView {
        message: item.message,
        sort: if item.stamp { "stamp" } else { "message" },
        destination: item.destination,
        provider: item.provider,
        state,
        gateway_state,
        events: item.places.len(),
        dead: item.dead.len(),
        attempts: item.attempts,
        since: item.since.to_string(),
        due: if let ItemState::Waiting(due) = item.state { Some(due.to_string()) } else { None },
    }
}

/// An attempt by its beginning and its end.
fn attempt(leased: Option<&LeasedFact>, ended: Option<&AttemptedFact>) -> AttemptView {
    let result = match ended {
        None => "under-way",
        Some(fact) if !fact.held.is_empty() => "held",
        Some(fact) if fact.code.is_some() => "failed",
        Some(_) => "delivered",
    };
    AttemptView {
        attempt: leased.map(|fact| fact.attempt).or(ended.map(|fact| fact.attempt)).unwrap_or_default(),
        by: leased.map(|fact| fact.by.clone()),
        began: leased.map(|fact| local(fact.at, &fact.zone)),
        ended: ended.map(|fact| local(fact.at, &fact.zone)),
        milliseconds: ended.map(|fact| fact.milliseconds),
        result,
        code: ended.and_then(|fact| fact.code.clone()),
        detail: ended.and_then(|fact| fact.detail.clone()),
        transport_status: ended.and_then(|fact| fact.transport.clone()),
        gateway_status: ended.and_then(|fact| fact.gateway.clone()),
        business_status: ended.and_then(|fact| fact.business.clone()),
        signer: ended.and_then(|fact| fact.signer.clone()),
        delivered: ended.map_or(0, |fact| fact.delivered.len()),
        dead: ended.map_or(0, |fact| fact.dead.len()),
    }
}

fn local(at: Timestamp, zone: &str) -> String {
    Zone::named(zone).map_or_else(|_| at.to_string(), |zone| zone.local(at).to_string())
}

fn not_handed(error: PullError) -> QueueError {
    match error {
        PullError::Store(error) => QueueError::Port(failed(error)),
        PullError::NotWaiting(_) => QueueError::NotWaiting(error.to_string()),
        PullError::Receipt(failure) => QueueError::Receipt(failure.detail),
        error => QueueError::Port(PortError::Internal(error.to_string())),
    }
}
