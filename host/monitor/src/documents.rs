//! The document of the API, made from the handlers themselves.

use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

use crate::{
    adapters, audit, backup, commission, evidence, gateway, health, inspect, intake, monthly, operate,
    problem::Problem, queue, reading, remap, reveal, status, stream, terms,
};

/// The API.
#[derive(OpenApi)]
#[openapi(
    info(title = "qadam", description = "Native records in, normalised stages of public services out."),
    paths(
        intake::submit, reading::records, reading::record, reading::requests, reading::request, reading::search,
        reading::events, reading::summary, reveal::request, reveal::record, reveal::acts, audit::audit, backup::begin, inspect::adapter, inspect::replay, reveal::about,
        stream::events,
        evidence::messages, evidence::archive, evidence::development,
        gateway::notified, queue::queue, queue::items, queue::dead, queue::act, queue::attempts, queue::waiting, queue::receipt,
        terms::services, terms::put_service, terms::calendar, terms::edit_calendar, terms::rules, terms::set_rules,
        terms::outages, terms::declare_outage, terms::end_outage, terms::contest,
        monthly::monthly, monthly::kept, monthly::audit, monthly::overdue, monthly::summary,
        adapters::adapters, adapters::load, adapters::unload, adapters::rollback, adapters::resume,
        commission::pilot, commission::report, commission::bench, commission::promote, commission::retire,
        commission::history,
        operate::quarantine, operate::remap, remap::preview, remap::apply,
        status::status, health::healthz, health::readyz, health::metrics,
    ),
    components(schemas(Problem)),
    modifiers(&Keys),
)]
struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("a key, `qk_` and 64 hex digits"))
            .build();
        if let Some(components) = document.components.as_mut() {
            components.add_security_scheme("key", SecurityScheme::Http(scheme));
        }
        document.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    }
}

/// The OpenAPI document as JSON, for the pages.
pub(crate) fn document() -> serde_json::Value {
    // A document is always JSON.
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}

/// The OpenAPI document.
pub(crate) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
