//! The sequence of a lane: each manifest names the digest of the one before it, so that none can be taken out, put in or
//! replaced without showing. What was cut off at the end does not show: whoever got the messages knows their last number.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    manifest::{self, Manifest},
    verdict::{Check, Step, Verdict},
};

/// What was found in a sequence of manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sequence {
    /// Number of the first manifest, and of the last.
    pub numbers: Option<(u64, u64)>,
    /// What does not hold, each with the number of the manifest that it is about; empty where all follow each other.
    pub findings: Vec<Numbered>,
}

impl Sequence {
    /// Valid where there is a sequence and nothing was found; no manifests prove nothing.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.numbers, self.findings.is_empty()) {
            (_, false) => Verdict::Invalid,
            (Some(_), true) => Verdict::Valid,
            (None, true) => Verdict::Indeterminate,
        }
    }
}

/// A finding and the manifest that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// The manifest's number in its lane; of one that cannot be read, its place among those given, from 1.
    pub number: u64,
    /// What was found.
    #[serde(flatten)]
    pub check: Check,
}

/// Checks the manifests of one lane, from its first on, in their order. One that is missing, stands there again, or was
/// replaced is named by its number.
#[must_use]
pub fn sequence(manifests: &[&[u8]]) -> Sequence {
    let mut found = Findings::default();
    let mut read: Vec<(Manifest, manifest::Digest)> = Vec::new();
    let mut seen = BTreeMap::new();
    for (place, bytes) in (1..).zip(manifests) {
        let digest = manifest::digest_of(bytes);
        let manifest = match Manifest::parse(bytes) {
            Ok(manifest) => manifest,
            Err(error) => {
                found.add(place, format!("the manifest given in place {place} cannot be read: {error}"));
                continue;
            }
        };
        let number = manifest.number;
        if let Some((first, _)) = read
            .first()
            .filter(|(first, _)| (&first.provider, &first.destination) != (&manifest.provider, &manifest.destination))
        {
            let ours = format!("{} to {}", first.provider, first.destination);
            found.add(
                number,
                format!(
                    "it is of another lane than the first: {} to {}, not {ours}",
                    manifest.provider, manifest.destination
                ),
            );
            continue;
        }
        match seen.insert(number, digest) {
            Some(earlier) if earlier == digest => found.add(number, "it stands there again".to_owned()),
            Some(_) => found.add(number, "it stands there twice, with different contents: one was put in".to_owned()),
            None => read.push((manifest, digest)),
        }
    }
    if read.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a.number > b.number)) {
        for pair in read.windows(2) {
            if let [(before, _), (after, _)] = pair
                && before.number > after.number
            {
                found.add(after.number, format!("it stands behind manifest {}", before.number));
            }
        }
        read.sort_by_key(|(manifest, _)| manifest.number);
    }
    gaps(&read, &mut found);
    links(&read, &mut found);
    let numbers = read.first().zip(read.last()).map(|((first, _), (last, _))| (first.number, last.number));
    found.0.sort_by_key(|finding| finding.number);
    Sequence { numbers, findings: found.0 }
}

#[derive(Default)]
struct Findings(Vec<Numbered>);

impl Findings {
    fn add(&mut self, number: u64, reason: String) {
        self.0.push(Numbered { number, check: Check { step: Step::Sequence, verdict: Verdict::Invalid, reason } });
    }
}

/// Numbers that are not there. A wide gap is one finding.
fn gaps(read: &[(Manifest, manifest::Digest)], found: &mut Findings) {
    let mut expected = 1;
    for (manifest, _) in read {
        match manifest.number.saturating_sub(expected) {
            0 => {}
            1 => found.add(expected, "it is missing".to_owned()),
            _ => found.add(expected, format!("it is missing, and all up to manifest {}", manifest.number - 1)),
        }
        expected = manifest.number.saturating_add(1);
    }
}

