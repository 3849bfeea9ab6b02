//! From the bytes of a record to its text, and from a place in the text back to the byte.

use std::borrow::Cow;

use qadam_sdk::RecordError;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A record's text. Knows at which byte of the record each part of it stands.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    text: Cow<'a, str>,
    /// Bytes of the record before the text: the byte order mark.
    skipped: usize,
}

impl<'a> Text<'a> {
    /// Decodes by the byte order mark if there is one, else by the XML declaration, else as UTF-8.
    ///
    /// The mark goes first because it is a fact about the bytes, and a declaration is often left behind by a converter.
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, RecordError> {
        if let Some(marked) = body.strip_prefix(b"\xEF\xBB\xBF") {
            return Self::utf8(marked, body.len() - marked.len());
        }
        if body.starts_with(b"\xFF\xFE") || body.starts_with(b"\xFE\xFF") || body.iter().take(2).any(|&byte| byte == 0)
        {
            return Err(RecordError::malformed("encoding", "UTF-16 and UTF-32 are not read; send UTF-8").at(0));
        }
        match declared(body) {
            None => Self::utf8(body, 0),
            Some(label) => match Charset::named(&label) {
                Some(Charset::Utf8) => Self::utf8(body, 0),
                Some(Charset::SingleByte(upper)) => single_byte(body, upper, &label),
                None => {
                    Err(RecordError::malformed("encoding", format!("the encoding {label} is not read; send UTF-8"))
                        .at(0))
                }
            },
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The same error, its place counted in the record's bytes instead of the text's.
    pub(crate) fn locate(&self, error: RecordError) -> RecordError {
        let Some(place) = error.offset().and_then(|offset| usize::try_from(offset).ok()) else { return error };
        let in_bytes = match &self.text {
            Cow::Borrowed(_) => place,
            // Decoded from one byte a character.
            Cow::Owned(text) => text.get(..place).unwrap_or(text).chars().count(),
        };
        error.at(self.skipped + in_bytes)
    }

    fn utf8(bytes: &'a [u8], skipped: usize) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|wrong| {
            let detail = "the bytes are not UTF-8, and the XML declaration names no other encoding that is read";
            RecordError::malformed("encoding", detail).at(skipped + wrong.valid_up_to())
        })?;
        Ok(Self { text: Cow::Borrowed(text), skipped })
    }
}

fn single_byte<'a>(body: &[u8], upper: &[char; 64], label: &str) -> Result<Text<'a>, RecordError> {
    let mut text = String::with_capacity(body.len() * 2);
    for (offset, &byte) in body.iter().enumerate() {
        let character = match byte {
            0x00..=0x7F => char::from(byte),
            0x80..=0xBF => upper.get(usize::from(byte - 0x80)).copied().unwrap_or(UNASSIGNED),
            // Both code pages have the Russian alphabet here, in the order of Unicode.
            0xC0..=0xFF => char::from_u32(0x0410 + u32::from(byte - 0xC0)).unwrap_or(UNASSIGNED),
        };
        if character == UNASSIGNED {
            let detail = format!("the byte {byte:#04x} means nothing in {label}");
            return Err(RecordError::malformed("encoding", detail).at(offset));
        }
        text.push(character);
    }
    Ok(Text { text: Cow::Owned(text), skipped: 0 })
}

/// The encoding that the XML declaration names. White space before it is borne, as around the whole fragment.
fn declared(body: &[u8]) -> Option<String> {
    let body = body.trim_ascii_start();
    if !body.starts_with(b"<?xml") {
        return None;
    }
    let end = body.windows(2).position(|pair| pair == b"?>")? + 2;
    let declaration = std::str::from_utf8(body.get(..end)?).ok()?;
    match Reader::from_str(declaration).read_event() {
        Ok(Event::Decl(declaration)) => Some(declaration.encoding()?.ok()?.into_owned()),
        _ => None, // the parser proper says what is wrong with it
    }
}

/// The encodings that are read.
enum Charset {
    Utf8,
    SingleByte(&'static [char; 64]),
}

impl Charset {
    fn named(label: &str) -> Option<Self> {
        Some(match label.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Self::Utf8,
            "windows-1251" | "cp1251" | "x-cp1251" => Self::SingleByte(&WINDOWS_1251),
            "kz-1048" | "strk1048-2002" | "rk1048" | "cskz1048" => Self::SingleByte(&KZ_1048),
            _ => return None,
        })
    }
}

const UNASSIGNED: char = char::REPLACEMENT_CHARACTER;

