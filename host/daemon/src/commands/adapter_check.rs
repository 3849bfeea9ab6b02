//! `qadam adapter check`: loads a component with its settings as a host would, and shows what a sample becomes. Nothing is
//! sent or kept, and no host need run.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use qadam_domain::{Event, FieldName, ProviderId, Update, mask};
use qadam_engine::{Adapter, Engine, EngineConfig, Limits, NativeInput};

use super::submit::{Cut, Submitted};
use crate::{
    cli::{Failure, Lang},
    config::Config,
    show::word,
    terminal::say,
    wall_clock,
};

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The component
    component: PathBuf,
    /// A sample of the records; CSV files row by row, others as `qadam submit --watch` cuts them
    sample: Option<PathBuf>,
    /// The host's configuration, for the provider's settings
    #[arg(long, value_name = "FILE", requires = "provider")]
    config: Option<PathBuf>,
    /// The provider in the configuration
    #[arg(long, value_name = "ID", requires = "config")]
    provider: Option<ProviderId>,
    /// A setting; @FILE for the text of a file
    #[arg(long, value_name = "KEY=TEXT|KEY=@FILE")]
    setting: Vec<String>,
    /// The CSV sample does not begin with the names of the columns
    #[arg(long)]
    no_header: bool,
    /// How many records to show
    #[arg(long, default_value_t = 5)]
    rows: usize,
    /// Language of stages and fields
    #[arg(long, default_value = "en")]
    lang: Lang,
}

/// Records given to the adapter at once.
const BATCH: usize = 256;
/// Most refusals shown.
const REFUSALS: usize = 20;

pub(crate) async fn run(check: Check) -> Result<(), Failure> {
    tokio::task::spawn_blocking(move || checked(&check)).await?
}

fn checked(check: &Check) -> Result<(), Failure> {
    let component = std::fs::read(&check.component)
        .map_err(|error| Failure::Failed(format!("{}: {error}", check.component.display())))?;
    let engine = Engine::new(EngineConfig { instances: 1, pooled: false, ..EngineConfig::default() })?;
    let adapter = engine
        .load(&component, settings(check)?, Limits::default())
        .map_err(|error| Failure::Failed(format!("the adapter would not be put to work: {error}")))?;
    let description = adapter.description();
    say(format!("{} {} can be put to work; it keeps {}", description.name, description.version, adapter.contract()));
    match &check.sample {
        Some(sample) => show(check, &adapter, sample),
        None => Ok(()),
    }
}

fn settings(check: &Check) -> Result<BTreeMap<String, String>, Failure> {
    let mut settings = match (&check.config, &check.provider) {
        (Some(config), Some(provider)) => {
            let config = Config::read(config)?;
            if !config.providers.has(provider) {
                return Err(Failure::Use(format!("the configuration has no provider `{provider}`")));
            }
            config.providers.of(provider).settings.clone()
        }
        _ => BTreeMap::new(),
    };
    for setting in &check.setting {
        let Some((key, value)) = setting.split_once('=') else {
            return Err(Failure::Use(format!("`{setting}` is no setting; expected KEY=TEXT or KEY=@FILE")));
        };
        let value = match value.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file).map_err(|error| Failure::Failed(format!("{file}: {error}")))?,
            None => value.to_owned(),
        };
        settings.insert(key.to_owned(), value);
    }
    Ok(settings)
}

fn show(check: &Check, adapter: &Adapter, sample: &std::path::Path) -> Result<(), Failure> {
    let cut = if check.no_header { Cut::Rows { header: false } } else { Cut::by_name(sample) };
    let records =
        Submitted::read(sample, cut).map_err(|error| Failure::Failed(format!("{}: {error}", sample.display())))?;
    let (mut shown, mut mapped, mut refused, mut events) = (0, 0, 0, 0);
    for batch in records.chunks(BATCH) {
        let input = |record| native(record, wall_clock());
        let inputs: Vec<NativeInput<'_>> = batch.iter().map(input).collect();
        let outcomes = adapter.map(&inputs)?.outcomes;
        for (record, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(found) => {
                    mapped += 1;
                    events += found.len();
                    if shown < check.rows {
                        shown += 1;
                        say(format!("\nrecord at line {}", record.line));
                        found.iter().flat_map(|found| told(found.event(), check.lang)).for_each(say);
                    }
                }
                Err(refusal) => {
                    refused += 1;
                    if refused <= REFUSALS {
                        let (cause, field) = (refusal.cause.name(), &refusal.field);
                        say(format!(
                            "\nrecord at line {} is refused: {cause}: {field}: {}",
                            record.line, refusal.detail
                        ));
                    }
                }
            }
        }
    }
    say(format!("\n{} records: {mapped} mapped to {events} events, {refused} refused", records.len()));
    Ok(())
}

fn native(record: &Submitted, received_at: jiff::Timestamp) -> NativeInput<'_> {
    NativeInput { id: "check", content_type: record.kind, received_at, body: &record.body }
}

/// An event for people, with personal data masked.
fn told(event: &Event, lang: Lang) -> Vec<String> {
    let what = match event.kind.stage() {
        Some(stage) => format!("stage {}, {}", stage.number(), word(qadam_domain::labels::stage(stage), lang)),
        None => event.kind.name().to_owned(),
    };
    let mut lines = vec![format!(
        "  request {}: {what}; at {}; status `{}`",
        mask::text(&event.request, 100),
        event.occurred_at.local(),
        mask::text(&event.native_status, 100)
    )];
    let fields = &event.fields;
    let text = |update: &Update<String>| update.value().map(|text| mask::text(text, 200));
    let time = |update: &Update<qadam_domain::Moment>| update.value().map(qadam_domain::Moment::local);
    for (name, value) in [
        (FieldName::Recipient, fields.recipient.value().map(|name| mask::name(&name.line()))),
        (FieldName::IdentificationNumber, fields.identification_number.value().map(|number| mask::number(number))),
        (FieldName::ServiceName, text(&fields.service_name)),
        (FieldName::IntakePlace, text(&fields.intake_place)),
        (FieldName::IntakeAt, time(&fields.intake_at)),
        (FieldName::Executor, text(&fields.executor)),
        (FieldName::PlannedAt, time(&fields.planned_at)),
        (FieldName::CompletedAt, time(&fields.completed_at)),
        (FieldName::Channel, fields.channel.value().map(|channel| format!("{channel:?}"))),
        (FieldName::ProviderBin, text(&fields.provider_bin)),
        (FieldName::ServiceCode, text(&fields.service_code)),
        (FieldName::CompositeReference, text(&fields.composite_reference)),
    ] {
        if let Some(value) = value {
            lines.push(format!("    {}: {value}", word(qadam_domain::labels::field(name), lang)));
        }
    }
    lines
}
