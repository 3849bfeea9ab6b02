//! `qadam serve`: the host itself.

use std::{
    io::IsTerminal as _,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    cli::{Failure, Serve},
    commands::compile::own_program,
    config::Config,
    edge::{Edge, may_listen},
    host::{Host, Options, bind},
    notify::State,
    terminal::say,
};

pub(crate) async fn run(serve: Serve) -> Result<(), Failure> {
    let mut config = match &serve.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    let listen = serve.listen.or(config.listen).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8640)));
    if serve.tls_cert.is_some() {
        (config.tls.certificate, config.tls.key) = (serve.tls_cert, serve.tls_key);
    }
    let files = config.tls.files().map_err(|why| Failure::Use(why.to_owned()))?;
    may_listen(listen, files.is_some(), serve.behind_proxy).map_err(Failure::Use)?;
    if serve.check_config {
        Edge::open(files)?;
        say("the configuration is right");
        return Ok(());
    }
    let filter = EnvFilter::try_from_env("QADAM_LOG").unwrap_or_else(|_| EnvFilter::new("info,sled=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = bind(listen).await?;
    let Serve { data, adapters, allow_unsigned, .. } = serve;
    let compiler = Some(own_program());
    let options = Options { data, listen, adapters, allow_unsigned, compiler, config };
    let host = {
        let options = options.clone();
        tokio::task::spawn_blocking(move || Host::open(&options)).await??
    };
    let url = host.edge.url(listener.local_addr()?);
    host.edge.announce(&options.data, &url)?;
    say(format!("qadam listens on {url}"));
    State::Ready.tell();
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("the host stops");
        State::Stopping.tell();
    };
    host.serve(listener, stop).await;
    Edge::leave(&options.data);
    Ok(())
}
