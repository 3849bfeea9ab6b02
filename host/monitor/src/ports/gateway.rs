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
    /// The gateway tells what became of a message (`sendDeliveryNotification`): what waits for that destination is tried at
    /// once. `who` is the key that came.
    ///
    /// # Errors
    /// If delivery has not begun yet.
    fn gateway_told(&self, envelope: &[u8], who: &str) -> Result<GatewayAnswer, PortError>;
}
