//! Seals and time-stamps, in both directions with the real `openssl`: it accepts what we make, we accept what it makes, and refuse
//! what we should.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{fs, path::Path, process::Command};

use jiff::{SignedDuration, Timestamp};
use qadam_evidence::{
    Key, KeyError, ObjectIdentifier, Signer as _, Verdict,
    development::{self, Authority},
    seal, signed,
    timestamp::{Query, TimestampError, TimestampTrust, check_token},
};
use qadam_tests::openssl::{Holder, Pki, Profile, openssl};
use ring::rand::SystemRandom;

const MANIFEST: &[u8] = br#"{"format":"qadam-manifest/1"}"#;
const POLICY: &str = "1.2.398.3.3.2.6.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// A folder in which openssl works.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    fn openssl(&self, args: &str) -> Vec<u8> {
        openssl(self.path(), &args.split(' ').collect::<Vec<_>>())
    }

    /// What it says where it fails.
    fn refusal(&self, args: &str) -> String {
        let output = Command::new("openssl").current_dir(self.path()).args(args.split(' ')).output().unwrap();
        assert!(!output.status.success(), "openssl {args} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// `openssl cms -verify` of a seal over a manifest.
    fn verify_args(&self, sealed: &[u8], manifest: &[u8], ca: &str) -> &'static str {
        self.put("ca.pem", ca);
        self.put("m.p7s", sealed);
        self.put("manifest.json", manifest);
        "cms -verify -cades -binary -inform DER -in m.p7s -content manifest.json -CAfile ca.pem -out verified"
    }
}

fn now() -> Timestamp {
    // Certificates are issued now; the tests of this file live in that moment.
    #[expect(clippy::disallowed_methods, reason = "what the real openssl made is of the present")]
    Timestamp::now()
}

/// A chain of the leaf and the authority between; and the root.
fn chain(pki: &Pki, holder: &Holder) -> (String, String) {
    (format!("{}{}", holder.pem(), pki.authority.pem()), pki.root.pem())
}

