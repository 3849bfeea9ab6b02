//! What the sentences and the page rest on, from a request as the API shows it.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use qadam_domain::{Stage, labels::Lang};

use crate::view::{EventView, RequestView, Time};

/// How a request stands against its term; whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Open, with so much time left.
    Running(u64),
    /// Open, and so much over.
    Overdue(u64),
    /// Finished in time.
    InTime,
    /// Finished so much too late.
    Late(u64),
    /// The term stands still.
    Suspended,
    /// It cannot be said.
    Unknown,
}

/// A date that a recipient can count on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    /// In local time of the place.
    pub(crate) at: Zoned,
    /// Whether it is the provider's word, since no passport gives one.
    pub(crate) is_reported: bool,
}

/// What can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) taken: Option<Zoned>,
    pub(crate) stage: Option<Stage>,
    /// When it came to that stage last; needs the history.
    pub(crate) since: Option<Zoned>,
    /// `issued`, `refused` or `unstated`, of a closed one; needs the history.
    pub(crate) outcome: Option<&'static str>,
    pub(crate) promise: Option<Promise>,
    pub(crate) standing: Standing,
    service: Option<String>,
}

impl Facts {
    /// Those of a request.
    pub(crate) fn of(view: &RequestView) -> Self {
        let reached = |event: &&EventView| event.standing && event.stage.is_some() && event.stage == view.stage;
        let events = view.history.iter().flatten().filter(reached);
        let last = events.max_by_key(|event| instant(&event.occurred_at));
        let (promise, standing) = term(view);
        Self {
            taken: view.fields.intake_at.as_ref().and_then(local),
            stage: view.stage,
            since: last.and_then(|event| local(&event.occurred_at)),
            outcome: last.filter(|_| view.closed).and_then(|event| event.outcome),
            promise,
            standing,
            service: view.fields.service_name.clone(),
        }
    }

    /// What the service is called.
    pub(crate) fn service(&self, _: Lang) -> Option<&str> {
        self.service.as_deref()
    }
}

/// The date, and how the request stands.
fn term(view: &RequestView) -> (Option<Promise>, Standing) {
    let promised = view.fields.planned_at.as_ref();
    let promise = promised.and_then(local).map(|at| Promise { at, is_reported: true });
    let completed = view.fields.completed_at.as_ref().filter(|_| view.closed);
    let standing = match (promised.and_then(instant), completed.and_then(instant)) {
        (Some(planned), Some(completed)) if completed > planned => {
            Standing::Late(completed.duration_since(planned).unsigned_abs().as_secs().max(1))
        }
        (Some(_), Some(_)) => Standing::InTime,
        _ if view.suspended => Standing::Suspended,
        _ => Standing::Unknown,
    };
    (promise, standing)
}

fn instant(time: &Time) -> Option<Timestamp> {
    time.instant.parse().ok()
}

/// A time as the clocks of its place showed it.
pub(crate) fn local(time: &Time) -> Option<Zoned> {
    time.local.parse().ok().or_else(|| instant(time).map(|at| at.to_zoned(TimeZone::UTC)))
}
