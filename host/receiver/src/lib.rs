//! The reference receiver of messages (`qadam receive`): checks a message, stores it durably, tells repeated events from new ones,
//! and answers for each with a receipt.
//!
//! * **In effect once.** An event takes effect the first time that it is disclosed in its lane (a destination and a provider),
//!   whatever message brings it and however often. Everything else is a repetition: answered `duplicate`, counted, changing nothing.
//! * **Nothing is answered that is not on disk.** The file of a disclosure is written beside, synced, renamed, and its folder
//!   synced, before the receipt is made. A message may be disclosed in parts, in any order.
//! * **Order.** What took effect is listed in the order in which it did ([`Receiver::effects`]), over restarts too.
//!
//! ```text
//! DIR/messages/000012/000012345-monitoring-permits-7.json   a disclosure as it took effect, numbered 12345
//! DIR/effects.jsonl                                         what each brought: read at the start, made again from those files
//! DIR/new/                                                  files being written
//! ```

mod api;
mod check;
mod effects;
mod known;
mod open;
mod seal;
mod shelf;
mod shep;
mod take;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, RwLock},
};

use bytes::Bytes;
use data_encoding::BASE64;
use jiff::Timestamp;
use qadam_delivery::receipt::Stated;
use qadam_evidence::{Certificate, Signer};

pub use self::{
    effects::Effect,
    known::{Counts, LaneView},
    open::OpenError,
    shep::{Gateway, GatewayOptions},
    take::TakeError,
};
use self::{
    known::Known,
    shelf::{Places, Shelf},
};

/// How a receiver works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its folder, made where it is not there. One process has it at a time.
    pub data: PathBuf,
    /// Its name in receipts.
    pub name: String,
    /// By whose certificates seals and their time-stamps are trusted. Empty: the signature over the manifest must be right, but
    /// whose it is is not asked. Revocation is not asked in either case.
    pub trust: Vec<Certificate>,
    /// Who signs receipts.
    pub signer: Option<Arc<dyn Signer>>,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// A receiver on its folder. It blocks while it takes a message: call it where that does no harm.
pub struct Receiver {
    options: Options,
    places: Places,
    /// Never locked by who then locks the shelf: who takes a message has the shelf first, then this.
    known: RwLock<Known>,
    shelf: Mutex<Shelf>,
    /// Held as long as this lives: one process a folder.
    _lock: std::fs::File,
}

/// A receipt as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its bytes.
    pub body: Bytes,
    /// Base64 of the detached CMS over them, where receipts are signed.
    pub signature: Option<String>,
}

impl Receiver {
    /// A receipt's bytes, signed where this receiver signs.
    ///
    /// # Errors
    /// If the key does not sign: without its signature the receipt is none.
    pub fn issue(&self, stated: &Stated) -> Result<Issued, TakeError> {
        let body = stated.to_bytes();
        let now = (self.options.clock)();
        let signed = self.options.signer.as_ref().map(|key| qadam_evidence::seal::seal(&body, key.as_ref(), now));
        let signature = signed.transpose().map_err(|error| TakeError::Unavailable(error.to_string()))?;
        Ok(Issued { body: body.into(), signature: signature.map(|cms| BASE64.encode(&cms)) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.options.name
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
