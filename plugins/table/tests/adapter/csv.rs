//! Rows of a CSV.

use qadam_sdk::{
    Channel, ChannelUpdate, EventKind, MomentUpdate, Outcome, Problem, RecipientName, RecipientUpdate, RecordError,
    Stage, TextUpdate,
};

use crate::{SMALL, event, headed, map, with};

#[test]
fn a_row_becomes_a_stage_at_its_time_and_place() {
    let found = event(SMALL, "n,s,t\n17,New,02.03.2026 10:20\n");
    assert_eq!((found.request.as_str(), &found.kind), ("17", &EventKind::Stage(Stage::Accepted)));
    assert_eq!((found.native_status.as_str(), found.key.as_deref()), ("New", Some("New@02.03.2026 10:20")));
    assert_eq!(found.occurred_at.instant.seconds, 1_772_428_800);
    assert_eq!((found.occurred_at.offset, found.occurred_at.zone.as_deref()), (None, Some("Asia/Almaty")));
    assert_eq!(found.occurred_at.literal, "02.03.2026 10:20");
}

#[test]
fn a_status_is_known_whatever_its_case_and_white_space_and_no_other_is_guessed() {
    assert_eq!(event(SMALL, "n,s,t\n17, dONE ,02.03.2026 10:20\n").kind, EventKind::Stage(Stage::Executed));
    let refused = map(SMALL, "n,s,t\n17,Don,02.03.2026 10:20\n");
    assert_eq!(refused, Err(RecordError::unknown_native_status("s", "Don").at(6)));
    assert_eq!(map(SMALL, "n,s,t\n17,,02.03.2026 10:20\n"), Err(RecordError::unknown_native_status("s", "").at(6)));
}

#[test]
fn a_row_that_is_to_be_ignored_gives_nothing() {
    assert_eq!(map(SMALL, "n,s,t\n17,Ping,\n"), Ok(Vec::new()));
}

#[test]
fn a_record_of_several_rows_gives_their_events_in_order() {
    let found = map(SMALL, "n,s,t\n17,New,02.03.2026 10:20\n\n18,Done,02.03.2026 10:21\n").expect("maps");
    assert_eq!(found.iter().map(|event| event.request.as_str()).collect::<Vec<_>>(), ["17", "18"]);
}

#[test]
fn a_row_alone_is_read_where_the_mapping_has_the_columns() {
    assert_eq!(event(&headed("columns = ['n', 's', 't']"), "17,New,02.03.2026 10:20").request, "17");
}

#[test]
fn every_field_is_read_and_an_empty_cell_changes_nothing() {
    let mapping = with(
        "fields",
        "surname = 'f'\ngiven-name = 'i'\npatronymic = 'o'\nlegal-entity = 'org'\nidentification-number = 'iin'\n\
         service-name = { constant = 'Extract' }\nintake-place = 'place'\nintake-at = { column = 'in', time-format = 'dd.MM.yyyy' }\n\
         executor = 'who'\nplanned-at = { column = 'due', time-format = 'dd.MM.yyyy' }\ncompleted-at = 'done'\n\
         channel = { column = 'ch', values = { 'ЦОН' = 'state-corporation' } }\nprovider-bin = { constant = '990141999990' }\n\
         service-code = 'code'\ncomposite-reference = 'one'",
    );
    let head = "n,s,t,f,i,o,org,iin,place,in,who,due,done,ch,code,one\n";
    let full = event(
        &mapping,
        format!(
            "{head}17,Done,02.03.2026 10:20,Үлгіқызы,Әлия,,,070101299990,Taraz,01.03.2026,W,05.03.2026,02.03.2026 10:00,цон,C1,A1"
        ),
    );
    let fields = full.fields;
    assert_eq!(fields.recipient, RecipientUpdate::Set(RecipientName::person("Үлгіқызы", "Әлия", None)));
    assert_eq!(fields.identification_number, TextUpdate::set("070101299990"));
    assert_eq!(fields.service_name, TextUpdate::set("Extract"));
    assert_eq!(fields.channel, ChannelUpdate::Set(Channel::StateCorporation));
    assert_eq!((fields.service_code, fields.composite_reference), (TextUpdate::set("C1"), TextUpdate::set("A1")));
    let seconds = |update: &MomentUpdate| match update {
        MomentUpdate::Set(moment) => moment.instant.seconds,
        other => panic!("{other:?}"),
    };
    // A day is its first instant; the planned one its last second.
    assert_eq!(seconds(&fields.intake_at), 1_772_305_200);
    assert_eq!(seconds(&fields.planned_at), 1_772_305_200 + 5 * 86_400 - 1);

    let bare = event(&mapping, format!("{head}17,Done,02.03.2026 10:20,,,,«Үлгі» ЖШС,,,,,,,post,,")).fields;
    assert_eq!(bare.recipient, RecipientUpdate::Set(RecipientName::LegalEntity("«Үлгі» ЖШС".to_owned())));
    assert_eq!(bare.channel, ChannelUpdate::Set(Channel::Other("post".to_owned())));
    assert_eq!((bare.executor, bare.planned_at), (TextUpdate::Unchanged, MomentUpdate::Unchanged));
    let one_part = event(&mapping, format!("{head}17,Done,02.03.2026 10:20,,Әлия,,,,,,,,,,,")).fields;
    assert_eq!(one_part.recipient, RecipientUpdate::Set(RecipientName::FullName("Әлия".to_owned())));
}

#[test]
fn words_that_mean_nothing_are_empty_cells() {
    let mapping = headed("empty = ['нет', '-']").replace("[event]", "[fields]\nexecutor = 'x'\n[event]");
    for word in ["-", " НЕТ "] {
        let found = event(&mapping, format!("n,s,t,x\n17,New,02.03.2026 10:20,{word}"));
        assert_eq!(found.fields.executor, TextUpdate::Unchanged);
    }
}

