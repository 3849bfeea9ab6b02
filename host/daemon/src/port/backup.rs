//! Backups, for the API.

use qadam_monitor::ports::{
    PortError,
    backup::{BackupOrder, Backups, ExtentView, SegmentView},
};
use qadam_store::{Extent, ExtentSegment};

use super::{Port, failed};
use crate::audit;

impl Backups for Port {
    fn begin_backup(&self, order: &BackupOrder) -> Result<ExtentView, PortError> {
        let store = self.pipeline.store();
        // It is a text of the caller's, and must be no other subject.
        let to: String = order.to.strip_prefix("to ").unwrap_or(&order.to).chars().take(300).collect();
        let act = audit::act("backup", format!("to {to}"), &order.who, &order.why, self.pipeline.now());
        store.act(act).map_err(failed)?;
        let Extent { epoch, last, segments } = store.extent().map_err(failed)?;
        let view = |ExtentSegment { name, first, bytes }| SegmentView { name, first, bytes };
        Ok(ExtentView { epoch, last, segments: segments.into_iter().map(view).collect() })
    }
}
