//! What a message says happened: stages by the table, and the other kinds of the contract.

use qadam_sdk::{Correction, EventKind, Outcome, Prolongation, RecordError, Stage, TextUpdate, Withdrawal};

use crate::messages::{event, map, place, refusal, silent, status, updated, with};

fn stage(word: &str, elements: &str) -> EventKind {
    event(status(word, elements)).kind
}

#[test]
fn the_six_stages_come_from_the_table() {
    for (words, stage_of_law) in [
        (vec!["CREATED", "REGISTERED", "ACCEPTED"], Stage::Accepted),
        (vec!["SENT", "LAUNCHED"], Stage::SentForExecution),
        (vec!["IN_PROCESSING", "IN_PROGRESS", "STARTED"], Stage::TakenIntoWork),
        (vec!["COMPLETED", "FINISHED", "APPROVED"], Stage::Executed),
        (vec!["READY"], Stage::AwaitingIssue),
        (vec!["HANDED"], Stage::Closed(Outcome::Issued)),
        (vec!["CANCELLED", "CANCELED"], Stage::Closed(Outcome::Unstated)),
    ] {
        for word in words {
            let event = event(status(word, ""));
            assert_eq!(event.kind, EventKind::Stage(stage_of_law.clone()), "{word}");
            assert_eq!(event.native_status, word);
        }
    }
}

#[test]
fn a_negative_resolution_closes_the_request_as_refused_with_its_reason() {
    let message = |word| {
        let reason = "<negativeResolutionReasonTextRu> Не хватает копии </negativeResolutionReasonTextRu>";
        status(word, reason).replace("NO_RESOLUTION", "NEGATIVE")
    };
    for word in ["COMPLETED", "HANDED", "REJECTED"] {
        let outcome = Outcome::Refused(Some("Не хватает копии".to_owned()));
        assert_eq!(event(message(word)).kind, EventKind::Stage(Stage::Closed(outcome)), "{word}");
    }
    assert_eq!(stage("REJECTED", ""), EventKind::Stage(Stage::Closed(Outcome::Refused(None))));
    let positive = status("COMPLETED", "").replace("NO_RESOLUTION", "POSITIVE");
    assert_eq!(event(positive).kind, EventKind::Stage(Stage::Executed));
}

#[test]
fn an_unknown_status_is_refused_at_its_place_and_never_taken_for_a_stage() {
    for word in ["QUEUED", "in_processing", "В обработке"] {
        let message = status(word, "");
        let expected = RecordError::unknown_native_status("processing_status", word);
        let at = place(&message, "<updatedValues>").expect("stands there");
        assert_eq!(refusal(message), expected.at(at as usize));
    }
}

#[test]
fn a_message_without_a_status_is_an_update_of_what_it_states() {
    let event = event(silent(""));
    assert_eq!((event.kind, event.native_status.as_str()), (EventKind::Update, "NOTIFICATION"));
    assert_eq!(event.fields.executor, TextUpdate::set("Маман-01"));
    assert_eq!(stage("WAITING_FOR_PAYMENT", ""), EventKind::Update);
}

#[test]
fn the_coarse_status_serves_where_there_is_no_fine_one() {
    let element = "<processingStatus>IN_PROGRESS</processingStatus>";
    assert_eq!(event(silent(element)).kind, EventKind::Stage(Stage::TakenIntoWork));
}

#[test]
fn suspension_and_resumption_are_flags_with_their_ground() {
    let ground = updated("suspensionStatusInfo", "string", "Запрошен документ");
    let said = Some("Запрошен документ".to_owned());
    let flag = |value| event(silent(&format!("{}{ground}", updated("isSuspended", "boolean", value))));
    let suspended = flag("true");
    assert_eq!(
        (&suspended.kind, suspended.native_status.as_str()),
        (&EventKind::Suspended(said.clone()), "isSuspended=true")
    );
    assert_eq!(flag("0").kind, EventKind::Resumed(said));
    assert!(matches!(refusal(silent(&updated("isSuspended", "boolean", "да"))), RecordError::Malformed(_)));
    assert_eq!(stage("SUSPENDED", &updated("isSuspended", "boolean", "true")), EventKind::Suspended(None));
}

#[test]
fn a_flag_beside_a_status_is_an_event_of_its_own_under_the_message_s_id() {
    let events = map(status("ACCEPTED", &updated("cancelState", "string", "CANCELLED"))).expect("is mapped");
    let keys: Vec<_> = events.iter().map(|event| event.key.as_deref().expect("has a key")).collect();
    assert_eq!(keys, ["5a3f0000-0000-4000-8000-000000000901", "5a3f0000-0000-4000-8000-000000000901/cancelled"]);
    assert_eq!(events[0].kind, EventKind::Stage(Stage::Accepted));
    assert_eq!(events[1].kind, EventKind::Stage(Stage::Closed(Outcome::Unstated)));
    assert_eq!(events[1].fields, qadam_sdk::Fields::unchanged(), "the first event says what the message says");
    assert!(matches!(
        refusal(silent(&updated("cancelState", "string", "MAYBE"))),
        RecordError::UnknownNativeStatus(unknown) if unknown.field == "cancelState"
    ));
}

#[test]
fn a_prolongation_needs_its_new_date() {
    let message = status("PROLONGED", &updated("deadline", "date", "2024-03-20"));
    let EventKind::Prolonged(Prolongation { planned, ground }) = event(message).kind else { panic!("is prolonged") };
    assert_eq!((planned.literal.as_str(), ground), ("2024-03-20", None));
    assert_eq!(planned.instant.seconds, 1_710_961_199, "the last second of that day at its place");
    assert!(matches!(refusal(status("PROLONGED", "")), RecordError::UnreadableTime(_)));
}

#[test]
fn a_reopening_is_a_kind_of_its_own() {
    assert_eq!(stage("REOPENED", ""), EventKind::Reopened(None));
}

#[test]
fn a_message_may_correct_or_take_back_an_earlier_one() {
    let property = |key: &str| format!("</sender><properties><key>{key}</key><value>m-1</value></properties>");
    let corrects = event(with("</sender>", &property("CORRECTS_MESSAGE_ID")));
    let correction = Correction { event: "m-1".to_owned(), stage: Some(Stage::TakenIntoWork), reason: None };
    assert_eq!(corrects.kind, EventKind::Correction(correction));
    let withdraws = event(with("</sender>", &property("WITHDRAWS_MESSAGE_ID")));
    assert_eq!(withdraws.kind, EventKind::Withdrawn(Withdrawal { event: "m-1".to_owned(), reason: None }));
    let both = status("SUSPENDED", "").replace("</sender>", &property("CORRECTS_MESSAGE_ID"));
    assert!(matches!(refusal(both), RecordError::Other(_)));
}
