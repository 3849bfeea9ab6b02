//! A batch of changes to the index that reads its own writes and becomes visible, and durable with the applied position,
//! as one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use qadam_domain::{DestinationId, ProviderId};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Rows, keys,
    row::{Applied, DestinationRow, RequestRow, decode, encode},
    tally::{Count, Tally},
    terms,
};
use crate::error::StoreError;

/// The changes so far.
#[derive(Debug)]
pub(crate) struct Txn<'a> {
    rows: &'a Rows,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    requests: HashMap<(ProviderId, String), Touched>,
    counts: BTreeMap<ProviderId, Tally>,
    open: Option<Vec<(DestinationId, DestinationRow)>>,
}

#[derive(Debug)]
struct Touched {
    row: RequestRow,
    before: Tally,
}

impl<'a> Txn<'a> {
    pub(crate) fn new(rows: &'a Rows) -> Self {
        Self { rows, writes: BTreeMap::new(), requests: HashMap::new(), counts: BTreeMap::new(), open: None }
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        match self.writes.get(key) {
            Some(write) => write.as_deref().map(decode).transpose(),
            None => self.rows.get(key)?.as_deref().map(decode).transpose(),
        }
    }

    pub(crate) fn put<T: Serialize>(&mut self, key: Vec<u8>, value: &T) -> Result<(), StoreError> {
        self.writes.insert(key, Some(encode(value)?));
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// All rows under a prefix, in order, this batch's changes included.
    pub(crate) fn rows<T: DeserializeOwned>(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
        let mut rows = BTreeMap::new();
        for row in self.rows.scan_prefix(prefix) {
            let (key, value) = row?;
            rows.insert(key.to_vec(), decode(&value)?);
        }
        for (key, write) in self.writes.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix)) {
            match write {
                Some(value) => rows.insert(key.clone(), decode(value)?),
                None => rows.remove(key),
            };
        }
        Ok(rows.into_iter().collect())
    }

    /// The first key under a prefix, this batch's changes included.
    pub(crate) fn first(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let written = |key: &[u8]| self.writes.get(key).map(Option::is_some);
        let mut first = None;
        for row in self.rows.scan_prefix(prefix) {
            let key = row?.0;
            if written(&key) != Some(false) {
                first = Some(key.to_vec());
                break;
            }
        }
        let new = self.writes.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        let new = new.filter(|(_, write)| write.is_some()).map(|(key, _)| key.clone()).next();
        Ok(first.into_iter().chain(new).min())
    }

    /// A request's row, to be changed.
    pub(crate) fn request(&mut self, provider: &ProviderId, request: &str) -> Result<&mut RequestRow, StoreError> {
        use std::collections::hash_map::Entry;
        let touched = match self.requests.entry((provider.clone(), request.to_owned())) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let key = keys::request(provider.as_str(), request);
                let row: RequestRow = match self.rows.get(key)? {
                    Some(bytes) => decode(&bytes)?,
                    None => RequestRow::default(),
                };
                let before = row.tally();
                entry.insert(Touched { row, before })
            }
        };
        Ok(&mut touched.row)
    }

    /// The providers of whom something was recorded, in this batch or before.
    pub(crate) fn providers(&self) -> Result<BTreeSet<ProviderId>, StoreError> {
        let mut providers: BTreeSet<ProviderId> = self.counts.keys().cloned().collect();
        for (key, _) in self.rows::<Tally>(b"C")? {
            if let [provider] = keys::split(&key).0[..] {
                providers.extend(provider.parse::<ProviderId>().ok());
            }
        }
        Ok(providers)
    }

    /// The destinations that take messages: asked for each record, so kept.
    pub(crate) fn destinations(&mut self) -> Result<Vec<(DestinationId, DestinationRow)>, StoreError> {
        if let Some(open) = &self.open {
            return Ok(open.clone());
        }
        let mut open = Vec::new();
        for (key, row) in self.rows::<DestinationRow>(b"D")? {
            if let (true, [name]) = (row.open, keys::split(&key).0.as_slice())
                && let Ok(name) = name.parse()
            {
                open.push((name, row));
            }
        }
        self.open = Some(open.clone());
        Ok(open)
    }

    /// A destination, changed.
    pub(crate) fn put_destination(&mut self, name: &DestinationId, row: DestinationRow) -> Result<(), StoreError> {
        self.open = None;
        self.put(keys::destination(name), &row)
    }

    /// Counts something of a provider.
    pub(crate) fn count(&mut self, provider: &ProviderId, what: Count, change: i64) {
        match self.counts.get_mut(provider) {
            Some(tally) => tally.add(what, change),
            None => self.counts.entry(provider.clone()).or_default().add(what, change),
        }
    }

    /// Makes all of it visible at once, with the position that it brings the index to.
    pub(crate) fn commit(mut self, applied: Applied) -> Result<(), StoreError> {
        for ((provider, request), touched) in std::mem::take(&mut self.requests) {
            self.put(keys::request(provider.as_str(), &request), &touched.row)?;
            terms::changed(&mut self, touched.row.state.first, applied.seq)?;
            let tally = self.counts.entry(provider).or_default();
            tally.add_all(&touched.before, -1);
            tally.add_all(&touched.row.tally(), 1);
        }
        for (provider, change) in std::mem::take(&mut self.counts).into_iter().filter(|(_, change)| !change.is_zero()) {
            let key = keys::tally(&provider);
            let mut tally: Tally = self.get(&key)?.unwrap_or_default();
            tally.add_all(&change, 1);
            self.put(key, &tally)?;
        }
        self.put(keys::applied(), &applied)?;
        self.write()
    }

    /// Makes the changes visible at once, and leaves the position as it is: what follows from what is applied already.
    pub(crate) fn write(self) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, write) in self.writes {
            match write {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.rows.apply_batch(batch)
    }
}
