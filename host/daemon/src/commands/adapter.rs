//! `qadam adapter`: what authors use, and what a running host has in service.

use tokio::task::spawn_blocking;

use super::{adapters, author, commission, inspect, package, remap};
use crate::cli::{Adapter, Failure};

pub(crate) async fn run(adapter: Adapter) -> Result<(), Failure> {
    match adapter {
        // Building and mapping hold their thread for long.
        Adapter::New(new) => spawn_blocking(move || author::new::run(&new)).await??,
        Adapter::Build(build) => spawn_blocking(move || author::build::run(&build)).await??,
        Adapter::Test(test) => spawn_blocking(move || author::test::run(&test)).await??,
        Adapter::Bench(bench) if bench.is_of_host() => commission::bench(bench).await?,
        Adapter::Bench(bench) => spawn_blocking(move || author::bench::run(&bench)).await??,
        Adapter::Key(key) => spawn_blocking(move || package::key::run(&key)).await??,
        Adapter::Pack(pack) => spawn_blocking(move || package::pack::run(&pack)).await??,
        Adapter::Inspect(inspect) => spawn_blocking(move || package::inspect::run(&inspect)).await??,
        Adapter::Dev(dev) => author::dev::run(dev).await?,
        Adapter::Load(load) => adapters::load(load).await?,
        Adapter::Pilot(pilot) => commission::pilot(pilot).await?,
        Adapter::Promote(promote) => commission::promote(promote).await?,
        Adapter::Retire(retire) => commission::retire(retire).await?,
        Adapter::History(history) => commission::history(history).await?,
        Adapter::Rollback(change) => adapters::rollback(change).await?,
        Adapter::Unload(change) => adapters::unload(change).await?,
        Adapter::List(list) => adapters::list(list).await?,
        Adapter::Show(show) => inspect::show(show).await?,
        Adapter::Replay(replay) => inspect::replay(replay).await?,
        Adapter::Resume(resume) => adapters::resume(resume).await?,
        Adapter::Remap(remap) => remap::run(remap).await?,
        Adapter::Check(check) => super::adapter_check::run(check).await?,
    }
    Ok(())
}
