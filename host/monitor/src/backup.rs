//! `POST /v1/backups`: how far a copy of the running host's journal may go.

use axum::{Json, body::Bytes, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Api,
    access::{Caller, Role},
    operate::{json, reasoned},
    ports::backup::{BackupOrder, ExtentView},
    problem::Problem,
    reading::blocking,
};

/// A backup that is about to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupBody {
    /// Where to, for the audit.
    to: String,
    /// The reason, for the audit.
    why: String,
}

/// Begins a backup: it is in the audit, and the answer says which files of the journal make one, and how far the last of them may
/// be copied. The copy is made by `qadam backup` on the host's machine. Roles: operator.
#[utoipa::path(post, path = "/v1/backups", tag = "acts", request_body = BackupBody,
    responses((status = 200, body = ExtentView), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn begin(State(api): State<Api>, caller: Caller, content: Bytes) -> Result<Json<ExtentView>, Problem> {
    caller.needs(&[Role::Operator])?;
    let BackupBody { to, why } = json(&content)?;
    reasoned(&why)?;
    let order = BackupOrder { to, who: caller.key, why };
    blocking(&api, move |ports| ports.begin_backup(&order)).await.map(Json)
}
