//! `qadam adapter test`: golden records through the component, in the engine of the host, against what is expected.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Args;
use data_encoding::HEXLOWER;
use qadam_engine::Adapter;
use qadam_package::golden::{Sample, expected};
use serde_json::{Map, Value, json};

use super::{
    Which, built, diff, golden, grouped,
    run::{self, Outcome, Ran, Runner},
};
use crate::{
    cli::Failure,
    terminal::{note, say},
};

/// Arguments of `qadam adapter test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Write what the adapter gives as what is expected
    #[arg(long)]
    pub(crate) update: bool,
    /// A component that was built before, instead of building one
    #[arg(long, value_name = "FILE")]
    pub(crate) component: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a sample came to.
#[derive(Debug)]
enum Verdict {
    Same,
    Differs {
        expected: String,
        given: String,
    },
    /// Nothing was expected yet.
    New {
        given: String,
    },
    Written,
    Faulty {
        faults: Vec<(String, String)>,
    },
}

impl Verdict {
    const fn word(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs { .. } => "differs",
            Self::New { .. } => "new",
            Self::Written => "written",
            Self::Faulty { .. } => "fault",
        }
    }

    const fn is_right(&self) -> bool {
        matches!(self, Self::Same | Self::Written)
    }
}

pub(crate) fn run(test: &Test) -> Result<(), Failure> {
    let guest = test.which.guest()?;
    let folder = guest.folder().join("golden");
    let samples = golden::samples(&folder)?;
    let component = match &test.component {
        Some(file) => file.clone(),
        None => built(&guest)?.component,
    };
    let bytes =
        std::fs::read(&component).map_err(|error| Failure::Failed(format!("{}: {error}", component.display())))?;
    let tested = tested(bytes, &samples, &folder, test.update)?;
    if test.json {
        say(tested.json().to_string());
    } else {
        tested.tell();
    }
    tested.verdict()
}

/// The samples with their verdicts, in the order of the names.
pub(crate) struct Tested {
    adapter: Adapter,
    bytes: u64,
    samples: Vec<(String, usize, Verdict, Vec<String>)>,
}

/// Runs all samples; with `update`, writes what is expected from now on.
pub(crate) fn tested(component: Vec<u8>, samples: &[Sample], folder: &Path, update: bool) -> Result<Tested, Failure> {
    let bytes = component.len() as u64;
    let runner = Runner::new(component)?;
    let mut adapters: BTreeMap<&BTreeMap<String, String>, Adapter> = BTreeMap::new();
    let mut judged = Vec::new();
    let mut last = None;
    for sample in samples {
        let adapter = match adapters.get(&sample.settings) {
            Some(adapter) => adapter.clone(),
            None => adapters.entry(&sample.settings).or_insert(runner.adapter(&sample.settings)?).clone(),
        };
        let Ran { outcomes, log } = run::map(&adapter, &sample.records);
        let verdict = verdict(sample, &outcomes, &folder.join(&sample.expected), update)?;
        judged.push((sample.name.clone(), sample.records.len(), verdict, log));
        last = Some(adapter);
    }
    let adapter = last.ok_or_else(|| Failure::Failed("there are no samples".into()))?;
    Ok(Tested { adapter, bytes, samples: judged })
}

