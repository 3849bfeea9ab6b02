//! Mapping past records again, by delegation.

use qadam_monitor::ports::{
    PortError,
    remap::{CauseView, Decided, EventChange, OutcomeChange, PreviewView, RemapError, Remaps, Selection},
};
use qadam_pipeline::remap;
use qadam_store::RecordState;

use super::{Port, failed};

impl Remaps for Port {
    fn preview(&self, selection: &Selection) -> Result<PreviewView, RemapError> {
        let preview = self.pipeline.preview(&asked(selection)).map_err(refused)?;
        let outcomes = preview.outcomes.into_iter();
        Ok(PreviewView {
            plan: preview.plan,
            records: preview.records,
            same: preview.same,
            added: preview.added,
            changed: preview.changed,
            withdrawn: preview.withdrawn,
            outcomes: outcomes.map(|((from, to), records)| OutcomeChange { from, to, records }).collect(),
            events: preview
                .events
                .into_iter()
                .map(|remap::EventDifference { request, key, record, change, fields }| EventChange {
                    request,
                    key,
                    record,
                    change,
                    fields,
                })
                .collect(),
            causes: preview.causes.into_iter().map(|(record, cause)| CauseView { record, cause }).collect(),
        })
    }

    fn remap_as_previewed(&self, selection: &Selection, plan: &str, who: &str, why: &str) -> Result<usize, RemapError> {
        self.pipeline.remap_as_previewed(&asked(selection), plan, who, why).map_err(refused)
    }
}

fn asked(selection: &Selection) -> remap::Selection {
    let Selection { provider, records, outcome, since, until } = selection.clone();
    let states = outcome.map(|outcome| match outcome {
        Decided::Mapped => RecordState::Mapped,
        Decided::Refused => RecordState::Refused,
        Decided::Quarantined => RecordState::Quarantined,
    });
    remap::Selection { provider, records, states: states.into_iter().collect(), since, until }
}

fn refused(error: remap::RemapError) -> RemapError {
    let detail = error.to_string();
    match error {
        remap::RemapError::Nothing | remap::RemapError::Adapter(_) => RemapError::Nothing(detail),
        remap::RemapError::TooMany { actual } => RemapError::TooMany { limit: remap::MOST, actual },
        remap::RemapError::Stale => RemapError::Stale(detail),
        remap::RemapError::Store(error) => RemapError::Port(failed(error)),
        _ => RemapError::Port(PortError::Internal(detail)),
    }
}
