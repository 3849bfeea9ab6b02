//! Each rule of the mapping.

use permits_xes::PermitsXes;
use qadam_sdk::{
    Adapter, Channel, ChannelUpdate, EventKind, Fields, Moment, MomentUpdate, NativeValue, Outcome, RecipientName,
    RecipientUpdate, Stage, TextUpdate, testing,
};

use crate::fragments::{DATA, EVENT, activity, closing, event, map, windows_1251, with};

fn moment(literal: &str) -> Moment {
    Moment::from_rfc3339(literal, Some("Europe/Amsterdam")).expect("a time")
}

#[test]
fn an_activity_becomes_its_stage_with_key_time_actor_and_native_values() {
    let event = event(activity());
    assert_eq!(event.request, "permit-2012-041");
    assert_eq!(event.key.as_deref(), Some("step-7001"));
    assert_eq!(event.kind, EventKind::Stage(Stage::TakenIntoWork));
    assert_eq!(event.occurred_at, moment("2012-03-12T09:00:00.250+01:00"));
    assert_eq!(event.occurred_at.offset, Some(3600));
    assert_eq!(event.occurred_at.zone.as_deref(), Some("Europe/Amsterdam"));
    assert_eq!(event.native_status, "T06 Determine necessity of stop advice");
    assert_eq!(event.actor.as_deref(), Some("Clerk-07"));
    let native = [
        ("enddate_planned", "2012-04-30T00:00:00.000+02:00"),
        ("department", "General"),
        ("org:group", "Group 1"),
        ("lifecycle:transition", "complete"),
    ];
    assert_eq!(event.native, native.map(|(name, value)| NativeValue::new(name, value)));
}

#[test]
fn every_record_sets_all_fields_that_it_has() {
    let expected = Fields {
        recipient: RecipientUpdate::Set(RecipientName::person("Қайыпов", "Әнуар", Some("Ғалымұлы".to_owned()))),
        identification_number: TextUpdate::set("070315299986"),
        intake_place: TextUpdate::set("Internet"),
        intake_at: MomentUpdate::Set(moment("2012-03-12T00:00:00.000+01:00")),
        executor: TextUpdate::set("Clerk-01"),
        planned_at: MomentUpdate::Set(moment("2012-04-23T00:00:00.000+02:00")),
        channel: ChannelUpdate::Set(Channel::Portal),
        ..Fields::unchanged()
    };
    assert_eq!(event(activity()).fields, expected);
}

#[test]
fn the_closing_record_closes_at_its_enddate() {
    let event = event(closing());
    assert_eq!(event.kind, EventKind::Stage(Stage::Closed(Outcome::Unstated)));
    assert_eq!(event.key.as_deref(), Some("permit-2012-041/closing"));
    assert_eq!(event.native_status, "enddate");
    assert_eq!(event.actor, None);
    assert_eq!(event.occurred_at, moment("2012-04-02T16:30:00.000+02:00"));
    assert_eq!(event.fields.completed_at, MomentUpdate::Set(event.occurred_at.clone()));
    assert_eq!(event.fields.executor, TextUpdate::set("Clerk-01"));
}

#[test]
fn every_activity_of_the_log_has_the_stage_of_its_number() {
    for name in ACTIVITIES {
        let number: u8 = name.get(1..3).and_then(|number| number.parse().ok()).unwrap_or(1);
        let stage = match number {
            1 => Stage::Accepted,
            2..=5 => Stage::SentForExecution,
            14 => Stage::Executed,
            15 => Stage::AwaitingIssue,
            _ => Stage::TakenIntoWork,
        };
        let event = event(with("T06 Determine necessity of stop advice", name));
        assert_eq!((event.kind, event.native_status.as_str()), (EventKind::Stage(stage), name));
    }
}

