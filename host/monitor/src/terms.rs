//! What requests are judged by: passports of services, the calendar, rules of attribution, outages; and contests of verdicts.
//! Each change is kept with who, why and when, so that it can be told what was known on any date.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use qadam_domain::{
    RequestId,
    breach::{Blame, Rules},
    calendar::Edit,
    passport::Passport,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    access::{Caller, Role},
    operate::{json, reasoned},
    ports::{
        PortError,
        terms::{AsOf, CalendarView, Changing, NewOutage, PassportView, TermRefusal},
    },
    problem::Problem,
    reading::{Asked, asked, blocking},
    view::Page,
};

/// Years that a calendar can have.
const YEARS: std::ops::RangeInclusive<i16> = 1991..=2199;

/// A refusal, or an answer.
pub(crate) fn answered<T>(answer: Result<T, TermRefusal>) -> Result<Result<T, Problem>, PortError> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(TermRefusal::Port(error)) => Err(error),
        Err(TermRefusal::NotFound(what)) => Ok(Err(Problem::not_found(what))),
        Err(TermRefusal::Wrong(name, detail)) => {
            Ok(Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, name, "It cannot be so", detail)))
        }
    }
}

/// A day or an instant in a query.
pub(crate) fn as_of(text: Option<&str>) -> Result<Option<AsOf>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let day = text.parse().map(AsOf::Day).ok();
    let instant = || text.parse::<Timestamp>().map(AsOf::Instant).ok();
    // A date with a time behind it is read as an instant, never cut to its date.
    let found = if text.len() > 10 { instant() } else { day };
    found.map(Some).ok_or_else(|| {
        let given: String = text.chars().take(40).collect();
        Problem::bad("query", format!("`{given}` is neither a day, 2026-02-15, nor an instant, 2026-02-15T12:00:00Z"))
    })
}

/// As known when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownQuery {
    /// As known at the end of a day, or at an instant.
    known: Option<String>,
}

/// The passports of services (1336-13), every version of each, in the order in which they were put there. Roles: all but
/// lookup.
#[utoipa::path(get, path = "/v1/services", tag = "terms", params(KnownQuery),
    responses((status = 200, body = Page<PassportView>)))]
pub(crate) async fn services(
    State(api): State<Api>,
    _caller: Caller,
    query: Asked<KnownQuery>,
) -> Result<Json<Page<PassportView>>, Problem> {
    let known = as_of(asked(query)?.known.as_deref())?;
    let items = blocking(&api, move |ports| answered(ports.services(known))).await??;
    Ok(Json(Page { items, next: None }))
}

/// A passport, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutService {
    /// The passport: its version is one more than that of the code's last one.
    #[schema(value_type = Object)]
    passport: Passport,
    /// Why, kept in the journal.
    why: String,
}

/// Takes one more version of a passport. Roles: operator.
#[utoipa::path(put, path = "/v1/services", tag = "terms", request_body = PutService,
    responses((status = 200, body = Object), (status = 422, body = Problem)))]
pub(crate) async fn put_service(
    State(api): State<Api>,
    caller: Caller,
    content: Bytes,
) -> Result<Json<Passport>, Problem> {
    caller.needs(&[Role::Operator])?;
    let PutService { passport, why } = json(&content)?;
    let by = changing(caller, why)?;
    blocking(&api, move |ports| answered(ports.put_service(passport, by))).await?.map(Json)
}

fn changing(caller: Caller, why: String) -> Result<Changing, Problem> {
    reasoned(&why)?;
    Ok(Changing { who: caller.key, why })
}

/// Of which year.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarQuery {
    /// Of one year.
    year: Option<i16>,
    /// As known at the end of a day, or at an instant.
    known: Option<String>,
}

/// Kazakhstan's working days: what is not as the weekday says, where each row was taken from, and every edit since. Roles: all
/// but lookup.
#[utoipa::path(get, path = "/v1/calendar", tag = "terms", params(CalendarQuery),
    responses((status = 200, body = CalendarView)))]
pub(crate) async fn calendar(
    State(api): State<Api>,
    _caller: Caller,
    query: Asked<CalendarQuery>,
) -> Result<Json<CalendarView>, Problem> {
    let CalendarQuery { year, known } = asked(query)?;
    if let Some(year) = year.filter(|year| !YEARS.contains(year)) {
        return Err(Problem::bad("query", format!("the calendar has the years 1991 to 2199, not {year}")));
    }
    let known = as_of(known.as_deref())?;
    blocking(&api, move |ports| answered(ports.calendar(year, known))).await?.map(Json)
}

/// Edits, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditCalendar {
    /// The edits, all or none: `add` a row, `supersede` one, or say what is known of a `year`.
    #[schema(value_type = Vec<Object>)]
    edits: Vec<Edit>,
    /// Why, kept in the journal.
    why: String,
}

/// Takes edits of the calendar, all or none. Roles: operator.
#[utoipa::path(post, path = "/v1/calendar", tag = "terms", request_body = EditCalendar,
    responses((status = 204), (status = 422, body = Problem)))]
