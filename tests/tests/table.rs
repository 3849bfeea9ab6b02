//! The table adapter through the real program, as its README has it: an archive's export in KZ-1048, with semicolons.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use qadam_tests::{
    components::{self, workspace},
    probe::{adapter, await_service, put, request},
    program::{Program, Setup},
};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn sample(name: &str) -> PathBuf {
    workspace().join("plugins/table/samples").join(name)
}

fn export() -> Vec<u8> {
    std::fs::read(sample("archive.csv")).unwrap()
}

fn mapping() -> String {
    std::fs::read_to_string(sample("archive.mapping.toml")).unwrap()
}

/// A host whose provider `archive` has the mapping, given inline as the test's own configuration is.
fn host(mapping: &str) -> Program {
    assert!(!mapping.contains("'''"));
    let config = format!(
        "[providers.archive]\nadapter = 'table.wasm'\nzone = 'Asia/Almaty'\nsettings.mapping = '''\n{mapping}'''\n"
    );
    Program::start(BINARY, Setup { config, ..Setup::default() })
}

/// The same with the adapter at work.
fn serving() -> Program {
    let program = host(&mapping());
    load(&program);
    program
}

fn load(program: &Program) {
    put(program, "table.wasm", &std::fs::read(components::table()).unwrap());
    await_service(program, "archive", "serving");
}

fn submit(program: &Program, file: &Path) -> Value {
    let data = program.data();
    program.json(&[
        "submit",
        "--provider",
        "archive",
        "--json",
        "--data",
        data.to_str().unwrap(),
        file.to_str().unwrap(),
    ])
}

/// `qadam submit --watch`, in a process of its own. Dropped, it is killed.
struct Watcher(Child);

impl Watcher {
    fn start(program: &Program, outbox: &Path, more: &[&str]) -> Self {
        let child = Command::new(BINARY)
            .args(["submit", "--provider", "archive", "--settle", "0.2", "--watch"])
            .arg(outbox)
            .arg("--data")
            .arg(program.data())
            .args(more)
            .env_remove("QADAM_KEY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::options().create(true).append(true).open(said(program)).unwrap())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What watchers have said.
fn said(program: &Program) -> PathBuf {
    program.folder().join("watcher")
}

fn outbox(program: &Program) -> PathBuf {
    let outbox = program.folder().join("outbox");
    std::fs::create_dir_all(&outbox).unwrap();
    outbox
}

fn report(shelf: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(shelf.join(format!("{name}.report.json"))).unwrap()).unwrap()
}

/// Files of a shelf that are no reports.
fn shelved(shelf: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(shelf) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.contains(".report.")).collect();
    names.sort();
    names
}

#[test]
fn the_export_with_semicolons_and_kazakh_letters_becomes_requests_and_a_bad_row_costs_itself() {
    let program = serving();
    let outcome = submit(&program, &sample("archive.csv"));
    assert_eq!((&outcome["received"], &outcome["accepted"], &outcome["pending"]), (&json!(44), &json!(44), &json!(0)));
    let refused = outcome["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1, "{outcome}");
    // One value above it holds a line break: the line is the file's, not the row's number.
    assert_eq!((&refused[0]["line"], &refused[0]["cause"]), (&json!(36), &json!("unknown-native-status")));
    assert!(refused[0]["detail"].as_str().unwrap().contains("Жұмыста ма?"), "{outcome}");

    let summary = program.get("/v1/summary?provider=archive");
    assert_eq!(summary[0]["requests"]["closed"], 4, "{summary}");
    let first = request(&program, "archive", "МҰР-2026/001");
    assert_eq!(first["stage"], "closed", "{first}");
    let event = &first["history"][0];
    assert_eq!(event["occurred_at"]["local"], "2026-03-02T09:00:00+05:00[Asia/Almaty]");
    assert_eq!(event["native_status"], "Қабылданды");
    assert_eq!(event["fields"]["service-name"], "Мұрағаттық анықтама беру");
    let monitor = program.key("monitor", None);
    program.until(|program| program.call(&monitor, "GET", "/v1/summary", &[], b"").status == 200);
    let whole = program.all(&monitor, "/v1/events?provider=archive");
    assert_eq!(whole.len(), 43);
    assert!(whole.iter().any(|event| event["fields"]["recipient"] == "Үлгіқызы Әлия Мысалқызы"), "{:?}", whole[0]);

    let again = submit(&program, &sample("archive.csv"));
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(44)));
}

