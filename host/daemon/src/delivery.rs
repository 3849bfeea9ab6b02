//! The destinations of the configuration, and delivery to them.

mod settings;

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;
use qadam_delivery::{Clock, Delivery, Destination, Health, Pull, Service, receipt::ReceiptTrust};
use qadam_domain::{DestinationId, Zone};
use qadam_evidence::Certificate;
use qadam_store::{Store, StoreError};

pub use self::settings::{DestinationSettings, PullSettings};

/// Where the zone of local time is not configured.
const ZONE: &str = "Asia/Almaty";

/// Why the destinations cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// What the configuration says of one.
    #[error("`destinations.{name}`: {reason}")]
    Settings {
        /// Which.
        name: DestinationId,
        /// What is wrong.
        reason: String,
    },
    /// The queue.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The destinations, read from the configuration and not served yet.
pub(crate) struct Destinations {
    pushed: Vec<(DestinationId, Arc<dyn Destination>, Service)>,
    pulled: BTreeMap<DestinationId, (PullSettings, Service, ReceiptTrust)>,
    zone: Arc<str>,
}

/// The destinations as they are served.
pub(crate) struct Served {
    pub(crate) delivery: Delivery,
    pulls: BTreeMap<DestinationId, (PullSettings, Pull)>,
}

impl Destinations {
    /// Reads keys and certificates.
    pub(crate) fn open(
        settings: &BTreeMap<DestinationId, DestinationSettings>,
        zone: Option<&Zone>,
    ) -> Result<Self, DeliveryError> {
        let zone: Arc<str> = zone.map_or(ZONE, Zone::name).into();
        // A configured name is one that the data know.
        let rules = jiff::tz::db().get(&zone).unwrap_or(TimeZone::UTC);
        let mut destinations = Self { pushed: Vec::new(), pulled: BTreeMap::new(), zone };
        for (name, settings) in settings {
            let wrong = |reason: String| DeliveryError::Settings { name: name.clone(), reason };
            let service = settings.service();
            match settings.transport(&rules).map_err(wrong)? {
                Some(destination) => destinations.pushed.push((name.clone(), destination, service)),
                None => {
                    let pull = settings.pull.clone().unwrap_or_default();
                    let trust = trust(&pull).map_err(wrong)?;
                    destinations.pulled.insert(name.clone(), (pull, service, trust));
                }
            }
        }
        Ok(destinations)
    }

    /// Starts to deliver.
    pub(crate) async fn serve(&self, store: &Arc<Store>, clock: Clock) -> Result<Served, StoreError> {
        let pull = |(name, (settings, service, trust)): (&DestinationId, &(PullSettings, Service, ReceiptTrust))| {
            let pull = Pull {
                store: Arc::clone(store),
                clock: Arc::clone(&clock),
                zone: Arc::clone(&self.zone),
                destination: name.clone(),
                takes: service.takes,
                trust: trust.clone(),
            };
            (name.clone(), (settings.clone(), pull))
        };
        let pulls = self.pulled.iter().map(pull).collect();
        let delivery = Delivery::start(Arc::clone(store), Arc::clone(&clock), &self.zone, self.pushed.clone()).await?;
        Ok(Served { delivery, pulls })
    }
}

impl Served {
    /// How the destinations that are pushed to do.
    pub(crate) fn health(&self) -> Vec<Health> {
        self.delivery.health()
    }

    /// The destinations that come for their messages.
    pub(crate) fn pulled(&self) -> impl Iterator<Item = &DestinationId> {
        self.pulls.keys()
    }

    /// One that comes for its messages, if this key may.
    pub(crate) fn pull(&self, destination: &DestinationId, key: &str) -> Option<Result<&Pull, String>> {
        let (settings, pull) = self.pulls.get(destination)?;
        let may = settings.keys.is_empty() || settings.keys.iter().any(|known| known == key);
        Some(if may {
            Ok(pull)
        } else {
            Err(format!("this key is not among those that come for the messages of {destination}"))
        })
    }
}

fn trust(pull: &PullSettings) -> Result<ReceiptTrust, String> {
    let Some(path) = &pull.roots else {
        return if pull.signed {
            Err("`pull.signed` needs `pull.roots`: the certificates that receipts' signers lead to".to_owned())
        } else {
            Ok(ReceiptTrust::default())
        };
    };
    let read = std::fs::read_to_string(path).map_err(|error| format!("`pull.roots`: {}: {error}", path.display()))?;
    let roots = Certificate::parse_pem(&read).map_err(|error| format!("`pull.roots`: {}: {error}", path.display()))?;
    Ok(ReceiptTrust { roots, bin: pull.bin.clone(), required: pull.signed })
}
