//! Names and ids. Public ids are opaque text: readers compare them and give them back, nothing else.

use std::{fmt, str::FromStr};

use data_encoding::BASE32HEX_NOPAD;
use serde::{Deserialize, Serialize};

/// Longest name of a provider or a destination, in bytes.
pub const PROVIDER_ID_LIMIT: usize = 40;

/// Why a text is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Not a provider id.
    #[error("`{0}` is no provider id: 1 to {PROVIDER_ID_LIMIT} of a-z, 0-9 and -, starting with a letter")]
    Provider(String),
    /// Not a destination id.
    #[error("`{0}` is no destination id: 1 to {PROVIDER_ID_LIMIT} of a-z, 0-9 and -, starting with a letter")]
    Destination(String),
    /// Not an opaque id of the wanted sort.
    #[error("`{text}` is no id that starts with `{prefix}`")]
    Opaque {
        /// What was given.
        text: String,
        /// What such ids start with.
        prefix: &'static str,
    },
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $wrong:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
                if letters && first && text.len() <= PROVIDER_ID_LIMIT {
                    Ok(Self(text.into()))
                } else {
                    Err($wrong(text.chars().take(80).collect()))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

named! {
    /// A provider ("услугодатель") as the operator names it: 1 to 40 of `a-z 0-9 -`, starting with a letter.
    ProviderId, IdError::Provider
}
impl ProviderId {
    /// In whose name the host seals what is of no provider: its reports. No provider can have it.
    pub const HOST: &'static str = "qadam";

    /// [`Self::HOST`].
    #[must_use]
    pub fn host() -> Self {
        Self(Self::HOST.into())
    }

    /// Whether it is the host's own.
    #[must_use]
    pub fn is_host(&self) -> bool {
        self.as_str() == Self::HOST
    }
}

named! {
    /// Where sealed messages go, as the operator names it: `monitoring`. Written like a provider's id. With a provider it makes
    /// a lane.
    DestinationId, IdError::Destination
}

/// Where an event stands in the journal: the sequence number of the entry that recorded it, and its place within it.
/// `Ord` is the order of receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(u64, u16)", into = "(u64, u16)")]
pub struct EventRef {
    /// Sequence number of the journal entry.
    pub seq: u64,
    /// Place within the entry, from 0.
    pub index: u16,
}

impl From<(u64, u16)> for EventRef {
    fn from((seq, index): (u64, u16)) -> Self {
        Self { seq, index }
    }
}

impl From<EventRef> for (u64, u16) {
    fn from(at: EventRef) -> Self {
        (at.seq, at.index)
    }
}

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $($field:ident: $type:ty = $from:literal .. $to:literal),+; $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            $(
                #[doc = concat!("Part of the id: `", stringify!($field), "`.")]
                pub $field: $type,
            )+
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut bytes = Vec::with_capacity($bytes);
                $(bytes.extend_from_slice(&self.$field.to_be_bytes());)+
                write!(f, "{}{}", $prefix, BASE32HEX_NOPAD.encode(&bytes).to_ascii_lowercase())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let wrong = || IdError::Opaque { text: text.chars().take(80).collect(), prefix: $prefix };
                let body = text.strip_prefix($prefix).ok_or_else(wrong)?;
                let bytes = BASE32HEX_NOPAD.decode(body.to_ascii_uppercase().as_bytes()).map_err(|_| wrong())?;
                if bytes.len() != $bytes {
                    return Err(wrong());
                }
                Ok(Self {
                    $($field: <$type>::from_be_bytes(
                        bytes.get($from..$to).and_then(|b| b.try_into().ok()).ok_or_else(wrong)?,
                    ),)+
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

opaque! {
    /// A record as received. Holds the store's epoch, so that an id from before a restore is never taken for another's.
    RecordId, "rec_", epoch: u32 = 0..4, seq: u64 = 4..12; 12
}
opaque! {
    /// An event. It stays the same over a re-mapping that gives an equal event.
    EventId, "evt_", epoch: u32 = 0..4, seq: u64 = 4..12, index: u16 = 12..14; 14
}
opaque! {
    /// A request, by the first event that was recorded of it.
    RequestId, "req_", epoch: u32 = 0..4, seq: u64 = 4..12, index: u16 = 12..14; 14
}
opaque! {
    /// A sealed message, by the entry that keeps it.
    MessageId, "msg_", epoch: u32 = 0..4, seq: u64 = 4..12; 12
}
opaque! {
    /// A place in a list, to go on from.
    Cursor, "cur_", epoch: u32 = 0..4, seq: u64 = 4..12, index: u16 = 12..14; 14
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_ids_come_back_from_their_text() {
        let id = EventId { epoch: 7, seq: u64::MAX - 3, index: 513 };
        assert_eq!(id.to_string().parse::<EventId>(), Ok(id));
        assert!(id.to_string().parse::<RequestId>().is_err(), "another sort of id is refused");
        assert!("evt_".parse::<EventId>().is_err());
        assert!("evt_é".parse::<EventId>().is_err());
    }

    #[test]
    fn provider_ids_are_short_lower_case_words() {
        assert!("permits".parse::<ProviderId>().is_ok());
        for wrong in ["", "Permits", "1st", "a/b", "..", &"a".repeat(41)] {
            assert!(wrong.parse::<ProviderId>().is_err(), "{wrong}");
        }
    }
}
