//! What a message says of the request's data.

use qadam_sdk::{
    Channel, ChannelUpdate, Fields, MomentUpdate, RecipientName, RecipientUpdate, RecordError, TextUpdate,
};

use crate::messages::{NOTIFICATION, PULLED, REQUEST, event, place, refusal, replaced, silent, status, updated};

fn seconds(update: &MomentUpdate) -> i64 {
    match update {
        MomentUpdate::Set(moment) => moment.instant.seconds,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_sets_what_it_carries_and_leaves_the_rest() {
    let event = event(REQUEST);
    assert_eq!((event.request.as_str(), event.actor.as_deref()), ("001024000902", Some("EGOV_PORTAL")));
    assert_eq!(seconds(&event.fields.intake_at), 1_710_739_198);
    assert_eq!(seconds(&event.fields.planned_at), 1_711_393_199);
    let expected = Fields {
        recipient: RecipientUpdate::Set(RecipientName::person("Үлгібаев", "Ғани", None)),
        identification_number: TextUpdate::set("991231599997"),
        service_name: TextUpdate::set("Выдача справок по опеке и попечительству"),
        intake_place: TextUpdate::set("EGOV_PORTAL"),
        channel: ChannelUpdate::Set(Channel::Portal),
        provider_bin: TextUpdate::set("990140999995"),
        service_code: TextUpdate::set("REQUEST_FORM_CHILDREN_TURN"),
        composite_reference: TextUpdate::set("2400902"),
        intake_at: event.fields.intake_at.clone(),
        planned_at: event.fields.planned_at.clone(),
        ..Fields::unchanged()
    };
    assert_eq!(event.fields, expected);
}

#[test]
fn a_status_alone_leaves_what_it_does_not_carry_unchanged() {
    let event = event(PULLED);
    assert_eq!(event.fields, Fields { completed_at: event.fields.completed_at.clone(), ..Fields::unchanged() });
    assert_eq!(seconds(&event.fields.completed_at), 1_710_820_740);
}

#[test]
fn blank_says_nothing_and_only_an_explicit_statement_clears() {
    let executor = |element: &str| {
        let known = "<serviceProviderAssigneeFullName>Маман-01</serviceProviderAssigneeFullName>";
        event(replaced(NOTIFICATION, known, element)).fields.executor
    };
    let nil = "<serviceProviderAssigneeFullName xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'/>";
    for blank in [
        "",
        "<serviceProviderAssigneeFullName/>",
        "<serviceProviderAssigneeFullName> \n</serviceProviderAssigneeFullName>",
    ] {
        assert_eq!(executor(blank), TextUpdate::Unchanged, "{blank}");
    }
    for cleared in [
        nil,
        "<deletedValues>executorOrg</deletedValues>",
        "<updatedValues><code>executorOrg</code></updatedValues>",
        "<updatedValues><code>executorOrg</code><values/></updatedValues>",
    ] {
        assert_eq!(executor(cleared), TextUpdate::Cleared, "{cleared}");
    }
    assert_eq!(event(silent("<deletedValues>deadline</deletedValues>")).fields.planned_at, MomentUpdate::Cleared);
    let origin = "<deletedValues>requestOriginSystemId</deletedValues>";
    assert_eq!(event(silent(origin)).fields.channel, ChannelUpdate::Cleared);
    let name = "<deletedValues>requesterLastName</deletedValues>";
    assert_eq!(event(silent(name)).fields.recipient, RecipientUpdate::Cleared);
}

#[test]
fn an_item_of_a_dictionary_is_named_for_people_and_coded_for_machines() {
    let item = "<updatedValues><code>executorOrg</code><values><domainItemData><code>X-1</code>\
                <ruValue>Отдел образования</ruValue></domainItemData></values></updatedValues>";
    let without = "<serviceProviderAssigneeFullName>Маман-01</serviceProviderAssigneeFullName>";
    let event = event(replaced(&status("STARTED", item), without, ""));
    assert_eq!(event.fields.executor, TextUpdate::set("Отдел образования"));
    assert_eq!(event.native_status, "STARTED");
}

#[test]
fn each_channel_is_named_by_the_system_of_origin() {
    for (system, channel) in [
        ("EGOV_PORTAL", Channel::Portal),
        ("REGIONAL_GATEWAY", Channel::Provider),
        ("IIS_CON", Channel::StateCorporation),
        ("KIOSK", Channel::Other("KIOSK".to_owned())),
    ] {
        let element = format!("<requestOriginSystemId>{system}</requestOriginSystemId>");
        assert_eq!(event(silent(&element)).fields.channel, ChannelUpdate::Set(channel));
    }
}

#[test]
fn a_legal_entity_is_known_by_its_number_and_a_person_by_one_name_if_there_is_but_one() {
    let entity =
        silent("<requesterBin>990140999995</requesterBin>").replace("<requesterIin>850228298198</requesterIin>", "");
    assert_eq!(event(entity).fields.identification_number, TextUpdate::set("990140999995"));
    let one = event(silent("<requesterFirstName>Үміт</requesterFirstName>")).fields.recipient;
    assert_eq!(one, RecipientUpdate::Set(RecipientName::FullName("Үміт".to_owned())));
}

#[test]
fn times_are_those_of_almaty_before_and_after_its_clocks_were_put_back() {
    let at = |literal: &str| event(replaced(NOTIFICATION, "2024-03-18T10:15:00+05:00", literal)).occurred_at;
    for (literal, instant, offset) in [
        ("2024-02-29T10:00:00+06:00", 1_709_179_200, Some(21_600)),
        ("2024-02-29T10:00:00", 1_709_179_200, None),
        ("2024-03-01T10:00:00", 1_709_269_200, None),
        ("2024-03-01T10:00:00.250+05:00", 1_709_269_200, Some(18_000)),
        ("2024-03-01T11:00:00+06:00", 1_709_269_200, Some(21_600)),
        ("2024-03-01T05:00:00Z", 1_709_269_200, Some(0)),
    ] {
        let moment = at(literal);
        assert_eq!((moment.instant.seconds, moment.offset), (instant, offset), "{literal}");
        assert_eq!((moment.literal.as_str(), moment.zone.as_deref()), (literal, Some("Asia/Almaty")));
    }
}

#[test]
fn a_term_of_the_day_with_twenty_five_hours_ends_with_it() {
    let planned = |day| event(status("STARTED", &updated("deadline", "date", day))).fields.planned_at;
    assert_eq!(seconds(&planned("2024-02-29")), 1_709_233_199, "23:59:59 for the second time, +05");
    assert_eq!(seconds(&planned("2024-02-28")), 1_709_143_199);
    assert_eq!(seconds(&planned("2024-03-20+05:00")), seconds(&planned("2024-03-20")));
}

#[test]
fn an_unreadable_time_is_refused_at_its_place() {
    for wrong in ["18.03.2024", "2024-02-30", "soon"] {
        let message = status("STARTED", &updated("deadline", "date", wrong));
        let at = place(&message, "<updatedValues><code>deadline");
        match refusal(message) {
            RecordError::UnreadableTime(problem) => {
                assert_eq!((problem.field.as_str(), problem.offset), ("deadline", at))
            }
            other => panic!("{other:?}"),
        }
    }
    let message = replaced(NOTIFICATION, "2024-03-18T10:15:00+05:00", "2024-03-18");
    assert_eq!(event(message).occurred_at.instant.seconds, 1_710_702_000, "a day is taken at its beginning");
}

#[test]
fn what_stands_beside_the_event_is_a_closed_list() {
    let native = event(NOTIFICATION).native;
    let names: Vec<_> = native.iter().map(|native| native.name.as_str()).collect();
    assert_eq!(names, ["correlationId", "messageType", "processingStatus", "resolutionType", "status-ru"]);
    let everything = format!("{:?}", event(NOTIFICATION));
    assert!(!everything.contains("not-a-secret") && !everything.contains("sample-login"));
}
