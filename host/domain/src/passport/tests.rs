use jiff::civil::{date, time};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{ids::ProviderId, stage::Stage};

fn passport() -> Passport {
    serde_json::from_value(json!({
        "code": "00803001",
        "version": 1,
        "aliases": [
            {"code": "Z22-74", "system": "iis-con", "from": "2020-01-01", "until": "2025-12-31"},
            {"code": "P50.06", "system": "portal"},
        ],
        "names": {"ru": "Выдача разрешения", "kk": "Рұқсат беру", "en": "Issue of a permit"},
        "provider": {"bin": "990140999995", "names": {"ru": "Управление"}, "level": "local-executive-body"},
        "term": {"amount": 10, "unit": "working-days"},
        "budgets": [
            {"stage": "accepted", "within": {"amount": 1, "unit": "working-days"}},
            {"stage": "taken-into-work", "within": {"amount": 8, "unit": "working-days"}},
        ],
        "act": {"title": "Order of 18 February 2015 No. 133", "place": "p. 5"},
        "valid-from": "2020-01-01",
    }))
    .unwrap()
}

fn provider(id: &str) -> ProviderId {
    id.parse().unwrap()
}

fn refused(change: impl FnOnce(&mut Passport)) -> String {
    let mut changed = passport();
    change(&mut changed);
    changed.checked().unwrap_err().to_string()
}

#[test]
fn a_passport_comes_back_from_its_json_and_unknown_fields_are_refused() {
    let written = serde_json::to_value(passport()).unwrap();
    assert_eq!(serde_json::from_value::<Passport>(written.clone()).unwrap(), passport().checked().unwrap());
    let mut more = written;
    more["terms"] = json!(1);
    assert!(serde_json::from_value::<Passport>(more).unwrap_err().to_string().contains("unknown field `terms`"));
}

#[test]
fn the_usual_words_of_service_standards_are_the_default() {
    let counting = passport().counting;
    assert_eq!(counting, Counting { starts: Starts::NextDay, ends_on_working_day: true, office: None });
    assert_eq!(passport().week, Week::FiveDay);
}

#[test]
fn what_is_wrong_with_a_passport_is_said_with_its_field_and_limit() {
    assert_eq!(
        refused(|p| p.term.amount = 0),
        "passport `00803001`: `term` is 0 working-days; 1 to 2600 working-days can be reckoned with"
    );
    assert!(refused(|p| p.code = "x".repeat(65)).contains("`code` has 65 characters, the limit is 64"));
    assert!(refused(|p| p.code = " 1".into()).contains("spaces"));
    assert!(refused(|p| p.names.kk = Some(String::new())).contains("`names` is empty"));
    assert!(refused(|p| p.provider.bin = "99014099999".into()).contains("has 11 characters, a BIN has twelve digits"));
    assert!(refused(|p| p.valid_until = Some(date(2019, 1, 1))).contains("is 2019-01-01, before valid-from"));
    assert!(refused(|p| p.version = 0).contains("the first is 1"));
    assert!(refused(|p| p.aliases[0].until = Some(date(2019, 1, 1))).contains("`Z22-74` until 2019-01-01"));
    assert!(refused(|p| p.budgets[1].stage = Stage::Accepted).contains("have `accepted` twice"));
    assert!(
        refused(|p| p.budgets[1].within.amount = 10).contains("add up to 11 working-days, more than the term of 10")
    );
    let office = Office { opens: time(18, 0, 0, 0), closes: time(9, 0, 0, 0) };
    assert!(refused(|p| p.counting.office = Some(office)).contains("not after it opens"));
}

#[test]
fn budgets_in_hours_are_added_to_those_in_minutes() {
    let by_the_clock = |minutes| {
        let mut passport = passport();
        passport.term = Term { amount: 2, unit: Unit::Hours };
        passport.budgets[0].within = Term { amount: 1, unit: Unit::Hours };
        passport.budgets[1].within = Term { amount: minutes, unit: Unit::Minutes };
        passport.checked()
    };
    assert!(by_the_clock(60).is_ok());
    assert!(by_the_clock(61).is_err());
}

