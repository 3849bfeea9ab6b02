//! `qadam receive`: a reference receiver of messages.

use std::{
    io::IsTerminal as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use qadam_evidence::{Certificate, Key, Signer};
use qadam_monitor::{
    ApiLimits,
    serve::serve_over,
    tls::{Looked, Tls, TlsFiles},
};
use qadam_receiver::{Gateway, GatewayOptions, Options, Receiver};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    cli::Failure,
    host::{LOOK, bind},
    terminal::say,
    wall_clock,
};

/// A receiver.
#[derive(Debug, Args)]
pub(crate) struct Receive {
    /// Where to listen
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// The folder that keeps what was received, made if it is not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Certificates by which seals and time-stamps are trusted, PEM; without any it is not asked whose they are
    #[arg(long, value_name = "CA.pem")]
    trust: Vec<PathBuf>,
    /// Key for TLS, PEM
    #[arg(long, value_name = "FILE", requires = "certificates")]
    key: Option<PathBuf>,
    /// Its certificates, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    certificates: Option<PathBuf>,
    /// Let in only those whose TLS certificate leads to one of these, PEM
    #[arg(long, value_name = "CA.pem", requires = "key")]
    clients: Option<PathBuf>,
    /// Sign receipts: PEM files that hold together a key and its certificates
    #[arg(long, value_name = "FILE")]
    sign: Vec<PathBuf>,
    /// Its name in receipts
    #[arg(long, default_value = "receiver", value_name = "NAME")]
    name: String,
    /// A proxy in front does TLS: listen beyond loopback without it
    #[arg(long)]
    behind_proxy: bool,
}

pub(crate) async fn run(receive: Receive) -> Result<(), Failure> {
    let Receive { listen, data, trust, key, certificates, clients, sign, name, behind_proxy } = receive;
    let tls = match (&key, &certificates) {
        (Some(key), Some(certificates)) => {
            let files = TlsFiles { certificates: certificates.clone(), key: key.clone(), clients };
            Some(Arc::new(Tls::open(files)?))
        }
        _ => None,
    };
    if !listen.ip().is_loopback() && tls.is_none() && !behind_proxy {
        return Err(Failure::Use(format!(
            "{listen} is reachable from other machines, and personal data would cross the net in the clear: give --key and \
             --certificates, put a proxy with TLS in front and say --behind-proxy, or listen on 127.0.0.1"
        )));
    }
    let mut roots = Vec::new();
    for file in &trust {
        let certificates = Certificate::parse_pem(&text(file)?);
        roots.extend(certificates.map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?);
    }
    let filter = EnvFilter::try_from_env("QADAM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let signer = signer(&sign)?;
    let options = Options { data, name, trust: roots, signer, clock: wall_clock };
    let receiver = Arc::new(tokio::task::spawn_blocking(move || Receiver::open(options)).await??);
    let listener = bind(listen).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    say(format!("qadam receives on {scheme}://{}/messages", listener.local_addr()?));
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("the receiver stops");
    };
    // The gateway's channel stands beside it: what comes by either is known to both.
    let gateway = Gateway::new(Arc::clone(&receiver), GatewayOptions::default());
    let router = receiver.router().merge(gateway.router());
    let renewing = tls.clone().map(|tls| tokio::spawn(renew(tls)));
    let limits = ApiLimits { header_seconds: 30, connections: 1024, ..ApiLimits::default() };
    serve_over(listener, router, &limits, tls, stop).await;
    if let Some(task) = renewing {
        task.abort();
    }
    Ok(())
}

/// Looks now and then whether the certificates were renewed.
async fn renew(tls: Arc<Tls>) {
    loop {
        tokio::time::sleep(LOOK).await;
        match tls.look() {
            Looked::Same => {}
            Looked::Renewed => tracing::info!("the renewed certificate serves"),
            Looked::Wrong(error) => {
                tracing::error!(%error, "the renewed certificate cannot be used; the one before serves")
            }
        }
    }
}

fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))
}

/// The key in these files, with its certificates.
fn signer(files: &[PathBuf]) -> Result<Option<Arc<dyn Signer>>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let texts: Vec<String> = files.iter().map(|file| text(file)).collect::<Result<_, _>>()?;
    let all = texts.join("\n");
    let key = Key::from_pem(&all, &all).map_err(|error| Failure::Failed(format!("--sign: {error}")))?;
    Ok(Some(Arc::new(key)))
}
