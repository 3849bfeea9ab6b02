//! Erasing bodies: ordered by a fact, then done by rewriting the finished segments that hold them. Facts stay, with the digest
//! of what was erased, by whose word and why; the index can be rebuilt as before.

mod settled;

use std::{collections::BTreeMap, io, sync::PoisonError};

use bytes::Bytes;
use jiff::Timestamp;

pub use self::settled::Kept;
pub(crate) use self::settled::Settling;
use crate::{
    Store,
    entry::{ErasedFact, ErasureDone, ErasureOrder, Fact},
    error::StoreError,
    index::keys,
    journal::{
        Draft,
        rewrite::{Step, Watch},
        segment::Segment,
    },
};

/// Entries that one fact orders, at most: it is read again for each of them that is shown.
const PART: usize = 4096;

/// What became of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ordered {
    /// Bodies that will be erased.
    pub bodies: u64,
    /// Entries whose bodies stay, and why.
    pub kept: Vec<(u64, Kept)>,
}

/// What was done of the orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasures {
    /// Segments rewritten.
    pub segments: u64,
    /// Bytes that the journal takes less.
    pub freed: i64,
    /// Orders that wait: for a segment to be finished, or because this was interrupted.
    pub waiting: u64,
}

/// Told before each piece of work; no ends it there, to be gone on with another time. May take its time.
pub type GoOn<'a> = dyn FnMut() -> bool + 'a;

impl Store {
    /// Orders that the bodies of entries be erased; those that are still needed stay. Their space comes back with
    /// [`Self::finish_erasures`], which anyone may call who works for the store, at any time. Blocks until it can be read
    /// that they are to go.
    ///
    /// # Errors
    /// Nothing is ordered then.
    pub fn erase(&self, order: ErasureOrder) -> Result<Ordered, StoreError> {
        let ErasureOrder { cause, who, why, at, mut entries } = order;
        entries.sort_unstable();
        entries.dedup();
        let mut settling = Settling::new(self)?;
        let (mut ordered, mut kept) = (Vec::with_capacity(entries.len()), Vec::new());
        for seq in entries {
            match settling.of(&self.journal.read(seq)?)? {
                Ok(_) => ordered.push(seq),
                Err(why) => kept.push((seq, why)),
            }
        }
        let bodies = ordered.len() as u64;
        self.order(&ErasureOrder { cause, who, why, at, entries: ordered })?;
        Ok(Ordered { bodies, kept })
    }

    /// As [`Self::erase`], of what was found to be no longer needed.
    fn order(&self, order: &ErasureOrder) -> Result<(), StoreError> {
        let parts = order.entries.chunks(PART).map(|entries| {
            let part = ErasureOrder { entries: entries.to_vec(), ..order.clone() };
            Draft::new(&Fact::Erased(ErasedFact::Ordered(part)), Bytes::new())
        });
        let drafts = parts.collect::<Result<Vec<Draft>, StoreError>>()?;
        let count = drafts.len() as u64;
        if count == 0 {
            return Ok(());
        }
        let first = self.append(drafts)?;
        self.wait_applied(first + count - 1)
    }

    /// Rewrites the finished segments that hold bodies which are to go. Blocks. What was ordered before a stop is done too;
    /// what cannot be done now, for want of space perhaps, is done another time.
    ///
    /// # Errors
    /// If a segment could not be rewritten; the others were. The orders stand.
    pub fn finish_erasures(&self, now: Timestamp, go_on: &mut GoOn<'_>) -> Result<Erasures, StoreError> {
        let mut watch = |step| match step {
            Step::Copied if !go_on() => Err(io::ErrorKind::Interrupted.into()),
            _ => Ok(()),
        };
        self.rewrite_ordered(now, &mut watch)
    }

