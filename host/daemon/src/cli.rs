//! The command line. Exit codes: 0 success, 1 failure, 64 wrong use.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use qadam_domain::ProviderId;

use crate::commands::{self, adapters, author, commission, remap};

/// Watches how public services are rendered: native records in, normalised stages out.
#[derive(Debug, Parser)]
#[command(name = "qadam", version, about, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the main job on sample records, from building the adapters to the stages of each request
    Demo(Demo),
    /// Run the host
    Serve(Serve),
    /// Send records to a host and tell what became of them
    Submit(commands::submit::Submit),
    /// Tell what is wrong with a host, since when, whom it affects, and the next command to type
    Status(commands::status::Status),
    /// Look requests up
    #[command(subcommand)]
    Request(Request),
    /// Show the record of acts: who did or saw what, and why
    Acts(commands::acts::Acts),
    /// Show everything that anybody did to a host or through it: who, when, why
    Audit(commands::audit::Audit),
    /// The monthly report (452-12), as of now or of any earlier day
    Report(commands::report::Report),
    /// The passports of services: codes, terms, how they are counted
    #[command(subcommand)]
    Service(commands::service::Service),
    /// The working days
    #[command(subcommand)]
    Calendar(commands::calendar::Calendar),
    /// Outages of systems
    #[command(subcommand)]
    Outage(commands::outage::Outage),
    /// The rules by which a breach is attributed, and the systems whose outages are technical reasons
    #[command(subcommand)]
    Rules(commands::rules::Rules),
    /// The adapters of a host
    #[command(subcommand)]
    Adapter(Adapter),
    /// The queue of delivery: what waits for whom, why, and what to do about it
    #[command(subcommand)]
    Queue(commands::queue::Queue),
    /// Proofs of single events: fetch one, verify one with nothing but the authorities' certificates
    #[command(subcommand)]
    Evidence(commands::evidence::Evidence),
    /// Run a receiver of messages: checks, stores and deduplicates them, and answers with receipts
    Receive(commands::receive::Receive),
    /// The keys of a host's API
    #[command(subcommand)]
    Key(commands::key::Key),
    /// Compile a component in a process of its own, for a host
    #[command(hide = true)]
    CompileComponent(commands::compile::Compile),
    /// Copy a host's data folder while it runs
    Backup(commands::backup::Make),
    /// Make a data folder of a backup
    Restore(commands::restore::Restore),
    /// Check a stopped host's data folder (every entry of the journal, the index against a rebuilt one), or a backup
    Check(commands::check::Check),
}

/// Which host, and with which key.
#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// URL of the host; default: that of --data, else http://127.0.0.1:8640
    #[arg(long, value_name = "URL")]
    pub(crate) host: Option<String>,
    /// Authorities that issue the certificate of an https:// host, PEM; default: public ones
    #[arg(long, value_name = "FILE", env = "QADAM_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Data folder of a host on this machine: tells its URL and the operator's key
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The key
    #[arg(long, env = "QADAM_KEY", hide_env_values = true, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End with one JSON object on one line
    #[arg(long)]
    pub(crate) json: bool,
    /// Records of `permits`, `education` (one a line) or `table` (CSV) instead of the samples; gzip or not
    #[arg(long, value_name = "PROVIDER=FILE[.gz]")]
    pub(crate) input: Vec<String>,
    /// Write the evidence of one event there, and ca.pem, by which it is verified, beside it
    #[arg(long, value_name = "FILE.zip")]
    pub(crate) evidence: Option<std::path::PathBuf>,
    /// Leave the host running and its data folder where it is
    #[arg(long)]
    pub(crate) keep: bool,
    /// Language of the stages
    #[arg(long, default_value = "en")]
    pub(crate) lang: Lang,
}

/// A language of people's views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// Kazakh
    Kk,
    /// Russian
    Ru,
    /// English
    #[default]
    En,
}

impl Lang {
    /// Its code.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The data folder, made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where to listen [default: 127.0.0.1:8640]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Folder of adapters, PROVIDER.wasm, looked at every two seconds: what is new there serves
    #[arg(long, value_name = "DIR")]
    pub(crate) adapters: Option<PathBuf>,
    /// Put components to work that nobody signed
    #[arg(long)]
    pub(crate) allow_unsigned: bool,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Check the configuration and stop
    #[arg(long)]
    pub(crate) check_config: bool,
    /// A proxy in front does TLS: listen beyond loopback without it
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Certificates for TLS, PEM, the host's own first; renewed files serve without a restart
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// Show a request with its history
    Show(RequestShow),
    /// Find the requests of a recipient, or those that are overdue
    Find(RequestFind),
    /// Contest the verdict on a request whose term was missed
    Contest(commands::request::Contest),
}

#[derive(Debug, Args)]
pub(crate) struct RequestShow {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Id, or PROVIDER/NUMBER
    pub(crate) id: String,
    /// Show it whole, for this purpose; who asked and what for goes into the record of acts
    #[arg(long, value_name = "TEXT")]
    pub(crate) purpose: Option<String>,
    /// In a few sentences, to be read out on the telephone
    #[arg(long, conflicts_with_all = ["json", "purpose"])]
    pub(crate) text: bool,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of stages and fields
    #[arg(long, default_value = "en")]
    pub(crate) lang: Lang,
}

