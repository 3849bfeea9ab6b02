//! What is hidden of a view, and from whom: personal data from whoever states no purpose (invariant 10), and all but the
//! progress from whoever only tells it.

use qadam_domain::mask;

use super::{EventView, FieldsView, RequestView};

/// Hides personal data (invariant 10). Lists and every view without a stated purpose are masked; the monitoring system's
/// feed of events is what the law sends it, and is not.
pub(crate) trait Masked {
    /// With personal data hidden.
    fn masked(self) -> Self;
}

impl Masked for FieldsView {
    fn masked(mut self) -> Self {
        // A legal entity's name is public; its number is masked all the same, for it may be an entrepreneur's.
        if self.recipient_kind != Some("legal-entity") {
            self.recipient = self.recipient.as_deref().map(mask::name);
        }
        self.identification_number = self.identification_number.as_deref().map(mask::number);
        self
    }
}

impl Masked for EventView {
    fn masked(mut self) -> Self {
        self.fields = self.fields.masked();
        self.ground = self.ground.as_deref().map(|text| mask::text(text, 500));
        self.native = self.native.into_iter().map(|(name, value)| (name, mask::text(&value, 500))).collect();
        self
    }
}

impl Masked for RequestView {
    fn masked(mut self) -> Self {
        self.fields = self.fields.masked();
        self.history = self.history.map(|events| events.into_iter().map(Masked::masked).collect());
        self.term = self.term.map(|term| Box::new(term.masked()));
        self
    }
}

impl RequestView {
    /// How far it is, for those who tell its recipient (452-2): stages, term and status, without who works on it, what the
    /// source wrote beside, and the records that it came with.
    pub(crate) fn progress(mut self) -> Self {
        self.fields.executor = None;
        self.term = self.term.map(|term| Box::new(term.progress()));
        for event in self.history.iter_mut().flatten() {
            event.key = None;
            event.actor = None;
            event.ground = None;
            event.native.clear();
            event.fields = FieldsView::default();
        }
        self
    }
}
