//! Reports as people read them on a page or a terminal: a name and the figures that matter, sums above their parts.

use qadam_domain::{
    labels::{self, Label, Lang},
    passport::Level,
    report::{By, Line, Report, Scope},
};

use super::{
    Meta, OverdueList,
    grid::{Bar, Cell, Column, Grid, Kind, Part, Plot, Row},
    list::OverdueRequest,
    words,
};

/// Bars of a plot, at most: the bodies with most missed terms.
const BARS: usize = 10;

/// The report.
pub(super) fn report(report: &Report, lang: Lang, meta: &Meta) -> Grid {
    let column = |label: Label, kind, width| Column::new(label.word(lang), kind, width);
    let columns = vec![
        column(words::NAME, Kind::Text, 36),
        column(words::REQUESTS, Kind::Number, 10),
        column(words::FINISHED, Kind::Number, 11),
        column(words::BREACHES, Kind::Number, 11),
        column(words::CHANGE, Kind::Number, 11),
        column(words::TECHNICAL, Kind::Number, 13),
        column(words::CONTESTED, Kind::Number, 10),
        column(words::LATENESS, Kind::Right, 14),
        column(words::MEDIAN, Kind::Right, 12),
        column(words::LONGEST, Kind::Right, 13),
        column(words::BASIS, Kind::Text, 15),
    ];
    let row = |line: &Line| row(line, lang, meta);
    let part = |heading: Label, lines: &[Line]| Part {
        heading: Some(heading.word(lang).to_owned()),
        rows: lines.iter().map(row).collect(),
    };
    let parts = vec![
        Part { heading: None, rows: vec![row(&report.total)] },
        part(words::BREAKDOWN, &report.breakdown),
        part(words::SERVICES, &report.services),
    ];
    let notes = [
        words::NOTE_MONTHS,
        words::NOTE_BASIS,
        words::NOTE_TECHNICAL,
        words::NOTE_LATENESS,
        words::NOTE_CHANGE,
        words::UNOFFICIAL,
    ];
    Grid {
        lang,
        as_of: report.as_of,
        title: words::TITLE.word(lang).to_owned(),
        tab: words::TAB.word(lang).to_owned(),
        about: vec![
            format!("{}, {}", words::month(report.month, lang), words::as_of(report.as_of, &meta.zone, lang)),
            words::ORDER.word(lang).to_owned(),
        ],
        notes: notes.map(|note| note.word(lang).to_owned()).into_iter().filter(|note| !note.is_empty()).collect(),
        columns,
        parts: parts.into_iter().filter(|part| !part.rows.is_empty()).collect(),
        plot: plot(report, lang, meta),
    }
}

fn row(line: &Line, lang: Lang, meta: &Meta) -> Row {
    let figures = &line.figures;
    // Where no term was missed, there is no lateness to speak of.
    let late = |minutes| if figures.breaches == 0 { Cell::Nothing } else { Cell::Text(words::duration(minutes, lang)) };
    let (name, depth) = name(&line.scope, lang, meta);
    let cells = vec![
        Cell::Text(name),
        Cell::Count(figures.requests),
        Cell::Count(figures.finished),
        Cell::Count(figures.breaches),
        line.change.map_or(Cell::Nothing, |change| Cell::Change(change.breaches)),
        Cell::Count(figures.technical),
        Cell::Count(figures.contested),
        late(figures.total_minutes),
        late(figures.median_minutes),
        late(figures.maximum_minutes),
        words::basis(figures).map_or(Cell::Nothing, |basis| Cell::Text(basis.word(lang).to_owned())),
    ];
    let is_sum = matches!(line.scope, Scope::Total | Scope::Level { .. });
    Row { depth, is_sum, cells }
}

/// A name in one cell, and how deep it lies. A code is there with its name, since names are not unique.
fn name(scope: &Scope, lang: Lang, meta: &Meta) -> (String, u8) {
    let coded = |name: &str, code: &str| {
        if name == code || code.is_empty() { name.to_owned() } else { format!("{name} ({code})") }
    };
    match scope {
        Scope::Total => (words::TOTAL.word(lang).to_owned(), 0),
        Scope::Level { level } => (level.map_or(words::NO_LEVEL, Level::label).word(lang).to_owned(), 0),
        Scope::Provider { provider, .. } => (coded(meta.names.provider(provider, lang), provider), 1),
        Scope::ServiceOfProvider { service: code, .. } => (coded(service(code, lang, meta), code), 2),
        Scope::Service { service: code } => (coded(service(code, lang, meta), code), 0),
    }
}

