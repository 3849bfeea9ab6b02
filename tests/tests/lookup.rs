//! The page of front offices and the contact centre (452-2, 56-11): what it shows, to whom, and what it keeps to itself.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use qadam_tests::{
    browser::Browser,
    http::{self, Answer},
    program::{Program, Setup},
    records,
};

const IIN: &str = "850101199993";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A host with two requests of one recipient, the first of them closed, and a key for looking up.
fn host() -> (Program, String) {
    let config = "[providers.permits.settings]\nservice-name = \"Environmental <permit>\"\n".into();
    let host =
        Program::start(env!("CARGO_BIN_EXE_qadam-under-test"), Setup { config, permits: true, ..Setup::default() });
    let _ = host.submit(&[records::accepted(1), records::closing("case-1", "2011-03-09T12:00:00+01:00")], &[]);
    let _ = host.submit(&[records::accepted(2)], &[]);
    let key = host.key("lookup", None);
    host.until(|host| host.call(&key, "POST", "/v1/requests/search", &[], b"").status != 401);
    (host, key)
}

fn post(host: &Program, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([FORM]).collect();
    http::call("POST", &format!("{}{path}", host.url()), &headers, form.to_owned()).unwrap()
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Enters a key, and gives the cookie that stands for it.
fn enter(host: &Program, key: &str) -> String {
    let answer = post(host, "/lookup/enter", &[], &format!("lang=ru&key={key}"));
    assert_eq!((answer.status, answer.headers["location"].as_str()), (303, "/lookup?lang=ru"), "{}", text(&answer));
    let cookie = &answer.headers["set-cookie"];
    for said in ["Path=/lookup", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(said), "{cookie}");
    }
    assert!(!cookie.contains(key), "a token, not the key");
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn a_number_or_an_iin_finds_requests_masked_and_neither_is_in_a_url_or_in_the_log() {
    let (host, key) = host();
    let cookie = enter(&host, &key);
    let ask = |form: &str| {
        let answer = post(&host, "/lookup", &[("cookie", &cookie)], form);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["cache-control"], "no-store");
        text(&answer)
    };
    let one = ask("lang=ru&asked=case-2");
    assert!(one.contains("Сейчас этап 1 из 6: принято от услугополучателя"), "{one}");
    assert!(one.contains("Срок истек: 26 апреля 2011 года") && one.contains("8501*****993"), "{one}");
    let both = ask(&format!("lang=en&asked={IIN}"));
    assert!(both.contains("Found: 2") && both.contains("case-1") && both.contains("case-2"), "{both}");
    assert!(both.find("case-2") < both.find("case-1"), "the open one first");
    let id = both.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(ask(&format!("lang=kk&id={id}")).contains("case-2 сұрау салуы («Environmental &lt;permit&gt;»)"));
    assert!(ask("lang=ru&asked=case-3").contains("Ничего не найдено"));
    for page in [one, both.replace(&format!("value=\"{IIN}\""), "")] {
        for hidden in [IIN, "Өтебаев", "Ғали", "R1"] {
            assert!(!page.contains(hidden), "{hidden} in {page}");
        }
        assert!(!page.contains("?asked") && !page.contains("method=\"get\""), "{page}");
    }
    assert!(!host.log().contains(IIN) && !host.log().contains(&key));
}

#[test]
fn without_a_key_for_it_nothing_is_found_and_a_withdrawn_key_ends_at_once() {
    let (host, key) = host();
    let without = post(&host, "/lookup", &[], "asked=case-1");
    assert_eq!(without.status, 401);
    let forged = post(&host, "/lookup", &[("cookie", &format!("qadam-lookup={}", "0".repeat(64)))], "asked=case-1");
    assert_eq!(forged.status, 401);
    assert!(!text(&without).contains("case-1") && !text(&forged).contains("case-1"));
    for wrong in [format!("qk_{}", "0".repeat(64)), "no key".to_owned()] {
        assert_eq!(post(&host, "/lookup/enter", &[], &format!("key={wrong}")).status, 401);
    }
    let provider = host.key("provider", Some("permits"));
    host.until(|host| post(host, "/lookup/enter", &[], &format!("key={provider}")).status != 401);
    let refused = post(&host, "/lookup/enter", &[], &format!("key={provider}&lang=en"));
    assert_eq!((refused.status, refused.headers.get("set-cookie")), (403, None));

    let cookie = enter(&host, &key);
    assert_eq!(post(&host, "/lookup", &[("cookie", &cookie)], "asked=case-1").status, 200);
    let data = host.data();
    assert!(host.run(&["key", "revoke", "lookup-1", "--data", data.to_str().unwrap()]).status.success());
    host.until(|host| post(host, "/lookup", &[("cookie", &cookie)], "asked=case-1").status == 401);
}

