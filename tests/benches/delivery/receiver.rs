//! The reference receiver in a process of its own: this program, started again.

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use jiff::SignedDuration;
use qadam_clients::{Push, PushSettings};
use qadam_receiver::{Options, Receiver};

use crate::Failure;

/// The argument that makes this program a receiver.
pub(crate) const MODE: &str = "--receive";

/// A receiver that has nothing yet. Dropped, it is killed.
pub(crate) struct Receiving {
    child: Child,
    url: String,
}

impl Receiving {
    /// On a folder of its own.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let _ = std::fs::remove_dir_all(folder);
        let mut child = Command::new(std::env::current_exe()?).arg(MODE).arg(folder).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        Ok(Self { child, url: url.trim().to_owned() })
    }

    /// The host's client for it.
    pub(crate) fn push(&self) -> Result<Arc<Push>, Failure> {
        let settings = PushSettings {
            url: self.url.clone(),
            roots: None,
            client_key: None,
            client_certificates: None,
            bearer_file: None,
            timeout: SignedDuration::from_secs(60),
            receipts: Default::default(),
        };
        Ok(Arc::new(Push::new(&settings, Arc::new(qadam::wall_clock))?))
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Receives until it is killed.
#[expect(clippy::print_stdout, reason = "the address is the answer")]
pub(crate) fn run(folder: &Path) -> Result<(), Failure> {
    let options = Options {
        data: folder.to_owned(),
        name: "bench".to_owned(),
        trust: Vec::new(),
        signer: None,
        clock: qadam::wall_clock,
    };
    let receiver = Arc::new(Receiver::open(options)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("http://{}/messages", listener.local_addr()?);
        axum::serve(listener, receiver.router()).await?;
        Ok(())
    })
}
