//! Samples against the gateway's own schema, checked by a program that is not ours: `xmllint` of libxml2.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::messages::{NOTIFICATION, PULLED, REQUEST, map, replaced};
use crate::sample::LINES;

/// Says of each message whether the schema takes what its body holds; none where the schema or the program is not there.
fn verdicts(messages: &[String]) -> Option<Vec<bool>> {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = schema(&folder)?;
    let mut command = Command::new("xmllint");
    command.current_dir(folder.path()).args(["--noout", "--nonet", "--schema"]).arg(schema);
    for (at, message) in messages.iter().enumerate() {
        let name = format!("{at}.xml");
        std::fs::write(folder.path().join(&name), operation(message)).expect("writes");
        command.arg(name);
    }
    let said = match command.output() {
        Ok(output) => String::from_utf8(output.stderr).expect("UTF-8"),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            skipped("xmllint is missing (apt-get install libxml2-utils)");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let verdict = |at: usize| {
        let valid = said.lines().any(|line| line == format!("{at}.xml validates"));
        let invalid = said.lines().any(|line| line == format!("{at}.xml fails to validate"));
        assert!(valid != invalid, "{at}: {said}");
        valid
    };
    Some((0..messages.len()).map(verdict).collect())
}

/// The schemas of the WSDL, each in a file, importing each other by name; the path of the one with the messages.
fn schema(folder: &TempDir) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("QADAM_SHARED").map_or_else(beside, PathBuf::from);
    let file = shared.join("data/shep/IAsyncChannelImport.wsdl");
    if !file.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} must be there in CI", file.display());
        skipped(&format!("{} is missing", file.display()));
        return None;
    }
    let wsdl = std::fs::read_to_string(file).expect("reads");
    let schemas: Vec<_> =
        wsdl.split("<xs:schema").skip(1).map(|rest| rest.split_once("</xs:schema>").expect("closed").0).collect();
    let target = |schema: &str| attribute(schema, "targetNamespace=\"");
    for (at, schema) in schemas.iter().enumerate() {
        let mut text = format!("<xs:schema{schema}</xs:schema>");
        for (other, imported) in schemas.iter().enumerate() {
            let import = format!("<xs:import namespace=\"{}\"", target(imported));
            text = text.replace(&import, &format!("{import} schemaLocation=\"{other}.xsd\""));
        }
        std::fs::write(folder.path().join(format!("{at}.xsd")), text).expect("writes");
    }
    let types = schemas.iter().position(|schema| target(schema) == "http://bip.bee.kz/AsyncChannel/v10/Types");
    Some(folder.path().join(format!("{}.xsd", types.expect("has the messages"))))
}

fn attribute(text: &str, start: &str) -> String {
    text.split_once(start).and_then(|(_, rest)| rest.split_once('"')).expect("has it").0.to_owned()
}

/// The element in the body, with the namespaces that the samples declare on it.
fn operation(message: &str) -> &str {
    let body = message.find("Body").expect("has a body");
    let start = body + message[body..].find('>').expect("is open") + 1;
    let end = start + message[start..].rfind("Body>").expect("is closed");
    let end = start + message[start..end].rfind("</").expect("is closed");
    message[start..end].trim()
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

#[test]
fn every_sample_is_valid_against_the_gateway_s_schema() {
    let messages: Vec<_> = LINES.lines().chain([NOTIFICATION, REQUEST, PULLED]).map(str::to_owned).collect();
    let Some(verdicts) = verdicts(&messages) else { return };
    assert_eq!(verdicts, vec![true; messages.len()]);
}

#[test]
fn what_the_schema_refuses_of_an_envelope_the_adapter_refuses_and_nothing_else() {
    let elements = [
        "<messageId>5a3f0000-0000-4000-8000-000000000902</messageId>",
        "<serviceId>MON_ES_REQUEST_FORM_IMPORT</serviceId>",
        "<messageType>REQUEST</messageType>",
        "<messageDate>2024-03-18T10:20:00</messageDate>",
        "<sender><senderId>sample-login</senderId><password><![CDATA[not-a-secret]]></password></sender>",
        "<senderId>sample-login</senderId>",
        "<password><![CDATA[not-a-secret]]></password>",
        "<properties><key>ADDL_CLIENT_KEY</key><value>RR_P50.06</value></properties>",
        "<key>ADDL_CLIENT_KEY</key>",
        "<value>RR_P50.06</value>",
        "<sessionId>{5e550000-0000-4000-8000-000000000003}</sessionId>",
    ];
    let mut messages = Vec::new();
    for element in elements {
        let rest = replaced(REQUEST, element, "");
        messages.push(rest.clone());
        messages.push(replaced(REQUEST, element, &format!("{element}{element}")));
        messages.push(replaced(REQUEST, element, &format!("<unknown/>{element}")));
        messages.push(replaced(REQUEST, element, &element.replacen('<', "<x xmlns='urn:x'/><", 1)));
        messages.push(replaced(REQUEST, element, &format!("text {element}")));
        for neighbour in elements.iter().filter(|neighbour| rest.contains(**neighbour)) {
            messages.push(replaced(&rest, neighbour, &format!("{element}{neighbour}")));
        }
    }
    let after = "<routeId>r</routeId><messageDate>";
    messages.push(replaced(REQUEST, "<messageDate>", after));
    messages.push(replaced(REQUEST, "<messageType>", "<routeId>r</routeId><messageType>"));
    let (date, session) = (
        "<responseDate>2024-03-19T09:00:01+05:00</responseDate>",
        "<sessionId>{5e550000-0000-4000-8000-000000000004}</sessionId>",
    );
    for (element, other) in [(date, session), (session, date)] {
        let rest = replaced(PULLED, element, "");
        messages.push(replaced(&rest, other, &format!("{other}{element}")));
        messages.push(replaced(&rest, other, &format!("{element}{other}")));
        messages.push(replaced(PULLED, element, &format!("{element}{element}")));
        messages.push(rest);
    }
    let Some(verdicts) = verdicts(&messages) else { return };
    let mut taken = 0;
    for (message, valid) in messages.into_iter().zip(verdicts) {
        assert_eq!(map(message.as_str()).is_ok(), valid, "{:?}\n{message}", map(message.as_str()));
        taken += usize::from(valid);
    }
    assert!(taken >= 10, "{taken}");
}
