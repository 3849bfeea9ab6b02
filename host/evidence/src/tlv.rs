//! DER as tags, lengths and values. What is only carried along (a certificate, a name, another's attribute) keeps its exact
//! bytes: taken apart and put together again it might differ, and a signature over it would break.

use der::{Reader as _, SliceReader};

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag `[number]` of something constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Bytes are not the DER that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be read as DER")]
pub(crate) struct Malformed {
    /// What was expected.
    pub(crate) what: &'static str,
}

/// One element: a view into foreign bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'b> {
    /// Its first byte.
    pub(crate) tag: u8,
    /// What it holds.
    pub(crate) value: &'b [u8],
    /// Itself: tag, length and value.
    pub(crate) raw: &'b [u8],
}

impl<'b> Element<'b> {
    /// The one element that the bytes are, of this tag.
    pub(crate) fn read(bytes: &'b [u8], tag: u8, what: &'static str) -> Result<Self, Malformed> {
        let mut elements = Elements::of(bytes, what)?;
        let element = elements.expect(tag)?;
        elements.end()?;
        Ok(element)
    }

    /// What stands inside, in order.
    pub(crate) fn elements(&self, what: &'static str) -> Result<Elements<'b>, Malformed> {
        Elements::of(self.value, what)
    }

    /// All that stands inside.
    pub(crate) fn all(&self, what: &'static str) -> Result<Vec<Self>, Malformed> {
        let mut elements = self.elements(what)?;
        let mut all = Vec::new();
        while let Some(element) = elements.next()? {
            all.push(element);
        }
        Ok(all)
    }
}

/// Elements one after another.
#[derive(Debug)]
pub(crate) struct Elements<'b> {
    bytes: &'b [u8],
    reader: SliceReader<'b>,
    what: &'static str,
}

impl<'b> Elements<'b> {
    fn of(bytes: &'b [u8], what: &'static str) -> Result<Self, Malformed> {
        Ok(Self { bytes, reader: SliceReader::new(bytes).map_err(|_| Malformed { what })?, what })
    }

    const fn malformed(&self) -> Malformed {
        Malformed { what: self.what }
    }

    /// The next, if any.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'b>>, Malformed> {
        if self.reader.is_finished() {
            return Ok(None);
        }
        let malformed = self.malformed();
        let from = usize::try_from(self.reader.position()).map_err(|_| malformed)?;
        let header = self.reader.peek_header().map_err(|_| malformed)?;
        let raw = self.reader.tlv_bytes().map_err(|_| malformed)?;
        let length = usize::try_from(header.length).map_err(|_| malformed)?;
        let value = raw.len().checked_sub(length).and_then(|at| raw.get(at..)).ok_or(malformed)?;
        let tag = self.bytes.get(from).copied().ok_or(malformed)?;
        Ok(Some(Element { tag, value, raw }))
    }

    /// The next, which must be of this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'b>, Malformed> {
        let malformed = self.malformed();
        self.next()?.filter(|element| element.tag == tag).ok_or(malformed)
    }

    /// The next, if it is of this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'b>>, Malformed> {
        let from = usize::try_from(self.reader.position()).map_err(|_| self.malformed())?;
        if self.bytes.get(from) == Some(&tag) { self.next() } else { Ok(None) }
    }

    /// Nothing more may follow.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.reader.is_finished() { Ok(()) } else { Err(self.malformed()) }
    }
}

/// An element of these parts, one after another.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    let digits = length.to_be_bytes();
    let digits = digits.iter().copied().skip_while(|digit| *digit == 0);
    if length < 0x80 {
        bytes.extend(digits.clone());
        if length == 0 {
            bytes.push(0);
        }
    } else {
        let count = digits.clone().count();
        bytes.push(0x80 | u8::try_from(count).unwrap_or(u8::MAX));
        bytes.extend(digits);
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// An object identifier.
pub(crate) fn oid(oid: const_oid::ObjectIdentifier) -> Vec<u8> {
    write(OID, &[oid.as_bytes()])
}

/// A set in the order of DER: by the bytes of its elements (X.690 §11.6).
pub(crate) fn set_of(tag: u8, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort_unstable();
    let elements: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    write(tag, &elements)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_back(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..6)) {
            let inner: Vec<Vec<u8>> = parts.iter().map(|part| write(OCTET_STRING, &[part])).collect();
            let inner: Vec<&[u8]> = inner.iter().map(Vec::as_slice).collect();
            let bytes = write(SEQUENCE, &inner);
            let read = Element::read(&bytes, SEQUENCE, "a list").unwrap();
            prop_assert_eq!(read.raw, &bytes[..]);
            let values: Vec<Vec<u8>> = read.all("a list").unwrap().iter().map(|element| element.value.to_vec()).collect();
            prop_assert_eq!(values, parts);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(element) = Element::read(&bytes, SEQUENCE, "bytes") {
                // What is read is as DER would write it: no other bytes mean the same.
                prop_assert_eq!(write(SEQUENCE, &[element.value]), bytes);
            }
        }
    }

    #[test]
    fn what_is_too_much_is_refused() {
        assert!(Element::read(&[0x30, 0x00, 0x00], SEQUENCE, "a list").is_err());
        assert!(Element::read(&[0x30, 0x81, 0x00], SEQUENCE, "a list").is_err(), "a length longer than it must be");
        assert!(Element::read(&[0x30, 0x80, 0x00, 0x00], SEQUENCE, "a list").is_err(), "an indefinite length");
    }
}
