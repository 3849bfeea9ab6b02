//! The parts of the page that show requests.

use qadam_domain::{
    FieldName, Stage,
    labels::{self, Lang},
};

use super::{page::form, words};
use crate::{
    access::Role,
    docs::escaped,
    reveal,
    told::{self, Facts},
    view::{EventView, RequestView, Time},
};

/// A request: the sentences, the six stages, the history, the data.
pub(super) fn request(view: &RequestView, lang: Lang, role: Role) -> String {
    let facts = Facts::of(view);
    let said: String =
        told::sentences(view, &facts, lang).iter().map(|said| format!("<p>{}</p>\n", escaped(said))).collect();
    let whole = if reveal::MAY.contains(&role) { reveal_form(view, lang) } else { String::new() };
    format!(
        "<article>\n<h2>{number}</h2>\n<div class=\"told\">\n{said}</div>\n<h3>{stages}</h3>\n<ol>\n{ladder}</ol>\n\
         <h3>{history}</h3>\n{events}<h3>{data}</h3>\n{fields}{whole}</article>\n",
        number = escaped(&view.number),
        stages = words::STAGES.word(lang),
        ladder = ladder(view, lang),
        history = words::HISTORY.word(lang),
        events = history(view, lang),
        data = words::DATA.word(lang),
        fields = fields(view, lang),
    )
}

/// Several requests, a row each, with a button for the one that is meant.
pub(super) fn list(views: &[RequestView], lang: Lang) -> String {
    let rows: String = views
        .iter()
        .map(|view| {
            let facts = Facts::of(view);
            let stage = view.stage.map_or(labels::NOT_REPORTED, labels::stage).word(lang);
            let term = facts.promise.as_ref().map(|promise| told::due(&promise.at, lang)).unwrap_or_default();
            let id = view.id.to_string();
            let open = form("", lang, &[("id", &id)], &format!("<button>{}</button>\n", words::SHOW.word(lang)));
            row("td", &[&escaped(&view.number), &escaped(facts.service(lang).unwrap_or_default()), stage, &term, &open])
        })
        .collect();
    let head = [words::NUMBER, words::SERVICE, words::STAGE, words::TERM].map(|label| label.word(lang));
    let [number, service, stage, term] = head;
    let head = row("th", &[number, service, stage, term, ""]);
    let found = words::FOUND.word(lang);
    format!("<p>{found}: {}</p>\n{}", views.len(), table(&head, &rows))
}

/// The six stages (452-6), each with when it was reached, first and last.
fn ladder(view: &RequestView, lang: Lang) -> String {
    let step = |stage: Stage| {
        let mut reached: Vec<&EventView> =
            view.history.iter().flatten().filter(|event| event.standing && event.stage == Some(stage)).collect();
        reached.sort_by_key(|event| event.occurred_at.instant.parse::<jiff::Timestamp>().ok());
        let when = match (reached.first(), reached.last()) {
            (Some(first), Some(last)) if reached.len() > 1 => {
                format!("{} … {}", at(&first.occurred_at, lang), at(&last.occurred_at, lang))
            }
            (Some(only), _) => at(&only.occurred_at, lang),
            _ => "—".to_owned(),
        };
        let now = if view.stage == Some(stage) { " aria-current=\"step\"" } else { "" };
        format!("<li{now}>{} <small>{when}</small></li>\n", labels::stage(stage).word(lang))
    };
    Stage::ALL.into_iter().map(step).collect()
}

/// What happened, in the order in which it did. What was corrected or withdrawn is left out: it is not so.
fn history(view: &RequestView, lang: Lang) -> String {
    let mut events: Vec<&EventView> = view.history.iter().flatten().filter(|event| event.standing).collect();
    events.sort_by_key(|event| event.occurred_at.instant.parse::<jiff::Timestamp>().ok());
    let row = |event: &&EventView| {
        let what = match (event.kind, event.stage) {
            ("stage", Some(stage)) => labels::stage(stage).word(lang),
            ("suspended", _) => words::SUSPENDED.word(lang),
            ("resumed", _) => words::RESUMED.word(lang),
            ("prolonged", _) => words::PROLONGED.word(lang),
            ("reopened", _) => words::REOPENED.word(lang),
            (_, Some(stage)) => labels::stage(stage).word(lang),
            _ => return None,
        };
        let outcome = match event.outcome {
            Some("issued") => format!(": {}", words::ISSUED.word(lang)),
            Some("refused") => format!(": {}", words::REFUSED.word(lang)),
            _ => String::new(),
        };
        let until = event.planned.as_ref().map(|planned| format!(": {}", at(planned, lang))).unwrap_or_default();
        let ground = event.ground.as_deref().map(|ground| format!(" ({})", escaped(ground))).unwrap_or_default();
        Some(self::row("td", &[&at(&event.occurred_at, lang), &format!("{what}{outcome}{until}{ground}")]))
    };
    let rows: String = events.iter().filter_map(row).collect();
    table(&self::row("th", &[words::WHEN.word(lang), words::WHAT.word(lang)]), &rows)
}

/// The data fields (452-7): masked, unless a purpose was stated.
fn fields(view: &RequestView, lang: Lang) -> String {
    let of = &view.fields;
    let text = |text: &Option<String>| text.as_deref().map(escaped);
    let time = |time: &Option<Time>| time.as_ref().map(|time| at(time, lang));
    let rows: String = FieldName::ALL
        .into_iter()
        .filter_map(|name| {
            let value = match name {
                FieldName::Recipient => text(&of.recipient),
                FieldName::IdentificationNumber => text(&of.identification_number),
                FieldName::ServiceName => text(&of.service_name),
                FieldName::IntakePlace => text(&of.intake_place),
                FieldName::IntakeAt => time(&of.intake_at),
                FieldName::Executor => text(&of.executor),
                FieldName::PlannedAt => time(&of.planned_at),
                FieldName::CompletedAt => time(&of.completed_at),
                _ => return None,
            };
            let missing = view.missing.contains(&name.name());
            let value = value.or_else(|| missing.then(|| format!("— {}", labels::NOT_REPORTED.word(lang))))?;
            Some(row("td", &[labels::field(name).word(lang), &value]))
        })
        .collect();
    format!("<table>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

fn reveal_form(view: &RequestView, lang: Lang) -> String {
    let id = view.id.to_string();
    let fields = format!(
        "<label for=\"purpose\">{}</label>\n<input id=\"purpose\" name=\"purpose\" required=\"required\" \
         maxlength=\"500\" autocomplete=\"off\" />\n<button>{}</button>\n",
        words::PURPOSE.word(lang),
        words::SHOW.word(lang)
    );
    form("/whole", lang, &[("id", &id)], &fields)
}

fn at(time: &Time, lang: Lang) -> String {
    // A time that cannot be read is shown as the API has it.
    told::local(time).map_or_else(|| escaped(&time.local), |at| told::moment(&at, lang))
}

/// A row of cells that are HTML already.
fn row(cell: &str, cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|text| format!("<{cell}>{text}</{cell}>")).collect();
    format!("<tr>{cells}</tr>\n")
}

fn table(head: &str, rows: &str) -> String {
    format!("<table>\n<thead>\n{head}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}
