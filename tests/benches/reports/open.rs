//! Requests that are really there: what is open and late is listed by what the provider calls it.

use qadam_domain::{Event, EventKind, EventRef, Fields, Moment, Policy, ProviderId, Stage, ValidatedEvent};
use qadam_store::{Found, FoundResult, NewRecord, Received, Store, sha256};

use crate::rows;

/// Records that are received with one write.
const STEP: u64 = 1_000;

/// Makes so many requests of one event each, and gives their names in the index.
pub(crate) fn requests(store: &Store, count: u64) -> Vec<EventRef> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for first in (0..count).step_by(usize::try_from(STEP).unwrap()) {
        let numbers = first..count.min(first + STEP);
        let taken = runtime.block_on(store.receive(numbers.clone().map(record).collect(), None)).unwrap();
        store.wait_applied(store.health().entries).unwrap();
        let found = taken.into_iter().zip(numbers).map(|(taken, number)| Found {
            record: taken.id.seq,
            received_at: rows::now(),
            at: rows::now(),
            adapter: None,
            late_after: None,
            result: FoundResult::Mapped(vec![event(number)]),
        });
        store.record(&provider(), found.collect()).unwrap();
    }
    store.request_refs(None, usize::MAX).unwrap()
}

fn provider() -> ProviderId {
    "bench".parse().unwrap()
}

fn record(number: u64) -> NewRecord {
    let body = format!("record {number}");
    let received = Received {
        provider: provider(),
        sender: "key".into(),
        at: rows::now(),
        content_type: "text/plain".into(),
        digest: sha256(body.as_bytes()),
        size: body.len() as u64,
        redacted: vec![],
        kept: None,
        signed: None,
        withheld: false,
    };
    NewRecord { received, body: body.into(), signature: None }
}

fn event(number: u64) -> ValidatedEvent {
    let at = rows::now();
    let event = Event {
        request: format!("N-{number}"),
        key: None,
        kind: EventKind::Stage(Stage::Accepted),
        occurred_at: Moment { instant: at, offset: None, zone: None, literal: at.to_string() },
        native_status: "accepted".into(),
        actor: None,
        fields: Fields::default(),
        native: vec![],
    };
    ValidatedEvent::check(event, &Policy::default()).unwrap()
}