#[test]
fn openssl_accepts_our_seals_with_every_key_it_makes_itself() {
    let (pki, desk) = (Pki::new(), Desk::new());
    for algorithm in ["rsa:2048", "prime256v1"] {
        let holder = pki.issue(&Profile::head().with_key(algorithm));
        let (chain, root) = chain(&pki, &holder);
        desk.put("key.pem", holder.key_pem());
        desk.put("crt.pem", holder.pem());
        desk.put("chain.pem", pki.authority.pem());
        desk.openssl("pkey -in key.pem -traditional -out traditional.pem");
        let export = "pkcs12 -export -inkey key.pem -in crt.pem -certfile chain.pem -passout pass:құпия -out";
        desk.openssl(&format!("{export} modern.p12"));
        desk.openssl(&format!("{export} legacy.p12 -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"));
        desk.openssl(&format!("{export} old.p12 -legacy"));
        let traditional = String::from_utf8(desk.get("traditional.pem")).unwrap();
        assert!(traditional.contains("RSA PRIVATE KEY") || traditional.contains("EC PRIVATE KEY"));

        let mut keys =
            vec![Key::from_pem(&holder.key_pem(), &chain).unwrap(), Key::from_pem(&traditional, &chain).unwrap()];
        for file in ["modern.p12", "legacy.p12", "old.p12"] {
            keys.push(Key::from_pkcs12(&desk.get(file), "құпия").unwrap());
        }
        for key in keys {
            assert_eq!(key.certificates()[0], holder.der());
            assert_eq!(key.certificates().len(), 2, "its own, and that of the authority between");
            let sealed = seal::seal(MANIFEST, &key, now()).unwrap();
            desk.openssl(desk.verify_args(&sealed, MANIFEST, &root));
            assert_eq!(desk.get("verified"), MANIFEST);
            signed::verify(&sealed, Some(MANIFEST)).unwrap();

            let stamped = seal::with_token(&sealed, &tsa(&pki, &desk, "sha256").token(&sealed)).unwrap();
            desk.openssl(desk.verify_args(&stamped, MANIFEST, &root));
            let refused = desk.refusal(desk.verify_args(&stamped, b"{}", &root));
            assert!(refused.contains("verification failure"), "{refused}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_of_keys_is_said() {
    let (pki, desk) = (Pki::new(), Desk::new());
    let holder = pki.issue(&Profile::head());
    desk.put("key.pem", holder.key_pem());
    desk.put("crt.pem", holder.pem());
    desk.openssl("pkcs12 -export -inkey key.pem -in crt.pem -passout pass:right -out key.p12");
    desk.openssl("pkcs12 -export -nokeys -in crt.pem -passout pass:right -out nokey.p12");
    desk.openssl("pkcs12 -export -inkey key.pem -in crt.pem -passout pass:right -macalg sha512 -out sha512.p12");
    desk.openssl("pkcs8 -topk8 -in key.pem -passout pass:right -out encrypted.pem");
    let p12 = |name: &str, password: &str| Key::from_pkcs12(&desk.get(name), password).unwrap_err();
    assert!(matches!(p12("key.p12", "wrong"), KeyError::Password));
    assert!(matches!(p12("nokey.p12", "right"), KeyError::NoKey));
    assert!(matches!(p12("sha512.p12", "right"), KeyError::Encryption));
    assert!(matches!(p12("crt.pem", "right"), KeyError::Pkcs12(_)));
    let pem = |key: &str, chain: &str| Key::from_pem(key, chain).unwrap_err();
    let encrypted = String::from_utf8(desk.get("encrypted.pem")).unwrap();
    assert!(matches!(pem(&encrypted, &holder.pem()), KeyError::Encrypted));
    let other = pki.issue(&Profile::head());
    assert!(matches!(pem(&other.key_pem(), &holder.pem()), KeyError::Foreign { certificates: 1 }));
    let weak = pki.issue(&Profile::head().with_key("rsa:1024"));
    assert!(matches!(pem(&weak.key_pem(), &weak.pem()), KeyError::Refused(_)));
    let curve = pki.issue(&Profile::head().with_key("secp384r1"));
    assert!(pem(&curve.key_pem(), &curve.pem()).to_string().contains("ECDSA over P-384"));
}

#[test]
fn openssl_accepts_our_authoritys_tokens_and_our_development_seals() {
    let desk = Desk::new();
    let pki = development::Pki::generate(now(), &SystemRandom::new()).unwrap();
    let authority = Authority::from_pem(&pki.tsa_key_pem, &pki.tsa_chain_pem).unwrap();
    let key = Key::from_pem(&pki.seal_key_pem, &pki.seal_chain_pem).unwrap();
    let sealed = seal::seal(MANIFEST, &key, now()).unwrap();
    desk.openssl(desk.verify_args(&sealed, MANIFEST, &pki.ca_pem));
    // With its revocation list: openssl takes it from the file of the root.
    let list = pki.crl(now(), now() + SignedDuration::from_hours(24), &[]).unwrap();
    desk.put("list.der", list);
    desk.openssl("crl -inform DER -in list.der -out list.pem");
    let with_list = format!("{}{}", pki.ca_pem, String::from_utf8(desk.get("list.pem")).unwrap());
    desk.openssl(&format!("{} -crl_check", desk.verify_args(&sealed, MANIFEST, &with_list)));

    let value = seal::signature_value(&sealed).unwrap();
    let query = Query::new(&value, None, &SystemRandom::new()).unwrap();
    let response = authority.respond(query.der(), now(), &SystemRandom::new());
    desk.put("query.tsq", query.der());
    desk.put("response.tsr", &response);
    desk.put("value", &value);
    desk.openssl("ts -verify -queryfile query.tsq -in response.tsr -CAfile ca.pem");
    let trust = TimestampTrust::from_pem(&pki.ca_pem, "").unwrap();
    let token = query.token(&response, &trust, now()).unwrap();
    desk.put("token.der", &token.der);
    desk.openssl("ts -verify -data value -in token.der -token_in -CAfile ca.pem");
    // Its own query, with another digest and without the certificates.
    desk.openssl("ts -query -data value -sha512 -out own.tsq");
    desk.put("own.tsr", authority.respond(&desk.get("own.tsq"), now(), &SystemRandom::new()));
    desk.put("tsa.pem", &pki.tsa_chain_pem);
    desk.openssl("ts -verify -queryfile own.tsq -in own.tsr -CAfile ca.pem -untrusted tsa.pem");
    let stamped = seal::with_token(&sealed, &token.der).unwrap();
    desk.openssl(desk.verify_args(&stamped, MANIFEST, &pki.ca_pem));
    assert_eq!(seal::token(&stamped).unwrap().as_ref(), Some(&token.der));
}

/// A time-stamping authority of openssl.
struct Tsa<'d> {
    desk: &'d Desk,
    trust: TimestampTrust,
    holder: Holder,
}

fn tsa<'d>(pki: &Pki, desk: &'d Desk, ess: &str) -> Tsa<'d> {
    let profile = Profile {
        subject: "/C=KZ/O=ҮЛГІ/CN=ҮЛГІ УАҚЫТ БЕЛГІСІ".to_owned(),
        extensions: "keyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=critical,timeStamping\n"
            .to_owned(),
        ..Profile::head()
    };
    let holder = pki.issue(&profile.with_key("rsa:2048"));
    desk.put("tsa.crt", holder.pem());
    desk.put("tsa.key", holder.key_pem());
    desk.put("chain.pem", pki.authority.pem());
    desk.put("serial", "01");
    desk.put(
        "ts.cnf",
        format!(
            "[tsa]\nserial=serial\ndefault_policy={POLICY}\nother_policies=1.2.3.4\ndigests=md5,sha1,sha256,sha512\n\
             signer_digest=sha256\naccuracy=secs:1,millisecs:500\nordering=yes\ntsa_name=yes\ness_cert_id_alg={ess}\n"
        ),
    );
    Tsa { desk, trust: TimestampTrust::from_pem(&pki.root.pem(), &pki.authority.pem()).unwrap(), holder }
}

