//! Mapping past records again: first a preview of what would differ, by request and field, which changes nothing; then the
//! same records under the same adapter, as one recorded act.
//!
//! The preview's `plan` names exactly what was previewed: the component, its settings, the records and the outcome that
//! each had. Where any of it has changed since, applying is refused, and another preview is to be made.

use std::collections::{BTreeMap, VecDeque};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use qadam_domain::{Difference, Event, ProviderId, RecordId, Refusal, differences, mask};
use qadam_engine::{Adapter, NativeInput};
use qadam_store::{FoundResult, Quarantine, Record, RecordFilter, RecordState, StoreError, sha256};

use crate::{
    Pipeline,
    judge::Standing,
    loading::LoadFailure,
    signatures::{Gate, UNCERTAIN},
};

/// Records that one re-mapping may take.
pub const MOST: usize = 100_000;
/// Events whose differences a preview tells.
const TOLD: usize = 1000;
/// Records of one batch.
const BATCH: usize = 64;

/// Which records of a provider. Those that wait are left out: they are mapped anyway.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Whose.
    pub provider: ProviderId,
    /// These, or all of the states below.
    pub records: Option<Vec<RecordId>>,
    /// In one of these states; empty: in any.
    pub states: Vec<RecordState>,
    /// Received at or after this.
    pub since: Option<Timestamp>,
    /// Received before this.
    pub until: Option<Timestamp>,
}

/// What a re-mapping would change.
#[derive(Clone, Debug)]
pub struct Preview {
    /// What [`Pipeline::remap_as_previewed`] wants.
    pub plan: String,
    /// Records tried.
    pub records: usize,
    /// Records that would give just what they gave.
    pub same: usize,
    /// Records whose outcome would be another: from, to, how many.
    pub outcomes: BTreeMap<(&'static str, &'static str), usize>,
    /// Events that would be added, changed, withdrawn.
    pub added: usize,
    /// Those with the same key that would say something else.
    pub changed: usize,
    /// Those that would be taken back.
    pub withdrawn: usize,
    /// What differs, by request; at most a thousand events of all.
    pub events: Vec<EventDifference>,
    /// Why records would be refused or set aside; at most as many.
    pub causes: Vec<(RecordId, String)>,
}

impl Preview {
    pub(crate) const fn new(plan: String) -> Self {
        Self {
            plan,
            records: 0,
            same: 0,
            outcomes: BTreeMap::new(),
            added: 0,
            changed: 0,
            withdrawn: 0,
            events: Vec::new(),
            causes: Vec::new(),
        }
    }
}

/// An event that would not stay as it is.
#[derive(Clone, Debug)]
pub struct EventDifference {
    /// The source's id of the request.
    pub request: String,
    /// The event's own key.
    pub key: Option<String>,
    /// The record that it comes from.
    pub record: RecordId,
    /// `added`, `changed` or `withdrawn`.
    pub change: &'static str,
    /// What it says otherwise, masked.
    pub fields: Vec<Difference>,
}

