//! The way of a package into production (1336-15): it is taken and tested, maps live records beside what serves, is held against the
//! intensity that it is declared for, and serves when all of that is as it should be, or an operator says why not. Each step is
//! a fact of the journal; where a package stands follows from its steps ([`Commission`]).

mod bench;
mod pilot;
mod promote;
mod testing;

use std::sync::{Arc, PoisonError};

use data_encoding::HEXLOWER;
use qadam_domain::{
    Allowance, ProviderId,
    commission::{Commission, Step},
};
use qadam_engine::{Adapter, Limits, LoadError};
use qadam_package::{Admitted, Distrust, Package, PublicKey, TrustStore};
use qadam_store::CommissionedFact;

pub use self::{
    pilot::{PilotReport, Piloter},
    promote::Promotion,
};
use crate::{
    Pipeline,
    adapters::{AdapterStatus, Slot},
    loading::{FOLDER, LoadFailure, Order},
    shelf::{self, Item},
};

/// Where an adapter came from: a package, and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// SHA-256 of the package.
    pub package: [u8; 32],
    /// Who signed it.
    pub signer: PublicKey,
    /// The signer's name in the trust store, when the package was taken.
    pub key: String,
    /// The limits that its maker wants.
    pub wanted: Allowance,
    /// The intensity that it is made for: records a second.
    pub records_per_second: u32,
    name: String,
    version: String,
    component: [u8; 32],
}

/// A package that is not in production, on a provider's test stand. There is one at most.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) adapter: Adapter,
    pub(crate) provenance: Arc<Provenance>,
    /// Where it stands, with what it has shown.
    pub(crate) commission: Commission,
    /// While it is in the pilot.
    pub(crate) pilot: Option<pilot::Pilot>,
}

/// A candidate, as operators see it.
#[derive(Clone, Debug)]
pub struct CandidateStatus {
    /// What it is.
    pub provenance: Arc<Provenance>,
    /// Its own name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Where it stands, with its results.
    pub commission: Commission,
    /// What is missing before promotion.
    pub unmet: Vec<String>,
}

impl Provenance {
    fn of(package: &Package, admitted: &Admitted, adapter: &Adapter) -> Self {
        let manifest = package.manifest();
        Self {
            package: *package.digest(),
            signer: *package.signer(),
            key: admitted.key().to_owned(),
            wanted: manifest.limits.clone(),
            records_per_second: manifest.records_per_second,
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            component: *adapter.component_digest(),
        }
    }

    /// Name and id of the key, for people.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{} ({})", self.key, self.signer.id())
    }
}

impl Pipeline {
    /// Whom this host trusts from now on. What serves goes on serving; whether its key is still trusted shows in its status.
    pub fn set_trust(&self, trust: TrustStore) {
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(trust);
        // A file that was refused may be welcome now.
        self.with_service(|slots| {
            slots.values_mut().filter(|slot| slot.load_error.is_some()).for_each(|slot| slot.seen = None);
        });
    }

