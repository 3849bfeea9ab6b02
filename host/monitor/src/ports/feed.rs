//! The feed of events, for readers that stay.

use qadam_domain::{ProviderId, ids::Cursor};
use tokio::sync::watch;

use crate::{ports::PortError, view::EventView};

/// A part of the feed.
#[derive(Clone, Debug)]
pub struct Part {
    /// The events.
    pub events: Vec<EventView>,
    /// Everything up to here has been looked at; where to go on.
    pub to: Cursor,
}

/// The feed of events.
pub trait Feed {
    /// Events after a cursor, of one provider or of all; none where the cursor is not of this journal.
    ///
    /// # Errors
    /// If they cannot be read now.
    fn feed(&self, provider: Option<&ProviderId>, after: Cursor, limit: usize) -> Result<Option<Part>, PortError>;

    /// Changes whenever there may be more to read.
    fn progress(&self) -> watch::Receiver<u64>;
}
