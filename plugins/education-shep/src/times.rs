//! Times as the gateway and the education system write them: `xs:dateTime` with or without an offset, and `xs:date`.

use qadam_sdk::Moment;
use qadam_sdk::time::{FormatError, Place, Repeated, TimeError, TimeFormat, UnknownZone};

/// Reads times of one place.
#[derive(Debug)]
pub(crate) struct Times {
    place: Place,
    /// A term that ends in an hour which was there twice ends with the second one.
    end: Place,
    formats: Vec<TimeFormat>,
}

/// Why times cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TimesError {
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    #[error(transparent)]
    Format(#[from] FormatError),
}

impl Times {
    /// For the zone of the provider.
    pub(crate) fn at(zone: &str) -> Result<Self, TimesError> {
        let place = Place::named(zone)?;
        let formats = FORMATS.into_iter().map(TimeFormat::named).collect::<Result<_, _>>()?;
        Ok(Self { end: place.clone().repeated(Repeated::Last), place, formats })
    }

    /// A time; of a day its beginning.
    pub(crate) fn read(&self, literal: &str) -> Result<Moment, TimeError> {
        self.first(|format| format.read(literal, &self.place))
    }

    /// A term; of a day its last second.
    pub(crate) fn term(&self, literal: &str) -> Result<Moment, TimeError> {
        self.first(|format| format.read_day_end(literal, &self.end))
    }

    /// By the first format that fits; if none does, what the first one said.
    fn first(&self, read: impl Fn(&TimeFormat) -> Result<Moment, TimeError>) -> Result<Moment, TimeError> {
        let mut said = None;
        for format in &self.formats {
            match read(format) {
                Ok(moment) => return Ok(moment),
                Err(error) => said = said.or(Some(error)),
            }
        }
        Err(said.unwrap_or(TimeError::NoSuchTime))
    }
}

/// With an offset; without one, which is the local time of the place; days, with and without.
const FORMATS: [&str; 4] = ["rfc3339", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d", "%Y-%m-%d%:z"];
