//! `qadam demo`: the main job from end to end, with the real parts: the adapter is built, a host is started on a free port
//! with a temporary folder, records are sent over HTTP, and what became of them is shown.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use qadam_clients::Host;
use qadam_domain::{Anomaly, Stage};
use qadam_guest_build::{Guest, Progress};
use serde_json::{Map, Value, json};

use super::submit::{Cut, Job, Outcome};
use crate::{
    cli::{Demo, Failure},
    host::OPERATOR_KEY,
    show::{self, text},
    terminal::{note, say, table},
};

/// A provider of the demo.
struct Source {
    provider: &'static str,
    package: &'static str,
    sample: &'static [u8],
    settings: &'static str,
}

const SOURCES: [Source; 1] = [Source {
    provider: "permits",
    package: "permits-xes",
    sample: include_bytes!("../../../../plugins/permits-xes/samples/permits.xml-lines"),
    settings: "service-name = \"Environmental permit (receipt phase)\"",
}];

/// Requests shown with their stages.
const SHOWN: usize = 3;

pub(crate) async fn run(demo: Demo) -> Result<(), Failure> {
    let inputs = inputs(&demo.input)?;
    let folder = tempfile::Builder::new().prefix("qadam-demo-").tempdir()?;
    let work: Vec<(&Source, PathBuf)> = prepare(folder.path(), &inputs).await?;
    let mut host = Running::start(folder.path())?;
    let key = std::fs::read_to_string(folder.path().join("data").join(OPERATOR_KEY))?;
    let client = Host::at(&host.url, &key)?;
    let mut outcome = Outcome::default();
    for (source, file) in &work {
        note(format!("sending {} to {}", file.display(), host.url));
        let provider = source.provider.parse()?;
        let patience = Some(Duration::from_secs(120));
        let job = Job {
            host: &client,
            provider: &provider,
            cut: Some(Cut::Lines),
            content_type: Some("application/xml"),
            patience,
        };
        let one = job.send(std::slice::from_ref(file)).await?;
        outcome.received += one.received;
        outcome.accepted += one.accepted;
        outcome.duplicates += one.duplicates;
        outcome.pending += one.pending;
        outcome.refused.extend(one.refused);
        outcome.quarantined.extend(one.quarantined);
    }
    let summary: Vec<Value> = client.get("/v1/summary").await?;
    let report = report(&outcome, &summary);
    if demo.json {
        say(report.to_string());
    } else {
        tell(&client, &outcome, &report, &demo).await?;
    }
    if demo.keep {
        host.keep();
        let kept = folder.keep();
        note(format!(
            "the host goes on at {}, process {}; its data are in {}\nlook around: qadam request show permits/NUMBER --data {}\nend it with: kill {}",
            host.url,
            host.child.id(),
            kept.display(),
            kept.join("data").display(),
            host.child.id(),
        ));
    } else {
        host.stop()?;
    }
    if outcome.pending > 0 {
        return Err(Failure::Failed(format!("{} records were not mapped", outcome.pending)));
    }
    Ok(())
}

/// The files to send, by provider; none takes the samples.
fn inputs(named: &[String]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut inputs = BTreeMap::new();
    for input in named {
        let known = SOURCES.map(|source| source.provider).join(", ");
        let wrong = || Failure::Use(format!("--input {input}: expected PROVIDER=FILE, with PROVIDER one of {known}"));
        let (provider, file) = input.split_once('=').ok_or_else(wrong)?;
        if !SOURCES.iter().any(|source| source.provider == provider) {
            return Err(wrong());
        }
        let file = PathBuf::from(file);
        if !file.is_file() {
            return Err(Failure::Failed(format!("--input {input}: there is no such file")));
        }
        inputs.insert(provider.to_owned(), file);
    }
    Ok(inputs)
}

/// Builds the adapters, writes configuration and samples.
async fn prepare(
    folder: &Path,
    inputs: &BTreeMap<String, PathBuf>,
) -> Result<Vec<(&'static Source, PathBuf)>, Failure> {
    let adapters = folder.join("adapters");
    std::fs::create_dir_all(&adapters)?;
    let mut config = String::from("[store]\nsegment-mib = 64\n");
    let mut work = Vec::new();
    for source in &SOURCES {
        let file = match inputs.get(source.provider) {
            Some(file) => file.clone(),
            None if inputs.is_empty() => {
                let sample = folder.join(format!("{}.sample", source.provider));
                std::fs::write(&sample, source.sample)?;
                sample
            }
            None => continue,
        };
        let guest = Guest::new(workspace()?, source.package).output(adapters.join(format!("{}.wasm", source.provider)));
        let tell = |progress: Progress<'_>| note(progress.to_string());
        tokio::task::spawn_blocking(move || guest.build(&mut { tell })).await??;
        let provider = source.provider;
        config.push_str(&format!("[providers.{provider}.settings]\n{}\n", source.settings));
        work.push((source, file));
    }
    std::fs::write(folder.join("qadam.toml"), config)?;
    Ok(work)
}

