//! The API's ports, by delegation to pipeline and store. Only shapes change here.

mod acts;
mod backup;
mod commission;
mod evidence;
mod feed;
mod gateway;
mod inspect;
mod queue;
mod remap;
mod terms;
mod watch;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use data_encoding::HEXLOWER;
use futures_util::future::{BoxFuture, FutureExt as _};
use metrics_exporter_prometheus::PrometheusHandle;
use qadam_domain::{ProviderId, RecordId, RequestId, ids::Cursor, labels};
use qadam_engine::LoadError;
use qadam_monitor::{
    access::Caller,
    ports::{AdapterError, OutcomeFilter, PortError, Ports, RequestQuery, SentRecord, Submission, Taken},
    view::{
        AdapterRun, AdapterView, Cause, EarlierView, ErasedView, EventView, FieldsView, Page, Readiness, RecordView,
        RequestView, Summary, Time,
    },
};
use qadam_pipeline::{
    AdapterStatus, IntakeError, LoadFailure, NativeRecord, Order, Pipeline, Service, mapping::withheld,
};
use qadam_store as store;
use qadam_store::{OutcomeResult, RecordFilter, RecordState, StoreError};

use crate::{keys::Keys, watch::Watchman};

/// Events shown with a request.
const HISTORY: usize = 1000;
/// Requests found for one recipient.
const FOUND: usize = 1000;

/// What stands behind the API.
pub(crate) struct Port {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) edge: Arc<crate::edge::Edge>,
    pub(crate) terms: Arc<qadam_pipeline::Terms>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) watchman: Arc<Watchman>,
    pub(crate) evidence: Arc<crate::evidence::Evidence>,
    /// Once it has begun.
    pub(crate) delivery: Arc<std::sync::OnceLock<crate::delivery::Served>>,
    /// Whom this host trusts: read before a package is taken, so that what an operator has just written counts.
    pub(crate) trust: Arc<crate::packages::TrustFile>,
}

impl Ports for Port {
    fn caller(&self, key: &[u8; 32]) -> Option<Caller> {
        self.keys.caller(key, crate::wall_clock())
    }

    fn knows(&self, provider: &ProviderId) -> bool {
        let known = self.pipeline.profiles().has(provider)
            || self.keys.has_provider(provider)
            || self.pipeline.has_adapter(provider);
        known && !provider.is_host()
    }

