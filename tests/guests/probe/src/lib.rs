//! Fixture of the tests: an adapter that gives any event of the contract when asked, and misbehaves when asked.
//!
//! # Records
//!
//! A record is one line. Its parts are separated by `;`: a *pair* `name=value`, or a *mark*, a bare word. Events of one
//! record are separated by `|`; each has pairs of its own. `request=R1;key=a;stage=2;at=2024-05-01T10:00:00+05:00`
//!
//! | pair | what it says |
//! |---|---|
//! | `request`, `key`, `at`, `zone`, `status`, `actor` | as in the contract; `status` is the kind where absent |
//! | `stage=1`…`6` | stage; of 6, `outcome=issued`, `unstated`, `refused` or `refused:REASON` |
//! | `kind=` | `update`, `suspended`, `resumed`, `prolonged`, `reopened`, `withdrawn`, `correction`; absent: a stage, or an update |
//! | `target`, `planned`, `ground` | key of the event corrected or withdrawn; new planned date; ground or reason |
//! | `person=SURNAME,NAME[,PATRONYMIC]`, `full-name`, `entity`; `recipient=-` | field 1 |
//! | `number`, `service`, `place`, `intake`, `executor`, `plan`, `done` | fields 2 to 8 |
//! | `channel`, `bin`, `code`, `composite` | what stands beside them |
//! | `native.NAME` | a native value |
//!
//! A field whose value is `-` is cleared. A part that starts with `#` is a remark.
//!
//! # Marks
//!
//! `HEARTBEAT` gives no event. `STATE` adds, as native values, how many calls and records this instance has seen. `LOG`
//! writes the whole record to the log, as no adapter should. `TELL` refuses the record and repeats it whole in the error.
//! The others misbehave: `TRAP` panics, `SPIN` loops for ever, `BOMB` eats memory, `FLOOD` gives a giant answer, `SHORT` an
//! answer without this record's result, `EMPTY` an event without request.
//!
//! # Characters
//!
//! The bytes of `CHARACTER` stand in the component as they stand here, so that a test makes another adapter of it by
//! replacing them: one of another digest, as an author's mended version has. `hostile`, as built, does what the marks ask
//! for; `mended!` ignores those that misbehave, and the setting `broken`. Under that setting, `all`, a hostile one panics on
//! everything. `failing` panics when it is asked what it is.

mod line;

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
};

use qadam_sdk::{Adapter, Description, Event, NativeRecord, NativeValue, RecordError, Setting, config, log};

/// The adapter.
#[derive(Debug)]
pub struct Probe;

/// What is replaced to make another adapter of the component.
static CHARACTER: [u8; 22] = *b"probe-adapter: hostile";

/// Calls of `map`, and records, that this instance has seen. A host that keeps an instance would show it.
static CALLS: AtomicU64 = AtomicU64::new(0);
static RECORDS: AtomicU64 = AtomicU64::new(0);

const BROKEN: &str = "broken";

fn hostile() -> bool {
    // The compiler must not know the bytes.
    black_box(&CHARACTER).ends_with(b"hostile")
}

impl Adapter for Probe {
    fn describe() -> Description {
        if black_box(&CHARACTER).ends_with(b"failing") {
            trap();
        }
        let broken = Setting::optional(BROKEN, "`all`: panics on everything.");
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), ["text/plain"], vec![broken])
    }

    fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
        let text =
            std::str::from_utf8(&record.body).map_err(|error| RecordError::malformed("record", error.to_string()))?;
        let marks = line::marks(text);
        let records = RECORDS.fetch_add(1, Ordering::Relaxed) + 1;
        if marks.contains(&"LOG") {
            log::error(text);
        }
        if marks.contains(&"TELL") {
            return Err(RecordError::other(text, text));
        }
        if marks.contains(&"HEARTBEAT") {
            return Ok(Vec::new());
        }
        let mut events = line::events(text)?;
        if marks.contains(&"STATE") {
            let seen = [("calls", CALLS.load(Ordering::Relaxed)), ("records", records)];
            for event in &mut events {
                event.native.extend(seen.map(|(name, count)| NativeValue::new(name, count.to_string())));
            }
        }
        if hostile() {
            misbehave(&marks, &mut events);
        }
        Ok(events)
    }

    fn map(records: Vec<NativeRecord>) -> Vec<Result<Vec<Event>, RecordError>> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        if hostile() && config::get(BROKEN).is_some_and(|broken| broken == "all") {
            trap();
        }
        let short = |record: &NativeRecord| line::marks(&String::from_utf8_lossy(&record.body)).contains(&"SHORT");
        records.iter().filter(|record| !(hostile() && short(record))).map(Self::map_record).collect()
    }
}

qadam_sdk::export_adapter!(Probe);

#[expect(clippy::panic, reason = "that is what it is for")]
fn trap() {
    panic!("the probe was asked to panic");
}

fn misbehave(marks: &[&str], events: &mut [Event]) {
    for mark in marks {
        match *mark {
            "TRAP" => trap(),
            "SPIN" => loop {
                black_box(());
            },
            "BOMB" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1u8; 1 << 20]));
                }
            }
            "FLOOD" => {
                for event in events.iter_mut() {
                    event.native.push(NativeValue::new("flood", "x".repeat(16 << 20)));
                }
            }
            "EMPTY" => events.iter_mut().for_each(|event| event.request.clear()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qadam_sdk::{EventKind, Stage, TextUpdate, testing};

    #[test]
    fn a_line_says_what_the_contract_can() {
        let line = "request=R;stage=3;at=2024-05-01T10:00:00+05:00;number=-;# remark|request=R;kind=withdrawn;target=k;at=2024-05-01T10:00:00Z";
        let events = Probe::map_record(&testing::record(line)).expect("mapped");
        let [first, second] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(first.kind, EventKind::Stage(Stage::TakenIntoWork));
        assert_eq!(first.fields.identification_number, TextUpdate::Cleared);
        assert!(matches!(&second.kind, EventKind::Withdrawn(withdrawal) if withdrawal.event == "k"));
    }

    #[test]
    #[should_panic(expected = "asked to panic")]
    fn under_the_setting_it_panics_on_everything() {
        testing::with_config(&[(BROKEN, "all")], || Probe::map(vec![testing::record("HEARTBEAT")]));
    }
}
