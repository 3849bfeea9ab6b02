//! From the bytes of a record to its text, and from a place in the text back to the byte.
//!
//! What a byte means is never guessed, and a byte that means nothing is an error with its place, never a silent
//! replacement: a name with a question mark in it cannot be mended later.
//!
//! Kazakh letters are not in windows-1251. Systems that write "windows-1251 with Kazakh letters" write KZ-1048
//! (СТ РК 1048-2002), which puts them where windows-1251 has Serbian and Macedonian ones; older ones write PTCP154.
//!
//! ```
//! use qadam_sdk::encoding::Encoding;
//!
//! let kz = Encoding::named("KZ-1048").ok_or("no such encoding")?;
//! assert_eq!(kz.decode(b"\xAA\xE0\xEB\xE8").map_err(|wrong| format!("{wrong:?}"))?.as_str(), "Ғали");
//! let refused = Encoding::Utf8.decode(b"\xAA\xE0\xEB\xE8").map_err(|wrong| wrong.offset());
//! assert_eq!(refused.err(), Some(Some(0)));
//! # Ok::<(), String>(())
//! ```
// No crate has KZ-1048: `encoding_rs` follows WHATWG, which lacks it (and would bring some 200 KB of other tables into a
// guest). The three tables here are 64 characters each.

mod tables;

use std::borrow::Cow;

use tables::{KZ_1048, PTCP154, UNASSIGNED, Upper, WINDOWS_1251};

use crate::RecordError;

/// An encoding that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// windows-1251: Russian, without the Kazakh letters.
    Windows1251,
    /// KZ-1048, also STRK1048-2002: windows-1251 with the Kazakh letters.
    Kz1048,
    /// PTCP154, also PT154: the older code page with Kazakh letters.
    Ptcp154,
}

/// The text of a record. Knows at which byte of the record each part of it stands.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    text: Cow<'a, str>,
    /// Bytes of the record before the text: the byte order mark.
    skipped: usize,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Windows1251, Self::Kz1048, Self::Ptcp154];

    /// The encoding of this label, in any case: IANA's names and their common aliases.
    #[must_use]
    pub fn named(label: &str) -> Option<Self> {
        Some(match label.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Self::Utf8,
            "windows-1251" | "cp1251" | "x-cp1251" | "win-1251" | "1251" => Self::Windows1251,
            "kz-1048" | "kz1048" | "strk1048-2002" | "strk1048" | "rk1048" | "cskz1048" => Self::Kz1048,
            "ptcp154" | "csptcp154" | "pt154" | "cp154" | "cyrillic-asian" => Self::Ptcp154,
            _ => return None,
        })
    }

    /// Its name, `kz-1048`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1251 => "windows-1251",
            Self::Kz1048 => "kz-1048",
            Self::Ptcp154 => "ptcp154",
        }
    }

    /// The text of these bytes. A byte order mark of UTF-8 is believed before the encoding that was asked for: it is a fact
    /// about the bytes, a configuration is often left behind by another export.
    ///
    /// # Errors
    ///
    /// The first byte that means nothing, with its offset. UTF-16 and UTF-32 are named as such.
    pub fn decode(self, bytes: &[u8]) -> Result<Text<'_>, RecordError> {
        if let Some(marked) = marked(bytes) {
            return marked;
        }
        match self.upper() {
            None => Text::utf8(
                bytes,
                0,
                "the byte is no part of UTF-8; if the file has another encoding, the settings must say so",
            ),
            Some(upper) => single_byte(bytes, upper, self.name()),
        }
    }

    /// The bytes of a text, without a byte order mark.
    ///
    /// # Errors
    ///
    /// The first character that the encoding does not have.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        let Some(upper) = self.upper() else { return Ok(text.as_bytes().to_vec()) };
        text.chars().map(|character| byte(character, upper).ok_or(character)).collect()
    }

    const fn upper(self) -> Option<&'static Upper> {
        match self {
            Self::Utf8 => None,
            Self::Windows1251 => Some(&WINDOWS_1251),
            Self::Kz1048 => Some(&KZ_1048),
            Self::Ptcp154 => Some(&PTCP154),
        }
    }
}

