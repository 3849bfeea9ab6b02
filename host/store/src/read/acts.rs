//! The record of acts: who did what, and why.

use qadam_domain::{EventRef, ids::Cursor};

use crate::{
    Store,
    entry::{Act, Fact},
    error::StoreError,
    index::keys,
    read::Page,
};

impl Store {
    /// Acts in the order of the journal, after a cursor: those about something, or all.
    ///
    /// # Errors
    /// If index or journal cannot be read.
    pub fn acts(&self, about: Option<&str>, after: Option<Cursor>, limit: usize) -> Result<Page<Act>, StoreError> {
        let about = about.unwrap_or_default();
        let mut page = Page { items: Vec::new(), next: None };
        let mut last = after.map_or(0, |cursor| cursor.seq);
        let range = keys::act(about, last.saturating_add(1))..=keys::act(about, u64::MAX);
        for row in self.index.rows()?.range(range) {
            if page.items.len() == limit {
                page.next = Some(self.cursor(EventRef { seq: last, index: 0 }));
                break;
            }
            last = keys::last_number(&row?.0);
            let Fact::Act(act) = self.journal.read(last)?.fact else {
                return Err(StoreError::NoEntry { seq: last, wanted: "act" });
            };
            page.items.push(act);
        }
        Ok(page)
    }
}
