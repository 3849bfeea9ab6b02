use qadam_domain::{RequestId, Stage};
use serde_json::json;

use super::*;
use crate::{
    term::{Instant, OverdueView, PlannedView, TermServiceView, TermView},
    view::{FieldsView, Time},
};

fn time(local: &str) -> Time {
    let zoned: Zoned = local.parse().unwrap();
    Time { instant: zoned.timestamp().to_string(), local: local.to_owned(), literal: String::new() }
}

fn view() -> RequestView {
    RequestView {
        id: RequestId { epoch: 1, seq: 2, index: 0 },
        provider: "permits".parse().unwrap(),
        number: "001024000569".into(),
        stage: Some(Stage::TakenIntoWork),
        stage_number: Some(3),
        stage_in_words: None,
        closed: false,
        suspended: false,
        told: None,
        missing: Vec::new(),
        fields: FieldsView {
            service_name: Some("Постановка на очередь".into()),
            intake_at: Some(time("2024-05-06T10:00:00+05:00[Asia/Almaty]")),
            intake_place: Some("ЦОН № 1, Тараз".into()),
            planned_at: Some(time("2024-05-20T23:59:59+05:00[Asia/Almaty]")),
            ..FieldsView::default()
        },
        events: 1,
        term: None,
        history: None,
    }
}

#[test]
fn an_open_request_is_told_in_four_sentences_in_each_language() {
    let told = Told::of(&view());
    assert_eq!(
        told.ru.join(" "),
        "Запрос 001024000569 («Постановка на очередь»). Принят 6 мая 2024 года. Сейчас этап 3 из 6: принято в работу. \
         Срок: 20 мая 2024 года. Срок сообщен услугодателем. Результат выдают там, где принят запрос: ЦОН № 1, Тараз."
    );
    assert_eq!(
        told.kk.join(" "),
        "001024000569 сұрау салуы («Постановка на очередь»). Қабылданған күні: 2024 жылғы 6 мамыр. Қазір 6 кезеңнің \
         3-кезеңінде: жұмысқа қабылданды. Мерзімі: 2024 жылғы 20 мамыр. Мерзімін қызметті беруші хабарлаған. Нәтижесі \
         сұрау салу қабылданған жерде беріледі: ЦОН № 1, Тараз."
    );
    assert_eq!(
        told.en.join(" "),
        "Request 001024000569 (“Постановка на очередь”). It was taken on 6 May 2024. It is at stage 3 of 6: taken into \
         work. It is due by 20 May 2024. The date is the provider's. Its result is issued where it was taken: ЦОН № 1, \
         Тараз."
    );
    for said in [told.kk, told.ru, told.en] {
        assert_eq!(said.len(), 4, "{said:?}");
    }
}

#[test]
fn a_closed_request_is_told_in_time_or_late_by_its_reported_dates() {
    let mut view = view();
    (view.closed, view.stage) = (true, Some(Stage::Closed));
    view.fields.completed_at = Some(time("2024-05-22T01:59:59+05:00[Asia/Almaty]"));
    assert!(Told::of(&view).en.contains(
        &"It was finished late, due by 20 May 2024. Late by: 1 day 2 hours. The date is the provider's.".to_owned()
    ));
    view.fields.completed_at = Some(time("2024-05-20T23:59:59+05:00[Asia/Almaty]"));
    assert!(
        Told::of(&view).ru.contains(&"Исполнен в срок: срок 20 мая 2024 года. Срок сообщен услугодателем.".to_owned())
    );
}

fn instant(local: &str) -> Instant {
    let Time { instant, local, .. } = time(local);
    Instant { instant, local }
}

/// A term that is computed to end on 17 May, or is suspended, as of a local time.
fn term(as_of: &str, due: Option<&str>, is: &'static str, seconds: Option<u64>) -> Option<Box<TermView>> {
    let planned = PlannedView {
        due: due.map(instant),
        day: None,
        calendar: json!("complete"),
        estimated: false,
        steps: Vec::new(),
        versions: Vec::new(),
    };
    let service = TermServiceView {
        code: "Z22-74".into(),
        version: 1,
        names: json!({ "ru": "Очередь", "kk": "Кезек" }),
        term: String::new(),
        act: String::new(),
    };
    Some(Box::new(TermView {
        as_of: instant(as_of),
        taken: None,
        service: Some(service),
        planned: Some(planned),
        promised: Some(instant("2024-05-20T23:59:59+05:00[Asia/Almaty]")),
        compared: Some("reported-later"),
        differs_seconds: None,
        overdue: OverdueView { is, seconds, rule: json!("clock"), finished: None, event: None },
        reported_late_seconds: None,
        verdict: None,
        contests: Vec::new(),
        budgets: Vec::new(),
    }))
}

