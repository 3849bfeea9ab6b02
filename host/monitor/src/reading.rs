//! Reading: records and their outcomes, requests, events, counts.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
};
use qadam_domain::{ProviderId, RecordId, RequestId, ids::Cursor, mask};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    access::{Caller, Role},
    intake::failed,
    ports::{OutcomeFilter, PortError, Ports, RequestQuery},
    problem::Problem,
    view::{EventView, Masked as _, Page, RecordView, RequestView, Summary, Told},
};

/// Items of a page, unless fewer are asked for; and the most that can be.
const PAGE: usize = 100;
const MOST: usize = 1000;

/// Runs a port off the threads that serve connections.
pub(crate) async fn blocking<T: Send + 'static>(
    api: &Api,
    ask: impl FnOnce(&dyn Ports) -> Result<T, PortError> + Send + 'static,
) -> Result<T, Problem> {
    let ports = api.ports.clone();
    match tokio::task::spawn_blocking(move || ask(ports.as_ref())).await {
        Ok(answer) => answer.map_err(failed),
        Err(error) => Err(Problem::internal(&error.to_string())),
    }
}

pub(crate) fn provider(text: &str) -> Result<ProviderId, Problem> {
    text.parse()
        .map_err(|error: qadam_domain::ids::IdError| Problem::bad("provider", mask::text(&error.to_string(), 300)))
}

pub(crate) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|error: qadam_domain::ids::IdError| Problem::bad("cursor", mask::text(&error.to_string(), 300)))
}

pub(crate) fn limit(asked: Option<usize>) -> usize {
    asked.unwrap_or(PAGE).clamp(1, MOST)
}

/// A query, understood or not.
pub(crate) type Asked<T> = Result<Query<T>, axum::extract::rejection::QueryRejection>;

pub(crate) fn asked<T>(query: Asked<T>) -> Result<T, Problem> {
    query.map(|Query(query)| query).map_err(|error| Problem::bad("query", error.body_text()))
}

/// What became of a record.
#[utoipa::path(get, path = "/v1/records/{id}", tag = "records", params(("id" = String, Path)),
    responses((status = 200, body = RecordView), (status = 404, body = Problem)))]
pub(crate) async fn record(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RecordView>, Problem> {
    let id: RecordId = id.parse().map_err(|_| Problem::not_found("record"))?;
    let view = blocking(&api, move |ports| ports.record(id)).await?;
    // What a caller may not see is not there for it.
    view.filter(|view| caller.sees(&view.provider)).map(Json).ok_or_else(|| Problem::not_found("record"))
}

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordsQuery {
    /// `pending`, `mapped`, `duplicate`, `refused` or `quarantined`.
    #[param(value_type = Option<String>)]
    outcome: Option<OutcomeFilter>,
    /// Cursor.
    after: Option<String>,
    /// Items, 1 to 1000.
    limit: Option<usize>,
}

/// A provider's records in the order of receipt.
#[utoipa::path(get, path = "/v1/providers/{provider}/records", tag = "records",
    params(("provider" = String, Path), RecordsQuery), responses((status = 200, body = Page<RecordView>)))]
pub(crate) async fn records(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Asked<RecordsQuery>,
) -> Result<Json<Page<RecordView>>, Problem> {
    let query = asked(query)?;
    let provider = provider(&id)?;
    caller.scope(Some(provider.clone()))?;
    let (after, limit) = (cursor(query.after.as_deref())?, limit(query.limit));
    blocking(&api, move |ports| ports.records(&provider, query.outcome, after, limit)).await.map(Json)
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestsQuery {
    /// Of one provider.
    provider: Option<String>,
    /// The provider's own number of the request.
    number: Option<String>,
    /// `open` or `closed`.
    state: Option<String>,
    /// With missing fields, or without.
    incomplete: Option<bool>,
    /// Cursor.
    after: Option<String>,
    /// Items, 1 to 1000.
    limit: Option<usize>,
}

/// Requests, by provider and number. Personal data are masked.
#[utoipa::path(get, path = "/v1/requests", tag = "requests", params(RequestsQuery),
    responses((status = 200, body = Page<RequestView>)))]
pub(crate) async fn requests(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<RequestsQuery>,
) -> Result<Json<Page<RequestView>>, Problem> {
    let query = asked(query)?;
    let closed = match query.state.as_deref() {
        None => None,
        Some("open") => Some(false),
        Some("closed") => Some(true),
        Some(other) => return Err(Problem::bad("query", format!("state is `open` or `closed`, not `{other}`"))),
    };
    let asked_provider = query.provider.as_deref().map(provider).transpose()?;
    let wanted = RequestQuery {
        provider: caller.scope(asked_provider)?,
        number: query.number,
        closed,
        incomplete: query.incomplete,
    };
    if wanted.number.is_some() && wanted.provider.is_none() {
        return Err(Problem::bad("query", "a number is one provider's own: name the provider too"));
    }
    let (after, limit) = (cursor(query.after.as_deref())?, limit(query.limit));
    let page = blocking(&api, move |ports| ports.requests(&wanted, after, limit)).await?;
    Ok(Json(masked(page)))
}

fn masked(page: Page<RequestView>) -> Page<RequestView> {
    Page { items: page.items.into_iter().map(RequestView::masked).collect(), next: page.next }
}

/// A request with its history. Personal data are masked.
#[utoipa::path(get, path = "/v1/requests/{id}", tag = "requests", params(("id" = String, Path)),
    responses((status = 200, body = RequestView), (status = 404, body = Problem)))]
