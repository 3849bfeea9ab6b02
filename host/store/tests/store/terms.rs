//! Claims about terms: what requests are judged by, marks, and what is counted.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::date};
use qadam_domain::{
    EventKind, EventRef, Stage,
    breach::{Blame, Outage},
    report::{Assessed, Breach, By, Key, Month},
};
use qadam_store::{
    ContestedFact, Counted, OpenTerm, Reference, ReferenceFact, ReportedFact, Settled, Store, StoreConfig, verify,
};

use crate::common::{at, config, event, found, provider, receive, store};

/// A store with one request.
fn one(folder: &std::path::Path) -> (Store, EventRef) {
    let store = store(folder);
    let taken = receive(&store, &["1"]);
    store
        .record(
            &provider(),
            vec![found(*taken.first().unwrap(), vec![event("r", "a", EventKind::Stage(Stage::Accepted), 20)])],
        )
        .unwrap();
    let request = store.unsettled(None, 10).unwrap().first().unwrap().0;
    (store, request)
}

fn another_event(store: &Store) {
    let taken = receive(store, &["2"]);
    store
        .record(
            &provider(),
            vec![found(*taken.first().unwrap(), vec![event("r", "b", EventKind::Stage(Stage::Executed), 30)])],
        )
        .unwrap();
}

fn january() -> Month {
    Month::of(date(2026, 1, 1))
}

fn key() -> Key {
    Key { level: None, provider: "permits".into(), service: "s".into() }
}

fn assessed(breach: Option<Breach>) -> Assessed {
    Assessed { key: key(), has_passport: true, taken: date(2026, 1, 9), finished: None, breach }
}

fn counted(assessed: Assessed, open: Option<OpenTerm>) -> Counted {
    let due = open.map(|open| open.due);
    let (provider, judged_at) = (provider(), at(2_000));
    Counted { provider, assessed: Some(assessed), open, due, again: None, reported_late: false, judged_at }
}

fn open(due: &str) -> OpenTerm {
    let due: Timestamp = due.parse().unwrap();
    OpenTerm { due, missed: january(), blame: Blame::Provider, contested: false }
}

fn settle(store: &Store, request: EventRef, counted: &Counted) {
    let marks = store.unsettled(None, 10).unwrap();
    let mark = marks.first().map_or(0, |(_, mark)| *mark);
    let settled = Settled { request, mark, counted: counted.clone(), months: BTreeSet::from([january()]) };
    store.settle(&[settled]).unwrap();
}

#[test]
fn a_request_that_changed_while_it_was_judged_stays_marked() {
    let folder = tempfile::tempdir().unwrap();
    let (store, request) = one(folder.path());
    let (_, mark) = store.unsettled(None, 10).unwrap()[0];
    another_event(&store);
    let counted = counted(assessed(None), None);
    let months = BTreeSet::from([january()]);
    store.settle(&[Settled { request, mark, counted: counted.clone(), months }]).unwrap();
    assert!(store.is_marked(request).unwrap());
    settle(&store, request, &counted);
    assert_eq!(store.unsettled(None, 10).unwrap(), []);
    assert_eq!(store.uneven().unwrap(), 0);
}

#[test]
fn an_open_request_is_a_breach_once_the_clock_says_so_and_no_more_when_it_was_finished_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let (store, request) = one(folder.path());
    settle(&store, request, &counted(assessed(None), Some(open("2026-01-16T19:00:00Z"))));
    let breaches = |when: &str| {
        let tally = store.tally(january(), when.parse().unwrap()).unwrap();
        let figures = tally.cells().next().unwrap().1.figures();
        (figures.requests, figures.breaches, figures.total_minutes)
    };
    assert_eq!(breaches("2026-01-16T19:00:00Z"), (1, 0, 0), "the last instant is in time");
    assert_eq!(breaches("2026-01-16T19:00:00.000000001Z"), (1, 1, 1), "a minute begun");
    assert_eq!(breaches("2026-01-16T21:00:01Z"), (1, 1, 121));
    let after = "2026-02-01T00:00:00Z".parse().unwrap();
    let overdue = store.overdue(after, None, 10).unwrap();
    assert_eq!(overdue.iter().map(|item| item.native.as_str()).collect::<Vec<_>>(), ["r"]);
    assert_eq!(store.count_overdue(after, Some(&provider())).unwrap(), 1);
    settle(&store, request, &counted(assessed(None), None));
    assert_eq!(breaches("2026-02-01T00:00:00Z"), (1, 0, 0));
    assert_eq!(store.count_overdue(after, None).unwrap(), 0);
    assert_eq!(store.uneven().unwrap(), 0);
}

