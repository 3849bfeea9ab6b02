//! Terms: what requests are judged by, their histories with when each event became known, and what is counted of them.

use jiff::Timestamp;
use qadam_domain::{
    Anomalies, Event, EventMark, EventRef, ProviderId, RequestId,
    breach::{Blame, Contest},
    report::{Cell, Key, Month, Tally},
};

use crate::{
    Store,
    entry::{
        ContestedFact, ERASED, EventEntry, Fact, OutcomeFact, OutcomeResult, Personal, ReferenceFact, ReportedFact,
        from_cbor,
    },
    error::StoreError,
    index::{
        keys,
        row::{RecordRow, decode},
        terms::{self, Counted, Totals},
    },
};

/// An event, and when it became known.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its place.
    pub at: EventRef,
    /// When it was recorded.
    pub known: Timestamp,
    /// What it says.
    pub event: Event,
    /// Anomalies fixed at its receipt.
    pub fixed: Anomalies,
    /// An event that it replaces by a re-mapping.
    pub replaces: Option<EventRef>,
    /// When a re-mapping took it back.
    pub dropped: Option<Timestamp>,
}

/// The history of a request.
#[derive(Clone, Debug)]
pub struct TermHistory {
    /// Whose.
    pub provider: ProviderId,
    /// The provider's own id of it.
    pub native: String,
    /// Its events in the order of receipt.
    pub events: Vec<Told>,
}

/// An open request whose term has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueItem {
    /// The request.
    pub id: RequestId,
    /// The same, by its first event.
    pub request: EventRef,
    /// Its provider.
    pub provider: ProviderId,
    /// The provider's own id of it.
    pub native: String,
    /// End of its term.
    pub due: Timestamp,
}

