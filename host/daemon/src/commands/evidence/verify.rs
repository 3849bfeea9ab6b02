//! `qadam evidence verify`.

use std::path::PathBuf;

use clap::Args;
use qadam_evidence::{
    Certificate, Verdict, archive,
    protocol::{self, Language},
    verify::{self, Report},
};
use serde_json::json;

use super::read;
use crate::{
    cli::{Failure, Lang},
    terminal::{say, table},
};

/// Most bytes of a file of certificates.
const CERTIFICATES_LIMIT: usize = 16 << 20;

/// Which archive, and whom to trust.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The archive
    #[arg(value_name = "FILE.zip")]
    file: PathBuf,
    /// Certificates that are trusted, PEM: of the authorities whose keys seal, stamp and sign. May come several times
    #[arg(long, value_name = "CA.pem", required = true)]
    trust: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Write the protocol of this verification too, one page of HTML to print
    #[arg(long, value_name = "FILE.html")]
    protocol: Option<PathBuf>,
    /// Language of the protocol
    #[arg(long, default_value = "ru", requires = "protocol")]
    lang: Lang,
}

pub(crate) fn run(verify: &Verify) -> Result<(), Failure> {
    let mut roots = Vec::new();
    for path in &verify.trust {
        let pem = read(path, CERTIFICATES_LIMIT)?;
        let read = Certificate::parse_pem(&String::from_utf8_lossy(&pem));
        roots.extend(read.map_err(|error| Failure::Use(format!("{}: {error}", path.display())))?);
    }
    let bytes = read(&verify.file, archive::LIMIT)?;
    let report = verify::verify(&bytes, &roots, crate::wall_clock());
    if let Some(path) = &verify.protocol {
        let language = match verify.lang {
            Lang::Kk => Language::Kazakh,
            Lang::Ru => Language::Russian,
            Lang::En => return Err(Failure::Use("protocols are in kk and ru".to_owned())),
        };
        let contents = archive::read(&bytes).ok();
        let event = contents.and_then(|contents| contents.document().ok());
        let page = protocol::html(event.as_ref(), &report, language);
        std::fs::write(path, page).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    }
    if verify.json {
        say(json!(report).to_string());
    } else {
        shown(&report).into_iter().for_each(say);
    }
    match report.verdict {
        Verdict::Valid => Ok(()),
        verdict => {
            let first = report.checks.iter().find(|finding| finding.check.verdict == verdict);
            let first =
                first.map(|finding| format!(": {} of {}", finding.check.step, finding.what)).unwrap_or_default();
            Err(Failure::Failed(format!("{} is {}{first}", verify.file.display(), word(verdict))))
        }
    }
}

/// The report for people: each step, then what is proved.
fn shown(report: &Report) -> Vec<String> {
    let mut rows = vec![["VERDICT", "STEP", "FILE", "WHY"].map(String::from).to_vec()];
    rows.extend(report.checks.iter().map(|finding| {
        let check = &finding.check;
        vec![word(check.verdict).to_owned(), check.step.to_string(), finding.what.clone(), check.reason.clone()]
    }));
    let mut lines = table(&rows);
    let facts = &report.facts;
    let mut line = |name: &str, value: Option<String>| lines.extend(value.map(|value| format!("{name:<13}{value}")));
    line("event", facts.event.map(|event| event.to_string()));
    line("provider", facts.provider.as_ref().map(ToString::to_string));
    line("message", facts.number.zip(facts.destination.as_ref()).map(|(number, to)| format!("{number} to {to}")));
    line("sealed by", facts.sealed_by.as_ref().map(|owner| format!("{}, certificate {}", owner.name, owner.serial)));
    line("sealed at", facts.sealed_at.map(|at| format!("{at}, by the sealer's clock")));
    line("stamped by", facts.stamped_by.as_ref().map(|owner| format!("{}, certificate {}", owner.name, owner.serial)));
    line("stamped at", facts.stamped_at.map(|at| at.to_string()));
    if !facts.replaced_by.is_empty() {
        let by: Vec<String> = facts.replaced_by.iter().map(ToString::to_string).collect();
        lines.push(format!("replaced by {}, of a later mapping", by.join(", ")));
    }
    if facts.event.is_some() && !facts.certified {
        lines.push("not certified by the provider".to_owned());
    }
    if facts.development {
        lines.push(
            "development: an authority for development signed or stamped, which proves nothing to others".to_owned(),
        );
    }
    lines.push(word(report.verdict).to_owned());
    lines
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Indeterminate => "indeterminate",
        Verdict::Invalid => "INVALID",
    }
}
