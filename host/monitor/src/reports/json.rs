//! JSON: the report as it is, with the names that it is shown with. It has no language, so that one file serves all.

use qadam_domain::report::Report;
use serde::Serialize;

use super::{Called, Meta, OverdueList, ReportError};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Named<'a, T> {
    #[serde(flatten)]
    what: &'a T,
    /// The zone of the people's views, by which days are local.
    zone: &'a str,
    names: &'a Called,
}

pub(super) fn report(report: &Report, meta: &Meta) -> Result<Vec<u8>, ReportError> {
    write(report, meta)
}

pub(super) fn overdue(list: &OverdueList, meta: &Meta) -> Result<Vec<u8>, ReportError> {
    write(list, meta)
}

fn write<T: Serialize>(what: &T, meta: &Meta) -> Result<Vec<u8>, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(&Named { what, zone: meta.zone.name(), names: &meta.names })?;
    bytes.push(b'\n');
    Ok(bytes)
}