    fn submit(&self, submission: Submission) -> BoxFuture<'_, Result<Vec<Taken>, PortError>> {
        let Submission { provider, sender, idempotency_key, records } = submission;
        let record = |SentRecord { content_type, body, signature }| NativeRecord { content_type, body, signature };
        let records = records.into_iter().map(record).collect();
        let submission = qadam_pipeline::Submission { provider, sender, idempotency_key, records };
        async move {
            let receipt = self.pipeline.take(submission).await.map_err(intake)?;
            Ok(receipt.records.iter().map(|taken| Taken { id: taken.id, duplicate: taken.duplicate }).collect())
        }
        .boxed()
    }

    fn decided<'a>(
        &'a self,
        provider: &'a ProviderId,
        records: &'a [RecordId],
        within: Duration,
    ) -> BoxFuture<'a, Result<bool, PortError>> {
        async move { self.pipeline.decided(provider, records, within).await.map_err(failed) }.boxed()
    }

    fn record(&self, id: RecordId) -> Result<Option<RecordView>, PortError> {
        let Some(found) = self.pipeline.store().record_view(id).map_err(failed)? else { return Ok(None) };
        self.signed(found).map(Some)
    }

    fn records(
        &self,
        provider: &ProviderId,
        outcome: Option<OutcomeFilter>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RecordView>, PortError> {
        let filter = match outcome {
            None => RecordFilter::All,
            Some(OutcomeFilter::Pending) => RecordFilter::In(RecordState::Pending),
            Some(OutcomeFilter::Mapped) => RecordFilter::In(RecordState::Mapped),
            Some(OutcomeFilter::Refused) => RecordFilter::In(RecordState::Refused),
            Some(OutcomeFilter::Quarantined) => RecordFilter::In(RecordState::Quarantined),
            Some(OutcomeFilter::Duplicate) => RecordFilter::Duplicates,
        };
        let found = self.pipeline.store().records(provider, filter, after, limit).map_err(failed)?;
        let items = found.items.into_iter().map(|record| self.signed(record)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: found.next })
    }

    fn request(&self, id: RequestId) -> Result<Option<RequestView>, PortError> {
        let store = self.pipeline.store();
        let Some(found) = store.request_by_id(id).map_err(failed)? else { return Ok(None) };
        let history = store.history(&found.provider, &found.native, None, HISTORY).map_err(failed)?;
        let mut view = request(found);
        view.history = Some(history.items.into_iter().map(event).collect());
        view.term = self.term(id)?.map(Box::new);
        Ok(Some(view))
    }

    fn requests(
        &self,
        query: &RequestQuery,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<RequestView>, PortError> {
        let store = self.pipeline.store();
        if let (Some(provider), Some(number)) = (&query.provider, &query.number) {
            let found = store.request(provider, number).map_err(failed)?;
            return Ok(Page { items: found.into_iter().map(request).collect(), next: None });
        }
        let filter = store::RequestFilter {
            provider: query.provider.clone(),
            closed: query.closed,
            incomplete: query.incomplete,
        };
        store.requests(&filter, after, limit).map(|found| page(found, request)).map_err(failed)
    }

    fn find(&self, number: &str) -> Result<Vec<RequestView>, PortError> {
        let found = self.pipeline.store().find(number, FOUND).map_err(failed)?;
        Ok(found.into_iter().map(request).collect())
    }

    fn events(
        &self,
        provider: Option<&ProviderId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<EventView>, PortError> {
        self.pipeline.store().events(provider, after, limit).map(|found| page(found, event)).map_err(failed)
    }

    fn summary(&self, provider: Option<&ProviderId>) -> Result<Vec<Summary>, PortError> {
        let counters = self.pipeline.store().counters().map_err(failed)?;
        let wanted = |(of, _): &(ProviderId, _)| provider.is_none_or(|provider| provider == of);
        Ok(counters.into_iter().filter(wanted).map(|(provider, counters)| summary(provider, &counters)).collect())
    }

    fn adapters(&self) -> Vec<AdapterView> {
        self.pipeline.adapters().into_iter().map(adapter).collect()
    }

    fn load_adapter(
        &self,
        provider: &ProviderId,
        component: &[u8],
        who: &str,
        why: &str,
    ) -> Result<AdapterView, AdapterError> {
        self.trust.refresh(&self.pipeline);
        self.pipeline.load(provider, component, Order { who, why }).map(adapter).map_err(not_loaded)
    }

    fn rollback_adapter(&self, provider: &ProviderId, who: &str, why: &str) -> Result<AdapterView, AdapterError> {
        self.trust.refresh(&self.pipeline);
        self.pipeline.rollback(provider, Order { who, why }).map(adapter).map_err(not_loaded)
    }

    fn unload_adapter(&self, provider: &ProviderId, who: &str, why: &str) -> Result<AdapterView, AdapterError> {
        self.pipeline.unload(provider, Order { who, why }).map(adapter).map_err(not_loaded)
    }

    fn resume(&self, provider: &ProviderId, who: &str, why: &str) -> Result<bool, PortError> {
        self.pipeline.resume(provider, who, why).map_err(failed)
    }

    fn quarantine(&self, provider: Option<&ProviderId>, limit: usize) -> Result<Vec<RecordView>, PortError> {
        let store = self.pipeline.store();
        let providers = match provider {
            Some(provider) => vec![provider.clone()],
            None => store.counters().map_err(failed)?.into_keys().collect(),
        };
        let mut records = Vec::new();
        for provider in providers {
            let filter = RecordFilter::In(RecordState::Quarantined);
            let some = store.records(&provider, filter, None, limit - records.len()).map_err(failed)?;
            records.extend(some.items.into_iter().map(record));
        }
        Ok(records)
    }

    fn remap(&self, records: &[RecordView], who: &str, why: &str) -> Result<(), PortError> {
        let records = records.iter().map(|record| (record.provider.clone(), record.id.seq)).collect();
        self.pipeline.remap(records, who, why).map_err(failed)
    }

    fn readiness(&self) -> Readiness {
        let health = self.pipeline.store().health();
        let mut reasons = Vec::new();
        let mut ready = true;
        if let Some(reason) = &health.poisoned {
            ready = false;
            reasons.push(format!("the journal takes nothing until a restart: {reason}"));
        }
        if let Err(error) = self.pipeline.store().counters() {
            ready = false;
            reasons.push(error.to_string());
        }
        for status in self.pipeline.adapters().into_iter().filter(|status| status.service != Service::Serving) {
            // Records wait; that is no reason to send them elsewhere.
            reasons.push(format!("the adapter of {} is {}", status.provider, status.service.name()));
        }
        for status in self.pipeline.adapters() {
            // What it says may quote the file; the list of adapters shows it to those who have a key.
            if status.distrusted.is_some() {
                reasons.push(format!("the adapter of {} serves, and its key is not trusted any more", status.provider));
            }
            if status.load_error.is_some() {
                reasons.push(format!("the file of {}'s adapter cannot be put to work", status.provider));
            }
        }
        Readiness {
            ready,
            reasons,
            entries: health.entries,
            applied: health.applied,
            waiting: self.pipeline.waiting(),
            journal_bytes: health.journal_bytes,
            index_bytes: health.index_bytes,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point numbers; no count here comes near 2^53")]
    fn metrics(&self) -> String {
        let readiness = self.readiness();
        metrics::gauge!("qadam_ready").set(f64::from(u8::from(readiness.ready)));
        metrics::gauge!("qadam_journal_entries").set(readiness.entries as f64);
        metrics::gauge!("qadam_index_applied_entries").set(readiness.applied as f64);
        metrics::gauge!("qadam_records_waiting").set(readiness.waiting as f64);
        metrics::gauge!("qadam_journal_bytes").set(readiness.journal_bytes as f64);
        metrics::gauge!("qadam_index_bytes").set(readiness.index_bytes as f64);
        for (provider, counters) in self.pipeline.store().counters().unwrap_or_default() {
            for (name, count) in counters {
                let provider = provider.to_string();
                metrics::gauge!("qadam_count", "provider" => provider, "of" => name).set(count as f64);
            }
        }
        for status in self.pipeline.adapters() {
            let serving = f64::from(u8::from(status.service == Service::Serving));
            metrics::gauge!("qadam_adapter_serving", "provider" => status.provider.to_string()).set(serving);
            let wrong = f64::from(u8::from(status.load_error.is_some()));
            metrics::gauge!("qadam_adapter_load_error", "provider" => status.provider.to_string()).set(wrong);
        }
        self.metrics.render()
    }
}

fn intake(error: IntakeError) -> PortError {
    match error {
        IntakeError::Store(error) => failed(error),
        busy => PortError::Busy(busy.to_string()),
    }
}

fn not_loaded(error: LoadFailure) -> AdapterError {
    let detail = error.to_string();
    match error {
        LoadFailure::Unsigned => AdapterError::Unsigned(detail),
        LoadFailure::Component(LoadError::Compiler { .. }) => AdapterError::Port(PortError::Unavailable(detail)),
        LoadFailure::Component(error) => AdapterError::Component(error.name(), detail),
        LoadFailure::Package(error) => AdapterError::Component(error.name(), detail),
        LoadFailure::Contract { .. } => AdapterError::Component("package-contract", detail),
        LoadFailure::Golden(_) | LoadFailure::NothingToBench => AdapterError::Refused("golden", detail),
        LoadFailure::Distrust(error) => AdapterError::Distrusted(error.name(), detail),
        LoadFailure::OutOfOrder(_) => AdapterError::Refused("out-of-order", detail),
        LoadFailure::Unmet(_) => AdapterError::Refused("unmet", detail),
        LoadFailure::NoEarlier(_)
        | LoadFailure::NoneServes(_)
        | LoadFailure::NoCandidate(_)
        | LoadFailure::NoPilot(_)
        | LoadFailure::NoPackage(_) => AdapterError::Nothing(detail),
        LoadFailure::Store(error) => AdapterError::Port(failed(error)),
        _ => AdapterError::Port(PortError::Unavailable(detail)),
    }
}

fn failed(error: StoreError) -> PortError {
    match error {
        StoreError::KeyReused => PortError::KeyReused,
        StoreError::Busy { .. } => PortError::Busy(error.to_string()),
        StoreError::Poisoned { .. } => PortError::Unavailable(error.to_string()),
        error if error.is_transient() => PortError::Unavailable(error.to_string()),
        error => PortError::Internal(error.to_string()),
    }
}

fn page<T, U>(page: store::Page<T>, view: impl Fn(T) -> U) -> Page<U> {
    Page { items: page.items.into_iter().map(view).collect(), next: page.next }
}

fn record(view: store::RecordView) -> RecordView {
    let store::RecordView { id, received, state, outcome, erased } = view;
    let refused = |refusal: &qadam_domain::Refusal| Cause {
        name: refusal.cause.name().to_owned(),
        field: refusal.field.clone(),
        detail: refusal.detail.clone(),
        offset: refusal.offset,
    };
    let cause = match outcome.as_ref().map(|outcome| &outcome.result) {
        Some(OutcomeResult::Refused(refusal)) => Some(refused(refusal)),
        Some(OutcomeResult::Quarantined(store::Quarantine { fault, detail })) => {
            Some(Cause { name: fault.clone(), field: String::new(), detail: detail.clone(), offset: None })
        }
        Some(OutcomeResult::Mapped(_)) => None,
        None => received.withheld.then(|| refused(&withheld())),
    };
    RecordView {
        id,
        provider: received.provider,
        sender: received.sender,
        received_at: received.at.to_string(),
        content_type: received.content_type,
        size: received.size,
        digest: HEXLOWER.encode(&received.digest),
        redacted: received.redacted,
        erased: erased.map(erasure),
        signature: None,
        outcome: state.name(),
        decided_at: outcome.as_ref().map(|outcome| outcome.at.to_string()),
        cause,
        events: outcome.as_ref().map(|outcome| outcome.events.clone()).unwrap_or_default(),
        adapter: outcome.and_then(|outcome| outcome.adapter).map(|fact| AdapterRun {
            name: fact.name,
            version: fact.version,
            contract: fact.contract,
            component: HEXLOWER.encode(&fact.component),
            configuration: HEXLOWER.encode(&fact.configuration),
        }),
    }
}

/// Why a body is not there any more.
fn erasure(erased: store::Erased) -> ErasedView {
    ErasedView {
        cause: erased.cause,
        why: erased.why,
        at: erased.at.to_string(),
        digest: HEXLOWER.encode(&erased.digest),
    }
}

fn request(view: store::RequestView) -> RequestView {
    let stage = view.stage();
    RequestView {
        id: view.id,
        provider: view.provider,
        number: view.native,
        stage,
        stage_number: stage.map(qadam_domain::Stage::number),
        stage_in_words: stage.map(|stage| labels::stage(stage).into()),
        closed: view.state.is_closed(),
        suspended: view.state.is_suspended(),
        told: None,
        missing: view.state.missing().into_iter().map(qadam_domain::FieldName::name).collect(),
        fields: FieldsView::from(&view.fields),
        events: view.state.events,
        term: None,
        history: None,
    }
}

fn event(view: store::EventView) -> EventView {
    let store::EventView { id, provider, record, recorded_at, event, anomalies, standing, certified, corrects } = view;
    let mut shown = EventView {
        id,
        provider,
        number: event.request,
        record,
        key: event.key,
        kind: "",
        stage: None,
        outcome: None,
        target: None,
        planned: None,
        ground: None,
        certified,
        certification: certification(certified),
        occurred_at: Time::from(&event.occurred_at),
        recorded_at: recorded_at.to_string(),
        native_status: event.native_status,
        actor: event.actor,
        fields: FieldsView::from(&event.fields),
        native: BTreeMap::new(),
        anomalies: anomalies.iter().map(qadam_domain::Anomaly::name).collect(),
        standing,
        corrects,
    };
    shown.set_kind(&event.kind);
    shown.set_native(event.native);
    shown
}

/// What 452-8 asks for, or its absence, in the words that stand wherever it shows.
const fn certification(certified: bool) -> &'static str {
    if certified { "certified by the provider" } else { "not certified by the provider" }
}

fn summary(provider: ProviderId, counters: &BTreeMap<String, i64>) -> Summary {
    let group = |prefix: &str| {
        let named = |(name, count): (&String, &i64)| Some((name.strip_prefix(prefix)?.to_owned(), *count));
        counters.iter().filter_map(named).filter(|(_, count)| *count != 0).collect()
    };
    Summary {
        provider,
        records: group("records."),
        requests: group("requests."),
        stages: group("stages."),
        anomalies: group("anomalies."),
        anomalous_requests: group("anomalous."),
        events: counters.get("events").copied().unwrap_or(0),
    }
}

fn adapter(status: AdapterStatus) -> AdapterView {
    let hex = |digest: Option<[u8; 32]>| digest.map(|digest| HEXLOWER.encode(&digest)).unwrap_or_default();
    let (last_fault_at, last_fault) = status.last_fault.unzip();
    let (load_error_at, load_error) = status.load_error.unzip();
    AdapterView {
        provider: status.provider,
        service: status.service.name(),
        generation: status.generation,
        adapter: status.name.map(|name| AdapterRun {
            name,
            version: status.version.unwrap_or_default(),
            contract: qadam_engine::CONTRACT.to_owned(),
            component: hex(status.component),
            configuration: hex(status.configuration),
        }),
        signature: status
            .component
            .map(|_| status.provenance.as_ref().map_or_else(|| "none".to_owned(), |provenance| provenance.signature())),
        commissioned: status.component.map(|_| status.provenance.is_some()),
        package: status.provenance.as_ref().map(|provenance| HEXLOWER.encode(&provenance.package)),
        distrusted: status.distrusted,
        candidate: status.candidate.map(commission::candidate).map(Box::new),
        limits: status.limits.map(|limits| limits.iter().map(|(limit, value)| (limit.name(), value)).collect()),
        loaded_at: status.loaded_at.map(|at| at.to_string()),
        loaded_by: status.loaded_by,
        previous: status.previous.map(|previous| EarlierView {
            name: previous.name,
            version: previous.version,
            component: HEXLOWER.encode(&previous.component),
        }),
        last_fault,
        last_fault_at: last_fault_at.map(|at| at.to_string()),
        load_error,
        load_error_at: load_error_at.map(|at| at.to_string()),
    }
}
