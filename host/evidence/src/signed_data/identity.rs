//! By what a certificate is named where it signed.

use crate::tlv::{Element, INTEGER, Malformed, SEQUENCE, context};

/// The parts of a certificate (RFC 5280 §4.1) that name it and its key, as it writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity<'c> {
    /// `serialNumber`, whole.
    pub(crate) serial: Element<'c>,
    /// `issuer`, whole.
    pub(crate) issuer: Element<'c>,
    /// `subject`, whole.
    pub(crate) subject: Element<'c>,
    /// `subjectPublicKeyInfo`, whole.
    pub(crate) public_key: Element<'c>,
}

impl<'c> Identity<'c> {
    /// Those of a certificate in DER.
    pub(crate) fn of(certificate: &'c [u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "a certificate";
        let body = Element::read(certificate, SEQUENCE, WHAT)?.elements(WHAT)?.expect(SEQUENCE)?;
        let mut body = body.elements(WHAT)?;
        body.optional(context(0))?;
        let serial = body.expect(INTEGER)?;
        body.expect(SEQUENCE)?;
        let issuer = body.expect(SEQUENCE)?;
        body.expect(SEQUENCE)?;
        let subject = body.expect(SEQUENCE)?;
        let public_key = body.expect(SEQUENCE)?;
        Ok(Self { serial, issuer, subject, public_key })
    }
}