impl<'a> Text<'a> {
    /// The text of an XML record: by its byte order mark if there is one, else by its XML declaration, else as UTF-8.
    ///
    /// # Errors
    ///
    /// An encoding that is not read, by its name, or the first byte that means nothing in it.
    pub fn of_xml(body: &'a [u8]) -> Result<Self, RecordError> {
        if let Some(marked) = marked(body) {
            return marked;
        }
        let refused = |label: &str| {
            RecordError::malformed("encoding", format!("the encoding {label} is not read; send UTF-8")).at(0)
        };
        match declared(body) {
            None | Some("") => Self::utf8(body, 0, NOT_UTF8),
            Some(label) => match Encoding::named(label) {
                None => Err(refused(label)),
                Some(encoding) => match encoding.upper() {
                    None => Self::utf8(body, 0, NOT_UTF8),
                    Some(upper) => single_byte(body, upper, label),
                },
            },
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The byte of the record at which the byte `place` of the text stands.
    #[must_use]
    pub fn offset(&self, place: usize) -> usize {
        let before = match &self.text {
            Cow::Borrowed(_) => place,
            // Decoded from one byte a character.
            Cow::Owned(text) => text.get(..place).unwrap_or(text).chars().count(),
        };
        self.skipped + before
    }

    /// The same error, its place counted in the record's bytes instead of the text's.
    #[must_use]
    pub fn locate(&self, error: RecordError) -> RecordError {
        let place = error.offset().and_then(|offset| usize::try_from(offset).ok());
        match place {
            Some(place) => error.at(self.offset(place)),
            None => error,
        }
    }

    fn utf8(bytes: &'a [u8], skipped: usize, detail: &str) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|wrong| RecordError::malformed("encoding", detail).at(skipped + wrong.valid_up_to()))?;
        Ok(Self { text: Cow::Borrowed(text), skipped })
    }
}

const NOT_UTF8: &str = "the bytes are not UTF-8, and the XML declaration names no other encoding that is read";

/// What a byte order mark, or the zeros of a wide encoding, say of the bytes.
fn marked(bytes: &[u8]) -> Option<Result<Text<'_>, RecordError>> {
    if let Some(text) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return Some(Text::utf8(text, 3, "the byte is no part of UTF-8, which the byte order mark promises"));
    }
    let wide =
        bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.iter().take(2).any(|&b| b == 0);
    wide.then(|| Err(RecordError::malformed("encoding", "UTF-16 and UTF-32 are not read; send UTF-8").at(0)))
}

fn single_byte<'a>(bytes: &'a [u8], upper: &Upper, label: &str) -> Result<Text<'a>, RecordError> {
    let mut text = String::with_capacity(bytes.len() * 2);
    for (offset, &byte) in bytes.iter().enumerate() {
        let character = match byte {
            0x00..=0x7F => char::from(byte),
            0x80..=0xBF => upper.get(usize::from(byte - 0x80)).copied().unwrap_or(UNASSIGNED),
            0xC0..=0xFF => char::from_u32(RUSSIAN + u32::from(byte - 0xC0)).unwrap_or(UNASSIGNED),
        };
        if character == UNASSIGNED {
            let detail = format!("the byte {byte:#04x} means nothing in {label}");
            return Err(RecordError::malformed("encoding", detail).at(offset));
        }
        text.push(character);
    }
    Ok(Text { text: Cow::Owned(text), skipped: 0 })
}

/// The letter А; the alphabet stands at 0xC0 in the order of Unicode.
const RUSSIAN: u32 = 0x0410;

fn byte(character: char, upper: &Upper) -> Option<u8> {
    let code = u32::from(character);
    match code {
        0..=0x7F => u8::try_from(code).ok(),
        RUSSIAN..=0x044F => u8::try_from(code - RUSSIAN + 0xC0).ok(),
        _ if character == UNASSIGNED => None,
        _ => u8::try_from(upper.iter().position(|&known| known == character)? + 0x80).ok(),
    }
}

/// The encoding that the XML declaration names. White space before it is borne, as around the whole record.
fn declared(body: &[u8]) -> Option<&str> {
    let body = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = body.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(body.get(..end)?).ok()?;
    let (before, rest) = declaration.split_once("encoding")?;
    // An attribute, not a part of another one's value or name.
    if !before.ends_with(|character: char| character.is_ascii_whitespace()) {
        return None;
    }
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label)
}

#[cfg(test)]
mod tests;
