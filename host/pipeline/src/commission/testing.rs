//! The test stand: a package's golden records, and whether its component behaves as every adapter must, whatever it is given.
//! All in the real engine, under the limits that it is granted.

use std::time::{Duration, Instant};

use qadam_domain::{
    commission::{Check, TestResults},
    mask,
};
use qadam_engine::{Adapter, AdapterFault, Engine, NativeInput};
use qadam_package::{
    Package,
    golden::{self, RECEIVED_AT, Record, Sample},
};

use crate::trial::{self, Outcome, input};

/// Records of the largest batch that a host maps at once.
const LARGEST: usize = 256;
/// Records of a sample that are tried one by one, at most.
const SINGLY: usize = 64;
/// How long the tests of a package may take: who loads it waits, and so may a stop.
const MOST: Duration = Duration::from_secs(60);

/// Everything that can be told of a package without live records.
pub(super) fn test(engine: &Engine, package: &Package, adapter: &Adapter) -> TestResults {
    let until = Instant::now() + MOST;
    let mut checks = vec![describes(package, adapter)];
    match golden::samples(package.golden()) {
        Err(error) => checks.push(check("golden", Err(error.to_string()))),
        Ok(samples) => {
            for sample in &samples {
                if Instant::now() > until {
                    checks.push(check("in-time", Err(too_long())));
                    break;
                }
                let name = format!("golden/{}", sample.name);
                match engine.load(package.component(), sample.settings.clone(), adapter.limits().clone()) {
                    Err(error) => checks.push(check(&name, Err(error.to_string()))),
                    Ok(adapter) => {
                        checks.push(check(&name, as_expected(package, sample, &adapter)));
                        conform(&mut checks, &sample.records, &adapter, until);
                    }
                }
            }
        }
    }
    // One line for each property: that of the first sample on which it does not hold.
    let mut told: Vec<Check> = Vec::new();
    for check in checks {
        match told.iter_mut().find(|known| known.name == check.name) {
            None => told.push(check),
            Some(known) if known.passed => *known = check,
            Some(_) => {}
        }
    }
    TestResults { checks: told }
}

fn check(name: &str, result: Result<(), String>) -> Check {
    let detail = result.as_ref().err().map(|detail| mask::text(detail, 500)).unwrap_or_default();
    Check { name: name.to_owned(), passed: result.is_ok(), detail }
}

/// What it says of itself is what its manifest says.
fn describes(package: &Package, adapter: &Adapter) -> Check {
    let (manifest, said) = (package.manifest(), adapter.description());
    let same = |what: &str, signed: &str, said: &str| {
        if signed == said { Ok(()) } else { Err(format!("its {what} is {said:?}, the manifest says {signed:?}")) }
    };
    let result = same("name", &manifest.name, &said.name)
        .and_then(|()| same("version", &manifest.version, &said.version))
        .and_then(|()| same("contract", &manifest.contract, adapter.contract()));
    check("describe", result)
}

fn as_expected(package: &Package, sample: &Sample, adapter: &Adapter) -> Result<(), String> {
    let outcomes = trial::map(adapter, &sample.records);
    let Some(given) = golden::expected(sample, &outcomes) else { return Err(first_fault(&outcomes)) };
    let Some(expected) = package.golden().get(&sample.expected) else {
        return Err(format!("{} is not there: nothing is expected of it", sample.expected));
    };
    let expected = String::from_utf8_lossy(expected).replace("\r\n", "\n");
    let differing = expected.lines().zip(given.lines()).position(|(expected, given)| expected != given);
    match differing {
        None if expected == given => Ok(()),
        // Lines may hold what people said in the records.
        at => Err(format!("line {} of {} differs", at.unwrap_or(given.lines().count()) + 1, sample.expected)),
    }
}

