//! The host: constructed from its configuration, served, and stopped in order.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use data_encoding::HEXLOWER;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use qadam_engine::{Engine, EngineConfig};
use qadam_monitor::{access::Role, ports::watch::Watch as _, router, tls::TlsError};
use qadam_pipeline::{
    AdapterPolicy, Assessor, Clock, Mapper, Piloter, Pipeline, Rechecker, Retainer, Sealer, Stamper, Terms,
    terms::TermError,
};
use qadam_store::{Act, Store, StoreConfig};
use tokio::net::TcpListener;

use crate::{
    audit,
    commands::compile,
    config::Config,
    delivery::{DeliveryError, Destinations, Served},
    edge::Edge,
    evidence::{Authorities, Evidence, EvidenceError},
    keys::{self, By, Keys},
    notify::State,
    packages::TrustFile,
    port::Port,
    wall_clock,
    watch::{self, Watchman},
};

/// Batches that run beside those of the workers: adapters that are loaded or tried out.
const OTHERS: usize = 12;

/// How often folder and keys are looked at.
pub(crate) const LOOK: Duration = Duration::from_secs(2);

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The adapters' folder.
    pub adapters: Option<PathBuf>,
    /// Whether components that nobody signed may serve.
    pub allow_unsigned: bool,
    /// The program that compiles adapters in processes of its own: this one, where it is `qadam`. None compiles in this
    /// process, without limits.
    pub compiler: Option<PathBuf>,
    /// The rest.
    pub config: Config,
}

/// A running host.
pub struct Host {
    /// What happens to records.
    pub pipeline: Arc<Pipeline>,
    /// The keys.
    pub keys: Arc<Keys>,
    /// Where it listens.
    pub edge: Arc<Edge>,
    mapper: Mapper,
    sealer: Sealer,
    rechecker: Rechecker,
    retainer: Retainer,
    terms: Arc<Terms>,
    assessor: Assessor,
    evidence: Arc<Evidence>,
    destinations: Arc<Destinations>,
    delivery: Arc<OnceLock<Served>>,
    metrics: PrometheusHandle,
    watchman: Arc<Watchman>,
    adapters: Option<PathBuf>,
    trust: Arc<TrustFile>,
    piloter: Piloter,
    config: Config,
}

