//! What the e-government gateway tells of the messages that it brings.

use crate::ports::PortError;

/// An answer to the gateway.
#[derive(Clone, Debug)]
pub struct GatewayAnswer {
    /// Whether it is a fault.
    pub fault: bool,
    /// The envelope.
    pub text: String,
}

/// The destinations behind the gateway.
pub trait Gateway {
    /// The gateway tells what became of a message (`sendDeliveryNotification`): what waits for that destination because it failed
    /// is tried at once, which is recorded as an act. `who` is the key that came.
    ///
    /// # Errors
    /// If delivery has not begun yet, or the act cannot be recorded.
    fn gateway_told(&self, envelope: &[u8], who: &str) -> Result<GatewayAnswer, PortError>;
}
