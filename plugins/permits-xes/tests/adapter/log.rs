//! The real log, where it is at hand.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use permits_xes::PermitsXes;
use qadam_sdk::{Adapter, EventKind, Stage, TextUpdate, testing};

#[test]
fn the_whole_log_is_mapped() {
    let Some(lines) = log() else { return };
    let mapped = PermitsXes::map(lines.lines().map(testing::record).collect());
    assert_eq!(mapped.len(), 9_906);
    let (mut stages, mut leading_zeros) = ([0; 6], std::collections::BTreeSet::new());
    for answer in mapped {
        let events = answer.expect("none is refused");
        assert_eq!(events.len(), 1);
        for event in events {
            let EventKind::Stage(stage) = event.kind else { panic!("stages only") };
            stages[match stage {
                Stage::Accepted => 0,
                Stage::SentForExecution => 1,
                Stage::TakenIntoWork => 2,
                Stage::Executed => 3,
                Stage::AwaitingIssue => 4,
                Stage::Closed(_) => 5,
            }] += 1;
            if let TextUpdate::Set(number) = event.fields.identification_number
                && number.starts_with('0')
            {
                leading_zeros.insert(number);
            }
        }
    }
    assert_eq!(stages, [1_434, 4_030, 3_035, 39, 39, 1_329]);
    assert_eq!(leading_zeros.len(), 120);
}

/// The log's text. Absent in a clone alone, and then the test is skipped, but not in the project's own runs.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn log() -> Option<String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("QADAM_SHARED").map_or_else(beside, PathBuf::from);
    let file = shared.join("data/permits.xml-lines.gz");
    if !file.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", file.display());
        eprintln!("skipped: {} is missing", file.display());
        return None;
    }
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(file).expect("opens")).read_to_string(&mut text).expect("reads");
    Some(text)
}
