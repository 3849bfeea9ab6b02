//! Another store behind the host's own handler: ports of which only receiving does anything.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use qadam_domain::{
    DestinationId, EventId, MessageId, ProviderId, RecordId, RequestId,
    breach::{Blame, Outage, Rules},
    calendar::Edit,
    ids::Cursor,
    passport::Passport,
    report::Month,
};
use qadam_monitor::{
    ApiLimits,
    access::{Caller, Role},
    ports::{
        AdapterError, OutcomeFilter, PortError, Ports, RequestQuery, Submission, Taken,
        acts::{ActView, Acts, Asking, Body},
        backup::{BackupOrder, Backups, ExtentView},
        commission::{BenchView, Commissions, PilotView, Promotion, PromotionView, StepView},
        evidence::{Archive, Evidence, MessageQuery, MessageView},
        feed::{Feed, Part},
        gateway::{Gateway, GatewayAnswer},
        inspect::{Inspect, InspectedView, ReplayRefused, ReplayView},
        queue::{
            AttemptView, BroughtReceipt, DeadLetterView, ItemView, Queue, QueueDone, QueueError, QueueOrder,
            QueueQuery, QueueView, WaitingMessages,
        },
        remap::{PreviewView, RemapError, Remaps, Selection},
        terms::{
            AsOf, AuditView, CalendarView, Changing, KeptReportView, Monthly, NewOutage, OverdueQuery, OverdueSummary,
            PassportView, TermRefusal, Terms,
        },
        watch::Watch,
    },
    reports::{Meta, OverdueList},
    router,
    status::StatusView,
    view::{AdapterView, EventView, Page, Readiness, RecordView, RequestView, Summary},
};

/// Where records are kept; durable when it answers.
pub(crate) trait Sink: Send + Sync + 'static {
    /// One record: its number, and whether it was there before.
    fn keep<'a>(&'a self, submission: &'a Submission, body: Bytes) -> BoxFuture<'a, Result<(u64, bool), PortError>>;
}

/// The host's API over a sink.
pub(crate) fn over(sink: impl Sink) -> axum::Router {
    router(Arc::new(Rival(sink)), ApiLimits::default())
}

struct Rival<S>(S);

fn nothing<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable("a rival only receives".into()))
}

impl<S: Sink> Evidence for Rival<S> {
    fn messages(&self, _: &MessageQuery, _: Option<Cursor>, _: usize) -> Result<Page<MessageView>, PortError> {
        nothing()
    }

    fn archive(&self, _: EventId) -> Result<Archive, PortError> {
        nothing()
    }

    fn stamp(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

impl<S: Sink> Queue for Rival<S> {
    fn queue(&self) -> Result<QueueView, PortError> {
        nothing()
    }

    fn queue_items(&self, _: &QueueQuery, _: Option<Cursor>, _: usize) -> Result<Page<ItemView>, PortError> {
        nothing()
    }

    fn dead_letters(&self, _: &QueueQuery, _: usize) -> Result<Vec<DeadLetterView>, PortError> {
        nothing()
    }

    fn attempts(&self, _: MessageId, _: usize) -> Result<Option<Vec<AttemptView>>, PortError> {
        nothing()
    }

    fn order(&self, _: &QueueOrder) -> Result<QueueDone, QueueError> {
        Ok(nothing()?)
    }

    fn waiting<'a>(
        &'a self,
        _: &'a DestinationId,
        _: Option<&'a ProviderId>,
        _: Option<Cursor>,
        _: usize,
        _: &'a str,
    ) -> BoxFuture<'a, Result<WaitingMessages, QueueError>> {
        Box::pin(async { Ok(nothing()?) })
    }

    fn acknowledge(&self, _: BroughtReceipt) -> BoxFuture<'_, Result<AttemptView, QueueError>> {
        Box::pin(async { Ok(nothing()?) })
    }
}

fn no_terms<T>() -> Result<T, TermRefusal> {
    nothing().map_err(TermRefusal::Port)
}

impl<S: Sink> Terms for Rival<S> {
    fn monthly(&self, _: Month, _: Option<AsOf>) -> Result<Monthly, TermRefusal> {
        no_terms()
    }

