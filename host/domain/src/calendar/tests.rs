use jiff::{ToSpan, civil::date};
use proptest::prelude::*;

use super::*;

fn calendar() -> Calendar {
    Calendar::kazakhstan().unwrap()
}

fn five(on: Option<Date>) -> WorkingDays {
    calendar().known_on(Week::FiveDay, on)
}

#[test]
fn the_year_2026_has_the_days_off_of_the_final_calendar() {
    let days = five(None);
    let off: Vec<String> = days
        .days(date(2025, 12, 31), date(2026, 12, 31))
        .filter(|day| !day.working && !Week::FiveDay.is_weekend(day.date))
        .map(|day| day.date.strftime("%m-%d").to_string())
        .collect();
    let expected = "01-01 01-02 01-07 03-09 03-23 03-24 03-25 05-01 05-07 05-11 05-27 07-06 10-26 12-16";
    assert_eq!(off.join(" "), expected);
    assert!(days.is_working(date(2026, 3, 16)), "15 March is Constitution Day from 2027 on only");
    assert!(!days.is_working(date(2027, 3, 15)));
}

#[test]
fn one_working_day_from_28_august_2026_is_monday_now_and_was_tuesday_in_january() {
    let accepted = date(2026, 8, 28);
    assert_eq!(five(None).after(accepted, 1), Ok(date(2026, 8, 31)));
    assert_eq!(five(Some(date(2026, 3, 18))).after(accepted, 1), Ok(date(2026, 8, 31)));
    assert_eq!(five(Some(date(2026, 3, 17))).after(accepted, 1), Ok(date(2026, 9, 1)));
    assert_eq!(five(Some(date(2026, 1, 15))).after(accepted, 1), Ok(date(2026, 9, 1)));
}

#[test]
fn weekend_days_that_an_act_made_working_days_are_worked() {
    for worked in [date(2024, 5, 4), date(2025, 1, 5), date(2022, 3, 5), date(2022, 8, 27), date(2020, 5, 11)] {
        assert!(five(None).is_working(worked), "{worked}");
    }
    let days = five(None);
    assert_eq!(days.after(date(2024, 5, 3), 1), Ok(date(2024, 5, 4)));
    assert_eq!(days.after(date(2025, 1, 4), 1), Ok(date(2025, 1, 5)));
}

#[test]
fn an_exchange_with_a_saturday_leaves_the_six_day_week_as_it_is_and_one_with_a_sunday_changes_both() {
    let six = calendar().known_on(Week::SixDay, None);
    assert!(six.is_working(date(2024, 5, 8)) && six.is_working(date(2024, 5, 4)));
    assert!(!six.is_working(date(2025, 1, 3)) && six.is_working(date(2025, 1, 5)));
}

#[test]
fn the_six_day_week_has_no_transfer_from_a_saturday() {
    let six = calendar().known_on(Week::SixDay, None);
    let off = |month, day| !six.is_working(date(2026, month, day));
    assert!(off(3, 9) && off(3, 24) && off(10, 26), "as the ministry's calendar for 2026 says");
    assert!(!off(3, 25) && !off(5, 11));
    assert!(off(3, 21) && off(5, 9), "the holiday itself is off");
}

#[test]
fn religious_days_off_are_not_transferred() {
    let days = five(None);
    assert!(!days.is_working(date(2024, 6, 16)) && days.is_working(date(2024, 6, 17)));
    assert!(days.is_working(date(2023, 1, 9)), "7 January 2023 was a Saturday");
}

#[test]
fn qurban_ait_of_2024_was_expected_a_day_later_until_it_was_announced() {
    let announced = date(2024, 6, 7);
    assert!(!five(Some(date(2024, 6, 6))).is_working(date(2024, 6, 17)));
    assert!(five(Some(date(2024, 6, 6))).is_estimated(date(2024, 6, 14), date(2024, 6, 20)));
    assert!(five(Some(announced)).is_working(date(2024, 6, 17)));
}

#[test]
fn the_balance_of_working_time_for_2024_has_as_many_days_as_was_known_when_it_was_made() {
    // Ministry of Labour, published for 2024 (https://help.inbuh.kz/6801/), with the May exchange and Qurban Ait still
    // on 17 June.
    let table: [(i8, i64, i64); 12] = [
        (1, 21, 25),
        (2, 21, 25),
        (3, 17, 22),
        (4, 22, 26),
        (5, 20, 24),
        (6, 19, 24),
        (7, 22, 26),
        (8, 21, 26),
        (9, 21, 25),
        (10, 22, 26),
        (11, 21, 26),
        (12, 21, 25),
    ];
    let on = Some(date(2024, 5, 1));
    let (five, six) = (five(on), calendar().known_on(Week::SixDay, on));
    for (month, by_five, by_six) in table {
        let first = date(2024, month, 1);
        let (before, last) = (first.checked_sub(1.day()).unwrap(), first.last_of_month());
        assert_eq!((five.between(before, last), six.between(before, last)), (by_five, by_six), "month {month}");
    }
}

