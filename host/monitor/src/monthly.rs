//! The monthly report (452-12), the reports that are kept, the audit of the counts, and what is overdue (452-11).

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use qadam_domain::{labels::Lang, report::Month};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    Api,
    access::{Caller, Role},
    ports::terms::{AuditView, KeptReportView, OverdueQuery, OverdueSummary},
    problem::Problem,
    reading::{Asked, asked, blocking, provider},
    reports::{Format, ReportError, render, render_overdue},
    terms::{answered, as_of},
    view::Page,
};

/// Who reads reports.
const READERS: [Role; 3] = [Role::Operator, Role::Monitor, Role::Auditor];
/// Requests of a list of overdue ones, unless fewer are asked for.
const LISTED: usize = 1_000;
/// The most that can be.
const MOST: usize = 10_000;

/// Which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MonthlyQuery {
    /// The month, `2026-01`.
    #[param(value_type = String)]
    month: String,
    /// As of the end of a day, `2026-02-15`, or an instant; now, where absent.
    as_of: Option<String>,
    /// `json` (which it is by itself), `table`, `html`, `csv`, `xlsx` or `pdf`.
    format: Option<String>,
    /// `kk`, `ru` (which it is by itself) or `en`.
    lang: Option<String>,
}

fn format(text: Option<&str>) -> Result<Format, Problem> {
    let Some(text) = text else { return Ok(Format::Json) };
    text.parse().map_err(|error: crate::reports::NoFormat| Problem::bad("query", error.to_string()))
}

fn lang(text: Option<&str>) -> Result<Lang, Problem> {
    let Some(text) = text else { return Ok(Lang::Ru) };
    let given = || text.chars().take(40).collect::<String>();
    Lang::named(text)
        .ok_or_else(|| Problem::bad("query", format!("`{}` is no language; there are kk, ru and en", given())))
}

/// The report of a month (452-12): missed terms by state body and by service, in the law's breakdown, those for technical reasons
/// apart. The same month as of the same instant has the same bytes. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/reports/monthly", tag = "reports", params(MonthlyQuery),
    responses((status = 200, description = "the report, in the format asked for"), (status = 422, body = Problem)))]
pub(crate) async fn monthly(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<MonthlyQuery>,
) -> Result<Response, Problem> {
    caller.needs(&READERS)?;
    let query = asked(query)?;
    let month: Month =
        query.month.parse().map_err(|error: qadam_domain::report::NoMonth| Problem::bad("query", error.to_string()))?;
    let (format, lang) = (format(query.format.as_deref())?, lang(query.lang.as_deref())?);
    let as_of = as_of(query.as_of.as_deref())?;
    let (written, report) = blocking(&api, move |ports| {
        answered(ports.monthly(month, as_of).map(|monthly| {
            let written = render(&monthly.report, format, lang, &monthly.meta);
            (written, (monthly.report.as_of, monthly.kept))
        }))
    })
    .await??;
    let mut response = file(written, format, &format!("report-{month}"))?;
    let headers = response.headers_mut();
    let mut tell = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    tell("qadam-as-of", &report.0.to_string());
    tell("qadam-kept", if report.1 { "true" } else { "false" });
    Ok(response)
}

fn file(written: Result<Vec<u8>, ReportError>, format: Format, name: &str) -> Result<Response, Problem> {
    let bytes = written.map_err(|error| Problem::internal(&error.to_string()))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if matches!(format, Format::Csv | Format::Xlsx | Format::Pdf)
        && let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{}\"", format.name()))
    {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The reports of closed months as they were made. Asked for as of the same instant, that report is given. Roles: operator,
/// monitor, auditor.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", responses((status = 200, body = Page<KeptReportView>)))]
pub(crate) async fn kept(State(api): State<Api>, caller: Caller) -> Result<Json<Page<KeptReportView>>, Problem> {
    caller.needs(&READERS)?;
    let items = blocking(&api, |ports| ports.kept_reports()).await?;
    Ok(Json(Page { items, next: None }))
}

/// Judges every request again from its events and compares with what is counted, and makes the kept reports again. It takes as
/// long as there are requests. Roles: operator, auditor.
#[utoipa::path(get, path = "/v1/reports/audit", tag = "reports", responses((status = 200, body = AuditView)))]
pub(crate) async fn audit(State(api): State<Api>, caller: Caller) -> Result<Json<AuditView>, Problem> {
    caller.needs(&[Role::Operator, Role::Auditor])?;
    blocking(&api, |ports| ports.audit()).await.map(Json)
}

/// Which overdue requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// Of one provider.
    provider: Option<String>,
    /// Compared with the end of a day, or with an instant; with now, where absent.
    as_of: Option<String>,
    /// Requests, 1 to 10000.
    limit: Option<usize>,
    /// `json` (which it is by itself), `table`, `html`, `csv`, `xlsx` or `pdf`.
    format: Option<String>,
    /// `kk`, `ru` (which it is by itself) or `en`.
    lang: Option<String>,
}

/// Open requests whose computed planned date is past, the longest first; masked. A provider sees its own. Roles: all but lookup.
#[utoipa::path(get, path = "/v1/overdue", tag = "reports", params(ListQuery),
    responses((status = 200, description = "the list, in the format asked for")))]
pub(crate) async fn overdue(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<ListQuery>,
) -> Result<Response, Problem> {
    let query = asked(query)?;
    let provider = caller.scope(query.provider.as_deref().map(provider).transpose()?)?;
    let (format, lang) = (format(query.format.as_deref())?, lang(query.lang.as_deref())?);
    let limit = query.limit.unwrap_or(LISTED).clamp(1, MOST);
    let wanted = OverdueQuery { provider, as_of: as_of(query.as_of.as_deref())?, limit };
    let written = blocking(&api, move |ports| {
        answered(ports.overdue(&wanted).map(|(list, meta)| render_overdue(&list, format, lang, &meta)))
    })
    .await??;
    file(written, format, "overdue")
}

/// Of which provider, and as of when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryQuery {
    /// Of one provider.
    provider: Option<String>,
    /// The instant that open requests are compared with, RFC 3339; now, where absent.
    #[param(value_type = Option<String>)]
    as_of: Option<Timestamp>,
}

/// How many requests are late: by what providers report, by the computed date, and open ones. Roles: all but lookup.
#[utoipa::path(get, path = "/v1/overdue/summary", tag = "reports", params(SummaryQuery),
    responses((status = 200, body = OverdueSummary)))]
pub(crate) async fn summary(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<SummaryQuery>,
) -> Result<Json<OverdueSummary>, Problem> {
    let query = asked(query)?;
    let provider = caller.scope(query.provider.as_deref().map(provider).transpose()?)?;
    blocking(&api, move |ports| answered(ports.overdue_summary(provider.as_ref(), query.as_of))).await?.map(Json)
}
