//! 452-2 (and 56-11): recipients, front offices and the contact centre can learn at which stage a request is.

use qadam_tests::{http, program::Program, records};
use serde_json::{Value, json};

use crate::host;

fn lookup(host: &Program, key: &str, search: &Value) -> Value {
    let answer = host.call(key, "POST", "/v1/requests/search", &[], search.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.json()["items"].clone()
}

fn with_key() -> (Program, String) {
    let host = host();
    let _ = host.submit(&[records::accepted(1), records::closing("case-1", "2011-03-09T12:00:00+01:00")], &[]);
    let _ = host.submit(&[records::accepted(2)], &[]);
    let key = host.key("lookup", None);
    host.until(|host| host.call(&key, "POST", "/v1/requests/search", &[], b"").status != 401);
    (host, key)
}

#[test]
fn the_contact_centre_finds_a_request_by_its_number_or_by_the_recipients_number() {
    let (host, key) = with_key();
    let numbers = |search: Value| {
        let found = lookup(&host, &key, &search);
        found.as_array().unwrap().iter().map(|view| view["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(json!({ "number": "case-2" })), ["case-2"]);
    assert_eq!(numbers(json!({ "number": "case-2", "provider": "permits" })), ["case-2"]);
    assert_eq!(numbers(json!({ "number": "case-2", "provider": "education" })), [""; 0]);
    assert_eq!(numbers(json!({ "number": "case-3" })), [""; 0]);
    assert_eq!(numbers(json!({ "identification_number": "850101199993" })), ["case-1", "case-2"]);
    for wrong in [json!({}), json!({ "number": "case-1", "identification_number": "850101199993" }), json!("case-1")] {
        assert_eq!(host.call(&key, "POST", "/v1/requests/search", &[], wrong.to_string().as_bytes()).status, 400);
    }
}

#[test]
fn the_contact_centre_sees_stages_term_and_status_in_three_languages_and_no_personal_data() {
    let (host, key) = with_key();
    let found = lookup(&host, &key, &json!({ "number": "case-1" }))[0].clone();
    assert_eq!(
        found["stage_in_words"],
        json!({
            "kk": "жабылды (берілді немесе бас тартылды)", "ru": "закрыто (выдано или отказано)",
            "en": "closed (issued or refused)",
        })
    );
    let path = format!("/v1/requests/{}", found["id"].as_str().unwrap());
    let shown = host.call(&key, "GET", &path, &[], b"");
    assert_eq!(shown.status, 200);
    let view = shown.json();
    let stages: Vec<_> = view["history"].as_array().unwrap().iter().map(|event| event["stage"].clone()).collect();
    assert_eq!(stages, ["accepted", "closed"]);
    assert_eq!((&view["closed"], &view["fields"]["service-name"]), (&json!(true), &json!("Environmental permit")));
    assert_eq!(view["fields"]["planned-at"]["literal"], "2011-04-26T00:00:00.000+02:00");
    assert_eq!(view["fields"]["identification-number"], "8501*****993");
    let text = String::from_utf8_lossy(&shown.body).into_owned();
    for hidden in ["850101199993", "Өтебаев", "Ғали", "R1", "R2"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[test]
fn the_contact_centre_has_no_lists_no_events_and_no_records() {
    let (host, key) = with_key();
    for path in
        ["/v1/requests", "/v1/requests?provider=permits&number=case-1", "/v1/events", "/v1/providers/permits/records"]
    {
        assert_eq!(host.call(&key, "GET", path, &[], b"").status, 403, "{path}");
    }
}

/// What the command says of a request, line by line.
fn told(host: &Program, key: &str, lang: &str) -> Vec<String> {
    let told =
        host.run(&["request", "show", "permits/case-2", "--text", "--lang", lang, "--host", host.url(), "--key", key]);
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn on_the_telephone_it_is_told_in_a_few_sentences_in_each_language() {
    let (host, key) = with_key();
    for (lang, request, stage, term) in [
        (
            "kk",
            "case-2 сұрау салуы («Environmental permit»). Қабылданған күні: 2011 жылғы 28 ақпан.",
            "Қазір 6 кезеңнің 1-кезеңінде: көрсетілетін қызметті алушыдан қабылданды (2011 жылғы 1 наурыз, 10:00).",
            "Мерзімі өтіп кетті: 2011 жылғы 26 сәуір, 00:00. Кешігуі: ",
        ),
        (
            "ru",
            "Запрос case-2 («Environmental permit»). Принят 28 февраля 2011 года.",
            "Сейчас этап 1 из 6: принято от услугополучателя (1 марта 2011 года, 10:00).",
            "Срок истек: 26 апреля 2011 года, 00:00. Просрочка: ",
        ),
        (
            "en",
            "Request case-2 (“Environmental permit”). It was taken on 28 February 2011.",
            "It is at stage 1 of 6: accepted from the recipient (1 March 2011, 10:00).",
            "It was due by 26 April 2011, 00:00. Overdue by: ",
        ),
    ] {
        let told = told(&host, &key, lang);
        assert!((3..=4).contains(&told.len()), "{told:?}");
        assert_eq!([told[0].as_str(), &told[1]], [request, stage]);
        assert!(told[2].starts_with(term), "{told:?}");
        let told = told.join(" ");
        assert!(!told.contains("850101199993") && !told.contains("Өтебаев"), "{told}");
    }
}

#[test]
fn the_page_says_the_same_as_the_telephone_and_shows_all_six_stages_and_the_history() {
    let (host, key) = with_key();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let post = |path: &str, headers: &[(&str, &str)], body: String| {
        http::call("POST", &format!("{}{path}", host.url()), &[headers, &form].concat(), body).unwrap()
    };
    let entered = post("/lookup/enter", &[], format!("key={key}"));
    let cookie = entered.headers["set-cookie"].split(';').next().unwrap();
    for lang in ["kk", "ru", "en"] {
        let shown = post("/lookup", &[("cookie", cookie)], format!("lang={lang}&asked=case-2"));
        let page = String::from_utf8(shown.body.to_vec()).unwrap();
        for said in &told(&host, &key, lang)[..2] {
            assert!(page.contains(said.as_str()), "{said} in {page}");
        }
        assert_eq!((page.matches("</li>").count(), page.matches("aria-current").count()), (6, 1), "{page}");
    }
}