/// Why nothing was previewed or mapped again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemapError {
    /// No adapter serves.
    #[error(transparent)]
    Adapter(#[from] LoadFailure),
    /// None of the records is there, or is another provider's.
    #[error(
        "no record of this provider fits the selection, or all that do were erased or are waiting to be mapped anyway"
    )]
    Nothing,
    /// Too many at once.
    #[error("{actual} records are selected, the limit is {MOST}; select by time")]
    TooMany {
        /// How many.
        actual: usize,
    },
    /// Something is not as it was previewed.
    #[error("the adapter, the records or their outcomes are not those that were previewed; make another preview")]
    Stale,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Pipeline {
    /// Maps records with the adapter that serves, changes nothing, and tells what would differ. Blocks; 10,000 records
    /// take seconds.
    ///
    /// # Errors
    /// If nothing fits, or the adapter or the store cannot be asked.
    pub fn preview(&self, selection: &Selection) -> Result<Preview, RemapError> {
        let chosen = self.chosen(selection)?;
        let plan = self.plan(selection, &chosen)?;
        let mut preview = Preview::new(plan);
        for batch in chosen.chunks(BATCH) {
            let mut records = VecDeque::with_capacity(batch.len());
            for one in batch {
                records.extend(self.store.native(one.id)?.map(|record| (record, one.state)));
            }
            while !records.is_empty() {
                let provider = &selection.provider;
                let serving = self.registry.get(provider).ok_or_else(|| LoadFailure::NoneServes(provider.clone()))?;
                let tried = self.try_again(provider, &serving.adapter, records.make_contiguous())?;
                let many = tried.len().max(1);
                for (found, (record, state)) in tried.into_iter().zip(records.drain(..many.min(records.len()))) {
                    self.compare(&mut preview, &record, state, found)?;
                }
            }
        }
        preview.events.sort_by(|a, b| (&a.request, a.record.seq).cmp(&(&b.request, b.record.seq)));
        Ok(preview)
    }

    /// Maps the previewed records again. Recorded as one act; how many.
    ///
    /// # Errors
    /// If anything has changed since the preview, or the act could not be recorded.
    pub fn remap_as_previewed(
        &self,
        selection: &Selection,
        plan: &str,
        who: &str,
        why: &str,
    ) -> Result<usize, RemapError> {
        let chosen = self.chosen(selection)?;
        if self.plan(selection, &chosen)? != plan {
            return Err(RemapError::Stale);
        }
        let count = chosen.len();
        let records = chosen.into_iter().map(|one| (selection.provider.clone(), one.id.seq)).collect();
        self.remap(records, who, why)?;
        Ok(count)
    }

    fn chosen(&self, selection: &Selection) -> Result<Vec<Chosen>, RemapError> {
        let mut chosen = Vec::new();
        let mut take = |view: qadam_store::RecordView| {
            let at = view.received.at;
            let fits = view.received.provider == selection.provider
                && view.state != RecordState::Pending
                && !view.received.withheld
                && view.erased.is_none()
                && (selection.states.is_empty() || selection.states.contains(&view.state))
                && selection.since.is_none_or(|since| at >= since)
                && selection.until.is_none_or(|until| at < until);
            if fits {
                chosen.push(Chosen { id: view.id, state: view.state });
            }
            fits
        };
        if let Some(ids) = &selection.records {
            for id in ids {
                let view = self.store.record_view(*id)?;
                if !view.is_some_and(&mut take) {
                    return Err(RemapError::Nothing);
                }
            }
        } else {
            let mut after = None;
            loop {
                let page = self.store.records(&selection.provider, RecordFilter::All, after, 1000)?;
                for view in page.items {
                    take(view);
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        chosen.sort_by_key(|one| one.id.seq);
        chosen.dedup_by_key(|one| one.id.seq);
        match chosen.len() {
            0 => Err(RemapError::Nothing),
            actual if actual > MOST => Err(RemapError::TooMany { actual }),
            _ => Ok(chosen),
        }
    }

    fn plan(&self, selection: &Selection, chosen: &[Chosen]) -> Result<String, RemapError> {
        let provider = &selection.provider;
        let serving = self.registry.get(provider).ok_or_else(|| LoadFailure::NoneServes(provider.clone()))?;
        let mut bytes = provider.as_str().as_bytes().to_vec();
        bytes.extend_from_slice(serving.adapter.component_digest());
        bytes.extend_from_slice(serving.adapter.settings_digest());
        for one in chosen {
            bytes.extend(one.id.seq.to_be_bytes());
            bytes.extend(self.store.outcome_of(provider, one.id.seq)?.to_be_bytes());
        }
        Ok(HEXLOWER.encode(sha256(&bytes).get(..16).unwrap_or_default()))
    }

    /// What an adapter gives for the first of some records, at least one.
    pub(crate) fn try_again(
        &self,
        provider: &ProviderId,
        adapter: &Adapter,
        records: &[(Record, RecordState)],
    ) -> Result<Vec<FoundResult>, StoreError> {
        let profile = self.profiles.of(provider);
        let mut gates = Vec::with_capacity(records.len());
        for (record, _) in records {
            gates.push(self.gate(&profile, record)?);
        }
        let ids: Vec<String> = records.iter().map(|(record, _)| record.id.to_string()).collect();
        let inputs: Vec<NativeInput<'_>> = gates
            .iter()
            .zip(records)
            .zip(&ids)
            .filter_map(|((gate, (record, _)), id)| gate.input(record, id))
            .collect();
        // Faults are told, not judged: nothing is suspended by a preview.
        let trusted = Standing { trusted: true, ..Standing::default() };
        let attempts =
            if inputs.is_empty() { Vec::new() } else { self.attempt(provider, adapter, &inputs, &profile, trusted) };
        let mut results = attempts.into_iter().map(|attempt| {
            attempt.unwrap_or_else(|fault| FoundResult::Quarantined(crate::mapping::quarantine(&fault)))
        });
        let mut found = Vec::with_capacity(records.len());
        for gate in gates {
            found.push(match gate {
                Gate::Open(mut opened) => match results.next() {
                    Some(result) => self.owned(&profile, &mut opened, result),
                    None => break,
                },
                Gate::Refuse(refusal, _) => FoundResult::Refused(refusal),
                Gate::Hold(quarantine, _) => FoundResult::Quarantined(quarantine),
                Gate::Wait => FoundResult::Quarantined(waiting()),
            });
        }
        Ok(found)
    }

    pub(crate) fn compare(
        &self,
        preview: &mut Preview,
        record: &Record,
        state: RecordState,
        found: FoundResult,
    ) -> Result<(), StoreError> {
        let before = self.store.mapped(&record.received.provider, record.id.seq)?;
        let (after, name, cause) = match found {
            FoundResult::Mapped(events) => {
                (events.into_iter().map(|event| event.event().clone()).collect(), RecordState::Mapped, None)
            }
            FoundResult::Refused(refusal) => {
                (Vec::new(), RecordState::Refused, Some(format!("{}: {}", refusal.cause.name(), refusal.detail)))
            }
            FoundResult::Quarantined(quarantine) => {
                (Vec::new(), RecordState::Quarantined, Some(format!("{}: {}", quarantine.fault, quarantine.detail)))
            }
        };
        preview.records += 1;
        if name != state {
            *preview.outcomes.entry((state.name(), name.name())).or_default() += 1;
        }
        if let Some(cause) = cause.filter(|_| preview.causes.len() < TOLD) {
            preview.causes.push((record.id, mask::text(&cause, Refusal::DETAIL_LIMIT)));
        }
        // A record that is set aside keeps the events that it gave: that is the adapter's fault, and says nothing of them.
        let changes = if name == RecordState::Quarantined { Vec::new() } else { paired(before, after) };
        if changes.is_empty() && name == state {
            preview.same += 1;
        }
        for (old, new) in changes {
            let Some(event) = new.as_ref().or(old.as_ref()) else { continue };
            let (change, count) = match (&old, &new) {
                (None, _) => ("added", &mut preview.added),
                (_, None) => ("withdrawn", &mut preview.withdrawn),
                _ => ("changed", &mut preview.changed),
            };
            *count += 1;
            if preview.events.len() < TOLD {
                preview.events.push(EventDifference {
                    request: event.request.clone(),
                    key: event.key.clone(),
                    record: record.id,
                    change,
                    fields: differences(old.as_ref(), new.as_ref()),
                });
            }
        }
        Ok(())
    }
}

/// A preview does not wait for lists and answers.
fn waiting() -> Quarantine {
    Quarantine { fault: UNCERTAIN.to_owned(), detail: "what tells of its signature is being fetched".to_owned() }
}

/// A record of a selection.
struct Chosen {
    id: RecordId,
    state: RecordState,
}

/// The events that differ, each with the one of the same request and key before; those that are the same are left out.
fn paired(before: Vec<(qadam_domain::EventRef, Event)>, after: Vec<Event>) -> Vec<(Option<Event>, Option<Event>)> {
    let mut before: Vec<Option<Event>> = before.into_iter().map(|(_, event)| Some(event)).collect();
    let mut pairs = Vec::new();
    for event in after {
        let same = |old: &&mut Option<Event>| old.as_ref() == Some(&event);
        if let Some(old) = before.iter_mut().find(same) {
            *old = None;
            continue;
        }
        let akin = |old: &&mut Option<Event>| {
            old.as_ref().is_some_and(|old| {
                old.request == event.request
                    && old.key == event.key
                    && (event.key.is_some() || (&old.kind, old.instant()) == (&event.kind, event.instant()))
            })
        };
        let old = before.iter_mut().find(akin).and_then(Option::take);
        pairs.push((old, Some(event)));
    }
    pairs.extend(before.into_iter().flatten().map(|old| (Some(old), None)));
    pairs
}
