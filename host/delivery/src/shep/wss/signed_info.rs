//! What was signed: `SignedInfo`, read from its canonical bytes, strictly. One reference, and no algorithm but ours.

use data_encoding::BASE64;

use super::{DS, EXCLUSIVE, RSA_SHA256, SHA256, verify::Unproven};
use crate::shep::xml::{self, Element, Sequence, is_space};

/// A reference to an element, and its digest.
pub(super) struct SignedInfo {
    /// Of the element.
    pub(super) id: String,
    /// Of its canonical form.
    pub(super) digest: Vec<u8>,
    /// Treated inclusively when it is canonicalised.
    pub(super) prefixes: Vec<String>,
}

impl SignedInfo {
    pub(super) fn read(canonical: &[u8]) -> Result<Self, Unproven> {
        let path = "SignedInfo";
        let root = xml::read(canonical)?;
        if !root.is(DS, path) {
            return Err(Unproven::Shape("no SignedInfo"));
        }
        let mut parts = Sequence::of(root, path)?;
        expect(&parts.one_of(DS, "CanonicalizationMethod")?.0, EXCLUSIVE)?;
        expect(&parts.one_of(DS, "SignatureMethod")?.0, RSA_SHA256)?;
        let (reference, path) = parts.one_of(DS, "Reference")?;
        if parts.any().is_some() {
            return Err(Unproven::Shape("more than one reference: one is to the body, and nothing else is signed"));
        }
        let id = reference.attribute("", "URI").and_then(|uri| uri.strip_prefix('#')).unwrap_or_default().to_owned();
        let mut inside = Sequence::of(reference, &path)?;
        let (transforms, path) = inside.one_of(DS, "Transforms")?;
        let mut each = Sequence::of(transforms, &path)?;
        let (transform, _) = each.one_of(DS, "Transform")?;
        each.end().map_err(|_| Unproven::Shape("more than one transform"))?;
        expect(&transform, EXCLUSIVE)?;
        expect(&inside.one_of(DS, "DigestMethod")?.0, SHA256)?;
        let (digest, _) = inside.one_of(DS, "DigestValue")?;
        inside.end()?;
        let digest = base64(&digest.text).ok_or(Unproven::Shape("its digest is not Base64"))?;
        Ok(Self { id, digest, prefixes: prefixes(&transform)? })
    }
}

/// Most prefixes of a list.
const MOST_PREFIXES: usize = 32;

/// The prefixes that a canonicalisation's `InclusiveNamespaces` names.
pub(super) fn prefixes(method: &Element) -> Result<Vec<String>, Unproven> {
    let lists = method.children.iter().filter(|child| child.is(EXCLUSIVE, "InclusiveNamespaces"));
    let named = lists.filter_map(|list| list.attribute("", "PrefixList")).flat_map(str::split_ascii_whitespace);
    let named: Vec<String> = named.take(MOST_PREFIXES + 1).map(ToOwned::to_owned).collect();
    if named.len() > MOST_PREFIXES { Err(Unproven::Shape("a list of more than 32 prefixes")) } else { Ok(named) }
}

fn expect(method: &Element, algorithm: &str) -> Result<(), Unproven> {
    let named = method.attribute("", "Algorithm").unwrap_or_default();
    if named == algorithm {
        return Ok(());
    }
    let short = named.chars().take(120).collect();
    // `…#gost34310-gost34311`, `urn:…:gostr34102015-gostr34112015-512`
    let gost = named.to_ascii_lowercase().contains("gost");
    Err(if gost { Unproven::Gost(short) } else { Unproven::Algorithm(short) })
}

/// With white space anywhere in it.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.chars().filter(|char| !is_space(*char)).collect();
    BASE64.decode(plain.as_bytes()).ok()
}
