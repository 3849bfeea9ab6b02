//! The stream of events: in order, resumable, for many readers; a slow one costs nobody anything.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use futures_util::future::join_all;
use qadam_tests::{
    block_on,
    program::{Program, Setup},
    records::accepted,
    sse::{self, Block},
};
use serde_json::{Value, json};

const STREAM: &str = "/v1/events/stream";

fn host(config: &str) -> Program {
    let setup = Setup { config: config.into(), permits: true, ..Setup::default() };
    Program::start(env!("CARGO_BIN_EXE_qadam-under-test"), setup)
}

fn key(host: &Program, role: &str, provider: Option<&str>) -> String {
    let key = host.key(role, provider);
    host.until(|host| host.call(&key, "GET", "/v1/summary", &[], b"").status == 200);
    key
}

/// Sends the acceptances of such requests, and waits until they are events.
fn send(host: &Program, numbers: std::ops::Range<usize>) {
    let lines: Vec<String> = numbers.map(accepted).collect();
    assert_eq!(host.submit(&lines, &[])["refused"], json!([]));
}

/// What the list of events says, as the stream should.
fn listed(host: &Program, key: &str) -> Vec<Value> {
    host.all(key, "/v1/events")
}

fn data(events: &[(String, Value)]) -> Vec<Value> {
    events.iter().map(|(_, data)| data.clone()).collect()
}

#[test]
fn events_come_as_they_are_recorded_in_the_order_and_form_of_the_list() {
    let host = host("");
    let monitor = key(&host, "monitor", None);
    block_on(async {
        let mut stream = sse::open(host.url(), &monitor, STREAM, &[]).await.unwrap();
        send(&host, 0..5);
        let mut events = stream.events(5).await;
        send(&host, 5..150);
        events.extend(stream.events(145).await);
        assert_eq!(data(&events), listed(&host, &monitor));
        assert_eq!(events[0].1["fields"]["identification-number"], "850101199993", "whole for the monitoring system");
    });
}

#[test]
fn a_reader_goes_on_after_the_last_event_it_has_seen_over_a_crash_too() {
    let mut host = host("");
    let monitor = key(&host, "monitor", None);
    send(&host, 0..10);
    let all = listed(&host, &monitor);
    let seen = block_on(async { sse::open(host.url(), &monitor, STREAM, &[]).await.unwrap().events(4).await });
    host.kill();
    host.restart();
    let last = seen[3].0.clone();
    block_on(async {
        let header = [("last-event-id", last.as_str())];
        for (path, headers) in [
            (STREAM.to_owned(), header.as_slice()),
            (format!("{STREAM}?after={last}"), [].as_slice()),
            // A browser comes back to the same URL: what it has seen since counts.
            (format!("{STREAM}?after={}", seen[0].0), header.as_slice()),
        ] {
            let mut stream = sse::open(host.url(), &monitor, &path, headers).await.unwrap();
            assert_eq!(data(&stream.events(6).await), all[4..], "{path}");
        }
    });
    let page = host.call(&monitor, "GET", &format!("/v1/events?after={last}"), &[], b"").json();
    assert_eq!(page["items"].as_array().unwrap()[..], all[4..], "the list takes the same cursors");
}

