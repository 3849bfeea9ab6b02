//! Verifies.

use std::collections::HashSet;

use bergshamra_xml::NodeId;
use jiff::Timestamp;
use qadam_evidence::Certificate;
use ring::digest::digest;

use super::{
    DS, WSSE,
    canonical::Tree,
    signed_info::{SignedInfo, base64},
};
use crate::shep::{
    envelope::{self, Body, SOAP, WSU},
    error::Unreadable,
    xml,
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
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Unreadable::xml(error.valid_up_to(), "not UTF-8, which is what is read here"))?;
        let body = xml::read(&self.body(text, now)?)?;
        if !body.is(SOAP, "Body") {
            return Err(Unproven::Shape("what it covers is not the body"));
        }
        Ok(envelope::body(body)?)
    }

    /// The canonical form of the body, whose signature holds.
    fn body(&self, text: &str, now: Timestamp) -> Result<Vec<u8>, Unproven> {
        let tree = Tree::of(text)?;
        let (signature, body) = parts(&tree)?;
        let [signed_info, value, rest @ ..] = &*tree.elements(signature) else {
            return Err(Unproven::Shape("no SignedInfo and SignatureValue"));
        };
        let named = tree.is(*signed_info, DS, "SignedInfo") && tree.is(*value, DS, "SignatureValue");
        if !named || rest.iter().any(|part| !tree.is(*part, DS, "KeyInfo")) || rest.len() > 1 {
            return Err(Unproven::Shape("something else than SignedInfo, SignatureValue and KeyInfo"));
        }
        let method = tree.elements(*signed_info).into_iter().next();
        let prefixes = method.map(|method| tree.prefixes(method)).unwrap_or_default();
        let canonical_info = tree.canonical(*signed_info, &prefixes)?;
        let info = SignedInfo::read(&canonical_info)?;
        if tree.attribute(body, WSU, "Id") != Some(info.id.as_str()) || info.id.is_empty() {
            return Err(Unproven::Shape("it refers to something else than the body"));
        }
        unique_ids(&tree)?;
        let canonical = tree.canonical(body, &info.prefixes)?;
        if digest(&ring::digest::SHA256, &canonical).as_ref() != info.digest {
            return Err(Unproven::Digest);
        }
        let value = base64(&tree.text(*value)).ok_or(Unproven::Shape("its value is not Base64"))?;
        let in_force = |certificate: &&Certificate| certificate.not_before() <= now && now <= certificate.not_after();
        let mut trusted = self.0.iter().filter(in_force);
        if !trusted.any(|certificate| certificate.verify_rsa_sha256(&canonical_info, &value).is_ok()) {
            return Err(Unproven::Signer);
        }
        Ok(canonical)
    }
}

/// The only signature in the only security header, and the only body, each where SOAP has it.
fn parts(tree: &Tree<'_>) -> Result<(NodeId, NodeId), Unproven> {
    let root = tree.root().filter(|root| tree.is(*root, SOAP, "Envelope"));
    let root = root.ok_or(Unproven::Shape("no envelope of SOAP 1.1"))?;
    let (header, body) = match *tree.elements(root) {
        [header, body] if tree.is(header, SOAP, "Header") && tree.is(body, SOAP, "Body") => (header, body),
        [body] if tree.is(body, SOAP, "Body") => return Err(Unproven::Unsigned),
        _ => return Err(Unproven::Shape("the envelope is not of one header and one body")),
    };
    let only = |node, namespace, name| {
        let mut found = tree.elements(node).into_iter().filter(|child| tree.is(*child, namespace, name));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Unproven::Unsigned),
            (Some(_), Some(_)) => Err(Unproven::Shape("there are several; which of them counts cannot be told")),
        }
    };
    let security = only(header, WSSE, "Security")?;
    Ok((only(security, DS, "Signature")?, body))
}

/// An id that stands at two elements could be meant for either.
fn unique_ids(tree: &Tree<'_>) -> Result<(), Unproven> {
    let mut seen = HashSet::new();
    for element in tree.all() {
        for attribute in element.attributes.iter().filter(|one| one.name.local_name.eq_ignore_ascii_case("id")) {
            if !seen.insert(attribute.value.to_string()) {
                return Err(Unproven::Shape("an id stands at two elements"));
            }
        }
    }
    Ok(())
}
