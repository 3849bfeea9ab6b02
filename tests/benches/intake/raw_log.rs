//! The limit: raw bytes appended to a preallocated file. One thread drains whatever waits, up to 4 MiB, writes once, syncs
//! once, and answers; no digest, no checksum, no header, no index.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use qadam_monitor::ports::{PortError, Submission};
use rustix::fs::{FallocateFlags, fallocate};
use tokio::sync::oneshot;

use crate::{
    Failure,
    rival::{self, Sink},
};

/// Bytes written with one sync, at most, and those allocated at once: as the journal has them.
const GROUP: usize = 4 << 20;
const SEGMENT: u64 = 256 << 20;

type Waiter = (Bytes, oneshot::Sender<Result<u64, String>>);

#[derive(Default)]
struct Queue {
    waiting: Mutex<(Vec<Waiter>, bool)>,
    arrived: Condvar,
}

struct RawLog(Arc<Queue>);

/// The host's API over a raw log in a new file.
pub(crate) fn router(path: &Path) -> Result<axum::Router, Failure> {
    let file = File::options().write(true).create_new(true).open(path)?;
    let queue = Arc::new(Queue::default());
    let waiting = Arc::clone(&queue);
    std::thread::Builder::new().name("raw-commit".into()).spawn(move || commit(&file, &waiting))?;
    Ok(rival::over(RawLog(queue)))
}

impl Sink for RawLog {
    fn keep<'a>(&'a self, _: &'a Submission, body: Bytes) -> BoxFuture<'a, Result<(u64, bool), PortError>> {
        let (reply, answer) = oneshot::channel();
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).0.push((body, reply));
        self.0.arrived.notify_one();
        Box::pin(async move {
            let kept = answer.await.unwrap_or_else(|_| Err("the log is closed".into()));
            kept.map(|offset| (offset, false)).map_err(PortError::Internal)
        })
    }
}

impl Drop for RawLog {
    fn drop(&mut self) {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.0.arrived.notify_one();
    }
}

fn commit(file: &File, queue: &Queue) {
    let (mut end, mut allocated) = (0, 0);
    let mut buffer = Vec::new();
    loop {
        let group = {
            let mut waiting = queue.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            while waiting.0.is_empty() {
                if waiting.1 {
                    return;
                }
                waiting = queue.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            let mut bytes = 0;
            let fits = waiting.0.iter().take_while(|(body, _)| {
                bytes += body.len();
                bytes <= GROUP
            });
            let count = fits.count().max(1);
            waiting.0.drain(..count).collect::<Vec<_>>()
        };
        buffer.clear();
        let mut offsets = Vec::with_capacity(group.len());
        for (body, _) in &group {
            offsets.push(end + buffer.len() as u64);
            buffer.extend_from_slice(body);
        }
        let mut write = || -> std::io::Result<()> {
            while end + buffer.len() as u64 > allocated {
                fallocate(file, FallocateFlags::empty(), allocated, SEGMENT)?;
                allocated += SEGMENT;
                file.sync_all()?;
            }
            file.write_all_at(&buffer, end)?;
            file.sync_data()
        };
        let written = write().map_err(|error| error.to_string());
        end += buffer.len() as u64;
        for ((_, reply), offset) in group.into_iter().zip(offsets) {
            drop(reply.send(written.clone().map(|()| offset)));
        }
    }
}
