//! The record of acts: who did what, and why; and the audit, which is all of it.

use qadam_domain::{EventRef, ids::Cursor};

use crate::{Store, entry::Act, error::StoreError, index::keys, read::Page};

impl Store {
    /// All that anybody did, in the order of the journal, after a cursor: acts on records, requests and messages, on what requests
    /// are judged by, and on the host itself.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn audit(&self, after: Option<Cursor>, limit: usize) -> Result<Page<Act>, StoreError> {
        self.listed(keys::AUDIT, after, limit)
    }

    /// Acts in the order of the journal, after a cursor: those about something, or all.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn acts(&self, about: Option<&str>, after: Option<Cursor>, limit: usize) -> Result<Page<Act>, StoreError> {
        self.listed(about.unwrap_or_default(), after, limit)
    }

    fn listed(&self, about: &str, after: Option<Cursor>, limit: usize) -> Result<Page<Act>, StoreError> {
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = after.map_or(0, |cursor| cursor.seq);
        let range = keys::act(about, last.saturating_add(1))..=keys::act(about, u64::MAX);
        for row in self.index.rows()?.range(range) {
            if page.items.len() == limit {
                page.next = Some(self.cursor(EventRef { seq: last, index: 0 }));
                break;
            }
            last = keys::last_number(&row?.0);
            let act = self.journal.fact(last)?.audited();
            page.items.push(act.ok_or(StoreError::NoEntry { seq: last, wanted: "act" })?);
        }
        Ok(page)
    }
}