impl Tsa<'_> {
    fn reply(&self, query: &[u8]) -> Vec<u8> {
        self.desk.put("asked.tsq", query);
        let reply = "ts -reply -config ts.cnf -section tsa -queryfile asked.tsq -signer tsa.crt -inkey tsa.key";
        self.desk.openssl(&format!("{reply} -chain chain.pem -out reply.tsr"));
        self.desk.get("reply.tsr")
    }

    fn token(&self, sealed: &[u8]) -> Vec<u8> {
        let query = query(&seal::signature_value(sealed).unwrap());
        query.token(&self.reply(query.der()), &self.trust, now()).unwrap().der
    }

    /// The TSTInfo of a token over `value`, changed, signed again by somebody.
    fn forged(&self, holder: &Holder, from: &str, to: &str) -> Vec<u8> {
        self.forged_with(holder, from, to, &[])
    }

    fn forged_with(&self, holder: &Holder, from: &str, to: &str, options: &[&str]) -> Vec<u8> {
        let query = query(b"value");
        let token = query.token(&self.reply(query.der()), &self.trust, now()).unwrap().der;
        self.desk.put("token.der", token);
        self.desk.openssl("cms -verify -noverify -inform DER -in token.der -out info.der");
        let info = self.desk.get("info.der");
        let at = info.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        assert_eq!(from.len(), to.len());
        let changed = [&info[..at], to.as_bytes(), &info[at + to.len()..]].concat();
        holder.sign(&changed, &[&["-nodetach", "-cades", "-econtent_type", TST_INFO], options].concat())
    }

    fn why(&self, token: &[u8], at: Timestamp) -> String {
        let (found, checks) = check_token(token, b"value", &self.trust, at);
        assert!(found.is_none());
        checks.worst().unwrap().reason.clone()
    }
}

fn query(value: &[u8]) -> Query {
    Query::new(value, None, &SystemRandom::new()).unwrap()
}

#[test]
fn openssl_answers_our_queries_and_we_take_what_it_answers() {
    let (pki, desk) = (Pki::new(), Desk::new());
    for ess in ["sha256", "sha1", "sha512"] {
        let tsa = tsa(&pki, &desk, ess);
        for policy in [None, Some(ObjectIdentifier::new_unwrap(POLICY))] {
            let query = Query::new(b"value", policy, &SystemRandom::new()).unwrap();
            desk.put("ours.tsq", query.der());
            let text = String::from_utf8(desk.openssl("ts -query -in ours.tsq -text")).unwrap();
            assert!(text.contains("Hash Algorithm: sha256") && text.contains("Certificate required: yes"), "{text}");
            let token = query.token(&tsa.reply(query.der()), &tsa.trust, now()).unwrap();
            assert_eq!(token.policy.to_string(), POLICY);
            assert_eq!(token.path[0].der(), tsa.holder.der());
            assert_eq!(token.path.len(), 3);
            let (again, checks) = check_token(&token.der, b"value", &tsa.trust, now());
            assert_eq!((again.as_ref(), checks.verdict()), (Some(&token), Verdict::Valid));
        }
    }
}

