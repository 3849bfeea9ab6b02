//! The files of reports, read back by programs that are not ours: what was written comes out, letter by letter.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "a test that fails may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read as _},
    process::Command,
};

use qadam_domain::{
    RequestId, Zone,
    breach::Blame,
    labels::Lang,
    passport::{Level, Names},
    report::{Assessed, Breach, By, Key, Report, Tallies},
};
use qadam_monitor::reports::{Called, Format, Meta, OverdueList, OverdueRequest, Recipient, render, render_overdue};
use qadam_tests::shared;
use quick_xml::{Reader, events::Event};

const LETTERS: &str = "Ә ә Ғ ғ Қ қ Ң ң Ө ө Ұ ұ Ү ү Һ һ І і ₸";

fn meta() -> Meta {
    let names = Names { ru: format!("Услуга {LETTERS}"), kk: Some(format!("Қызмет {LETTERS}")), en: None };
    let services = [("00501".to_owned(), names)].into();
    Meta { zone: Zone::named("Asia/Almaty").unwrap(), names: Called { services, providers: BTreeMap::new() } }
}

/// A list of requests with these numbers.
fn list(numbers: impl IntoIterator<Item = String>) -> OverdueList {
    let request = |(place, number): (u64, String)| OverdueRequest {
        id: RequestId { epoch: 1, seq: place, index: 0 },
        recipient: Recipient::masked(None, false, Some(&number)),
        number,
        provider: "000140999995".into(),
        service: "00501".into(),
        service_name: None,
        stage: None,
        planned: "2026-01-19T18:59:59Z".parse().unwrap(),
        finished: None,
        minutes: 2_000_000 + place,
        by: By::Computed,
        blame: Blame::Provider,
        contested: false,
    };
    let requests = (0..).zip(numbers).map(request).collect();
    OverdueList { as_of: "2026-02-15T18:59:59Z".parse().unwrap(), month: None, requests }
}

/// A report of many services, some with missed terms.
fn report() -> Report {
    let mut tallies = Tallies::default();
    for nth in 0..300_u16 {
        let taken = jiff::civil::date(2026, 1, 15);
        let breach = Breach {
            missed: taken,
            minutes: u64::from(nth) + 1,
            by: By::Computed,
            blame: if nth.is_multiple_of(4) { Blame::Technical } else { Blame::Provider },
            contested: false,
        };
        tallies.add(&Assessed {
            key: Key {
                level: Some(Level::ALL[usize::from(nth % 6)]),
                provider: format!("{:012}", 140_999_000 + u64::from(nth % 30)),
                service: format!("00{}", 501 + nth % 20),
            },
            has_passport: true,
            taken,
            finished: Some(taken),
            breach: nth.is_multiple_of(2).then_some(breach),
        });
    }
    let month = "2026-01".parse().unwrap();
    Report::of(month, "2026-02-15T18:59:59Z".parse().unwrap(), tallies.month(month).unwrap(), None)
}

/// A cell of a sheet: its type and what it says.
type Cells = BTreeMap<String, (String, String)>;

/// The cells of the one sheet of a workbook, by their places. Fails at anything that is a formula.
fn workbook(bytes: &[u8]) -> Cells {
    let part = |name: &str| {
        let mut text = String::new();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let mut shared = Vec::new();
    walk(&part("xl/sharedStrings.xml"), |element, _, text| {
        if element == "t" {
            shared.push(text.to_owned());
        }
    });
    let mut cells = Cells::new();
    walk(&part("xl/worksheets/sheet1.xml"), |element, at, text| {
        assert_ne!(element, "f", "a formula");
        if element == "v" {
            let (place, kind) = at.clone();
            let value = if kind == "s" { shared[text.parse::<usize>().unwrap()].clone() } else { text.to_owned() };
            cells.insert(place, (kind, value));
        }
    });
    cells
}

/// Each text of an XML document, with its element, and the place and type of the cell that it stands in.
fn walk(xml: &str, mut found: impl FnMut(&str, &(String, String), &str)) {
    let mut reader = Reader::from_str(xml);
    let (mut element, mut cell) = (String::new(), (String::new(), String::new()));
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                element = tag.name().as_ref().to_owned();
                if element == "c" {
                    let attribute = |name: &str| {
                        let found = tag.attributes().map(Result::unwrap).find(|one| one.key.as_ref() == name);
                        found.map(|one| one.value.into_owned()).unwrap_or_default()
                    };
                    cell = (attribute("r"), attribute("t"));
                }
            }
            Event::Text(text) => found(&element, &cell, &text),
            Event::End(_) => element.clear(),
            Event::Eof => return,
            _ => {}
        }
    }
}

/// The rows of a CSV file under its headings.
fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect()).collect()
}

