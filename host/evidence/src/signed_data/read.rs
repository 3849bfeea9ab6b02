//! Taking apart what one signer signed. Only the structure is looked at; whether it holds is for others.

use const_oid::ObjectIdentifier;

use super::{SIGNATURE_TIME_STAMP, SIGNED_DATA};
use crate::tlv::{Element, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE, SET, context};

const WHAT: &str = "a SignedData of one signer";
/// `[0]` of something that is not constructed.
const PRIMITIVE_0: u8 = 0x80;
/// `crls` and `unsignedAttrs`.
const CONTEXT_1: u8 = context(1);

/// A `SignedData`, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct SignedData<'b> {
    pub(crate) version: Element<'b>,
    pub(crate) digest_algorithms: Element<'b>,
    pub(crate) encapsulated: Element<'b>,
    /// `certificates`, whole.
    pub(crate) certificate_set: Option<Element<'b>>,
    pub(crate) revocation: Option<Element<'b>>,
    pub(crate) signer: SignerInfo<'b>,
    /// What sort of content was signed.
    pub(crate) content_type: ObjectIdentifier,
    /// The content, where it is inside.
    pub(crate) content: Option<&'b [u8]>,
    /// The certificates inside, in their order.
    pub(crate) certificates: Vec<&'b [u8]>,
}

/// Its one `SignerInfo`.
#[derive(Clone, Debug)]
pub(crate) struct SignerInfo<'b> {
    pub(crate) version: Element<'b>,
    pub(crate) name: SignerName<'b>,
    name_element: Element<'b>,
    pub(crate) digest_algorithm: Element<'b>,
    /// `signedAttrs`, whole, under its tag `[0]`.
    pub(crate) signed: Element<'b>,
    pub(crate) signature_algorithm: Element<'b>,
    signature_element: Element<'b>,
    /// The signature's value.
    pub(crate) signature: &'b [u8],
    /// Attributes that nobody signed.
    pub(crate) unsigned: Vec<Element<'b>>,
}

/// How a signer names its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignerName<'b> {
    /// By issuer and serial number, each whole.
    IssuerAndSerial(Element<'b>, Element<'b>),
    /// By the identifier of its key.
    KeyIdentifier(&'b [u8]),
}

impl<'b> SignedData<'b> {
    /// Reads a `ContentInfo` that holds a `SignedData` with exactly one signer, who signed attributes.
    pub(crate) fn read(bytes: &'b [u8]) -> Result<Self, Malformed> {
        let mut outer = Element::read(bytes, SEQUENCE, WHAT)?.elements(WHAT)?;
        let kind = outer.expect(OID)?;
        let wrapped = outer.expect(context(0))?;
        outer.end()?;
        if kind.value != SIGNED_DATA.as_bytes() {
            return Err(Malformed { what: WHAT });
        }
        let mut parts = Element::read(wrapped.value, SEQUENCE, WHAT)?.elements(WHAT)?;
        let version = parts.expect(INTEGER)?;
        let digest_algorithms = parts.expect(SET)?;
        let encapsulated = parts.expect(SEQUENCE)?;
        let certificate_set = parts.optional(context(0))?;
        let revocation = parts.optional(CONTEXT_1)?;
        let signers = parts.expect(SET)?;
        parts.end()?;
        let (content_type, content) = content(&encapsulated)?;
        let certificates = certificate_set.map(|set| set.all(WHAT)).transpose()?.unwrap_or_default();
        if certificates.iter().any(|certificate| certificate.tag != SEQUENCE) {
            return Err(Malformed { what: WHAT });
        }
        let signer = SignerInfo::read(Element::read(signers.value, SEQUENCE, WHAT)?)?;
        Ok(Self {
            version,
            digest_algorithms,
            encapsulated,
            certificate_set,
            revocation,
            signer,
            content_type,
            content,
            certificates: certificates.iter().map(|certificate| certificate.raw).collect(),
        })
    }
}

fn content<'b>(encapsulated: &Element<'b>) -> Result<(ObjectIdentifier, Option<&'b [u8]>), Malformed> {
    let mut parts = encapsulated.elements(WHAT)?;
    let kind = parts.expect(OID)?;
    let wrapped = parts.optional(context(0))?;
    parts.end()?;
    let kind = ObjectIdentifier::from_bytes(kind.value).map_err(|_| Malformed { what: WHAT })?;
    let content = wrapped.map(|wrapped| Element::read(wrapped.value, OCTET_STRING, WHAT)).transpose()?;
    Ok((kind, content.map(|content| content.value)))
}

impl<'b> SignerInfo<'b> {
    fn read(element: Element<'b>) -> Result<Self, Malformed> {
        let mut parts = element.elements(WHAT)?;
        let version = parts.expect(INTEGER)?;
        let name_element = parts.next()?.ok_or(Malformed { what: WHAT })?;
        let name = match name_element.tag {
            SEQUENCE => {
                let mut named = name_element.elements(WHAT)?;
                let name = SignerName::IssuerAndSerial(named.expect(SEQUENCE)?, named.expect(INTEGER)?);
                named.end()?;
                name
            }
            PRIMITIVE_0 => SignerName::KeyIdentifier(name_element.value),
            _ => return Err(Malformed { what: WHAT }),
        };
        let digest_algorithm = parts.expect(SEQUENCE)?;
        let signed = parts.expect(context(0))?;
        let signature_algorithm = parts.expect(SEQUENCE)?;
        let signature_element = parts.expect(OCTET_STRING)?;
        let unsigned = parts.optional(CONTEXT_1)?;
        parts.end()?;
        let unsigned = unsigned.map(|unsigned| unsigned.all(WHAT)).transpose()?.unwrap_or_default();
        Ok(Self {
            version,
            name,
            name_element,
            digest_algorithm,
            signed,
            signature_algorithm,
            signature_element,
            signature: signature_element.value,
            unsigned,
        })
    }

    /// All of it but the unsigned attributes, each whole.
    pub(crate) const fn signed_parts(&self) -> [&'b [u8]; 6] {
        [
            self.version.raw,
            self.name_element.raw,
            self.digest_algorithm.raw,
            self.signed.raw,
            self.signature_algorithm.raw,
            self.signature_element.raw,
        ]
    }

    /// The tokens over its signature.
    pub(crate) fn tokens(&self) -> Result<Vec<&'b [u8]>, Malformed> {
        let values = self.unsigned.iter().map(|found| attribute(found, SIGNATURE_TIME_STAMP));
        Ok(values.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().flatten().map(|value| value.raw).collect())
    }
}

/// The values of an attribute, if it is of this name.
pub(crate) fn attribute<'b>(
    attribute: &Element<'b>,
    name: ObjectIdentifier,
) -> Result<Option<Vec<Element<'b>>>, Malformed> {
    let mut parts = attribute.elements(WHAT)?;
    let found = parts.expect(OID)?;
    let values = parts.expect(SET)?;
    parts.end()?;
    if found.value == name.as_bytes() { values.all(WHAT).map(Some) } else { Ok(None) }
}
