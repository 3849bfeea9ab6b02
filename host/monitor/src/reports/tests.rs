//! What the formats have in common, and what CSV guards against. The files are read back by others' programs in
//! `tests/tests/report_files.rs`.

use jiff::{Timestamp, civil::date};
use qadam_domain::{
    RequestId, Stage,
    breach::Blame,
    passport::Level,
    report::{Assessed, Breach, By, Key, Month, Tallies},
};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn names(ru: &str, kk: &str) -> Names {
    Names { ru: ru.into(), kk: Some(kk.into()), en: None }
}

fn meta() -> Meta {
    let providers = [("000140999995", names("Акимат Жамбылской области", "Жамбыл облысының әкімдігі"))];
    let services = [("00501", names("Постановка в очередь", "Кезекке қою, ӘҒҚҢӨҰҮҺІ ₸"))];
    let called = |(code, names): (&str, Names)| (code.to_owned(), names);
    Meta {
        zone: Zone::named("Asia/Almaty").unwrap(),
        names: Called {
            providers: providers.map(called).into_iter().collect(),
            services: services.map(called).into_iter().collect(),
        },
    }
}

fn request(bodies: u16, nth: u16) -> Assessed {
    let day = i8::try_from(nth % 28 + 1).unwrap();
    let breach = Breach {
        missed: date(2026, 1, day),
        minutes: u64::from(nth) * 977 + 1,
        by: if nth.is_multiple_of(3) { By::Reported } else { By::Computed },
        blame: if nth.is_multiple_of(5) { Blame::Technical } else { Blame::Provider },
        contested: nth.is_multiple_of(7),
    };
    let provider = if nth.is_multiple_of(4) {
        "000140999995".into()
    } else {
        format!("{:012}", 990_140_000_000_u64 + u64::from(nth % bodies))
    };
    Assessed {
        key: Key {
            level: (!nth.is_multiple_of(3)).then(|| Level::ALL[usize::from(nth) % 6]),
            provider,
            service: format!("00{}", 501 + nth % 9),
        },
        has_passport: !nth.is_multiple_of(3),
        taken: date(2026, 1, day),
        finished: nth.is_multiple_of(2).then(|| date(2026, 1, day)),
        breach: (!nth.is_multiple_of(4) || nth.is_multiple_of(8)).then_some(breach),
    }
}

fn report(requests: u16) -> Report {
    let mut tallies = Tallies::default();
    (0..requests).for_each(|nth| tallies.add(&request(17, nth)));
    let month = "2026-01".parse::<Month>().unwrap();
    Report::of(month, at("2026-02-15T18:59:59Z"), tallies.month(month).unwrap(), Some(&Default::default()))
}

fn list(number: &str) -> OverdueList {
    let request = OverdueRequest {
        id: RequestId { epoch: 1, seq: 9, index: 0 },
        number: number.to_owned(),
        provider: "permits".into(),
        service: String::new(),
        service_name: Some("=HYPERLINK(\"http://example.kz\")".into()),
        recipient: Recipient::masked(Some("Өтебаев Ғали"), false, Some("850101199993")),
        stage: Some(Stage::SentForExecution),
        planned: at("2026-01-19T18:59:59.999999999Z"),
        finished: None,
        minutes: 1500,
        by: By::Computed,
        blame: Blame::FrontOffice,
        contested: true,
    };
    OverdueList { as_of: at("2026-02-15T18:59:59Z"), month: None, requests: vec![request] }
}

#[test]
fn equal_reports_are_equal_to_the_byte_in_every_format_and_language() {
    for format in Format::ALL {
        for lang in Lang::ALL {
            let bytes = || render(&report(400), format, lang, &meta()).unwrap();
            let list = || render_overdue(&list("007"), format, lang, &meta()).unwrap();
            assert_eq!((bytes(), list()), (bytes(), list()), "{format:?} {lang:?}");
        }
    }
}

/// The fields of a CSV file, by its rows.
fn fields(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').unwrap();
    text.lines().map(|line| line.split(';').map(ToOwned::to_owned).collect()).collect()
}

