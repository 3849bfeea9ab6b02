use super::*;

fn instant(seconds: i64, nanoseconds: u32) -> types::Instant {
    types::Instant { seconds, nanoseconds }
}

fn at(instant: types::Instant) -> types::Moment {
    types::Moment { instant, offset: Some(18_000), zone: Some("Asia/Almaty".into()), literal: "28.08.2026".into() }
}

fn given(kind: types::EventKind) -> types::Event {
    types::Event {
        request: "r1".into(),
        key: Some("k1".into()),
        kind,
        occurred_at: at(instant(1_787_893_200, 500)),
        native_status: "Закрыто".into(),
        actor: Some("акимат".into()),
        fields: types::Fields {
            recipient: types::RecipientUpdate::Set(types::RecipientName::Person(types::PersonName {
                surname: "Өтеген".into(),
                given_name: "Ержан".into(),
                patronymic: None,
            })),
            identification_number: types::TextUpdate::Set("012345678901".into()),
            service_name: types::TextUpdate::Unchanged,
            intake_place: types::TextUpdate::Cleared,
            intake_at: types::MomentUpdate::Set(at(instant(0, 0))),
            executor: types::TextUpdate::Unchanged,
            planned_at: types::MomentUpdate::Cleared,
            completed_at: types::MomentUpdate::Unchanged,
            channel: types::ChannelUpdate::Set(types::Channel::Other("киоск".into())),
            provider_bin: types::TextUpdate::Unchanged,
            service_code: types::TextUpdate::Unchanged,
            composite_reference: types::TextUpdate::Unchanged,
        },
        native: vec![types::NativeValue { name: "step".into(), value: "T06".into() }],
    }
}

fn one(event: types::Event) -> Event {
    outcome(0, Ok(vec![event])).unwrap().unwrap().remove(0).into_event()
}

fn breach(moment: types::Moment) -> AdapterFault {
    outcome(3, Ok(vec![types::Event { occurred_at: moment, ..given(types::EventKind::Update) }])).unwrap_err()
}

#[test]
fn an_event_keeps_every_value() {
    let closed = types::Stage::Closed(types::Outcome::Refused(Some("нет подписи".into())));
    let event = one(given(types::EventKind::Stage(closed)));
    assert_eq!(event.kind, EventKind::Closed(Outcome::Refused(Some("нет подписи".into()))));
    assert_eq!((event.request.as_str(), event.key.as_deref()), ("r1", Some("k1")));
    assert_eq!(event.occurred_at.instant, Timestamp::new(1_787_893_200, 500).unwrap());
    assert_eq!(event.occurred_at.offset, Some(18_000));
    assert_eq!(event.occurred_at.zone.as_ref().map(Zone::name), Some("Asia/Almaty"));
    assert_eq!(event.fields.identification_number, Update::Set("012345678901".into()));
    assert_eq!(event.fields.intake_place, Update::Cleared);
    assert_eq!(event.fields.intake_at.value().map(|moment| moment.instant), Some(Timestamp::UNIX_EPOCH));
    assert_eq!(event.fields.planned_at, Update::Cleared);
    assert_eq!(event.fields.channel, Update::Set(Channel::Other("киоск".into())));
    assert_eq!(event.native[0].value, "T06");
}

#[test]
fn a_corrected_closing_carries_its_outcome() {
    let stage = Some(types::Stage::Closed(types::Outcome::Issued));
    let correction = types::Correction { event: "k0".into(), stage, reason: None };
    let EventKind::Correction(correction) = one(given(types::EventKind::Correction(correction))).kind else {
        panic!("another kind")
    };
    assert_eq!((correction.stage, correction.outcome), (Some(Stage::Closed), Some(Outcome::Issued)));
    let plain = types::Correction { event: "k0".into(), stage: Some(types::Stage::Executed), reason: None };
    let EventKind::Correction(plain) = one(given(types::EventKind::Correction(plain))).kind else {
        panic!("another kind")
    };
    assert_eq!((plain.stage, plain.outcome), (Some(Stage::Executed), None));
}

#[test]
fn an_instant_that_is_none_breaks_the_contract_and_names_record_and_field() {
    for wrong in [instant(0, 1_000_000_000), instant(0, u32::MAX), instant(i64::MAX, 0), instant(i64::MIN, 0)] {
        let AdapterFault::Contract { record, field, .. } = breach(at(wrong)) else { panic!("another fault") };
        assert_eq!((record, field), (Some(3), "occurred-at"));
    }
    let zoned = types::Moment { zone: Some("Asia/Atlantis".into()), ..at(instant(0, 0)) };
    assert!(breach(zoned).to_string().contains("Asia/Atlantis"));
    let far = types::Moment { offset: Some(i32::MIN), ..at(instant(0, 0)) };
    assert_eq!(breach(far).name(), "contract");
}

#[test]
fn instants_before_1970_come_through_both_ways() {
    let before = Timestamp::new(-1, -500_000_000).unwrap();
    let input = NativeInput { id: "r", content_type: "t", received_at: before, body: b"" };
    let given = native(&input).received_at;
    assert_eq!((given.seconds, given.nanoseconds), (-2, 500_000_000));
    let event = types::Event { occurred_at: at(given), ..self::given(types::EventKind::Update) };
    assert_eq!(one(event).occurred_at.instant, before);
}

#[test]
fn a_refusal_is_masked_and_an_unknown_status_named() {
    let problem = || types::Problem { field: "f".into(), detail: "number 850101199993".into(), offset: Some(9) };
    let refusal = outcome(0, Err(types::RecordError::Malformed(problem()))).unwrap().unwrap_err();
    assert_eq!((refusal.cause, refusal.offset), (RefusalCause::Malformed, Some(9)));
    assert_eq!(refusal.detail, "number 8501*****993");
    let unknown = types::UnknownStatus { status: "В пути".into(), field: "status".into(), offset: None };
    let refusal = outcome(0, Err(types::RecordError::UnknownNativeStatus(unknown))).unwrap().unwrap_err();
    assert_eq!(refusal.cause, RefusalCause::UnknownNativeStatus);
    assert!(refusal.detail.contains("В пути"), "{}", refusal.detail);
    let other = outcome(0, Err(types::RecordError::Other(problem()))).unwrap().unwrap_err();
    assert_eq!(other.cause, RefusalCause::Other);
}

#[test]
fn more_events_than_one_record_may_give_break_the_contract() {
    let events = |count| (0..count).map(|_| given(types::EventKind::Update)).collect::<Vec<_>>();
    assert_eq!(outcome(0, Ok(events(EVENTS_LIMIT))).unwrap().unwrap().len(), EVENTS_LIMIT);
    assert_eq!(outcome(0, Ok(events(EVENTS_LIMIT + 1))).unwrap_err().name(), "contract");
}