    fn kept_reports(&self) -> Result<Vec<KeptReportView>, PortError> {
        nothing()
    }

    fn audit(&self) -> Result<AuditView, PortError> {
        nothing()
    }

    fn overdue(&self, _: &OverdueQuery) -> Result<(OverdueList, Meta), TermRefusal> {
        no_terms()
    }

    fn overdue_summary(&self, _: Option<&ProviderId>, _: Option<Timestamp>) -> Result<OverdueSummary, TermRefusal> {
        no_terms()
    }

    fn services(&self, _: Option<AsOf>) -> Result<Vec<PassportView>, TermRefusal> {
        no_terms()
    }

    fn put_service(&self, _: Passport, _: Changing) -> Result<Passport, TermRefusal> {
        no_terms()
    }

    fn calendar(&self, _: Option<i16>, _: Option<AsOf>) -> Result<CalendarView, TermRefusal> {
        no_terms()
    }

    fn edit_calendar(&self, _: Vec<Edit>, _: Changing) -> Result<(), TermRefusal> {
        no_terms()
    }

    fn rules(&self) -> Result<Rules, PortError> {
        nothing()
    }

    fn set_rules(&self, _: Rules, _: Changing) -> Result<(), TermRefusal> {
        no_terms()
    }

    fn outages(&self) -> Result<Vec<Outage>, PortError> {
        nothing()
    }

    fn declare_outage(&self, _: NewOutage, _: String) -> Result<Outage, TermRefusal> {
        no_terms()
    }

    fn end_outage(&self, _: &str, _: Option<Timestamp>, _: Changing) -> Result<Outage, TermRefusal> {
        no_terms()
    }

    fn contest(&self, _: RequestId, _: Option<Blame>, _: Changing) -> Result<(), TermRefusal> {
        no_terms()
    }
}

impl<S: Sink> Ports for Rival<S> {
    fn caller(&self, _: &[u8; 32]) -> Option<Caller> {
        Some(Caller { key: "operator-1".into(), role: Role::Operator, provider: None })
    }

    fn knows(&self, _: &ProviderId) -> bool {
        true
    }

    fn submit(&self, submission: Submission) -> BoxFuture<'_, Result<Vec<Taken>, PortError>> {
        Box::pin(async move {
            let mut taken = Vec::with_capacity(submission.records.len());
            for record in &submission.records {
                let (seq, duplicate) = self.0.keep(&submission, record.body.clone()).await?;
                taken.push(Taken { id: RecordId { epoch: 1, seq }, duplicate });
            }
            Ok(taken)
        })
    }

    fn decided<'a>(
        &'a self,
        _: &'a ProviderId,
        _: &'a [RecordId],
        _: Duration,
    ) -> BoxFuture<'a, Result<bool, PortError>> {
        Box::pin(async { nothing() })
    }

    fn record(&self, _: RecordId) -> Result<Option<RecordView>, PortError> {
        nothing()
    }

    fn records(
        &self,
        _: &ProviderId,
        _: Option<OutcomeFilter>,
        _: Option<Cursor>,
        _: usize,
    ) -> Result<Page<RecordView>, PortError> {
        nothing()
    }

    fn request(&self, _: RequestId) -> Result<Option<RequestView>, PortError> {
        nothing()
    }

    fn requests(&self, _: &RequestQuery, _: Option<Cursor>, _: usize) -> Result<Page<RequestView>, PortError> {
        nothing()
    }

    fn find(&self, _: &str) -> Result<Vec<RequestView>, PortError> {
        nothing()
    }

    fn events(&self, _: Option<&ProviderId>, _: Option<Cursor>, _: usize) -> Result<Page<EventView>, PortError> {
        nothing()
    }

    fn summary(&self, _: Option<&ProviderId>) -> Result<Vec<Summary>, PortError> {
        nothing()
    }

    fn adapters(&self) -> Vec<AdapterView> {
        Vec::new()
    }

    fn load_adapter(&self, _: &ProviderId, _: &[u8], _: &str, _: &str) -> Result<AdapterView, AdapterError> {
        Ok(nothing()?)
    }

    fn rollback_adapter(&self, _: &ProviderId, _: &str, _: &str) -> Result<AdapterView, AdapterError> {
        Ok(nothing()?)
    }

    fn unload_adapter(&self, _: &ProviderId, _: &str, _: &str) -> Result<AdapterView, AdapterError> {
        Ok(nothing()?)
    }

    fn resume(&self, _: &ProviderId, _: &str, _: &str) -> Result<bool, PortError> {
        nothing()
    }

    fn quarantine(&self, _: Option<&ProviderId>, _: usize) -> Result<Vec<RecordView>, PortError> {
        nothing()
    }

    fn remap(&self, _: &[RecordView], _: &str, _: &str) -> Result<(), PortError> {
        nothing()
    }

    fn readiness(&self) -> Readiness {
        Readiness {
            ready: true,
            reasons: Vec::new(),
            entries: 0,
            applied: 0,
            waiting: 0,
            journal_bytes: 0,
            index_bytes: 0,
        }
    }

    fn metrics(&self) -> String {
        String::new()
    }
}

