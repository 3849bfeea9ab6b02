//! A message and its content, apart: for a host that must not keep all of the content, but all of the signature.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use der::Tag;

use super::{MAX_MESSAGE, Parts, ber};
use crate::{
    der_writer::{self, SEQUENCE, oid, write},
    signed_data::SIGNED_DATA,
    tlv::{Tlv, context},
};

/// Media types of a record that is wrapped in its signature (RFC 8551 §3.2, RFC 7468).
const WRAPPED: [&str; 2] = ["application/pkcs7-mime", "application/cms"];

/// Whether a media type says that the body is CMS around its content.
#[must_use]
pub fn wraps(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    WRAPPED.iter().any(|wrapped| kind.eq_ignore_ascii_case(wrapped))
}

/// The content that a message carries, not verified; none where it carries none or cannot be read.
#[must_use]
pub fn content(cms: &[u8]) -> Option<Vec<u8>> {
    let der = readable(cms)?;
    Parts::read(&der).ok()?.content.map(<[u8]>::to_vec)
}

/// The same message without the content that it carries; all other bytes stay as they are. None where it cannot be read.
#[must_use]
pub fn detached(cms: &[u8]) -> Option<Vec<u8>> {
    without_content(&readable(cms)?).ok()
}

fn readable(cms: &[u8]) -> Option<Cow<'_, [u8]>> {
    if cms.len() > MAX_MESSAGE { None } else { ber::to_der(cms).ok() }
}

fn without_content(der: &[u8]) -> der::Result<Vec<u8>> {
    let mut info = Tlv::only(der)?.sequence()?;
    if info.take()?.decode::<ObjectIdentifier>()? != SIGNED_DATA {
        return Err(Tag::ObjectIdentifier.value_error());
    }
    let explicit = info.expect(context(0))?;
    let mut data = Tlv::only(explicit.value)?.sequence()?;
    let mut parts = vec![data.expect(Tag::Integer)?.der.to_vec(), data.expect(Tag::Set)?.der.to_vec()];
    let mut encapsulated = data.expect(Tag::Sequence)?.sequence()?;
    let content_type = encapsulated.take()?.decode::<ObjectIdentifier>()?;
    parts.push(write(SEQUENCE, &[&oid(content_type)]));
    while !data.is_finished() {
        parts.push(data.take()?.der.to_vec());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Ok(write(SEQUENCE, &[&oid(SIGNED_DATA), &write(der_writer::context(0), &[&write(SEQUENCE, &parts)])]))
}