/// What a service is called, or that its source names none.
pub(super) fn service<'a>(code: &'a str, lang: Lang, meta: &'a Meta) -> &'a str {
    if code.is_empty() { words::NO_SERVICE.word(lang) } else { meta.names.service(code, lang) }
}

fn plot(report: &Report, lang: Lang, meta: &Meta) -> Option<Plot> {
    let mut bars: Vec<Bar> = report
        .breakdown
        .iter()
        .filter(|line| line.figures.breaches > 0)
        .filter_map(|line| match &line.scope {
            Scope::Provider { provider, .. } => Some(Bar {
                name: meta.names.provider(provider, lang).to_owned(),
                value: line.figures.breaches,
                apart: line.figures.technical,
            }),
            _ => None,
        })
        .collect();
    // One that is stable: bodies with as many stand in the order of the breakdown.
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
    bars.truncate(BARS);
    // One bar compares nothing.
    (bars.len() > 1).then(|| Plot {
        heading: words::PLOT.word(lang).to_owned(),
        legend: words::PLOT_LEGEND.word(lang).to_owned(),
        bars,
    })
}

/// The list.
pub(super) fn overdue(list: &OverdueList, lang: Lang, meta: &Meta) -> Grid {
    let column = |label: Label, kind, width| Column::new(label.word(lang), kind, width);
    let columns = vec![
        column(words::NUMBER, Kind::Code, 18),
        column(words::BODY, Kind::Text, 22),
        column(words::SERVICE, Kind::Text, 26),
        column(words::STAGE, Kind::Text, 18),
        column(words::PLANNED, Kind::Right, 16),
        column(words::FINISHED_AT, Kind::Right, 16),
        column(words::LATENESS, Kind::Right, 12),
        column(words::BASIS, Kind::Text, 13),
        column(words::BLAME, Kind::Text, 20),
    ];
    let row = |request: &OverdueRequest| {
        let text = |text: &str| Cell::Text(text.to_owned());
        let when = |at| words::instant(at, &meta.zone, lang);
        let blame = request.blame.label().word(lang);
        let blame =
            if request.contested { format!("{blame} ({})", words::CONTESTED.word(lang)) } else { blame.to_owned() };
        let cells = vec![
            text(&request.number),
            text(meta.names.provider(&request.provider, lang)),
            text(service_of(request, lang, meta)),
            text(stage(request, lang)),
            Cell::Text(when(request.planned)),
            Cell::Text(request.finished.map_or_else(|| words::STILL_OPEN.word(lang).to_owned(), when)),
            Cell::Text(words::duration(request.minutes, lang)),
            text(by(request, lang)),
            Cell::Text(blame),
        ];
        Row { depth: 0, is_sum: false, cells }
    };
    let as_of = words::as_of(list.as_of, &meta.zone, lang);
    let when = list.month.map_or_else(|| as_of.clone(), |month| format!("{}, {as_of}", words::month(month, lang)));
    let notes = [words::NOTE_BASIS, words::NOTE_LATENESS, words::MASKED, words::UNOFFICIAL];
    Grid {
        lang,
        as_of: list.as_of,
        title: words::OVERDUE.word(lang).to_owned(),
        tab: words::OVERDUE.word(lang).to_owned(),
        about: vec![format!("{when}: {}", super::grid::grouped(list.requests.len() as u64))],
        notes: notes.map(|note| note.word(lang).to_owned()).into_iter().filter(|note| !note.is_empty()).collect(),
        columns,
        parts: vec![Part { heading: None, rows: list.requests.iter().map(row).collect() }],
        plot: None,
    }
}

/// What a request's service is called: by its passport, or by its source.
pub(super) fn service_of<'a>(request: &'a OverdueRequest, lang: Lang, meta: &'a Meta) -> &'a str {
    let by_passport = meta.names.services.get(&request.service).map(|names| names.word(lang));
    by_passport.or(request.service_name.as_deref()).unwrap_or_else(|| service(&request.service, lang, meta))
}

pub(super) fn stage(request: &OverdueRequest, lang: Lang) -> &'static str {
    request.stage.map_or(labels::NOT_REPORTED, labels::stage).word(lang)
}

pub(super) fn by(request: &OverdueRequest, lang: Lang) -> &'static str {
    match request.by {
        By::Computed => words::COMPUTED.word(lang),
        By::Reported => words::REPORTED.word(lang),
    }
}
