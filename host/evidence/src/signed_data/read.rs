//! Taking apart what one signer signed. Only the structure is looked at; whether it holds is for others.

use const_oid::ObjectIdentifier;
use der::Tag;

use super::{SIGNATURE_TIME_STAMP, SIGNED_DATA};
use crate::tlv::{Tlv, Walk, context, context_primitive};

/// A `SignedData`, as it was written.
#[derive(Clone)]
pub(crate) struct SignedData<'b> {
    pub(crate) version: Tlv<'b>,
    pub(crate) digest_algorithms: Tlv<'b>,
    pub(crate) encapsulated: Tlv<'b>,
    /// `certificates`, whole.
    pub(crate) certificate_set: Option<Tlv<'b>>,
    pub(crate) revocation: Option<Tlv<'b>>,
    pub(crate) signer: SignerInfo<'b>,
    /// What sort of content was signed.
    pub(crate) content_type: ObjectIdentifier,
}

/// Its one `SignerInfo`.
#[derive(Clone)]
pub(crate) struct SignerInfo<'b> {
    pub(crate) version: Tlv<'b>,
    /// By what it names its certificate: issuer and serial number, or `[0]`, the identifier of its key.
    pub(crate) name: Tlv<'b>,
    pub(crate) digest_algorithm: Tlv<'b>,
    /// `signedAttrs`, under its tag `[0]`.
    pub(crate) signed: Tlv<'b>,
    pub(crate) signature_algorithm: Tlv<'b>,
    pub(crate) signature: Tlv<'b>,
    /// Attributes that nobody signed.
    pub(crate) unsigned: Vec<Tlv<'b>>,
}

impl<'b> SignedData<'b> {
    /// Reads a `ContentInfo` that holds a `SignedData` with exactly one signer, who signed attributes.
    pub(crate) fn read(bytes: &'b [u8]) -> der::Result<Self> {
        let mut outer = Tlv::only(bytes)?.sequence()?;
        let kind = outer.expect(Tag::ObjectIdentifier)?;
        let wrapped = outer.expect(context(0))?;
        outer.finish()?;
        if kind.value != SIGNED_DATA.as_bytes() {
            return Err(Tag::ObjectIdentifier.value_error());
        }
        let mut parts = Tlv::only(wrapped.value)?.sequence()?;
        let version = parts.expect(Tag::Integer)?;
        let digest_algorithms = parts.expect(Tag::Set)?;
        let encapsulated = parts.expect(Tag::Sequence)?;
        let certificate_set = parts.optional(context(0))?;
        let revocation = parts.optional(context(1))?;
        let signers = parts.expect(Tag::Set)?;
        parts.finish()?;
        let content_type = content_type(&encapsulated)?;
        certificate_set.map(|set| all(&set, Tag::Sequence)).transpose()?;
        Ok(Self {
            version,
            digest_algorithms,
            encapsulated,
            certificate_set,
            revocation,
            signer: SignerInfo::read(&Tlv::only(signers.value)?)?,
            content_type,
        })
    }
}

fn content_type(encapsulated: &Tlv<'_>) -> der::Result<ObjectIdentifier> {
    let mut parts = encapsulated.sequence()?;
    let kind = parts.expect(Tag::ObjectIdentifier)?.decode()?;
    let wrapped = parts.optional(context(0))?.map(|wrapped| Tlv::only(wrapped.value)).transpose()?;
    parts.finish()?;
    if let Some(wrapped) = wrapped {
        wrapped.tag.assert_eq(Tag::OctetString)?;
    }
    Ok(kind)
}

impl<'b> SignerInfo<'b> {
    fn read(signer: &Tlv<'b>) -> der::Result<Self> {
        let mut parts = signer.sequence()?;
        let version = parts.expect(Tag::Integer)?;
        let name = parts.take()?;
        if name.tag != Tag::Sequence {
            name.tag.assert_eq(context_primitive(0))?;
        }
        let digest_algorithm = parts.expect(Tag::Sequence)?;
        let signed = parts.expect(context(0))?;
        let signature_algorithm = parts.expect(Tag::Sequence)?;
        let signature = parts.expect(Tag::OctetString)?;
        let unsigned = parts.optional(context(1))?;
        parts.finish()?;
        let unsigned = unsigned.map(|unsigned| all(&unsigned, Tag::Sequence)).transpose()?.unwrap_or_default();
        Ok(Self { version, name, digest_algorithm, signed, signature_algorithm, signature, unsigned })
    }

    /// The tokens over its signature.
    pub(crate) fn tokens(&self) -> der::Result<Vec<&'b [u8]>> {
        let values = self.unsigned.iter().map(|found| attribute(found, SIGNATURE_TIME_STAMP));
        Ok(values.collect::<der::Result<Vec<_>>>()?.into_iter().flatten().flatten().map(|value| value.der).collect())
    }
}

/// The values of an attribute, if it is of this name.
pub(crate) fn attribute<'b>(attribute: &Tlv<'b>, name: ObjectIdentifier) -> der::Result<Option<Vec<Tlv<'b>>>> {
    let mut parts = attribute.sequence()?;
    let found: ObjectIdentifier = parts.expect(Tag::ObjectIdentifier)?.decode()?;
    let values = parts.expect(Tag::Set)?;
    parts.finish()?;
    if found == name { rest(values.inside(Tag::Set)?).map(Some) } else { Ok(None) }
}

/// All that stands inside, each of this tag.
pub(crate) fn all<'b>(outer: &Tlv<'b>, tag: Tag) -> der::Result<Vec<Tlv<'b>>> {
    let inside = rest(outer.inside(outer.tag)?)?;
    inside.iter().try_for_each(|one| one.tag.assert_eq(tag).map(drop))?;
    Ok(inside)
}

fn rest(mut walk: Walk<'_>) -> der::Result<Vec<Tlv<'_>>> {
    let mut all = Vec::new();
    while !walk.is_finished() {
        all.push(walk.take()?);
    }
    Ok(all)
}
