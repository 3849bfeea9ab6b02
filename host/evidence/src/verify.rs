//! Verifies archives and sequences of manifests: offline, with nothing but the certificates of the authorities.
//!
//! Everything is judged at the time that the time-stamp proves, so that an archive outlives its certificates. Without one it is
//! judged at the time of the verification, and says that the time is the sealer's word.

mod envelope;
mod facts;
mod mappings;
mod record;
mod revoked;
mod seal;
mod sequence;
mod stamp;
mod whole;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    facts::{Facts, Owner},
    sequence::{Numbered, Sequence, sequence},
};
use crate::{
    archive::{self, ArchiveError, Files, names},
    certificate::Certificate,
    revocation::Evidence,
    verdict::{Check, Step, Verdict},
};

/// What was found of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The worst of all steps.
    pub verdict: Verdict,
    /// What the archive proves, if it holds.
    pub facts: Facts,
    /// Every step, in order.
    pub checks: Vec<Finding>,
}

/// One step, and the file that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A file of the archive, or `archive`.
    pub what: String,
    /// The step, its verdict and why.
    #[serde(flatten)]
    pub check: Check,
}

/// Verifies an archive. `roots` are those whom the reader trusts; nothing in the archive can add to them.
#[must_use]
pub fn verify(archive: &[u8], roots: &[Certificate], now: Timestamp) -> Report {
    match archive::open(archive) {
        Ok(files) => report(&files, roots, now),
        Err(error) => {
            let mut findings = Findings::default();
            findings.refuse(Step::Structure, &error);
            findings.report(Facts::default())
        }
    }
}

/// All steps over the files of an archive. `roots` may be empty; what hangs on them is indeterminate then.
pub(crate) fn report(files: &Files, roots: &[Certificate], now: Timestamp) -> Report {
    let mut findings = Findings::default();
    whole::check(files, &mut findings);
    let ground = Ground { files, roots, now, revocation: revoked::read(files, &mut findings) };
    let sealed = seal::check(&ground, "", &mut findings);
    record::check(&ground, &sealed, &mut findings);
    let others = mappings::check(&ground, &sealed, &mut findings);
    whole::about(files, &sealed, &mut findings);
    findings.report(Facts::of(files, &sealed, others))
}

/// What is verified, and with what.
struct Ground<'a> {
    files: &'a Files,
    roots: &'a [Certificate],
    now: Timestamp,
    revocation: Evidence,
}

/// The steps as they are found.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    fn add(&mut self, what: impl Into<String>, step: Step, verdict: Verdict, reason: impl Into<String>) {
        let check = Check { step, verdict, reason: reason.into() };
        self.0.push(Finding { what: what.into(), check });
    }

    /// A step that holds where `wrong` is none.
    fn holds(&mut self, what: &str, step: Step, wrong: Option<String>) {
        match wrong {
            Some(reason) => self.add(what, step, Verdict::Invalid, reason),
            None => self.add(what, step, Verdict::Valid, ""),
        }
    }

    fn refuse(&mut self, step: Step, error: &ArchiveError) {
        self.add(error.file().unwrap_or("archive"), step, Verdict::Invalid, error.to_string());
    }

    fn report(self, facts: Facts) -> Report {
        let verdict = self.0.iter().map(|finding| finding.check.verdict).max().unwrap_or(Verdict::Indeterminate);
        Report { verdict, facts, checks: self.0 }
    }
}

/// The name of a file in a folder of the archive.
fn path(folder: &str, name: &str) -> String {
    format!("{folder}{name}")
}