#[test]
fn many_readers_get_all_events_each_wherever_it_starts() {
    let host = host("");
    let monitors = [key(&host, "monitor", None), key(&host, "monitor", None)];
    send(&host, 0..40);
    let start = listed(&host, &monitors[0]);
    let cursor = |event: &Value| event["id"].as_str().unwrap().replacen("evt_", "cur_", 1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let readers = (0..80).map(|number| {
        let path = match number % 4 {
            0 => STREAM.to_owned(),
            _ => format!("{STREAM}?after={}", cursor(&start[number % 40])),
        };
        let (monitor, url) = (monitors[number % 2].clone(), host.url().to_owned());
        let skipped = if number % 4 == 0 { 0 } else { number % 40 + 1 };
        let read = async move {
            let mut stream = sse::open(&url, &monitor, &path, &[]).await.unwrap();
            (skipped, data(&stream.events(340 - skipped).await))
        };
        runtime.spawn(read)
    });
    let readers: Vec<_> = readers.collect();
    for part in 0..10 {
        send(&host, 40 + part * 30..70 + part * 30);
    }
    let all = listed(&host, &monitors[0]);
    assert_eq!(all.len(), 340);
    for read in runtime.block_on(join_all(readers)) {
        let (skipped, events) = read.unwrap();
        assert!(events == all[skipped..], "a reader that started after {skipped} events");
    }
}

#[test]
fn a_providers_key_gets_its_own_events_only_and_masked_as_all_but_the_monitor() {
    let config = "[providers.other]\nadapter = 'permits.wasm'\n[providers.permits]\nadapter = 'permits.wasm'\n";
    let host = host(config);
    let (own, operator) = (key(&host, "provider", Some("other")), host.operator());
    send(&host, 0..30);
    let sent =
        host.call(&own, "POST", "/v1/providers/other/records", &[("prefer", "wait=60")], accepted(77).as_bytes());
    assert_eq!(sent.json()["records"][0]["outcome"]["outcome"], "mapped", "{sent:?}");
    send(&host, 30..60);
    block_on(async {
        let mut mine = sse::open(host.url(), &own, STREAM, &[]).await.unwrap();
        let (_, event) = mine.event().await;
        assert_eq!((&event["provider"], &event["number"]), (&json!("other"), &json!("case-77")));
        assert_eq!(sse::open(host.url(), &own, &format!("{STREAM}?provider=permits"), &[]).await.unwrap_err(), 403);
        let mut of_one = sse::open(host.url(), &operator, &format!("{STREAM}?provider=other"), &[]).await.unwrap();
        assert_eq!(of_one.event().await.1, event);
        assert_eq!(event["fields"]["identification-number"], "8501*****993");
        let mut all = sse::open(host.url(), &operator, STREAM, &[]).await.unwrap();
        assert_eq!(data(&all.events(61).await), listed(&host, &operator));
    });
}

#[test]
fn a_reader_of_few_events_is_told_how_far_it_has_come() {
    let host = host("[providers.other]\n[api]\nheartbeat-seconds = 1\n");
    let own = key(&host, "provider", Some("other"));
    send(&host, 0..20);
    block_on(async {
        let mut stream = sse::open(host.url(), &own, STREAM, &[]).await.unwrap();
        let cursor = loop {
            if let Some(Block::Cursor(cursor)) = stream.block().await {
                break cursor;
            }
        };
        let monitor = key(&host, "monitor", None);
        let past = host.call(&monitor, "GET", &format!("/v1/events?after={cursor}"), &[], b"").json();
        assert_eq!(past["items"], json!([]), "it is past the events of others");
    });
}

#[test]
fn an_idle_stream_outlives_every_time_limit_of_the_connection_and_shows_that_it_is_alive() {
    let host = host("[api]\nheartbeat-seconds = 1\nheader-seconds = 1\nbody-seconds = 1\nwrite-seconds = 1\n");
    let monitor = key(&host, "monitor", None);
    block_on(async {
        let mut stream = sse::open(host.url(), &monitor, STREAM, &[]).await.unwrap();
        assert_eq!(stream.block().await, Some(Block::Other("retry: 2000".into())));
        for _ in 0..4 {
            assert!(matches!(stream.block().await, Some(Block::Cursor(_) | Block::Other(_))));
        }
        send(&host, 0..1);
        assert_eq!(stream.event().await.1["number"], "case-0");
    });
}

#[test]
fn too_many_readers_are_refused_with_the_limit_and_a_place_is_free_again_when_one_leaves() {
    let host = host("[api]\nstreams = 3\nstreams-per-key = 2\n");
    let (one, two) = (key(&host, "monitor", None), key(&host, "monitor", None));
    block_on(async {
        let open = |key: String| {
            let url = host.url().to_owned();
            async move { sse::open(&url, &key, STREAM, &[]).await }
        };
        let first = open(one.clone()).await.unwrap();
        let _second = open(one.clone()).await.unwrap();
        assert_eq!(open(one.clone()).await.unwrap_err(), 503, "two with one key");
        let _third = open(two.clone()).await.unwrap();
        let refused = host.call(&two, "GET", STREAM, &[], b"");
        let problem = refused.json();
        assert_eq!((refused.status, &problem["type"]), (503, &json!("urn:qadam:problem:too-many-streams")));
        assert_eq!((&problem["limit"], &problem["actual"]), (&json!(3), &json!(3)));
        assert!(refused.headers["retry-after"].parse::<u64>().unwrap() > 0);
        drop(first);
        while open(two.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    });
}

/// Opens a stream and takes nothing of it.
fn sleeper(host: &Program, key: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    write!(stream, "GET {STREAM} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n").unwrap();
    stream
}

fn metric(host: &Program, line: &str) -> bool {
    let text = host.call(&host.operator(), "GET", "/metrics", &[], b"").body;
    String::from_utf8_lossy(&text).lines().any(|found| found == line)
}

/// Enough events that they fit into no buffer between host and reader.
const MANY: usize = 6000;

#[test]
fn a_reader_that_takes_nothing_delays_nobody_and_gets_everything_once_it_does() {
    let host = host("");
    let monitor = key(&host, "monitor", None);
    let mut slow = sleeper(&host, &monitor);
    host.until(|host| metric(host, "qadam_stream_readers 1"));
    send(&host, 0..MANY);
    let numbers: Vec<String> = block_on(async {
        let mut quick = sse::open(host.url(), &monitor, STREAM, &[]).await.unwrap();
        quick.events(MANY).await.iter().map(|(id, _)| id.clone()).collect()
    });
    let mut read = String::new();
    let mut buffer = vec![0; 1 << 16];
    while read.matches("\nid: ").count() < MANY || !read.ends_with("\n\n\r\n") {
        let count = slow.read(&mut buffer).unwrap();
        assert!(count > 0, "it was cut off");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let ids: Vec<&str> = read.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, numbers);
}

#[test]
fn a_reader_that_takes_nothing_for_too_long_is_cut_off_and_its_place_is_free() {
    let host = host("[api]\nwrite-seconds = 1\nstreams = 1\n");
    let monitor = key(&host, "monitor", None);
    send(&host, 0..MANY);
    let slow = sleeper(&host, &monitor);
    host.until(|host| metric(host, "qadam_stream_readers 1"));
    host.until(|host| metric(host, "qadam_stream_readers 0"));
    drop(slow);
    block_on(async { assert!(sse::open(host.url(), &monitor, STREAM, &[]).await.is_ok()) });
}

#[test]
fn streams_end_in_order_when_the_host_stops_and_do_not_delay_it() {
    let mut host = host("");
    let monitor = key(&host, "monitor", None);
    send(&host, 0..3);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = runtime.block_on(sse::open(host.url(), &monitor, STREAM, &[])).unwrap();
        runtime.block_on(stream.events(3));
        streams.push(runtime.spawn(async move { while stream.block().await.is_some() {} }));
    }
    host.stop();
    runtime.block_on(async {
        for ended in join_all(streams).await {
            ended.unwrap();
        }
    });
    assert!(!host.log().contains("did not end in time"), "{}", host.log());
}

#[test]
fn a_stream_ends_when_its_key_is_revoked() {
    let host = host("[api]\nheartbeat-seconds = 1\n");
    let own = key(&host, "monitor", None);
    block_on(async {
        let mut stream = sse::open(host.url(), &own, STREAM, &[]).await.unwrap();
        let data = host.data();
        assert!(host.run(&["key", "revoke", "monitor-1", "--data", data.to_str().unwrap()]).status.success());
        while stream.block().await.is_some() {}
    });
}

#[test]
fn a_cursor_that_is_none_or_of_another_journal_is_refused() {
    let host = host("");
    let monitor = key(&host, "monitor", None);
    send(&host, 0..3);
    let ask = |path: &str, headers: &[(&str, &str)]| {
        let answer = host.call(&monitor, "GET", path, headers, b"");
        (answer.status, answer.json()["type"].as_str().unwrap().to_owned())
    };
    let problem = |name: &str| format!("urn:qadam:problem:{name}");
    assert_eq!(ask(&format!("{STREAM}?after=x"), &[]), (400, problem("cursor")));
    assert_eq!(ask(STREAM, &[("last-event-id", "evt_1")]), (400, problem("cursor")));
    assert_eq!(ask(&format!("{STREAM}?befor=x"), &[]), (400, problem("query")));
    let event = listed(&host, &monitor)[0]["id"].as_str().unwrap().to_owned();
    let id: qadam_domain::EventId = event.parse().unwrap();
    for other in [
        qadam_domain::ids::Cursor { epoch: id.epoch + 1, seq: id.seq, index: 0 },
        qadam_domain::ids::Cursor { epoch: id.epoch, seq: id.seq + 1_000_000, index: 0 },
    ] {
        assert_eq!(ask(&format!("{STREAM}?after={other}"), &[]), (410, problem("unknown-cursor")));
    }
}
