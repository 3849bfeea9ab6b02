//! The feed of events, for the API.

use qadam_domain::{ProviderId, ids::Cursor};
use qadam_monitor::ports::{
    PortError,
    feed::{Feed, Part},
};
use tokio::sync::watch;

use super::{Port, event, failed};

impl Feed for Port {
    fn feed(&self, provider: Option<&ProviderId>, after: Cursor, limit: usize) -> Result<Option<Part>, PortError> {
        let part = self.pipeline.store().feed(provider, after, limit).map_err(failed)?;
        Ok(part.map(|part| Part { events: part.events.into_iter().map(event).collect(), to: part.to }))
    }

    fn progress(&self) -> watch::Receiver<u64> {
        self.pipeline.store().applied()
    }
}
