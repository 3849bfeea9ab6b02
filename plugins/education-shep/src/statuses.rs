//! What the source's words for a status mean.

use std::collections::HashMap;

use qadam_sdk::Stage;

use crate::table::{self, TableError};

/// The table in use: the operator's rows go before the embedded ones.
#[derive(Debug)]
pub(crate) struct Statuses {
    operator: Rows,
    embedded: Rows,
}

/// What a status means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// One of the first five stages.
    Stage(Stage),
    /// The last one.
    Closed(Closing),
    /// The request's stage is what it was.
    Update,
    Suspended,
    Resumed,
    /// The notification carries the new planned date.
    Prolonged,
    Reopened,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    Issued,
    Refused,
    Unstated,
}

/// By service (none: any) and status; an unknown one is a row that the operator has taken out.
type Rows = HashMap<(Option<String>, String), Option<Meaning>>;

/// The embedded table.
pub(crate) const EMBEDDED: &str = include_str!("statuses.txt");

impl Statuses {
    /// The operator's table over the embedded one.
    pub(crate) fn new(operator: &str) -> Result<Self, TableError> {
        Ok(Self { operator: rows(operator)?, embedded: rows(EMBEDDED)? })
    }

    /// What a status of a service means, with this resolution; none where no row knows it.
    pub(crate) fn meaning(&self, service: Option<&str>, status: &str, resolution: Option<&str>) -> Option<Meaning> {
        let resolved = resolution.map(|resolution| format!("{status}/{resolution}"));
        let words = || resolved.iter().map(String::as_str).chain([status]);
        let services = [service, None].into_iter().skip(usize::from(service.is_none()));
        let mut keys = services.flat_map(|service| words().map(move |word| (service, word)));
        let row = |(service, word): (Option<&str>, &str)| {
            let key = (service.map(str::to_owned), word.to_owned());
            self.operator.get(&key).or_else(|| self.embedded.get(&key))
        };
        // A row that was taken out hides what is less precise, too.
        keys.find_map(row)?.clone()
    }
}

fn rows(text: &str) -> Result<Rows, TableError> {
    let mut known = Rows::new();
    for row in table::rows(text)? {
        let meaning =
            meaning(row.value).ok_or_else(|| row.wrong(format!("`{}` is not among {MEANINGS}", row.value)))?;
        if known.insert((row.section.map(str::to_owned), row.name.to_owned()), meaning).is_some() {
            return Err(row.wrong(format!("`{}` has a row already", row.name)));
        }
    }
    Ok(known)
}

const MEANINGS: &str = "accepted, sent-for-execution, taken-into-work, executed, awaiting-issue, closed-issued, closed-refused, \
                        closed-unstated, update, suspended, resumed, prolonged, reopened, unknown";

fn meaning(word: &str) -> Option<Option<Meaning>> {
    Some(Some(match word {
        "accepted" => Meaning::Stage(Stage::Accepted),
        "sent-for-execution" => Meaning::Stage(Stage::SentForExecution),
        "taken-into-work" => Meaning::Stage(Stage::TakenIntoWork),
        "executed" => Meaning::Stage(Stage::Executed),
        "awaiting-issue" => Meaning::Stage(Stage::AwaitingIssue),
        "closed-issued" => Meaning::Closed(Closing::Issued),
        "closed-refused" => Meaning::Closed(Closing::Refused),
        "closed-unstated" => Meaning::Closed(Closing::Unstated),
        "update" => Meaning::Update,
        "suspended" => Meaning::Suspended,
        "resumed" => Meaning::Resumed,
        "prolonged" => Meaning::Prolonged,
        "reopened" => Meaning::Reopened,
        "unknown" => return Some(None),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(operator: &str) -> Statuses {
        Statuses::new(operator).expect("is a table")
    }

    #[test]
    fn every_meaning_of_the_list_is_known_and_no_other() {
        assert!(MEANINGS.split(", ").all(|word| meaning(word).is_some()));
        assert_eq!(meaning("closed"), None);
    }

    #[test]
    fn a_status_is_known_by_its_whole_word_only() {
        let statuses = statuses("");
        for unknown in ["", "in_processing", "IN_PROCESSING ", "IN", "DONE", "COMPLETED/"] {
            assert_eq!(statuses.meaning(None, unknown, None), None, "{unknown}");
        }
    }

    #[test]
    fn the_more_precise_row_decides_and_the_operator_s_goes_first() {
        let statuses = statuses(
            "COMPLETED = awaiting-issue\nSENT = unknown\n[QUEUE]\nCOMPLETED/POSITIVE = closed-issued\nCREATED = update",
        );
        let stage = |stage| Some(Meaning::Stage(stage));
        assert_eq!(statuses.meaning(None, "COMPLETED", None), stage(Stage::AwaitingIssue));
        assert_eq!(
            statuses.meaning(None, "COMPLETED", Some("NEGATIVE")),
            Some(Meaning::Closed(Closing::Refused)),
            "embedded, and more precise"
        );
        assert_eq!(
            statuses.meaning(Some("QUEUE"), "COMPLETED", Some("POSITIVE")),
            Some(Meaning::Closed(Closing::Issued))
        );
        assert_eq!(statuses.meaning(Some("OTHER"), "COMPLETED", Some("POSITIVE")), stage(Stage::AwaitingIssue));
        assert_eq!(statuses.meaning(Some("QUEUE"), "CREATED", None), Some(Meaning::Update));
        assert_eq!(statuses.meaning(Some("QUEUE"), "SENT", None), None, "taken out by the operator");
    }

    #[test]
    fn a_table_with_an_unknown_meaning_or_a_second_row_is_refused_by_line() {
        let error = |text| Statuses::new(text).expect_err("is refused").to_string();
        assert!(error("A = accepted\nB = taken-in-work").starts_with("line 2: `taken-in-work` is not among accepted,"));
        assert_eq!(error("A = accepted\n[S]\nA = update\n[S]\nA = executed"), "line 5: `A` has a row already");
    }
}
