//! Syncs: the only moments at which anything becomes durable.

use crate::{
    config::{Config, config},
    control::Cut,
    fds::{self, Open},
    names::names,
    paths::below_fd,
    sys::{Outcome, Stat},
};
use libc::{EIO, c_int};
use std::sync::atomic::Ordering::SeqCst;

/// Syncs what `fd` is open on; `real` is the system call.
pub(crate) fn sync(fd: c_int, real: impl FnOnce() -> Outcome) -> Outcome {
    let Some(config) = config() else { return real() };
    let Some(open) = fds::watched(fd).or_else(|| adopt(config, fd)) else { return real() };
    let cut = config.control.sync_begins(config.torn.unwrap_or(0));
    Cut::here(cut, Cut::Before);
    if open.faulty() && config.control.fail_syncs() {
        if !open.node.is_dir {
            open.node.forget();
        }
        return Err(config.control.failure(EIO));
    }
    let result = if open.node.is_dir {
        names(config).sync_folder(fd, open.node, cut)?
    } else {
        covered(config, &open, cut, real)?
    };
    Cut::here(cut, Cut::After);
    Ok(result)
}

/// Syncs a file and makes durable what the sync covered: what was written before it began. Writers are not kept out
/// while the real sync runs.
pub(crate) fn covered(
    config: &'static Config,
    open: &Open,
    cut: Option<Cut>,
    real: impl FnOnce() -> Outcome,
) -> Outcome {
    let number = open.node.stage(open.fd);
    let result = real().inspect_err(|_| open.node.abandon(number))?;
    Cut::here(cut, Cut::BeforeCopy);
    open.node.commit(number, cut == Some(Cut::MidCopy));
    Cut::here(cut, Cut::MidCopy);
    if !open.node.synced.swap(true, SeqCst) {
        names(config).show(open.node);
    }
    Ok(result)
}

/// A descriptor below the root that was opened where we could not see it: whatever was written through it was not seen
/// either, so all of the file counts as changed.
fn adopt(config: &'static Config, fd: c_int) -> Option<Open> {
    let below = below_fd(fd)?;
    let stat = Stat::of(fd).ok().filter(|stat| stat.is_file() || stat.is_dir())?;
    let node = names(config).node(stat, false);
    if !node.is_dir {
        node.begin().changed(0, stat.size);
    }
    Some(fds::put(fd, node, 0, below.faulty()))
}