/// Neighbours of which the second does not name the first. Where a manifest's both sides are broken, it was replaced; where
/// only the side of its successor is, it was replaced by one that names its predecessor rightly.
fn links(read: &[(Manifest, manifest::Digest)], found: &mut Findings) {
    let broken: Vec<bool> = read
        .windows(2)
        .map(|pair| match pair {
            [(before, digest), (after, _)] => {
                before.number.checked_add(1) == Some(after.number) && after.previous != Some(*digest)
            }
            _ => false,
        })
        .collect();
    let is_broken = |link: usize| broken.get(link).copied().unwrap_or_default();
    for (at, (manifest, _)) in read.iter().enumerate() {
        // Link `at - 1` leads to this manifest, link `at` away from it.
        let (before, after) = (at.checked_sub(1).is_some_and(is_broken), is_broken(at));
        let number = manifest.number;
        if before && after {
            found.add(
                number,
                format!(
                    "it was replaced: it does not name manifest {}, and {} does not name it",
                    number - 1,
                    number + 1
                ),
            );
        } else if after && !is_broken(at + 1) {
            let last = if at + 2 == read.len() { ", or its successor, the last, was" } else { "" };
            found.add(number, format!("it was replaced{last}: manifest {} names another predecessor", number + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::{Digest, Format};

    fn lane(length: u64) -> Vec<Vec<u8>> {
        let mut previous = None;
        (1..=length)
            .map(|number| {
                let bytes = manifest(number, previous, 0);
                previous = Some(manifest::digest_of(&bytes));
                bytes
            })
            .collect()
    }

    fn manifest(number: u64, previous: Option<Digest>, of: u8) -> Vec<u8> {
        let manifest = Manifest {
            format: Format::V1,
            destination: "monitoring".to_owned(),
            provider: "permits".parse().unwrap(),
            number,
            previous,
            lineage: Vec::new(),
            sealed_at: "2026-08-28T05:01:00Z".parse().unwrap(),
            certified: false,
            events: vec![Digest([of; 32])],
        };
        manifest.to_bytes()
    }

    fn named(manifests: &[Vec<u8>]) -> Vec<u64> {
        let manifests: Vec<&[u8]> = manifests.iter().map(Vec::as_slice).collect();
        sequence(&manifests).findings.iter().map(|finding| finding.number).collect()
    }

    #[test]
    fn a_whole_lane_holds_and_an_empty_one_proves_nothing() {
        let lane = lane(5);
        let manifests: Vec<&[u8]> = lane.iter().map(Vec::as_slice).collect();
        let sequence = super::sequence(&manifests);
        assert_eq!((sequence.verdict(), sequence.numbers), (Verdict::Valid, Some((1, 5))));
        assert_eq!(super::sequence(&[]).verdict(), Verdict::Indeterminate);
    }

    #[test]
    fn a_manifest_of_another_lane_or_that_is_none_is_named() {
        let mut lane = lane(3);
        lane[1] = b"{}".to_vec();
        assert_eq!(named(&lane), [2, 2], "unreadable, and so missing");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn one_taken_out_is_named_by_its_number(length in 2_u64..9, out in any::<prop::sample::Index>()) {
            let mut lane = lane(length);
            let out = out.index(lane.len() - 1); // the last is known only to who got it
            lane.remove(out);
            prop_assert_eq!(named(&lane), [out as u64 + 1]);
        }

        #[test]
        fn one_that_comes_again_is_named_by_its_number(length in 1_u64..9, from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
            let mut lane = lane(length);
            let from = from.index(lane.len());
            lane.insert(from + to.index(lane.len() - from + 1), lane[from].clone());
            prop_assert_eq!(named(&lane), [from as u64 + 1]);
        }

        #[test]
        fn one_replaced_is_named_by_its_number(length in 3_u64..9, at in any::<prop::sample::Index>(), keeps in any::<bool>()) {
            let mut lane = lane(length);
            let at = at.index(lane.len() - 2);
            let true_one = Manifest::parse(&lane[at]).unwrap().previous;
            let previous = if keeps || at == 0 { true_one } else { Some(Digest([1; 32])) };
            lane[at] = manifest(at as u64 + 1, previous, 1);
            prop_assert_eq!(named(&lane), [at as u64 + 1]);
        }

        #[test]
        fn two_in_each_others_place_are_named(length in 2_u64..9, at in any::<prop::sample::Index>()) {
            let mut lane = lane(length);
            let at = at.index(lane.len() - 1);
            lane.swap(at, at + 1);
            prop_assert_eq!(named(&lane), [at as u64 + 1]);
        }

        #[test]
        fn foreign_bytes_never_panic(manifests in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4)) {
            prop_assert_eq!(named(&manifests).len(), manifests.len());
        }
    }
}
