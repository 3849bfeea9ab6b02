//! 56-11: information by the contact centre, 1414.

use qadam_tests::program::Program;

use super::each_service;
use crate::education;

const IIN: &str = "850101199993";

/// What the contact centre reads out to a caller who says an IIN.
fn told(host: &Program, lang: &str) -> String {
    let key = host.key("lookup", None);
    host.until(|host| host.call(&key, "POST", "/v1/requests/search", &[], b"").status != 401);
    let command = ["request", "find", "--iin-stdin", "--text", "--lang", lang, "--host", host.url(), "--key", &key];
    let told = host.run_with(&command, IIN);
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}

#[test]
fn a_caller_who_says_an_iin_hears_of_each_request_the_stage_the_term_and_where_to_collect() {
    let host = education("");
    let requests = each_service(&host, "EGOV_PORTAL", &["CREATED", "SENT", "IN_PROCESSING"]);
    let said = told(&host, "ru");
    assert!(said.starts_with("найдено запросов: 4\n"), "{said}");
    for request in requests {
        let number = request["number"].as_str().unwrap();
        let of = said.split("\n\n").find(|of| of.contains(number)).unwrap();
        assert!(of.lines().count() <= 4, "{of}");
        assert!(of.contains("Принят 6 мая 2024 года."), "{of}");
        assert!(of.contains("Сейчас этап 3 из 6: принято в работу (8 мая 2024 года, 10:00)."), "{of}");
        assert!(of.contains("Срок истек: 20 мая 2024 года") && of.contains("Просрочка: "), "{of}");
        assert!(of.contains("Результат будет в личном кабинете на портале."), "{of}");
    }
    for hidden in [IIN, "Сынақбаев", "Ғали"] {
        assert!(!said.contains(hidden), "{hidden} in {said}");
    }
}

#[test]
fn of_closed_requests_it_is_said_how_they_ended_and_of_none_that_there_is_none() {
    let host = education("");
    assert_eq!(told(&host, "kk"), "сұрау салу табылмады\n");
    each_service(&host, "IIS_CON", &["REGISTERED", "LAUNCHED", "STARTED", "FINISHED", "READY", "HANDED"]);
    let said = told(&host, "kk");
    assert_eq!(said.matches("Нәтижесі берілді.").count(), 4, "{said}");
    assert_eq!(said.matches("6 кезеңнің 6-кезеңінде").count(), 4, "{said}");
}
