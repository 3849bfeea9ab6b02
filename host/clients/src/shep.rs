//! A destination behind the e-government gateway, by its asynchronous channel (1336-9). One attempt:
//!
//! 1. `sendMessage`, under an id that is the same for every attempt that sends the same: the gateway brings it once.
//! 2. `getMessageStatus`, until the gateway has brought it (`DELIVERED`) or says that it has not. The pause grows.
//! 3. `getMessages` for the answer of the same exchange (`correlationId`), until the receiver's receipt is there, which is checked.
//!
//! When the attempt's time is up, the next one finds the gateway further on. What the transport, the gateway and the receiver say is
//! kept apart. Nothing is acknowledged (`sendDeliveryNotification`): the receipt is in the journal only after the attempt, and a
//! host that stops between must find it again.

mod call;
mod exchange;
mod faults;
mod settings;

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::Uri;
use jiff::tz::TimeZone;
use qadam_delivery::{
    Attempted, Code, Destination, Failure, Sending, Sent, Statuses,
    receipt::ReceiptTrust,
    shep::{
        Moment, message_id,
        wss::{Signing, Trusted},
    },
};

use self::exchange::Progress;
pub use self::settings::{ShepSettings, WssSettings};
use crate::{
    fetch::address,
    push::{Clock, PushError, connect::Connections, files::Files, files::token},
};

/// A destination behind the gateway, ready to be sent to.
pub struct Shep {
    uri: Uri,
    /// As it is named in errors.
    host: String,
    within: Duration,
    poll: Duration,
    service_id: String,
    route_id: Option<String>,
    sender: String,
    password: Option<PathBuf>,
    faults: faults::Codes,
    connections: Connections,
    signing: Option<Files<Signing>>,
    trusted: Option<Files<Trusted>>,
    receipts: Files<ReceiptTrust>,
    zone: TimeZone,
    clock: Clock,
    /// Messages that the gateway has given up, by id, and how often: they need another id.
    given_up: Mutex<HashMap<String, u32>>,
}

/// Most messages that are remembered as given up. What is forgotten costs an attempt.
const MOST_GIVEN_UP: usize = 1000;

impl Shep {
    /// A destination by its settings, whose paths are resolved. Times are written as clocks of `zone` show them.
    ///
    /// # Errors
    /// If the URL is none, a file cannot be read or does not hold what it should, or the message would cross the net in the clear.
    pub fn new(settings: &ShepSettings, clock: Clock, zone: TimeZone) -> Result<Self, PushError> {
        let (uri, host) = address(&settings.url).map_err(|error| PushError::Url(error.to_string()))?;
        let push = settings.as_push();
        push.checked(&uri)?;
        settings.checked()?;
        if let Some(path) = &settings.password_file {
            token(path).map_err(|why| PushError::File { path: path.clone(), why })?;
        }
        let connections = Connections::new(&uri, &host, &push, Arc::clone(&clock))?;
        Ok(Self {
            uri,
            host,
            within: settings.timeout.unsigned_abs(),
            poll: settings.poll.unsigned_abs(),
            service_id: settings.service_id.clone(),
            route_id: settings.route_id.clone(),
            sender: settings.sender.clone(),
            password: settings.password_file.clone(),
            faults: faults::Codes {
                sender_refused: settings.sender_refused.clone(),
                message_refused: settings.message_refused.clone(),
            },
            connections,
            signing: settings.wss.signing()?,
            trusted: settings.wss.trusted()?,
            receipts: settings.receipts.trust()?,
            zone,
            clock,
            given_up: Mutex::default(),
        })
    }

    async fn attempt(&self, sending: &Sending) -> Attempted {
        let mut progress = Progress::default();
        let ended = tokio::time::timeout(self.within, self.exchange(sending, &mut progress)).await;
        let Progress { phase, statuses, reply } = progress;
        let result = ended.unwrap_or_else(|_| {
            let detail = format!("{}: {phase} within {:?}", self.host, self.within);
            Err(Failure::new(Code::Timeout, detail))
        });
        Attempted { statuses, result, reply }
    }

    /// The id of a message. One that the gateway gave up gets another: under the old one nothing would come of it.
    fn id(&self, sending: &Sending) -> String {
        let first = message_id(sending, 0);
        let times = self.given_up().get(&first).copied().unwrap_or_default();
        if times == 0 { first } else { message_id(sending, times) }
    }

    fn note_given_up(&self, sending: &Sending) {
        let mut given_up = self.given_up();
        if given_up.len() >= MOST_GIVEN_UP {
            given_up.clear();
        }
        *given_up.entry(message_id(sending, 0)).or_default() += 1;
    }

    fn given_up(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moment(&self) -> Moment {
        Moment::of((self.clock)(), &self.zone)
    }
}

impl Destination for Shep {
    fn transport(&self) -> &'static str {
        "shep-async"
    }

    fn send<'a>(&'a self, sending: &'a Sending) -> Sent<'a> {
        Box::pin(self.attempt(sending))
    }
}

/// Says nothing of a URL but its host.
impl fmt::Debug for Shep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, service_id, within, .. } = self;
        let mut shown = f.debug_struct("Shep");
        shown.field("host", host).field("service_id", service_id).field("within", within).finish_non_exhaustive()
    }
}

/// Nothing was said yet.
impl Default for Progress {
    fn default() -> Self {
        Self { phase: exchange::Phase::Sending, statuses: Statuses::default(), reply: None }
    }
}
