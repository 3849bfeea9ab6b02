//! The record of acts, for the API.

use qadam_domain::{RecordId, ids::Cursor, mask};
use qadam_monitor::{
    ports::{
        PortError,
        acts::{ActView, Acts, Asking, Body, Subject},
    },
    view::Page,
};
use qadam_store::Act;

use super::{Port, failed, page};

impl Acts for Port {
    fn asked(&self, asking: &Asking) -> Result<(), PortError> {
        let store = self.pipeline.store();
        let (what, subject, about) = match asking.subject {
            Subject::Request(id) => ("reveal-request", id.to_string(), Vec::new()),
            Subject::Event(id) => {
                let request = store.request_of(id).map_err(failed)?;
                ("export-evidence", id.to_string(), request.iter().map(ToString::to_string).collect())
            }
            Subject::Record(id) => {
                let record = store.native(id).map_err(failed)?;
                let requests = record.map(|record| store.requests_of(&record).map_err(failed)).transpose()?;
                let about = requests.unwrap_or_default().iter().map(ToString::to_string).collect();
                ("reveal-record", id.to_string(), about)
            }
        };
        let (what, who, why) = (what.to_owned(), asking.who.clone(), mask::text(&asking.purpose, 500));
        let at = self.pipeline.now();
        store.act(Act { what, subject, about, who, why, at, remap: Vec::new(), queue: None }).map_err(failed)
    }

    fn acts(&self, about: Option<&str>, after: Option<Cursor>, limit: usize) -> Result<Page<ActView>, PortError> {
        self.pipeline.store().acts(about, after, limit).map(|found| page(found, act)).map_err(failed)
    }

    fn all_acts(&self, after: Option<Cursor>, limit: usize) -> Result<Page<ActView>, PortError> {
        self.pipeline.store().audit(after, limit).map(|found| page(found, act)).map_err(failed)
    }

    fn body(&self, record: RecordId) -> Result<Option<Body>, PortError> {
        let found = self.pipeline.store().native(record).map_err(failed)?;
        Ok(found.map(|record| record.body.map_or(Body::Gone, Body::Kept)))
    }
}

fn act(act: Act) -> ActView {
    let Act { what, subject, about, who, why, at, remap, .. } = act;
    let records = (!remap.is_empty()).then_some(remap.len() as u64);
    ActView { what, subject, about, who, why, at: at.to_string(), records }
}
