//! What the operator sets.

use education_shep::EducationShep;
use qadam_sdk::{Adapter, Channel, ChannelUpdate, EventKind, RecordError, Stage, testing};

use crate::messages::{NOTIFICATION, event, refusal, silent, status, updated, with};

#[test]
fn the_operator_s_tables_go_before_the_embedded_ones() {
    testing::with_config(&[("statuses", "IN_PROCESSING = executed\nDONE = awaiting-issue\nSENT = unknown")], || {
        assert_eq!(event(NOTIFICATION).kind, EventKind::Stage(Stage::Executed));
        assert_eq!(event(status("DONE", "")).kind, EventKind::Stage(Stage::AwaitingIssue));
        assert_eq!(event(status("READY", "")).kind, EventKind::Stage(Stage::AwaitingIssue), "embedded");
        assert!(matches!(refusal(status("SENT", "")), RecordError::UnknownNativeStatus(_)), "taken out");
    });
    testing::with_config(&[("statuses", "[REQUEST_FORM_CHILDREN_TURN]\nCOMPLETED = awaiting-issue")], || {
        let of = |service| event(status("COMPLETED", &format!("<serviceType>{service}</serviceType>"))).kind;
        assert_eq!(of("REQUEST_FORM_CHILDREN_TURN"), EventKind::Stage(Stage::AwaitingIssue));
        assert_eq!(of("REQUEST_FORM_CHILDREN_PROPERTY"), EventKind::Stage(Stage::Executed));
    });
    testing::with_config(&[("sources", "plan_day = planned-at"), ("channels", "KIOSK = provider")], || {
        let elements = format!(
            "{}<requestOriginSystemId>KIOSK</requestOriginSystemId>",
            updated("plan_day", "date", "2024-03-20")
        );
        let fields = event(silent(&elements)).fields;
        assert!(format!("{:?}", fields.planned_at).contains("2024-03-20"));
        assert_eq!(fields.channel, ChannelUpdate::Set(Channel::Provider));
    });
}

#[test]
fn zone_and_service_of_the_gateway_can_be_set() {
    let local = with("2024-03-18T10:15:00+05:00", "2020-03-18T10:15:00");
    let almaty = event(local.clone()).occurred_at.instant.seconds;
    testing::with_config(&[("zone", "Asia/Oral")], || {
        let moment = event(local).occurred_at;
        assert_eq!((moment.instant.seconds - almaty, moment.zone.as_deref()), (3600, Some("Asia/Oral")));
    });
    testing::with_config(&[("gateway-service", "OTHER")], || {
        assert!(matches!(refusal(NOTIFICATION), RecordError::Other(_)));
        assert!(event(with("MON_ES_REQUEST_FORM_IMPORT", "OTHER")).key.is_some());
    });
}

#[test]
fn a_setting_that_cannot_be_used_is_asked_for_by_its_fault_and_refuses_no_record() {
    for (key, value, fault) in [
        ("statuses", "A = taken", "`statuses`, line 1: `taken` is not among accepted"),
        ("sources", "A", "`sources`, line 1: expected `NAME = VALUE`"),
        ("channels", "A = B", "`channels`, line 1: `B` is not among portal"),
        ("zone", "Asia/Zhambyl", "`zone`: `Asia/Zhambyl` is no IANA time zone"),
    ] {
        testing::with_config(&[(key, value)], || {
            let required: Vec<_> =
                EducationShep::describe().settings.into_iter().filter(|setting| setting.required).collect();
            assert_eq!(required.len(), 1);
            assert!(required[0].key.starts_with(fault), "{}", required[0].key);
            let (answers, lines) = testing::with_log(|| EducationShep::map(vec![testing::record(NOTIFICATION)]));
            assert_eq!((answers.len(), lines.len()), (0, 1), "a fault of the adapter: the record waits");
        });
    }
    assert!(EducationShep::describe().settings.iter().all(|setting| !setting.required));
}
