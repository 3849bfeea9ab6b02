//! Into production, and out of it for good.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use qadam_domain::{
    ProviderId,
    commission::{Commission, Step},
};
use qadam_engine::Loaded;

use crate::{
    Pipeline,
    adapters::AdapterStatus,
    loading::{LoadFailure, Order},
    shelf::{self, Item},
};

/// How long a batch that was under way at a swap is waited for.
const DRAIN: Duration = Duration::from_secs(10);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(5);

/// What a promotion came to.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// What serves now.
    pub status: AdapterStatus,
    /// What was not met and overridden.
    pub overridden: Vec<String>,
    /// Whether the last batch of the one before had ended within ten seconds. Where it had not, what it gives still counts: every
    /// record is mapped once, by whichever had it.
    pub drained: bool,
}

impl Pipeline {
    /// Puts a package to work: a provider's candidate, or one that was in production before. Where something is missing,
    /// `over` is the reason to do it all the same.
    ///
    /// # Errors
    /// What is missing, or why it cannot serve; what serves goes on serving.
    pub fn promote(
        &self,
        provider: &ProviderId,
        package: Option<&str>,
        over: Option<&str>,
        order: Order<'_>,
    ) -> Result<Promotion, LoadFailure> {
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let candidate = self.candidate(provider).ok();
        let id = match (package, &candidate) {
            (Some(id), _) => id.to_owned(),
            (None, Some(candidate)) => shelf::name(&candidate.provenance.package),
            (None, None) => return Err(LoadFailure::NoCandidate(provider.clone())),
        };
        // Its key may have been revoked since it was taken. No override helps against that.
        let (package, admitted) = self.kept_package(provider, &id)?;
        let of_candidate = candidate.filter(|candidate| candidate.provenance.package == *package.digest());
        let before = self.store.commission_of(provider, package.digest())?;
        let pilot = of_candidate.as_ref().and_then(|candidate| candidate.pilot.as_ref());
        let piloted = pilot.map(|pilot| Step::Piloted(pilot.results.clone()));
        let shown = match &piloted {
            Some(step) => Some(Commission::after(before.clone(), step)?),
            None => before.clone(),
        };
        let commission = Commission::after(shown, &Step::Promoted(Vec::new()))?;
        let unmet = match before {
            // What was in production has shown what it is.
            Some(Commission::Production(..)) => Vec::new(),
            _ => commission.dossier().map(|dossier| self.criteria.unmet(dossier)).unwrap_or_default(),
        };
        if !unmet.is_empty() && over.is_none_or(|why| why.trim().is_empty()) {
            return Err(LoadFailure::Unmet(unmet));
        }
        let (adapter, provenance) = self.compile_package(&package, &admitted)?;
        let why = over.filter(|_| !unmet.is_empty()).unwrap_or(order.why);
        let order = Order { why, ..order };
        let served = self.registry.get(provider);
        let again = self.with_service(|slots| {
            let slot = slots.get(provider)?;
            Some(slot.provenance.as_ref()?.package == provenance.package && served.is_some())
        });
        if again != Some(true) {
            self.relieved(provider, Step::Relieved, order)?;
        }
        if let Some(step) = piloted {
            self.step(provider, &provenance, step, order)?;
        }
        self.step(provider, &provenance, Step::Promoted(unmet.clone()), order)?;
        self.act(provider, "promote-adapter", order)?;
        let item =
            Item { component: shelf::name(adapter.component_digest()), by: order.who.to_owned(), package: Some(id) };
        let mut installed = self.shelf.of(provider)?.with(item);
        if of_candidate.is_some() {
            installed.candidate = None;
        }
        let status = self.put(provider, adapter, order.who, Some(&installed), Some(provenance))?;
        if of_candidate.is_some() {
            self.with_service(|slots| slots.entry(provider.clone()).or_default().candidate = None);
        }
        drop(changing);
        let drained = served.is_none_or(drained);
        Ok(Promotion { status: self.with_candidate(provider, status), overridden: unmet, drained })
    }

    /// Takes a package out of use for good: it is not put to work again. What serves cannot be retired.
    ///
    /// # Errors
    /// If it serves, is unknown, or the step could not be recorded.
    pub fn retire(&self, provider: &ProviderId, package: &str, order: Order<'_>) -> Result<AdapterStatus, LoadFailure> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = shelf::digest(package).ok_or_else(|| LoadFailure::NoPackage(package.to_owned()))?;
        let steps = self.store.commissioned(provider, usize::MAX)?;
        let known = steps.into_iter().rfind(|fact| fact.package == digest);
        let Some(known) = known else { return Err(LoadFailure::NoPackage(package.to_owned())) };
        if self.candidate(provider).is_ok_and(|candidate| candidate.provenance.package == digest) {
            self.end_pilot(provider, order, "the package is retired")?;
        }
        // One that is said to serve and does not, since it did not come back, is taken out first.
        let is_it = |item: &Item| item.package.as_deref() == Some(package);
        let is_current = self.shelf.of(provider)?.current.as_ref().is_some_and(is_it);
        let stands = self.with_service(|slots| {
            let slot = slots.get(provider)?;
            let serves = slot.provenance.as_ref().is_some_and(|known| known.package == digest);
            Some((serves && self.registry.get(provider).is_some(), slot.load_error.is_some()))
        });
        // While a host starts, what serves may not be back yet.
        let (serves, failed) = stands.unwrap_or_default();
        let said = self.store.commission_of(provider, &digest)?;
        if matches!(said, Some(Commission::Production(true, _))) && !serves && (failed || !is_current) {
            let (step, at, why) = (Step::Relieved, self.now(), "it does not serve".to_owned());
            self.store.commission(qadam_store::CommissionedFact {
                step,
                who: order.who.to_owned(),
                why,
                at,
                ..known.clone()
            })?;
        }
        self.may(provider, &digest, &Step::Retired)?;
        let fact = qadam_store::CommissionedFact {
            step: Step::Retired,
            who: order.who.to_owned(),
            why: qadam_domain::mask::text(order.why, 500),
            at: self.now(),
            ..known
        };
        self.store.commission(fact)?;
        let mut installed = self.shelf.of(provider)?;
        if installed.current.as_ref().is_some_and(is_it) {
            installed.current = None;
        }
        if installed.previous.as_ref().is_some_and(is_it) {
            installed.previous = None;
            self.registry.forget(provider);
        }
        if installed.candidate.as_deref() == Some(package) {
            installed.candidate = None;
        }
        self.shelf.note(provider, &installed)?;
        self.with_service(|slots| {
            let slot = slots.entry(provider.clone()).or_default();
            slot.candidate.take_if(|candidate| candidate.provenance.package == digest);
        });
        Ok(self.adapter_of(provider))
    }

    fn with_candidate(&self, provider: &ProviderId, status: AdapterStatus) -> AdapterStatus {
        AdapterStatus { candidate: self.adapter_of(provider).candidate, ..status }
    }
}

/// Waits until nobody maps with a generation any more: what is left are the registry's own copy, for a rollback, and this one.
fn drained(loaded: Arc<Loaded>) -> bool {
    let began = Instant::now();
    while Arc::strong_count(&loaded) > 2 {
        if began.elapsed() > DRAIN {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    true
}