#[derive(Debug, Args)]
pub(crate) struct RequestFind {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Read the IIN or BIN from standard input, so that it stands in no command line or history
    #[arg(long, required_unless_present = "overdue", conflicts_with = "overdue")]
    pub(crate) iin_stdin: bool,
    /// Open requests whose computed planned date is past, the longest first
    #[arg(long)]
    pub(crate) overdue: bool,
    /// Of one provider, with --overdue
    #[arg(long, value_name = "ID", requires = "overdue")]
    pub(crate) provider: Option<ProviderId>,
    /// Each in a few sentences, to be read out on the telephone
    #[arg(long, conflicts_with = "json")]
    pub(crate) text: bool,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of stages
    #[arg(long, default_value = "en")]
    pub(crate) lang: Lang,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    /// Begin an adapter: a package that builds, passes its tests, and is to be changed
    New(author::new::New),
    /// Build an adapter's package into a component
    Build(author::build::Build),
    /// Run an adapter's golden records in the engine of the host, against what is expected of them
    Test(author::test::Test),
    /// Measure an adapter on its golden records, in the engine of the host
    Bench(author::bench::Bench),
    /// Build and test an adapter whenever a file of it is saved, and put it to work in a running host
    Dev(author::dev::Dev),
    /// The keys that sign packages
    #[command(subcommand)]
    Key(commands::package::key::SignKey),
    /// Make a package: one signed file with component, manifest, list of parts and golden records
    Pack(commands::package::pack::Pack),
    /// Show what is in a package, who signed it, and whether a trust store takes it
    Inspect(commands::package::inspect::Inspect),
    /// Take a package onto a provider's test stand and test it; or put a component that nobody signed to work, where the host
    /// allows that
    Load(adapters::Load),
    /// Let the package on the test stand map live records beside what serves; compare, and throw away
    Pilot(commission::Pilot),
    /// Put the package on the test stand to work
    Promote(commission::Promote),
    /// Take a package out of use for good
    Retire(commission::Retire),
    /// Show the steps of a provider's packages: who, when, why, and what came of it
    History(commission::History),
    /// Bring back the adapter before the one that serves
    Rollback(adapters::Change),
    /// Take an adapter out of service; its records wait
    Unload(adapters::Change),
    /// Load an adapter with its settings as a host would, and show what a sample becomes
    Check(commands::adapter_check::Check),
    /// List the adapters in service
    List(AdapterList),
    /// Show what an adapter took since it was loaded, and how it failed last, with the names of the functions
    Show(commands::inspect::Show),
    /// Run one record of the journal through an adapter once more, or through a component to be tried, and tell all of it
    Replay(commands::inspect::Replay),
    /// Let a suspended adapter work again
    Resume(AdapterResume),
    /// Map past records of a provider again: first what would differ, then, with --apply, as one recorded act
    Remap(remap::Remap),
}

#[derive(Debug, Args)]
pub(crate) struct AdapterList {
    #[command(flatten)]
    pub(crate) target: Target,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdapterResume {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Whose adapter
    #[arg(long, value_name = "ID")]
    pub(crate) provider: ProviderId,
    /// Why, for the record of acts
    #[arg(long)]
    pub(crate) why: String,
}

/// What a command ends with.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was used wrongly.
    Use(String),
    /// It failed.
    Failed(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        Self::Failed(text)
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS };
        }
    };
    let done = match cli.command {
        // Before any thread is started: its limits are the whole process's.
        Command::CompileComponent(compile) => commands::compile::run(compile),
        command => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::from)
            .and_then(|runtime| runtime.block_on(run(command))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Use(text)) => {
            crate::terminal::complain(&text);
            ExitCode::from(64)
        }
        Err(Failure::Failed(text)) => {
            crate::terminal::complain(&text);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(demo) => commands::demo::run(demo).await,
        Command::Serve(serve) => commands::serve::run(serve).await,
        Command::Submit(submit) => commands::submit::run(submit).await,
        Command::Request(Request::Show(show)) => commands::request::show(show).await,
        Command::Request(Request::Find(find)) => commands::request::find(find).await,
        Command::Request(Request::Contest(contest)) => commands::request::contest(contest).await,
        Command::Status(status) => commands::status::run(status).await,
        Command::Acts(acts) => commands::acts::run(acts).await,
        Command::Audit(audit) => commands::audit::run(audit).await,
        Command::Report(report) => commands::report::run(report).await,
        Command::Service(service) => commands::service::run(service).await,
        Command::Calendar(calendar) => commands::calendar::run(calendar).await,
        Command::Outage(outage) => commands::outage::run(outage).await,
        Command::Rules(rules) => commands::rules::run(rules).await,
        Command::Adapter(adapter) => commands::adapter::run(adapter).await,
        Command::Queue(queue) => commands::queue::run(queue).await,
        Command::Evidence(evidence) => commands::evidence::run(evidence).await,
        Command::Receive(receive) => commands::receive::run(receive).await,
        Command::Key(key) => commands::key::run(key),
        Command::CompileComponent(compile) => commands::compile::run(compile),
        Command::Backup(backup) => commands::backup::run(backup).await,
        Command::Restore(restore) => commands::restore::run(restore).await,
        Command::Check(check) => commands::check::run(&check),
    }
}
