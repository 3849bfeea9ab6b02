//! `xmllint` with the schemas of the channel's WSDL, and one of the envelope around them.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Validates; made anew by each test.
pub(crate) struct Validation {
    folder: tempfile::TempDir,
}

impl Validation {
    /// None, with a message, where the WSDL or `xmllint` is not there; in CI the WSDL must be.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub(crate) fn new() -> Option<Self> {
        let shared = std::env::var_os("QADAM_SHARED").map(PathBuf::from);
        let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
        let path = shared.join("data/shep/IAsyncChannelImport.wsdl");
        let Ok(wsdl) = std::fs::read_to_string(&path) else {
            assert!(std::env::var_os("CI").is_none(), "{} must be there in CI", path.display());
            eprintln!("skipped: {} is not there", path.display());
            return None;
        };
        if Command::new("xmllint").arg("--version").stderr(Stdio::null()).status().is_err() {
            eprintln!("skipped: there is no xmllint; on Debian: apt-get install libxml2-utils");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let schemas = wsdl.split("<xs:schema ").skip(1).map(|rest| rest.split_once("</xs:schema>").unwrap().0);
        for (schema, file) in schemas.zip(["common.xsd", "types.xsd", "itypes.xsd"]) {
            let text = format!("<xs:schema {schema}</xs:schema>")
                .replace("common/v10/Types\"/>", "common/v10/Types\" schemaLocation=\"common.xsd\"/>")
                .replace("v10/ITypes\"/>", "v10/ITypes\" schemaLocation=\"itypes.xsd\"/>");
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        std::fs::write(folder.path().join("envelope.xsd"), ENVELOPE).unwrap();
        Some(Self { folder })
    }

    /// What is wrong with an envelope.
    pub(crate) fn wrong(&self, envelope: &str) -> Option<String> {
        let schema = self.folder.path().join("envelope.xsd");
        let mut xmllint = Command::new("xmllint")
            .args(["--noout", "--huge", "--nonet", "--schema"])
            .arg(schema)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        xmllint.stdin.take().unwrap().write_all(envelope.as_bytes()).unwrap();
        let output = xmllint.wait_with_output().unwrap();
        (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The envelope as SOAP 1.1 has it, whose contents must be known.
const ENVELOPE: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
  targetNamespace="http://schemas.xmlsoap.org/soap/envelope/" elementFormDefault="qualified">
 <xs:import namespace="http://bip.bee.kz/AsyncChannel/v10/Types" schemaLocation="types.xsd"/>
 <xs:import namespace="http://bip.bee.kz/common/v10/Types" schemaLocation="common.xsd"/>
 <xs:element name="Envelope"><xs:complexType><xs:sequence>
  <xs:element name="Header" minOccurs="0"><xs:complexType><xs:sequence>
   <xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
  <xs:element name="Body"><xs:complexType><xs:sequence><xs:any processContents="strict"/></xs:sequence>
   <xs:anyAttribute processContents="skip"/></xs:complexType></xs:element>
 </xs:sequence></xs:complexType></xs:element>
 <xs:element name="Fault"><xs:complexType><xs:sequence>
  <xs:element name="faultcode" type="xs:QName" form="unqualified"/>
  <xs:element name="faultstring" type="xs:string" form="unqualified"/>
  <xs:element name="detail" minOccurs="0" form="unqualified"><xs:complexType><xs:sequence>
   <xs:any processContents="strict"/></xs:sequence></xs:complexType></xs:element>
 </xs:sequence></xs:complexType></xs:element>
</xs:schema>"#;
