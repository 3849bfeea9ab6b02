//! An authority, the first head of a provider, a record that was signed, and lists of the authorities that are in force.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::{
    Certificate, Checks, Step, Trust, Verdict,
    check::{Input, Outcome, Owner, signature},
    revocation::{Answer, Crl, Evidence, Need},
    timestamp::TimestampTrust,
};
use qadam_tests::openssl::{BIN, Holder, List, Pki, Profile};

pub(crate) const RECORD: &[u8] = "{\"status\": \"ҚАБЫЛДАНДЫ\"}".as_bytes();
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What all tests share: making keys takes time.
pub(crate) struct World {
    pub(crate) pki: Pki,
    pub(crate) head: Holder,
    /// After everything was issued.
    pub(crate) start: Timestamp,
    /// Lists of root and authority, empty.
    pub(crate) lists: Vec<Crl>,
    /// The record, signed by the head.
    pub(crate) signed: Vec<u8>,
}

pub(crate) fn world() -> &'static World {
    static MADE: OnceLock<World> = OnceLock::new();
    MADE.get_or_init(|| {
        let pki = Pki::new();
        let head = pki.issue(&Profile::head());
        // In whole seconds, as certificates and lists have them.
        let start = Timestamp::from_second(qadam::wall_clock().as_second()).unwrap();
        let lists = [&pki.root, &pki.authority].map(|issuer| list(issuer, &List::at(start))).to_vec();
        let signed = head.sign(RECORD, &["-cades"]);
        World { pki, head, start, lists, signed }
    })
}

pub(crate) fn list(issuer: &Holder, list: &List<'_>) -> Crl {
    Crl::parse(&issuer.crl(list)).unwrap()
}

pub(crate) fn certificate(holder: &Holder) -> Certificate {
    Certificate::parse(&holder.der()).unwrap()
}

/// One check, and what it is about. By default all is right: received an hour after the start.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) cms: Vec<u8>,
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) found_before: Option<Checks>,
    pub(crate) received_at: Timestamp,
    pub(crate) now: Timestamp,
    pub(crate) bin: Option<&'static str>,
    pub(crate) trust: Trust,
    pub(crate) timestamps: TimestampTrust,
    pub(crate) evidence: Evidence,
}

impl Case {
    /// The record of the head of the provider.
    pub(crate) fn right() -> Self {
        Self::of(world().signed.clone())
    }

    /// A message over the record, otherwise all as it should be.
    pub(crate) fn of(cms: Vec<u8>) -> Self {
        let world = world();
        let trust = Trust::from_pem(&world.pki.root.pem(), &world.pki.authority.pem()).unwrap();
        let timestamps = TimestampTrust::from_pem(&world.pki.root.pem(), &world.pki.authority.pem()).unwrap();
        let received_at = world.start + HOUR;
        let evidence = Evidence { crls: world.lists.clone(), ocsp: Vec::new() };
        Self {
            cms,
            content: Some(RECORD.to_vec()),
            found_before: None,
            received_at,
            now: received_at,
            bin: Some(BIN),
            trust,
            timestamps,
            evidence,
        }
    }

    /// Signed by somebody else.
    pub(crate) fn by(holder: &Holder) -> Self {
        Self::of(holder.sign(RECORD, &["-cades"]))
    }

    /// Received, and checked, at another time.
    pub(crate) fn received(self, at: Timestamp) -> Self {
        Self { received_at: at, now: at, ..self }
    }

    /// With other lists than the root's empty one and the authority's empty one: those of the root stay.
    pub(crate) fn lists(mut self, lists: Vec<Crl>) -> Self {
        let root = self.evidence.crls.first().cloned();
        self.evidence.crls = root.into_iter().chain(lists).collect();
        self
    }

    /// With an answer of OCSP more.
    pub(crate) fn answer(mut self, der: Vec<u8>, nonce: Option<&[u8]>) -> Self {
        self.evidence.ocsp.push(Answer { der, nonce: nonce.map(<[u8]>::to_vec) });
        self
    }

    pub(crate) fn run(&self) -> Outcome {
        signature(&Input {
            cms: &self.cms,
            content: self.content.as_deref(),
            found_before: self.found_before.as_ref(),
            received_at: self.received_at,
            now: self.now,
            owner: self.bin.map_or(Owner::Applicant, |bin| Owner::Provider { bin }),
            trust: &self.trust,
            timestamps: &self.timestamps,
            evidence: &self.evidence,
        })
    }

    /// Every step holds.
    #[track_caller]
    pub(crate) fn is_right(&self) -> Outcome {
        let outcome = self.run();
        assert_eq!(outcome.checks.verdict(), Verdict::Valid, "{:#?}", outcome.checks);
        assert!(outcome.needs.is_empty());
        outcome
    }

    /// Exactly these steps do not hold, the first of them for this reason.
    #[track_caller]
    pub(crate) fn fails(&self, steps: &[(Step, Verdict)], reason: &str) -> Outcome {
        let outcome = self.run();
        let wrong: Vec<_> = outcome.checks.0.iter().filter(|check| check.verdict != Verdict::Valid).collect();
        let found: Vec<_> = wrong.iter().map(|check| (check.step, check.verdict)).collect();
        assert_eq!(found, steps, "{:#?}", outcome.checks);
        assert!(wrong[0].reason.contains(reason), "{:?} says nothing of {reason:?}", wrong[0].reason);
        outcome
    }

    /// Exactly this step is invalid.
    #[track_caller]
    pub(crate) fn is_refused(&self, step: Step, reason: &str) -> Outcome {
        self.fails(&[(step, Verdict::Invalid)], reason)
    }

    /// It cannot be told whether the certificate was revoked; what would tell is named.
    #[track_caller]
    pub(crate) fn is_unknown(&self, reason: &str) -> Vec<Need> {
        let outcome = self.fails(&[(Step::Revocation, Verdict::Indeterminate)], reason);
        assert!(!outcome.needs.is_empty());
        outcome.needs
    }
}
