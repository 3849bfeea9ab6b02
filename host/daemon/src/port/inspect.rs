//! Looking into adapters, for the API.

use data_encoding::{BASE64, HEXLOWER};
use qadam_domain::{ProviderId, RecordId, Stage, mask};
use qadam_monitor::{
    ports::inspect::{FaultView, Inspect, InspectedView, LogView, ReplayRefused, ReplayView, ReplayedEvent, UsedView},
    view::{AdapterRun, Cause},
};
use qadam_pipeline::inspect::{Failed, Gave, Inspected, ReplayError, Replayed};

use super::{Port, adapter, failed};

impl Inspect for Port {
    fn inspect(&self, provider: &ProviderId) -> Option<InspectedView> {
        let Inspected { status, used, failed } = self.pipeline.inspect(provider)?;
        let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let used = used.map(|used| UsedView {
            calls: used.calls,
            records: used.records,
            events: used.events,
            refused: used.refused,
            faults: used.faults,
            cpu_micros: micros(used.cpu),
            cpu_micros_per_record: micros(used.cpu).checked_div(used.records),
            spent_micros: micros(used.spent),
            memory_peak: used.memory_peak,
            log_lines_cut: used.log_lines_cut,
        });
        Some(InspectedView { adapter: adapter(status), used, fault: failed.map(fault) })
    }

    fn replay(
        &self,
        record: RecordId,
        component: Option<&[u8]>,
        who: &str,
        why: &str,
    ) -> Result<ReplayView, ReplayRefused> {
        let replayed = self.pipeline.replay(record, component, who, why).map_err(|error| match error {
            ReplayError::Nothing => ReplayRefused::NotFound,
            ReplayError::Store(error) => ReplayRefused::Port(failed(error)),
            other => ReplayRefused::NoAdapter(other.to_string()),
        })?;
        Ok(view(record, replayed))
    }
}

fn fault(failed: Failed) -> FaultView {
    let Failed { at, record, kind, detail, backtrace } = failed;
    FaultView { at: at.to_string(), record, kind, detail, backtrace }
}

fn view(record: RecordId, replayed: Replayed) -> ReplayView {
    let Replayed {
        provider,
        adapter: (name, version, component),
        gave,
        log,
        log_lines_cut,
        cpu_micros,
        memory_peak,
        masked,
    } = replayed;
    let (body, same) = masked.unwrap_or_default();
    let contract = qadam_engine::CONTRACT.to_owned();
    let adapter =
        AdapterRun { name, version, contract, component: HEXLOWER.encode(&component), configuration: String::new() };
    let mut view = ReplayView {
        record,
        provider,
        adapter,
        outcome: "mapped",
        events: Vec::new(),
        cause: None,
        fault: None,
        log: log.into_iter().map(|(level, message)| LogView { level, message }).collect(),
        log_lines_cut,
        cpu_micros,
        memory_peak,
        masked: BASE64.encode(&body),
        masked_does_the_same: same,
    };
    match gave {
        Gave::Events(events) => {
            let event = |event: qadam_domain::Event| ReplayedEvent {
                number: event.request,
                key: event.key,
                kind: event.kind.name(),
                stage: event.kind.stage().map(Stage::number),
                native_status: mask::text(&event.native_status, 200),
                occurred_at: event.occurred_at.instant.to_string(),
            };
            view.events = events.into_iter().map(event).collect();
        }
        Gave::Refused(refusal) => {
            view.outcome = "refused";
            let (name, offset) = (refusal.cause.name().to_owned(), refusal.offset);
            view.cause = Some(Cause { name, field: refusal.field, detail: refusal.detail, offset });
        }
        Gave::Failed(failed) => {
            view.outcome = "failed";
            view.fault = Some(fault(*failed));
        }
    }
    view
}