    fn rewrite_ordered(&self, now: Timestamp, watch: &mut Watch<'_>) -> Result<Erasures, StoreError> {
        let _one = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = self.orders()?;
        let mut done = Erasures { waiting: orders.len() as u64, ..Erasures::default() };
        let Some((up_to, _)) = orders.last() else { return Ok(done) };
        let mut failed = None;
        let mut left = Vec::new();
        let finished = self.journal.finished();
        for segment in &finished {
            match self.without(segment, &orders, *up_to, watch) {
                Ok(Some(freed)) => {
                    done.segments += 1;
                    done.freed += freed;
                }
                Ok(None) => {}
                Err(error) => {
                    left.push(segment.first);
                    failed = failed.or(Some(error));
                }
            }
        }
        // Segments may have been renamed before a stop that came before this.
        self.journal.sync_folder().map_err(|source| StoreError::NotWritten { reason: source.to_string() })?;
        let end = finished.last().map_or(0, |last| last.first + last.count());
        let is_done = |order: &ErasureOrder| {
            let touches = |first: &u64| {
                let of = finished.iter().find(|segment| segment.first == *first);
                of.is_some_and(|segment| order.entries.iter().any(|seq| holds(segment, *seq)))
            };
            order.entries.last().is_none_or(|last| *last < end) && !left.iter().any(touches)
        };
        let orders: Vec<u64> = orders.iter().filter(|(_, order)| is_done(order)).map(|(seq, _)| *seq).collect();
        if !orders.is_empty() {
            done.waiting -= orders.len() as u64;
            let fact = ErasedFact::Done(ErasureDone { orders, freed: done.freed, at: now });
            let seq = self.append(vec![Draft::new(&Fact::Erased(fact), Bytes::new())?])?;
            self.wait_applied(seq)?;
        }
        failed.map_or(Ok(done), Err)
    }

    /// Rewrites one segment, if there is anything to be erased in it.
    fn without(
        &self,
        segment: &Segment,
        orders: &[(u64, ErasureOrder)],
        up_to: u64,
        watch: &mut Watch<'_>,
    ) -> Result<Option<i64>, StoreError> {
        let mut erased = BTreeMap::new();
        for (by, order) in orders {
            for seq in order.entries.iter().filter(|seq| holds(segment, **seq)) {
                erased.entry(*seq).or_insert(*by);
            }
        }
        if erased.is_empty() {
            return Ok(None);
        }
        let Some(rewritten) = self.journal.rewrite(segment, &erased, watch)? else { return Ok(None) };
        // The index takes the numbers out that are in the bodies: it must have done so for good before they are gone.
        self.index.steady(up_to, || self.journal.replace(rewritten, watch)).map(Some)
    }

    /// The orders that are not done, with their entries.
    /// Whether bodies are to go that are not gone yet.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn is_erasing(&self) -> Result<bool, StoreError> {
        Ok(self.index.rows()?.scan_prefix(keys::erasures()).next().transpose()?.is_some())
    }

    pub(crate) fn orders(&self) -> Result<Vec<(u64, ErasureOrder)>, StoreError> {
        let mut orders = Vec::new();
        for row in self.index.rows()?.scan_prefix(keys::erasures()) {
            let seq = keys::last_number(&row?.0);
            match self.journal.fact(seq)? {
                Fact::Erased(ErasedFact::Ordered(order)) => orders.push((seq, order)),
                _ => return Err(StoreError::NoEntry { seq, wanted: "order of an erasure" }),
            }
        }
        Ok(orders)
    }

    /// Finishes the segment that is written to, so that what is in it can be erased.
    ///
    /// # Errors
    /// If the next one cannot be made.
    pub fn roll(&self) -> Result<(), StoreError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.queue.push(crate::commit::Job::Roll { reply }, usize::MAX);
        answer.blocking_recv().unwrap_or(Err(StoreError::Closing)).map(drop)
    }
}

fn holds(segment: &Segment, seq: u64) -> bool {
    (segment.first..segment.first + segment.count()).contains(&seq)
}

#[cfg(test)]
mod tests;
