//! Hosts with the education adapter, and messages for it, of our own making, of synthetic people, in the gateway's envelope.

use serde_json::Value;

use crate::{
    components,
    http::Answer,
    probe::{await_service, put, record},
    program::{Program, Setup},
};

/// Where its records go.
pub const RECORDS: &str = "/v1/providers/education/records";

/// What the messages carry as credentials. Nobody has them; letters that stand nowhere else beside each other, so that a search
/// finds them in what is packed, too.
pub const LOGIN: &str = "Jm4Fy2Lb";
/// See [`LOGIN`].
pub const PASSWORD: &str = "Zx9Kq7Wv";

/// The four services of Zhambyl 56, by their codes.
pub const SERVICES: [&str; 4] = [
    "REQUEST_FORM_DOC_QUEVED_DDO",
    "REQUEST_FORM_CHILDREN_TURN",
    "REQUEST_FORM_CHILDREN_DISPOSABLE",
    "REQUEST_FORM_CHILDREN_PROPERTY",
];

/// The profile that the adapter's README tells operators to use, as it stands there.
#[must_use]
pub fn profile() -> String {
    let path = components::workspace().join("plugins/education-shep/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let snippet = readme.split_once("```toml\n[providers.education]\n").unwrap().1.split_once("```").unwrap().0;
    format!("[providers.education]\n{snippet}")
}

/// Starts a host with that profile, further configuration, and the adapter at work.
#[must_use]
pub fn start(binary: &str, more: &str) -> Program {
    let program = Program::start(binary, Setup { config: format!("{}\n{more}", profile()), ..Setup::default() });
    put(&program, "education-shep.wasm", &std::fs::read(components::education()).unwrap());
    await_service(&program, "education", "serving");
    program
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its `messageId`.
    pub id: String,
    /// Its `messageDate`.
    pub at: String,
    /// What stands in its `messageInfo` after the sender.
    pub properties: String,
    /// Number of the request.
    pub request: String,
    /// What its notification holds beside that.
    pub elements: String,
}

impl Message {
    /// A message of a request, with a status.
    #[must_use]
    pub fn status(id: &str, request: &str, status: &str, at: &str) -> Self {
        let elements = updated("processing_status", &format!("<domainItemData><code>{status}</code></domainItemData>"));
        Self { id: id.to_owned(), at: at.to_owned(), properties: String::new(), request: request.to_owned(), elements }
    }

    /// The same, with more in its notification.
    #[must_use]
    pub fn with(mut self, elements: &str) -> Self {
        self.elements.push_str(elements);
        self
    }

    /// The same, with the data that a request begins with: of this service, made in this system.
    #[must_use]
    pub fn intake(self, service: &str, origin: &str) -> Self {
        let dates = updated("registerDate", &format!("<date>{}</date>", self.at))
            + &updated("deadline", "<date>2024-05-20</date>")
            + &updated("registerOrg", "<string>Отдел образования Таласского района</string>");
        self.with(&dates).with(&format!(
            "<requestOriginSystemId>{origin}</requestOriginSystemId><requesterFirstName>Ғали</requesterFirstName>\
             <requesterIin>850101199993</requesterIin><requesterLastName>Сынақбаев</requesterLastName>\
             <serviceProviderBin>990140999995</serviceProviderBin><serviceType>{service}</serviceType>"
        ))
    }

    /// Its envelope, on one line.
    #[must_use]
    pub fn envelope(&self) -> String {
        let Self { id, at, properties, request, elements } = self;
        format!(
            "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>\
             <t:sendMessage xmlns:t=\"http://bip.bee.kz/AsyncChannel/v10/Types\"><request><messageInfo>\
             <messageId>{id}</messageId><correlationId>25{request}</correlationId>\
             <serviceId>MON_ES_REQUEST_FORM_IMPORT</serviceId><messageType>NOTIFICATION</messageType>\
             <messageDate>{at}</messageDate><sender><senderId>{LOGIN}</senderId><password>{PASSWORD}</password></sender>\
             {properties}</messageInfo><messageData><data><typedRequestFormImportData>\
             <importSource>NOBD</importSource>{elements}<externalRequestId>{request}</externalRequestId>\
             </typedRequestFormImportData></data></messageData></request></t:sendMessage></S:Body></S:Envelope>"
        )
    }
}

/// An updated value, of any type.
#[must_use]
pub fn updated(code: &str, value: &str) -> String {
    format!("<updatedValues><code>{code}</code><values>{value}</values></updatedValues>")
}

/// Sends one envelope and waits until it is decided; gives the view of its record.
pub fn decided(program: &Program, envelope: impl AsRef<[u8]>) -> Value {
    let answer = sent(program, envelope);
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    let id = answer.json()["records"][0]["id"].as_str().unwrap().to_owned();
    program.until(|program| record(program, &id)["outcome"] != "pending");
    record(program, &id)
}

/// Sends one envelope.
pub fn sent(program: &Program, envelope: impl AsRef<[u8]>) -> Answer {
    program.call(&program.operator(), "POST", RECORDS, &[("content-type", "text/xml")], envelope.as_ref())
}

/// Sends messages that must be mapped, one after another.
pub fn mapped(program: &Program, messages: &[Message]) {
    for message in messages {
        let view = decided(program, message.envelope());
        assert_eq!(view["outcome"], "mapped", "{message:?}: {view}");
    }
}

/// A request of the provider, with its history.
#[must_use]
pub fn request(program: &Program, number: &str) -> Value {
    crate::probe::request(program, "education", number)
}
