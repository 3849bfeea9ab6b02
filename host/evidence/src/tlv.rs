//! Walks DER one value at a time and keeps each value's exact bytes: what is signed is what was received, never what a
//! parser made of it. Lengths that are not the shortest, and tags of more than one byte, are refused by the reader.

use der::{Decode, Encode, Header, Reader, SliceReader, Tag, TagNumber};

/// One value.
#[derive(Clone, Copy)]
pub(crate) struct Tlv<'a> {
    /// What it is.
    pub(crate) tag: Tag,
    /// Its content.
    pub(crate) value: &'a [u8],
    /// All of it, with tag and length.
    pub(crate) der: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The one value that these bytes hold, to their end.
    pub(crate) fn only(der: &'a [u8]) -> der::Result<Self> {
        let mut walk = Walk::over(der)?;
        let tlv = walk.take()?;
        walk.finish().map(|()| tlv)
    }

    /// Its parts, if it is this.
    pub(crate) fn inside(&self, tag: Tag) -> der::Result<Walk<'a>> {
        self.tag.assert_eq(tag)?;
        Walk::over(self.value)
    }

    /// The parts of a sequence.
    pub(crate) fn sequence(&self) -> der::Result<Walk<'a>> {
        self.inside(Tag::Sequence)
    }

    /// As a type of the crates.
    pub(crate) fn decode<T: Decode<'a>>(&self) -> der::Result<T> {
        T::from_der(self.der)
    }
}

/// Values in a row.
#[derive(Clone)]
pub(crate) struct Walk<'a>(SliceReader<'a>);

impl<'a> Walk<'a> {
    /// Over these bytes.
    pub(crate) fn over(bytes: &'a [u8]) -> der::Result<Self> {
        SliceReader::new(bytes).map(Self)
    }

    /// The next value.
    pub(crate) fn take(&mut self) -> der::Result<Tlv<'a>> {
        let header: Header = self.0.peek_header()?;
        let start = usize::try_from(header.encoded_len()?)?;
        let der = self.0.tlv_bytes()?;
        let value = der.get(start..).ok_or_else(|| header.tag.length_error())?;
        Ok(Tlv { tag: header.tag, value, der })
    }

    /// The next value, which must be this.
    pub(crate) fn expect(&mut self, tag: Tag) -> der::Result<Tlv<'a>> {
        let tlv = self.take()?;
        tlv.tag.assert_eq(tag).map(|_| tlv)
    }

    /// The next value, if it is this.
    pub(crate) fn optional(&mut self, tag: Tag) -> der::Result<Option<Tlv<'a>>> {
        if self.is_finished() || self.0.peek_tag()? != tag { Ok(None) } else { self.take().map(Some) }
    }

    /// Whether nothing is left.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Refuses what is left over.
    pub(crate) fn finish(self) -> der::Result<()> {
        self.0.finish(())
    }
}

/// `[number]`, holding further values.
pub(crate) const fn context(number: u8) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber::new(number) }
}

/// `[number]`, holding bytes.
pub(crate) const fn context_primitive(number: u8) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber::new(number) }
}

/// An integer without the zeros before it: serial numbers are compared so.
pub(crate) fn strip(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|byte| **byte == 0).count();
    integer.get(zeros..).unwrap_or_default()
}

/// The time of an instant in a certificate; years to 9999 fit.
pub(crate) fn timestamp(time: der::DateTime) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(i64::try_from(time.unix_duration().as_secs()).ok()?).ok()
}

/// An object that its maker signed: certificates, CRLs and OCSP answers have this shape (RFC 5280 §4.1.1, RFC 6960 §4.2.1).
pub(crate) struct Signed<'a> {
    /// What is signed, exactly.
    pub(crate) body: Tlv<'a>,
    /// How: the `AlgorithmIdentifier`.
    pub(crate) algorithm: spki::AlgorithmIdentifierOwned,
    /// The signature's bytes.
    pub(crate) signature: &'a [u8],
    /// What follows: an OCSP answer's certificates.
    pub(crate) rest: Walk<'a>,
}

impl<'a> Signed<'a> {
    /// Reads one.
    pub(crate) fn read(der: &'a [u8]) -> der::Result<Self> {
        let mut parts = Tlv::only(der)?.sequence()?;
        let body = parts.expect(Tag::Sequence)?;
        let algorithm = parts.expect(Tag::Sequence)?.decode()?;
        let signature = bits(&parts.expect(Tag::BitString)?)?;
        Ok(Self { body, algorithm, signature, rest: parts })
    }
}

/// The bytes of a bit string that has no unused bits.
pub(crate) fn bits<'a>(tlv: &Tlv<'a>) -> der::Result<&'a [u8]> {
    tlv.tag.assert_eq(Tag::BitString)?;
    match tlv.value.split_first() {
        Some((0, bytes)) => Ok(bytes),
        _ => Err(Tag::BitString.value_error()),
    }
}
