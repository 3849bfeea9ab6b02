//! The error codes of delivery (1336-9). They are written to the journal with each attempt and never change their meaning.

use serde::{Deserialize, Serialize};

/// Why an attempt delivered nothing, or not all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// No connection: nobody listens, no route, no such name.
    Unreachable,
    /// No whole answer within the time.
    Timeout,
    /// TLS failed: the server's certificate is not trusted, has expired, is another's; or it refuses ours.
    Tls,
    /// The connection broke after it was made. Whether the peer has the message is not known.
    ConnectionLost,
    /// The peer says that it cannot now: HTTP 408, 425, 429, 5xx.
    Unavailable,
    /// The peer does not know us, or does not let us: HTTP 401, 403, 407; a gateway's refusal of sender or password.
    Unauthorised,
    /// There is no such place: HTTP 3xx, 404, 405, 410.
    NotThere,
    /// The gateway answered with an error of its own.
    GatewayFault,
    /// The gateway took the message and did not bring it to its receiver (`NOT_DELIVERED`, `DELIVERY_STOPPED`).
    NotBrought,
    /// What came back is no receipt, or another message's, or leaves events unanswered, or its signature is wrong.
    InvalidReceipt,
    /// The host stopped while the attempt was under way. Whether the peer has the message is not known.
    Interrupted,
    /// The peer refused the message or the event, for what it is. The peer's own code stands beside it.
    Refused,
    /// The message is larger than the destination takes: HTTP 413, or more than the configured limit.
    Oversize,
    /// It could not be delivered within the destination's limits of age or attempts.
    Expired,
    /// Its body was erased, by policy or on request, before it was delivered.
    Erased,
    /// An operator decided that it is not to be delivered.
    Skipped,
}

/// Whose fault a code tells of, and so what is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The destination's: everything for it waits, and is tried again.
    Peer,
    /// The message's: it is sent event by event, and what is refused alone is a dead letter.
    Message,
    /// Nothing further is tried.
    End,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Tls,
        Self::ConnectionLost,
        Self::Unavailable,
        Self::Unauthorised,
        Self::NotThere,
        Self::GatewayFault,
        Self::NotBrought,
        Self::InvalidReceipt,
        Self::Interrupted,
        Self::Refused,
        Self::Oversize,
        Self::Expired,
        Self::Erased,
        Self::Skipped,
    ];

    /// Its name in journal, API and commands, `connection-lost`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::ConnectionLost => "connection-lost",
            Self::Unavailable => "unavailable",
            Self::Unauthorised => "unauthorised",
            Self::NotThere => "not-there",
            Self::GatewayFault => "gateway-fault",
            Self::NotBrought => "not-brought",
            Self::InvalidReceipt => "invalid-receipt",
            Self::Interrupted => "interrupted",
            Self::Refused => "refused",
            Self::Oversize => "oversize",
            Self::Expired => "expired",
            Self::Erased => "erased",
            Self::Skipped => "skipped",
        }
    }

    /// The code of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(self) -> Fault {
        match self {
            Self::Refused | Self::Oversize => Fault::Message,
            Self::Expired | Self::Erased | Self::Skipped => Fault::End,
            _ => Fault::Peer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_found_by_its_name_and_written_so() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.name()), Some(code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
        assert_eq!(Code::named("something"), None);
    }
}