impl Store {
    /// All changes of what requests are judged by, with their entries, after one.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn references(&self, after: u64) -> Result<Vec<(u64, ReferenceFact)>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.scan_prefix(terms::references()) {
            let seq = keys::last_number(&row?.0);
            if seq > after {
                match self.journal.fact(seq)? {
                    Fact::Reference(fact) => found.push((seq, fact)),
                    _ => return Err(StoreError::NoEntry { seq, wanted: "change of reference data" }),
                }
            }
        }
        Ok(found)
    }

    /// The contests of a request's verdict, in order.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn contests(&self, request: EventRef) -> Result<Vec<Contest>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.scan_prefix(terms::contests(request)) {
            let seq = keys::last_number(&row?.0);
            let entry = self.journal.read(seq)?;
            let Fact::Contested(ContestedFact { who, claims, at, .. }) = entry.fact else {
                return Err(StoreError::NoEntry { seq, wanted: "contest" });
            };
            let reason = entry.body.and_then(|body| String::from_utf8(body).ok()).unwrap_or_else(|| ERASED.to_owned());
            found.push(Contest { at, by: who, reason, claims });
        }
        Ok(found)
    }

    /// The reports that were made of a month, or of all, with their entries, in order.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn reports(&self, month: Option<Month>) -> Result<Vec<(u64, ReportedFact)>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.scan_prefix(month.map_or_else(terms::reports, terms::reports_of)) {
            let seq = keys::last_number(&row?.0);
            match self.journal.fact(seq)? {
                Fact::Reported(fact) => found.push((seq, fact)),
                _ => return Err(StoreError::NoEntry { seq, wanted: "report" }),
            }
        }
        Ok(found)
    }

    /// The month of the last report that was made; none where none was.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn last_reported(&self) -> Result<Option<Month>, StoreError> {
        let mut last = None;
        for row in self.index.rows()?.scan_prefix(terms::reports()) {
            // The month stands one byte later than in other tables.
            last = last.max(row?.0.get(1..).and_then(terms::month_of));
        }
        Ok(last)
    }

    /// The history of a request, by its first event.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn term_history(&self, request: EventRef) -> Result<Option<TermHistory>, StoreError> {
        let rows = self.index.rows()?;
        let Some(named) = rows.get(keys::first_event(request))? else { return Ok(None) };
        let (provider, native): (ProviderId, String) = decode(&named)?;
        let mut events = Vec::new();
        let mut outcome: Option<(u64, OutcomeFact, Vec<Personal>)> = None;
        for row in rows.scan_prefix(keys::events(request)) {
            let mark: EventMark = decode(&row?.1)?;
            let seq = mark.at.seq;
            if outcome.as_ref().is_none_or(|(read, ..)| *read != seq) {
                outcome = Some(self.mapped_outcome(seq)?);
            }
            let Some((_, outcome, parts)) = &outcome else { continue };
            let none = || StoreError::NoEntry { seq, wanted: "event" };
            let OutcomeResult::Mapped(entries) = &outcome.result else { return Err(none()) };
            let Some(EventEntry::New(fact)) = entries.get(usize::from(mark.at.index)) else { return Err(none()) };
            let before = entries.iter().take(usize::from(mark.at.index));
            let place = before.filter(|entry| matches!(entry, EventEntry::New(_))).count();
            let dropped = if mark.dropped { Some(self.dropped(&provider, outcome)?) } else { None };
            events.push(Told {
                at: mark.at,
                known: outcome.at,
                event: fact.join(parts.get(place)),
                fixed: mark.fixed,
                replaces: fact.corrects.map(|link| link.seen_from(seq)),
                dropped,
            });
        }
        Ok(Some(TermHistory { provider, native, events }))
    }

    fn mapped_outcome(&self, seq: u64) -> Result<(u64, OutcomeFact, Vec<Personal>), StoreError> {
        let entry = self.journal.read(seq)?;
        let Fact::Outcome(outcome) = entry.fact else { return Err(StoreError::NoEntry { seq, wanted: "event" }) };
        let parts = match &entry.body {
            Some(body) => from_cbor(body).map_err(|reason| StoreError::Index { reason })?,
            None => Vec::new(),
        };
        Ok((seq, outcome, parts))
    }

    /// When an event of a record was taken back: by the record's last mapping.
    fn dropped(&self, provider: &ProviderId, outcome: &OutcomeFact) -> Result<Timestamp, StoreError> {
        let row = self.index.rows()?.get(keys::record(provider, outcome.record))?;
        let Some(row) = row.map(|bytes| decode::<RecordRow>(&bytes)).transpose()? else { return Ok(outcome.at) };
        match self.journal.fact(row.outcome)? {
            Fact::Outcome(last) => Ok(last.at),
            _ => Ok(outcome.at),
        }
    }

    /// The request whose first event has this id; none if the id is not of this store.
    #[must_use]
    pub fn request_ref(&self, id: RequestId) -> Option<EventRef> {
        (self.journal.epoch_of(id.seq) == Some(id.epoch)).then_some(EventRef { seq: id.seq, index: id.index })
    }

    /// Marked requests after one, with their marks.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn unsettled(&self, after: Option<EventRef>, limit: usize) -> Result<Vec<(EventRef, u64)>, StoreError> {
        let mut found = Vec::new();
        let start = after.map_or_else(|| vec![b'r'], terms::unsettled);
        for row in self.index.rows()?.range(start..vec![b'r' + 1]) {
            let (key, value) = row?;
            let Some((request, _)) = keys::take_event(key.get(1..).unwrap_or_default()) else { continue };
            if Some(request) != after {
                found.push((request, decode(&value)?));
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    /// Requests by their first events, after one.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn request_refs(&self, after: Option<EventRef>, limit: usize) -> Result<Vec<EventRef>, StoreError> {
        let mut found = Vec::new();
        let start = after.map_or_else(|| vec![b'Q'], keys::first_event);
        for row in self.index.rows()?.range(start..vec![b'Q' + 1]) {
            let Some((request, _)) = keys::take_event(row?.0.get(1..).unwrap_or_default()) else { continue };
            if Some(request) != after {
                found.push(request);
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    /// As what a request is counted; none while it was never settled.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn counted(&self, request: EventRef) -> Result<Option<Counted>, StoreError> {
        self.index.rows()?.get(terms::counted(request))?.map(|bytes| decode(&bytes)).transpose()
    }

    /// Requests that a report of a month may speak of, as of any instant.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn members(&self, month: Month) -> Result<Vec<EventRef>, StoreError> {
        let rows = self.index.rows()?.scan_prefix(terms::members(month));
        rows.filter_map(|row| row.map(|(key, _)| terms::member_of(&key)).transpose()).collect()
    }

    /// What is counted of a month at an instant: requests, finished ones and breaches, open ones by the clock. It takes as long
    /// as there are places and days in which terms end, however many requests there are.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn tally(&self, month: Month, at: Timestamp) -> Result<Tally, StoreError> {
        let rows = self.index.rows()?;
        let mut tally = Tally::default();
        let prefix = terms::cells(month);
        for row in rows.scan_prefix(&prefix) {
            let (key, value) = row?;
            let place = terms::place_of(key.get(prefix.len()..).unwrap_or_default())?;
            tally.put(&place, &decode::<Cell>(&value)?);
        }
        for (due, place, blame, contested, count) in self.open_terms(month, at)? {
            let seconds = at.duration_since(due).unsigned_abs().as_secs().max(1);
            let cell = Cell {
                contested: if contested { count } else { 0 },
                blames: [(blame, count)].into(),
                minutes: [(seconds.div_ceil(60), count)].into(),
                ..Cell::default()
            };
            tally.put(&place, &cell);
        }
        Ok(tally)
    }

    /// Counts of open requests whose term ended before an instant.
    #[expect(clippy::type_complexity, reason = "the parts of a row, used once")]
    fn open_terms(&self, month: Month, at: Timestamp) -> Result<Vec<(Timestamp, Key, Blame, bool, u64)>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.range(terms::open_of(month)..terms::open_until(month, at)) {
            let (key, value) = row?;
            let (due, place, blame, contested) = terms::open_parts(&key)?;
            found.push((due, place, blame, contested, decode(&value)?));
        }
        Ok(found)
    }

    /// What is counted of each provider over all time.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn totals(&self) -> Result<Vec<(ProviderId, Totals)>, StoreError> {
        let mut found = Vec::new();
        for row in self.index.rows()?.scan_prefix(b"u") {
            let (key, value) = row?;
            if let [provider] = keys::split(&key).0[..]
                && let Ok(provider) = provider.parse()
            {
                found.push((provider, decode(&value)?));
            }
        }
        Ok(found)
    }

    /// Open requests whose term ended before an instant, by its end, after a cursor.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn overdue(
        &self,
        at: Timestamp,
        after: Option<(Timestamp, EventRef)>,
        limit: usize,
    ) -> Result<Vec<OverdueItem>, StoreError> {
        let rows = self.index.rows()?;
        let start = after.map_or_else(|| terms::due_until(Timestamp::MIN), |(due, request)| terms::due(due, request));
        let mut found = Vec::new();
        for row in rows.range(start..terms::due_until(at)) {
            let Some((due, request)) = terms::timed(&row?.0) else { continue };
            if Some((due, request)) == after {
                continue;
            }
            if found.len() == limit {
                break;
            }
            let Some(named) = rows.get(keys::first_event(request))? else { continue };
            let (provider, native) = decode(&named)?;
            found.push(OverdueItem { id: self.request_id(request), request, provider, native, due });
        }
        Ok(found)
    }

    /// How many open requests have a term that ended before an instant, of a provider or of all.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn count_overdue(&self, at: Timestamp, provider: Option<&ProviderId>) -> Result<u64, StoreError> {
        let rows = self.index.rows()?;
        let (mut count, mut from) = (0, Timestamp::MIN);
        if provider.is_none() {
            // Whole days are counted.
            from = terms::day_of(at);
            for row in rows.range(terms::due_on(Timestamp::MIN)..terms::due_on(from)) {
                count += decode::<u64>(&row?.1)?;
            }
        }
        for row in rows.range(terms::due_until(from)..terms::due_until(at)) {
            let Some((_, request)) = terms::timed(&row?.0) else { continue };
            let of = match provider {
                None => true,
                Some(wanted) => {
                    let named = rows.get(keys::first_event(request))?;
                    let named: Option<(ProviderId, String)> = named.map(|bytes| decode(&bytes)).transpose()?;
                    named.is_some_and(|(provider, _)| provider == *wanted)
                }
            };
            count += u64::from(of);
        }
        Ok(count)
    }
}