const DUE: &str = "2024-05-17T23:59:59.999999999+05:00[Asia/Almaty]";
const AS_OF: &str = "2024-05-16T12:00:00+05:00[Asia/Almaty]";

#[test]
fn the_computed_date_goes_before_the_reported_one_and_a_difference_is_told() {
    let mut view = view();
    view.term = term(AS_OF, Some(DUE), "running", Some(129_599));
    let told = Told::of(&view);
    assert_eq!(
        told.ru[2],
        "Срок: 17 мая 2024 года. Осталось: 1 день 11 часов. Услугодатель сообщил другой срок: 20 мая 2024 года."
    );
    assert!(told.kk[0].contains("«Кезек»") && told.en[0].contains("“Очередь”"), "{told:?}");
    view.term = term(AS_OF, Some(DUE), "overdue", Some(90_000));
    assert!(Told::of(&view).kk[2].starts_with("Мерзімі өтіп кетті: 2024 жылғы 17 мамыр. Кешігуі: 1 күн 1 сағат."));
    view.term = term(AS_OF, Some(DUE), "late", Some(60));
    assert!(Told::of(&view).en[2].starts_with("It was finished late, due by 17 May 2024. Late by: 1 minute."));
    view.term = term(AS_OF, None, "suspended", None);
    assert_eq!(Told::of(&view).ru[2], "Срок приостановлен.");
}

#[test]
fn without_a_passport_an_open_request_has_the_time_left_that_the_providers_date_leaves() {
    let mut view = view();
    let mut by_report = |as_of: &str| {
        let mut term = term(as_of, None, "unknown", None).unwrap();
        (term.planned, term.service, term.compared) = (None, None, None);
        view.term = Some(term);
        Told::of(&view).en[2].clone()
    };
    assert_eq!(
        by_report("2024-05-20T22:59:59+05:00[Asia/Almaty]"),
        "It is due by 20 May 2024. Time left: 1 hour. The date is the provider's."
    );
    assert_eq!(
        by_report("2024-05-22T23:59:59+05:00[Asia/Almaty]"),
        "It was due by 20 May 2024. Overdue by: 2 days. The date is the provider's."
    );
}

#[test]
fn what_is_not_known_is_said_to_be_not_known() {
    let mut view = view();
    (view.stage, view.fields) = (None, FieldsView::default());
    assert_eq!(Told::of(&view).en, ["Request 001024000569.", "Its stage was not reported.", "No date was promised."]);
    view.suspended = true;
    assert_eq!(Told::of(&view).ru[2], "Срок приостановлен.");
}

#[test]
fn a_text_of_a_source_is_not_looked_into_for_places() {
    let mut view = view();
    view.number = "{1}".into();
    assert!(Told::of(&view).en[0].starts_with("Request {1} (“Постановка"));
}

#[test]
fn spans_are_said_with_the_right_endings() {
    for (seconds, kk, ru, en) in [
        (1, "1 минут", "1 минута", "1 minute"),
        (7_200, "2 сағат", "2 часа", "2 hours"),
        (76_260, "21 сағат 11 минут", "21 час 11 минут", "21 hours 11 minutes"),
        (86_400, "1 күн", "1 день", "1 day"),
        (86_400 * 12 + 3_600 * 5 + 59, "12 күн 5 сағат", "12 дней 5 часов", "12 days 5 hours"),
        (86_400 * 22, "22 күн", "22 дня", "22 days"),
        (86_400 * 111, "111 күн", "111 дней", "111 days"),
    ] {
        let said = Lang::ALL.map(|lang| duration(seconds, lang));
        assert_eq!(said, [kk, ru, en], "{seconds}");
    }
}
