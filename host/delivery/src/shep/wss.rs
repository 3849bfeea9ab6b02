//! WS-Security: the signature of an envelope's body in its header, as the gateway has it (domain.md §3.3). Exclusive
//! canonicalisation without comments, one reference to the body's `wsu:Id`, SHA-256, RSA (PKCS#1 v1.5), and the certificate itself
//! in a `KeyIdentifier`. GOST takes a certified library, and is refused with its name.
//!
//! What is read is what is signed: [`Trusted::read`] parses the very bytes that were digested, so that no element that stands
//! elsewhere in the envelope under the same name or id can take the body's place (signature wrapping). Nothing in the message
//! chooses the key: only the certificates that the operator named are tried.
//!
//! Canonicalisation is our own, of the trees that the documents are read into, and held against `xmlsec1`; the arithmetic is
//! `ring`'s. `bergshamra` would bring a second parser of XML, and either a second stack of cryptography (RustCrypto with a release
//! candidate of `rsa`, or aws-lc) or none.

mod sign;
mod signed_info;
mod verify;

pub use self::{
    sign::{NotRsa, Signing},
    verify::{Trusted, Unproven},
};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
