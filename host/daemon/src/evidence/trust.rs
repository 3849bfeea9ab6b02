//! Whom the host trusts to sign records, by its configuration.

use std::path::PathBuf;

use qadam_evidence::{ObjectIdentifier, Trust, timestamp::TimestampTrust};
use serde::Deserialize;

use super::{EvidenceError, TimestampSettings};

/// Whose signatures over records count, and where revocations are learnt of (1277-11). The tables are the national
/// authority's by default; Order 452 names none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustSettings {
    /// File of the roots, PEM. Without it signatures are kept, and nothing is said of them.
    pub roots: Option<PathBuf>,
    /// File of authorities between, PEM.
    pub intermediates: Option<PathBuf>,
    /// Lists of revoked certificates: files, or URLs, which are fetched and refreshed ahead of their time.
    pub crls: Vec<String>,
    /// URL of an OCSP responder, asked where no list tells.
    pub ocsp: Option<String>,
    /// Whether an OCSP answer must repeat its request's nonce. Default: yes.
    pub ocsp_without_nonce: bool,
    /// Roles that may sign for a provider (452-8), by their object identifiers.
    pub may_sign: Vec<String>,
    /// Roles in which an official may sign a request for somebody else (56-6.6).
    pub officials: Vec<String>,
    /// Business identification numbers of the organisations whose officials may. Default: any.
    pub official_bins: Vec<String>,
    /// Policies of certificates for signing.
    pub policies: Vec<String>,
}

impl TrustSettings {
    /// Paths are from the configuration's folder.
    pub(crate) fn resolve(&mut self, folder: &std::path::Path) {
        for path in [&mut self.roots, &mut self.intermediates].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        for list in self.crls.iter_mut().filter(|list| !is_url(list)) {
            *list = folder.join(&*list).display().to_string();
        }
    }

    /// Nothing that is said here may go unused in silence.
    pub(crate) fn checked(&self) -> Result<(), String> {
        let Self { roots, intermediates, crls, ocsp, may_sign, officials, official_bins, policies, .. } = self;
        let lists = [crls, may_sign, officials, official_bins, policies].iter().any(|list| !list.is_empty());
        if roots.is_none() && (intermediates.is_some() || ocsp.is_some() || lists) {
            return Err("it says something, but no `roots`, without which nothing of it is used".to_owned());
        }
        Ok(())
    }

    /// The tables of the steps; none where no roots are configured.
    pub(crate) fn trust(&self) -> Result<Option<Trust>, EvidenceError> {
        let Some(roots) = &self.roots else { return Ok(None) };
        let wrong = |what: &str, why: String| EvidenceError::Settings(format!("`trust.{what}`: {why}"));
        let text = |what: &str, path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| wrong(what, format!("{}: {error}", path.display())))
        };
        let between = self.intermediates.as_ref().map(|path| text("intermediates", path)).transpose()?;
        let mut trust = Trust::from_pem(&text("roots", roots)?, &between.unwrap_or_default())
            .map_err(|error| wrong("roots", error.to_string()))?;
        let oids = |what: &str, oids: &[String], default: Vec<ObjectIdentifier>| {
            if oids.is_empty() {
                return Ok(default);
            }
            let parsed = oids.iter().map(|oid| {
                let parsed = oid.parse::<ObjectIdentifier>();
                parsed.map_err(|_| wrong(what, format!("`{oid}` is no object identifier")))
            });
            parsed.collect::<Result<Vec<_>, _>>()
        };
        trust.may_sign = oids("may-sign", &self.may_sign, trust.may_sign)?;
        trust.officials = oids("officials", &self.officials, trust.officials)?;
        trust.policies = oids("policies", &self.policies, trust.policies)?;
        trust.official_bins.clone_from(&self.official_bins);
        trust.revocation.nonce_required = !self.ocsp_without_nonce;
        Ok(Some(trust))
    }
}

pub(crate) fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Whose time-stamps count in signatures over records: those of the configured authorities.
pub(crate) fn timestamps(settings: &TimestampSettings) -> Result<TimestampTrust, EvidenceError> {
    let Some(roots) = &settings.roots else { return Ok(TimestampTrust::in_roots(Vec::new())) };
    let read = std::fs::read_to_string(roots);
    let text =
        read.map_err(|error| EvidenceError::Settings(format!("`timestamp.roots`: {}: {error}", roots.display())))?;
    timestamps_in(settings, &text)
}

/// Whose time-stamps count, with these roots, under the policies and within the skew that are configured.
pub(crate) fn timestamps_in(settings: &TimestampSettings, roots: &str) -> Result<TimestampTrust, EvidenceError> {
    let wrong = |why: String| EvidenceError::Settings(format!("`timestamp`: {why}"));
    let mut policies = Vec::with_capacity(settings.policies.len());
    for policy in &settings.policies {
        let parsed = policy.parse::<ObjectIdentifier>();
        policies.push(parsed.map_err(|_| wrong(format!("`policies`: `{policy}` is no object identifier")))?);
    }
    let trust = TimestampTrust::from_pem(roots, "").map_err(|error| wrong(format!("`roots`: {error}")))?;
    Ok(TimestampTrust { policies, max_skew: settings.max_skew, ..trust })
}
