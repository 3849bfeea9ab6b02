//! Whether the counts of terms are the sums of what their requests are counted as.

use std::collections::BTreeMap;

use qadam_domain::{ProviderId, report::Tallies};

use crate::{
    Store,
    error::StoreError,
    index::{
        keys,
        row::{decode, encode},
        terms::{self, Counted, Totals},
    },
};

impl Store {
    /// Whether a request is marked: what it is counted as does not count yet.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn is_marked(&self, request: qadam_domain::EventRef) -> Result<bool, StoreError> {
        Ok(self.index.rows()?.get(terms::unsettled(request))?.is_some())
    }

    /// Rows of counts that are not the sums of their requests, nothing being settled meanwhile.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub fn uneven(&self) -> Result<u64, StoreError> {
        let rows = self.index.rows()?;
        let mut tallies = Tallies::default();
        let mut open: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut totals: BTreeMap<ProviderId, Totals> = BTreeMap::new();
        let mut summed: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for row in rows.scan_prefix(b"c") {
            let (key, value) = row?;
            let counted: Counted = decode(&value)?;
            if let Some(assessed) = &counted.assessed {
                tallies.add(assessed);
            }
            let Some((request, _)) = keys::take_event(key.get(1..).unwrap_or_default()) else { continue };
            if let (Some(term), Some(assessed)) = (&counted.open, &counted.assessed) {
                *open.entry(terms::open(&assessed.key, term)?).or_default() += 1;
                *open.entry(terms::due_on(term.due)).or_default() += 1;
                summed.insert(terms::due(term.due, request), encode(&())?);
            }
            if let Some(at) = counted.again {
                summed.insert(terms::again(at, request), encode(&())?);
            }
            totals.entry(counted.provider.clone()).or_default().add(&Totals::of(&counted), 1);
        }
        for (month, tally) in tallies.months() {
            for (place, cell) in tally.cells() {
                summed.insert(terms::cell(month, place)?, encode(cell)?);
            }
        }
        for (key, count) in open {
            summed.insert(key, encode(&count)?);
        }
        for (provider, totals) in totals {
            summed.insert(terms::totals(&provider), encode(&totals)?);
        }
        let mut uneven = 0;
        for table in [b"s", b"o", b"t", b"u"] {
            for row in rows.scan_prefix(table) {
                let (key, value) = row?;
                if key.as_ref() != terms::stamp() {
                    uneven += u64::from(summed.remove(key.as_ref()).is_none_or(|sum| sum != value.as_ref()));
                }
            }
        }
        Ok(uneven + summed.len() as u64)
    }
}