/// The folder of the sources, which the adapters are built from: cargo says where, else we look upwards.
fn workspace() -> Result<PathBuf, Failure> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let start = here.map_or_else(std::env::current_dir, Ok)?;
    let found = start.ancestors().find(|folder| folder.join("plugins/permits-xes/Cargo.toml").is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        Failure::Failed("the demo builds its adapters from the project's sources: run it there, as `cargo demo`".into())
    })
}

/// The host of the demo, a process of its own.
struct Running {
    child: Child,
    url: String,
    kept: bool,
}

impl Running {
    fn start(folder: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--allow-unsigned", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .arg("--adapters")
            .arg(folder.join("adapters"))
            .arg("--config")
            .arg(folder.join("qadam.toml"))
            .env("QADAM_LOG", std::env::var("QADAM_LOG").unwrap_or_else(|_| "warn".into()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        let running = Self { child, url, kept: false };
        if running.url.starts_with("http://") {
            Ok(running)
        } else {
            Err(Failure::Failed("the host did not start; its last words are above".into()))
        }
    }

    const fn keep(&mut self) {
        self.kept = true;
    }

    /// Asks it to stop, and waits.
    fn stop(mut self) -> Result<(), Failure> {
        self.kept = true;
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.kept {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The object that `--json` ends with.
fn report(outcome: &Outcome, summary: &[Value]) -> Value {
    let sum = |group: &str, name: &str| -> i64 {
        let count = |summary: &Value| summary.get(group)?.get(name)?.as_i64();
        summary.iter().filter_map(count).sum()
    };
    let stages: Map<String, Value> =
        Stage::ALL.iter().map(|stage| (stage.name().to_owned(), sum("stages", stage.name()).into())).collect();
    let named = |group: &str| -> Map<String, Value> {
        let counts = Anomaly::ALL.iter().map(|anomaly| (anomaly.name(), sum(group, anomaly.name())));
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count.into())).collect()
    };
    json!({
        "received": outcome.received,
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "refused": outcome.refused,
        "quarantined": outcome.quarantined,
        "pending": outcome.pending,
        "requests": {
            "open": sum("requests", "open"),
            "closed": sum("requests", "closed"),
            "incomplete": sum("requests", "incomplete"),
        },
        "stages": stages,
        "anomalies": named("anomalies"),
        "anomalous_requests": named("anomalous_requests"),
    })
}

/// The same for people, with a few requests.
async fn tell(client: &Host, outcome: &Outcome, report: &Value, demo: &Demo) -> Result<(), Failure> {
    super::submit::lines(outcome).into_iter().for_each(say);
    say("\nEvents by stage (452-6)");
    let count = |path: &str| report.pointer(path).map(Value::to_string).unwrap_or_default();
    let rows: Vec<Vec<String>> = Stage::ALL
        .iter()
        .map(|stage| {
            let words = show::word(qadam_domain::labels::stage(*stage), demo.lang).to_owned();
            vec![format!("  {}", stage.number()), words, count(&format!("/stages/{}", stage.name()))]
        })
        .collect();
    table(&rows).into_iter().for_each(say);
    say(format!(
        "\nRequests: {} open, {} closed; {} incomplete",
        count("/requests/open"),
        count("/requests/closed"),
        count("/requests/incomplete")
    ));
    let anomalies = report.get("anomalies").and_then(Value::as_object).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = anomalies
        .iter()
        .map(|(name, events)| {
            let requests = count(&format!("/anomalous_requests/{name}"));
            vec![format!("  {name}"), format!("{events} events in {requests} requests")]
        })
        .collect();
    say("\nAnomalies, kept and named");
    table(&rows).into_iter().for_each(say);
    say("");
    for request in chosen(client).await? {
        show::stages(&request, demo.lang).into_iter().for_each(say);
    }
    Ok(())
}

/// A few requests: one with as many stages as any, one that is open, one more.
async fn chosen(client: &Host) -> Result<Vec<Value>, Failure> {
    let page: Value = client.get("/v1/requests?limit=200").await?;
    let mut requests = Vec::new();
    for request in page.get("items").and_then(Value::as_array).into_iter().flatten() {
        requests.push(client.get::<Value>(&format!("/v1/requests/{}", text(request, "id"))).await?);
    }
    let stages = |request: &Value| {
        let history = request.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut stages: Vec<String> =
            history.iter().map(|event| text(event, "stage")).filter(|s| !s.is_empty()).collect();
        stages.sort();
        stages.dedup();
        stages.len()
    };
    requests.sort_by_key(|request| std::cmp::Reverse(stages(request)));
    let open = requests.iter().position(|request| request.get("closed") == Some(&Value::Bool(false)));
    if let Some(open) = open.filter(|open| *open >= SHOWN) {
        let request = requests.remove(open);
        requests.insert(1, request);
    }
    requests.truncate(SHOWN);
    Ok(requests)
}
