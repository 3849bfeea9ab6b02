//! What terms write: what requests are judged by, contests, the reports of closed months; and the counts, which are settled after
//! the index has applied what changed a request, so that intake does not wait for them. Only one thread may settle.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::Timestamp;
use qadam_domain::{
    EventRef, ProviderId,
    report::{Cell, Month, Tallies, Underflow},
};

use crate::{
    Store,
    entry::{ContestedFact, Fact, ReferenceFact, ReportedFact},
    error::StoreError,
    index::{
        keys,
        row::{decode, encode},
        terms::{self, Counted, Totals},
        txn::Txn,
    },
    journal::Draft,
};

/// Rows changed with one write.
const STEP: usize = 1_000;

/// A request that was judged, to be counted so.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which.
    pub request: EventRef,
    /// The mark that it was judged for: a later one stays.
    pub mark: u64,
    /// As what it is counted from now on.
    pub counted: Counted,
    /// Months whose reports may speak of it, as of any instant up to now.
    pub months: BTreeSet<Month>,
}

impl Store {
    /// Keeps a change of what requests are judged by, and gives its entry. Synced when this answers; blocks until it can be read.
    /// Callers see to it that nobody else changes the same meanwhile.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn set_reference(&self, fact: ReferenceFact) -> Result<u64, StoreError> {
        self.keep(&Fact::Reference(fact), Bytes::new())
    }

    /// Keeps a contest with its reason. Synced when this answers; blocks until it can be read.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn contest(&self, fact: ContestedFact, reason: &str) -> Result<u64, StoreError> {
        self.keep(&Fact::Contested(fact), Bytes::copy_from_slice(reason.as_bytes()))
    }

    /// Keeps the report of a closed month. Synced when this answers; blocks until it can be read.
    ///
    /// # Errors
    /// Nothing was recorded then.
    pub fn keep_report(&self, fact: ReportedFact) -> Result<u64, StoreError> {
        self.keep(&Fact::Reported(fact), Bytes::new())
    }

    /// Synced when this answers; blocks until it can be read.
    pub(crate) fn keep(&self, fact: &Fact, body: Bytes) -> Result<u64, StoreError> {
        let seq = self.append(vec![Draft::new(fact, body)?])?;
        self.wait_applied(seq)?;
        Ok(seq)
    }

    /// Counts requests as they are now judged instead of as before, all at once, and takes the marks away that they were judged
    /// for.
    ///
    /// # Errors
    /// If the index fails; or if what was counted before does not come out even, and all has to be counted anew
    /// ([`Self::recount`]).
    pub fn settle(&self, settled: &[Settled]) -> Result<(), StoreError> {
        let rows = self.index.rows()?;
        let mut txn = Txn::new(&rows);
        let mut change = Change::default();
        for one in settled {
            let key = terms::counted(one.request);
            let before: Option<Counted> = txn.get(&key)?;
            for month in &one.months {
                txn.put(terms::member(*month, one.request), &())?;
            }
            if before.as_ref().is_some_and(|before| before.is_as(&one.counted)) {
                continue;
            }
            if let Some(before) = &before {
                change.count(&mut txn, one.request, before, -1)?;
            }
            change.count(&mut txn, one.request, &one.counted, 1)?;
            txn.put(key, &one.counted)?;
        }
        change.write(&mut txn)?;
        txn.write()?;
        for one in settled {
            rows.remove_if(&terms::unsettled(one.request), &encode(&one.mark)?)?;
        }
        Ok(())
    }

    /// Marks requests, after what they are judged by has changed; how many. They are marked with that entry.
    ///
    /// # Errors
    /// If the index fails.
    pub fn mark(&self, entry: u64, affected: impl Fn(&Counted) -> bool) -> Result<u64, StoreError> {
        let rows = self.index.rows()?;
        let mut marked = 0;
        let mut some = Vec::new();
        for row in rows.scan_prefix(b"c") {
            let (key, value) = row?;
            if let (Some((request, _)), true) =
                (keys::take_event(key.get(1..).unwrap_or_default()), affected(&decode(&value)?))
            {
                some.push(request);
                marked += 1;
            }
            if some.len() == STEP {
                self.put_marks(&std::mem::take(&mut some), entry)?;
            }
        }
        self.put_marks(&some, entry)?;
        Ok(marked)
    }

    /// Marks requests that are due to be settled again; how many.
    ///
    /// # Errors
    /// If the index fails.
    pub fn mark_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let rows = self.index.rows()?;
        let mut due = Vec::new();
        for row in rows.range(terms::again_until(Timestamp::MIN)..=terms::again_until(now)) {
            due.extend(terms::timed(&row?.0).map(|(_, request)| request));
        }
        for some in due.chunks(STEP) {
            self.put_marks(some, 0)?;
        }
        Ok(due.len())
    }

    fn put_marks(&self, requests: &[EventRef], entry: u64) -> Result<(), StoreError> {
        let rows = self.index.rows()?;
        let mut txn = Txn::new(&rows);
        for request in requests {
            // A mark that is there already is of a change that is not settled either.
            let key = terms::unsettled(*request);
            if txn.get::<u64>(&key)?.is_none() {
                txn.put(key, &entry)?;
            }
        }
        txn.write()
    }

    /// Throws away all that is counted, and marks every request; how many. What it was settled by is forgotten first, so that
    /// a stop on the way is noticed.
    ///
    /// # Errors
    /// If the index fails.
    pub fn recount(&self) -> Result<u64, StoreError> {
        let rows = self.index.rows()?;
        let mut txn = Txn::new(&rows);
        txn.remove(terms::stamp());
        txn.write()?;
        for table in terms::COUNTED {
            let mut some: Vec<Vec<u8>> = Vec::new();
            for row in rows.scan_prefix([table]) {
                some.push(row?.0.to_vec());
                if some.len() == STEP {
                    remove(&rows, std::mem::take(&mut some))?;
                }
            }
            remove(&rows, some)?;
        }
        let mut marked = 0;
        let mut some = Vec::new();
        for row in rows.scan_prefix(b"Q") {
            some.extend(keys::take_event(row?.0.get(1..).unwrap_or_default()).map(|(request, _)| request));
            marked += 1;
            if some.len() == STEP {
                self.put_marks(&std::mem::take(&mut some), 0)?;
            }
        }
        self.put_marks(&some, 0)?;
        Ok(marked)
    }

    /// By what all was settled, as the caller wrote it; none before, or where it was thrown away.
    ///
    /// # Errors
    /// If the index fails.
    pub fn settled_by(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.index.rows()?.get(terms::stamp())?.map(|bytes| decode(&bytes)).transpose()
    }

    /// Says by what requests are settled from now on.
    ///
    /// # Errors
    /// If the index fails.
    pub fn settle_by(&self, by: &[u8]) -> Result<(), StoreError> {
        let rows = self.index.rows()?;
        let mut txn = Txn::new(&rows);
        txn.put(terms::stamp(), &by)?;
        txn.write()
    }
}

