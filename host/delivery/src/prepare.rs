//! From an item at the head of its lane to what is sent of it.

use std::collections::BTreeSet;

use bytes::Bytes;
use qadam_evidence::seal::with_token;
use qadam_store::{Holding, MessageView, QueueItem, Store, StoreError};

use crate::sending::{Disclosed, Parts, Sending};

/// What is to be done with an item.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// It is sent: the places, and what goes out.
    Send(Vec<u16>, Box<Sending>),
    /// All that is left of it belongs to these requests, which dead letters hold.
    Aside(Vec<String>),
    /// The destination takes it only when it is stamped.
    NotStamped,
    /// Its events were erased.
    Erased,
    /// This event alone is larger than the destination takes.
    TooLarge {
        /// Its place.
        place: u16,
        /// Its bytes.
        bytes: usize,
    },
    /// It is not in the queue any more.
    Gone,
}

/// What a destination takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    /// Messages that no authority has stamped yet.
    pub unstamped: bool,
    /// Bytes of events in one attempt, at most.
    pub bytes: usize,
}

/// Why nothing can be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the time-stamp does not fit the message: {0}")]
    Token(String),
}

/// Reads what is to be sent of an item. Blocks.
pub(crate) fn prepare(
    store: &Store,
    item: &QueueItem,
    holding: &Holding,
    takes: Takes,
) -> Result<Prepared, PrepareError> {
    if !takes.unstamped && store.stamp_of(item.message)?.is_none() {
        return Ok(Prepared::NotStamped);
    }
    let Some(mut message) = store.message(item.message)? else { return Ok(Prepared::Gone) };
    let (places, parts) = if item.stamp {
        (Vec::new(), Parts::Stamp)
    } else {
        let free = match free(store, item, &message, holding)? {
            Ok(free) => free,
            Err(held) => return Ok(Prepared::Aside(held)),
        };
        match disclosed(item, &mut message, &free, takes.bytes) {
            Ok(events) => (events.iter().map(|event| event.index).collect(), Parts::Events(events)),
            Err(prepared) => return Ok(prepared),
        }
    };
    Ok(Prepared::Send(places, Box::new(sending(item, message, parts)?)))
}

/// The places that no dead letter holds; or, if there are none, the requests that hold them.
fn free(
    store: &Store,
    item: &QueueItem,
    message: &MessageView,
    holding: &Holding,
) -> Result<Result<Vec<u16>, Vec<String>>, StoreError> {
    if holding.is_empty() {
        return Ok(Ok(item.places.clone()));
    }
    // Of one request the events keep their order: where an earlier one of this message is held or dead, later ones wait too.
    let (mut free, mut held) = (Vec::new(), BTreeSet::new());
    for place in &item.places {
        let Some(at) = message.sealed.events.get(usize::from(*place)) else { continue };
        let request = store.request_at(*at)?;
        if holding.holds(&request) {
            held.insert(request);
        } else {
            free.push(*place);
        }
    }
    Ok(if free.is_empty() { Err(held.into_iter().collect()) } else { Ok(free) })
}

/// The events at these places: one where they go singly, otherwise as many as the destination takes at once.
fn disclosed(
    item: &QueueItem,
    message: &mut MessageView,
    free: &[u16],
    most: usize,
) -> Result<Vec<Disclosed>, Prepared> {
    let Some(events) = &mut message.events else { return Err(Prepared::Erased) };
    let (mut disclosed, mut bytes) = (Vec::new(), 0);
    for place in free.iter().take(if item.singly { 1 } else { usize::MAX }) {
        let index = usize::from(*place);
        let (Some(event), Some(id)) = (events.get_mut(index), message.ids.get(index)) else { continue };
        bytes += event.document.len();
        if bytes > most {
            break;
        }
        let document = Bytes::from(std::mem::take(&mut event.document));
        disclosed.push(Disclosed { index: *place, id: *id, salt: event.salt, document });
    }
    match (disclosed.is_empty(), free.first()) {
        (true, Some(place)) => Err(Prepared::TooLarge { place: *place, bytes }),
        (true, None) => Err(Prepared::Gone),
        (false, _) => Ok(disclosed),
    }
}

fn sending(item: &QueueItem, message: MessageView, parts: Parts) -> Result<Sending, PrepareError> {
    let signature = match &message.stamped {
        Some(stamp) => with_token(&message.sealed.signature, &stamp.token)
            .map_err(|error| PrepareError::Token(error.to_string()))?,
        None => message.sealed.signature,
    };
    Ok(Sending {
        message: message.id,
        destination: message.sealed.destination,
        provider: message.sealed.provider,
        number: message.sealed.number,
        manifest: message.sealed.manifest.into(),
        digest: message.sealed.digest,
        signature: signature.into(),
        stamped: message.stamped.is_some(),
        development: message.sealed.development,
        parts,
        attempt: item.attempts + 1,
        round: item.round,
    })
}
