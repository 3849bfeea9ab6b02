//! What others write.

use qadam_delivery::shep::{Body, SendMessage, State, envelope};

/// A message with everything that our own writer never does: other prefixes, namespaces declared where they are used, line
/// breaks, comments, CDATA, a header of WS-Addressing, attributes.
const SOMEBODYS: &str = r#"<?xml version='1.0' encoding='utf-8' standalone="no"?>
<!-- made by hand -->
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" SOAP-ENV:encodingStyle="">
  <SOAP-ENV:Header><a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing" SOAP-ENV:mustUnderstand="0">urn:x</a:MessageID></SOAP-ENV:Header>
  <SOAP-ENV:Body xmlns="urn:not-the-channel-s">
    <sendMessage xmlns="http://bip.bee.kz/AsyncChannel/v10/Types">
      <request xmlns="">
        <messageInfo>
          <messageId>  5a7e<!-- in the middle -->-11  </messageId>
          <correlationId/>
          <serviceId><![CDATA[A&B]]>&#x20;&lt;C&gt;</serviceId>
          <messageType>REQUEST</messageType>
          <messageDate>2019-12-25T12:48:21.024+06:00</messageDate>
          <sender><senderId>bus</senderId><password>a &amp; b</password></sender>
          <properties><key>CONNECTOR_CLIENT</key><value>true</value></properties>
          <properties xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>
          <sessionId>{6f1c}</sessionId>
        </messageInfo>
        <messageData><data q:type="z:base64Binary" xmlns:z="http://www.w3.org/2001/XMLSchema" xmlns:q="http://www.w3.org/2001/XMLSchema-instance">
          eyJh
          IjoxfQ==
        </data></messageData>
      </request>
    </sendMessage>
  </SOAP-ENV:Body>
</SOAP-ENV:Envelope>
"#;

fn sent(text: &str) -> SendMessage {
    let Body::SendMessage(message) = envelope::read(text.as_bytes()).unwrap() else { unreachable!("{text}") };
    message
}

#[test]
fn a_message_with_other_prefixes_and_declarations_and_cdata_and_a_byte_order_mark_is_read() {
    for text in [SOMEBODYS.to_owned(), format!("\u{feff}{SOMEBODYS}"), SOMEBODYS.replace('\n', "\r\n")] {
        let SendMessage(message) = sent(&text);
        let info = message.info;
        assert_eq!(info.message_id.as_deref(), Some("5a7e-11"));
        assert_eq!((info.correlation_id, info.service_id.as_str()), (None, "A&B <C>"));
        assert_eq!(info.at.instant(), Some("2019-12-25T06:48:21.024Z".parse().unwrap()));
        assert!(info.sender.password.as_ref().unwrap().is("a & b"));
        assert!(!format!("{:?}", info.sender).contains("a & b"), "a password shows");
        assert_eq!(info.properties.len(), 1);
        assert_eq!(info.session_id.as_deref(), Some("{6f1c}"));
        assert_eq!(message.payload, br#"{"a":1}"#);
    }
}

#[test]
fn a_payload_is_also_read_from_a_string_or_without_a_type() {
    let start = SOMEBODYS.find("<data").unwrap();
    let end = SOMEBODYS.find("</data>").unwrap();
    let string = r#"<data xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x:string" xmlns:x="http://www.w3.org/2001/XMLSchema">"#;
    for data in [
        format!("{string}<![CDATA[{{\"a\":1}}]]>"),
        format!("{string}{{&quot;a&quot;:1}}"),
        "<data>{\"a\":1}".to_owned(),
        "<data>eyJhIjoxfQ==".to_owned(),
    ] {
        let text = format!("{}{data}{}", &SOMEBODYS[..start], &SOMEBODYS[end..]);
        assert_eq!(sent(&text).0.payload, br#"{"a":1}"#, "{data}");
    }
    for wrong in
        ["<data><x/>", "<data>%%%", r#"<data xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Own">aaaa"#]
    {
        let text = format!("{}{wrong}{}", &SOMEBODYS[..start], &SOMEBODYS[end..]);
        let error = envelope::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("Envelope/Body/sendMessage/request/messageData/data"), "{error}");
    }
}

#[test]
fn a_fault_is_read_with_all_that_it_comes_from_and_one_without_detail_too() {
    let fault = |detail: &str| {
        format!(
            "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><S:Fault><faultcode>S:Server</faultcode>\
             <faultstring>Ошибка</faultstring><faultactor>bus</faultactor>{detail}</S:Fault></S:Body></S:Envelope>"
        )
    };
    let error = |inner: &str, code: &str| {
        format!(
            "<errorCode>{code}</errorCode><errorMessage>words</errorMessage><errorData>850101199993</errorData>\
             <errorDate>2024-05-06T10:00:00+06:00</errorDate>{inner}<sessionId>s</sessionId>"
        )
    };
    let nested = error(&format!("<subError>{}</subError>", error("", "TCP-7")), "SCSE001");
    let detail = format!(
        "<detail><n:sendMessageFault1_sendMessageFault xmlns:n='http://bip.bee.kz/AsyncChannel/v10/Types'>{nested}\
         </n:sendMessageFault1_sendMessageFault></detail>"
    );
    let Body::Fault(read) = envelope::read(fault(&detail).as_bytes()).unwrap() else { panic!() };
    assert_eq!(read.codes().collect::<Vec<_>>(), ["SCSE001", "TCP-7"]);
    assert_eq!(read.to_string(), "SCSE001 words; from TCP-7 words", "and nothing of the errors' data");
    for detail in ["", "<detail/>", "<detail>text<x/></detail>"] {
        let Body::Fault(read) = envelope::read(fault(detail).as_bytes()).unwrap() else { panic!("{detail}") };
        assert_eq!((read.to_string().as_str(), read.codes().count()), ("Ошибка", 0));
    }
}

#[test]
fn a_status_in_a_word_that_is_not_of_the_schema_is_refused_at_its_place() {
    let status = |word: &str| {
        format!(
            "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>\
             <n:getMessageStatusResponse xmlns:n='http://bip.bee.kz/AsyncChannel/v10/Types'><response><messageState>{word}\
             </messageState><status><statusCode>SCSS001</statusCode><statusMessage/><statusDate>2024-05-06T10:00:00Z</statusDate>\
             </status><responseDate>2024-05-06T10:00:00</responseDate></response></n:getMessageStatusResponse></S:Body></S:Envelope>"
        )
    };
    let Body::GetMessageStatusResponse(read) = envelope::read(status("NOT_DELIVERED").as_bytes()).unwrap() else {
        panic!()
    };
    assert_eq!((read.state, read.at.instant()), (State::NotDelivered, None));
    let error = envelope::read(status("GONE").as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("Envelope/Body/getMessageStatusResponse/response/messageState, byte "), "{error}");
}