#[test]
fn holidays_of_2022_that_were_abolished_in_september_were_known_before() {
    let before = five(Some(date(2022, 9, 28)));
    assert!(!before.is_working(date(2022, 12, 1)) && !before.is_working(date(2022, 12, 19)));
    assert!(before.is_working(date(2022, 10, 25)));
    let after = five(Some(date(2022, 9, 29)));
    assert!(after.is_working(date(2022, 12, 1)) && after.is_working(date(2022, 12, 19)));
    assert!(!after.is_working(date(2022, 10, 25)));
}

#[test]
fn years_that_are_not_complete_say_so() {
    let days = five(None);
    let known = |from, until| days.known(date(from, 3, 1), date(until, 3, 1));
    assert_eq!(known(2024, 2024), Known::Complete);
    assert_eq!(known(2014, 2015), Known::Unconfirmed);
    assert_eq!(known(2026, 2027), Known::Open);
    assert_eq!(known(2012, 2013), Known::Unknown);
    assert!(days.is_estimated(date(2027, 5, 10), date(2027, 5, 20)));
    assert!(!days.is_estimated(date(2026, 5, 20), date(2026, 5, 30)));
}

#[test]
fn every_row_names_an_act_or_a_source_and_every_holiday_on_a_weekend_has_its_transfer() {
    let calendar = calendar();
    for row in calendar.rows() {
        assert!(row.source.is_some() && row.act.is_some(), "{}", row.date);
        let day_off = |week: &Week| row.weeks.hold(*week) && week.is_weekend(row.date);
        for week in Week::ALL.iter().filter(|week| row.kind == Kind::Holiday && row.held(None) && day_off(week)) {
            let transferred = calendar.rows().any(|other| {
                other.kind == Kind::Transferred && other.moved == Some(row.date) && other.weeks.hold(*week)
            });
            assert!(transferred, "{} in {week:?}", row.date);
        }
    }
}

#[test]
fn a_calendar_that_contradicts_itself_is_refused_with_what_is_wrong() {
    let head = "date,kind,weeks,name,moved,act,source,published,effective,status,superseded_on,superseded_by\n";
    let read =
        |rows: &str| Calendar::read(&format!("{head}{rows}"), "year,known,note,source\n").unwrap_err().to_string();
    assert_eq!(
        read("2026-03-02,moved,five,x,2026-03-07,A,,,,confirmed,,\n"),
        "2026-03-02, moved: 2026-03-07 should have a `working` row of the same weeks that names 2026-03-02"
    );
    let halves =
        "2026-03-02,moved,five,x,2026-03-08,A,,,,confirmed,,\n2026-03-08,working,both,x,2026-03-02,A,,,,confirmed,,\n";
    assert!(read(halves).contains("of the same weeks"), "the halves are of different weeks");
    assert!(
        read("2026-03-02,feast,five,x,,A,,,,confirmed,,\n")
            .starts_with("line 2 of the calendar's days: unknown variant `feast`")
    );
    assert!(read("2026-02-30,holiday,both,x,,A,,,,confirmed,,\n").contains("line 2"));
    assert!(read("2026-03-02,holiday,both,x,,,,,,confirmed,,\n").contains("neither an act nor a source"));
    assert!(read("2026-03-07,transferred,five,x,2026-03-01,A,,,,confirmed,,\n").contains("it is a weekend already"));
    let twice = "2026-03-02,holiday,both,x,,A,,,,confirmed,,\n2026-03-02,holiday,five,y,,A,,,,confirmed,,\n";
    assert!(read(twice).contains("two rows say the same"));
    assert!(Calendar::read("date,kind\n", "year,known,note,source\n").unwrap_err().to_string().contains("the columns"));
}

#[test]
fn an_edit_makes_a_new_calendar_and_what_was_known_before_can_still_be_told() {
    let old = calendar();
    let row = |day: Date, kind, moved| Row {
        date: day,
        kind,
        weeks: Weeks::Five,
        name: "exchange".into(),
        moved: Some(moved),
        act: Some("an order".into()),
        source: None,
        published: Some(date(2026, 10, 1)),
        effective: None,
        status: Standing::Confirmed,
        superseded_on: None,
        superseded_by: None,
    };
    let (off, on) = (date(2026, 12, 18), date(2026, 12, 19));
    let halves = [Edit::Add(row(off, Kind::Moved, on)), Edit::Add(row(on, Kind::Working, off))];
    assert!(old.edited(&halves[..1]).is_err(), "half an exchange is refused");
    let new = old.edited(&halves).unwrap();
    assert!(old.known_on(Week::FiveDay, None).is_working(off));
    assert!(!new.known_on(Week::FiveDay, None).is_working(off));
    assert!(new.known_on(Week::FiveDay, Some(date(2026, 9, 30))).is_working(off), "as known before the order");

    let gone = |date, kind| Edit::Supersede {
        date,
        kind,
        weeks: Weeks::Five,
        on: jiff::civil::date(2026, 11, 1),
        by: "another order".into(),
    };
    assert!(new.edited(&[gone(off, Kind::Moved)]).is_err(), "the other half would stand alone");
    let back = new.edited(&[gone(off, Kind::Moved), gone(on, Kind::Working)]).unwrap();
    assert!(back.known_on(Week::FiveDay, None).is_working(off));
    assert!(!back.known_on(Week::FiveDay, Some(date(2026, 10, 15))).is_working(off));
    assert_eq!(
        back.edited(&[gone(off, Kind::Moved)]).unwrap_err(),
        CalendarError::Missing { date: off, kind: Kind::Moved }
    );
}

