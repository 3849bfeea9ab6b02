//! What an authority signed, `TSTInfo` (RFC 3161 §2.4.2).

use const_oid::ObjectIdentifier;
use der::Tag;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::tlv::{Tlv, context};

/// Its fields, as far as they are looked at.
#[derive(Clone, Debug)]
pub(super) struct Info {
    pub(super) policy: ObjectIdentifier,
    /// The function of the imprint.
    pub(super) digest: ObjectIdentifier,
    pub(super) imprint: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) at: Timestamp,
    pub(super) nonce: Option<Vec<u8>>,
}

impl Info {
    pub(super) fn read(der: &[u8]) -> Result<Self, String> {
        let unreadable = |error: der::Error| format!("its TSTInfo cannot be read: {error}");
        let fields = Fields::read(der).map_err(unreadable)?;
        if fields.version.value != [1] {
            return Err("its TSTInfo is not of version 1".to_owned());
        }
        if fields.critical {
            return Err("it has a critical extension, and none is known here".to_owned());
        }
        let mut imprint = fields.imprint.sequence().map_err(unreadable)?;
        let mut algorithm = imprint.expect(Tag::Sequence).and_then(|part| part.sequence()).map_err(unreadable)?;
        let hashed = imprint.expect(Tag::OctetString).map_err(unreadable)?;
        imprint.finish().map_err(unreadable)?;
        let time = std::str::from_utf8(fields.time.value).ok().and_then(generalized_time);
        Ok(Self {
            policy: fields.policy.decode().map_err(unreadable)?,
            digest: algorithm.expect(Tag::ObjectIdentifier).and_then(|oid| oid.decode()).map_err(unreadable)?,
            imprint: hashed.value.to_vec(),
            serial: fields.serial.value.to_vec(),
            at: time.ok_or("its genTime is no time of the form YYYYMMDDhhmmss[.s…]Z")?,
            nonce: fields.nonce.map(|nonce| nonce.value.to_vec()),
        })
    }
}

struct Fields<'b> {
    version: Tlv<'b>,
    policy: Tlv<'b>,
    imprint: Tlv<'b>,
    serial: Tlv<'b>,
    time: Tlv<'b>,
    nonce: Option<Tlv<'b>>,
    critical: bool,
}

impl<'b> Fields<'b> {
    fn read(der: &'b [u8]) -> der::Result<Self> {
        let mut parts = Tlv::only(der)?.sequence()?;
        let version = parts.expect(Tag::Integer)?;
        let policy = parts.expect(Tag::ObjectIdentifier)?;
        let imprint = parts.expect(Tag::Sequence)?;
        let serial = parts.expect(Tag::Integer)?;
        let time = parts.expect(Tag::GeneralizedTime)?;
        // Accuracy, ordering, and the authority's name: nothing here depends on them.
        parts.optional(Tag::Sequence)?;
        parts.optional(Tag::Boolean)?;
        let nonce = parts.optional(Tag::Integer)?;
        parts.optional(context(0))?;
        let extensions = parts.optional(context(1))?;
        parts.finish()?;
        let critical = extensions.map(|extensions| critical(&extensions)).transpose()?.unwrap_or_default();
        Ok(Self { version, policy, imprint, serial, time, nonce, critical })
    }
}

/// Whether one of the extensions is critical.
fn critical(extensions: &Tlv<'_>) -> der::Result<bool> {
    let mut extensions = extensions.inside(context(1))?;
    let mut any = false;
    while !extensions.is_finished() {
        let mut extension = extensions.expect(Tag::Sequence)?.sequence()?;
        extension.expect(Tag::ObjectIdentifier)?;
        any |= extension.optional(Tag::Boolean)?.is_some_and(|flag| flag.value != [0]);
    }
    Ok(any)
}

/// `GeneralizedTime` as DER has it, with a fraction that does not end in 0.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exact = text.len() == whole.len() || !fraction.ends_with('0');
    if whole.len() != 14 || fraction.is_empty() || fraction.len() > 9 || !digits(whole) || !digits(fraction) || !exact {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
    let nanosecond = format!("{fraction:0<9}").parse().ok()?;
    let year = whole.get(..4)?.parse().ok()?;
    let (month, day, hour) = (number(4, 6)?, number(6, 8)?, number(8, 10)?);
    let time = DateTime::new(year, month, day, hour, number(10, 12)?, number(12, 14)?, nanosecond).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_have_one_form() {
        let read = |text: &str| generalized_time(text).map(|time| time.to_string());
        assert_eq!(read("20261102050000Z").as_deref(), Some("2026-11-02T05:00:00Z"));
        assert_eq!(read("20261102050000.25Z").as_deref(), Some("2026-11-02T05:00:00.25Z"));
        for wrong in [
            "20261102050000",
            "2026110205000Z",
            "20261302050000Z",
            "20261102050000.Z",
            "20261102050000.20Z",
            "20261102050000+0500",
            "+0261102050000Z",
            "20261102050060Z",
            "20261102050000.1234567891Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "[0-9.Z]{0,26}") {
            prop_assert!(Info::read(&bytes).is_err());
            let _ = generalized_time(&text);
        }
    }
}
