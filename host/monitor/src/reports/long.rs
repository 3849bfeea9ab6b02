//! Reports with everything in columns of their own: for spreadsheets and programs, which sort, sum and join them.

use qadam_domain::{
    labels::Lang,
    passport::Level,
    report::{Line, Report, Scope},
};

use super::{
    Meta, OverdueList,
    grid::{Cell, Column, Grid, Kind, Part, Row},
    list::OverdueRequest,
    words,
};

/// The report: a row for each of its lines.
pub(super) fn report(report: &Report, lang: Lang, meta: &Meta) -> Grid {
    let minutes = |label: qadam_domain::labels::Label| format!("{}, {}", label.word(lang), words::MINUTES.word(lang));
    let change = |heading: String| format!("{}: {heading}", words::CHANGE.word(lang));
    let figures = [
        words::REQUESTS.word(lang).to_owned(),
        words::WITHOUT_PASSPORT.word(lang).to_owned(),
        words::FINISHED.word(lang).to_owned(),
        words::BREACHES.word(lang).to_owned(),
        words::BY_COMPUTED.word(lang).to_owned(),
        words::BY_REPORTED.word(lang).to_owned(),
        minutes(words::LATENESS),
        minutes(words::MEDIAN),
        minutes(words::LONGEST),
        words::TECHNICAL.word(lang).to_owned(),
        words::CONTESTED.word(lang).to_owned(),
    ];
    let changes = [
        change(words::REQUESTS.word(lang).to_owned()),
        change(words::FINISHED.word(lang).to_owned()),
        change(words::BREACHES.word(lang).to_owned()),
        change(minutes(words::LATENESS)),
        change(words::TECHNICAL.word(lang).to_owned()),
        change(words::CONTESTED.word(lang).to_owned()),
    ];
    let column = |label: qadam_domain::labels::Label, kind, width| Column::new(label.word(lang), kind, width);
    let mut columns = vec![
        column(words::MONTH, Kind::Code, 9),
        column(words::AS_OF, Kind::Code, 26),
        column(words::SECTION, Kind::Text, 20),
        column(words::LEVEL, Kind::Text, 24),
        column(words::BODY_CODE, Kind::Code, 15),
        column(words::BODY, Kind::Text, 40),
        column(words::SERVICE_CODE, Kind::Code, 16),
        column(words::SERVICE, Kind::Text, 40),
        column(words::BASIS, Kind::Text, 18),
    ];
    columns.extend(figures.into_iter().chain(changes).map(|heading| Column::new(&heading, Kind::Number, 12)));
    let row = |line: &Line| {
        let (named, depth) = named(&line.scope, lang, meta);
        let mut cells = vec![
            Cell::Text(report.month.to_string()),
            Cell::Text(written(report.as_of, meta)),
            Cell::Text(section(&line.scope).word(lang).to_owned()),
        ];
        cells.extend(named);
        cells.push(words::basis(&line.figures).map_or(Cell::Nothing, |basis| Cell::Text(basis.word(lang).to_owned())));
        cells.extend(numbers(line));
        Row { depth, is_sum: depth < 2, cells }
    };
    let lines = std::iter::once(&report.total).chain(&report.breakdown).chain(&report.services);
    Grid {
        parts: vec![Part { heading: None, rows: lines.map(row).collect() }],
        columns,
        ..super::brief::report(report, lang, meta)
    }
}

fn numbers(line: &Line) -> Vec<Cell> {
    let figures = &line.figures;
    let counts = [
        figures.requests,
        figures.without_passport,
        figures.finished,
        figures.breaches,
        figures.by_computed,
        figures.by_reported,
        figures.total_minutes,
        figures.median_minutes,
        figures.maximum_minutes,
        figures.technical,
        figures.contested,
    ];
    let mut cells: Vec<Cell> = counts.into_iter().map(Cell::Count).collect();
    match &line.change {
        None => cells.extend(std::iter::repeat_n(Cell::Nothing, 6)),
        Some(change) => cells.extend(
            [
                change.requests,
                change.finished,
                change.breaches,
                change.total_minutes,
                change.technical,
                change.contested,
            ]
            .map(Cell::Change),
        ),
    }
    cells
}

