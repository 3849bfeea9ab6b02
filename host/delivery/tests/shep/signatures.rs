//! Signed envelopes: ours and others', and those that only look signed.

use jiff::{SignedDuration, Timestamp};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use qadam_delivery::shep::{
    Body, GetMessageStatus, Moment, Sender, envelope,
    wss::{Trusted, Unproven},
};

use crate::{documents, keys::Pair, validation::Validation};

fn question(id: &str) -> Body {
    let at = Moment::read("2026-11-02T10:00:00+05:00").unwrap();
    let sender = Sender { id: "qadam".to_owned(), password: None };
    Body::GetMessageStatus(GetMessageStatus { message_id: id.to_owned(), at, sender, properties: Vec::new() })
}

/// In the time of the certificates.
fn now(pair: &Pair) -> Timestamp {
    pair.certificate().not_before() + SignedDuration::from_hours(1)
}

#[test]
fn what_is_signed_here_is_read_here_and_verified_by_xmlsec_and_still_of_the_schema() {
    let Some(pair) = Pair::new() else { return };
    let validation = Validation::new();
    let mut runner = TestRunner::deterministic();
    for number in 0..25 {
        let body = documents::body().new_tree(&mut runner).unwrap().current();
        let signed = pair.signing().write(&body).unwrap();
        assert_eq!(pair.trusted().read(signed.as_bytes(), now(&pair)), Ok(body), "{signed}");
        if let Some(validation) = &validation {
            assert_eq!(validation.wrong(&signed), None, "{signed}");
        }
        if let Some(verified) = pair.xmlsec("--verify", &["--pubkey-cert-pem", "certificate.pem"], &signed) {
            assert!(verified.is_ok(), "{number}: {verified:?}: {signed}");
        }
        let broken = signed.replace("</soapenv:Body>", " </soapenv:Body>");
        if let Some(verified) = pair.xmlsec("--verify", &["--pubkey-cert-pem", "certificate.pem"], &broken) {
            assert!(verified.is_err(), "xmlsec1 verifies anything");
        }
    }
}

/// What others sign: canonicalised with a list of prefixes, with a token that the key info refers to, in other prefixes.
fn template(body: &str, prefixes: &str, info: &str) -> String {
    let inclusive = if prefixes.is_empty() {
        String::new()
    } else {
        format!(
            "<e:InclusiveNamespaces xmlns:e=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"{prefixes}\"/>"
        )
    };
    format!(
        r##"<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:n="http://bip.bee.kz/AsyncChannel/v10/Types">
<S:Header>
 <w:Security S:mustUnderstand="1" xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">
  <u:Timestamp u:Id="TS-1"><u:Created>2026-11-02T05:00:00Z</u:Created></u:Timestamp>
  <Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="SIG-2">
   <SignedInfo>
    <CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">{inclusive}</CanonicalizationMethod>
    <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
    <Reference URI="#id-1"><Transforms><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">{inclusive}</Transform></Transforms>
     <DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>
   </SignedInfo>
   <SignatureValue/>{info}
  </Signature>
 </w:Security>
</S:Header>
<S:Body u:Id="id-1" xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">{body}</S:Body>
</S:Envelope>"##
    )
}

const QUESTION: &str = "<n:getMessageStatus><request>\r\n <messageId>a<!-- b -->&#x62;<![CDATA[<c>]]></messageId>\
    <requestDate>2026-11-02T10:00:00+05:00</requestDate><sender><senderId>Ғ&#13;\"</senderId></sender></request></n:getMessageStatus>";

#[test]
fn what_xmlsec_signs_is_read_here() {
    let Some(pair) = Pair::new() else { return };
    let token = "<KeyInfo><w:SecurityTokenReference><w:Reference URI='#X509-1'/></w:SecurityTokenReference></KeyInfo>";
    for (prefixes, info) in [("", ""), ("S xs n", ""), ("#default xs", token), ("", "<KeyInfo><X509Data/></KeyInfo>")] {
        let template = template(QUESTION, prefixes, info);
        let arguments = ["--privkey-pem", "key.pem,certificate.pem"];
        let Some(signed) = pair.xmlsec("--sign", &arguments, &template) else { return };
        let signed = signed.unwrap();
        let read = pair.trusted().read(signed.as_bytes(), now(&pair));
        let Ok(Body::GetMessageStatus(read)) = read else { unreachable!("{read:?}: {signed}") };
        assert_eq!((read.message_id.as_str(), read.sender.id.as_str()), ("ab<c>", "Ғ\r\""));
    }
}