#[test]
fn the_channel_is_named_by_the_law_and_kept_as_the_place() {
    for (word, channel) in [
        ("Internet", Channel::Portal),
        ("Desk", Channel::Provider),
        ("Post", Channel::Other("Post".to_owned())),
        ("e-mail", Channel::Other("e-mail".to_owned())),
        ("Intern", Channel::Other("Intern".to_owned())),
    ] {
        let fields = event(with(r#""Internet""#, &format!("\"{word}\""))).fields;
        assert_eq!(fields.channel, ChannelUpdate::Set(channel));
        assert_eq!(fields.intake_place, TextUpdate::set(word));
    }
}

#[test]
fn a_patronymic_may_be_missing_and_a_name_may_have_one_part() {
    let patronymic = r#"<string key="applicant:patronymic" value="Ғалымұлы"/>"#;
    let expected = RecipientUpdate::Set(RecipientName::person("Қайыпов", "Әнуар", None));
    assert_eq!(event(with(patronymic, "")).fields.recipient, expected);
    let surname = r#"<string key="applicant:surname" value="Қайыпов"/>"#;
    let expected = RecipientUpdate::Set(RecipientName::FullName("Әнуар".to_owned()));
    assert_eq!(event(with(surname, "")).fields.recipient, expected);
}

#[test]
fn a_legal_entity_goes_before_the_person_who_came_for_it() {
    let entity =
        r#"<string key="applicant:org" value="«Іргетас» ЖШС"/><string key="applicant:bin" value="990140999995"/>"#;
    let fields = event(with("<event>", &format!("{entity}<event>"))).fields;
    assert_eq!(fields.recipient, RecipientUpdate::Set(RecipientName::LegalEntity("«Іргетас» ЖШС".to_owned())));
    assert_eq!(fields.identification_number, TextUpdate::set("990140999995"));
}

#[test]
fn what_is_missing_or_blank_is_left_unchanged() {
    let bare =
        format!(r#"<trace><string key="concept:name" value="p"/><string key="responsible" value=" "/>{EVENT}</trace>"#);
    assert_eq!(event(bare).fields, Fields::unchanged());
    let event = event(with(r#"value="step-7001""#, r#"value="""#));
    assert_eq!(event.key, None);
}

#[test]
fn the_service_name_is_configuration() {
    let setting = "service-name";
    let named = testing::with_config(&[(setting, "Экологиялық рұқсат беру")], || {
        let batch = vec![testing::record(activity()), testing::record("no fragment"), testing::record(closing())];
        let mapped = PermitsXes::map(batch);
        assert!(mapped[1].is_err());
        (mapped[0].clone(), mapped[2].clone(), PermitsXes::map_record(&testing::record(activity())))
    });
    for answer in [named.0, named.1, named.2] {
        assert_eq!(answer.expect("is mapped")[0].fields.service_name, TextUpdate::set("Экологиялық рұқсат беру"));
    }
    assert_eq!(event(activity()).fields.service_name, TextUpdate::Unchanged);
    assert_eq!(PermitsXes::describe().settings[0].key, setting);
}

#[test]
fn several_events_of_one_trace_are_mapped_in_order() {
    let second = EVENT.replace("step-7001", "step-7002");
    let events = map(format!("<trace>{DATA}{EVENT}{second}</trace>")).expect("is mapped");
    let keys: Vec<_> = events.iter().filter_map(|event| event.key.as_deref()).collect();
    assert_eq!(keys, ["step-7001", "step-7002"]);
}

#[test]
fn an_activity_beside_an_enddate_sets_field_8_and_closes_nothing() {
    let both = with("<event>", r#"<date key="enddate" value="2012-04-02T16:30:00+02:00"/><event>"#);
    let event = event(both);
    assert_eq!(event.kind, EventKind::Stage(Stage::TakenIntoWork));
    assert_eq!(event.fields.completed_at, MomentUpdate::Set(moment("2012-04-02T16:30:00+02:00")));
}

#[test]
fn marks_white_space_declarations_comments_and_foreign_attributes_are_borne() {
    let plain = event(activity());
    for body in [
        format!("\u{FEFF}{}", activity()),
        format!(" \r\n\t{}\r\n", activity()),
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", activity()),
        format!("\u{FEFF} <?xml version='1.0'?><!-- sent by night --><?a b?>{}<!-- -->", activity()),
        activity().replace("<trace>", "<trace xmlns=\"http://www.xes-standard.org/\">"),
        activity().replace("/><", "/>\n  <"),
        activity().replace('"', "'"),
        with(
            "<event>",
            r#"<string key="note" value="x"><string key="nested" value="y"/></string><list key="l"/><event>"#,
        ),
        with("<event>", r#"<string key="applicant:address" value="somewhere"/><event>"#),
        with(r#"value="Clerk-01"/>"#, r#"value="Clerk-01"></string>"#),
        with("Clerk-01", "&#67;lerk&#x2D;01"),
    ] {
        assert_eq!(event(body.clone()), plain, "{body}");
    }
}

#[test]
fn references_and_spaces_in_values_are_read_as_xml_reads_them() {
    let event = event(with("Clerk-01", " A &amp; B &lt;&quot;&apos;&gt;\n0"));
    assert_eq!(event.fields.executor, TextUpdate::set(" A & B <\"'> 0"));
}

#[test]
fn a_declared_code_page_is_read() {
    let text = format!("<?xml version='1.0' encoding='windows-1251'?>{}", activity());
    let text = text.replace("Қайыпов", "Каипов").replace("Әнуар", "Ануар").replace("Ғалымұлы", "Галымулы");
    let recipient = event(windows_1251(&text)).fields.recipient;
    let expected = RecipientName::person("Каипов", "Ануар", Some("Галымулы".to_owned()));
    assert_eq!(recipient, RecipientUpdate::Set(expected));
}

const ACTIVITIES: [&str; 27] = [
    "Confirmation of receipt",
    "T02 Check confirmation of receipt",
    "T03 Adjust confirmation of receipt",
    "T04 Determine confirmation of receipt",
    "T05 Print and send confirmation of receipt",
    "T06 Determine necessity of stop advice",
    "T07-1 Draft intern advice aspect 1",
    "T07-2 Draft intern advice aspect 2",
    "T07-3 Draft intern advice hold for aspect 3",
    "T07-4 Draft internal advice to hold for type 4",
    "T07-5 Draft intern advice aspect 5",
    "T08 Draft and send request for advice",
    "T09-1 Process or receive external advice from party 1",
    "T09-2 Process or receive external advice from party 2",
    "T09-3 Process or receive external advice from party 3",
    "T09-4 Process or receive external advice from party 4",
    "T10 Determine necessity to stop indication",
    "T11 Create document X request unlicensed",
    "T12 Check document X request unlicensed",
    "T13 Adjust document X request unlicensed",
    "T14 Determine document X request unlicensed",
    "T15 Print document X request unlicensed",
    "T16 Report reasons to hold request",
    "T17 Check report Y to stop indication",
    "T18 Adjust report Y to stop indicition",
    "T19 Determine report Y to stop indication",
    "T20 Print report Y to stop indication",
];