/// Why a host does not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The store.
    #[error(transparent)]
    Store(#[from] qadam_store::StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] keys::KeyError),
    /// Keys to sign with.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The destinations.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// Sealing.
    #[error(transparent)]
    Sealer(#[from] qadam_pipeline::sealing::SealerError),
    /// Terms.
    #[error(transparent)]
    Terms(#[from] TermError),
    /// The trust store of packages.
    #[error("{0}")]
    Trust(String),
    /// Key and certificate for TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// One of them is not named.
    #[error("tls: {0}")]
    HalfTls(&'static str),
    /// The engine.
    #[error("the engine does not start: {0}")]
    Engine(String),
    /// The address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Another file or thread.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Host {
    /// Opens the data folder and starts the workers. Adapters are loaded by [`Self::serve`].
    ///
    /// # Errors
    /// If anything that it needs is not there.
    pub fn open(options: &Options) -> Result<Self, HostError> {
        let data = &options.data;
        let (layout, adapters) = (&options.config.store, &options.config.adapters);
        let edge = options.config.tls.files().map_err(HostError::HalfTls)?;
        let edge = Arc::new(Edge::open(edge)?);
        let store = StoreConfig {
            segment_bytes: layout.segment_mib << 20,
            cache_bytes: layout.cache_mib << 20,
            ..StoreConfig::in_folder(data)
        };
        let store = Arc::new(Store::open(&store)?);
        let keys = Arc::new(Keys::open(data)?);
        first_operator(data, &keys)?;
        // On a full disk nothing can be recorded; the host starts all the same, and the log says so.
        let noted = keys.record(&store).and_then(|()| store.note(started(options)));
        if let Err(error) = noted {
            tracing::error!(%error, "the start is not in the audit");
        }
        // More than cores: adapters that use their time up hold workers, and the system shares the cores among all.
        let workers = std::thread::available_parallelism().map_or(4, |cores| (2 * cores.get()).clamp(4, 64));
        let engine = EngineConfig {
            cache_dir: Some(data.join("compiled")),
            compiler: options.compiler.clone().map(|program| compile::command(program, adapters.compile.limits())),
            pooled: adapters.pool,
            instances: workers + OTHERS,
            ..EngineConfig::default()
        };
        let engine = Engine::new(engine).map_err(|error| HostError::Engine(error.to_string()))?;
        let clock: Clock = Arc::new(wall_clock);
        let config = options.config.clone();
        let evidence = Evidence::open(data, &config.evidence(), &config.providers)?;
        let destinations = Arc::new(Destinations::open(&evidence.destinations, config.zone.as_ref())?);
        let (trust_file, trust) = TrustFile::open(config.adapters.trust.as_deref(), data).map_err(HostError::Trust)?;
        let policy = AdapterPolicy {
            trust,
            criteria: config.adapters.promotion.clone(),
            shelf: data.join("adapters"),
            allow_unsigned: options.allow_unsigned || config.allow_unsigned,
            limits: config.adapters.limits.clone(),
        };
        let (providers, limits) = (config.providers.clone(), config.pipeline.clone());
        // Where the host will listen is not known yet; all else that may be wrong with the authorities is found now.
        drop(Authorities::new(&config.timestamp, &evidence, Some(options.listen))?);
        let signatures = evidence.signatures.clone();
        let pipeline = Arc::new(Pipeline::new(store, engine, providers, limits, policy, signatures, clock)?);
        // Before anyone can send: whose adapter is still being compiled is no unknown provider.
        pipeline.discover(options.adapters.as_deref()).map_err(|source| HostError::Io {
            what: format!("the adapters in {} or in {}", data.join("adapters").display(), watched(options)),
            source,
        })?;
        let mapper = Mapper::start(&pipeline, workers)
            .map_err(|source| HostError::Io { what: "starting the workers".into(), source })?;
        let piloter = Piloter::start(&pipeline)
            .map_err(|source| HostError::Io { what: "starting the pilots' thread".into(), source })?;
        let rechecker = Rechecker::start(&pipeline)
            .map_err(|source| HostError::Io { what: "starting to check signatures".into(), source })?;
        let retainer = Retainer::start(&pipeline, config.retention)
            .map_err(|source| HostError::Io { what: "starting to erase what is due".into(), source })?;
        let terms = Arc::new(Terms::new(&pipeline, config.terms.clone())?);
        let assessor = Assessor::start(&terms)
            .map_err(|source| HostError::Io { what: "starting to judge terms".into(), source })?;
        let sealer = Sealer::start(&pipeline, evidence.policy.clone())?;
        // The one recorder of the process: a second host in it, in a bench, shares it.
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let _ = metrics::set_global_recorder(recorder);
        let watchman = Arc::new(Watchman::open(data, &config.alarms));
        let (evidence, adapters) = (Arc::new(evidence), options.adapters.clone());
        let delivery = Arc::default();
        Ok(Self {
            pipeline,
            keys,
            edge,
            mapper,
            sealer,
            rechecker,
            retainer,
            terms,
            assessor,
            evidence,
            destinations,
            delivery,
            metrics,
            watchman,
            adapters,
            trust: Arc::new(trust_file),
            piloter,
            config,
        })
    }

    /// The API of this host.
    pub fn router(&self) -> axum::Router {
        router(self.port(), self.config.api.clone())
    }

    fn port(&self) -> Arc<Port> {
        Arc::new(Port {
            pipeline: Arc::clone(&self.pipeline),
            keys: Arc::clone(&self.keys),
            edge: Arc::clone(&self.edge),
            terms: Arc::clone(&self.terms),
            metrics: self.metrics.clone(),
            watchman: Arc::clone(&self.watchman),
            evidence: Arc::clone(&self.evidence),
            delivery: Arc::clone(&self.delivery),
            trust: Arc::clone(&self.trust),
        })
    }

    /// Starts to have messages stamped. Without it they are signed all the same.
    fn stamper(&self, listening: Option<SocketAddr>) -> Option<Stamper> {
        let authorities = Authorities::new(&self.config.timestamp, &self.evidence, listening);
        let started = authorities.map_err(|error| error.to_string()).and_then(|authorities| {
            Stamper::start(&self.pipeline, Box::new(authorities)).map_err(|error| error.to_string())
        });
        started.inspect_err(|reason| tracing::error!(reason, "messages are signed, and not stamped")).ok()
    }

    /// Serves until `stop` ends, then stops in order: no new requests, those under way end, the workers' batches end, what
    /// waits to be written is written.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let (destinations, pipeline) = (Arc::clone(&self.destinations), Arc::clone(&self.pipeline));
        let beginning = tokio::spawn(begin(destinations, pipeline, Arc::clone(&self.delivery)));
        let looking = tokio::spawn(look(Arc::clone(&self.pipeline), self.adapters.clone()));
        let renewing = tokio::spawn(refresh(self.port(), Arc::clone(&self.trust)));
        let watching = tokio::spawn(watching(self.port()));
        let watchman = Arc::clone(&self.watchman);
        let telling = tokio::spawn(async move { watchman.tell(wall_clock).await });
        let refreshing = tokio::spawn(Arc::clone(&self.evidence.revocation).refresh());
        let stamper = self.stamper(listener.local_addr().ok());
        let (router, tls) = (self.router(), self.edge.tls());
        qadam_monitor::serve::serve_over(listener, router, &self.config.api, tls, stop).await;
        for task in [beginning, looking, renewing, watching, telling, refreshing] {
            task.abort();
        }
        if let Some(served) = self.delivery.get() {
            served.delivery.stop().await;
        }
        let closed = tokio::task::spawn_blocking(move || {
            let stopped = audit::act("stop", "the host".to_owned(), audit::HOST, "it was asked to", wall_clock());
            if let Err(error) = self.pipeline.store().note(stopped) {
                tracing::warn!(%error, "the stop is not in the audit");
            }
            // Whoever is first tells the others.
            drop((self.piloter, self.mapper, self.sealer, stamper, self.rechecker, self.retainer, self.assessor));
            self.pipeline.store().close();
        });
        if let Err(error) = closed.await {
            tracing::error!(%error, "the host did not stop in order; the next start recovers");
        }
    }
}

fn watched(options: &Options) -> String {
    options.adapters.as_ref().map_or_else(|| "no folder".to_owned(), |folder| folder.display().to_string())
}

/// Looks at the keys, the trust store and the certificate, now and then. What is revoked must not wait for a component to be
/// compiled, or for a package to be tested.
async fn refresh(port: Arc<Port>, trust: Arc<TrustFile>) {
    loop {
        let (port, trust) = (Arc::clone(&port), Arc::clone(&trust));
        let refreshed = tokio::task::spawn_blocking(move || {
            let Port { pipeline, keys, edge, watchman, .. } = port.as_ref();
            edge.look(pipeline.store(), &watchman.folder, pipeline.now());
            if let Err(error) = keys.refresh() {
                tracing::error!(%error, "the keys are not read again; those known so far stay valid");
            }
            if let Err(error) = keys.record(pipeline.store()) {
                tracing::error!(%error, "what was done to keys is not in the audit yet");
            }
            trust.refresh(pipeline);
        });
        if let Err(error) = refreshed.await {
            tracing::error!(%error, "keys and trust are not read again; it is tried again");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Puts to work what served before, then looks at the adapters' folder, now and then.
async fn look(pipeline: Arc<Pipeline>, adapters: Option<PathBuf>) {
    let restoring = Arc::clone(&pipeline);
    match tokio::task::spawn_blocking(move || restoring.restore()).await {
        Ok(Ok(restored)) => tracing::info!(restored, "adapters that served before serve again"),
        Ok(Err(error)) => tracing::error!(%error, "the adapters that served before cannot be read"),
        Err(error) => tracing::error!(%error, "the adapters that served before are not all back"),
    }
    let mut failed = false;
    loop {
        let (pipeline, adapters) = (Arc::clone(&pipeline), adapters.clone());
        let looked = tokio::task::spawn_blocking(move || {
            adapters.map(|folder| pipeline.scan(&folder).map_err(|error| format!("{}: {error}", folder.display())))
        });
        let wrong = match looked.await {
            Ok(Some(Err(reason))) => Some(reason),
            Err(error) => Some(error.to_string()),
            Ok(_) => None,
        };
        if let (Some(reason), false) = (&wrong, failed) {
            tracing::error!(reason, "the adapters' folder cannot be read");
        }
        failed = wrong.is_some();
        tokio::time::sleep(LOOK).await;
    }
}

/// Begins to deliver, as soon as the queue can be written.
async fn begin(destinations: Arc<Destinations>, pipeline: Arc<Pipeline>, to: Arc<OnceLock<Served>>) {
    let clock: Clock = {
        let pipeline = Arc::clone(&pipeline);
        Arc::new(move || pipeline.now())
    };
    loop {
        let begun = destinations.serve(pipeline.store(), Arc::clone(&clock)).await;
        match begun {
            Ok(served) => {
                let _ = to.set(served);
                return;
            }
            Err(error) => tracing::error!(%error, "delivery does not begin; it is tried again"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks at the host itself, now and then.
async fn watching(port: Arc<Port>) {
    loop {
        let port = Arc::clone(&port);
        match tokio::task::spawn_blocking(move || port.status().map(drop)).await {
            Ok(_) => State::Alive.tell(),
            Err(error) => tracing::error!(%error, "the host cannot look at itself"),
        }
        tokio::time::sleep(watch::LOOK).await;
    }
}

/// Binds an address.
///
/// # Errors
/// If that is not possible.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, HostError> {
    TcpListener::bind(address).await.map_err(|source| HostError::Listen { address, source })
}

/// The act of a start: with which configuration.
fn started(options: &Options) -> Act {
    let subject = match &options.config.digest {
        Some(digest) => format!("configuration sha256:{}", HEXLOWER.encode(digest)),
        None => "no configuration".to_owned(),
    };
    let unsigned = if options.allow_unsigned { ", --allow-unsigned" } else { "" };
    let why = format!("qadam {}, asked to listen on {}{unsigned}", env!("CARGO_PKG_VERSION"), options.listen);
    audit::act("start", subject, audit::HOST, &why, wall_clock())
}

/// At the first start an operator's key lies in the data folder, for the commands on the same machine.
fn first_operator(data: &Path, keys: &Keys) -> Result<(), HostError> {
    let now = wall_clock();
    if keys.list()?.iter().any(|entry| entry.role == Role::Operator && entry.is_valid(now)) {
        return Ok(());
    }
    let path = data.join(OPERATOR_KEY);
    let keep = |key: &str| {
        keys::private(&path, key.as_bytes()).map_err(|source| keys::KeyError::File { path: path.clone(), source })
    };
    let by = By { who: audit::HOST, why: "there was none", at: now };
    keys.new_key_kept(Role::Operator, None, None, by, keep)?;
    Ok(())
}

/// File of the operator's key in the data folder.
pub const OPERATOR_KEY: &str = "operator.key";
/// The trust store of packages, in the data folder, where the configuration names no other.
pub const TRUST: &str = "trust.toml";