fn section(scope: &Scope) -> qadam_domain::labels::Label {
    match scope {
        Scope::Total => words::TOTAL,
        Scope::Level { .. } => words::OF_LEVEL,
        Scope::Provider { .. } => words::OF_BODY,
        Scope::ServiceOfProvider { .. } => words::OF_BODY_SERVICE,
        Scope::Service { .. } => words::OF_SERVICE,
    }
}

/// Level, body and service of a line, each code before its name, and how deep the line lies.
fn named(scope: &Scope, lang: Lang, meta: &Meta) -> ([Cell; 5], u8) {
    let level = |level: Option<Level>| Cell::Text(level.map_or(words::NO_LEVEL, Level::label).word(lang).to_owned());
    let text = |text: &str| Cell::Text(text.to_owned());
    let body = |code: &str| [text(code), text(meta.names.provider(code, lang))];
    let service = |code: &str| [text(code), text(super::brief::service(code, lang, meta))];
    let ((level, depth), [body, body_name], [service, service_name]) = match scope {
        Scope::Total => ((Cell::Nothing, 0), NOTHING, NOTHING),
        Scope::Level { level: of } => ((level(*of), 1), NOTHING, NOTHING),
        Scope::Provider { level: of, provider } => ((level(*of), 2), body(provider), NOTHING),
        Scope::ServiceOfProvider { level: of, provider, service: code } => {
            ((level(*of), 3), body(provider), service(code))
        }
        Scope::Service { service: code } => ((Cell::Nothing, 3), NOTHING, service(code)),
    };
    ([level, body, body_name, service, service_name], depth)
}

const NOTHING: [Cell; 2] = [Cell::Nothing, Cell::Nothing];

/// An instant as programs read and sort it: local time with its offset, RFC 3339, whole seconds.
fn written(at: jiff::Timestamp, meta: &Meta) -> String {
    meta.zone.local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The list: a row for each request.
pub(super) fn overdue(list: &OverdueList, lang: Lang, meta: &Meta) -> Grid {
    let column = |label: qadam_domain::labels::Label, kind, width| Column::new(label.word(lang), kind, width);
    let lateness = format!("{}, {}", words::LATENESS.word(lang), words::MINUTES.word(lang));
    let columns = vec![
        column(words::NUMBER, Kind::Code, 20),
        column(words::BODY_CODE, Kind::Code, 15),
        column(words::BODY, Kind::Text, 36),
        column(words::SERVICE_CODE, Kind::Code, 16),
        column(words::SERVICE, Kind::Text, 36),
        column(words::RECIPIENT, Kind::Text, 16),
        column(words::RECIPIENT_NUMBER, Kind::Code, 15),
        column(words::STAGE, Kind::Text, 30),
        column(words::PLANNED, Kind::Code, 26),
        column(words::FINISHED_AT, Kind::Code, 26),
        Column::new(&lateness, Kind::Number, 12),
        column(words::BASIS, Kind::Text, 14),
        column(words::BLAME, Kind::Text, 30),
        column(words::CONTESTED, Kind::Text, 10),
        Column::new("id", Kind::Code, 30),
    ];
    let row = |request: &OverdueRequest| {
        let text = |text: &str| Cell::Text(text.to_owned());
        let cells = vec![
            text(&request.number),
            text(&request.provider),
            text(meta.names.provider(&request.provider, lang)),
            text(&request.service),
            text(super::brief::service_of(request, lang, meta)),
            text(request.recipient.name()),
            text(request.recipient.number()),
            text(super::brief::stage(request, lang)),
            Cell::Text(written(request.planned, meta)),
            request.finished.map_or(Cell::Nothing, |at| Cell::Text(written(at, meta))),
            Cell::Count(request.minutes),
            text(super::brief::by(request, lang)),
            text(request.blame.label().word(lang)),
            if request.contested { text(words::YES.word(lang)) } else { Cell::Nothing },
            Cell::Text(request.id.to_string()),
        ];
        Row { depth: 0, is_sum: false, cells }
    };
    Grid {
        parts: vec![Part { heading: None, rows: list.requests.iter().map(row).collect() }],
        columns,
        ..super::brief::overdue(list, lang, meta)
    }
}
