//! What a seal costs beside the signature in it: events a second that are hashed with their salts, listed in a manifest and sealed
//! with CMS, over bare signatures of `ring` a second. One seal covers a batch, so that the ratio grows with it; at one event a
//! message it says what everything around the signature costs.
//!
//! ```text
//! cargo bench --bench evidence -- [--quick]
//! ```
//! Ratios come from paired rounds in one process: both sides take turns, each round gives a ratio, and their median counts.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    hint::black_box,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use qadam_evidence::{
    Key,
    development::Pki,
    manifest::{Format, Manifest, digest_of, event_digest},
    seal,
};
use ring::{
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};

type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What a side does with a batch.
type Work<'w> = dyn FnMut(&[Vec<u8>]) -> Result<(), Failure> + 'w;

/// How much is done.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Paired rounds.
    rounds: usize,
    /// Of one side in one round.
    time: Duration,
}

/// A key to seal with, and the same for ring alone.
struct Algorithm {
    name: &'static str,
    key: Key,
    bare: Bare,
}

enum Bare {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let plan = if quick {
        Plan { rounds: 2, time: Duration::from_millis(20) }
    } else {
        Plan { rounds: 41, time: Duration::from_millis(100) }
    };
    match run(plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("the bench failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: Plan) -> Result<(), Failure> {
    let events: Vec<Vec<u8>> = (0..256).map(event).collect();
    let mut ratios = Vec::new();
    for algorithm in [rsa_2048()?, p_256()?] {
        for batch in [1, 16, 256] {
            let batches: Vec<&[Vec<u8>]> = events.chunks(batch).collect();
            let (mut ours, mut theirs, mut over) = (Vec::new(), Vec::new(), Vec::new());
            for round in 0..=plan.rounds {
                let sealed = batch as f64 / side(plan.time, &batches, &mut |batch| algorithm.seal(batch))?;
                let signed = 1.0 / side(plan.time, &batches, &mut |batch| algorithm.sign(batch))?;
                // The first warms up.
                if round > 0 {
                    ours.push(sealed * 1e6);
                    theirs.push(signed * 1e6);
                    over.push(sealed / signed);
                }
            }
            println!(
                "{} batch {batch:>3}: {:>8.0} events/s sealed, {:>6.0} bare signatures/s",
                algorithm.name,
                median(ours),
                median(theirs)
            );
            ratios.push((format!("sealed_over_bare_signing/{}/{batch}", algorithm.name), median(over)));
        }
    }
    for (name, ratio) in ratios {
        println!("ratio {name} {ratio:.3}");
    }
    Ok(())
}

impl Algorithm {
    /// All that the host does for a message but writing it down.
    fn seal(&self, events: &[Vec<u8>]) -> Result<(), Failure> {
        let random = SystemRandom::new();
        let mut digests = Vec::with_capacity(events.len());
        for event in events {
            let mut salt = [0; 16];
            random.fill(&mut salt).map_err(|_| "no random bytes")?;
            digests.push(event_digest(&salt, event));
        }
        let now = Timestamp::from_second(1_793_595_600)?;
        let manifest = Manifest {
            format: Format::V1,
            destination: "iiscon".to_owned(),
            provider: "permits".parse()?,
            number: 2,
            previous: Some(digest_of(b"the manifest before")),
            lineage: Vec::new(),
            sealed_at: now,
            certified: true,
            events: digests,
        };
        black_box(seal::seal(&manifest.to_bytes(), &self.key, now)?);
        Ok(())
    }

    /// One signature over an event.
    fn sign(&self, events: &[Vec<u8>]) -> Result<(), Failure> {
        let (random, event) = (SystemRandom::new(), events.first().ok_or("no event")?);
        match &self.bare {
            Bare::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, event, &mut signature).map_err(|_| "no signature")?;
                black_box(signature);
            }
            Bare::P256(pair) => {
                black_box(pair.sign(&random, event).map_err(|_| "no signature")?);
            }
        }
        Ok(())
    }
}

fn p_256() -> Result<Algorithm, Failure> {
    let random = SystemRandom::new();
    let pki = Pki::generate(Timestamp::from_second(1_793_595_600)?, &random)?;
    let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem)?;
    let der = PrivatePkcs8KeyDer::from_pem_slice(pki.seal_key_pem.as_bytes())?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.secret_pkcs8_der(), &random);
    Ok(Algorithm { name: "p-256", key, bare: Bare::P256(pair.map_err(|error| error.to_string())?) })
}

/// ring makes no RSA keys; openssl does.
fn rsa_2048() -> Result<Algorithm, Failure> {
    let folder = tempfile::tempdir()?;
    let request = "req -x509 -newkey rsa:2048 -nodes -sha256 -days 30 -subj /CN=bench -keyout key.pem -out crt.pem";
    let made = Command::new("openssl").current_dir(folder.path()).args(request.split(' ')).output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name));
    let key_pem = read("key.pem")?;
    let key = Key::from_pem(&key_pem, &read("crt.pem")?)?;
    let der = PrivatePkcs8KeyDer::from_pem_slice(key_pem.as_bytes())?;
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|error| error.to_string())?;
    Ok(Algorithm { name: "rsa-2048", key, bare: Bare::Rsa(pair) })
}

/// The bytes of an event: as long as those of the records in the demo.
fn event(number: usize) -> Vec<u8> {
    format!(
        r#"{{"format":"qadam-event/1","id":"{number:016x}","provider":"permits","service":"00601001","request":"P-{number}","#
    )
    .into_bytes()
    .into_iter()
    .chain(br#""stage":"taken-into-work","field":"a text""#.iter().copied().cycle().take(900))
    .collect()
}

/// Microseconds of processor time of a call, over as many as the time holds: whoever else uses the machine does not count.
fn side(time: Duration, batches: &[&[Vec<u8>]], call: &mut Work<'_>) -> Result<f64, Failure> {
    let (before, mut turn) = (processor_time(), 0);
    let began = Instant::now();
    while began.elapsed() < time {
        call(batches.get(turn % batches.len()).copied().unwrap_or_default())?;
        turn += 1;
    }
    Ok((processor_time() - before) / turn.max(1) as f64)
}

/// Microseconds that this thread has run, as exact as the kernel's tick.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse::<f64>().ok()).map_or(f64::NAN, |spent| spent / 1e3)
}

/// The middle of some figures.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