#[test]
fn a_whole_export_of_the_next_day_adds_what_is_new_and_corrects_what_was_corrected() {
    let program = serving();
    let head = "Өтініш №;Түскен күні;Өтініш беруші;Заңды тұлға;ЖСН/БСН;Қызмет;Қабылданған орны;Арна;Мәртебе;Мәртебе күні;Орындаушы;Мерзімі;Орындалған күні;Себебі;Ескертпе";
    let kz = |text: &str| -> Vec<u8> { text.chars().map(byte).collect() };
    let file = program.folder().join("day.csv");
    let row = |clerk: &str| format!("{head}\n1;;;;;;;;Жұмыста;02.03.2026 09:00;{clerk};;;;\n");
    std::fs::write(&file, kz(&row("Үлгіова"))).unwrap();
    submit(&program, &file);
    std::fs::write(&file, kz(&row("Мысалбаев"))).unwrap();
    assert_eq!(submit(&program, &file)["accepted"], 1, "another row");
    let found = request(&program, "archive", "1");
    let history = &found["history"];
    assert_eq!(history.as_array().unwrap().len(), 2, "both are kept: {found}");
    assert_eq!((&history[0]["standing"], &history[1]["corrects"]), (&json!(false), &history[0]["id"]));
    assert_eq!((&found["fields"]["executor"], &found["events"]), (&json!("Мысалбаев"), &json!(2)));
}

/// A letter in KZ-1048, of those that the tests use.
fn byte(letter: char) -> u8 {
    match letter {
        ' '..='~' | '\n' => u8::try_from(u32::from(letter)).unwrap(),
        'А'..='я' => u8::try_from(u32::from(letter) - 0x410 + 0xC0).unwrap(),
        '№' => 0xB9,
        'Ө' => 0xA5,
        'ө' => 0xB4,
        'і' => 0xB3,
        'ү' => 0xBF,
        'Ү' => 0xAF,
        'ұ' => 0xA2,
        'ң' => 0xBE,
        'қ' => 0x9D,
        'Қ' => 0x8D,
        'ғ' => 0xBA,
        'ә' => 0xBC,
        other => unreachable!("{other}"),
    }
}

#[test]
fn a_wrong_mapping_leaves_records_waiting_and_is_named_with_key_and_line() {
    let mut program = host(&mapping().replace("Asia/Almaty", "Asia/Almata"));
    put(&program, "table.wasm", &std::fs::read(components::table()).unwrap());
    program.until(|program| adapter(program, "archive")["load_error"].is_string());
    let error = adapter(&program, "archive")["load_error"].as_str().unwrap().to_owned();
    // The inline text begins with the mapping's own first line.
    assert!(error.contains("line 6, key `zone`: `Asia/Almata` is no IANA time zone"), "{error}");
    let data = program.data();
    let file = sample("archive.csv");
    let args = [
        "submit",
        "--provider",
        "archive",
        "--no-wait",
        "--json",
        "--data",
        data.to_str().unwrap(),
        file.to_str().unwrap(),
    ];
    assert_eq!(program.json(&args)["accepted"], 44, "an error of ours is none of the provider's");
    // The operator mends it, and starts the host again.
    program.stop();
    let config = format!("[providers.archive]\nadapter = 'table.wasm'\nsettings.mapping = '''\n{}'''\n", mapping());
    program.set_config(config);
    program.restart();
    program.until(|program| program.get("/v1/summary?provider=archive")[0]["records"]["mapped"] == 43);
}

#[test]
fn the_check_shows_rows_and_names_mistakes_without_a_host() {
    let program = host(&mapping());
    let (component, config) = (components::table(), sample("qadam.toml"));
    let component = component.to_str().unwrap();
    let args =
        ["adapter", "check", component, "--config", config.to_str().unwrap(), "--provider", "archive", "--lang", "ru"];
    let file = sample("archive.csv");
    let shown = program.run(&[&args[..], &[file.to_str().unwrap()]].concat());
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    for part in
        ["44 records: 43 mapped to 43 events, 1 refused", "принято от услугополучателя", "record at line 36 is refused"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("850228298198") && text.contains("8502*****198"), "{text}");
    let wrong = program.folder().join("wrong.toml");
    std::fs::write(&wrong, mapping().replace("\"executed\"", "\"done\"")).unwrap();
    let setting = format!("mapping=@{}", wrong.display());
    let refused = program.run(&["adapter", "check", component, "--setting", &setting]);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && text.contains("key `statuses.Орындалды`: `done` is none of accepted"),
        "{text}"
    );
}