fn verdict(sample: &Sample, outcomes: &[Outcome], file: &Path, update: bool) -> Result<Verdict, Failure> {
    let Some(given) = expected(sample, outcomes) else {
        let faults = outcomes.iter().zip(&sample.records).filter_map(|(outcome, record)| match outcome {
            Outcome::Fault(fault) => Some((record.place.clone(), fault.to_string())),
            _ => None,
        });
        return Ok(Verdict::Faulty { faults: faults.collect() });
    };
    let named = |error: std::io::Error| Failure::Failed(format!("{}: {error}", file.display()));
    let expected = match std::fs::read_to_string(file) {
        // Version control may have turned the line ends.
        Ok(text) => Some(text.replace("\r\n", "\n")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(named(error)),
    };
    Ok(match expected {
        Some(expected) if expected == given => Verdict::Same,
        _ if update => {
            std::fs::write(file, &given).map_err(named)?;
            Verdict::Written
        }
        Some(expected) => Verdict::Differs { expected, given },
        None => Verdict::New { given },
    })
}

impl Tested {
    /// For people: a line a sample, and what is wrong below it.
    pub(crate) fn tell(&self) {
        let description = self.adapter.description();
        say(format!(
            "{} {}: {}, {} bytes, sha-256 {}…",
            description.name,
            description.version,
            self.adapter.contract(),
            grouped(self.bytes),
            HEXLOWER.encode(self.adapter.component_digest().get(..6).unwrap_or_default()),
        ));
        let width = self.samples.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        for (name, records, verdict, log) in &self.samples {
            let plural = if *records == 1 { "" } else { "s" };
            say(format!("  {:<8} {name:<width$}  {records} record{plural}", verdict.word()));
            let below = |text: &str| say(format!("      {text}"));
            match verdict {
                Verdict::Same | Verdict::Written => continue,
                Verdict::Differs { expected, given } => {
                    diff::lines(expected, given, diff::coloured()).iter().for_each(|line| below(line));
                }
                Verdict::New { given } => given.lines().for_each(|line| below(&format!("+ {line}"))),
                Verdict::Faulty { faults } => {
                    faults.iter().for_each(|(place, fault)| below(&format!("{place}: {fault}")));
                }
            }
            log.iter().for_each(|line| below(&format!("the adapter logged: {line}")));
        }
        if self.samples.iter().any(|(_, _, verdict, _)| matches!(verdict, Verdict::Differs { .. })) {
            note("- is expected, + is what the adapter gives now");
        }
    }

    fn json(&self) -> Value {
        let description = self.adapter.description();
        let sample = |(name, records, verdict, log): &(String, usize, Verdict, Vec<String>)| {
            let fault = |(place, fault): &(String, String)| json!({ "record": place, "fault": fault });
            let more = match verdict {
                Verdict::Differs { expected, given } => Some(("diff", json!(diff::lines(expected, given, false)))),
                Verdict::New { given } => Some(("given", json!(given))),
                Verdict::Faulty { faults } => Some(("faults", faults.iter().map(fault).collect())),
                Verdict::Same | Verdict::Written => None,
            };
            let mut answer = Map::new();
            answer.insert("name".into(), json!(name));
            answer.insert("records".into(), json!(records));
            answer.insert("verdict".into(), json!(verdict.word()));
            answer.insert("log".into(), json!(log));
            answer.extend(more.map(|(member, value)| (member.to_owned(), value)));
            answer
        };
        json!({
            "adapter": description.name,
            "version": description.version,
            "contract": self.adapter.contract(),
            "sha256": HEXLOWER.encode(self.adapter.component_digest()),
            "bytes": self.bytes,
            "samples": self.samples.iter().map(sample).collect::<Vec<_>>(),
        })
    }

    /// Whether the adapter fails on any of its own records.
    pub(crate) fn is_faulty(&self) -> bool {
        self.samples.iter().any(|(_, _, verdict, _)| matches!(verdict, Verdict::Faulty { .. }))
    }

    /// Success only if every sample is as expected.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        let of = self.samples.len();
        let wrong = self.samples.iter().filter(|(_, _, verdict, _)| !verdict.is_right()).count();
        match (wrong, self.is_faulty()) {
            (0, _) => Ok(()),
            (wrong, true) => Err(Failure::Failed(format!(
                "{wrong} of {of} samples are not as expected; on some the adapter fails, which no expectation allows"
            ))),
            (wrong, false) => Err(Failure::Failed(format!(
                "{wrong} of {of} samples are not as expected; if the adapter is right, run it with --update and \
                 review what it writes"
            ))),
        }
    }
}