#[test]
fn every_sort_of_event_has_its_word() {
    let mapping = with("event", "reason = 'r'\nwithdraws = 'w'\nkey = 'k'").replace(
        "'Ping' = 'ignore'",
        "'1' = 'issued'\n'2' = { is = 'refused', reason = 'r2' }\n'3' = 'closed'\n'4' = 'suspended'\n'5' = 'resumed'\n\
         '6' = 'prolonged'\n'7' = 'reopened'\n'8' = 'withdrawn'\n'9' = 'update'\n[fields]\nplanned-at = 'p'",
    );
    let kind = |status: &str| {
        event(&mapping, format!("n,s,t,r,r2,w,k,p\n17,{status},02.03.2026 10:20,why,because,K0,K1,09.03.2026 10:00"))
            .kind
    };
    let why = || Some("why".to_owned());
    assert_eq!(kind("1"), EventKind::Stage(Stage::Closed(Outcome::Issued)));
    assert_eq!(kind("2"), EventKind::Stage(Stage::Closed(Outcome::Refused(Some("because".to_owned())))));
    assert_eq!(kind("3"), EventKind::Stage(Stage::Closed(Outcome::Unstated)));
    assert_eq!(
        (kind("4"), kind("5"), kind("7")),
        (EventKind::Suspended(why()), EventKind::Resumed(why()), EventKind::Reopened(why()))
    );
    assert!(
        matches!(kind("6"), EventKind::Prolonged(new) if new.planned.literal == "09.03.2026 10:00" && new.ground == why())
    );
    assert!(matches!(kind("8"), EventKind::Withdrawn(back) if back.event == "K0" && back.reason == why()));
    assert_eq!(kind("9"), EventKind::Update);
    let without = map(&mapping, "n,s,t,r,r2,w,k,p\n17,6,02.03.2026 10:20,,,,,");
    assert_eq!(without, Err(RecordError::unreadable_time("p", "a prolongation without its new planned date").at(17)));
    let without = map(&mapping, "n,s,t,r,r2,w,k,p\n17,8,02.03.2026 10:20,,,,,");
    assert!(matches!(without, Err(RecordError::Other(Problem { field, .. })) if field == "w"));
}

#[test]
fn where_each_stage_has_its_column_a_row_gives_an_event_for_each_date() {
    let mapping = "format = 'csv'\nzone = 'Asia/Almaty'\ntime-format = 'dd.MM.yyyy'\n[event]\nrequest = 'n'\nreason = 'why'\n\
                   [stages]\naccepted = 'in'\nexecuted = 'done'\nissued = 'out'\nrefused = 'no'\n";
    let found = map(mapping, "n,in,done,out,no,why\n17,01.03.2026,03.03.2026,05.03.2026,,").expect("maps");
    let told: Vec<_> =
        found.iter().map(|event| (event.key.as_deref().unwrap(), event.native_status.as_str())).collect();
    assert_eq!(told, [("accepted", "in"), ("executed", "done"), ("issued", "out")]);
    let refused = map(mapping, "n,in,done,out,no,why\n17,01.03.2026,,,03.03.2026,incomplete").expect("maps");
    assert_eq!(
        refused.last().unwrap().kind,
        EventKind::Stage(Stage::Closed(Outcome::Refused(Some("incomplete".to_owned()))))
    );
    let none = map(mapping, "n,in,done,out,no,why\n17,,,,,");
    assert_eq!(none, Err(RecordError::unreadable_time("stages", "no stage of the row has a date").at(21)));
}

#[test]
fn the_place_of_what_is_wrong_is_counted_in_the_bytes_as_received() {
    let mapping = headed("encoding = 'kz-1048'").replace("'n'", "'№'");
    let text = "№,s,t\nӘ17,New,soon\n";
    let bytes = qadam_sdk::encoding::Encoding::Kz1048.encode(text).unwrap();
    let wrong = map(&mapping, bytes).expect_err("no time");
    assert_eq!(wrong, RecordError::unreadable_time("t", "not a time of the format `dd.MM.yyyy HH:mm`").at(6));
    let undecodable = map(&mapping, b"\x98,s,t\n").expect_err("no letter");
    assert_eq!(undecodable.offset(), Some(0));
}

#[test]
fn what_identifies_and_dates_must_be_there() {
    assert!(matches!(map(SMALL, "n,s,t\n,New,02.03.2026 10:20"), Err(RecordError::UnidentifiableRequest(_))));
    assert!(matches!(map(SMALL, "n,s,t\n17,New,"), Err(RecordError::UnreadableTime(_))));
    assert!(matches!(map(SMALL, "n,s,t\n"), Err(RecordError::Malformed(_))));
    assert!(matches!(map(SMALL, "n,s\n17,New"), Err(RecordError::Malformed(Problem { field, .. })) if field == "t"));
}

#[test]
fn what_the_host_would_not_take_is_the_row_s_fault_and_not_the_adapter_s() {
    let long = "x".repeat(257);
    assert!(matches!(map(SMALL, format!("n,s,t\n{long},New,02.03.2026 10:20")), Err(RecordError::Other(_))));
    let long = "x".repeat(4097);
    let mapping = with("fields", "executor = 'w'");
    let refused = map(&mapping, format!("n,s,t,w\n17,New,02.03.2026 10:20,{long}"));
    let expected = RecordError::other("w", "the value has 4097 bytes, the limit is 4096").at(8);
    assert_eq!(refused, Err(expected));
    let many = format!("n,s,t\n{}", "17,New,02.03.2026 10:20\n".repeat(1001));
    assert!(matches!(map(SMALL, many), Err(RecordError::Other(_))));
}
