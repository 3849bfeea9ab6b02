//! `qadam adapter`: building, and what a running host has in service.

use qadam_guest_build::Guest;

use super::{adapters, remap};
use crate::{
    cli::{Adapter, Failure},
    terminal::{note, say},
};

pub(crate) async fn run(adapter: Adapter) -> Result<(), Failure> {
    match adapter {
        Adapter::Build(build) => {
            let mut guest = Guest::new(build.workspace, build.package);
            if let Some(output) = build.output {
                guest = guest.output(output);
            }
            let built =
                tokio::task::spawn_blocking(move || guest.build(&mut |progress| note(progress.to_string()))).await??;
            say(format!("{} ({} bytes)", built.component.display(), built.bytes));
        }
        Adapter::Load(load) => adapters::load(load).await?,
        Adapter::Rollback(change) => adapters::rollback(change).await?,
        Adapter::Unload(change) => adapters::unload(change).await?,
        Adapter::List(list) => adapters::list(list).await?,
        Adapter::Resume(resume) => adapters::resume(resume).await?,
        Adapter::Remap(remap) => remap::run(remap).await?,
    }
    Ok(())
}