#[test]
fn a_service_is_found_by_each_of_its_codes_while_that_is_used() {
    let passports = Passports::default().with(passport()).unwrap();
    let found = |code, on| passports.of(&provider("permits"), Some(code), on, None).is_some();
    assert!(found("00803001", date(2026, 1, 1)) && found("P50.06", date(2026, 1, 1)));
    assert!(found("Z22-74", date(2025, 12, 31)) && !found("Z22-74", date(2026, 1, 1)));
    assert!(!found("P50.06", date(2019, 12, 31)), "the passport was not in force");
}

#[test]
fn a_passport_of_one_provider_goes_before_that_of_all() {
    let mut own = passport();
    own.code = "own".into();
    own.aliases.clear();
    own.aliases.push(Alias { code: "P50.06".into(), system: None, from: None, until: None });
    own.provider.id = Some(provider("permits"));
    let passports = Passports::default().with(own).unwrap().with(passport()).unwrap();
    let found = |id| passports.of(&provider(id), Some("P50.06"), date(2026, 1, 1), None).unwrap().code.clone();
    assert_eq!((found("permits"), found("education")), ("own".to_owned(), "00803001".to_owned()));
}

#[test]
fn a_request_without_a_code_has_the_one_passport_that_names_its_provider() {
    let sample = Passports::sample().unwrap();
    let found = |passports: &Passports, id| {
        passports.of(&provider(id), None, date(2010, 10, 1), None).map(|passport| passport.code.clone())
    };
    assert_eq!(found(&sample, "permits"), Some("SAMPLE-PERMIT".into()));
    assert_eq!(found(&sample, "education"), None);
    let mut second = sample.versions("SAMPLE-PERMIT")[0].clone();
    second.code = "SAMPLE-2".into();
    assert_eq!(found(&sample.with(second).unwrap(), "permits"), None, "which of the two cannot be said");
}

#[test]
fn a_file_of_passports_is_read_strictly() {
    let wrong = |text: &str| Passports::read(text).unwrap_err().to_string();
    assert!(wrong("[[passport]]\ncode = 'x'\n").contains("missing field"));
    assert!(wrong("[[passports]]\n").contains("unknown field `passports`"));
    let sample = include_str!("sample.toml");
    assert!(wrong(&sample.replace("amount = 56", "amount = 0")).contains("`term` is 0 calendar-days"));
    assert!(wrong(&sample.replace("2010-01-01", "2010-02-30")).contains("line 7"));
}

#[test]
fn a_change_is_the_next_version_and_what_was_known_before_can_be_told() {
    let one = Passports::default().with(passport()).unwrap();
    let mut changed = passport();
    changed.term.amount = 15;
    assert_eq!(
        one.with(changed.clone()).unwrap_err().to_string(),
        "passport `00803001`: version 1 was given, the next is 2; read the passport again and change that"
    );
    changed.version = 2;
    changed.recorded = Some(date(2026, 5, 1));
    let two = one.with(changed).unwrap();
    let term =
        |known_on| two.of(&provider("permits"), Some("00803001"), date(2026, 1, 1), known_on).unwrap().term.amount;
    assert_eq!((term(None), term(Some(date(2026, 5, 1))), term(Some(date(2026, 4, 30)))), (15, 15, 10));
    assert_eq!(two.versions("00803001").len(), 2);
}

#[test]
fn a_code_never_means_two_services_on_one_day() {
    let passports = Passports::default().with(passport()).unwrap();
    let mut other = passport();
    other.code = "00803002".into();
    other.aliases = vec![Alias { code: "Z22-74".into(), system: None, from: Some(date(2025, 12, 31)), until: None }];
    let error = passports.with(other.clone()).unwrap_err().to_string();
    assert!(error.contains("`Z22-74` is also a code of `00803001` on 2025-12-31"), "{error}");
    other.aliases[0].from = Some(date(2026, 1, 1));
    assert!(passports.with(other).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_a_passport_panic(code in "\\PC{0,80}", bin in "\\PC{0,14}", amount: u32, version: u32) {
        let mut passport = passport();
        passport.code = code;
        passport.provider.bin = bin;
        passport.term.amount = amount;
        passport.version = version;
        let _ = Passports::default().with(passport);
    }
}
