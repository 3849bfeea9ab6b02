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
    /// What the provider promises, where that is another day.
    pub(crate) other_promise: Option<Zoned>,
    pub(crate) standing: Standing,
    /// What the service is called, in Kazakh, Russian and English.
    services: [Option<String>; 3],
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
            other_promise: other_promise(view),
            standing,
            services: Lang::ALL
                .map(|lang| by_passport(view, lang).or(view.fields.service_name.as_deref()).map(ToOwned::to_owned)),
        }
    }

    /// What the service is called.
    pub(crate) fn service(&self, lang: Lang) -> Option<&str> {
        let [kk, ru, en] = &self.services;
        match lang {
            Lang::Kk => kk.as_deref(),
            Lang::Ru => ru.as_deref(),
            Lang::En => en.as_deref(),
        }
    }
}

/// The date, and how the request stands: by the computed date, and where no passport gives one by what the provider
/// reports.
fn term(view: &RequestView) -> (Option<Promise>, Standing) {
    let Some(term) = view.term.as_deref().filter(|term| term.planned.is_some()) else { return by_report(view) };
    let due = term.planned.as_ref().and_then(|planned| planned.due.as_ref());
    let promise = due.and_then(|due| zoned(&due.local, &due.instant)).map(|at| Promise { at, is_reported: false });
    let standing = match (term.overdue.is, term.overdue.seconds) {
        ("running", Some(left)) => Standing::Running(left),
        ("overdue", Some(by)) => Standing::Overdue(by),
        ("in-time", _) => Standing::InTime,
        ("late", Some(by)) => Standing::Late(by),
        ("suspended", _) => Standing::Suspended,
        _ => Standing::Unknown,
    };
    (promise, standing)
}

/// By fields 7 and 8; where a request is finished and field 8 is missing, by the event that finished it.
fn by_report(view: &RequestView) -> (Option<Promise>, Standing) {
    let term = view.term.as_deref();
    let promised = view.fields.planned_at.as_ref();
    let promise = promised.and_then(local).map(|at| Promise { at, is_reported: true });
    let completed = view.fields.completed_at.as_ref().filter(|_| view.closed).and_then(instant);
    let finished = || term?.overdue.finished.as_ref()?.instant.parse().ok();
    let (planned, finished) = (promised.and_then(instant), completed.or_else(finished));
    let as_of = term.and_then(|term| term.as_of.instant.parse::<Timestamp>().ok());
    let seconds = |apart: jiff::SignedDuration| apart.unsigned_abs().as_secs();
    let standing = match (planned, finished, as_of) {
        (Some(planned), Some(finished), _) if finished > planned => {
            Standing::Late(seconds(finished.duration_since(planned)).max(1))
        }
        (Some(_), Some(_), _) => Standing::InTime,
        // The provider did not say when a request that is closed was finished.
        _ if view.closed => Standing::Unknown,
        _ if view.suspended => Standing::Suspended,
        (Some(planned), None, Some(as_of)) if as_of > planned => {
            Standing::Overdue(seconds(as_of.duration_since(planned)).max(1))
        }
        (Some(planned), None, Some(as_of)) => Standing::Running(seconds(planned.duration_since(as_of))),
        _ => Standing::Unknown,
    };
    (promise, standing)
}

/// What the provider promises, where that is another day than the computed one.
fn other_promise(view: &RequestView) -> Option<Zoned> {
    let term = view.term.as_deref().filter(|term| term.planned.is_some())?;
    let differs = matches!(term.compared, Some("reported-later" | "reported-earlier"));
    let promised = term.promised.as_ref().filter(|_| differs)?;
    zoned(&promised.local, &promised.instant)
}

/// What the service is called by its passport, in the language or else in Russian.
fn by_passport(view: &RequestView, lang: Lang) -> Option<&str> {
    let names = &view.term.as_deref()?.service.as_ref()?.names;
    names.get(lang.name()).or_else(|| names.get("ru"))?.as_str()
}

fn instant(time: &Time) -> Option<Timestamp> {
    time.instant.parse().ok()
}

/// A time as the clocks of its place showed it.
pub(crate) fn local(time: &Time) -> Option<Zoned> {
    zoned(&time.local, &time.instant)
}

fn zoned(local: &str, instant: &str) -> Option<Zoned> {
    local.parse().ok().or_else(|| instant.parse::<Timestamp>().ok().map(|at| at.to_zoned(TimeZone::UTC)))
}
