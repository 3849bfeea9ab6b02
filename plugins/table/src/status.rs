//! What a word of the source means, in the words of the mapping.

use qadam_sdk::{Outcome, Stage};

/// What a status, or a date in a stage's column, tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Stages 1 to 5, by their number.
    Reached(Reached),
    /// Stage 6.
    Closed(Closing),
    Suspended,
    Resumed,
    Prolonged,
    Reopened,
    /// An earlier event is taken back.
    Withdrawn,
    /// Data changed, the stage did not.
    Update,
    /// The row tells nothing.
    Ignore,
}

/// Stages 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    Accepted,
    SentForExecution,
    TakenIntoWork,
    Executed,
    AwaitingIssue,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    Issued,
    Refused,
    Unstated,
}

/// The words of the mapping.
const WORDS: [(&str, Meaning); 15] = [
    ("accepted", Meaning::Reached(Reached::Accepted)),
    ("sent-for-execution", Meaning::Reached(Reached::SentForExecution)),
    ("taken-into-work", Meaning::Reached(Reached::TakenIntoWork)),
    ("executed", Meaning::Reached(Reached::Executed)),
    ("awaiting-issue", Meaning::Reached(Reached::AwaitingIssue)),
    ("issued", Meaning::Closed(Closing::Issued)),
    ("refused", Meaning::Closed(Closing::Refused)),
    ("closed", Meaning::Closed(Closing::Unstated)),
    ("suspended", Meaning::Suspended),
    ("resumed", Meaning::Resumed),
    ("prolonged", Meaning::Prolonged),
    ("reopened", Meaning::Reopened),
    ("withdrawn", Meaning::Withdrawn),
    ("update", Meaning::Update),
    ("ignore", Meaning::Ignore),
];

impl Meaning {
    /// What a word of the mapping means.
    pub(crate) fn named(word: &str) -> Result<Self, String> {
        let known = WORDS.iter().find(|(name, _)| *name == word).map(|(_, meaning)| *meaning);
        known.ok_or_else(|| format!("`{word}` is none of {}", WORDS.map(|(name, _)| name).join(", ")))
    }

    /// Its word in the mapping.
    pub(crate) fn word(self) -> &'static str {
        WORDS.iter().find(|(_, meaning)| *meaning == self).map_or("", |(name, _)| name)
    }

    /// Its place in the order of the law.
    pub(crate) fn rank(self) -> usize {
        WORDS.iter().position(|(_, meaning)| *meaning == self).unwrap_or(WORDS.len())
    }

    /// The stage, if it is one; the reason goes with a refusal.
    pub(crate) fn stage(self, reason: Option<String>) -> Option<Stage> {
        Some(match self {
            Self::Reached(Reached::Accepted) => Stage::Accepted,
            Self::Reached(Reached::SentForExecution) => Stage::SentForExecution,
            Self::Reached(Reached::TakenIntoWork) => Stage::TakenIntoWork,
            Self::Reached(Reached::Executed) => Stage::Executed,
            Self::Reached(Reached::AwaitingIssue) => Stage::AwaitingIssue,
            Self::Closed(Closing::Issued) => Stage::Closed(Outcome::Issued),
            Self::Closed(Closing::Refused) => Stage::Closed(Outcome::Refused(reason)),
            Self::Closed(Closing::Unstated) => Stage::Closed(Outcome::Unstated),
            _ => return None,
        })
    }
}

/// A word without what people do not mean by it: the case, and white space around it and doubled.
pub(crate) fn folded(word: &str) -> String {
    word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_its_own_meaning_s() {
        for (word, meaning) in WORDS {
            assert_eq!((Meaning::named(word), meaning.word()), (Ok(meaning), word));
        }
        assert!(Meaning::named("Executed").is_err());
    }

    #[test]
    fn case_and_white_space_are_not_meant() {
        assert_eq!(folded(" ӨТІНІШ \u{A0} Қабылданды\n"), "өтініш қабылданды");
        assert_ne!(folded("в работе"), folded("вработе"));
    }
}