/// The second implementation: it looks at each day of its own, by its own reading of the rows, and only walks.
struct Walk(Calendar, Week, Option<Date>);

impl Walk {
    fn works(&self, day: Date) -> bool {
        let Self(calendar, week, on) = self;
        let weekday = day.weekday().to_monday_one_offset();
        let weekend = weekday == 7 || (weekday == 6 && *week == Week::FiveDay);
        let (mut made_off, mut made_working) = (false, false);
        for row in calendar.rows().filter(|row| row.date == day) {
            let meant = match row.weeks {
                Weeks::Both => true,
                Weeks::Five => *week == Week::FiveDay,
                Weeks::Six => *week == Week::SixDay,
            };
            let known = on.is_none() || row.published.is_none() || row.published <= *on;
            let gone = row.superseded_on.is_some() && (on.is_none() || row.superseded_on <= *on);
            if meant && known && !gone {
                made_working |= row.kind == Kind::Working;
                made_off |= row.kind != Kind::Working;
            }
        }
        (!weekend && !made_off) || made_working
    }

    fn after(&self, from: Date, count: u32) -> Date {
        let mut day = from;
        for _ in 0..count {
            day = day.tomorrow().unwrap();
            while !self.works(day) {
                day = day.tomorrow().unwrap();
            }
        }
        day
    }
}

fn any_date() -> impl Strategy<Value = Date> {
    (0i64..6570).prop_map(|days| date(2012, 1, 1).checked_add(days.days()).unwrap())
}

fn any_view() -> impl Strategy<Value = (Week, Option<Date>)> {
    (prop_oneof![Just(Week::FiveDay), Just(Week::SixDay)], proptest::option::of(any_date()))
}

proptest! {
    #[test]
    fn the_count_is_that_of_walking_day_by_day((week, on) in any_view(), from in any_date(), count in 1u32..90) {
        let (days, walk) = (calendar().known_on(week, on), Walk(calendar(), week, on));
        let end = days.after(from, count).unwrap();
        prop_assert_eq!(end, walk.after(from, count));
        prop_assert!(days.is_working(end) && walk.works(end));
        let skipped = days.days(from, end).filter(|day| !day.working).count();
        let passed = usize::try_from(end.duration_since(from).as_hours() / 24).unwrap();
        prop_assert_eq!(passed - skipped, count as usize);
    }

    #[test]
    fn counting_back_gives_what_was_added((week, on) in any_view(), from in any_date(), count in 0u32..3000) {
        let days = calendar().known_on(week, on);
        prop_assert_eq!(days.between(from, days.after(from, count).unwrap()), i64::from(count));
    }

    #[test]
    fn days_add_up((week, on) in any_view(), from in any_date(), one in 1u32..400, two in 0u32..400) {
        let days = calendar().known_on(week, on);
        prop_assert_eq!(days.after(days.after(from, one).unwrap(), two), days.after(from, one + two));
    }

    #[test]
    fn spans_add_up((week, on) in any_view(), a in any_date(), b in any_date(), c in any_date()) {
        let days = calendar().known_on(week, on);
        prop_assert_eq!(days.between(a, b) + days.between(b, c), days.between(a, c));
    }

    #[test]
    fn a_later_start_and_a_longer_term_never_end_earlier(
        (week, on) in any_view(), from in any_date(), later in 0i64..40, count in 1u32..90, more in 0u32..9,
    ) {
        let days = calendar().known_on(week, on);
        let end = days.after(from, count).unwrap();
        prop_assert!(end <= days.after(from.checked_add(later.days()).unwrap(), count).unwrap());
        prop_assert!(end <= days.after(from, count + more).unwrap());
    }
}

#[test]
fn dates_beyond_the_year_9999_are_an_error() {
    let days = five(None);
    assert_eq!(days.after(Date::MAX, 1), Err(OutOfRange(1, Date::MAX)));
    assert!(days.after(date(2026, 1, 1), u32::MAX).is_err());
}