pub(crate) async fn edit_calendar(
    State(api): State<Api>,
    caller: Caller,
    content: Bytes,
) -> Result<StatusCode, Problem> {
    caller.needs(&[Role::Operator])?;
    let EditCalendar { edits, why } = json(&content)?;
    let by = changing(caller, why)?;
    if edits.is_empty() {
        return Err(Problem::bad("body", "`edits` is empty; name what is to be changed"));
    }
    blocking(&api, move |ports| answered(ports.edit_calendar(edits, by))).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// The rules of attribution, with the systems whose outages are the technical reasons of 452-12. Roles: operator, monitor,
/// auditor.
#[utoipa::path(get, path = "/v1/rules", tag = "terms", responses((status = 200, body = Object)))]
pub(crate) async fn rules(State(api): State<Api>, caller: Caller) -> Result<Json<Rules>, Problem> {
    caller.needs(&[Role::Operator, Role::Monitor, Role::Auditor])?;
    blocking(&api, |ports| ports.rules()).await.map(Json)
}

/// Rules, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetRules {
    /// The rules, with a higher version than those in force.
    #[schema(value_type = Object)]
    rules: Rules,
    /// Why, kept in the journal.
    why: String,
}

/// Takes other rules of attribution, or another list of systems. Roles: operator.
#[utoipa::path(put, path = "/v1/rules", tag = "terms", request_body = SetRules,
    responses((status = 204), (status = 422, body = Problem)))]
pub(crate) async fn set_rules(State(api): State<Api>, caller: Caller, content: Bytes) -> Result<StatusCode, Problem> {
    caller.needs(&[Role::Operator])?;
    let SetRules { rules, why } = json(&content)?;
    let by = changing(caller, why)?;
    blocking(&api, move |ports| answered(ports.set_rules(rules, by))).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Declared outages, as they are declared now. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/outages", tag = "terms", responses((status = 200, body = Page<Object>)))]
pub(crate) async fn outages(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<Page<qadam_domain::breach::Outage>>, Problem> {
    caller.needs(&[Role::Operator, Role::Monitor, Role::Auditor])?;
    let items = blocking(&api, |ports| ports.outages()).await?;
    Ok(Json(Page { items, next: None }))
}

/// Declares an outage of a system. Roles: operator.
#[utoipa::path(post, path = "/v1/outages", tag = "terms", request_body = NewOutage,
    responses((status = 201, body = Object), (status = 422, body = Problem)))]
pub(crate) async fn declare_outage(
    State(api): State<Api>,
    caller: Caller,
    content: Bytes,
) -> Result<(StatusCode, Json<qadam_domain::breach::Outage>), Problem> {
    caller.needs(&[Role::Operator])?;
    let outage: NewOutage = json(&content)?;
    reasoned(&outage.why)?;
    let outage = blocking(&api, move |ports| answered(ports.declare_outage(outage, caller.key))).await??;
    Ok((StatusCode::CREATED, Json(outage)))
}

/// When an outage ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndOutage {
    /// RFC 3339; now, where absent.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// Why, kept in the journal.
    why: String,
}

/// Ends an outage, or moves its end. Roles: operator.
#[utoipa::path(post, path = "/v1/outages/{id}/end", tag = "terms", params(("id" = String, Path)), request_body = EndOutage,
    responses((status = 200, body = Object), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn end_outage(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<Json<qadam_domain::breach::Outage>, Problem> {
    caller.needs(&[Role::Operator])?;
    let EndOutage { until, why } = json(&content)?;
    let by = changing(caller, why)?;
    blocking(&api, move |ports| answered(ports.end_outage(&id, until, by))).await?.map(Json)
}

/// Why a verdict is contested.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contest {
    /// Why. What it says of people can be erased, and is masked where no purpose is stated.
    reason: String,
    /// Whose breach it should be: `provider`, `gateway`, ….
    #[schema(value_type = Option<String>)]
    claims: Option<Blame>,
}

/// Contests the verdict on a request whose term was missed. It is shown and counted beside the verdict. Roles: operator,
/// monitor.
#[utoipa::path(post, path = "/v1/requests/{id}/contests", tag = "terms", params(("id" = String, Path)),
    request_body = Contest, responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn contest(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<StatusCode, Problem> {
    caller.needs(&[Role::Operator, Role::Monitor])?;
    let id: RequestId = id.parse().map_err(|_| Problem::not_found("request"))?;
    // What the parser says of a wrong body could repeat a part of it.
    let Ok(Contest { reason, claims }) = serde_json::from_slice(&content) else {
        return Err(Problem::bad(
            "body",
            "the body must be {\"reason\": \"…\"}, with whose breach it is in \"claims\"",
        ));
    };
    let by = Changing { who: caller.key, why: reason };
    blocking(&api, move |ports| answered(ports.contest(id, claims, by))).await??;
    Ok(StatusCode::NO_CONTENT)
}