impl<S: Sink> Acts for Rival<S> {
    fn asked(&self, _: &Asking) -> Result<(), PortError> {
        nothing()
    }

    fn acts(&self, _: Option<&str>, _: Option<Cursor>, _: usize) -> Result<Page<ActView>, PortError> {
        nothing()
    }

    fn all_acts(&self, _: Option<Cursor>, _: usize) -> Result<Page<ActView>, PortError> {
        nothing()
    }

    fn body(&self, _: RecordId) -> Result<Option<Body>, PortError> {
        nothing()
    }
}

impl<S: Sink> Backups for Rival<S> {
    fn begin_backup(&self, _: &BackupOrder) -> Result<ExtentView, PortError> {
        nothing()
    }
}

impl<S: Sink> Inspect for Rival<S> {
    fn inspect(&self, _: &ProviderId) -> Option<InspectedView> {
        None
    }

    fn replay(&self, _: RecordId, _: Option<&[u8]>, _: &str, _: &str) -> Result<ReplayView, ReplayRefused> {
        Err(ReplayRefused::NotFound)
    }
}

impl<S: Sink> Commissions for Rival<S> {
    fn pilot_adapter(&self, _: &ProviderId, _: bool, _: &str, _: &str) -> Result<AdapterView, AdapterError> {
        Ok(nothing()?)
    }

    fn pilot_report(&self, _: &ProviderId) -> Result<PilotView, AdapterError> {
        Ok(nothing()?)
    }

    fn bench_adapter(&self, _: &ProviderId, _: u64, _: &str, _: &str) -> Result<BenchView, AdapterError> {
        Ok(nothing()?)
    }

    fn promote_adapter(&self, _: &Promotion, _: &str, _: &str) -> Result<PromotionView, AdapterError> {
        Ok(nothing()?)
    }

    fn retire_adapter(&self, _: &ProviderId, _: &str, _: &str, _: &str) -> Result<AdapterView, AdapterError> {
        Ok(nothing()?)
    }

    fn adapter_history(&self, _: &ProviderId) -> Result<Vec<StepView>, AdapterError> {
        Ok(nothing()?)
    }
}

impl<S: Sink> Remaps for Rival<S> {
    fn preview(&self, _: &Selection) -> Result<PreviewView, RemapError> {
        Ok(nothing()?)
    }

    fn remap_as_previewed(&self, _: &Selection, _: &str, _: &str, _: &str) -> Result<usize, RemapError> {
        Ok(nothing()?)
    }
}

impl<S: Sink> Gateway for Rival<S> {
    fn gateway_told(&self, _: &[u8], _: &str) -> Result<GatewayAnswer, PortError> {
        nothing()
    }
}

impl<S: Sink> Feed for Rival<S> {
    fn feed(&self, _: Option<&ProviderId>, _: Cursor, _: usize) -> Result<Option<Part>, PortError> {
        nothing()
    }

    fn progress(&self) -> tokio::sync::watch::Receiver<u64> {
        tokio::sync::watch::Sender::new(0).subscribe()
    }
}

impl<S: Sink> Watch for Rival<S> {
    fn status(&self) -> Result<StatusView, PortError> {
        nothing()
    }
}
