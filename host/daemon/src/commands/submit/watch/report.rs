//! The report that lies beside a file: what became of its records, which were refused, why, and what to do.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::{folder::Shelf, words};
use crate::{
    cli::Lang,
    commands::submit::{Outcome, Refused},
    show::word,
};

#[derive(Clone, Copy)]
pub(super) struct Report<'a> {
    pub(super) file: &'a str,
    pub(super) provider: &'a str,
    pub(super) at: Timestamp,
    pub(super) shelf: Shelf,
    pub(super) outcome: &'a Outcome,
    /// Why the file was not sent, or not whole.
    pub(super) problem: Option<&'a str>,
}

/// Most lines that a report tells of; the count says how many there are.
const MOST: usize = 1000;

/// All of Kazakhstan has had one time since March 2024.
const ZONE: &str = "Asia/Almaty";

impl Report<'_> {
    fn mapped(&self) -> u64 {
        let outcome = self.outcome;
        let not = outcome.refused.len() as u64 + outcome.quarantined.len() as u64 + outcome.pending;
        outcome.received.saturating_sub(not)
    }

    fn local(&self) -> String {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        self.at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// For people.
    pub(super) fn text(&self, lang: Lang) -> String {
        let outcome = self.outcome;
        let say = |label| word(label, lang);
        let mut lines = vec![format!("{}: {}", say(words::TITLE), self.file)];
        if lang == Lang::Kk {
            lines.push(words::UNOFFICIAL.to_owned());
        }
        lines.push(String::new());
        lines.push(format!("{}: {}", say(words::PROVIDER), self.provider));
        lines.push(format!("{}: {}", say(words::TIME), self.local()));
        lines.push(format!(
            "{}: {}",
            say(words::RESULT),
            say(match (self.shelf, self.problem) {
                (_, Some(_)) => words::FILE_REFUSED,
                (Shelf::Done, _) => words::ALL_TAKEN,
                (Shelf::Refused, _) => words::SOME_REFUSED,
            })
        ));
        if let Some(problem) = self.problem {
            lines.push(format!("{}: {problem}", say(words::WHY)));
        }
        lines.push(String::new());
        for (label, count) in [
            (words::SENT, outcome.received),
            (words::MAPPED, self.mapped()),
            (words::DUPLICATES, outcome.duplicates),
            (words::REFUSED, outcome.refused.len() as u64),
            (words::QUARANTINED, outcome.quarantined.len() as u64),
        ] {
            lines.push(format!("{}: {count}", say(label)));
        }
        for (label, records) in [(words::REFUSED, &outcome.refused), (words::QUARANTINED, &outcome.quarantined)] {
            if !records.is_empty() {
                lines.push(String::new());
                lines.push(format!("{}:", say(label)));
            }
            for record in records.iter().take(MOST) {
                lines.push(String::new());
                lines.push(format!("  {} {}: {}", say(words::LINE), record.line, say(words::cause(&record.cause))));
                lines.push(format!("    {}", record.detail));
                lines.push(format!("    {}: {}", say(words::TO_DO), say(to_do(record, label == words::QUARANTINED))));
            }
            if records.len() > MOST {
                lines.push(format!("  … {} {}", records.len() - MOST, say(words::MORE)));
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        let list = |records: &[Refused]| -> Vec<serde_json::Value> {
            let record = |record: &Refused| json!({ "line": record.line, "cause": record.cause, "detail": record.detail, "record": record.record });
            records.iter().map(record).collect()
        };
        let outcome = self.outcome;
        let report = json!({
            "file": self.file,
            "provider": self.provider,
            "at": self.at.to_string(),
            "result": self.shelf.name(),
            "problem": self.problem,
            "sent": outcome.received,
            "accepted": outcome.accepted,
            "duplicates": outcome.duplicates,
            "mapped": self.mapped(),
            "refused": list(&outcome.refused),
            "quarantined": list(&outcome.quarantined),
        });
        format!("{report:#}\n")
    }
}

fn to_do(record: &Refused, quarantined: bool) -> qadam_domain::labels::Label {
    if quarantined { words::TO_DO_QUARANTINED } else { words::to_do(&record.cause) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_lines_causes_and_what_to_do_in_three_languages() {
        let refused = Refused {
            provider: "archive".to_owned(),
            file: None,
            line: 36,
            cause: "unknown-native-status".to_owned(),
            detail: "Мәртебе: `Жұмыста ма?` is unknown".to_owned(),
            record: "r".to_owned(),
        };
        let outcome = Outcome { received: 44, accepted: 44, refused: vec![refused], ..Outcome::default() };
        let at = Timestamp::from_second(1_772_428_800).unwrap();
        let report =
            Report { file: "a.csv", provider: "archive", at, shelf: Shelf::Refused, outcome: &outcome, problem: None };
        for (lang, wanted) in [
            (
                Lang::Ru,
                ["Отчёт о файле: a.csv", "строка 36: неизвестный статус", "2026-03-02 10:20:00 +05:00", "Что сделать"],
            ),
            (Lang::Kk, ["файл туралы есеп: a.csv", "жол 36: белгісіз мәртебе", "бейресми", "Не істеу керек"]),
            (
                Lang::En,
                ["Report on the file: a.csv", "line 36: unknown status", "Мәртебе: `Жұмыста ма?`", "What to do"],
            ),
        ] {
            let text = report.text(lang);
            for part in wanted {
                assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part}: {text}");
            }
        }
        let value: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!((&value["mapped"], &value["refused"][0]["line"]), (&43.into(), &36.into()));
    }
}