#[test]
fn the_logs_120_numbers_with_leading_zeros_come_out_of_csv_and_xlsx_as_they_went_in() {
    let Some(lines) = shared::permits() else { return };
    let number = |line: &String| {
        let (_, rest) = line.split_once("key=\"applicant:iin\" value=\"")?;
        rest.split_once('"').map(|(number, _)| number.to_owned())
    };
    let numbers: BTreeSet<String> = lines.iter().filter_map(number).filter(|number| number.starts_with('0')).collect();
    assert_eq!(numbers.len(), 120);
    let list = list(numbers.iter().cloned());
    let written = |format| render_overdue(&list, format, Lang::Ru, &meta()).unwrap();
    let read: BTreeSet<String> = rows(&written(Format::Csv)).into_iter().map(|mut row| row.swap_remove(0)).collect();
    assert_eq!(read, numbers);
    let cells = workbook(&written(Format::Xlsx));
    let texts: BTreeSet<String> = cells
        .iter()
        .filter(|(place, (kind, _))| place.starts_with('A') && kind == "s")
        .map(|(_, (_, value))| value.clone())
        .filter(|value| value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    assert_eq!(texts, numbers, "each a text of the workbook");
}

#[test]
fn a_workbook_has_counts_as_numbers_and_texts_that_look_like_formulas_as_texts() {
    let list = list(["=1+1".to_owned(), "000".to_owned()]);
    let cells = workbook(&render_overdue(&list, Format::Xlsx, Lang::En, &meta()).unwrap());
    let has = |kind: &str, value: &str| cells.values().any(|cell| *cell == (kind.to_owned(), value.to_owned()));
    assert!(has("s", "=1+1") && has("s", "000") && has("s", "000140999995"), "{cells:?}");
    assert!(has("", "2000001"), "minutes are a number: {cells:?}");
    let report = report();
    let cells = workbook(&render(&report, Format::Xlsx, Lang::Kk, &meta()).unwrap());
    let total = cells.values().filter(|(kind, _)| kind.is_empty()).filter(|(_, value)| value == "300").count();
    assert!(total > 0, "all requests, as a number: {cells:?}");
    assert!(cells.values().any(|(kind, value)| kind == "s" && value == &format!("Қызмет {LETTERS}")), "{cells:?}");
}

#[test]
fn a_csv_file_has_a_row_for_each_line_of_the_report_and_sums_that_add_up() {
    let report = report();
    let rows = rows(&render(&report, Format::Csv, Lang::En, &meta()).unwrap());
    assert_eq!(rows.len(), 1 + report.breakdown.len() + report.services.len());
    let sum = |section: &str, column: usize| {
        let of = rows.iter().filter(|row| row[2] == section).map(|row| row[column].parse::<u64>().unwrap());
        of.sum::<u64>()
    };
    for section in ["total", "kind of bodies", "body", "service of a body", "service"] {
        assert_eq!((sum(section, 9), sum(section, 12), sum(section, 18)), (300, 150, 75), "{section}");
    }
}

/// What a tool says of a file; none where the tool is not there.
fn said(tool: &str, bytes: &[u8], arguments: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, bytes).unwrap();
    let Ok(out) = Command::new(tool).args(arguments).arg(&file).arg("-").output() else {
        eprintln!("skipped: no {tool} on this machine");
        return None;
    };
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(String::from_utf8_lossy(&out.stderr), "", "a complaint");
    Some(String::from_utf8(out.stdout).unwrap())
}

#[test]
fn a_pdf_reader_finds_every_kazakh_letter_the_headings_on_each_page_and_the_pages_numbered() {
    let pdf = render(&report(), Format::Pdf, Lang::Kk, &meta()).unwrap();
    let Some(text) = said("pdftotext", &pdf, &["-layout"]) else { return };
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 3, "{} pages", pages.len());
    for (page, number) in pages.iter().zip(1..) {
        assert!(page.contains("атауы") && page.contains("техникалық"), "the columns' headings: {page}");
        assert!(page.contains(&format!("{number}-бет / {}", pages.len())), "{page}");
    }
    for letter in LETTERS.split(' ') {
        assert!(text.contains(letter), "{letter}");
    }
    assert!(text.contains("2026 жылғы қаңтар, 15.02.2026 23:59 (Asia/Almaty) күйі"), "{text}");
}

#[test]
fn a_pdf_carries_its_fonts_its_title_and_no_time_but_the_reports() {
    let pdf = render(&report(), Format::Pdf, Lang::Ru, &meta()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    std::fs::write(&file, &pdf).unwrap();
    let Ok(info) = Command::new("pdfinfo").arg(&file).env("TZ", "UTC").output() else {
        eprintln!("skipped: no pdfinfo on this machine");
        return;
    };
    let info = String::from_utf8(info.stdout).unwrap();
    assert!(info.contains("Аналитический отчет о нарушениях сроков"), "{info}");
    assert!(info.contains("Sun Feb 15 18:59:59 2026"), "{info}");
    assert!(info.contains("842 x 595 pts (A4)"), "{info}");
    let fonts = Command::new("pdffonts").arg(&file).output().unwrap();
    let fonts = String::from_utf8(fonts.stdout).unwrap();
    let embedded: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(embedded.len(), 2, "{fonts}");
    assert!(embedded.iter().all(|font| font.contains("NotoSans") && font.contains("yes yes yes")), "{fonts}");
}
