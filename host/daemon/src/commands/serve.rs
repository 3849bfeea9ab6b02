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
    host::{ADDRESS, Host, Options, bind},
    keys::private,
    terminal::say,
};

pub(crate) async fn run(serve: Serve) -> Result<(), Failure> {
    let config = match &serve.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    let listen = serve.listen.or(config.listen).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8640)));
    if !listen.ip().is_loopback() && !serve.behind_proxy {
        return Err(Failure::Use(format!(
            "{listen} is reachable from other machines, and keys and personal data would cross the net in the clear: put a \
             proxy with TLS in front and say --behind-proxy, or listen on 127.0.0.1"
        )));
    }
    if serve.check_config {
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
    let url = format!("http://{}", listener.local_addr()?);
    let Serve { data, adapters, allow_unsigned, .. } = serve;
    let compiler = Some(own_program());
    let options = Options { data, listen, adapters, allow_unsigned, compiler, config };
    let host = {
        let options = options.clone();
        tokio::task::spawn_blocking(move || Host::open(&options)).await??
    };
    private(&options.data.join(ADDRESS), url.as_bytes())?;
    say(format!("qadam listens on {url}"));
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("the host stops");
    };
    host.serve(listener, stop).await;
    let _ = std::fs::remove_file(options.data.join(ADDRESS));
    Ok(())
}
