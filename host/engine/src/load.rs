//! From bytes to an adapter.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, Weak},
};

use wasmtime::{
    component::{Component, InstancePre, types::ComponentItem},
    error::Context as _,
};

use crate::{
    adapter::Adapter,
    bindings::{StatusPre, mapping, types},
    code::Code,
    compile::compile,
    digest,
    engine::Engine,
    error::LoadError,
    fault,
    guest::Guest,
    limits::{Limits, within},
    quota::Quota,
    room::Room,
    scan, ticker,
};

impl Engine {
    /// Loads a component: checks its size, its imports and its contract by name, validates and compiles it (or takes the
    /// compiled code from the cache), checks its types, and asks it under the limits what it is. Nothing of it runs before
    /// the last step. Blocks the calling thread, for compiling (0.2 s for a small guest, 14 s for a JavaScript engine)
    /// on one core, in a process of its own where [`crate::EngineConfig::compiler`] names one; keep it off async threads.
    ///
    /// # Errors
    /// The first step that fails. Nothing is left behind but compiled code in the cache.
    pub fn load(
        &self,
        component: &[u8],
        settings: BTreeMap<String, String>,
        limits: Limits,
    ) -> Result<Adapter, LoadError> {
        limits.check()?;
        within("component", component.len(), limits.component_bytes)?;
        scan::check(component, &limits)?;
        let digest = digest::sha256(component);
        let pre = self.ready(component, &digest)?;
        let settings_digest = digest::settings(&settings);
        let room = Room {
            pre,
            gate: Arc::clone(&self.inner.gate),
            ticks: ticker::ticks(limits.batch_time, self.inner.tick),
            limits,
            settings: Arc::new(settings),
            quota: Quota::default(),
        };
        Adapter::open(room, digest, settings_digest)
    }

    /// The component, ready to make instances: what another adapter holds already, or made anew.
    fn ready(&self, component: &[u8], digest: &digest::Digest) -> Result<Arc<StatusPre<Guest>>, LoadError> {
        let held = || self.inner.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pre) = held().get(digest).and_then(Weak::upgrade) {
            return Ok(pre);
        }
        // Not under the lock: compiling takes long. Two who come at once make it twice, and the last one is kept.
        let compiled = self.compiled(component, digest)?;
        let interface = |error| LoadError::Interface { detail: fault::text(&error) };
        let pre = Arc::new(self.inner.linker.instantiate_pre(&compiled).and_then(typed).map_err(interface)?);
        let mut held = held();
        held.retain(|_, pre| pre.strong_count() > 0);
        held.insert(*digest, Arc::downgrade(&pre));
        Ok(pre)
    }

    fn compiled(&self, component: &[u8], digest: &digest::Digest) -> Result<Component, LoadError> {
        let cache = self.inner.cache.as_ref();
        if let Some(compiled) = cache.and_then(|cache| cache.get(&self.inner.runtime, digest)) {
            return Ok(compiled);
        }
        scan::validate(component)?;
        let code = match &self.inner.compiler {
            Some(compiler) => compiler.compile(component)?,
            None => compile(&self.inner.runtime, component).map_err(|detail| LoadError::Compile { detail })?,
        };
        let code = Code::of_compiler(code);
        let compiled = code.load(&self.inner.runtime);
        // Made by this very program for this very engine: what is wrong is that it has more parts than the pool has room for.
        let compiled = compiled.map_err(|error| LoadError::Compile { detail: fault::text(&error) })?;
        if let Some(cache) = cache {
            cache.put(digest, &code);
        }
        Ok(compiled)
    }
}

/// Checks the types of what the component exports.
fn typed(pre: InstancePre<Guest>) -> wasmtime::Result<StatusPre<Guest>> {
    let component = pre.component().component_type();
    let mapping = component.get_export(pre.engine(), scan::MAPPING).map(|found| found.ty);
    let Some(ComponentItem::ComponentInstance(mapping)) = mapping else {
        wasmtime::bail!("`{}` is no interface", scan::MAPPING)
    };
    let function = |name: &str| match mapping.get_export(pre.engine(), name).map(|found| found.ty) {
        Some(ComponentItem::ComponentFunc(function)) => Ok(function),
        _ => Err(wasmtime::format_err!("`{}` has no function `{name}`", scan::MAPPING)),
    };
    function("describe")?
        .typecheck::<(), (mapping::Description,)>(&pre.instance_type())
        .context("`describe` has another type")?;
    function("map")?
        .typecheck::<(&[types::NativeRecord<'static>],), (Vec<Result<Vec<types::Event>, types::RecordError>>,)>(
            &pre.instance_type(),
        )
        .context("`map` has another type")?;
    StatusPre::new(pre)
}
