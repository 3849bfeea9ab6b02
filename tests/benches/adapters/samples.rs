//! The adapters that are measured: the component, the same mapping as a function, and the records for both.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::Timestamp;
use qadam_engine::{Adapter, Engine, Limits, NativeInput};
use qadam_guest_build::Guest;
use qadam_sdk::{Event, NativeRecord, RecordError, testing};
use qadam_tests::components::workspace;

use crate::Failure;

/// What a record gives.
type Given = Result<Vec<Event>, RecordError>;

/// An adapter, both ways.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    /// The mapping, compiled natively.
    pub(crate) native: fn(Vec<NativeRecord>) -> Vec<Given>,
    content_type: &'static str,
    settings: &'static [(&'static str, &'static str)],
    bodies: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub(crate) const SAMPLES: [Sample; 3] = [
    Sample {
        name: "permits-xes",
        native: |records| <permits_xes::PermitsXes as qadam_sdk::Adapter>::map(records),
        content_type: "application/xml",
        settings: &[("service-name", "Environmental permit (receipt phase)")],
        // Not the one that is refused: it would cost less than a record.
        bodies: || lines(include_str!("../../../plugins/permits-xes/samples/permits.xml-lines"), "T22 Inspect"),
    },
    Sample {
        name: "education-shep",
        native: |records| <education_shep::EducationShep as qadam_sdk::Adapter>::map(records),
        content_type: "text/xml",
        settings: &[],
        bodies: || lines(include_str!("../../../plugins/education-shep/samples/education.xml-lines"), "\0"),
    },
    Sample {
        name: "table",
        native: |records| <table::Table as qadam_sdk::Adapter>::map(records),
        content_type: "text/csv",
        settings: &[("mapping", include_str!("../../../plugins/table/samples/archive.mapping.toml"))],
        bodies: || {
            // Row by row, each below the header, as they are submitted.
            let file = include_bytes!("../../../plugins/table/samples/archive.csv");
            let mut rows = file.split_inclusive(|byte| *byte == b'\n');
            let header = rows.next().unwrap_or_default();
            rows.map(|row| [header, row].concat()).collect()
        },
    },
];

fn lines(text: &str, without: &str) -> Vec<Vec<u8>> {
    text.lines().filter(|line| !line.contains(without)).map(|line| line.as_bytes().to_vec()).collect()
}

impl Sample {
    /// Bytes of the component, built if need be.
    pub(crate) fn component(&self) -> Result<Vec<u8>, Failure> {
        let target: PathBuf = qadam_powercut::own_target_dir()?.join("guest");
        let built = Guest::new(workspace(), self.name).target_dir(target).build(&mut |_| {})?;
        Ok(std::fs::read(built.component)?)
    }

    /// The component in the engine.
    pub(crate) fn load(&self, engine: &Engine, component: &[u8]) -> Result<Adapter, Failure> {
        let settings = self.settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Ok(engine.load(component, settings.collect::<BTreeMap<_, _>>(), Limits::default())?)
    }

    /// So many records, the samples over and over.
    pub(crate) fn records(&self, count: usize) -> Vec<NativeRecord> {
        let record = |body| NativeRecord { content_type: self.content_type.into(), ..testing::record(body) };
        (self.bodies)().into_iter().cycle().take(count).map(record).collect()
    }

    /// Runs with the settings that the native mapping sees.
    pub(crate) fn with_settings<T>(&self, run: impl FnOnce() -> T) -> T {
        testing::with_config(self.settings, run)
    }
}

/// Records as the host hands them over.
pub(crate) fn inputs(records: &[NativeRecord]) -> Vec<NativeInput<'_>> {
    let input = |record| {
        let NativeRecord { id, content_type, body, .. }: &NativeRecord = record;
        NativeInput { id, content_type, received_at: Timestamp::UNIX_EPOCH, body }
    };
    records.iter().map(input).collect()
}

/// The component with a number in it that nobody reads: the same code, another digest, compiled and kept by itself.
pub(crate) fn variant(component: &[u8], number: usize) -> Vec<u8> {
    let number = format!("{number:08}");
    let name = b"variant";
    let length = (1 + name.len() + number.len()) as u8;
    [component, &[0, length, name.len() as u8], name, number.as_bytes()].concat()
}
