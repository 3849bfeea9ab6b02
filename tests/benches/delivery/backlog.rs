//! A backlog: records through the real host, which has nobody to deliver to yet, until all of their events are sealed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use qadam::{
    config::Config,
    host::{Host, Options},
};
use qadam_domain::{DestinationId, ProviderId};
use qadam_pipeline::{IntakeError, NativeRecord, Retention, Submission};
use qadam_store::{Act, LaneName, QueueAct, Store, StoreConfig};
use qadam_tests::components;

use crate::{Failure, records::Records};

/// Each is a lane of its own, in which one message is under way at a time.
const PROVIDERS: [&str; 4] = ["permits", "permits-2", "permits-3", "permits-4"];
/// Records of one submission.
const BATCH: usize = 500;

/// The folder of a stopped host whose queue is full.
pub(crate) struct Backlog {
    data: PathBuf,
    config: Config,
}

pub(crate) fn destination() -> Result<DestinationId, Failure> {
    Ok("monitoring".parse()?)
}

fn providers() -> Result<Vec<ProviderId>, Failure> {
    PROVIDERS.iter().map(|name| Ok(name.parse()?)).collect()
}

impl Backlog {
    /// Of so many events, so many in a message.
    pub(crate) fn build(folder: &Path, events: u64, in_a_message: u64) -> Result<Self, Failure> {
        let adapters = folder.join("adapters");
        std::fs::create_dir_all(&adapters)?;
        std::fs::copy(components::permits(), adapters.join("permits.wasm"))?;
        let mut text = format!("[seal]\nevents = {in_a_message}\nage = 'PT2S'\n");
        PROVIDERS.iter().for_each(|name| text += &format!("[providers.{name}]\nadapter = 'permits.wasm'\n"));
        let file = folder.join("qadam.toml");
        std::fs::write(&file, text)?;
        let backlog = Self { data: folder.join("data"), config: Config::read(&file)? };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let inside = runtime.enter();
        let host = backlog.host()?;
        host.pipeline.scan(&adapters)?;
        let share = events / PROVIDERS.len() as u64;
        let mut senders = Vec::new();
        for (number, provider) in providers()?.into_iter().enumerate() {
            let pipeline = Arc::clone(&host.pipeline);
            senders.push(runtime.spawn(send(pipeline, provider, Records::of(7, number), share)));
        }
        runtime.block_on(async {
            for sender in senders {
                sender.await??;
            }
            Ok::<_, Failure>(())
        })?;
        settle(&host, share * PROVIDERS.len() as u64)?;
        drop((host, inside));
        runtime.shutdown_timeout(Duration::from_secs(10));
        Ok(backlog)
    }

    fn host(&self) -> Result<Host, Failure> {
        Ok(Host::open(&Options {
            data: self.data.clone(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            adapters: None,
            allow_unsigned: true,
            compiler: None,
            config: self.config.clone(),
        })?)
    }

    /// The store alone.
    pub(crate) fn open(&self) -> Result<Arc<Store>, Failure> {
        Ok(Arc::new(Store::open(&StoreConfig::in_folder(&self.data))?))
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Erases what was delivered, at once; bytes that the journal takes less.
    pub(crate) fn retain(&self) -> Result<i64, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let _inside = runtime.enter();
        let host = self.host()?;
        let policy = Retention { messages_days: Some(0), records_days: Some(0), events_days: None };
        Ok(host.pipeline.retain(policy)?.freed)
    }
}

async fn send(
    pipeline: Arc<qadam_pipeline::Pipeline>,
    provider: ProviderId,
    mut records: Records,
    count: u64,
) -> Result<(), Failure> {
    let mut left = usize::try_from(count)?;
    while left > 0 {
        let some = left.min(BATCH);
        let bodies: Vec<bytes::Bytes> = records.by_ref().take(some).map(Into::into).collect();
        left -= some;
        loop {
            let record = |body: &bytes::Bytes| NativeRecord {
                content_type: "application/xml".to_owned(),
                body: body.clone(),
                signature: None,
            };
            let submission = Submission {
                provider: provider.clone(),
                sender: "bench".to_owned(),
                idempotency_key: None,
                records: bodies.iter().map(record).collect(),
            };
            match pipeline.take(submission).await {
                Ok(_) => break,
                Err(IntakeError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// Waits until all is mapped and sealed.
fn settle(host: &Host, events: u64) -> Result<(), Failure> {
    let (store, start) = (host.pipeline.store(), Instant::now());
    loop {
        let sealed = waiting(store)?;
        if sealed == events {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(3600) {
            return Err(format!("{sealed} of {events} events are sealed after an hour").into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Events that are to be delivered.
pub(crate) fn waiting(store: &Store) -> Result<u64, Failure> {
    Ok(store.queue_lanes(Some(&destination()?))?.iter().map(|lane| lane.events).sum())
}

/// Puts everything into the queue again.
pub(crate) fn again(store: &Store) -> Result<(), Failure> {
    for provider in providers()? {
        let messages = messages(store)?.into_iter().filter(|message| message.sealed.provider == provider);
        let messages = messages.map(|message| message.id.seq).collect();
        let lane = LaneName { destination: destination()?, provider: Some(provider) };
        store.act(Act {
            what: "replay".to_owned(),
            subject: "monitoring".to_owned(),
            about: Vec::new(),
            who: "bench".to_owned(),
            why: "another round".to_owned(),
            at: qadam::wall_clock(),
            remap: Vec::new(),
            queue: Some(QueueAct::Replay { lane, messages }),
        })?;
    }
    Ok(())
}

/// All messages, with what they disclose.
pub(crate) fn messages(store: &Store) -> Result<Vec<qadam_store::MessageView>, Failure> {
    let (mut messages, mut after) = (Vec::new(), None);
    loop {
        let page = store.messages(after, 256)?;
        if page.items.is_empty() {
            return Ok(messages);
        }
        messages.extend(page.items);
        after = page.next;
    }
}
