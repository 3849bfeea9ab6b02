//! The way of packages into production, by delegation.

use data_encoding::HEXLOWER;
use qadam_domain::{ProviderId, commission::Step};
use qadam_monitor::{
    ports::{
        AdapterError,
        commission::{
            BenchView, CandidateView, Commissions, PilotDifference, PilotView, Promotion, PromotionView, StepView,
        },
    },
    view::AdapterView,
};
use qadam_pipeline::{CandidateStatus, Order, remap::EventDifference};
use qadam_store::CommissionedFact;
use serde_json::Value;

use super::{Port, adapter, not_loaded};

/// Steps that a history shows.
const STEPS: usize = 1000;

impl Commissions for Port {
    fn pilot_adapter(
        &self,
        provider: &ProviderId,
        end: bool,
        who: &str,
        why: &str,
    ) -> Result<AdapterView, AdapterError> {
        self.trust.refresh(&self.pipeline);
        let order = Order { who, why };
        let done = if end { self.pipeline.pilot_end(provider, order) } else { self.pipeline.pilot(provider, order) };
        done.map_err(not_loaded)?;
        Ok(adapter(self.pipeline.adapter_of(provider)))
    }

    fn pilot_report(&self, provider: &ProviderId) -> Result<PilotView, AdapterError> {
        let report = self.pipeline.pilot_report(provider).map_err(not_loaded)?;
        let example = |EventDifference { record, change, fields, .. }| PilotDifference { record, change, fields };
        Ok(PilotView { results: report.results, examples: report.examples.into_iter().map(example).collect() })
    }

    fn bench_adapter(
        &self,
        provider: &ProviderId,
        seconds: u64,
        who: &str,
        why: &str,
    ) -> Result<BenchView, AdapterError> {
        let results = self.pipeline.bench(provider, seconds, Order { who, why }).map_err(not_loaded)?;
        Ok(BenchView { keeps_up: results.keeps_up(), results })
    }

    fn promote_adapter(&self, promotion: &Promotion, who: &str, why: &str) -> Result<PromotionView, AdapterError> {
        self.trust.refresh(&self.pipeline);
        let Promotion { provider, package, over } = promotion;
        let done = self.pipeline.promote(provider, package.as_deref(), over.as_deref(), Order { who, why });
        let done = done.map_err(not_loaded)?;
        Ok(PromotionView { adapter: adapter(done.status), overridden: done.overridden, drained: done.drained })
    }

    fn retire_adapter(
        &self,
        provider: &ProviderId,
        package: &str,
        who: &str,
        why: &str,
    ) -> Result<AdapterView, AdapterError> {
        self.pipeline.retire(provider, package, Order { who, why }).map(adapter).map_err(not_loaded)
    }

    fn adapter_history(&self, provider: &ProviderId) -> Result<Vec<StepView>, AdapterError> {
        Ok(self.pipeline.history(provider, STEPS).map_err(not_loaded)?.into_iter().map(step).collect())
    }
}

pub(super) fn candidate(status: CandidateStatus) -> CandidateView {
    let CandidateStatus { provenance, name, version, commission, unmet } = status;
    let dossier = commission.dossier().cloned().unwrap_or_default();
    CandidateView {
        package: HEXLOWER.encode(&provenance.package),
        name,
        version,
        signature: provenance.signature(),
        phase: commission.phase().name(),
        records_per_second: provenance.records_per_second,
        test: dossier.test,
        pilot: dossier.pilot,
        bench: dossier.bench,
        unmet,
    }
}

fn step(fact: CommissionedFact) -> StepView {
    let results = match &fact.step {
        Step::Tested(results) => serde_json::to_value(results).ok(),
        Step::Piloted(results) | Step::PilotEnded(results) => serde_json::to_value(results).ok(),
        Step::Benched(results) => serde_json::to_value(results).ok(),
        Step::Promoted(overridden) if !overridden.is_empty() => Some(serde_json::json!({ "overridden": overridden })),
        _ => None::<Value>,
    };
    StepView {
        package: HEXLOWER.encode(&fact.package),
        name: fact.name,
        version: fact.version,
        signature: fact.signer,
        step: fact.step.name(),
        results,
        who: fact.who,
        why: fact.why,
        at: fact.at.to_string(),
    }
}
