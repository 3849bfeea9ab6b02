//! By what a certificate is named where it signed.

use der::Tag;

use crate::tlv::{Tlv, context};

/// The parts of a certificate (RFC 5280 §4.1) that name it and its key, as it writes them.
#[derive(Clone, Copy)]
pub(crate) struct Identity<'c> {
    /// `serialNumber`.
    pub(crate) serial: Tlv<'c>,
    /// `issuer`.
    pub(crate) issuer: Tlv<'c>,
    /// `subject`.
    pub(crate) subject: Tlv<'c>,
    /// `subjectPublicKeyInfo`.
    pub(crate) public_key: Tlv<'c>,
}

impl<'c> Identity<'c> {
    /// Those of a certificate in DER.
    pub(crate) fn of(certificate: &'c [u8]) -> der::Result<Self> {
        let mut body = Tlv::only(certificate)?.sequence()?.expect(Tag::Sequence)?.sequence()?;
        body.optional(context(0))?;
        let serial = body.expect(Tag::Integer)?;
        body.expect(Tag::Sequence)?;
        let issuer = body.expect(Tag::Sequence)?;
        body.expect(Tag::Sequence)?;
        let subject = body.expect(Tag::Sequence)?;
        let public_key = body.expect(Tag::Sequence)?;
        Ok(Self { serial, issuer, subject, public_key })
    }
}
