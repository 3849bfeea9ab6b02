//! DER written as bytes. What is only carried along (a certificate, a name, another's attribute) keeps its exact bytes: taken
//! apart and put together again it might differ, and a signature over it would break. Reading is in [`tlv`](crate::tlv).

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
    use der::Tag;
    use proptest::prelude::*;

    use super::*;
    use crate::tlv::Tlv;

    proptest! {
        #[test]
        fn what_was_written_is_read_back(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..6)) {
            let inner: Vec<Vec<u8>> = parts.iter().map(|part| write(OCTET_STRING, &[part])).collect();
            let inner: Vec<&[u8]> = inner.iter().map(Vec::as_slice).collect();
            let bytes = write(SEQUENCE, &inner);
            let mut read = Tlv::only(&bytes).unwrap().sequence().unwrap();
            for part in &parts {
                prop_assert_eq!(read.expect(Tag::OctetString).unwrap().value, part);
            }
            prop_assert!(read.is_finished());
        }

        #[test]
        fn what_is_read_is_as_it_would_be_written(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(read) = Tlv::only(&bytes) {
                // No other bytes mean the same.
                prop_assert_eq!(write(bytes[0], &[read.value]), bytes);
            }
        }

        #[test]
        fn a_set_does_not_depend_on_the_order_of_its_elements(mut elements in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..6)) {
            let elements_of = |elements: &[Vec<u8>]| elements.iter().map(|one| write(OCTET_STRING, &[one])).collect();
            let one = set_of(SET, elements_of(&elements));
            elements.reverse();
            prop_assert_eq!(set_of(SET, elements_of(&elements)), one);
        }
    }

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        assert_eq!(write(OCTET_STRING, &[]), [4, 0]);
        assert_eq!(write(OCTET_STRING, &[&[0; 127]])[..2], [4, 127]);
        assert_eq!(write(OCTET_STRING, &[&[0; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(write(OCTET_STRING, &[&[0; 256]])[..4], [4, 0x82, 1, 0]);
    }
}
