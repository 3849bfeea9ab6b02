//! Mistakes in a mapping: each is named with its key and line.

use qadam_sdk::{Adapter, testing};
use table::{Mapping, Table};

use crate::{SMALL, headed, with};

fn wrong(mapping: &str) -> String {
    Mapping::read(mapping).expect_err("wrong").to_string()
}

#[test]
fn every_mistake_is_named_with_its_key_and_line() {
    for (mapping, line, named) in [
        (SMALL.replace("'csv'", "'xls'"), 1, "xls"),
        (SMALL.replace("zone =", "zome ="), 2, "zome"),
        (SMALL.replace("zone = 'Asia/Almaty'\n", ""), 1, "zone"),
        (SMALL.replace("Asia/Almaty", "Asia/Almata"), 2, "key `zone`: `Asia/Almata` is no IANA time zone"),
        (SMALL.replace("dd.MM.yyyy HH:mm", "DD.MM.YYYY"), 3, "key `time-format`: `DD.MM.YYYY`"),
        (SMALL.replace("time-format = 'dd.MM.yyyy HH:mm'", ""), 7, "key `event.occurred-at`: how the time is written"),
        (
            SMALL.replace("'accepted'", "'acepted'"),
            9,
            "key `statuses.New`: `acepted` is none of accepted, sent-for-execution",
        ),
        (SMALL.replace("'Done'", "'NEW'"), 9, "twice"),
        (SMALL.replace("'executed'", "'prolonged'"), 10, "key `statuses.Done`: a prolongation needs fields.planned-at"),
        (SMALL.replace("'executed'", "'withdrawn'"), 10, "key `statuses.Done`: it needs event.withdraws"),
        (SMALL.replace("status = 's'\n", ""), 4, "key `event.status`"),
        (SMALL.replace("request = 'n'", "request = { constant = '1' }"), 5, "key `event.request`: it must be a column"),
        (SMALL.replace("request = 'n'", "request = { colum = '1' }"), 5, "colum"),
        (SMALL.replace("request = 'n'", "request = 17"), 5, "a column's name"),
        (SMALL.replace("request = 'n'", "request = 'n"), 5, ""),
        (headed("encoding = 'koi8-r'"), 1, "key `encoding`: `koi8-r` is none of utf-8, windows-1251, kz-1048, ptcp154"),
        (headed("delimiter = ';;'"), 1, "key `delimiter`: it must be one character"),
        (headed("delimiter = '\"'"), 1, "key `delimiter`: the quote is the same"),
        (headed("columns = ['n', 's', 'n']"), 1, "key `columns`: `n` stands there twice"),
        (headed("columns = ['n', 's']"), 8, "key `event.occurred-at`: `t` is none of the columns: n, s"),
        (headed("rows = 'x'"), 1, "key `rows`"),
        (
            headed("delimiter = ';'").replace("'csv'", "'json'"),
            1,
            "key `delimiter`: it means something for the format csv only",
        ),
        (headed("rows = 'a/@b'").replace("'csv'", "'xml'"), 1, "key `rows`"),
        (SMALL.replace("'csv'", "'xml'").replace("'n'", "'a//b'"), 5, "key `event.request`: `a//b` is no path"),
        (with("fields", "service-name = { constant = ' ' }"), 13, "key `fields.service-name`: the constant is empty"),
        (with("fields", "executor = { column = 'x', constant = 'y' }"), 13, "both a column and a constant"),
        (with("fields", "executor = {}"), 13, "neither a column nor a constant"),
        (with("fields", "executor = { column = 'x', time-format = 'excel' }"), 13, "it is no time"),
        (with("fields", "planned-at = { column = 'x', time-format = 'HH' }"), 13, "key `fields.planned-at`: `HH`"),
        (with("fields", "surname = 'x'"), 13, "key `fields.recipient`: name the recipient either as"),
        (with("fields", "channel = { column = 'x', values = { a = '1', A = '2' } }"), 13, "stands there twice"),
        (with("stages", "accepted = 'in'"), 6, "key `event.status`: it goes with [statuses]"),
        (format!("{SMALL}[fields]\nexecuter = 'x'\n"), 13, "executer"),
    ] {
        let said = wrong(&mapping);
        assert!(said.starts_with(&format!("the mapping is wrong at line {line}")), "{said}\n{mapping}");
        assert!(said.contains(named) && !said.contains('\n'), "{said}, not {named}");
    }
}

#[test]
fn stages_take_stages_only() {
    let mapping = "format = 'csv'\nzone = 'Asia/Almaty'\ntime-format = 'excel'\n[event]\nrequest = 'n'\n[stages]\n";
    assert!(Mapping::read(&format!("{mapping}accepted = 'x'")).is_ok());
    assert!(wrong(&format!("{mapping}suspended = 'x'")).contains("line 7, key `stages.suspended`: it is no stage"));
    assert!(wrong(&format!("{mapping}done = 'x'")).contains("line 7, key `stages.done`: `done` is none of"));
}

#[test]
fn a_wrong_mapping_ends_the_adapter_when_it_is_asked_what_it_is_and_the_log_says_why() {
    let wrong = SMALL.replace("Asia/Almaty", "Asia/Almata");
    let (ended, lines) = testing::with_log(|| {
        std::panic::catch_unwind(|| testing::with_config(&[("mapping", wrong.as_str())], Table::describe))
    });
    assert!(ended.is_err());
    assert!(lines[0].message.contains("line 2, key `zone`"), "{lines:?}");
    assert_eq!(Table::describe().settings.iter().map(|setting| setting.required).collect::<Vec<_>>(), [true]);
    let described = testing::with_config(&[("mapping", SMALL)], Table::describe);
    assert_eq!(described.name, "table");
    let mapped = testing::with_config(&[("mapping", SMALL)], || {
        Table::map(vec![testing::record("n,s,t\n17,New,02.03.2026 10:20"), testing::record("")])
    });
    assert!(mapped[0].is_ok() && mapped[1].is_err());
}
