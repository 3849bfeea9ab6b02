//! What sealing writes: destinations, messages, time-stamps.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use qadam_domain::{DestinationId, breach::Passing};

use crate::{
    Store,
    entry::{DestinationFact, Fact, SealedEvent, SealedFact, StampedFact, to_cbor},
    error::StoreError,
    journal::Draft,
};

impl Store {
    /// Makes the open destinations these, and no others, with what messages to each are to bring about. One that is new gets what was recorded from the start of the journal
    /// on; one that comes back, what it had not got. Blocks until that can be read.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub fn destinations(&self, wanted: &BTreeMap<DestinationId, Passing>, now: Timestamp) -> Result<(), StoreError> {
        let known = self.known_destinations()?;
        for (destination, open) in &known {
            if open.is_some() && !wanted.contains_key(destination) {
                let (destination, passing) = (destination.clone(), Passing::default());
                self.destination(DestinationFact { destination, open: false, from: 0, passing, at: now })?;
            }
        }
        for (destination, passing) in wanted {
            if !known.iter().any(|(name, open)| name == destination && *open == Some(*passing)) {
                let (destination, passing) = (destination.clone(), *passing);
                self.destination(DestinationFact { destination, open: true, from: 0, passing, at: now })?;
            }
        }
        Ok(())
    }

    fn destination(&self, fact: DestinationFact) -> Result<(), StoreError> {
        let seq = self.append(vec![Draft::new(&Fact::Destination(fact), Bytes::new())?])?;
        self.wait_applied(seq)
    }

    /// Keeps a sealed message and gives its entry. Synced when this answers; blocks until it can be read. Only one thread may
    /// seal, or two messages could get one number.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn seal(&self, fact: SealedFact, events: &[SealedEvent]) -> Result<u64, StoreError> {
        let body = to_cbor(&events)?;
        let seq = self.append(vec![Draft::new(&Fact::Sealed(fact), body.into())?])?;
        self.wait_applied(seq)?;
        Ok(seq)
    }

    /// Keeps a message's time-stamp. Synced when this answers; blocks until it can be read.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn stamp(&self, fact: StampedFact) -> Result<(), StoreError> {
        let seq = self.append(vec![Draft::new(&Fact::Stamped(fact), Bytes::new())?])?;
        self.wait_applied(seq)
    }
}
