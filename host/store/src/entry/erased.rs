//! Facts of erasure: which bodies are to go, by whose word and why, and that they are gone. They come before the rewriting, so
//! that it is known who erased what, and so that what a stop has cut short is finished at the next start.

use jiff::Timestamp;
use qadam_domain::time::instant;
use serde::{Deserialize, Serialize};

use super::{from_cbor, to_cbor};
use crate::{digest::sha256, error::StoreError};

/// Bodies are erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasedFact {
    /// They are to go: from here on they count as erased.
    Ordered(ErasureOrder),
    /// They are gone, and their space with them.
    Done(ErasureDone),
}

/// Bodies that are to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureOrder {
    /// Name of the policy or of the act, `records-days`.
    pub cause: String,
    /// Id of the key that asked for it; `host` for a policy.
    #[serde(rename = "by")]
    pub who: String,
    /// Why, as stated or as configured.
    pub why: String,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// Whose bodies, in order. Written as runs: how many are passed over, how many follow.
    #[serde(with = "runs")]
    pub entries: Vec<u64>,
}

/// Bodies that are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureDone {
    /// The entries that ordered it.
    pub orders: Vec<u64>,
    /// Bytes that the journal takes less.
    pub freed: i64,
    /// When.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

/// What stands in a frame where a body was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    /// SHA-256 of the body.
    #[serde(rename = "sha", with = "serde_bytes")]
    pub digest: [u8; 32],
    /// Bytes of the body.
    pub size: u64,
    /// The entry that ordered it, which says why.
    pub by: u64,
}

impl Tombstone {
    pub(crate) fn of(body: &[u8], by: u64) -> Self {
        Self { digest: sha256(body), size: body.len() as u64, by }
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        to_cbor(self)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        from_cbor(bytes)
    }
}

/// Ascending numbers as runs.
mod runs {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    /// Numbers that one list may have.
    const MOST: u64 = 1 << 20;

    pub(super) fn serialize<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        let mut next = 0;
        for number in numbers {
            match runs.last_mut() {
                Some((_, count)) if *number == next => *count += 1,
                _ => runs.push((number.saturating_sub(next), 1)),
            }
            next = number.saturating_add(1);
        }
        serializer.collect_seq(runs)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        let mut numbers = Vec::new();
        let mut next = 0u64;
        for (passed, count) in Vec::<(u64, u64)>::deserialize(deserializer)? {
            let first = next.checked_add(passed).ok_or_else(|| D::Error::custom("a run beyond all numbers"))?;
            next = first.checked_add(count).ok_or_else(|| D::Error::custom("a run beyond all numbers"))?;
            if numbers.len() as u64 + count > MOST {
                return Err(D::Error::custom(format_args!("more than {MOST} numbers")));
            }
            numbers.extend(first..next);
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_order_comes_back_with_all_its_entries(
            entries in proptest::collection::btree_set(prop_oneof![0u64..200, any::<u64>()], 0..200),
        ) {
            let order = ErasureOrder {
                cause: "records-days".into(),
                who: "host".into(),
                why: "30 days".into(),
                at: Timestamp::UNIX_EPOCH,
                entries: entries.into_iter().filter(|entry| *entry < u64::MAX).collect(),
            };
            prop_assert_eq!(from_cbor::<ErasureOrder>(&to_cbor(&order).unwrap()).unwrap(), order);
        }

        #[test]
        fn foreign_runs_are_refused_or_read_but_never_fill_the_memory(runs: Vec<(u64, u64)>) {
            #[derive(Serialize)]
            struct Foreign { cause: &'static str, by: &'static str, why: &'static str, at: (i64, i32), entries: Vec<(u64, u64)> }
            let bytes = to_cbor(&Foreign { cause: "", by: "", why: "", at: (0, 0), entries: runs }).unwrap();
            let read = from_cbor::<ErasureOrder>(&bytes).map(|order| order.entries);
            prop_assert!(read.is_ok_and(|entries| entries.iter().collect::<BTreeSet<_>>().len() == entries.len()) || from_cbor::<ErasureOrder>(&bytes).is_err());
        }
    }

    #[test]
    fn a_tombstone_is_short() {
        let tombstone = Tombstone::of(&[0; 5_000_000], 12_000_000);
        let bytes = tombstone.encode().unwrap();
        assert!(bytes.len() < 64, "{}", bytes.len());
        assert_eq!(Tombstone::decode(&bytes).unwrap(), tombstone);
    }
}