/// An envelope whose signature holds, and its parts, for whoever wants to put them together in another way.
struct Signed {
    pair: Pair,
    whole: String,
    header: String,
    body: String,
}

impl Signed {
    fn new() -> Option<Self> {
        let pair = Pair::new()?;
        let whole = pair.signing().write(&question("the one that was signed")).unwrap();
        let part = |from: &str, to: &str| {
            let start = whole.find(from).unwrap();
            whole[start..whole.find(to).unwrap() + to.len()].to_owned()
        };
        let header = part("<soapenv:Header>", "</soapenv:Header>");
        let body = part("<soapenv:Body", "</soapenv:Body>");
        Some(Self { whole, header, body, pair })
    }

    fn read(&self, text: &str) -> Result<Body, Unproven> {
        self.pair.trusted().read(text.as_bytes(), now(&self.pair))
    }

    /// The same envelope with other parts.
    fn with(&self, header: &str, body: &str) -> String {
        self.whole.replace(&self.header, header).replace(&self.body, body)
    }

    fn forged(&self) -> String {
        self.body.replace("the one that was signed", "another")
    }
}

#[test]
fn a_body_that_was_not_signed_is_not_read_wherever_the_signed_one_is_put() {
    let Some(signed) = Signed::new() else { return };
    let Signed { header, body, whole, .. } = &signed;
    assert_eq!(signed.read(whole), Ok(question("the one that was signed")));
    let forged = signed.forged();
    let id = body.split('"').find(|part| part.starts_with("id-")).unwrap();
    let (other_id, no_id) = (forged.replace(id, "id-2"), forged.replace(&format!(" wsu:Id=\"{id}\""), ""));
    let with = |extra: &str| header.replace("</wsse:Security>", &format!("</wsse:Security>{extra}"));
    let inside = |extra: &str| header.replace("</ds:Signature>", &format!("</ds:Signature>{extra}"));
    let object = header.replace("</ds:KeyInfo>", &format!("</ds:KeyInfo><ds:Object>{body}</ds:Object>"));
    for (attack, text) in [
        ("another body", signed.with(header, &forged)),
        ("the signed body in a header, another with another id", signed.with(&with(&format!("<x>{body}</x>")), &other_id)),
        ("the signed body in a header, another without", signed.with(&with(&format!("<x>{body}</x>")), &no_id)),
        ("the signed body in a header, another with the same id", signed.with(&with(&format!("<x>{body}</x>")), &forged)),
        ("the signed body beside the signature", signed.with(&inside(body), &other_id)),
        ("the signed body in the signature", signed.with(&object, &other_id)),
        ("the signed body within another", signed.with(header, &other_id.replace("</soapenv:Body>", &format!("{body}</soapenv:Body>")))),
        ("another body before it", signed.with(header, &format!("{other_id}{body}"))),
        ("another body after it", signed.with(header, &format!("{body}{other_id}"))),
        ("another under the same id in a header", signed.with(&with(&forged), body)),
        ("an id of another namespace", signed.with(&with(body), &no_id.replace("<soapenv:Body", &format!("<soapenv:Body Id=\"{id}\"")))),
        ("a second signature", signed.with(&header.replace("</ds:Signature>", "</ds:Signature><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>"), body)),
        ("a second security header", signed.with(&with("<wsse:Security xmlns:wsse='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'/>"), body)),
        ("an attribute more", signed.with(header, &body.replace("<soapenv:Body", "<soapenv:Body a='b'"))),
        ("white space more", signed.with(header, &body.replace("<request>", "<request> "))),
        ("an element more", signed.with(header, &body.replace("</sender>", "<password>x</password></sender>"))),
        ("no signature", signed.with("", body)),
        ("an empty header", signed.with("<soapenv:Header/>", body)),
        ("the signature in the body", signed.with("", &body.replace("</soapenv:Body>", &format!("{}</soapenv:Body>", header.replace("soapenv:Header", "x"))))),
    ] {
        assert_ne!(text, *whole, "{attack} is none");
        let read = signed.read(&text);
        assert!(read.is_err(), "{attack}: {read:?}");
    }
    // What canonicalisation does not see changes nothing of what is read, either.
    for harmless in [
        whole.replace("the one", "the<!-- no --> one"),
        whole.replace("<request>", "<request >"),
        whole.replace("the one", "<![CDATA[the one]]>"),
        format!("\u{feff}{whole}"),
    ] {
        assert_eq!(signed.read(&harmless), Ok(question("the one that was signed")));
    }
}

