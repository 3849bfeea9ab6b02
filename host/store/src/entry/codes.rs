//! The number by which a frame names the type of its fact, and the fact's bytes. A number is never used again.

use super::{Fact, from_cbor, to_cbor};
use crate::error::StoreError;

impl Fact {
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Received(_) => 1,
            Self::Resent(_) => 2,
            Self::Submission(_) => 3,
            Self::Outcome(_) => 4,
            Self::Adapter(_) => 5,
            Self::Act(_) => 6,
            Self::Destination(_) => 7,
            Self::Sealed(_) => 8,
            Self::Stamped(_) => 9,
            Self::Checked(_) => 10,
            Self::Leased(_) => 11,
            Self::Attempted(_) => 12,
            Self::Erased(_) => 13,
            Self::Reference(_) => 14,
            Self::Contested(_) => 15,
            Self::Reported(_) => 16,
            Self::Commissioned(_) => 17,
        }
    }

    /// Whether this version reads facts of that type.
    pub(crate) const fn knows(code: u8) -> bool {
        matches!(code, 1..=17)
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Received(fact) => to_cbor(fact),
            Self::Resent(fact) => to_cbor(fact),
            Self::Submission(fact) => to_cbor(fact),
            Self::Outcome(fact) => to_cbor(fact),
            Self::Adapter(fact) => to_cbor(fact),
            Self::Act(fact) => to_cbor(fact),
            Self::Destination(fact) => to_cbor(fact),
            Self::Sealed(fact) => to_cbor(fact),
            Self::Stamped(fact) => to_cbor(fact),
            Self::Checked(fact) => to_cbor(fact),
            Self::Leased(fact) => to_cbor(fact),
            Self::Attempted(fact) => to_cbor(fact),
            Self::Erased(fact) => to_cbor(fact),
            Self::Reference(fact) => to_cbor(fact),
            Self::Contested(fact) => to_cbor(fact),
            Self::Reported(fact) => to_cbor(fact),
            Self::Commissioned(fact) => to_cbor(fact),
        }
    }

    pub(crate) fn decode(code: u8, bytes: &[u8]) -> Result<Self, String> {
        Ok(match code {
            1 => Self::Received(from_cbor(bytes)?),
            2 => Self::Resent(from_cbor(bytes)?),
            3 => Self::Submission(from_cbor(bytes)?),
            4 => Self::Outcome(from_cbor(bytes)?),
            5 => Self::Adapter(from_cbor(bytes)?),
            6 => Self::Act(from_cbor(bytes)?),
            7 => Self::Destination(from_cbor(bytes)?),
            8 => Self::Sealed(from_cbor(bytes)?),
            9 => Self::Stamped(from_cbor(bytes)?),
            10 => Self::Checked(from_cbor(bytes)?),
            11 => Self::Leased(from_cbor(bytes)?),
            12 => Self::Attempted(from_cbor(bytes)?),
            13 => Self::Erased(from_cbor(bytes)?),
            14 => Self::Reference(from_cbor(bytes)?),
            15 => Self::Contested(from_cbor(bytes)?),
            16 => Self::Reported(from_cbor(bytes)?),
            17 => Self::Commissioned(from_cbor(bytes)?),
            other => return Err(format!("an entry of unknown type {other}")),
        })
    }
}
