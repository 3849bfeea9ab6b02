//! What the gateway knows of the messages that it was given.

use std::collections::{HashMap, VecDeque};

use qadam_delivery::shep::{Moment, State, Status};

use super::MOST;
use crate::{Issued, TakeError};

/// By whom and under which id a message was sent.
pub(super) type Key = (String, String);

/// A message and what became of it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) service_id: String,
    pub(super) correlation_id: String,
    /// SHA-256 of the payload.
    digest: Vec<u8>,
    stage: Stage,
    since: Moment,
    /// The receipt was fetched, and whoever fetched it said so.
    acknowledged: bool,
}

/// What became of a message.
#[derive(Debug)]
enum Stage {
    /// It is being brought.
    Under,
    /// The receiver answered.
    Brought(Issued),
    /// It could not take it, and may later.
    Waits(String),
    /// It will not.
    Stopped(String),
}

/// What was found when a message came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is new, or could not be brought before: it is to be brought.
    Bring,
    /// It is under way, or brought.
    Known,
    /// Its id is another message's.
    Another,
    /// Too many are under way.
    Busy,
}

/// All of them, the oldest forgotten.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    known: HashMap<Key, Exchange>,
    /// In the order in which they came.
    order: VecDeque<Key>,
    under_way: usize,
}

/// Most messages that are being brought.
const MOST_UNDER_WAY: usize = 64;

impl Exchanges {
    /// A message came.
    pub(super) fn sent(&mut self, key: &Key, ids: (&str, &str), digest: &[u8], at: Moment) -> Found {
        let busy = self.under_way >= MOST_UNDER_WAY;
        match self.known.get_mut(key) {
            Some(known) if known.digest != digest => return Found::Another,
            Some(Exchange { stage: Stage::Under | Stage::Brought(_), .. }) => return Found::Known,
            _ if busy => return Found::Busy,
            Some(again) => (again.stage, again.since) = (Stage::Under, at),
            None => {
                let (service_id, correlation_id) = (ids.0.to_owned(), ids.1.to_owned());
                let exchange = Exchange {
                    service_id,
                    correlation_id,
                    digest: digest.to_owned(),
                    stage: Stage::Under,
                    since: at,
                    acknowledged: false,
                };
                self.known.insert(key.clone(), exchange);
                self.order.push_back(key.clone());
                self.forget();
            }
        }
        self.under_way += 1;
        Found::Bring
    }

    fn forget(&mut self) {
        while self.order.len() > MOST {
            let Some(oldest) = self.order.pop_front() else { return };
            if self.known.get(&oldest).is_some_and(|exchange| matches!(exchange.stage, Stage::Under)) {
                self.order.push_back(oldest);
                return;
            }
            self.known.remove(&oldest);
        }
    }

    /// The receiver took it, or did not.
    pub(super) fn brought(&mut self, key: &Key, taken: Result<Issued, TakeError>, at: Moment) {
        self.under_way = self.under_way.saturating_sub(1);
        let Some(exchange) = self.known.get_mut(key) else { return };
        exchange.since = at;
        exchange.stage = match taken {
            Ok(issued) => Stage::Brought(issued),
            Err(error @ TakeError::Stranger(_)) => Stage::Stopped(error.to_string()),
            Err(error) => Stage::Waits(error.to_string()),
        };
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Exchange> {
        self.known.get(key)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Exchange> {
        self.known.values()
    }

    /// The receipts for a sender, in the order in which its messages came: those of an exchange, or all that it has not
    /// acknowledged.
    pub(super) fn receipts<'a>(
        &'a self,
        sender: &'a str,
        correlation_id: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a str, &'a Exchange, &'a Issued)> {
        let theirs = self.order.iter().filter(move |(from, _)| from == sender);
        theirs.filter_map(move |key| {
            let exchange = self.known.get(key)?;
            let wanted = match correlation_id {
                Some(id) => exchange.correlation_id == id,
                None => !exchange.acknowledged,
            };
            match &exchange.stage {
                Stage::Brought(issued) if wanted => Some((key.1.as_str(), exchange, issued)),
                _ => None,
            }
        })
    }

    /// Whoever fetched a receipt has it.
    pub(super) fn acknowledge(&mut self, key: &Key) -> bool {
        match self.known.get_mut(key) {
            Some(exchange) if matches!(exchange.stage, Stage::Brought(_)) => {
                exchange.acknowledged = true;
                true
            }
            _ => false,
        }
    }
}

impl Exchange {
    pub(super) fn state(&self) -> State {
        match self.stage {
            Stage::Under => State::OnDelivery,
            Stage::Brought(_) => State::Delivered,
            Stage::Waits(_) => State::NotDelivered,
            Stage::Stopped(_) => State::DeliveryStopped,
        }
    }

    pub(super) fn status(&self) -> Status {
        let (code, message) = match &self.stage {
            Stage::Under => ("QADAM-ON-DELIVERY", "The message is being brought to its receiver"),
            Stage::Brought(_) => ("SCSS001", "Message has been processed successfully"),
            Stage::Waits(reason) => ("QADAM-UNAVAILABLE", reason.as_str()),
            Stage::Stopped(reason) => ("QADAM-STRANGER", reason.as_str()),
        };
        Status { code: code.to_owned(), message: message.chars().take(300).collect(), at: self.since }
    }

    pub(super) fn since(&self) -> Moment {
        self.since
    }
}
