use qadam_domain::{Channel, EventKind, Fields, Moment, NativeValue, Outcome, PersonName, RecipientName, Update, Zone};

use super::*;

fn moment(literal: &str) -> Moment {
    Moment {
        instant: literal.parse().unwrap(),
        offset: Some(5 * 3600),
        zone: Some(Zone::named("Asia/Almaty").unwrap()),
        literal: literal.to_owned(),
    }
}

fn event(kind: EventKind) -> Event {
    let name = PersonName {
        surname: "Сынақов".to_owned(),
        given_name: "Үлгі".to_owned(),
        patronymic: Some("Үлгіұлы".to_owned()),
    };
    Event {
        request: "KZ-1".to_owned(),
        key: Some("k-1".to_owned()),
        kind,
        occurred_at: moment("2026-08-28T10:00:00+05:00"),
        native_status: "ISSUED".to_owned(),
        actor: None,
        fields: Fields {
            recipient: Update::Set(RecipientName::Person(name)),
            executor: Update::Cleared,
            planned_at: Update::Set(moment("2026-09-04T18:00:00+05:00")),
            channel: Update::Set(Channel::Other("kiosk".to_owned())),
            ..Fields::default()
        },
        native: ["a", "a", "b"]
            .map(|name| NativeValue { name: name.to_owned(), value: format!("value of {name}") })
            .to_vec(),
    }
}

fn written(event: &Event) -> Vec<u8> {
    let adapter = Adapter {
        name: "permits-xes".to_owned(),
        version: "0.1.0".to_owned(),
        contract: "qadam:adapter@0.1.0".to_owned(),
        component: "0".repeat(64),
        configuration: "1".repeat(64),
    };
    document(&RecordedEvent {
        id: EventId { epoch: 1, seq: 7, index: 0 },
        provider: &"permits".parse().unwrap(),
        record: RecordId { epoch: 1, seq: 6 },
        record_digest: [0xab; 32],
        kept_digest: None,
        received_at: "2026-08-28T05:00:01Z".parse().unwrap(),
        recorded_at: "2026-08-28T05:00:02.5Z".parse().unwrap(),
        event,
        adapter: &adapter,
        corrects: None,
        certified: false,
    })
    .unwrap()
}

#[test]
fn the_documents_bytes_are_these() {
    let event = event(EventKind::Closed(Outcome::Refused(Some("ground".to_owned()))));
    let expected = concat!(
        r#"{"format":"qadam-event/1","id":"evt_0000008000000000003g000","provider":"permits","number":"KZ-1","#,
        r#""record":"rec_00000080000000000030","#,
        r#""record_digest":"abababababababababababababababababababababababababababababababab","#,
        r#""received_at":"2026-08-28T05:00:01Z","recorded_at":"2026-08-28T05:00:02.5Z","certified":false,"#,
        r#""adapter":{"name":"permits-xes","version":"0.1.0","contract":"qadam:adapter@0.1.0","#,
        r#""component":"0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""configuration":"1111111111111111111111111111111111111111111111111111111111111111"},"#,
        r#""key":"k-1","kind":"stage","stage":"closed","outcome":"refused","ground":"ground","#,
        r#""occurred_at":{"instant":"2026-08-28T05:00:00Z","local":"2026-08-28T10:00:00+05:00[Asia/Almaty]","#,
        r#""literal":"2026-08-28T10:00:00+05:00","offset":"+05:00","zone":"Asia/Almaty"},"native_status":"ISSUED","#,
        r#""fields":{"recipient":"Сынақов Үлгі Үлгіұлы","recipient-kind":"person","#,
        r#""recipient-name":{"surname":"Сынақов","given-name":"Үлгі","patronymic":"Үлгіұлы"},"#,
        r#""planned-at":{"instant":"2026-09-04T13:00:00Z","local":"2026-09-04T18:00:00+05:00[Asia/Almaty]","#,
        r#""literal":"2026-09-04T18:00:00+05:00","offset":"+05:00","zone":"Asia/Almaty"},"#,
        r#""channel":"other: kiosk","cleared":["executor"]},"#,
        r#""native":{"a":"value of a","a (2)":"value of a","b":"value of b"}}"#,
    );
    assert_eq!(String::from_utf8(written(&event)).unwrap(), expected);
}

#[test]
fn a_document_is_read_back_as_it_was_written() {
    for kind in [EventKind::Update, EventKind::Stage(Stage::Accepted), EventKind::Suspended(Some("s".to_owned()))] {
        let bytes = written(&event(kind));
        let parsed = Document::parse(&bytes).unwrap();
        assert_eq!(serde_json::to_vec(&parsed).unwrap(), bytes);
    }
}

#[test]
fn what_is_no_document_is_refused_without_being_quoted() {
    let error = Document::parse(br#"{"format":"qadam-event/1","id":"Secretov"}"#).unwrap_err().to_string();
    assert!(!error.contains("Secretov") && error.contains("line 1"), "{error}");
    assert!(matches!(Document::parse(br#"{"format":"qadam-event/9"}"#), Err(DocumentError::Format(_))));
    assert!(matches!(Document::parse(&vec![b' '; LIMIT + 1]), Err(DocumentError::TooLong { .. })));
}
