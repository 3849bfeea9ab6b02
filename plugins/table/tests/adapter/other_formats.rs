//! JSON and XML.

use qadam_sdk::{EventKind, RecordError, Stage, TextUpdate};

use crate::{SMALL, event, headed, map, with};

#[test]
fn a_json_object_is_a_row_by_names_and_pointers() {
    let mapping = with("fields", "executor = 'who~a/b'\nservice-code = '/service/code'\nintake-place = 'none'")
        .replace("'csv'", "'json'")
        .replace("'n'", "'/request/number'");
    let record = r#"{"request": {"number": 17}, "s": "DONE", "t": "02.03.2026 10:20", "who~a/b": "W", "service": {"code": "C"}, "none": null}"#;
    let found = event(&mapping, record);
    assert_eq!((found.request.as_str(), &found.kind), ("17", &EventKind::Stage(Stage::Executed)));
    assert_eq!((found.fields.executor, found.fields.service_code), (TextUpdate::set("W"), TextUpdate::set("C")));
    assert_eq!(found.fields.intake_place, TextUpdate::Unchanged);
    let nested = map(&mapping, r#"{"request": {"number": [1]}, "s": "Done", "t": "02.03.2026 10:20"}"#);
    assert_eq!(nested, Err(RecordError::malformed("/request/number", "a list stands here; expected a text")));
    assert!(map(&mapping, "[17]").is_err() && map(&mapping, "[]").is_err() && map(&mapping, "{\"s\":").is_err());
}

#[test]
fn a_json_record_may_hold_a_list_of_rows() {
    let row = |number: u32| format!(r#"{{"n": {number}, "s": "New", "t": "02.03.2026 10:20"}}"#);
    let list = format!("[{}, {}]", row(1), row(2));
    assert_eq!(map(&SMALL.replace("'csv'", "'json'"), &list).expect("maps").len(), 2);
    let mapping = headed("rows = '/data/list'").replace("'csv'", "'json'");
    assert_eq!(map(&mapping, format!("{{\"data\": {{\"list\": {list}}}}}")).expect("maps").len(), 2);
    assert!(map(&mapping, "{\"data\": {}}").is_err());
}

#[test]
fn an_xml_document_is_a_row_by_paths_whatever_its_namespaces() {
    let mapping = with("fields", "executor = 'act/@by'")
        .replace("'csv'", "'xml'")
        .replace("'n'", "'@id'")
        .replace("'s'", "'act/s'");
    let record = "<?xml version='1.0'?><r xmlns='urn:x' id=' 17 '><y:act xmlns:y='urn:y' by='W'><y:s>done</y:s></y:act><t>02.03.2026 10:20</t></r>";
    let found = event(&mapping, record);
    assert_eq!((found.request.as_str(), found.fields.executor), ("17", TextUpdate::set("W")));
    let wrong = map(&mapping, record.replace("02.03.2026", "02.13.2026")).expect_err("no such month");
    assert_eq!(wrong.offset(), record.find("02.03").map(|at| at as u64));
    assert!(matches!(map(&mapping, record.replace(" id=' 17 '", "")), Err(RecordError::UnidentifiableRequest(_))));
}

#[test]
fn an_xml_record_may_hold_several_rows() {
    let mapping = headed("rows = 'list/row'").replace("'csv'", "'xml'");
    let row = |number: u32| format!("<row><n>{number}</n><s>New</s><t>02.03.2026 10:20</t></row>");
    let found = map(&mapping, format!("<all><list>{}{}</list></all>", row(1), row(2))).expect("maps");
    assert_eq!(found.len(), 2);
    assert!(map(&mapping, "<all><list/></all>").is_err());
}

#[test]
fn an_xml_record_says_its_own_encoding() {
    let mapping = headed("encoding = 'windows-1251'").replace("'csv'", "'xml'").replace("'New'", "'Новая'");
    let text = "<r><n>1</n><s>Новая</s><t>02.03.2026 10:20</t></r>";
    let bytes = qadam_sdk::encoding::Encoding::Windows1251.encode(text).unwrap();
    assert_eq!(event(&mapping, bytes).native_status, "Новая");
    let declared = b"<?xml version='1.0' encoding='kz-1048'?><r><n>\xAA</n><s>new</s><t>02.03.2026 10:20</t></r>";
    assert_eq!(
        event(&SMALL.replace("'csv'", "'xml'"), declared).request,
        "Ғ",
        "nothing is set: the declaration counts"
    );
    assert_eq!(event(&mapping, format!("\u{FEFF}{text}")).native_status, "Новая", "the mark goes before the setting");
}
