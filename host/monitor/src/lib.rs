//! The HTTP API: native records in, outcomes, requests and events out. What it asks of the rest of the host are [`ports`],
//! which the daemon implements; nothing here knows the store or the engine.
//!
//! The document of the API is `/openapi.json`, for people `/docs`; errors are `application/problem+json` (RFC 9457), cursors opaque, lists
//! paged.

pub mod access;
pub mod alarms;
pub mod foreign;
pub mod ports;
pub mod problem;
mod queue;
pub mod reports;
pub mod serve;
pub mod status;
pub mod term;
pub mod tls;
pub mod view;

mod adapters;
mod audit;
mod backup;
mod commission;
mod docs;
mod documents;
mod evidence;
mod gateway;
mod health;
mod inspect;
mod intake;
mod lines;
mod lookup;
mod monthly;
mod operate;
mod patience;
mod reading;
mod remap;
mod reveal;
mod stream;
mod terms;
mod told;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};

use crate::ports::Ports;

/// How much one caller may ask for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiLimits {
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of one record.
    pub record_bytes: usize,
    /// Records of one batch.
    pub batch_records: usize,
    /// Bytes of all header fields together, at least 8192.
    pub header_bytes: usize,
    /// Seconds within which the header must have arrived.
    pub header_seconds: u64,
    /// Seconds within which the body must have arrived.
    pub body_seconds: u64,
    /// Seconds that `Prefer: wait` may ask for.
    pub wait_seconds: u64,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Seconds within which a client must take something of what it is sent.
    pub write_seconds: u64,
    /// Readers of the stream of events at once.
    pub streams: usize,
    /// Of those, with one key.
    pub streams_per_key: usize,
    /// Seconds of silence after which a stream shows that it is alive.
    pub heartbeat_seconds: u64,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            record_bytes: 4 << 20,
            batch_records: 20_000,
            header_bytes: 32 << 10,
            header_seconds: 10,
            body_seconds: 60,
            wait_seconds: 60,
            connections: 4096,
            write_seconds: 60,
            streams: 256,
            streams_per_key: 64,
            heartbeat_seconds: 15,
        }
    }
}

/// What every handler has.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) ports: Arc<dyn Ports>,
    pub(crate) limits: Arc<ApiLimits>,
    pub(crate) streams: Arc<stream::Streams>,
    pub(crate) sessions: Arc<lookup::Sessions>,
}

impl Api {
    pub(crate) fn body_time(&self) -> Duration {
        Duration::from_secs(self.limits.body_seconds)
    }
}

/// The API over some ports.
pub fn router(ports: Arc<dyn Ports>, limits: ApiLimits) -> Router {
    let streams = Arc::new(stream::Streams::new(&limits));
    let api = Api { ports, limits: Arc::new(limits), streams, sessions: Arc::default() };
    Router::new()
        .route("/v1/providers/{provider}/records", post(intake::submit).get(reading::records))
        .route("/v1/records/{id}", get(reading::record))
        .route("/v1/requests", get(reading::requests))
        .route(access::SEARCH, post(reading::search))
        .route(access::REQUEST, get(reading::request))
        .route("/v1/requests/{id}/reveal", post(reveal::request))
        .route("/v1/requests/{id}/acts", get(reveal::about))
        .route("/v1/records/{id}/reveal", post(reveal::record))
        .route("/v1/records/{id}/replay", post(inspect::replay))
        .route("/v1/acts", get(reveal::acts))
        .route("/v1/audit", get(audit::audit))
        .route("/v1/backups", post(backup::begin))
        .route("/v1/events", get(reading::events))
        .route("/v1/events/stream", get(stream::events))
        .route("/v1/events/{id}/evidence", post(evidence::archive))
        .route("/v1/messages", get(evidence::messages))
        .route("/v1/messages/waiting", get(queue::waiting))
        .route("/v1/messages/{id}/attempts", get(queue::attempts))
        .route("/v1/messages/{id}/receipt", post(queue::receipt))
        .route("/v1/gateway/notifications", post(gateway::notified))
        .route("/v1/queue", get(queue::queue))
        .route("/v1/queue/items", get(queue::items))
        .route("/v1/queue/dead", get(queue::dead))
        .route("/v1/queue/acts", post(queue::act))
        .route("/development/timestamp", post(evidence::development))
        .route("/v1/summary", get(reading::summary))
        .route("/v1/services", get(terms::services).put(terms::put_service))
        .route("/v1/calendar", get(terms::calendar).post(terms::edit_calendar))
        .route("/v1/rules", get(terms::rules).put(terms::set_rules))
        .route("/v1/outages", get(terms::outages).post(terms::declare_outage))
        .route("/v1/outages/{id}/end", post(terms::end_outage))
        .route("/v1/requests/{id}/contests", post(terms::contest))
        .route("/v1/overdue", get(monthly::overdue))
        .route("/v1/overdue/summary", get(monthly::summary))
        .route("/v1/reports", get(monthly::kept))
        .route("/v1/reports/monthly", get(monthly::monthly))
        .route("/v1/reports/audit", get(monthly::audit))
        .route("/v1/adapters", get(adapters::adapters))
        .route("/v1/adapters/{provider}", get(inspect::adapter).put(adapters::load).delete(adapters::unload))
        .route("/v1/adapters/{provider}/rollback", post(adapters::rollback))
        .route("/v1/adapters/{provider}/resume", post(adapters::resume))
        .route("/v1/adapters/{provider}/pilot", post(commission::pilot).get(commission::report))
        .route("/v1/adapters/{provider}/bench", post(commission::bench))
        .route("/v1/adapters/{provider}/promote", post(commission::promote))
        .route("/v1/adapters/{provider}/retire", post(commission::retire))
        .route("/v1/adapters/{provider}/history", get(commission::history))
        .route("/v1/quarantine", get(operate::quarantine))
        .route("/v1/quarantine/remap", post(operate::remap))
        .route("/v1/remap/preview", post(remap::preview))
        .route("/v1/remap", post(remap::apply))
        .route("/v1/status", get(status::status))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(documents::openapi))
        .route("/docs", get(docs::docs))
        .route("/docs/style.css", get(docs::style))
        .route(lookup::PLACE, get(lookup::start).post(lookup::look))
        .route("/lookup/enter", post(lookup::enter))
        .route("/lookup/leave", post(lookup::leave))
        .route("/lookup/whole", post(lookup::whole))
        .route("/lookup/style.css", get(lookup::style))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(middleware::from_fn_with_state(api.clone(), observe))
        .with_state(api)
}

/// Counts answers by route, never by path: paths may hold ids of requests.
async fn observe(State(_): State<Api>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("qadam_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}
