//! Some senders write CMS in BER: lengths left open, octets in pieces (BouncyCastle's streams, `openssl cms -stream`). This
//! writes the same values in DER. Values that are signed and already in DER, certificates above all, come out byte by byte.

use std::borrow::Cow;

/// Deeper is not CMS.
const DEEPEST: usize = 24;
/// An octet string in pieces.
const PIECES: u8 = 0x24;

/// Bytes that are neither DER nor BER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BerError {
    /// They end too early, or a length is none.
    #[error("neither DER nor BER")]
    Broken,
    /// Values within values.
    #[error("values within values, more than {DEEPEST} deep")]
    Deep,
}

/// The bytes in DER, if their outermost length is left open; as they are otherwise, for a strict reader to judge.
pub(crate) fn to_der(bytes: &[u8]) -> Result<Cow<'_, [u8]>, BerError> {
    if bytes.get(1) != Some(&0x80) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut rest = bytes;
    let mut out = Vec::with_capacity(bytes.len());
    value(&mut rest, &mut out, 0)?;
    if rest.is_empty() { Ok(Cow::Owned(out)) } else { Err(BerError::Broken) }
}

fn byte(rest: &mut &[u8]) -> Result<u8, BerError> {
    let (first, others) = rest.split_first().ok_or(BerError::Broken)?;
    *rest = others;
    Ok(*first)
}

fn bytes<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], BerError> {
    let (taken, others) = rest.split_at_checked(length).ok_or(BerError::Broken)?;
    *rest = others;
    Ok(taken)
}

/// One value, written behind what is there.
fn value(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Result<(), BerError> {
    if depth > DEEPEST {
        return Err(BerError::Deep);
    }
    let tag = byte(rest)?;
    // CMS has no tags of more than one byte.
    if tag & 0x1f == 0x1f {
        return Err(BerError::Broken);
    }
    let constructed = tag & 0x20 != 0;
    let length = length(rest)?;
    let content = match (length, constructed) {
        (Some(length), false) => {
            let content = bytes(rest, length)?;
            header(out, tag, content.len());
            out.extend_from_slice(content);
            return Ok(());
        }
        (Some(length), true) => {
            let mut inside = bytes(rest, length)?;
            let mut content = Vec::with_capacity(length);
            while !inside.is_empty() {
                value(&mut inside, &mut content, depth + 1)?;
            }
            content
        }
        (None, true) => {
            let mut content = Vec::new();
            while !rest.starts_with(&[0, 0]) {
                value(rest, &mut content, depth + 1)?;
            }
            bytes(rest, 2)?;
            content
        }
        (None, false) => return Err(BerError::Broken),
    };
    let (tag, content) = if tag == PIECES { (0x04, joined(&content)?) } else { (tag, content) };
    header(out, tag, content.len());
    out.extend_from_slice(&content);
    Ok(())
}

/// Octet strings in a row, as one. They are in DER already.
fn joined(mut pieces: &[u8]) -> Result<Vec<u8>, BerError> {
    let mut out = Vec::with_capacity(pieces.len());
    while !pieces.is_empty() {
        if byte(&mut pieces)? != 0x04 {
            return Err(BerError::Broken);
        }
        let length = length(&mut pieces)?.ok_or(BerError::Broken)?;
        out.extend_from_slice(bytes(&mut pieces, length)?);
    }
    Ok(out)
}

/// A length; `None` where it is left open.
fn length(rest: &mut &[u8]) -> Result<Option<usize>, BerError> {
    let first = byte(rest)?;
    match first {
        0..0x80 => Ok(Some(usize::from(first))),
        0x80 => Ok(None),
        0x81..=0x84 => {
            let bytes = bytes(rest, usize::from(first & 0x7f))?;
            Ok(Some(bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))))
        }
        _ => Err(BerError::Broken),
    }
}

fn header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    if let Ok(short) = u8::try_from(length)
        && short < 0x80
    {
        out.push(short);
        return;
    }
    let bytes = length.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    // At most eight bytes.
    out.push(0x80 | u8::try_from(bytes.len() - zeros).unwrap_or(8));
    out.extend(bytes.iter().skip(zeros));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn open_lengths_are_closed_and_pieces_joined() {
        let ber = [0x30, 0x80, 0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0, 0x02, 0x01, 5, 0, 0];
        assert_eq!(to_der(&ber).unwrap().as_ref(), [0x30, 0x08, 0x04, 0x03, 1, 2, 3, 0x02, 0x01, 5]);
    }

    #[test]
    fn what_is_not_open_stays_as_it_is() {
        let der = [0x30, 0x81, 0x03, 0x02, 0x01, 5];
        assert_eq!(to_der(&der).unwrap().as_ref(), der);
    }

    #[test]
    fn depth_is_bounded() {
        let bomb = [0x30, 0x80].repeat(100_000);
        assert_eq!(to_der(&bomb), Err(BerError::Deep));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = to_der(&bytes);
            bytes.splice(0..0, [0x30, 0x80]);
            if let Ok(der) = to_der(&bytes) {
                prop_assert!(der.len() <= bytes.len() * 2);
            }
        }
    }
}
