//! Where in a notification each field comes from.

use crate::table::{self, TableError};

/// The table in use: the operator's rows go before the embedded ones.
#[derive(Debug)]
pub(crate) struct Sources(Vec<(Field, String)>);

/// What the adapter looks for in a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Request,
    Status,
    Resolution,
    OccurredAt,
    Reason,
    Ground,
    Suspended,
    Cancelled,
    Surname,
    GivenName,
    Patronymic,
    IdentificationNumber,
    ServiceName,
    IntakePlace,
    IntakeAt,
    Executor,
    PlannedAt,
    CompletedAt,
    Channel,
    ProviderBin,
    ServiceCode,
    CompositeReference,
}

/// The embedded table.
pub(crate) const EMBEDDED: &str = include_str!("sources.txt");

impl Sources {
    /// The operator's table over the embedded one.
    pub(crate) fn new(operator: &str) -> Result<Self, TableError> {
        let mut sources = Vec::new();
        for row in table::rows(operator)?.into_iter().chain(table::rows(EMBEDDED)?) {
            if row.section.is_some() {
                return Err(row.wrong("sources are the same for all services"));
            }
            let known = FIELDS.iter().find(|(name, _)| *name == row.value).map(|(_, field)| *field);
            let names = || FIELDS.map(|(name, _)| name).join(", ");
            let field = known.ok_or_else(|| row.wrong(format!("`{}` is not among {}", row.value, names())))?;
            sources.push((field, row.name.to_owned()));
        }
        Ok(Self(sources))
    }

    /// The names under which a field may stand, the first one that is there decides.
    pub(crate) fn of(&self, field: Field) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| *known == field).map(|(_, name)| name.as_str())
    }
}

const FIELDS: [(&str, Field); 22] = [
    ("request", Field::Request),
    ("status", Field::Status),
    ("resolution", Field::Resolution),
    ("occurred-at", Field::OccurredAt),
    ("reason", Field::Reason),
    ("ground", Field::Ground),
    ("suspended", Field::Suspended),
    ("cancelled", Field::Cancelled),
    ("surname", Field::Surname),
    ("given-name", Field::GivenName),
    ("patronymic", Field::Patronymic),
    ("identification-number", Field::IdentificationNumber),
    ("service-name", Field::ServiceName),
    ("intake-place", Field::IntakePlace),
    ("intake-at", Field::IntakeAt),
    ("executor", Field::Executor),
    ("planned-at", Field::PlannedAt),
    ("completed-at", Field::CompletedAt),
    ("channel", Field::Channel),
    ("provider-bin", Field::ProviderBin),
    ("service-code", Field::ServiceCode),
    ("composite-reference", Field::CompositeReference),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_an_embedded_source() {
        let sources = Sources::new("").expect("is a table");
        for (name, field) in FIELDS {
            assert!(sources.of(field).next().is_some(), "{name}");
        }
    }

    #[test]
    fn the_operator_s_sources_go_before_the_embedded_ones() {
        let sources = Sources::new("plan_date = planned-at").expect("is a table");
        assert_eq!(sources.of(Field::PlannedAt).collect::<Vec<_>>(), ["plan_date", "deadline"]);
    }

    #[test]
    fn a_table_with_an_unknown_field_or_a_section_is_refused_by_line() {
        let error = |text| Sources::new(text).expect_err("is refused").to_string();
        assert!(error("\na = deadline").starts_with("line 2: `deadline` is not among request, status,"));
        assert_eq!(error("[S]\na = planned-at"), "line 2: sources are the same for all services");
    }
}
