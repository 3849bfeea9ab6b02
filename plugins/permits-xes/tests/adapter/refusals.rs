//! What refuses a record, with the byte that the error names, and that nothing ends in a panic.

use qadam_sdk::{Problem, RecordError};

use crate::fragments::{DATA, EVENT, activity, closing, map, refusal, windows_1251, with};

/// Where a part of the record begins.
fn place(body: &str, part: &str) -> Option<u64> {
    Some(body.find(part).expect("stands there") as u64)
}

#[test]
fn an_unknown_activity_is_refused_and_given_no_stage() {
    for unknown in
        ["T06 Determine necessity of stop advicf", "T22 Inspect the building site", "U06 Determine", "T06", ""]
    {
        let body = with("T06 Determine necessity of stop advice", unknown);
        match refusal(body.clone()) {
            RecordError::UnknownNativeStatus(found) if unknown.is_empty() => {
                assert_eq!((found.status.as_str(), found.offset), ("", place(&body, "<event>")));
            }
            RecordError::UnknownNativeStatus(found) => {
                assert_eq!((found.status.as_str(), found.offset), (unknown, place(&body, unknown)));
                assert_eq!(found.field, "event concept:name");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_task_that_is_not_completed_has_reached_no_stage() {
    let body = with("complete", "start");
    let expected = RecordError::unknown_native_status("lifecycle:transition", "start");
    let error = refusal(body.clone());
    assert_eq!(error.offset(), place(&body, "start\"/></event>"));
    assert_eq!(error, expected.at(body.find("start\"/></event>").expect("stands there")));
}

#[test]
fn a_record_without_a_request_is_unidentifiable() {
    let name = r#"<string key="concept:name" value="permit-2012-041"/>"#;
    for replacement in ["", r#"<string key="concept:name" value="  "/>"#] {
        assert!(matches!(
            refusal(with(name, replacement)),
            RecordError::UnidentifiableRequest(Problem { offset: Some(0), .. })
        ));
    }
}

#[test]
fn an_unreadable_time_is_refused_with_its_field_and_place() {
    for (field, good, bad) in [
        ("time:timestamp", "2012-03-12T09:00:00.250+01:00", "2012-03-12T09:00:00.250+O1:00"),
        ("time:timestamp", "2012-03-12T09:00:00.250+01:00", "2012-02-30T09:00:00.250+01:00"),
        ("time:timestamp", "2012-03-12T09:00:00.250+01:00", "2012-03-12T09:00:00.250"),
        ("startdate", "2012-03-12T00:00:00.000+01:00", "12.03.2012"),
        ("deadline", "2012-04-23T00:00:00.000+02:00", "2012-04-23"),
    ] {
        let body = with(good, bad);
        match refusal(body.clone()) {
            RecordError::UnreadableTime(problem) => {
                assert_eq!((problem.field.as_str(), problem.offset), (field, place(&body, bad)));
            }
            other => panic!("{other:?}"),
        }
    }
    let body = closing().replace("2012-04-02T16:30", "2012-04-02T61:30");
    match refusal(body.clone()) {
        RecordError::UnreadableTime(problem) => {
            assert_eq!((problem.field.as_str(), problem.offset), ("enddate", place(&body, "2012-04-02T61:30")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_without_a_time_is_refused() {
    let without = with(r#"<date key="time:timestamp" value="2012-03-12T09:00:00.250+01:00"/>"#, "");
    let expected = place(&without, "<event>");
    assert!(matches!(refusal(without), RecordError::UnreadableTime(problem) if problem.offset == expected));
    let neither = refusal(format!("<trace>{DATA}</trace>"));
    assert!(matches!(neither, RecordError::UnreadableTime(problem) if problem.field == "enddate"));
}

#[test]
fn a_time_that_decides_nothing_may_be_anything() {
    assert!(map(with("2012-04-30T00:00:00.000+02:00", "soon")).is_ok());
}

#[test]
fn what_is_no_xml_is_malformed_at_its_place() {
    let wrong = [
        ("", 0),
        ("\u{FEFF}", 3),
        ("no xml", 0),
        ("<log/>", 0),
        ("<trace>", 7),
        ("<trace", 0),
        ("<trace></event>", 7),
        ("<trace></trace><trace></trace>", 15),
        ("<trace></trace>x", 15),
        ("<trace>text</trace>", 7),
        ("<trace>&amp;</trace>", 7),
        ("<trace><![CDATA[x]]></trace>", 7),
        ("<trace><strinh key='a' value='b'/></trace>", 7),
        ("<trace><string key='a'/></trace>", 7),
        ("<trace><string value='a'/></trace>", 7),
        ("<trace><event><event/></event></trace>", 14),
        ("<trace><string key='a' key='b' value='c'/></trace>", 23),
        ("<trace><string key='a'value='b'/></trace>", 22),
        ("<trace><string key=a value='b'/></trace>", 19),
        ("<trace><string key value='b'/></trace>", 19),
        ("<trace><string key='a' value='b<c'/></trace>", 30),
        ("<trace><string key='a' value='&nbsp;'/></trace>", 30),
        ("<trace><string key='a' value='b & c'/></trace>", 30),
        ("<trace><string key='a' value='&#1;'/></trace>", 30),
        ("<trace><string key='a' value='b'/><string key='a' value='c'/></trace>", 57),
        ("<trace>\u{1}</trace>", 7),
        ("<trace/><?xml version='1.0'?>", 8),
    ];
    for (body, offset) in wrong {
        let error = refusal(body);
        assert!(matches!(error, RecordError::Malformed(_)), "{body} gave {error:?}");
        assert_eq!(error.offset(), Some(offset), "{body} gave {error:?}");
    }
}

#[test]
fn a_document_type_is_never_read() {
    let bomb = r#"<!DOCTYPE trace [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>"#;
    assert!(matches!(refusal(format!("{bomb}{}", activity())), RecordError::Malformed(_)));
    let outside = r#"<!DOCTYPE trace SYSTEM "file:///etc/passwd">"#;
    assert!(matches!(refusal(format!("{outside}{}", activity())), RecordError::Malformed(_)));
}

#[test]
fn bytes_that_are_not_the_declared_encoding_are_malformed_at_their_place() {
    let cut = activity().into_bytes();
    let letter = activity().find('Қ').expect("stands there");
    let mut broken = cut.clone();
    broken[letter] = b'?';
    assert_eq!(refusal(broken).offset(), Some(letter as u64 + 1));
    let undeclared = windows_1251("<trace><string key='a' value='Каипов'/></trace>");
    assert_eq!(refusal(undeclared).offset(), Some(30));
    let named = refusal("<?xml version='1.0' encoding='utf-7'?><trace/>");
    assert!(matches!(named, RecordError::Malformed(problem) if problem.detail.contains("utf-7")));
}

#[test]
fn places_are_counted_in_the_bytes_of_a_code_page() {
    let text = "<?xml version='1.0' encoding='windows-1251'?><trace><string key='concept:name' value='Каипов'/>\
                <event><string key='concept:name' value='Осмотр'/></event></trace>";
    let body = windows_1251(text);
    let status = windows_1251("Осмотр");
    let expected = body.windows(status.len()).position(|part| part == status).map(|place| place as u64);
    let error = refusal(body);
    assert!(matches!(&error, RecordError::UnknownNativeStatus(unknown) if unknown.status == "Осмотр"));
    assert_eq!(error.offset(), expected);
}

#[test]
fn too_many_attributes_are_refused() {
    let many: String = (0..300).map(|n| format!("<int key='k{n}' value='1'/>")).collect();
    assert!(matches!(refusal(format!("<trace>{many}{EVENT}</trace>")), RecordError::Malformed(_)));
}

#[test]
fn deep_nesting_is_borne() {
    let depth = 100_000;
    let nested = format!("{}{}", "<string key='a' value='b'>".repeat(depth), "</string>".repeat(depth));
    assert!(map(with("<event>", &format!("{nested}<event>"))).is_ok());
}

#[test]
fn a_record_that_is_cut_anywhere_is_refused() {
    for whole in [activity(), closing()] {
        for length in 0..whole.len() {
            assert!(map(&whole.as_bytes()[..length]).is_err(), "cut to {length} bytes");
        }
    }
}

#[test]
fn any_byte_in_any_place_gives_events_or_an_error_with_its_place() {
    let code_page =
        "<?xml version='1.0' encoding='windows-1251'?><trace><string key='concept:name' value='К'/></trace>";
    for whole in [activity().into_bytes(), closing().into_bytes(), windows_1251(code_page)] {
        for place in 0..whole.len() {
            let mut body = whole.clone();
            for byte in 0..=u8::MAX {
                body[place] = byte;
                if let Err(error) = map(body.as_slice()) {
                    let offset = error.offset().expect("every error has its place");
                    assert!(offset <= whole.len() as u64, "{error:?}");
                }
            }
        }
    }
}
