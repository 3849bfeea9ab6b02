//! PostgreSQL 15 as it comes (fsync and synchronous commit on), one insert a request into a table with the three indexes
//! that intake needs too: the digest by which a resend is known, the order of receipt, the identification number.

use std::{
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use qadam_monitor::ports::{PortError, Submission};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls, Statement};

use crate::{
    Failure,
    rival::{self, Sink},
    served::Served,
};

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

const TABLE: &str = "
    CREATE TABLE record (
        seq bigint GENERATED ALWAYS AS IDENTITY, provider text NOT NULL, sender text NOT NULL, content_type text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(), digest bytea NOT NULL, number text, body bytea NOT NULL);
    CREATE UNIQUE INDEX ON record (provider, digest);
    CREATE UNIQUE INDEX ON record (provider, seq);
    CREATE INDEX ON record (number);";

const INSERT: &str = "
    INSERT INTO record (provider, sender, content_type, digest, number, body)
    VALUES ($1, $2, $3, sha256($5), $4, $5) ON CONFLICT (provider, digest) DO NOTHING RETURNING seq";

const KNOWN: &str = "SELECT seq FROM record WHERE provider = $1 AND digest = sha256($2)";

/// A server of our own, with a folder of its own. Dropped, it is stopped.
pub(crate) struct Cluster {
    server: Child,
    sockets: PathBuf,
}

impl Cluster {
    /// Starts one; none where PostgreSQL is not installed.
    pub(crate) fn start(folder: &Path) -> Result<Option<Self>, Failure> {
        if !Path::new(PROGRAMS).join("initdb").is_file() {
            return Ok(None);
        }
        std::fs::create_dir(folder)?;
        // It refuses to run as root, and has a user of its own then, who must reach its folder.
        let user = if geteuid().is_root() { Some((id("-u")?, id("-g")?)) } else { None };
        if let Some((user, group)) = user {
            chown(folder, Some(user), Some(group))?;
            for above in folder.ancestors().skip(1).take_while(|above| *above != Path::new("/")) {
                let mut permissions = std::fs::metadata(above)?.permissions();
                let mode = std::os::unix::fs::PermissionsExt::mode(&permissions);
                if mode & 0o001 == 0 {
                    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, mode | 0o011);
                    std::fs::set_permissions(above, permissions)?;
                }
            }
        }
        let program = |name: &str| {
            let mut command = Command::new(Path::new(PROGRAMS).join(name));
            if let Some((user, group)) = user {
                command.uid(user).gid(group);
            }
            command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let data = folder.join("data");
        let made =
            program("initdb").args(["--auth=trust", "--username=bench", "--locale=C", "-D"]).arg(&data).status()?;
        if !made.success() {
            return Err(format!("initdb ended with {made}").into());
        }
        // A socket's path must be short.
        let sockets = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp")?.keep();
        if let Some((user, group)) = user {
            chown(&sockets, Some(user), Some(group))?;
        }
        let server = program("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses="])
            .arg("-k")
            .arg(&sockets)
            .spawn()?;
        let cluster = Self { server, sockets };
        Handle::try_current()?.block_on(cluster.prepare())?;
        Ok(Some(cluster))
    }

    async fn prepare(&self) -> Result<(), Failure> {
        let mut patience = 0;
        let client = loop {
            match self.connect().await {
                Ok(client) => break client,
                Err(error) if patience > 300 => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            patience += 1;
        };
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value: String = client.query_one(&format!("SHOW {setting}"), &[]).await?.get(0);
            if value != "on" {
                return Err(format!("PostgreSQL's {setting} is {value}").into());
            }
        }
        Ok(client.batch_execute(TABLE).await?)
    }

    async fn connect(&self) -> Result<Client, Failure> {
        let mut config = tokio_postgres::Config::new();
        config.host_path(&self.sockets).user("bench").dbname("postgres");
        let (client, connection) = config.connect(NoTls).await?;
        drop(tokio::spawn(connection));
        Ok(client)
    }

    /// The host's API over this server, with that number of connections at which it is fastest.
    pub(crate) fn pools(
        &self,
        sizes: &[usize],
        rate: impl Fn(&Served) -> Result<f64, Failure>,
    ) -> Result<Served, Failure> {
        let mut best: Option<(f64, Served)> = None;
        for size in sizes {
            let pool = Handle::try_current()?.block_on(self.pool(*size))?;
            let served = Served::start(rival::over(pool), format!("PostgreSQL, {size} connections"))?;
            rate(&served)?;
            rustix::fs::sync();
            let rate = rate(&served)?;
            if best.as_ref().is_none_or(|(best, _)| rate > *best) {
                best = Some((rate, served));
            }
        }
        best.map(|(_, served)| served).ok_or_else(|| "no pool to try".into())
    }

    async fn pool(&self, size: usize) -> Result<Pool, Failure> {
        let mut connections = Vec::with_capacity(size);
        for _ in 0..size {
            let client = self.connect().await?;
            let (insert, known) = (client.prepare(INSERT).await?, client.prepare(KNOWN).await?);
            connections.push(Connection { client, insert, known });
        }
        Ok(Pool { connections, next: AtomicUsize::new(0) })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.server.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::INT);
        }
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.sockets);
    }
}

/// A number of the user `postgres`.
fn id(which: &str) -> Result<u32, Failure> {
    let out = Command::new("id").args([which, "postgres"]).output()?;
    Ok(String::from_utf8(out.stdout)?.trim().parse()?)
}

struct Connection {
    client: Client,
    insert: Statement,
    known: Statement,
}

struct Pool {
    connections: Vec<Connection>,
    next: AtomicUsize,
}

impl Sink for Pool {
    fn keep<'a>(&'a self, submission: &'a Submission, body: Bytes) -> BoxFuture<'a, Result<(u64, bool), PortError>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        Box::pin(async move {
            let kept = match self.connections.get(turn) {
                Some(connection) => connection.keep(submission, &body).await,
                None => Err("no connection".into()),
            };
            kept.map_err(|error| PortError::Internal(error.to_string()))
        })
    }
}

impl Connection {
    async fn keep(&self, submission: &Submission, body: &[u8]) -> Result<(u64, bool), Failure> {
        let provider = submission.provider.as_str();
        let kind = submission.records.first().map_or("", |record| record.content_type.as_str());
        let number = number(body);
        let inserted =
            self.client.query_opt(&self.insert, &[&provider, &submission.sender, &kind, &number, &body]).await?;
        let (row, duplicate) = match inserted {
            Some(row) => (row, false),
            None => (self.client.query_one(&self.known, &[&provider, &body]).await?, true),
        };
        Ok((row.try_get::<_, i64>(0)?.cast_unsigned(), duplicate))
    }
}

/// The identification number that a record carries.
fn number(body: &[u8]) -> Option<&str> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("applicant:iin\" value=\"")?;
    rest.get(..12)
}
