//! Where a request entered (1277-8), by the system in which it was made: the three paths of 56-6, 56-7 and 56-8.

use qadam_sdk::Channel;

use crate::table::{self, TableError};

/// The table in use: the operator's rows go before the embedded ones.
#[derive(Debug)]
pub(crate) struct Channels(Vec<(String, Channel)>);

/// The embedded table.
pub(crate) const EMBEDDED: &str = include_str!("channels.txt");

impl Channels {
    /// The operator's table over the embedded one.
    pub(crate) fn new(operator: &str) -> Result<Self, TableError> {
        let rows = table::rows(operator)?.into_iter().chain(table::rows(EMBEDDED)?);
        let channels = rows.map(|row| {
            let channel = match row.value {
                "portal" => Channel::Portal,
                "provider" => Channel::Provider,
                "state-corporation" => Channel::StateCorporation,
                other => {
                    return Err(row.wrong(format!("`{other}` is not among portal, provider, state-corporation")));
                }
            };
            Ok((row.name.to_owned(), channel))
        });
        channels.collect::<Result<_, _>>().map(Self)
    }

    /// The channel that a system means; its own word where the table does not have it.
    pub(crate) fn of(&self, system: &str) -> Channel {
        let known = self.0.iter().find(|(name, _)| name == system).map(|(_, channel)| channel.clone());
        known.unwrap_or_else(|| Channel::Other(system.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_s_rows_go_first_and_an_unknown_system_keeps_its_word() {
        let channels = Channels::new("IIS_CON = provider").expect("is a table");
        assert_eq!(channels.of("EGOV_PORTAL"), Channel::Portal);
        assert_eq!(channels.of("IIS_CON"), Channel::Provider);
        assert_eq!(channels.of("KIOSK"), Channel::Other("KIOSK".to_owned()));
        assert!(Channels::new("KIOSK = street").is_err());
    }
}