#[test]
fn a_watched_folder_is_emptied_into_done_and_refused_with_reports() {
    let program = serving();
    let outbox = outbox(&program);
    let (done, refused) = (outbox.join("done"), outbox.join("refused"));
    std::fs::write(outbox.join("archive.csv"), export()).unwrap();
    let watcher = Watcher::start(&program, &outbox, &[]);
    program.until(|_| shelved(&refused) == ["archive.csv"]);
    let told = report(&refused, "archive.csv");
    assert_eq!((&told["sent"], &told["mapped"], &told["duplicates"]), (&json!(44), &json!(43), &json!(0)));
    assert_eq!((&told["refused"][0]["line"], &told["result"]), (&json!(36), &json!("refused")));
    let text = std::fs::read_to_string(refused.join("archive.csv.report.txt")).unwrap();
    for part in ["Отчёт о файле: archive.csv", "строка 36: неизвестный статус", "Что сделать: исправьте статус"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }

    // The row is mended and the table exported anew, under the same name; then packed; then something else.
    let broken: Vec<u8> = "Жұмыста ма?".chars().map(byte).collect();
    let bytes = export();
    let at = bytes.windows(broken.len()).position(|window| window == broken).unwrap();
    let mended = [&bytes[..at + "Жұмыста".chars().count()], &bytes[at + broken.len()..]].concat();
    std::fs::write(program.folder().join("new"), &mended).unwrap();
    std::fs::rename(program.folder().join("new"), outbox.join("archive.csv")).unwrap();
    program.until(|_| shelved(&done) == ["archive.csv"]);
    let told = report(&done, "archive.csv");
    assert_eq!(
        (&told["sent"], &told["mapped"], &told["accepted"]),
        (&json!(44), &json!(44), &json!(1)),
        "43 were known"
    );
    std::fs::write(outbox.join("archive.csv"), export()).unwrap();
    program.until(|_| shelved(&refused) == ["archive.2.csv", "archive.csv"]);
    assert_eq!(
        report(&refused, "archive.2.csv")["refused"][0]["line"],
        36,
        "a row that is sent again is refused again"
    );
    std::fs::write(outbox.join("wide.csv"), b"\xFF\xFEa\0;\0").unwrap();
    std::fs::write(outbox.join("empty.csv"), b"").unwrap();
    std::fs::write(outbox.join("half.csv.part"), b"half").unwrap();
    program.until(|_| shelved(&refused).len() == 4);
    assert!(report(&refused, "wide.csv")["problem"].as_str().unwrap().contains("CSV UTF-8"));
    assert!(report(&refused, "empty.csv")["problem"].as_str().unwrap().contains("no record"));
    assert!(outbox.join("half.csv.part").exists());
    let second = program.run(&["submit", "--provider", "archive", "--watch", outbox.to_str().unwrap(), "--once"]);
    assert!(!second.status.success() && String::from_utf8_lossy(&second.stderr).contains("already"));
    drop(watcher);
}

#[test]
fn the_reports_speak_kazakh_and_english_too() {
    let program = serving();
    let outbox = outbox(&program);
    for (lang, words) in [("kk", "белгісіз мәртебе"), ("en", "unknown status")] {
        std::fs::write(outbox.join(format!("{lang}.csv")), export()).unwrap();
        let mut watcher = Watcher::start(&program, &outbox, &["--lang", lang, "--once"]);
        assert!(watcher.0.wait().unwrap().success(), "{}", std::fs::read_to_string(said(&program)).unwrap());
        let text = std::fs::read_to_string(outbox.join(format!("refused/{lang}.csv.report.txt"))).unwrap();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_host_that_is_away_is_waited_for() {
    let mut program = serving();
    let outbox = outbox(&program);
    program.stop();
    std::fs::write(outbox.join("archive.csv"), export()).unwrap();
    let mut watcher = Watcher::start(&program, &outbox, &["--once"]);
    program
        .until(|program| std::fs::read_to_string(said(program)).is_ok_and(|text| text.contains("files that wait: 1")));
    assert!(outbox.join("archive.csv").exists());
    program.restart();
    assert!(watcher.0.wait().unwrap().success(), "{}", std::fs::read_to_string(said(&program)).unwrap());
    assert_eq!(report(&outbox.join("refused"), "archive.csv")["mapped"], 43);
}

#[test]
fn killed_half_way_and_started_again_nothing_is_doubled() {
    let program = serving();
    let outbox = outbox(&program);
    // As large as it takes to be caught in the middle: 4,000 requests, in several batches.
    let mut table: Vec<u8> = export().split(|byte| *byte == b'\n').next().unwrap().to_vec();
    table.push(b'\n');
    for number in 0..4000 {
        table.extend(
            format!("N-{number};;;;;;;;Жұмыста;02.03.2026 09:00;;;;;\r\n").chars().filter(|c| *c != '\r').map(byte),
        );
    }
    std::fs::write(outbox.join("large.csv"), &table).unwrap();
    let received =
        |program: &Program| program.get("/v1/summary?provider=archive")[0]["records"]["received"].as_u64().unwrap_or(0);
    let watcher = Watcher::start(&program, &outbox, &[]);
    program.until(|program| received(program) >= 500);
    drop(watcher);
    let at_the_kill = received(&program);
    let mut again = Watcher::start(&program, &outbox, &["--once"]);
    assert!(again.0.wait().unwrap().success(), "{}", std::fs::read_to_string(said(&program)).unwrap());
    let told = report(&outbox.join("done"), "large.csv");
    assert_eq!((&told["sent"], &told["mapped"]), (&json!(4000), &json!(4000)));
    assert!(told["duplicates"].as_u64().unwrap() >= 500, "{at_the_kill} at the kill, {told}");
    let summary = program.get("/v1/summary?provider=archive");
    assert_eq!(summary[0]["records"]["mapped"], 4000, "{summary}");
    let monitor = program.key("monitor", None);
    program.until(|program| program.call(&monitor, "GET", "/v1/summary", &[], b"").status == 200);
    assert_eq!(program.all(&monitor, "/v1/events?provider=archive").len(), 4000);
}
