//! `GET /v1/audit`: everything that anybody did to this host or through it.

use axum::{Json, extract::State};

use crate::{
    Api,
    access::Caller,
    ports::acts::ActView,
    problem::Problem,
    reading::{Asked, asked, blocking, cursor, limit},
    reveal::{ActsQuery, MAY},
    view::Page,
};

/// The audit: who did what to what, when and why, in the order of the journal. Beside the record of acts it holds what was done
/// to the host itself: starts with the digest of the configuration, keys made, limited and revoked, renewals of the certificate,
/// backups, a restore; and changes of services, calendar, rules and outages, contests, erasures, destinations. Roles: operator,
/// auditor.
#[utoipa::path(get, path = "/v1/audit", tag = "acts", params(ActsQuery),
    responses((status = 200, body = Page<ActView>), (status = 403, body = Problem)))]
pub(crate) async fn audit(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<ActsQuery>,
) -> Result<Json<Page<ActView>>, Problem> {
    caller.needs(&MAY)?;
    let query = asked(query)?;
    let (after, limit) = (cursor(query.after.as_deref())?, limit(query.limit));
    blocking(&api, move |ports| ports.all_acts(after, limit)).await.map(Json)
}
