//! Verifies.

use std::collections::HashSet;

use jiff::Timestamp;
use qadam_evidence::Certificate;
use ring::digest::digest;

use super::{
    DS, WSSE,
    signed_info::{SignedInfo, base64, prefixes},
};
use crate::shep::{
    envelope::{self, Body, SOAP, WSU},
    error::Unreadable,
    xml::{self, Element},
};

/// Whose signatures count: the certificates that the operator named, and no other. A certificate is trusted while it is in
/// force; whether it was revoked is not asked, for whoever named it takes it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted(pub Vec<Certificate>);

/// Why an envelope proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unproven {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It has no signature.
    #[error("the envelope is not signed: no wsse:Security with one ds:Signature in its header")]
    Unsigned,
    /// It is signed in another way than the gateway's.
    #[error("the envelope's signature: {0}")]
    Shape(&'static str),
    /// With an algorithm that is not taken.
    #[error("the envelope's signature names the algorithm `{0}`, which is not taken")]
    Algorithm(String),
    /// With the national standard's.
    #[error("the envelope's signature is of GOST (`{0}`), which cannot be checked here: it takes a certified library")]
    Gost(String),
    /// The body is not the one that was signed.
    #[error("the body is not the one that was signed: its digest is another")]
    Digest,
    /// No trusted key made it.
    #[error("the envelope's signature is not that of a key that is trusted and in force")]
    Signer,
}

impl Trusted {
    /// Reads the body of an envelope that a trusted key signed.
    ///
    /// # Errors
    /// If it is not proved, or cannot be read.
    pub fn read(&self, bytes: &[u8], now: Timestamp) -> Result<Body, Unproven> {
        let root = xml::read(bytes)?;
        let body = xml::read(self.body(&root, now)?.as_bytes())?;
        if !body.is(SOAP, "Body") {
            return Err(Unproven::Shape("what it covers is not the body"));
        }
        Ok(envelope::body(body)?)
    }

    /// The canonical form of the body, whose signature holds.
    fn body(&self, root: &Element, now: Timestamp) -> Result<String, Unproven> {
        let Parts { header, security, signature, body } = parts(root)?;
        let [signed_info, value, rest @ ..] = signature.children.as_slice() else {
            return Err(Unproven::Shape("no SignedInfo and SignatureValue"));
        };
        let named = signed_info.is(DS, "SignedInfo") && value.is(DS, "SignatureValue");
        if !named || rest.iter().any(|part| !part.is(DS, "KeyInfo")) || rest.len() > 1 {
            return Err(Unproven::Shape("something else than SignedInfo, SignatureValue and KeyInfo"));
        }
        let listed = signed_info.children.first().map_or(Ok(Vec::new()), prefixes)?;
        let canonical_info = xml::canonical(&[root, header, security, signature], signed_info, &listed);
        let info = SignedInfo::read(canonical_info.as_bytes())?;
        if body.attribute(WSU, "Id") != Some(info.id.as_str()) || info.id.is_empty() {
            return Err(Unproven::Shape("it refers to something else than the body"));
        }
        unique_ids(root)?;
        // The key first: of what nobody trusted has signed, not much is done.
        let value = base64(&value.text).ok_or(Unproven::Shape("its value is not Base64"))?;
        let in_force = |certificate: &&Certificate| certificate.not_before() <= now && now <= certificate.not_after();
        let mut trusted = self.0.iter().filter(in_force);
        if !trusted.any(|certificate| certificate.verify_rsa_sha256(canonical_info.as_bytes(), &value).is_ok()) {
            return Err(Unproven::Signer);
        }
        let canonical = xml::canonical(&[root], body, &info.prefixes);
        if digest(&ring::digest::SHA256, canonical.as_bytes()).as_ref() != info.digest {
            return Err(Unproven::Digest);
        }
        Ok(canonical)
    }
}

struct Parts<'a> {
    header: &'a Element,
    security: &'a Element,
    signature: &'a Element,
    body: &'a Element,
}

/// The only signature in the only security header, and the only body, each where SOAP has it.
fn parts(root: &Element) -> Result<Parts<'_>, Unproven> {
    if !root.is(SOAP, "Envelope") {
        return Err(Unproven::Shape("no envelope of SOAP 1.1"));
    }
    let (header, body) = match root.children.as_slice() {
        [header, body] if header.is(SOAP, "Header") && body.is(SOAP, "Body") => (header, body),
        [body] if body.is(SOAP, "Body") => return Err(Unproven::Unsigned),
        _ => return Err(Unproven::Shape("the envelope is not of one header and one body")),
    };
    let security = only(header, WSSE, "Security")?;
    Ok(Parts { header, security, signature: only(security, DS, "Signature")?, body })
}

fn only<'a>(parent: &'a Element, namespace: &str, name: &str) -> Result<&'a Element, Unproven> {
    let mut found = parent.children.iter().filter(|child| child.is(namespace, name));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Unproven::Unsigned),
        (Some(_), Some(_)) => Err(Unproven::Shape("there are several; which of them counts cannot be told")),
    }
}

/// An id that stands at two elements could be meant for either.
fn unique_ids(root: &Element) -> Result<(), Unproven> {
    let mut seen = HashSet::new();
    for attribute in root.all().flat_map(|element| &element.attributes) {
        if attribute.name.eq_ignore_ascii_case("id") && !seen.insert(&attribute.value) {
            return Err(Unproven::Shape("an id stands at two elements"));
        }
    }
    Ok(())
}
