//! Adapter `{{name}}`: a record is one line, `REQUEST;STATUS;TIME;EXECUTOR`.
//!
//! A sample that works: make it read what your system sends. What it maps is shown record by record in `golden/`.

use qadam_sdk::{
    Adapter, Description, Event, EventKind, Fields, Moment, NativeRecord, Outcome, RecordError, Setting, Stage,
    TextUpdate, config,
};

/// The adapter. It keeps nothing from one record to the next: each batch meets a fresh instance.
pub struct {{type}};

qadam_sdk::export_adapter!({{type}});

impl Adapter for {{type}} {
    fn describe() -> Description {
        let settings = vec![Setting::optional("service-name", "Name of the service, as the register has it.")];
        Description::new("{{name}}", env!("CARGO_PKG_VERSION"), ["text/csv"], settings)
    }

    fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
        let line = std::str::from_utf8(&record.body)
            .map_err(|wrong| RecordError::malformed("line", "not UTF-8").at(wrong.valid_up_to()))?;
        let columns: Vec<&str> = line.trim_end().split(';').collect();
        let &[request, status, time, executor] = columns.as_slice() else {
            let detail = format!("{} columns, 4 are expected: REQUEST;STATUS;TIME;EXECUTOR", columns.len());
            return Err(RecordError::malformed("line", detail).at(0));
        };
        if request.is_empty() {
            return Err(RecordError::unidentifiable_request("REQUEST", "it is empty").at(0));
        }
        let (status_at, time_at) = (request.len() + 1, request.len() + status.len() + 2);
        let stage =
            stage(status).ok_or_else(|| RecordError::unknown_native_status("STATUS", status).at(status_at))?;
        let occurred_at = Moment::from_rfc3339(time, Some("Asia/Almaty"))
            .map_err(|wrong| RecordError::unreadable_time("TIME", wrong.to_string()).at(time_at))?;
        let fields = Fields {
            service_name: TextUpdate::set_if_known(config::get("service-name")),
            executor: TextUpdate::set_if_known((!executor.is_empty()).then_some(executor)),
            ..Fields::unchanged()
        };
        Ok(vec![Event { fields, ..Event::new(request, EventKind::Stage(stage), occurred_at, status) }])
    }
}

/// The stage of 452-6 that a status means. None where the source says a word that nobody has told us: never guess.
fn stage(status: &str) -> Option<Stage> {
    Some(match status {
        "accepted" => Stage::Accepted,
        "sent" => Stage::SentForExecution,
        "in work" => Stage::TakenIntoWork,
        "done" => Stage::Executed,
        "ready" => Stage::AwaitingIssue,
        "issued" => Stage::Closed(Outcome::Issued),
        "refused" => Stage::Closed(Outcome::Refused(None)),
        _ => return None,
    })
}

// Plain tests of Rust run natively, without a host: `cargo test`. `qadam adapter test` runs the component itself.
#[cfg(test)]
mod tests {
    use qadam_sdk::testing;

    use super::*;

    #[test]
    fn an_unknown_status_is_refused_at_its_place() {
        let record = testing::record("R-17;lost;2026-03-02T10:00:00+05:00;Desk 4");
        let refused = RecordError::unknown_native_status("STATUS", "lost").at(5);
        assert_eq!({{type}}::map_record(&record), Err(refused));
    }

    #[test]
    fn the_service_is_named_by_the_settings() {
        let record = testing::record("R-17;done;2026-03-02T10:00:00+05:00;Desk 4");
        let events = testing::with_config(&[("service-name", "Archive extract")], || {
            {{type}}::map_record(&record).expect("mapped")
        });
        assert_eq!(events[0].fields.service_name, TextUpdate::set("Archive extract"));
    }
}