/// Bytes 0x80 to 0xBF of windows-1251.
#[rustfmt::skip]
const WINDOWS_1251: [char; 64] = [
    'Ђ', 'Ѓ', '‚', 'ѓ', '„', '…', '†', '‡', '€', '‰', 'Љ', '‹', 'Њ', 'Ќ', 'Ћ', 'Џ',
    'ђ', '‘', '’', '“', '”', '•', '–', '—', UNASSIGNED, '™', 'љ', '›', 'њ', 'ќ', 'ћ', 'џ',
    '\u{A0}', 'Ў', 'ў', 'Ј', '¤', 'Ґ', '¦', '§', 'Ё', '©', 'Є', '«', '¬', '\u{AD}', '®', 'Ї',
    '°', '±', 'І', 'і', 'ґ', 'µ', '¶', '·', 'ё', '№', 'є', '»', 'ј', 'Ѕ', 'ѕ', 'ї',
];

/// Bytes 0x80 to 0xBF of KZ-1048 (СТ РК 1048-2002), windows-1251 with the Kazakh letters.
#[rustfmt::skip]
const KZ_1048: [char; 64] = [
    'Ђ', 'Ѓ', '‚', 'ѓ', '„', '…', '†', '‡', '€', '‰', 'Љ', '‹', 'Њ', 'Қ', 'Һ', 'Џ',
    'ђ', '‘', '’', '“', '”', '•', '–', '—', UNASSIGNED, '™', 'љ', '›', 'њ', 'қ', 'һ', 'џ',
    '\u{A0}', 'Ұ', 'ұ', 'Ә', '¤', 'Ө', '¦', '§', 'Ё', '©', 'Ғ', '«', '¬', '\u{AD}', '®', 'Ү',
    '°', '±', 'І', 'і', 'ө', 'µ', '¶', '·', 'ё', '№', 'ғ', '»', 'ә', 'Ң', 'ң', 'ү',
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &[u8]) -> Result<String, RecordError> {
        Text::decode(body).map(|text| text.as_str().to_owned())
    }

    #[test]
    fn utf8_is_read_with_and_without_mark_and_declaration() {
        assert_eq!(text("Әлия".as_bytes()), Ok("Әлия".to_owned()));
        assert_eq!(text("\u{FEFF}Әлия".as_bytes()), Ok("Әлия".to_owned()));
        let declared = "<?xml version='1.0' encoding='utf-8'?><trace/>";
        assert_eq!(text(declared.as_bytes()), Ok(declared.to_owned()));
    }

    #[test]
    fn declared_code_pages_are_read() {
        let body = b" <?xml version=\"1.0\" encoding=\"Windows-1251\"?>\xC0\xFF\xA8\xB9\x80";
        assert_eq!(text(body).map(|text| text.ends_with("?>АяЁ№Ђ")), Ok(true));
        let body = b"<?xml version=\"1.0\" encoding=\"KZ-1048\"?>\xAA\xBC\xA3\xA1\x8D\x8E";
        assert_eq!(text(body).map(|text| text.ends_with("?>ҒәӘҰҚҺ")), Ok(true));
    }

    #[test]
    fn the_mark_is_believed_before_the_declaration() {
        let body = "\u{FEFF}<?xml version='1.0' encoding='windows-1251'?>Ә";
        assert_eq!(text(body.as_bytes()).map(|text| text.ends_with('Ә')), Ok(true));
    }

    #[test]
    fn other_encodings_are_refused_by_name() {
        let refused = text(b"<?xml version='1.0' encoding='KOI8-R'?><trace/>");
        let expected = RecordError::malformed("encoding", "the encoding KOI8-R is not read; send UTF-8").at(0);
        assert_eq!(refused, Err(expected));
        for wide in [&b"\xFF\xFE<\0"[..], b"\xFE\xFF\0<", b"<\0t\0", b"\0<\0t"] {
            assert!(matches!(text(wide), Err(RecordError::Malformed(_))));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_at_their_place() {
        assert_eq!(text(b"<trace \xC0\xC1").map_err(|error| error.offset()), Err(Some(7)));
        assert_eq!(text(b"\xEF\xBB\xBFab\xFF").map_err(|error| error.offset()), Err(Some(5)));
        let body = b"<?xml version='1.0' encoding='windows-1251'?>\x98";
        assert_eq!(text(body).map_err(|error| error.offset()), Err(Some(body.len() as u64 - 1)));
    }

    #[test]
    fn a_place_in_the_text_is_found_in_the_bytes() {
        let body = b"<?xml version='1.0' encoding='windows-1251'?>\xC0\xC0!";
        let decoded = Text::decode(body).expect("decodes");
        let place = decoded.as_str().find('!').expect("stands there");
        let error = decoded.locate(RecordError::malformed("trace", "").at(place));
        assert_eq!(error.offset(), Some(body.len() as u64 - 1));
        let marked = Text::decode("\u{FEFF}Ә!".as_bytes()).expect("decodes");
        assert_eq!(marked.locate(RecordError::malformed("trace", "").at(2)).offset(), Some(5));
    }
}
