//! What a key is for, by the name in its PKCS#8.

use const_oid::ObjectIdentifier;

/// `rsaEncryption` (RFC 8017 §A.1).
pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey` (RFC 5480 §2.1.1).
pub(crate) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `secp256r1`, P-256.
pub(crate) const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// What people call it; its numbers otherwise.
pub(crate) fn name(algorithm: ObjectIdentifier) -> String {
    let numbers = algorithm.to_string();
    let known = match numbers.as_str() {
        "1.2.398.3.10.1.1.1.1" | "1.2.398.3.10.1.1.1.2" => "GOST 34.310-2004",
        "1.2.398.3.10.1.1.2.1" | "1.2.398.3.10.1.1.2.3.1" => "GOST R 34.10-2015 with 256 bits",
        "1.2.398.3.10.1.1.2.2" | "1.2.398.3.10.1.1.2.3.2" => "GOST R 34.10-2015 with 512 bits",
        "1.2.643.2.2.19" => "GOST R 34.10-2001",
        "1.2.643.7.1.1.1.1" => "GOST R 34.10-2012 with 256 bits",
        "1.2.643.7.1.1.1.2" => "GOST R 34.10-2012 with 512 bits",
        "1.2.840.113549.1.1.10" => "RSA for PSS only",
        "1.2.840.10040.4.1" => "DSA",
        "1.3.132.0.34" => "ECDSA over P-384",
        "1.3.132.0.35" => "ECDSA over P-521",
        "1.3.132.0.10" => "ECDSA over secp256k1",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ if numbers.starts_with("1.2.398.3.10.1.1.") => "GOST",
        _ => return numbers,
    };
    format!("{known} ({numbers})")
}
