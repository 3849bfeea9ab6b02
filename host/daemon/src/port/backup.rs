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
        let act = audit::act("backup", order.to.clone(), &order.who, &order.why, self.pipeline.now());
        store.act(act).map_err(failed)?;
        let Extent { epoch, last, segments } = store.extent().map_err(failed)?;
        let view = |ExtentSegment { name, first, bytes }| SegmentView { name, first, bytes };
        Ok(ExtentView { epoch, last, segments: segments.into_iter().map(view).collect() })
    }
}