#[test]
fn a_list_of_nothing_and_a_report_of_nothing_are_written_all_the_same() {
    let mut none = list("1");
    none.requests.clear();
    let nothing = Report::of("2026-01".parse().unwrap(), at("2026-02-15T18:59:59Z"), &Default::default(), None);
    for format in Format::ALL {
        assert!(!render_overdue(&none, format, Lang::Kk, &meta()).unwrap().is_empty(), "{format:?}");
        assert!(!render(&nothing, format, Lang::Kk, &meta()).unwrap().is_empty(), "{format:?}");
    }
    let text = render(&nothing, Format::Csv, Lang::En, &meta()).unwrap();
    let rows = fields(&text);
    assert_eq!((rows.len(), rows[1][2].as_str(), rows[1][9].as_str()), (2, "\"total\"", "0"));
    assert_eq!(rows[1].last().unwrap(), "", "the month before is not known, so there is no change");
}

#[test]
fn no_text_of_a_csv_file_is_a_formula_and_numbers_stay_as_they_are() {
    for (number, written) in [
        ("007", "\"007\""),
        ("=1+1", "\"'=1+1\""),
        ("+7701", "\"'+7701\""),
        ("-1", "\"'-1\""),
        ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("\t=1", "\"'\t=1\""),
        ("＝1", "\"'＝1\""),
        ("a=1", "\"a=1\""),
        ("say \"5\"", "\"say \"\"5\"\"\""),
    ] {
        let bytes = render_overdue(&list(number), Format::Csv, Lang::Ru, &meta()).unwrap();
        assert_eq!(fields(&bytes)[1][0], written);
    }
}

#[test]
fn nobodys_name_or_number_is_in_a_list_but_masked() {
    for format in [Format::Table, Format::Html, Format::Json, Format::Csv] {
        let bytes = render_overdue(&list("1"), format, Lang::En, &meta()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("850101199993") && !text.contains("Ғали"), "{format:?}");
    }
    let entity = Recipient::masked(Some("«Өрлеу» ЖШС"), true, Some("990140999995"));
    assert_eq!((entity.name(), entity.number()), ("«Өрлеу» ЖШС", "9901*****995"), "a legal entity's name is public");
}

#[test]
fn each_line_says_by_which_planned_dates_its_terms_were_missed() {
    let report = report(400);
    let rows = fields(&render(&report, Format::Csv, Lang::En, &meta()).unwrap());
    let mut seen = std::collections::BTreeSet::new();
    let lines = std::iter::once(&report.total).chain(&report.breakdown).chain(&report.services);
    for (line, row) in lines.zip(&rows[1..]) {
        let said = match (line.figures.by_computed > 0, line.figures.by_reported > 0) {
            (true, true) => "\"computed, reported\"",
            (true, false) => "\"computed\"",
            (false, true) => "\"reported\"",
            (false, false) => continue,
        };
        assert_eq!(row[8], said);
        assert_eq!((row[13].parse(), row[14].parse()), (Ok(line.figures.by_computed), Ok(line.figures.by_reported)));
        seen.insert(said);
    }
    assert_eq!(seen.len(), 3);
    assert_eq!(rows.len(), 2 + report.breakdown.len() + report.services.len());
}

#[test]
fn names_fall_back_to_russian_and_codes_stand_for_what_has_none() {
    let text = |lang| String::from_utf8(render(&report(40), Format::Table, lang, &meta()).unwrap()).unwrap();
    assert!(text(Lang::Kk).contains("Жамбыл облысының әкімдігі (000140999995)"));
    assert!(text(Lang::En).contains("Акимат Жамбылской области (000140999995)"));
    assert!(text(Lang::En).contains("\n  990140000005 ") && text(Lang::En).contains("January 2026"));
    assert!(text(Lang::Kk).contains("Қазақша атаулар ресми емес."), "its words are not the law's");
}

#[test]
fn the_page_of_a_report_shows_its_bars_and_takes_no_text_for_markup() {
    let page = String::from_utf8(render(&report(400), Format::Html, Lang::Kk, &meta()).unwrap()).unwrap();
    assert_eq!(page.matches("<rect").count(), 2 * 10 + 1, "ten bodies, and the legend");
    assert!(page.contains("Жамбыл облысының әкімдігі (000140999995)") && page.contains("default-src 'none'"));
    let list = String::from_utf8(render_overdue(&list("<b>1"), Format::Html, Lang::En, &meta()).unwrap()).unwrap();
    assert!(list.contains("&lt;b&gt;1") && !list.contains("<b>"), "{list}");
    assert!(list.contains("=HYPERLINK(&quot;http"), "{list}");
}
