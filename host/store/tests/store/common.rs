//! What the tests share: one provider, its records and their events.

use std::path::Path;

use jiff::Timestamp;
use qadam_domain::{Event, EventKind, Fields, Moment, Policy, ProviderId, Update, ValidatedEvent};
use qadam_store::{Found, FoundResult, NewRecord, Received, Store, StoreConfig, Taken, sha256};

pub(crate) fn config(folder: &Path) -> StoreConfig {
    StoreConfig { segment_bytes: 1 << 16, ..StoreConfig::in_folder(folder) }
}

pub(crate) fn provider() -> ProviderId {
    "permits".parse().unwrap()
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::new(second, 0).unwrap()
}

pub(crate) fn record(body: &str) -> NewRecord {
    let received = Received {
        provider: provider(),
        sender: "key".into(),
        at: at(1_000),
        content_type: "text/plain".into(),
        digest: sha256(body.as_bytes()),
        size: body.len() as u64,
        redacted: vec![],
        kept: None,
        signed: None,
        withheld: false,
    };
    NewRecord { received, body: body.to_owned().into(), signature: None }
}

pub(crate) fn event(request: &str, key: &str, kind: EventKind, second: i64) -> ValidatedEvent {
    let moment = |second| Moment { instant: at(second), offset: None, zone: None, literal: second.to_string() };
    let event = Event {
        request: request.into(),
        key: Some(key.into()),
        kind,
        occurred_at: moment(second),
        native_status: format!("status of {key}"),
        actor: None,
        fields: Fields {
            identification_number: Update::Set("061211600012".into()),
            intake_at: Update::Set(moment(10)),
            ..Fields::default()
        },
        native: vec![],
    };
    ValidatedEvent::check(event, &Policy::default()).unwrap()
}

pub(crate) fn found(taken: Taken, events: Vec<ValidatedEvent>) -> Found {
    Found {
        record: taken.id.seq,
        received_at: at(1_000),
        at: at(1_001),
        adapter: None,
        late_after: None,
        result: FoundResult::Mapped(events),
    }
}

pub(crate) fn receive(store: &Store, bodies: &[&str]) -> Vec<Taken> {
    let records = bodies.iter().map(|body| record(body)).collect();
    let taken = block_on(store.receive(records, None)).unwrap();
    store.wait_applied(store.health().entries).unwrap();
    taken
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn store(folder: &Path) -> Store {
    Store::open(&config(folder)).unwrap()
}