#[test]
fn weak_and_other_algorithms_and_keys_that_are_not_trusted_prove_nothing() {
    let Some(signed) = Signed::new() else { return };
    for (right, wrong, reason) in [
        ("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5", "not taken"),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "not taken",
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "not taken",
        ),
        ("xmldsig-more#rsa-sha256", "xmldsig-more#gost34310-gost34311", "GOST"),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1", "not taken"),
        (
            "Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"",
            "not taken",
        ),
        ("<ds:DigestValue>", "<ds:DigestValue>AAAA", "not that of a key"),
        ("<ds:SignatureValue>", "<ds:SignatureValue>AAAA", "not that of a key"),
        ("URI=\"#id-", "URI=\"#", "something else than the body"),
        ("URI=\"#id-", "URI=\"http://example/#id-", "something else than the body"),
    ] {
        let text = signed.whole.replace(right, wrong);
        assert_ne!(text, signed.whole, "{right}");
        let error = signed.read(&text).unwrap_err().to_string();
        assert!(error.contains(reason), "{wrong}: {error}");
    }
    let second = "</ds:Reference><ds:Reference URI=\"\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue/></ds:Reference>";
    let text = signed.whole.replace("</ds:Reference>", second);
    assert!(signed.read(&text).unwrap_err().to_string().contains("more than one reference"));

    // Signed in all form, by somebody else, whose certificate stands in it.
    let stranger = Pair::new().unwrap();
    assert_eq!(stranger.trusted().read(signed.whole.as_bytes(), now(&stranger)), Err(Unproven::Signer));
    let (before, after) = (signed.pair.certificate().not_before(), signed.pair.certificate().not_after());
    for time in [before - SignedDuration::from_secs(1), after + SignedDuration::from_secs(1)] {
        assert_eq!(signed.pair.trusted().read(signed.whole.as_bytes(), time), Err(Unproven::Signer));
    }
    assert_eq!(Trusted(Vec::new()).read(signed.whole.as_bytes(), before), Err(Unproven::Signer));
    let both = Trusted(vec![stranger.certificate(), signed.pair.certificate()]);
    assert!(both.read(signed.whole.as_bytes(), now(&signed.pair)).is_ok(), "one of two while it changes");
    assert_eq!(signed.read(&envelope::write(&question("x"))), Err(Unproven::Unsigned));
}

#[test]
fn a_signed_envelope_with_anything_changed_is_refused_or_says_the_same() {
    let Some(signed) = Signed::new() else { return };
    let change = (any::<prop::sample::Index>(), 0_usize..40, "[<>&;/=\"' :#a-z\u{0}]{0,8}");
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() });
    let tried = runner.run(&change, |(at, cut, put)| {
        let mut text = signed.whole.clone();
        let start = text.floor_char_boundary(at.index(text.len()));
        let end = text.floor_char_boundary((start + cut).min(text.len())).max(start);
        text.replace_range(start..end, &put);
        if let Ok(read) = signed.read(&text) {
            prop_assert_eq!(read, question("the one that was signed"));
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{tried:?}");
}