fn conform(checks: &mut Vec<Check>, records: &[Record], adapter: &Adapter, until: Instant) {
    let inputs: Vec<NativeInput<'_>> = records.iter().map(input).collect();
    let (once, again) = (trial::map(adapter, records), trial::map(adapter, records));
    let equal = |what: &str, same: bool| if same { Ok(()) } else { Err(what.to_owned()) };
    checks
        .push(check("same-answer-twice", equal("the same records gave something else the second time", once == again)));
    let in_time = |_: &&NativeInput<'_>| Instant::now() <= until;
    let singly = inputs.iter().take(SINGLY).take_while(in_time).map(|input| trial::alone(adapter, input));
    let singly: Vec<Outcome> = singly.collect();
    let together = once.get(..singly.len()).unwrap_or_default();
    checks.push(check(
        "alone-as-together",
        equal("a record gives something else alone than among others", singly == together),
    ));
    let backwards: Vec<Record> = records.iter().rev().cloned().collect();
    let turned: Vec<Outcome> = trial::map(adapter, &backwards).into_iter().rev().collect();
    checks
        .push(check("any-order", equal("a record gives something else at another place of the batch", turned == once)));
    checks.push(check("largest-batch", largest(&inputs, adapter)));
    checks.push(check("garbage", garbage(records, adapter, until)));
}

/// The largest batch within the limits: of records that it manages, for one on which it fails is told elsewhere.
fn largest(inputs: &[NativeInput<'_>], adapter: &Adapter) -> Result<(), String> {
    if inputs.is_empty() {
        return Err("there are no records".to_owned());
    }
    let batch: Vec<NativeInput<'_>> = inputs.iter().copied().cycle().take(LARGEST).collect();
    let mapped = adapter.map(&batch).map_err(|fault| fault.to_string())?;
    if mapped.outcomes.len() == LARGEST { Ok(()) } else { Err(format!("{} results", mapped.outcomes.len())) }
}

/// What is no record at all is refused, never a fault: a trap, a deadline, an answer that breaks the contract.
fn garbage(records: &[Record], adapter: &Adapter, until: Instant) -> Result<(), String> {
    let mut bodies: Vec<(String, Vec<u8>)> = vec![
        ("nothing".to_owned(), Vec::new()),
        ("one byte that is no text".to_owned(), vec![0xFF]),
        ("64 KiB of zeros".to_owned(), vec![0; 1 << 16]),
        ("64 KiB of brackets".to_owned(), b"<[{(".repeat(1 << 14)),
        ("64 KiB of quotes".to_owned(), b"\"".repeat(1 << 16)),
    ];
    for record in records.iter().take(8) {
        let body = &record.body;
        let half = body.get(..body.len() / 2).unwrap_or_default().to_vec();
        bodies.push((format!("the first half of {}", record.place), half));
        bodies.push((format!("{} twice", record.place), body.repeat(2)));
        let mut flipped = body.clone();
        if let Some(byte) = flipped.get_mut(body.len() / 3) {
            *byte ^= 0x80;
        }
        bodies.push((format!("{} with a bit flipped", record.place), flipped));
    }
    let types: Vec<&str> = ["application/octet-stream", "text/csv", "application/json", "application/xml"]
        .into_iter()
        .chain(records.first().map(|record| record.content_type))
        .collect();
    for (what, body) in &bodies {
        for content_type in &types {
            if Instant::now() > until {
                return Err(too_long());
            }
            let input = NativeInput { id: "garbage", content_type, received_at: RECEIVED_AT, body };
            if let Outcome::Fault(fault) = trial::alone(adapter, &input) {
                return Err(format!("{what} as {content_type}: {fault}"));
            }
        }
    }
    Ok(())
}

fn too_long() -> String {
    format!("the tests had not ended after {} s", MOST.as_secs())
}

fn first_fault(outcomes: &[Outcome]) -> String {
    let fault = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Fault(fault) => Some(AdapterFault::to_string(fault)),
        _ => None,
    });
    fault.unwrap_or_else(|| "it failed".to_owned())
}