#[test]
fn whoever_leaves_has_left_and_a_form_from_elsewhere_is_refused() {
    let (host, key) = host();
    let cookie = enter(&host, &key);
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example.kz"), ("origin", "null")] {
        for (path, form) in
            [("/lookup", "asked=case-1"), ("/lookup/enter", &format!("key={key}")), ("/lookup/leave", "")]
        {
            let answer = post(&host, path, &[("cookie", &cookie), foreign], form);
            assert_eq!((answer.status, answer.headers.get("set-cookie")), (400, None), "{path} {foreign:?}");
            assert!(!text(&answer).contains("case-1"));
        }
    }
    assert_eq!(post(&host, "/lookup", &[("cookie", &cookie)], "asked=case-1").status, 200, "it has not ended");
    let left = post(&host, "/lookup/leave", &[("cookie", &cookie)], "lang=en");
    assert!(left.status == 303 && left.headers["set-cookie"].contains("Max-Age=0"), "{left:?}");
    assert_eq!(post(&host, "/lookup", &[("cookie", &cookie)], "asked=case-1").status, 401);
}

#[test]
fn a_full_view_states_its_purpose_which_is_recorded_and_is_not_for_the_contact_centre() {
    let (host, key) = host();
    let id = host.get("/v1/requests?provider=permits&number=case-1")["items"][0]["id"].as_str().unwrap().to_owned();
    let form = |purpose: &str| format!("lang=ru&id={id}&purpose={purpose}");
    let acts = || host.get("/v1/acts").to_string();
    let centre = enter(&host, &key);
    let refused = post(&host, "/lookup/whole", &[("cookie", &centre)], &form("curiosity"));
    assert_eq!(refused.status, 403);
    assert!(!text(&refused).contains("Өтебаев") && !acts().contains("curiosity"));
    assert!(!text(&post(&host, "/lookup", &[("cookie", &centre)], &format!("id={id}"))).contains("/lookup/whole"));

    let operator = enter(&host, &host.operator());
    let shown = text(&post(&host, "/lookup", &[("cookie", &operator)], &format!("id={id}")));
    assert!(shown.contains("/lookup/whole") && !shown.contains("Өтебаев"), "{shown}");
    let nothing = post(&host, "/lookup/whole", &[("cookie", &operator)], &form("+"));
    assert_eq!(nothing.status, 400);
    assert!(!text(&nothing).contains("Өтебаев"));
    let whole = post(&host, "/lookup/whole", &[("cookie", &operator)], &form("complaint+17"));
    assert!(whole.status == 200 && text(&whole).contains("Өтебаев") && text(&whole).contains(IIN), "{whole:?}");
    let acts = acts();
    assert!(acts.contains("reveal-request") && acts.contains("complaint 17") && acts.contains(&id), "{acts}");
}

#[test]
fn a_person_with_a_browser_enters_looks_up_changes_the_language_and_leaves() {
    let Some(mut browser) = Browser::start() else { return };
    let (host, key) = host();
    browser.open(&format!("{}/lookup?lang=ru", host.url()));
    assert!(browser.text().contains("На каком этапе запрос"), "{}", browser.text());
    browser.send("#key", &key);
    browser.send("#asked", IIN);
    assert!(browser.text().contains("Найдено: 2"), "{}", browser.text());
    browser.press("table button");
    let shown = browser.text();
    assert!(shown.contains("Срок истек: 26 апреля 2011 года") && shown.contains("8501*****993"), "{shown}");
    browser.press("button[lang=kk]");
    let shown = browser.text();
    assert!(shown.contains("Қазір 6 кезеңнің 1-кезеңінде: көрсетілетін қызметті алушыдан қабылданды"), "{shown}");
    assert!(shown.contains("Қазақша атаулар ресми емес."), "{shown}");
    assert!(!shown.contains(IIN) && !shown.contains("Өтебаев"), "{shown}");
    let place = browser.evaluate("location.href + document.cookie");
    assert_eq!(place, format!("{}/lookup", host.url()).as_str(), "no number in the address, no cookie for scripts");
    let colour = browser.evaluate("getComputedStyle(document.querySelector('.told')).borderRadius");
    assert_eq!(colour, "6px", "its style is there");
    assert_eq!(browser.complaints, [""; 0]);
    browser.press("form[action='/lookup/leave'] button");
    assert!(browser.text().contains("Кілт"), "{}", browser.text());
}

#[test]
fn a_browser_that_another_site_makes_send_the_form_is_refused() {
    let Some(mut browser) = Browser::start() else { return };
    let (host, key) = host();
    browser.open(&format!("{}/lookup?lang=en", host.url()));
    browser.send("#key", &key);
    let form = format!("<form method=post action={}/lookup><input id=asked name=asked></form>", host.url());
    browser.open(&format!("data:text/html,{form}"));
    browser.send("#asked", "case-1");
    let shown = browser.text();
    assert!(shown.contains("did not come from this page") && !shown.contains("case-1"), "{shown}");
}
