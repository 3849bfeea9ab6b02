//! The rate at which a backlog is drained, over that of the same client alone.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use qadam_clients::Push;
use qadam_delivery::{Delivery, Destination, Disclosed, Parts, RetryPolicy, Sending, Service, Takes};
use qadam_domain::ProviderId;
use qadam_store::{MessageView, Store};

use crate::{
    Failure, Plan, Ratios,
    backlog::{Backlog, again, destination, messages, waiting},
    receiver::Receiving,
};

/// Events of a message: as the host closes them without configuration.
const IN_A_MESSAGE: u64 = 256;

pub(crate) fn run(plan: Plan, folder: &Path, ratios: &mut Ratios) -> Result<(), Failure> {
    let backlog = Backlog::build(folder, plan.drained, IN_A_MESSAGE)?;
    let store = backlog.open()?;
    let events = waiting(&store)? as f64;
    let bodies = lanes(&store)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut ours, mut bare, mut over) = (Vec::new(), Vec::new(), Vec::new());
    let turn = |ours: bool| -> Result<f64, Failure> {
        let receiving = Receiving::start(&folder.join("receiver"))?;
        let push = receiving.push()?;
        if ours && waiting(&store)? == 0 {
            again(&store)?;
        }
        rustix::fs::sync();
        let taken = if ours {
            runtime.block_on(drained(&store, push, Duration::from_millis(2), &mut |_| Ok(())))?
        } else {
            runtime.block_on(sent(push, bodies.clone()))?
        };
        Ok(events / taken.as_secs_f64())
    };
    for round in 0..=plan.rounds {
        let first = round % 2 == 0;
        let (one, other) = (turn(first)?, turn(!first)?);
        let (us, them) = if first { (one, other) } else { (other, one) };
        // The first warms up.
        if round > 0 {
            ours.push(us);
            bare.push(them);
            over.push(us / them);
        }
    }
    println!(
        "{events} events in messages of {IN_A_MESSAGE}, four lanes: {:.0} events/s through the queue, {:.0} events/s bare",
        median(ours),
        median(bare)
    );
    ratios.push(("drain_over_bare_http".to_owned(), median(over)));
    Ok(())
}

/// Delivers until nothing waits; `seen` is told now and then how many events still do.
pub(crate) async fn drained(
    store: &Arc<Store>,
    push: Arc<Push>,
    look: Duration,
    seen: &mut dyn FnMut(u64) -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    let service = Service { takes: Takes { unstamped: true, bytes: 8 << 20 }, retry: RetryPolicy::default(), lanes: 4 };
    let start = Instant::now();
    let to: Arc<dyn Destination> = push;
    let clock = Arc::new(qadam::wall_clock);
    let delivery =
        Delivery::start(Arc::clone(store), clock, "Asia/Almaty", vec![(destination()?, to, service)]).await?;
    loop {
        let left = waiting(store)?;
        seen(left)?;
        if left == 0 {
            break;
        }
        if let Some(down) = delivery.health().into_iter().find_map(|health| health.down) {
            return Err(format!("the receiver does not take it: {down:?}").into());
        }
        tokio::time::sleep(look).await;
    }
    let taken = start.elapsed();
    delivery.stop().await;
    Ok(taken)
}

/// What is sent, lane by lane.
fn lanes(store: &Store) -> Result<Vec<Vec<Sending>>, Failure> {
    let mut lanes: BTreeMap<ProviderId, Vec<Sending>> = BTreeMap::new();
    for message in messages(store)? {
        lanes.entry(message.sealed.provider.clone()).or_default().push(sending(message)?);
    }
    Ok(lanes.into_values().collect())
}

fn sending(message: MessageView) -> Result<Sending, Failure> {
    let events = message.events.ok_or("a message without its events")?;
    let disclosed = events.into_iter().zip(message.ids).zip(0..).map(|((event, id), index)| Disclosed {
        index,
        id,
        salt: event.salt,
        document: Bytes::from(event.document),
    });
    Ok(Sending {
        message: message.id,
        destination: message.sealed.destination,
        provider: message.sealed.provider,
        number: message.sealed.number,
        manifest: message.sealed.manifest.into(),
        digest: message.sealed.digest,
        signature: message.sealed.signature.into(),
        stamped: false,
        development: message.sealed.development,
        parts: Parts::Events(disclosed.collect()),
        attempt: 1,
        round: 0,
    })
}

/// The client alone: each lane's messages, one after the other.
async fn sent(push: Arc<Push>, lanes: Vec<Vec<Sending>>) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for lane in lanes {
        let push = Arc::clone(&push);
        tasks.spawn(async move {
            for sending in &lane {
                if let Err(failure) = push.send(sending).await.result {
                    return Err(format!("{}: {}", failure.code.name(), failure.detail));
                }
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(start.elapsed())
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
