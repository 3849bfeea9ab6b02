//! The education system's notifications through the real host: samples in all six stages, credentials that are kept nowhere,
//! messages that correct, repeat or overtake each other.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::process::{Command, Stdio};

use qadam_tests::{
    components, notifications,
    notifications::{LOGIN, Message, PASSWORD, SERVICES, decided, mapped, request, sent, start, updated},
    probe::{adapter, files_with, put, record, texts},
    program::{Program, Setup},
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");
const AT: &str = "2024-05-06T10:00:00+05:00";

fn sample(name: &str) -> String {
    std::fs::read_to_string(components::workspace().join("plugins/education-shep/samples").join(name)).unwrap()
}

/// Digest of bytes by a program that is not ours.
fn sha256(program: &Program, bytes: &[u8]) -> String {
    let file = program.adapters().join("digested");
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new("sha256sum").arg(&file).stdin(Stdio::null()).output().unwrap();
    std::fs::remove_file(file).unwrap();
    String::from_utf8(output.stdout).unwrap().chars().take(64).collect()
}

#[test]
fn each_of_the_four_services_goes_through_all_six_stages_and_lacks_nothing() {
    let host = start(BINARY, "");
    let words = ["CREATED", "SENT", "IN_PROCESSING", "COMPLETED", "READY", "HANDED"];
    let stages = ["accepted", "sent-for-execution", "taken-into-work", "executed", "awaiting-issue", "closed"];
    for (at, service) in SERVICES.iter().enumerate() {
        let number = format!("00102400050{at}");
        for (place, (word, stage)) in words.iter().zip(stages).enumerate() {
            let id = format!("{number}-{place}");
            let message = Message::status(&id, &number, word, &format!("2024-05-{:02}T10:00:00+05:00", 6 + place));
            let message = match place {
                0 => message.intake(service, "EGOV_PORTAL"),
                2 => message.with("<serviceProviderAssigneeFullName>Маман-01</serviceProviderAssigneeFullName>"),
                3 => message.with("<resolutionDate>2024-05-09T09:59:00+05:00</resolutionDate>"),
                _ => message,
            };
            mapped(&host, &[message]);
            let view = request(&host, &number);
            assert_eq!((&view["stage"], &view["stage_number"]), (&json!(stage), &json!(place + 1)), "{service}");
            assert_eq!((&view["missing"], &view["events"]), (&json!([]), &json!(place + 1)), "{service}: {view}");
        }
        let view = request(&host, &number);
        assert_eq!((&view["closed"], &view["history"][5]["outcome"]), (&json!(true), &json!("issued")));
        let fields = &view["fields"];
        assert_eq!((&fields["service-code"], &fields["channel"]), (&json!(service), &json!("portal")));
        assert!(!fields["service-name"].as_str().unwrap().is_empty());
        assert_eq!(fields["planned-at"]["local"], "2024-05-20T23:59:59+05:00[Asia/Almaty]");
        assert_eq!((&fields["provider-bin"], &fields["recipient-kind"]), (&json!("990140999995"), &json!("person")));
        assert!(view["history"].as_array().unwrap().iter().all(|event| event["anomalies"] == json!([])), "{view}");
    }
}

#[test]
fn the_samples_show_real_histories_with_their_oddities_named() {
    let host = start(BINARY, "");
    let file = components::workspace().join("plugins/education-shep/samples/education.xml-lines");
    let (data, file) = (host.data(), file.to_str().unwrap().to_owned());
    let args = ["submit", "--provider", "education", "--lines", "--json", "--data", data.to_str().unwrap(), &file];
    let outcome = host.json(&args);
    assert_eq!((&outcome["received"], &outcome["duplicates"]), (&42.into(), &0.into()), "{outcome}");
    assert_eq!(outcome["refused"][0]["line"], 41);
    assert_eq!(outcome["refused"][0]["cause"], "unknown-native-status");
    host.until(|host| host.get("/v1/summary?provider=education")[0]["events"] == 40);
    let summary = &host.get("/v1/summary?provider=education")[0];
    assert_eq!(summary["requests"], json!({ "open": 6, "closed": 4, "incomplete": 1 }), "{summary}");
    assert_eq!(texts(&request(&host, "001024000108")["missing"]), ["executor", "completed-at"], "taken back at once");
    let anomalies = |number: &str| {
        let view = request(&host, number);
        let history = view["history"].as_array().unwrap().iter();
        history.flat_map(|event| texts(&event["anomalies"]).into_iter().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(anomalies("001024000101"), [""; 0], "over the change of the clocks");
    assert_eq!(anomalies("001024000106"), ["backward", "repeated"]);
    assert_eq!(anomalies("001024000107"), ["stale-zone", "stale-zone"]);
    assert_eq!(anomalies("001024000110"), ["backward", "out-of-order"]);
    let refused = request(&host, "001024000102");
    let last = &refused["history"][3];
    assert_eq!((&refused["stage"], &last["outcome"]), (&json!("closed"), &json!("refused")));
    assert_eq!(last["ground"], "Копия свидетельства о рождении не читается");
    let prolonged = request(&host, "001024000104");
    let kinds: Vec<_> = prolonged["history"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["stage", "stage", "suspended", "resumed", "prolonged", "stage"]);
    assert_eq!(prolonged["fields"]["planned-at"]["local"], "2024-03-20T23:59:59+05:00[Asia/Almaty]");
    assert_eq!((&prolonged["suspended"], &prolonged["stage"]), (&json!(false), &json!("executed")));
    let corrected = request(&host, "001024000105");
    assert_eq!(corrected["fields"]["executor"], "Маман-02");
    assert_eq!(
        (&corrected["history"][2]["standing"], &corrected["history"][3]["standing"]),
        (&json!(false), &json!(true))
    );
}

/// The credentials that a host's files hold, its log too, in letters of one byte or two.
fn credentials_in(host: &Program) -> Vec<String> {
    let spaced = |text: &str| text.chars().flat_map(|letter| [letter, '\0']).collect::<String>();
    let searched = [LOGIN.to_owned(), PASSWORD.to_owned(), spaced(LOGIN), spaced(PASSWORD)];
    searched
        .into_iter()
        .filter(|text| !files_with(host.folder(), text.trim_end_matches('\0'), &[]).is_empty())
        .collect()
}

#[test]
fn credentials_of_the_channel_are_kept_nowhere_and_the_digest_is_that_of_what_was_received() {
    let mut host = start(BINARY, "");
    let plain = Message::status("m-1", "001", "SENT", AT).envelope();
    let view = decided(&host, &plain);
    assert_eq!((&view["outcome"], texts(&view["redacted"])), (&json!("mapped"), vec!["password", "login"]));
    assert_eq!((&view["digest"], &view["size"]), (&sha256(&host, plain.as_bytes()).into(), &plain.len().into()));

    let credentials = format!("<senderId>{LOGIN}</senderId><password>{PASSWORD}</password>");
    let with = |other: &str| plain.replace(&credentials, other).replace("<messageId>m-1", "<messageId>m-2");
    let header = format!(
        "<S:Header><w:Security xmlns:w='urn:w'><w:UsernameToken><w:Username>{LOGIN}</w:Username>\
         <w:Password Type='urn:w/text'>{PASSWORD}</w:Password></w:UsernameToken></w:Security></S:Header>"
    );
    let escaped = format!("&lt;x:password a=\"b\"&gt;{PASSWORD}&lt;/x:password&gt;");
    let login = format!("<senderId>{LOGIN}</senderId>");
    let mapped = [
        with(&format!("{login}<password><![CDATA[{PASSWORD}]]></password>")),
        with(&format!("<senderId ><!-- a -->{LOGIN}</senderId ><password\n><!-- < -->{PASSWORD}</password\t>")),
        with(&format!("{login}<password xmlns:x='urn:a/b' x:y='>'>{PASSWORD}</password>")),
        with(&format!("{login}<password>&#52;712 {PASSWORD}</password>")),
        with("<senderId/><password/>"),
        plain.replace("<S:Body>", &format!("{header}<S:Body>")),
        plain.replace("<importSource>NOBD", &format!("<importSource>{escaped}")),
        plain.replace(
            "<importSource>NOBD",
            &format!("<importSource><![CDATA[{}]]>", escaped.replace("&lt;", "<").replace("&gt;", ">")),
        ),
    ];
    for (place, body) in mapped.iter().enumerate() {
        let view = decided(&host, body);
        assert_eq!(view["outcome"], "mapped", "{place}: {view}");
        assert_eq!(view["digest"], sha256(&host, body.as_bytes()));
    }
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xFF, 0xFE][..], &wide].concat();
    let swapped: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cut = plain.split_once("</password>").unwrap().0;
    for body in [wide.clone(), marked, swapped, cut.as_bytes().to_vec()] {
        let view = decided(&host, &body);
        assert_eq!((&view["outcome"], &view["cause"]["name"]), (&json!("refused"), &json!("malformed")), "{view}");
    }
    for _ in 0..2 {
        assert_eq!(credentials_in(&host), [""; 0]);
        host.stop();
        host.restart();
    }
    // A host that was not told to remove them keeps them, and the same search finds them there.
    let bare = Program::start(BINARY, Setup { config: "[providers.education]\n".into(), ..Setup::default() });
    assert_eq!((sent(&bare, &plain).status, sent(&bare, &wide).status), (202, 202));
    assert_eq!(credentials_in(&bare).len(), 4);
    for path in ["/v1/events", "/v1/requests", "/v1/providers/education/records", "/v1/adapters"] {
        let shown = host.get(path).to_string();
        assert!(!shown.contains(LOGIN) && !shown.contains(PASSWORD), "{path}");
    }
}

#[test]
fn the_same_message_again_adds_no_event_and_the_same_id_with_other_content_corrects_it() {
    let host = start(BINARY, "");
    let first = Message::status("m-1", "001", "CREATED", AT).intake(SERVICES[0], "EGOV_PORTAL");
    let work = Message::status("m-2", "001", "IN_PROCESSING", "2024-05-07T10:00:00+05:00");
    mapped(&host, &[first, work.clone()]);
    assert_eq!(sent(&host, work.envelope()).json()["duplicates"], 1, "the same bytes");

    // The gateway's resend: other bytes, the same message.
    let session = "<sessionId>{5e550000-0000-4000-8000-000000000009}</sessionId>".to_owned();
    let resent = decided(&host, Message { properties: session, ..work.clone() }.envelope());
    assert_eq!(resent["outcome"], "mapped");
    assert_eq!(request(&host, "001")["events"], 2);

    let corrected = Message { at: "2024-05-07T11:30:00+05:00".to_owned(), ..work };
    mapped(&host, &[corrected.with("<serviceProviderAssigneeFullName>Маман-02</serviceProviderAssigneeFullName>")]);
    let view = request(&host, "001");
    assert_eq!((&view["events"], &view["stage"]), (&json!(3), &json!("taken-into-work")));
    assert_eq!((&view["history"][1]["standing"], &view["history"][2]["standing"]), (&json!(false), &json!(true)));
    assert_eq!(view["history"][2]["corrects"], view["history"][1]["id"]);
    assert_eq!(view["fields"]["executor"], "Маман-02");
}

#[test]
fn a_message_that_names_an_earlier_one_corrects_it_or_takes_it_back() {
    let host = start(BINARY, "");
    let property = |key: &str, id: &str| format!("<properties><key>{key}</key><value>{id}</value></properties>");
    let message =
        |id: &str, word: &str, day: u8| Message::status(id, "001", word, &format!("2024-05-{day:02}T10:00:00+05:00"));
    let corrects = Message { properties: property("CORRECTS_MESSAGE_ID", "m-2"), ..message("m-3", "STARTED", 8) };
    mapped(&host, &[message("m-1", "CREATED", 6), message("m-2", "COMPLETED", 7), corrects]);
    let view = request(&host, "001");
    assert_eq!((&view["stage"], &view["history"][2]["kind"]), (&json!("taken-into-work"), &json!("correction")));
    assert_eq!((&view["history"][1]["standing"], &view["history"][2]["target"]), (&json!(false), &json!("m-2")));
    let withdraws = Message { properties: property("WITHDRAWS_MESSAGE_ID", "m-3"), ..message("m-4", "STARTED", 9) };
    mapped(&host, &[withdraws]);
    let view = request(&host, "001");
    assert_eq!((&view["history"][2]["standing"], &view["history"][3]["kind"]), (&json!(false), &json!("withdrawn")));
}

#[test]
fn a_message_that_overtakes_another_does_not_decide_the_stage() {
    let host = start(BINARY, "");
    let messages = [
        Message::status("m-1", "001", "CREATED", "2024-05-06T10:00:00+05:00"),
        Message::status("m-3", "001", "COMPLETED", "2024-05-08T10:00:00+05:00"),
        Message::status("m-2", "001", "IN_PROCESSING", "2024-05-07T10:00:00+05:00"),
    ];
    mapped(&host, &messages);
    let view = request(&host, "001");
    assert_eq!(view["stage"], "executed", "the latest by the time it happened, not by receipt");
    assert_eq!(view["history"][2]["anomalies"], json!(["backward", "out-of-order"]));
}

#[test]
fn a_status_that_no_row_knows_is_refused_with_its_place_and_taken_once_the_operator_has_named_it() {
    let host = start(BINARY, "");
    let message = Message::status("m-1", "001", "IN_QUEUE", AT);
    let view = decided(&host, message.envelope());
    assert_eq!((&view["outcome"], &view["cause"]["name"]), (&json!("refused"), &json!("unknown-native-status")));
    assert_eq!(view["cause"]["field"], "processing_status");
    let kept = message.envelope().replace(LOGIN, "[removed]").replace(PASSWORD, "[removed]");
    assert_eq!(view["cause"]["offset"], kept.find("<updatedValues>").unwrap(), "of the record as it is kept");
    let named = start(
        BINARY,
        "[providers.education.settings]\nstatuses = '''\n[REQUEST_FORM_DOC_QUEVED_DDO]\nIN_QUEUE = executed\n'''\n",
    );
    let known = message.clone().with("<serviceType>REQUEST_FORM_DOC_QUEVED_DDO</serviceType>");
    assert_eq!(decided(&named, known.envelope())["outcome"], "mapped");
    assert_eq!(request(&named, "001")["stage"], "executed");
    let other = message.with("<serviceType>REQUEST_FORM_CHILDREN_TURN</serviceType>");
    assert_eq!(decided(&named, other.envelope())["outcome"], "refused", "for that service only");
}

#[test]
fn a_table_that_cannot_be_read_keeps_the_adapter_out_and_its_records_pending() {
    let config = "[providers.education]\nadapter = 'education-shep.wasm'\nsettings = { statuses = 'SENT = gone' }\n";
    let host = Program::start(BINARY, Setup { config: config.to_owned(), ..Setup::default() });
    put(&host, "education-shep.wasm", &std::fs::read(components::education()).unwrap());
    host.until(|host| adapter(host, "education")["load_error"].is_string());
    let error = adapter(&host, "education")["load_error"].clone();
    assert!(error.as_str().unwrap().contains("`statuses`, line 1: `gone` is not among accepted"), "{error}");
    let answer = sent(&host, Message::status("m-1", "001", "SENT", AT).envelope());
    assert_eq!(answer.status, 202);
    assert_eq!(record(&host, answer.json()["records"][0]["id"].as_str().unwrap())["outcome"], "pending");
}

#[test]
fn single_samples_are_taken_and_a_fault_is_refused() {
    let host = start(BINARY, "");
    for name in ["notification.xml", "request-cdata.xml", "pulled-escaped.xml"] {
        let view = decided(&host, sample(name));
        assert_eq!(view["outcome"], "mapped", "{name}: {view}");
        assert_eq!(texts(&view["redacted"]), ["password", "login"], "{name}");
    }
    let view = request(&host, "001024000902");
    assert_eq!(
        (&view["stage"], &view["fields"]["completed-at"]["literal"]),
        (&json!("executed"), &json!("2024-03-19T08:59:00+05:00"))
    );
    let fault: Value = decided(&host, sample("fault.xml"));
    assert_eq!((&fault["outcome"], &fault["cause"]["name"]), (&json!("refused"), &json!("other")));
    assert_eq!(notifications::SERVICES.len(), 4);
    let flagged =
        Message::status("m-9", "009", "ACCEPTED", AT).with(&updated("isSuspended", "<boolean>true</boolean>"));
    mapped(&host, &[flagged]);
    let view = request(&host, "009");
    assert_eq!((&view["suspended"], &view["stage"], &view["events"]), (&json!(true), &json!("accepted"), &json!(2)));
}

#[test]
fn the_largest_messages_are_mapped_or_refused_and_none_is_the_adapter_s_fault() {
    let host = start(BINARY, "");
    let envelope = Message::status("m-1", "001", "SENT", AT).envelope();
    let with = |part: &str| envelope.replace("<importSource>", &format!("{part}<importSource>"));
    let file = format!("<fileData><base64Data>{}</base64Data></fileData>", "A".repeat(4_000_000));
    let attributes: String = (0..300_000).map(|number| format!(" a{number}=''")).collect();
    let scopes: String = (0..2_000).map(|number| format!("<x xmlns:a{number}='u'>")).collect();
    let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>";
    for (message, outcome) in [
        (with(&updated("copy", &file)), "mapped"),
        (with(&"<a/>".repeat(190_000)), "mapped"),
        (with(&format!("{}{}", "<a>".repeat(90_000), "</a>".repeat(90_000))), "mapped"),
        (with(&"<a/>".repeat(1_000_000)), "refused"),
        (with(&format!("<a{attributes}/>")), "refused"),
        (with(&format!("{scopes}{}", "</x>".repeat(2_000))), "refused"),
        (format!("{bomb}{}", envelope.replace(">NOBD<", ">&c;<")), "refused"),
    ] {
        let view = decided(&host, &message);
        assert_eq!(view["outcome"], outcome, "{} bytes: {view}", message.len());
    }
    let serving = adapter(&host, "education");
    assert_eq!((&serving["service"], &serving["last_fault"]), (&json!("serving"), &Value::Null));
}
