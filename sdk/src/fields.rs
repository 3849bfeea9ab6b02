//! Constructors of field updates.
//!
//! A record rarely repeats what was said before, so that "says nothing" and "says that there is none" must not be
//! confused: the first is `Unchanged`, the default, the second is `Cleared`.

use crate::{Channel, ChannelUpdate, Fields, Moment, MomentUpdate, RecipientName, RecipientUpdate, TextUpdate};

impl Fields {
    /// The record says nothing of the request's data. Set what it says by struct update.
    #[must_use]
    pub const fn unchanged() -> Self {
        Self {
            recipient: RecipientUpdate::Unchanged,
            identification_number: TextUpdate::Unchanged,
            service_name: TextUpdate::Unchanged,
            intake_place: TextUpdate::Unchanged,
            intake_at: MomentUpdate::Unchanged,
            executor: TextUpdate::Unchanged,
            planned_at: MomentUpdate::Unchanged,
            completed_at: MomentUpdate::Unchanged,
            channel: ChannelUpdate::Unchanged,
            provider_bin: TextUpdate::Unchanged,
            service_code: TextUpdate::Unchanged,
            composite_reference: TextUpdate::Unchanged,
        }
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self::unchanged()
    }
}

impl TextUpdate {
    /// The value is now this text, as it stands.
    #[must_use]
    pub fn set(text: impl Into<String>) -> Self {
        Self::Set(text.into())
    }

    /// `Set` where the record has the value, `Unchanged` where it says nothing.
    #[must_use]
    pub fn set_if_known(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Unchanged, Self::set)
    }
}

impl MomentUpdate {
    /// `Set` where the record has the time, `Unchanged` where it says nothing.
    #[must_use]
    pub fn set_if_known(moment: Option<Moment>) -> Self {
        moment.map_or(Self::Unchanged, Self::Set)
    }
}

impl RecipientUpdate {
    /// `Set` where the record names the recipient, `Unchanged` where it says nothing.
    #[must_use]
    pub fn set_if_known(name: Option<RecipientName>) -> Self {
        name.map_or(Self::Unchanged, Self::Set)
    }
}

impl ChannelUpdate {
    /// `Set` where the record names the channel, `Unchanged` where it says nothing.
    #[must_use]
    pub fn set_if_known(channel: Option<Channel>) -> Self {
        channel.map_or(Self::Unchanged, Self::Set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_not_clearing() {
        assert_eq!(TextUpdate::set_if_known(None::<&str>), TextUpdate::Unchanged);
        assert_eq!(TextUpdate::set_if_known(Some("")), TextUpdate::set(""));
        assert_eq!(Fields::default(), Fields::unchanged());
        assert_eq!(Fields::unchanged().completed_at, MomentUpdate::Unchanged);
    }

    #[test]
    fn leading_zeros_and_spaces_are_kept() {
        assert_eq!(TextUpdate::set(" 060603199392"), TextUpdate::Set(" 060603199392".to_owned()));
    }
}
