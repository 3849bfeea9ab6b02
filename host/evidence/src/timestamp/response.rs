//! The response of an authority, `TimeStampResp` (RFC 3161 §2.4.2).

use der::{Tag, asn1::Utf8StringRef};

use super::{SIZE_LIMIT, TimestampError};
use crate::tlv::Tlv;

/// Most letters of what an authority says to people that are repeated.
const TEXT_LIMIT: usize = 200;

/// The token that a response grants.
pub(super) fn token(response: &[u8]) -> Result<&[u8], TimestampError> {
    if response.len() > SIZE_LIMIT {
        return Err(TimestampError::TooLong { bytes: response.len() });
    }
    let read = || -> der::Result<_> {
        let mut parts = Tlv::only(response)?.sequence()?;
        let status = Status::read(&parts.expect(Tag::Sequence)?)?;
        let token = parts.optional(Tag::Sequence)?;
        parts.finish()?;
        Ok((status, token))
    };
    let (status, token) = read().map_err(|_| TimestampError::Response)?;
    match (status.code, token) {
        // granted, and grantedWithMods, whose changes the checks of the token would show.
        (0 | 1, Some(token)) => Ok(token.der),
        (0 | 1, None) => Err(TimestampError::NoToken),
        (code, _) => Err(TimestampError::Rejected { status: code, failures: status.failures, text: status.text }),
    }
}

/// `PKIStatusInfo`.
struct Status {
    code: u8,
    text: String,
    failures: Vec<&'static str>,
}

impl Status {
    fn read(info: &Tlv<'_>) -> der::Result<Self> {
        let mut parts = info.sequence()?;
        let code: u8 = parts.expect(Tag::Integer)?.decode()?;
        let mut text = String::new();
        if let Some(said) = parts.optional(Tag::Sequence)? {
            let mut said = said.sequence()?;
            while !said.is_finished() {
                text += said.take()?.decode::<Utf8StringRef<'_>>()?.as_str();
                text.push(' ');
            }
        }
        let failures = match parts.optional(Tag::BitString)? {
            Some(failures) => failures_of(failures.value),
            None => Vec::new(),
        };
        parts.finish()?;
        Ok(Self { code, text: text.trim().chars().take(TEXT_LIMIT).collect(), failures })
    }
}

/// The names of the bits that are set: of a `BIT STRING`'s value, whose first byte counts the bits that are not meant.
fn failures_of(value: &[u8]) -> Vec<&'static str> {
    const NAMES: [(usize, &str); 8] = [
        (0, "badAlg: it does not stamp digests of this function"),
        (2, "badRequest: it does not do this"),
        (5, "badDataFormat: it cannot read the query"),
        (14, "timeNotAvailable: its clock is out of order"),
        (15, "unacceptedPolicy: it does not stamp under this policy"),
        (16, "unacceptedExtension: it does not know an extension of the query"),
        (17, "addInfoNotAvailable: it cannot give what was asked for beside"),
        (25, "systemFailure: it is out of order"),
    ];
    let bytes = value.get(1..).unwrap_or_default();
    let set = |bit: usize| bytes.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
    NAMES.iter().filter(|(bit, _)| set(*bit)).map(|(_, name)| *name).collect()
}
