//! Time-stamping (invariant 6): messages are signed at once and stamped when an authority answers. An outage stops nothing
//! else; when it ends, every message is stamped, in order, by itself.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use jiff::Timestamp;
use qadam_store::{SealedFact, StampedFact, StoreError};

use super::Progress;
use crate::Pipeline;

/// Messages looked at in one step.
const STEP: usize = 64;
/// The longest pause between two attempts at the authorities.
const PAUSE: Duration = Duration::from_secs(15);

/// Gets time-stamps: asks the authorities, in their order, and checks what they say.
pub trait Stamping: Send + Sync {
    /// A checked token over the value of a message's signature. May block.
    ///
    /// # Errors
    /// Why none of the authorities gave one, by authority.
    fn stamp(&self, signature_value: &[u8], now: Timestamp) -> Result<Stamp, String>;
}

/// A token that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// In DER.
    pub token: Vec<u8>,
    /// The time in it.
    pub at: Timestamp,
    /// Which authority.
    pub authority: String,
    /// It is one that the host made for itself.
    pub development: bool,
}

/// The stamping thread. Dropping it ends it.
#[derive(Debug)]
pub struct Stamper {
    pipeline: Arc<Pipeline>,
    thread: Option<JoinHandle<()>>,
}

impl Stamper {
    /// Starts stamping.
    ///
    /// # Errors
    /// If the machine gives no more threads.
    pub fn start(pipeline: &Arc<Pipeline>, stamping: Box<dyn Stamping>) -> std::io::Result<Self> {
        let work = Arc::clone(pipeline);
        let thread = std::thread::Builder::new().name("qadam-stamp".into()).spawn(move || run(&work, &*stamping))?;
        Ok(Self { pipeline: Arc::clone(pipeline), thread: Some(thread) })
    }
}

impl Drop for Stamper {
    fn drop(&mut self) {
        self.pipeline.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(pipeline: &Pipeline, stamping: &dyn Stamping) {
    let store = pipeline.store();
    let mut pause = Duration::from_secs(1);
    while !store.is_leaving() {
        let seen = store.wait_for(0, Duration::ZERO);
        let done = store.to_be_stamped(STEP).map_err(Failure::Store).and_then(|waiting| {
            for (seq, message) in &waiting {
                if store.is_leaving() {
                    break;
                }
                stamp(pipeline, stamping, *seq, message)?;
            }
            Ok(waiting.len())
        });
        match done {
            Ok(stamped) => {
                pause = Duration::from_secs(1);
                Progress::note(&pipeline.progress.stamping, pipeline.now(), None);
                if stamped < STEP {
                    let _ = store.wait_for(seen + 1, pause);
                }
            }
            Err(Failure::Store(StoreError::Closing)) => return,
            Err(failure) => {
                let reason = failure.to_string();
                if pipeline.stamping().is_none() {
                    tracing::warn!(reason, "messages are not stamped; it is tried again");
                }
                Progress::note(&pipeline.progress.stamping, pipeline.now(), Some(reason));
                let _ = store.wait_for(u64::MAX, pause);
                pause = (pause * 2).min(PAUSE);
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(StoreError),
    #[error("{0}")]
    Authorities(String),
    #[error(transparent)]
    Seal(#[from] qadam_evidence::SealError),
}

fn stamp(pipeline: &Pipeline, stamping: &dyn Stamping, seq: u64, message: &SealedFact) -> Result<(), Failure> {
    let value = qadam_evidence::seal::signature_value(&message.signature)?;
    let Stamp { token, at: stamped_at, authority, development } =
        stamping.stamp(&value, pipeline.now()).map_err(Failure::Authorities)?;
    let fact = StampedFact { message: seq, token, authority, development, stamped_at, at: pipeline.now() };
    pipeline.store().stamp(fact).map_err(Failure::Store)
}
