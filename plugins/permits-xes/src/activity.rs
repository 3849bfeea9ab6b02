//! The activities of the log and the stages that they mean. The crate's documentation says why.

use qadam_sdk::Stage;

/// The stage that a completed activity means; none where the log knows no activity of exactly this name.
pub(crate) fn stage(activity: &str) -> Option<Stage> {
    Some(match activity {
        "Confirmation of receipt" => Stage::Accepted,

        "T02 Check confirmation of receipt"
        | "T03 Adjust confirmation of receipt"
        | "T04 Determine confirmation of receipt"
        | "T05 Print and send confirmation of receipt" => Stage::SentForExecution,

        "T06 Determine necessity of stop advice"
        | "T07-1 Draft intern advice aspect 1"
        | "T07-2 Draft intern advice aspect 2"
        | "T07-3 Draft intern advice hold for aspect 3"
        | "T07-4 Draft internal advice to hold for type 4"
        | "T07-5 Draft intern advice aspect 5"
        | "T08 Draft and send request for advice"
        | "T09-1 Process or receive external advice from party 1"
        | "T09-2 Process or receive external advice from party 2"
        | "T09-3 Process or receive external advice from party 3"
        | "T09-4 Process or receive external advice from party 4"
        | "T10 Determine necessity to stop indication"
        | "T11 Create document X request unlicensed"
        | "T12 Check document X request unlicensed"
        | "T13 Adjust document X request unlicensed" => Stage::TakenIntoWork,

        "T14 Determine document X request unlicensed" => Stage::Executed,

        "T15 Print document X request unlicensed" => Stage::AwaitingIssue,

        // A hold, not a result: the request is still in work.
        "T16 Report reasons to hold request"
        | "T17 Check report Y to stop indication"
        | "T18 Adjust report Y to stop indicition" // misspelt in the source
        | "T19 Determine report Y to stop indication"
        | "T20 Print report Y to stop indication" => Stage::TakenIntoWork,

        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_is_known_by_its_whole_name_only() {
        for unknown in [
            "",
            "T06",
            "T06 ",
            "t06 Determine necessity of stop advice",
            "T06 Determine necessity of stop advice ",
            "T06 Determine necessity of stop advicf",
            "T14",
            "T21 Something new",
            "Confirmation of receipt.",
        ] {
            assert_eq!(stage(unknown), None, "{unknown}");
        }
    }
}
