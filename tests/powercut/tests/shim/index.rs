//! sled 0.34.7 under the shim: its `flush` is no sync, so losses are expected; a hang is not.

use crate::victim::Victim;
use std::{sync::mpsc, thread, time::Duration};

#[test]
fn an_index_after_a_cut_opens_or_says_that_it_is_corrupt() {
    let mut victim = Victim::prepared(&[], |shim| shim.torn(5));
    victim.run(&["mkdir index", "folder ."]);
    victim.send("index index 1000000");
    // Progress, not time, says when to cut.
    let enough = std::iter::from_fn(|| victim.answer()).nth(100);
    assert_eq!(enough.as_deref(), Some("acknowledged 1616"));
    assert!(victim.control().writes().unwrap() > 0);
    let remains = victim.cut();
    let folder = remains.path("index");
    assert!(folder.join("db").exists(), "an empty folder would prove nothing");
    let (send, opened) = mpsc::channel();
    thread::spawn(move || {
        // A panic of sled's ends the thread and with it the channel: also an answer.
        send.send(sled::open(folder).map(|index| index.iter().filter(Result::is_ok).count()).map_err(drop))
    });
    // Only so that a hang fails instead of lasting for ever.
    assert_ne!(opened.recv_timeout(Duration::from_secs(120)), Err(mpsc::RecvTimeoutError::Timeout));
}