#[test]
fn a_token_of_openssl_that_is_not_what_was_asked_for_is_refused() {
    let (pki, desk) = (Pki::new(), Desk::new());
    let tsa = tsa(&pki, &desk, "sha256");
    let ours = query(b"value");
    let why = |query: &Query, response: &[u8]| query.token(response, &tsa.trust, now()).unwrap_err();
    assert_eq!(why(&ours, &tsa.reply(query(b"value").der())), TimestampError::Nonce);
    desk.put("value", b"value");
    desk.openssl("ts -query -data value -sha256 -no_nonce -cert -out silent.tsq");
    assert_eq!(why(&ours, &tsa.reply(&desk.get("silent.tsq"))), TimestampError::NoNonce);

    let unknown = Query::new(b"value", Some(ObjectIdentifier::new_unwrap("1.2.3.5")), &SystemRandom::new()).unwrap();
    let refused = why(&unknown, &tsa.reply(unknown.der())).to_string();
    assert!(refused.contains("unacceptedPolicy"), "{refused}");
    let other = ObjectIdentifier::new_unwrap("1.2.3.4");
    let asked = Query::new(b"value", Some(other), &SystemRandom::new()).unwrap();
    let response = tsa.reply(asked.der());
    assert_eq!(asked.token(&response, &tsa.trust, now()).unwrap().policy, other);
    let wanted = vec![ObjectIdentifier::new_unwrap(POLICY)];
    let strict = TimestampTrust { policies: wanted.clone(), ..tsa.trust.clone() };
    assert_eq!(asked.token(&response, &strict, now()), Err(TimestampError::Policy { found: other, wanted }));

    for (digest, named) in [("sha1", "SHA-1 is too weak"), ("md5", "MD5 is too weak")] {
        desk.openssl(&format!("ts -query -data value -{digest} -cert -out weak.tsq"));
        desk.put("weak.tsr", tsa.reply(&desk.get("weak.tsq")));
        desk.openssl("ts -reply -in weak.tsr -token_out -out weak.der");
        let refused = tsa.why(&desk.get("weak.der"), now());
        assert!(refused.contains(named), "{refused}");
    }
    let response = tsa.reply(ours.der());
    let token = ours.token(&response, &tsa.trust, now()).unwrap().der;
    let (found, checks) = check_token(&token, b"another value", &tsa.trust, now());
    assert_eq!(found, None);
    assert!(checks.worst().unwrap().reason.contains("imprint is not the digest of this signature"));
    let late = now() + SignedDuration::from_mins(10);
    assert!(matches!(ours.token(&response, &tsa.trust, late), Err(TimestampError::Skew { .. })));
}

#[test]
fn an_authority_of_openssl_that_may_not_stamp_is_refused() {
    let (pki, desk) = (Pki::new(), Desk::new());
    let tsa = tsa(&pki, &desk, "sha256");
    let year = now().strftime("%Y").to_string();
    let at = |year: &str| format!("{year}-06-01T00:00:00Z").parse::<Timestamp>().unwrap();
    let same = tsa.forged(&tsa.holder, &year, &year);
    let (found, checks) = check_token(&same, b"value", &tsa.trust, now());
    assert!(found.is_some(), "signed again unchanged it holds: {checks:?}");
    let expired = tsa.why(&tsa.forged(&tsa.holder, &year, "2049"), at("2049") + SignedDuration::from_hours(24 * 365));
    assert!(expired.contains("expired"), "{expired}");
    let early = tsa.why(&tsa.forged(&tsa.holder, &year, "2001"), now());
    assert!(early.contains("is in force from"), "{early}");
    for (extensions, named) in [
        ("extendedKeyUsage=timeStamping\n", "not for stamping times"),
        ("extendedKeyUsage=critical,timeStamping,emailProtection\n", "not for stamping times"),
        ("extendedKeyUsage=critical,emailProtection\n", "not for stamping times"),
        ("keyUsage=critical,digitalSignature\n", "not for stamping times"),
    ] {
        let profile = Profile { extensions: extensions.to_owned(), ..Profile::head() };
        let refused = tsa.why(&tsa.forged(&pki.issue(&profile), &year, &year), now());
        assert!(refused.contains(named), "{extensions} {refused}");
    }
    let stranger = Pki::new();
    for (certificate, vouched) in [(stranger.authority.pem(), false), (stranger.root.pem(), true)] {
        desk.put("stranger.pem", certificate);
        let file = desk.path().join("stranger.pem");
        let beside = ["-certfile", file.to_str().unwrap()];
        let token = tsa.forged_with(&tsa.holder, &year, &year, &beside);
        let (found, checks) = check_token(&token, b"value", &tsa.trust, now());
        assert_eq!(found.is_some(), vouched, "{checks:?}");
    }
    let foreign = TimestampTrust::from_pem(&stranger.root.pem(), "").unwrap();
    let query = query(b"value");
    let response = tsa.reply(query.der());
    // The names are the same, the keys are not.
    let refused = query.token(&response, &foreign, now()).unwrap_err();
    assert!(matches!(refused, TimestampError::Path(_)), "{refused}");
}

#[test]
fn a_changed_byte_anywhere_in_a_token_of_openssl_is_refused() {
    let (pki, desk) = (Pki::new(), Desk::new());
    let tsa = tsa(&pki, &desk, "sha256");
    let query = query(b"value");
    let token = query.token(&tsa.reply(query.der()), &tsa.trust, now()).unwrap().der;
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1 << (at % 8);
        let (found, _) = check_token(&changed, b"value", &tsa.trust, now());
        assert!(found.is_none(), "byte {at} of {}", token.len());
    }
}
