//! Signs.

use std::sync::Arc;

use data_encoding::BASE64;
use qadam_evidence::{Algorithm, SignError, Signer};
use ring::digest::digest;

use super::{DS, EXCLUSIVE, RSA_SHA256, SHA256, WSSE};
use crate::shep::{
    envelope::{self, Body},
    id::uuid,
    xml,
};

/// Signs envelopes with a key.
#[derive(Clone, Debug)]
pub struct Signing(Arc<dyn Signer>);

/// The key is none that the gateway takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway takes signatures of RSA keys; this key is of another kind")]
pub struct NotRsa;

impl Signing {
    /// With this key, which comes with its certificate.
    ///
    /// # Errors
    /// If it is not RSA.
    pub fn with(signer: Arc<dyn Signer>) -> Result<Self, NotRsa> {
        if signer.algorithm() == Algorithm::RsaSha256 { Ok(Self(signer)) } else { Err(NotRsa) }
    }

    /// The text of an envelope with its body signed.
    ///
    /// # Errors
    /// If the key cannot be used now.
    pub fn write(&self, body: &Body) -> Result<String, SignError> {
        let id = format!("id-{}", uuid(envelope::write(body).as_bytes()));
        let plain = envelope::parts(body, Some(&id), "");
        let failed = |reason: &str| SignError { reason: reason.to_owned() };
        let canonical = canonical_body(&plain).ok_or_else(|| failed("the body cannot be canonicalised"))?;
        let signed_info =
            signed_info(&id, &BASE64.encode(digest(&ring::digest::SHA256, canonical.as_bytes()).as_ref()));
        let signature = BASE64.encode(&self.0.sign(signed_info.as_bytes())?);
        let certificate = self.0.certificates().first().ok_or_else(|| failed("it has no certificate"))?;
        let header = header(&signed_info, &signature, &BASE64.encode(certificate));
        Ok(envelope::parts(body, Some(&id), &header))
    }
}

fn canonical_body(text: &str) -> Option<String> {
    let root = xml::read(text.as_bytes()).ok()?;
    Some(xml::canonical(&[&root], root.children.last()?, &[]))
}

/// Written as its canonical form is: these bytes are what is signed.
fn signed_info(id: &str, digest: &str) -> String {
    format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>\
         </ds:SignedInfo>"
    )
}

fn header(signed_info: &str, signature: &str, certificate: &str) -> String {
    const X509: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
    const BINARY: &str =
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
    format!(
        "<wsse:Security xmlns:wsse=\"{WSSE}\" soapenv:mustUnderstand=\"1\"><ds:Signature xmlns:ds=\"{DS}\">{signed_info}\
         <ds:SignatureValue>{signature}</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference>\
         <wsse:KeyIdentifier EncodingType=\"{BINARY}\" ValueType=\"{X509}\">{certificate}</wsse:KeyIdentifier>\
         </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>"
    )
}
