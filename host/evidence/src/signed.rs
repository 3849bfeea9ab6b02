//! Signed messages of others: CMS `SignedData` (RFC 5652), with the content inside or detached. Every signer is checked, over
//! exactly the bytes that the caller goes on with. A message without signers, or one whose signer's certificate is not in it,
//! proves nothing and is refused.

mod attributes;
mod ber;
mod parting;

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use der::{Tag, asn1::OctetStringRef};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;

pub use self::parting::{content, detached, wraps};
use crate::{
    certificate::{Certificate, Digest, SignatureError},
    signed_data::{DATA, SIGNED_DATA},
    tlv::{Tlv, Walk, context, context_primitive, strip},
    verdict::{Check, Checks, Step, Verdict},
};

/// The largest message that is read.
pub const MAX_MESSAGE: usize = 64 << 20;
/// More certificates, or signers, are not read.
const MOST_CERTIFICATES: usize = 64;
const MOST_SIGNERS: usize = 16;

/// A message of which every signature is right. Whether the signers are to be trusted is another question.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Who signed; at least one.
    pub signers: Vec<Signer>,
    /// What they signed.
    pub content: Vec<u8>,
    /// All certificates that the message carries.
    pub certificates: Vec<Certificate>,
}

/// One who signed.
#[derive(Clone, Debug)]
pub struct Signer {
    /// With which certificate.
    pub certificate: Certificate,
    /// When, by the signer's own clock: a claim.
    pub signing_time: Option<Timestamp>,
    /// The signature, which a time-stamp covers.
    pub signature_value: Vec<u8>,
    /// The time-stamp tokens over it, in DER.
    pub tokens: Vec<Vec<u8>>,
}

/// A message as read, and what its signatures came to.
pub(crate) struct Message<'a> {
    pub(crate) content: Cow<'a, [u8]>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) signers: Vec<(Signer, Result<(), SignatureError>)>,
}

/// Verifies every signature of a message over these bytes, or over the content that it carries. Where both are given they must
/// be the same.
///
/// # Errors
/// The steps that do not hold, if any: structure, or signature.
pub fn verify(cms: &[u8], content: Option<&[u8]>) -> Result<Verified, Checks> {
    verify_as(cms, content, DATA)
}

/// [`verify`] for content of another type, such as that of a time-stamp token.
///
/// # Errors
/// The steps that do not hold, if any: structure, or signature.
pub fn verify_as(cms: &[u8], content: Option<&[u8]>, content_type: ObjectIdentifier) -> Result<Verified, Checks> {
    let message = read(cms, content, content_type).map_err(|check| Checks(vec![check]))?;
    let check = message.signature();
    if check.verdict != Verdict::Valid {
        return Err(Checks(vec![check]));
    }
    let signers = message.signers.into_iter().map(|(signer, _)| signer).collect();
    Ok(Verified { signers, content: message.content.into_owned(), certificates: message.certificates })
}

impl Message<'_> {
    /// The worst of the signatures.
    pub(crate) fn signature(&self) -> Check {
        let several = self.signers.len() > 1;
        let failed = self.signers.iter().zip(1..).filter_map(|((_, outcome), number)| {
            let error = outcome.as_ref().err()?;
            let reason = if several { format!("signer {number}: {error}") } else { error.to_string() };
            Some(Check { step: Step::Signature, verdict: error.verdict(), reason })
        });
        let right = Check { step: Step::Signature, verdict: Verdict::Valid, reason: String::new() };
        failed.max_by_key(|check| check.verdict).unwrap_or(right)
    }
}

/// Reads a message and verifies its signatures; what cannot be read at all is a failed step.
pub(crate) fn read<'a>(
    cms: &[u8],
    content: Option<&'a [u8]>,
    content_type: ObjectIdentifier,
) -> Result<Message<'a>, Check> {
    let invalid = |step, reason: String| Check { step, verdict: Verdict::Invalid, reason };
    let structure = |reason: String| invalid(Step::Structure, reason);
    let unreadable = |error: der::Error| structure(format!("not a signed message that can be read: {error}"));
    if cms.len() > MAX_MESSAGE {
        return Err(structure(format!("the signature has {} bytes, at most {MAX_MESSAGE} are read", cms.len())));
    }
    let der = ber::to_der(cms).map_err(|error| structure(error.to_string()))?;
    let parts = Parts::read(&der).map_err(unreadable)?;
    if parts.signers.is_empty() {
        return Err(structure("the message has no signer, so it proves nothing".to_owned()));
    }
    if parts.content_type != content_type {
        return Err(structure(format!("the content is of type {}, not {content_type}", parts.content_type)));
    }
    let content = match (parts.content, content) {
        (Some(inside), Some(given)) if inside != given => {
            let reason = "the content in the message is not what was received beside it".to_owned();
            return Err(invalid(Step::Signature, reason));
        }
        (_, Some(given)) => Cow::Borrowed(given),
        (Some(inside), None) => Cow::Owned(inside.to_vec()),
        (None, None) => return Err(structure("the signature is detached, and no content was given".to_owned())),
    };
    let certificates = parts.certificates.iter().map(|der| Certificate::parse(der));
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|error| structure(error.to_string()))?;
    let mut signers = Vec::new();
    for (info, number) in parts.signers.iter().zip(1..) {
        let read = signer(info, &content, content_type, &certificates);
        signers.push(read.map_err(|reason| structure(format!("signer {number}: {reason}")))?);
    }
    Ok(Message { content, certificates, signers })
}