    pub(crate) fn trust(&self) -> Arc<TrustStore> {
        Arc::clone(&self.trust.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a package for a provider, and tests it. What serves goes on serving; a candidate before it is set aside.
    pub(crate) fn take_package(
        &self,
        provider: &ProviderId,
        bytes: &[u8],
        order: Order<'_>,
    ) -> Result<AdapterStatus, LoadFailure> {
        let package = Package::open(bytes)?;
        let admitted = self.trust().admit(&package, provider, self.now())?;
        self.may(provider, package.digest(), &Step::Tested(Default::default()))?;
        let (adapter, provenance) = self.compile_package(&package, &admitted)?;
        let results = testing::test(&self.engine, &package, &adapter);
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let id = shelf::name(package.digest());
        self.shelf.keep_package(&id, bytes)?;
        self.end_pilot(provider, order, "another package was loaded")?;
        let commission = self.step(provider, &provenance, Step::Tested(results), order)?;
        let mut installed = self.shelf.of(provider)?;
        installed.candidate = Some(id.clone());
        if order.who == FOLDER {
            installed.folder = Some(shelf::name(&qadam_store::sha256(bytes)));
        }
        self.shelf.note(provider, &installed)?;
        self.with_service(|slots| {
            let slot = slots.entry(provider.clone()).or_default();
            slot.candidate = Some(Candidate { adapter, provenance, commission, pilot: None });
            slot.load_error = None;
        });
        tracing::info!(%provider, package = id, who = order.who, "a package is on the test stand");
        Ok(self.adapter_of(provider))
    }

    /// The limits of a package: what its maker wants, within what the operator allows.
    pub(crate) fn compile_package(
        &self,
        package: &Package,
        admitted: &Admitted,
    ) -> Result<(Adapter, Arc<Provenance>), LoadFailure> {
        let provider = admitted.provider();
        let granted = package.manifest().limits.and(&self.allowance_of(provider));
        let limits = Limits::of(&granted).map_err(LoadError::from)?;
        let settings = self.profiles.of(provider).settings.clone();
        let adapter = self.engine.load(package.component(), settings, limits)?;
        let said = &package.manifest().contract;
        if said != adapter.contract() {
            return Err(LoadFailure::Contract { said: said.clone(), keeps: adapter.contract().to_owned() });
        }
        let provenance = Arc::new(Provenance::of(package, admitted, &adapter));
        Ok((adapter, provenance))
    }

    /// A package that was taken before, from the shelf, if its key is not revoked since.
    pub(crate) fn kept_package(&self, provider: &ProviderId, id: &str) -> Result<(Package, Admitted), LoadFailure> {
        let package = Package::open(&self.shelf.package(id)?)?;
        let admitted = self.trust().readmit(&package, provider, self.now())?;
        Ok((package, admitted))
    }

    /// The adapter of what is on the shelf, with where it came from.
    pub(crate) fn bring_back(
        &self,
        provider: &ProviderId,
        item: &Item,
    ) -> Result<(Adapter, Option<Arc<Provenance>>), LoadFailure> {
        match &item.package {
            None => Ok((self.compile(provider, &self.shelf.component(&item.component)?)?, None)),
            Some(id) => {
                let (package, admitted) = self.kept_package(provider, id)?;
                // What was retired is not put to work again, whatever the shelf says.
                self.may(provider, package.digest(), &Step::Restored)?;
                let (adapter, provenance) = self.compile_package(&package, &admitted)?;
                Ok((adapter, Some(provenance)))
            }
        }
    }

    /// After a restart: the candidate is there again, and its pilot goes on where it was last written down.
    pub(crate) fn restore_candidate(&self, provider: &ProviderId, id: &str) -> Result<(), LoadFailure> {
        let (package, admitted) = self.kept_package(provider, id)?;
        let Some(commission) = self.store.commission_of(provider, package.digest())? else { return Ok(()) };
        let pilot = match &commission {
            Commission::Test(_) => None,
            Commission::Pilot(from, dossier) => {
                Some(pilot::Pilot::going_on(*from, dossier.pilot.clone().unwrap_or_default()))
            }
            Commission::Production(..) | Commission::Retired => return Ok(()),
        };
        let (adapter, provenance) = self.compile_package(&package, &admitted)?;
        self.with_service(|slots| {
            let candidate = Candidate { adapter, provenance, commission, pilot };
            slots.entry(provider.clone()).or_default().candidate = Some(candidate);
        });
        Ok(())
    }

    /// The steps of a provider's packages, the last of them at most so many.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn history(&self, provider: &ProviderId, limit: usize) -> Result<Vec<CommissionedFact>, LoadFailure> {
        Ok(self.store.commissioned(provider, limit)?)
    }

    /// Whether a package may take a step from where it stands.
    fn may(&self, provider: &ProviderId, package: &[u8; 32], step: &Step) -> Result<Commission, LoadFailure> {
        Ok(Commission::after(self.store.commission_of(provider, package)?, step)?)
    }

    /// Records a step that may be taken. Where it stands then.
    pub(crate) fn step(
        &self,
        provider: &ProviderId,
        provenance: &Provenance,
        step: Step,
        order: Order<'_>,
    ) -> Result<Commission, LoadFailure> {
        let now = self.may(provider, &provenance.package, &step)?;
        tracing::info!(
            %provider, package = HEXLOWER.encode(&provenance.package), step = step.name(), who = order.who, "a step of a package"
        );
        self.store.commission(CommissionedFact {
            provider: provider.clone(),
            package: provenance.package,
            component: provenance.component,
            name: provenance.name.clone(),
            version: provenance.version.clone(),
            signer: provenance.signature(),
            step,
            who: order.who.to_owned(),
            why: qadam_domain::mask::text(order.why, 500),
            at: self.now(),
        })?;
        self.with_service(|slots| {
            let candidate = slots.get_mut(provider).and_then(|slot| slot.candidate.as_mut());
            if let Some(candidate) = candidate.filter(|candidate| candidate.provenance.package == provenance.package) {
                candidate.commission = now.clone();
            }
        });
        Ok(now)
    }

    /// What stops serving, where it came from a package.
    pub(crate) fn relieved(&self, provider: &ProviderId, step: Step, order: Order<'_>) -> Result<(), LoadFailure> {
        let served = self.with_service(|slots| slots.get(provider).and_then(|slot| slot.provenance.clone()));
        let Some(served) = served.filter(|_| self.registry.get(provider).is_some()) else { return Ok(()) };
        // If the disk was full after an earlier step, the journal knows already what is done only now.
        if let Some(Commission::Production(true, _)) = self.store.commission_of(provider, &served.package)? {
            self.step(provider, &served, step, order)?;
        }
        Ok(())
    }

    pub(crate) fn candidate(&self, provider: &ProviderId) -> Result<Candidate, LoadFailure> {
        self.with_service(|slots| slots.get(provider).and_then(|slot| slot.candidate.clone()))
            .ok_or_else(|| LoadFailure::NoCandidate(provider.clone()))
    }

    /// Why what serves is not trusted any more.
    pub(crate) fn distrusted(&self, provider: &ProviderId, provenance: &Provenance) -> Option<Distrust> {
        self.trust().holds(&provenance.signer, provider, self.now()).err()
    }

    pub(crate) fn candidate_status(&self, slot: &Slot) -> Option<CandidateStatus> {
        let candidate = slot.candidate.as_ref()?;
        let description = candidate.adapter.description();
        let mut commission = candidate.commission.clone();
        // What the pilot has shown since it was last written down.
        if let (Commission::Pilot(_, dossier), Some(pilot)) = (&mut commission, &candidate.pilot) {
            dossier.pilot = Some(pilot.results.clone());
        }
        Some(CandidateStatus {
            provenance: Arc::clone(&candidate.provenance),
            name: description.name.clone(),
            version: description.version.clone(),
            unmet: commission.dossier().map(|dossier| self.criteria.unmet(dossier)).unwrap_or_default(),
            commission,
        })
    }
}
