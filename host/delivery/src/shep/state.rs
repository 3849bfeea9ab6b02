//! The states of a message at the gateway.

/// A message's state, in the gateway's words (`MessageState` of its schema).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is on its way.
    OnDelivery,
    /// Its receiver has it.
    Delivered,
    /// It could not be brought; it is tried again.
    NotDelivered,
    /// It is not tried again.
    DeliveryStopped,
}

/// A message's state in a queue of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It may be sent.
    Ready,
    /// It is being sent.
    Leased,
    /// An attempt failed; another follows.
    AwaitingRetry,
    /// It is a dead letter.
    DeadLettered,
    /// It is delivered.
    Delivered,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::OnDelivery, Self::Delivered, Self::NotDelivered, Self::DeliveryStopped];

    /// The gateway's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnDelivery => "ON_DELIVERY",
            Self::Delivered => "DELIVERED",
            Self::NotDelivered => "NOT_DELIVERED",
            Self::DeliveryStopped => "DELIVERY_STOPPED",
        }
    }

    /// The state of that word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl From<Queued> for State {
    fn from(queued: Queued) -> Self {
        match queued {
            Queued::Ready | Queued::Leased => Self::OnDelivery,
            Queued::AwaitingRetry => Self::NotDelivered,
            Queued::DeadLettered => Self::DeliveryStopped,
            Queued::Delivered => Self::Delivered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_the_gateway_s_word_and_each_of_ours_has_a_state() {
        for state in State::ALL {
            assert_eq!(State::of_word(state.word()), Some(state));
        }
        assert_eq!(State::of_word("delivered"), None);
        let states = [Queued::Ready, Queued::Leased, Queued::AwaitingRetry, Queued::DeadLettered, Queued::Delivered];
        let words = states.map(|queued| State::from(queued).word());
        assert_eq!(words, ["ON_DELIVERY", "ON_DELIVERY", "NOT_DELIVERED", "DELIVERY_STOPPED", "DELIVERED"]);
    }
}
