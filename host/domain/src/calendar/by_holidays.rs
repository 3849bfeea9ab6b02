//! An independent check: the Python package `holidays` (https://github.com/vacanza/holidays, compared with 0.109), day
//! by day, for the week of five days, which is the only one it knows. The exchanges of May 2013, of 2017 and of 2019
//! were found in its list of acts, so for those days it is the source and no check.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
};

use jiff::civil::{Date, date};

use super::{Calendar, Week};

/// What the package says of each day, `2026-08-31 1` a working day.
const ASK: &str = "
import holidays, datetime
kz = holidays.country_holidays('KZ', years=range(2013, 2029))
day = datetime.date(2013, 1, 1)
while day.year < 2029:
    print(day, int(kz.is_working_day(day)))
    day += datetime.timedelta(days=1)
";

/// Where the two differ, and why ours stands. Version 0.109 differs nowhere; one before its change of July 2026 (#3690)
/// has 31 August 2026 off, as was right until 18 March 2026.
const DIFFERENCES: &[(Date, &str)] = &[];

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn every_difference_from_the_python_package_is_explained() {
    let python = std::env::var("QADAM_PYTHON").unwrap_or_else(|_| "python3".into());
    let asked = Command::new(&python).args(["-c", ASK]).stderr(Stdio::null()).output();
    let Some(answer) = asked.ok().filter(|answer| answer.status.success()) else {
        eprintln!(
            "skipped: {python} has no package `holidays` (pip install holidays; QADAM_PYTHON names the interpreter)"
        );
        return;
    };
    let days = Calendar::kazakhstan().unwrap().known_on(Week::FiveDay, None);
    let mut compared = 0;
    let mut found = BTreeSet::new();
    for line in String::from_utf8(answer.stdout).unwrap().lines() {
        let (day, working) = line.split_once(' ').unwrap();
        let day: Date = day.parse().unwrap();
        compared += 1;
        if days.is_working(day) != (working == "1") {
            found.insert(day);
        }
    }
    assert_eq!(compared, 5844, "16 years");
    let explained: BTreeSet<Date> = DIFFERENCES.iter().map(|(day, _)| *day).collect();
    assert_eq!(found, explained);
    assert_eq!(days.day(date(2026, 8, 31)).why, super::Why::Workday);
}
