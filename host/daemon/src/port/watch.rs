//! How the host is, for the API and for alarms.

use jiff::Timestamp;
use qadam_domain::{Condition, DestinationId, ProviderId};
use qadam_monitor::{
    ports::{
        PortError,
        watch::{Observed, Undelivered, Undelivering, Unstamped, Waiting, Watch},
    },
    status::{QuarantinedView, ServiceView, StatusView, StoreView, WaitingView, findings},
};
use qadam_store::{RecordFilter, RecordState, StoreError};

use super::{Port, adapter};

/// Messages without a time-stamp that are counted, at most.
const COUNTED: usize = 10_000;

impl Watch for Port {
    fn status(&self) -> Result<StatusView, PortError> {
        let look = self.watchman.look();
        let seen = self.observed();
        let limits = self.pipeline.limits();
        let found = findings(&seen, &self.watchman.thresholds(limits.waiting_records, limits.index_lag));
        let (conditions, alarms) = self.watchman.turn(seen.at, &found);
        drop(look);
        for condition in Condition::ALL {
            let count = found.iter().filter(|finding| finding.condition == condition).count();
            let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            metrics::gauge!("qadam_conditions", "condition" => condition.name()).set(count);
        }
        let waiting = seen.waiting.into_iter().map(|Waiting { provider, records, oldest }| WaitingView {
            provider,
            records,
            oldest: oldest.map(|(id, _)| id),
            received_at: oldest.map(|(_, at)| at.to_string()),
            age_seconds: oldest.map(|(_, received)| seen.at.duration_since(received).as_secs()),
        });
        let quarantined =
            seen.quarantined.into_iter().map(|(provider, records, _)| QuarantinedView { provider, records });
        let service = |adapter: &qadam_monitor::view::AdapterView| ServiceView {
            provider: adapter.provider.clone(),
            service: adapter.service,
        };
        Ok(StatusView {
            ok: conditions.is_empty(),
            at: seen.at.to_string(),
            conditions,
            waiting: waiting.collect(),
            quarantined: quarantined.collect(),
            adapters: seen.adapters.iter().map(service).collect(),
            store: StoreView {
                entries: seen.entries,
                lag: seen.entries.saturating_sub(seen.applied),
                journal_bytes: seen.journal_bytes,
                index_bytes: seen.index_bytes,
                disk_free_bytes: seen.disk.map(|(free, _)| free),
                disk_bytes: seen.disk.map(|(_, all)| all),
            },
            alarms,
        })
    }
}

impl Port {
    fn observed(&self) -> Observed {
        let store = self.pipeline.store();
        let health = store.health();
        let (waiting, quarantined, unreadable) = match self.counted() {
            Ok((waiting, quarantined)) => (waiting, quarantined, None),
            Err(error) => (Vec::new(), Vec::new(), Some(error.to_string())),
        };
        let disk = rustix::fs::statvfs(&self.watchman.folder).ok();
        Observed {
            at: self.pipeline.now(),
            poisoned: health.poisoned,
            unreadable,
            entries: health.entries,
            applied: health.applied,
            journal_bytes: health.journal_bytes,
            index_bytes: health.index_bytes,
            disk: disk.map(|disk| (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)),
            waiting,
            quarantined,
            adapters: self.pipeline.adapters().into_iter().map(adapter).collect(),
            unsealed: self.pipeline.sealing().map(|still| (still.since, still.reason)),
            unstamped: self.unstamped(),
            delivery: self.undelivering(),
            late_exchanges: self.late_exchanges(),
            uncounted: self.terms.stopped(),
            certificate: self.edge.wrong(self.pipeline.now()),
            undelivered: self.watchman.undelivered(),
        }
    }

    fn unstamped(&self) -> Unstamped {
        // What cannot be read is told as such above.
        let waiting = self.pipeline.store().unstamped(COUNTED).unwrap_or_default();
        let reason = self.pipeline.stamping().map(|still| still.reason);
        Unstamped { messages: waiting.messages, since: waiting.since, reason }
    }

    /// What cannot be read is told as such above.
    fn late_exchanges(&self) -> Vec<(DestinationId, ProviderId, u64, Timestamp)> {
        let late = self.terms.late_exchanges().unwrap_or_default().into_iter();
        late.map(|late| (late.destination, late.provider, late.events, late.since)).collect()
    }

    /// What is wrong in delivery. What cannot be read is told as such above.
    fn undelivering(&self) -> Vec<Undelivering> {
        let Some(served) = self.delivery.get() else { return Vec::new() };
        let lanes = self.pipeline.store().queue_lanes(None).unwrap_or_default();
        let mut found = Vec::new();
        for health in served.health() {
            let waits = lanes.iter().filter(|lane| lane.destination == health.destination).map(|lane| lane.items).sum();
            if let Some(reason) = health.stuck {
                let what = Undelivered::Stuck(waits, reason);
                found.push(Undelivering { destination: health.destination.clone(), provider: None, what });
            }
            if let Some(down) = health.down {
                let why = format!("{} ({} attempts failed in a row): {}", down.code.name(), down.failures, down.detail);
                let what = Undelivered::Failing(down.since, waits, why);
                found.push(Undelivering { destination: health.destination, provider: None, what });
            }
        }
        for lane in lanes {
            let at = |what| Undelivering {
                destination: lane.destination.clone(),
                provider: Some(lane.provider.clone()),
                what,
            };
            // Where the destination takes others' messages, it is this one that it does not take.
            if let (Some(fact), Some(head)) = (&lane.failed, &lane.head)
                && !found.iter().any(|known| known.destination == lane.destination && known.provider.is_none())
            {
                let (code, detail) = (fact.code.as_deref().unwrap_or_default(), fact.detail.as_deref());
                let why = format!("{code}: {}", detail.unwrap_or_default());
                found.push(at(Undelivered::Failing(head.since, lane.items, why)));
            }
            if lane.dead > 0 {
                found.push(at(Undelivered::Dead(lane.dead, lane.held)));
            }
            if lane.paused {
                found.push(at(Undelivered::Paused(lane.items)));
            }
        }
        found
    }

    fn counted(&self) -> Result<(Vec<Waiting>, Quarantined), StoreError> {
        let store = self.pipeline.store();
        let (mut waiting, mut quarantined) = (Vec::new(), Vec::new());
        for (provider, counters) in store.counters()? {
            let count = |name: &str| counters.get(name).and_then(|count| u64::try_from(*count).ok()).unwrap_or(0);
            let (pending, aside) = (count("records.pending"), count("records.quarantined"));
            if aside > 0 {
                let first = store.records(&provider, RecordFilter::In(RecordState::Quarantined), None, 1)?.items;
                let since = first.first().and_then(|record| record.outcome.as_ref()).map(|outcome| outcome.at);
                quarantined.push((provider.clone(), aside, since));
            }
            if pending > 0 {
                let oldest = store.oldest_waiting(&provider)?;
                waiting.push(Waiting { provider, records: pending, oldest });
            }
        }
        Ok((waiting, quarantined))
    }
}

type Quarantined = Vec<(qadam_domain::ProviderId, u64, Option<jiff::Timestamp>)>;