/// `SignedData`, its parts as they stand.
struct Parts<'a> {
    content_type: ObjectIdentifier,
    content: Option<&'a [u8]>,
    certificates: Vec<&'a [u8]>,
    signers: Vec<Tlv<'a>>,
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> der::Result<Self> {
        let mut info = Tlv::only(der)?.sequence()?;
        if info.take()?.decode::<ObjectIdentifier>()? != SIGNED_DATA {
            return Err(Tag::ObjectIdentifier.value_error());
        }
        let explicit = info.expect(context(0))?;
        info.finish()?;
        let mut data = Tlv::only(explicit.value)?.sequence()?;
        data.expect(Tag::Integer)?;
        data.expect(Tag::Set)?;
        let mut encapsulated = data.expect(Tag::Sequence)?.sequence()?;
        let content_type = encapsulated.take()?.decode()?;
        let content = match encapsulated.optional(context(0))? {
            Some(explicit) => Some(Tlv::only(explicit.value)?.decode::<OctetStringRef<'a>>()?.as_bytes()),
            None => None,
        };
        encapsulated.finish()?;
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(context(0))? {
            // Other choices than certificates ([0] to [3]) are passed over.
            let members = members(set.value, MOST_CERTIFICATES)?;
            certificates.extend(members.iter().filter(|one| one.tag == Tag::Sequence).map(|one| one.der));
        }
        // Revocation data that the sender chose are not relied on: a signer could bring an old list.
        data.optional(context(1))?;
        let signers = members(data.expect(Tag::Set)?.value, MOST_SIGNERS)?;
        data.finish()?;
        Ok(Self { content_type, content, certificates, signers })
    }
}

fn members(bytes: &[u8], most: usize) -> der::Result<Vec<Tlv<'_>>> {
    let mut walk = Walk::over(bytes)?;
    let mut members = Vec::new();
    while !walk.is_finished() {
        if members.len() == most {
            return Err(Tag::Set.length_error());
        }
        members.push(walk.take()?);
    }
    Ok(members)
}

/// One `SignerInfo`. The error is of its structure; what the signature came to is the result within.
fn signer(
    info: &Tlv<'_>,
    content: &[u8],
    content_type: ObjectIdentifier,
    certificates: &[Certificate],
) -> Result<(Signer, Result<(), SignatureError>), String> {
    let fields = Fields::read(info).map_err(|error| format!("cannot be read: {error}"))?;
    let named = certificates.iter().find(|certificate| fields.names(certificate).unwrap_or(false));
    let certificate = named.ok_or("its certificate is not in the message")?.clone();
    let attributes = fields.signed.ok_or("no attributes are signed: content-type and message-digest are needed")?;
    let attributes = attributes::signed(&attributes)?;
    if attributes.content_type != content_type {
        return Err(format!("the signed content-type is {}, the content's {content_type}", attributes.content_type));
    }
    attributes.names(&certificate)?;
    let tokens = match &fields.unsigned {
        Some(unsigned) => attributes::tokens(unsigned)?,
        None => Vec::new(),
    };
    let outcome = Digest::of(fields.digest.oid).and_then(|digest| {
        if digest.digest(content) != attributes.message_digest {
            return Err(SignatureError::Mismatch);
        }
        certificate.key()?.verify_named(&fields.algorithm, digest, &attributes.bytes, fields.signature)
    });
    let signer = Signer {
        certificate,
        signing_time: attributes.signing_time,
        signature_value: fields.signature.to_vec(),
        tokens,
    };
    Ok((signer, outcome))
}

/// The fields of a `SignerInfo`.
struct Fields<'a> {
    identifier: Tlv<'a>,
    digest: AlgorithmIdentifierOwned,
    signed: Option<Tlv<'a>>,
    algorithm: AlgorithmIdentifierOwned,
    signature: &'a [u8],
    unsigned: Option<Tlv<'a>>,
}

impl<'a> Fields<'a> {
    fn read(info: &Tlv<'a>) -> der::Result<Self> {
        let mut parts = info.sequence()?;
        parts.expect(Tag::Integer)?;
        let fields = Self {
            identifier: parts.take()?,
            digest: parts.expect(Tag::Sequence)?.decode()?,
            signed: parts.optional(context(0))?,
            algorithm: parts.expect(Tag::Sequence)?.decode()?,
            signature: parts.expect(Tag::OctetString)?.value,
            unsigned: parts.optional(context(1))?,
        };
        parts.finish().map(|()| fields)
    }

    /// Whether this certificate is the signer's: by issuer and serial number, or by the key's identifier.
    fn names(&self, certificate: &Certificate) -> der::Result<bool> {
        if self.identifier.tag == context_primitive(0) {
            return Ok(certificate.key_identifier() == Some(self.identifier.value));
        }
        let mut parts = self.identifier.sequence()?;
        let issuer = parts.expect(Tag::Sequence)?.der;
        let serial = strip(parts.expect(Tag::Integer)?.value);
        Ok(issuer == certificate.issuer() && serial == certificate.serial())
    }
}