#[test]
fn what_a_request_was_counted_as_comes_out_when_it_is_counted_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let (store, request) = one(folder.path());
    let breach =
        |minutes, by| Breach { missed: date(2026, 1, 17), minutes, by, blame: Blame::Gateway, contested: false };
    for (minutes, by) in [(5, By::Computed), (7, By::Reported), (5, By::Computed)] {
        settle(&store, request, &counted(assessed(Some(breach(minutes, by))), None));
        let tally = store.tally(january(), at(0)).unwrap();
        let figures = tally.cells().next().unwrap().1.figures();
        assert_eq!((figures.breaches, figures.total_minutes, figures.requests), (1, minutes, 1));
        let (_, totals) = store.totals().unwrap()[0];
        assert_eq!((totals.requests, totals.computed), (1, i64::from(by == By::Computed)));
        assert_eq!(store.uneven().unwrap(), 0);
    }
    assert_eq!(store.members(january()).unwrap(), [request]);
}

#[test]
fn counted_anew_every_request_is_marked_and_by_what_it_was_counted_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (store, request) = one(folder.path());
    settle(&store, request, &counted(assessed(None), Some(open("2026-01-16T19:00:00Z"))));
    store.settle_by(b"rules").unwrap();
    assert_eq!(store.settled_by().unwrap().as_deref(), Some(&b"rules"[..]));
    assert_eq!(store.recount().unwrap(), 1);
    assert_eq!(store.settled_by().unwrap(), None);
    assert!(store.is_marked(request).unwrap() && store.counted(request).unwrap().is_none());
    assert_eq!(store.tally(january(), at(4_000_000_000)).unwrap().cells().count(), 0);
    assert_eq!(store.uneven().unwrap(), 0);
}

#[test]
fn changes_contests_and_reports_are_there_after_a_restart_and_the_index_is_what_a_rebuilt_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let (store, request) = one(folder.path());
    let outage = Outage {
        id: "outage-1".into(),
        system: "gateway".into(),
        maintainer: "NIT".into(),
        from: at(10),
        until: None,
        declared: at(20),
    };
    let fact = |set| ReferenceFact { set, who: "k1".into(), why: "announced".into(), at: at(20) };
    let first = store.set_reference(fact(Reference::Outage(outage.clone()))).unwrap();
    let ended = Outage { until: Some(at(30)), ..outage };
    store.set_reference(fact(Reference::Outage(ended.clone()))).unwrap();
    settle(&store, request, &counted(assessed(None), None));
    let contested =
        ContestedFact { provider: provider(), request, who: "k2".into(), claims: Some(Blame::Gateway), at: at(40) };
    store.contest(contested, "the gateway was down").unwrap();
    assert!(store.is_marked(request).unwrap(), "a contested request is judged anew");
    let report = ReportedFact { month: january(), as_of: at(50), report: b"{}".to_vec(), at: at(51) };
    store.keep_report(report.clone()).unwrap();
    drop(store);
    let verdict = verify(&config(folder.path()), |_, _| {}).unwrap();
    assert_eq!(verdict.differing, 0, "what follows the index by a while is not compared");
    let store = Store::open(&StoreConfig { ..config(folder.path()) }).unwrap();
    let later = store.references(first).unwrap();
    assert_eq!(later.len(), 1, "those after the first");
    assert_eq!(later[0].1.set, Reference::Outage(ended));
    let contests = store.contests(request).unwrap();
    assert_eq!((contests[0].by.as_str(), contests[0].reason.as_str()), ("k2", "the gateway was down"));
    assert_eq!(store.reports(Some(january())).unwrap()[0].1, report);
    assert_eq!(store.reports(january().after()).unwrap(), []);
    assert_eq!(store.last_reported().unwrap(), Some(january()));
}

#[test]
fn a_history_tells_when_each_event_became_known() {
    let folder = tempfile::tempdir().unwrap();
    let (store, request) = one(folder.path());
    another_event(&store);
    let history = store.term_history(request).unwrap().unwrap();
    assert_eq!((history.native.as_str(), history.events.len()), ("r", 2));
    assert!(history.events.iter().all(|told| told.known == at(1_001) && told.dropped.is_none()));
    assert_eq!(history.events[1].event.occurred_at.instant, at(30));
}