fn remove(rows: &crate::index::Rows, keys: Vec<Vec<u8>>) -> Result<(), StoreError> {
    let mut txn = Txn::new(rows);
    for key in keys {
        txn.remove(key);
    }
    txn.write()
}

/// What a settlement changes in rows that many requests share.
#[derive(Default)]
struct Change {
    taken: Tallies,
    put: Tallies,
    open: BTreeMap<Vec<u8>, i64>,
    totals: BTreeMap<ProviderId, Totals>,
}

impl Change {
    fn count(&mut self, txn: &mut Txn<'_>, request: EventRef, counted: &Counted, times: i64) -> Result<(), StoreError> {
        if let Some(assessed) = &counted.assessed {
            if times > 0 { &mut self.put } else { &mut self.taken }.add(assessed);
        }
        let mut timed = Vec::new();
        if let (Some(term), Some(assessed)) = (&counted.open, &counted.assessed) {
            *self.open.entry(terms::open(&assessed.key, term)?).or_default() += times;
            *self.open.entry(terms::due_on(term.due)).or_default() += times;
            timed.push(terms::due(term.due, request));
        }
        timed.extend(counted.again.map(|at| terms::again(at, request)));
        for key in timed {
            if times > 0 {
                txn.put(key, &())?;
            } else {
                txn.remove(key);
            }
        }
        self.totals.entry(counted.provider.clone()).or_default().add(&Totals::of(counted), times);
        Ok(())
    }

    fn write(self, txn: &mut Txn<'_>) -> Result<(), StoreError> {
        let places: BTreeSet<_> = [&self.taken, &self.put]
            .into_iter()
            .flat_map(Tallies::months)
            .flat_map(|(month, tally)| tally.cells().map(move |(place, _)| (month, place)))
            .collect();
        for (month, place) in places {
            let cell = |tallies: &Tallies| {
                let tally = tallies.month(month);
                tally.and_then(|tally| tally.cells().find(|(other, _)| *other == place)).map(|(_, cell)| cell.clone())
            };
            let key = terms::cell(month, place)?;
            let mut kept: Cell = txn.get(&key)?.unwrap_or_default();
            kept.merge(&cell(&self.put).unwrap_or_default());
            kept.subtract(&cell(&self.taken).unwrap_or_default()).map_err(uneven)?;
            if kept.is_empty() {
                txn.remove(key);
            } else {
                txn.put(key, &kept)?;
            }
        }
        for (key, change) in self.open.into_iter().filter(|(_, change)| *change != 0) {
            let count = txn.get::<u64>(&key)?.unwrap_or(0).checked_add_signed(change);
            match count.ok_or_else(|| uneven(Underflow("open requests")))? {
                0 => txn.remove(key),
                count => txn.put(key, &count)?,
            }
        }
        for (provider, change) in self.totals {
            let key = terms::totals(&provider);
            let mut totals: Totals = txn.get(&key)?.unwrap_or_default();
            totals.add(&change, 1);
            txn.put(key, &totals)?;
        }
        Ok(())
    }
}

fn uneven(under: Underflow) -> StoreError {
    StoreError::Uneven { reason: under.to_string() }
}