pub(crate) async fn request(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RequestView>, Problem> {
    let id: RequestId = id.parse().map_err(|_| Problem::not_found("request"))?;
    let view = blocking(&api, move |ports| ports.request(id)).await?;
    let view = view.filter(|view| caller.sees(&view.provider)).ok_or_else(|| Problem::not_found("request"))?;
    let told = Some(Told::of(&view));
    Ok(Json(RequestView { told, ..seen_by(&caller, view) }))
}

/// Whose requests, or which one: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// IIN or BIN, twelve digits.
    identification_number: Option<String>,
    /// The provider's own number of the request, as the recipient was told it.
    number: Option<String>,
    /// The provider, where the number is known to be one of its.
    provider: Option<String>,
}

/// Requests of a recipient, or by their number. What is looked for is in the body and never in a URL (invariant 10); what is
/// found is masked.
#[utoipa::path(post, path = "/v1/requests/search", tag = "requests", request_body = Search,
    responses((status = 200, body = Page<RequestView>), (status = 400, body = Problem)))]
pub(crate) async fn search(
    State(api): State<Api>,
    caller: Caller,
    body: Bytes,
) -> Result<Json<Page<RequestView>>, Problem> {
    let search = wanted(&body)?;
    let provider = caller.scope(search.provider.as_deref().map(provider).transpose()?)?;
    let mut found = match search.of {
        Wanted::Recipient(number) => blocking(&api, move |ports| ports.find(&number)).await?,
        Wanted::Request(number) => {
            let of = provider.clone();
            blocking(&api, move |ports| numbered(ports, of, &number)).await?
        }
    };
    found.retain(|view| provider.as_ref().is_none_or(|provider| *provider == view.provider));
    let shown = |view: RequestView| seen_by(&caller, view);
    Ok(Json(Page { items: found.into_iter().map(shown).collect(), next: None }))
}

/// What is looked for, where.
#[derive(Debug)]
pub(crate) struct Searched {
    of: Wanted,
    provider: Option<String>,
}

/// What is looked for.
#[derive(Debug)]
enum Wanted {
    /// Requests of a recipient, by twelve digits.
    Recipient(String),
    /// Requests with a number.
    Request(String),
}

/// Reads a search. What is wrong with it is said without a part of it.
pub(crate) fn wanted(body: &Bytes) -> Result<Searched, Problem> {
    let wrong = "the body must be {\"identification_number\": \"…\"} with twelve digits, or {\"number\": \"…\"} with a \
                 request's number and, where it is known, its \"provider\"";
    // What the parser says of a wrong body could repeat a part of it.
    let Ok(search) = serde_json::from_slice::<Search>(body) else { return Err(Problem::bad("search", wrong)) };
    let of = match (search.identification_number, search.number) {
        (Some(number), None) => {
            if number.len() != 12 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(Problem::bad("search", wrong).limited(12, number.len() as u64));
            }
            Wanted::Recipient(number)
        }
        (None, Some(number)) => Wanted::Request(number),
        _ => return Err(Problem::bad("search", wrong)),
    };
    Ok(Searched { of, provider: search.provider })
}

/// Requests with a number, of one provider or of any.
pub(crate) fn numbered(ports: &dyn Ports, of: Option<ProviderId>, number: &str) -> Result<Vec<RequestView>, PortError> {
    let providers = match of {
        Some(provider) => vec![provider],
        None => ports.summary(None)?.into_iter().map(|summary| summary.provider).collect(),
    };
    let mut found = Vec::new();
    for provider in providers {
        let query =
            RequestQuery { provider: Some(provider), number: Some(number.to_owned()), ..RequestQuery::default() };
        found.extend(ports.requests(&query, None, 1)?.items);
    }
    Ok(found)
}

/// A request as a caller sees it who has stated no purpose.
pub(crate) fn seen_by(caller: &Caller, view: RequestView) -> RequestView {
    if caller.role == Role::Lookup { view.masked().progress() } else { view.masked() }
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    /// Of one provider.
    provider: Option<String>,
    /// Cursor.
    after: Option<String>,
    /// Items, 1 to 1000.
    limit: Option<usize>,
}

/// Events in the order of the journal. A page may be short, or empty, and still have a next one; without one, ask again
/// later with the cursor that you have. Whole for the role `monitor`, masked for others.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(EventsQuery), responses((status = 200, body = Page<EventView>)))]
pub(crate) async fn events(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<EventsQuery>,
) -> Result<Json<Page<EventView>>, Problem> {
    let query = asked(query)?;
    let provider = caller.scope(query.provider.as_deref().map(provider).transpose()?)?;
    let (after, limit) = (cursor(query.after.as_deref())?, limit(query.limit));
    let mut page = blocking(&api, move |ports| ports.events(provider.as_ref(), after, limit)).await?;
    if caller.role != Role::Monitor {
        page.items = page.items.into_iter().map(EventView::masked).collect();
    }
    Ok(Json(page))
}

/// Of which provider.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryQuery {
    /// Of one provider.
    provider: Option<String>,
}

/// Counts of records, requests, stages and anomalies, by provider.
#[utoipa::path(get, path = "/v1/summary", tag = "events", params(SummaryQuery), responses((status = 200, body = Vec<Summary>)))]
pub(crate) async fn summary(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<SummaryQuery>,
) -> Result<Json<Vec<Summary>>, Problem> {
    let provider = caller.scope(asked(query)?.provider.as_deref().map(provider).transpose()?)?;
    blocking(&api, move |ports| ports.summary(provider.as_ref())).await.map(Json)
}
