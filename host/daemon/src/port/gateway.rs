//! The gateway's delivery notifications, for the API.

use jiff::tz::TimeZone;
use qadam_delivery::shep::{
    Blame, Body, ErrorInfo, Fault, Moment, Operation, SendDeliveryNotificationResponse, State, envelope, uuid,
};
use qadam_domain::DestinationId;
use qadam_monitor::ports::{
    PortError,
    gateway::{Gateway, GatewayAnswer},
    queue::{Queue as _, QueueError, QueueOrder, QueueWhat},
};

use super::Port;

impl Gateway for Port {
    fn gateway_told(&self, bytes: &[u8], who: &str) -> Result<GatewayAnswer, PortError> {
        let served = self.served()?;
        let at = Moment::of(self.pipeline.now(), &TimeZone::UTC);
        let fault = |code: &str, words: &str| {
            let info = ErrorInfo::new(code, words, at);
            let fault = Fault::of(Operation::SendDeliveryNotification, Blame::Client, info);
            GatewayAnswer { fault: true, text: envelope::write(&Body::Fault(fault)) }
        };
        let told = match envelope::read(bytes) {
            Ok(Body::SendDeliveryNotification(told)) => told.notification,
            Ok(_) => return Ok(fault("QADAM-OPERATION", "only sendDeliveryNotification is taken here")),
            Err(error) => return Ok(fault("QADAM-ENVELOPE", &error.to_string())),
        };
        let behind: Vec<&DestinationId> = self
            .evidence
            .destinations
            .iter()
            .filter(|(_, settings)| settings.shep.as_ref().is_some_and(|shep| shep.service_id == told.service_id))
            .map(|(name, _)| name)
            .collect();
        if behind.is_empty() {
            return Ok(fault("QADAM-SERVICE", "no destination of this host is that service"));
        }
        // The word is of the gateway's choosing: only those of its schema are repeated.
        let state = State::of_word(&told.receive_status).map_or("unknown", State::word);
        let failing: Vec<DestinationId> =
            served.health().into_iter().filter(|one| one.down.is_some()).map(|one| one.destination).collect();
        for destination in behind {
            tracing::info!(%destination, state, who, "the gateway told what became of a message");
            // Nothing waits where all goes well: attempts under way ask by themselves.
            if failing.contains(destination) {
                self.try_at_once(destination, state, who)?;
            }
        }
        let response = SendDeliveryNotificationResponse {
            notification_id: uuid(format!("notification {}", told.message_id).as_bytes()),
            at,
            session_id: format!("{{{}}}", uuid(bytes)),
        };
        let text = envelope::write(&Body::SendDeliveryNotificationResponse(response));
        Ok(GatewayAnswer { fault: false, text })
    }
}

impl Port {
    /// An act like an operator's, recorded with the key that came.
    fn try_at_once(&self, destination: &DestinationId, state: &str, who: &str) -> Result<(), PortError> {
        let order = QueueOrder {
            destination: destination.clone(),
            provider: None,
            what: QueueWhat::Retry,
            who: who.to_owned(),
            why: format!("the gateway told what became of a message: {state}"),
        };
        self.order(&order).map(drop).map_err(|error| match error {
            QueueError::Port(error) => error,
            _ => PortError::Internal("the retry was refused".to_owned()),
        })
    }
}
