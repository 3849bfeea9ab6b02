use jiff::Timestamp;
use qadam_domain::{Correction, NativeValue, PersonName, Prolongation, RefusalCause, Stage, Withdrawal, Zone};

use super::*;
use crate::golden::Record;

fn sample(bodies: &[&str]) -> Sample {
    let record = |(at, body): (usize, &&str)| Record {
        place: format!("week.csv.lines line {}", at + 1),
        content_type: "text/csv",
        body: body.as_bytes().to_vec(),
    };
    Sample {
        name: "week".into(),
        records: bodies.iter().enumerate().map(record).collect(),
        settings: Default::default(),
        expected: String::new(),
    }
}

fn moment(offset: Option<i32>) -> Moment {
    let instant: Timestamp = "2026-03-02T05:00:00Z".parse().unwrap();
    let zone = offset.is_none().then(|| Zone::named("Asia/Almaty").unwrap());
    Moment { instant, offset, zone, literal: "02.03.2026 10:00".into() }
}

fn event(kind: EventKind) -> Event {
    Event {
        request: "R-17".into(),
        key: None,
        kind,
        occurred_at: moment(Some(-12_600)),
        native_status: "done".into(),
        actor: None,
        fields: Fields::default(),
        native: vec![],
    }
}

#[test]
fn only_what_is_set_stands_there_a_value_a_line() {
    let mut whole = event(EventKind::Closed(Closing::Refused(Some("late".into()))));
    whole.key = Some("k\"1\\".into());
    whole.native = vec![NativeValue { name: "отдел".into(), value: "a\nb\u{7}".into() }];
    whole.fields.executor = Update::Cleared;
    whole.fields.intake_at = Update::Set(moment(None));
    let name = PersonName { surname: "Өтебаев".into(), given_name: "Ғали".into(), patronymic: None };
    whole.fields.recipient = Update::Set(RecipientName::Person(name));
    let refusal = Refusal::new(RefusalCause::Malformed, "STATUS", "wrong", Some(2));
    let outcomes: [Outcome<()>; 3] = [Outcome::Mapped(vec![whole]), Outcome::Refused(refusal), Outcome::Mapped(vec![])];
    let text = text(&sample(&["x", "R-Қ", "z"]), &outcomes).unwrap();
    let expected = r#"# Written by `qadam adapter test --update`. Review it as you review code.

# week.csv.lines line 1
[[record]]

[[record.event]]
request = "R-17"
key = "k\"1\\"
stage = "closed"
outcome = "refused"
outcome-reason = "late"
occurred-at = { literal = "02.03.2026 10:00", instant = "2026-03-02T05:00:00Z", offset = "-03:30" }
native-status = "done"
native = [
  ["отдел", "a\nb\u0007"],
]
[record.event.fields]
recipient = { surname = "Өтебаев", given-name = "Ғали" }
intake-at = { literal = "02.03.2026 10:00", instant = "2026-03-02T05:00:00Z", zone = "Asia/Almaty" }
executor = { cleared = true }

# week.csv.lines line 2
[[record]]
[record.refused]
cause = "malformed"
field = "STATUS"
detail = "wrong"
offset = 2
there-stands = "Қ"

# week.csv.lines line 3
[[record]]
events = [] # nothing to report
"#;
    assert_eq!(text, expected);
}

#[test]
fn every_kind_of_event_is_toml_of_its_own() {
    let (ground, reason) = (Some("by law".to_owned()), Some("typed wrongly".to_owned()));
    let corrected = |stage, outcome| Correction { event: "k".into(), stage, outcome, reason: reason.clone() };
    let kinds = [
        EventKind::Stage(Stage::Accepted),
        EventKind::Closed(Closing::Issued),
        EventKind::Closed(Closing::Unstated),
        EventKind::Update,
        EventKind::Suspended(ground.clone()),
        EventKind::Suspended(None),
        EventKind::Resumed(ground.clone()),
        EventKind::Prolonged(Prolongation { planned: moment(None), ground: ground.clone() }),
        EventKind::Reopened(ground),
        EventKind::Withdrawn(Withdrawal { event: "k".into(), reason: reason.clone() }),
        EventKind::Correction(corrected(None, None)),
        EventKind::Correction(corrected(Some(Stage::Closed), Some(Closing::Issued))),
    ];
    let mut seen = Vec::new();
    for kind in kinds {
        let text = text::<()>(&sample(&["x"]), &[Outcome::Mapped(vec![event(kind.clone())])]).unwrap();
        toml::from_str::<toml::Table>(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(!seen.contains(&text), "{kind:?} cannot be told apart");
        seen.push(text);
    }
}

#[test]
fn a_fault_is_never_what_is_expected() {
    assert_eq!(text(&sample(&["x"]), &[Outcome::Fault("trap")]), None);
}
