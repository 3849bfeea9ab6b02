//! How the messages fared that were to pass a request on.

use qadam_domain::{
    DestinationId, EventRef, MessageId, ProviderId, Stage,
    breach::{Delivery, Failure},
};

use crate::{
    Store,
    entry::{AttemptedFact, Fact, SealedFact},
    error::StoreError,
    index::{
        keys,
        row::{DestinationRow, decode},
    },
    read::queue::{AttemptView, QueueItem},
};

/// A message of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The event.
    pub event: EventRef,
    /// To whom.
    pub destination: DestinationId,
    /// How it fared.
    pub delivery: Delivery,
}

impl Store {
    /// The messages that were to pass a request on, by its events and the stages that these report: when each was ready, when
    /// it was delivered, and the attempts that failed. Messages to the monitoring system are not among them.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn passed_on(&self, provider: &ProviderId, events: &[(EventRef, Stage)]) -> Result<Vec<Delivery>, StoreError> {
        let found = self.exchanged(provider, events, |row| row.passes)?.into_iter();
        Ok(found.map(|exchange| exchange.delivery).filter(|delivery| !delivery.passing.is_monitoring()).collect())
    }

    /// The messages of these events to every destination, the monitoring system too.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn exchanges(&self, provider: &ProviderId, events: &[(EventRef, Stage)]) -> Result<Vec<Exchange>, StoreError> {
        self.exchanged(provider, events, |_| true)
    }

    /// The events of an item that are still to be delivered.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn places_of(&self, item: &QueueItem) -> Result<Vec<EventRef>, StoreError> {
        let Fact::Sealed(sealed) = self.journal.fact(item.message.seq)? else { return Ok(Vec::new()) };
        let places = item.places.iter().filter(|_| !item.stamp);
        Ok(places.filter_map(|place| sealed.events.get(usize::from(*place)).copied()).collect())
    }

    fn exchanged(
        &self,
        provider: &ProviderId,
        events: &[(EventRef, Stage)],
        wanted: impl Fn(&DestinationRow) -> bool,
    ) -> Result<Vec<Exchange>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.scan_prefix(b"D") {
            let (key, value) = row?;
            let destination = match keys::split(&key).0[..] {
                [name] if wanted(&decode(&value)?) => name.parse::<DestinationId>(),
                _ => continue,
            };
            let Ok(destination) = destination else { continue };
            for (at, stage) in events {
                let Some(row) = self.lane_message(&destination, provider, *at)? else { continue };
                if !row.passing.needs(*stage) {
                    continue;
                }
                let Fact::Sealed(sealed) = self.journal.fact(row.entry)? else { continue };
                let Some(place) = sealed.events.iter().zip(0u16..).find(|(sealed, _)| *sealed == at) else { continue };
                let attempts = self.attempts_at(row.entry, usize::MAX)?;
                let id = MessageId { epoch: self.journal.epoch_of(row.entry).unwrap_or_default(), seq: row.entry };
                let delivery = Delivery { passing: row.passing, ..delivery(id, &sealed, place.1, &attempts) };
                found.push(Exchange { event: *at, destination: destination.clone(), delivery });
            }
        }
        Ok(found)
    }
}

fn delivery(id: MessageId, sealed: &SealedFact, place: u16, attempts: &[AttemptView]) -> Delivery {
    let ended = || attempts.iter().filter_map(|attempt| attempt.ended.as_ref());
    let failed = attempts.iter().filter_map(|attempt| {
        let meant =
            attempt.leased.as_ref().is_some_and(|leased| leased.places.is_empty() || leased.places.contains(&place));
        attempt.ended.as_ref().filter(|_| meant).and_then(|ended| failure(ended, place))
    });
    Delivery {
        id: id.to_string(),
        passing: qadam_domain::breach::Passing::default(),
        ready: sealed.at,
        delivered: ended().find(|ended| ended.delivered.contains(&place)).map(|ended| ended.at),
        failures: failed.collect(),
    }
}

fn failure(ended: &AttemptedFact, place: u16) -> Option<Failure> {
    // What the peer said of this event in particular comes before what it said of the message.
    let own = ended.dead.iter().find(|dead| dead.place == place).map(|dead| &dead.code);
    let code = own.or(ended.code.as_ref()).filter(|_| !ended.delivered.contains(&place))?;
    Some(Failure { at: ended.at, code: code.clone() })
}
