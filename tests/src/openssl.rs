//! A certification authority of the real `openssl`, in the profile of the national one (domain.md §2.1, §2.2): root,
//! intermediate, certificates for signing and for logging in, CMS, CRLs and OCSP answers. Everything is issued from now on;
//! tests move the time that counts instead. People and organisations are invented.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use jiff::{SignedDuration, Timestamp};

/// A person of domain.md §1.3.
pub const IIN: &str = "850101199993";
/// Another.
pub const OTHER_IIN: &str = "850228298198";
/// An organisation of domain.md §1.3.
pub const BIN: &str = "990140999995";
/// Another.
pub const OTHER_BIN: &str = "990141999990";

/// Runs the program in a folder, with what it reads; panics with what it said.
///
/// # Panics
/// If it fails.
pub fn openssl(folder: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its owner, as `openssl req -subj` takes it.
    pub subject: String,
    /// Its extensions, as lines of `openssl x509 -extfile`.
    pub extensions: String,
    /// Its key: `rsa:2048`, or a curve.
    pub key: &'static str,
    /// Its life; negative for one that was over when it was issued.
    pub days: i32,
    /// With what the issuer signs it.
    pub digest: &'static str,
}

impl Profile {
    /// The first head of an organisation, with a certificate for signing.
    #[must_use]
    pub fn head() -> Self {
        Self::official("1.2.398.3.3.4.1.2.1")
    }

    /// An official in a role.
    #[must_use]
    pub fn official(role: &str) -> Self {
        Self {
            subject: format!(
                "/C=KZ/CN=ҮЛГІЕВ ҮЛГІ/SN=ҮЛГІЕВ/serialNumber=IIN{IIN}/O=ҮЛГІ МЕКЕМЕСІ/OU=BIN{BIN}/GN=ҮЛГІҰЛЫ"
            ),
            extensions: Self::signing("1.2.398.3.3.2.1", &format!("1.2.398.3.3.4.1.2,{role}")),
            key: "prime256v1",
            days: 365,
            digest: "-sha256",
        }
    }

    /// A person without an organisation.
    #[must_use]
    pub fn person() -> Self {
        Self {
            subject: format!("/C=KZ/CN=ҮЛГІЕВ ҮЛГІ/SN=ҮЛГІЕВ/serialNumber=IIN{IIN}"),
            extensions: Self::signing("1.2.398.3.3.2.3", "1.2.398.3.3.4.1.1"),
            ..Self::head()
        }
    }

    /// The extensions of a certificate for signing.
    #[must_use]
    pub fn signing(policy: &str, roles: &str) -> String {
        format!(
            "keyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection,{roles}\n\
             certificatePolicies=@policy\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid,issuer\n\
             crlDistributionPoints=URI:http://crl.example.kz/rsa.crl\nfreshestCRL=URI:http://crl.example.kz/d_rsa.crl\n\
             authorityInfoAccess=OCSP;URI:http://ocsp.example.kz/,caIssuers;URI:http://ca.example.kz/ca.crt\n\
             [policy]\npolicyIdentifier={policy}\nCPS.1=http://example.kz/cps\nuserNotice.1=@notice\n\
             [notice]\nexplicitText=UTF8:Үлгі\n"
        )
    }

    /// A certificate for logging in.
    #[must_use]
    pub fn login() -> Self {
        let extensions = "keyUsage=critical,digitalSignature,keyEncipherment\n\
                          extendedKeyUsage=clientAuth,1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.1\n\
                          certificatePolicies=1.2.398.3.3.2.2\nsubjectKeyIdentifier=hash\n";
        Self { extensions: extensions.to_owned(), ..Self::head() }
    }

    /// An authority below another.
    #[must_use]
    pub fn authority(name: &str) -> Self {
        let extensions = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
                          subjectKeyIdentifier=hash\ncertificatePolicies=1.2.398.3.3.2\n";
        Self {
            subject: format!("/C=KZ/CN={name}"),
            extensions: extensions.to_owned(),
            key: "rsa:2048",
            days: 3650,
            digest: "-sha256",
        }
    }

    /// A responder that an authority appointed.
    #[must_use]
    pub fn responder() -> Self {
        let extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,OCSPSigning\nnoCheck=yes\n";
        Self { subject: "/C=KZ/CN=OCSP RESPONDER".to_owned(), extensions: extensions.to_owned(), ..Self::head() }
    }

    /// A time-stamping authority.
    #[must_use]
    pub fn stamping() -> Self {
        let extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";
        Self { subject: "/C=KZ/CN=TSA".to_owned(), extensions: extensions.to_owned(), ..Self::head() }
    }

    /// With another key.
    #[must_use]
    pub fn with_key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// With another owner: one number instead of another.
    #[must_use]
    pub fn with_owner(self, from: &str, to: &str) -> Self {
        Self { subject: self.subject.replace(from, to), ..self }
    }

    /// With a piece of its extensions replaced.
    #[must_use]
    pub fn with(self, from: &str, to: &str) -> Self {
        assert!(self.extensions.contains(from) || self.subject.contains(from), "{from}");
        Self { extensions: self.extensions.replace(from, to), subject: self.subject.replace(from, to), ..self }
    }
}

/// A key and its certificate, as files.
#[derive(Clone, Debug)]
pub struct Holder {
    folder: PathBuf,
    name: String,
    /// Its serial number in hexadecimal.
    pub serial: String,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

impl Holder {
    fn made(folder: &Path, profile: &Profile, issuer: Option<&Self>) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let this = Self { folder: folder.to_owned(), name: format!("h{number}"), serial: format!("7F00{number:06X}") };
        let key = this.file("key");
        match profile.key {
            "rsa:2048" | "rsa:1024" | "rsa:4096" => {
                let bits = profile.key.strip_prefix("rsa:").unwrap();
                openssl(
                    folder,
                    &["genpkey", "-algorithm", "RSA", "-pkeyopt", &format!("rsa_keygen_bits:{bits}"), "-out", &key],
                );
            }
            curve => {
                let curve = format!("ec_paramgen_curve:{curve}");
                openssl(folder, &["genpkey", "-algorithm", "EC", "-pkeyopt", &curve, "-out", &key]);
            }
        }
        this.issue(profile, issuer, "-set_serial", &format!("0x{}", this.serial));
        this
    }

    fn issue(&self, profile: &Profile, issuer: Option<&Self>, serial: &str, number: &str) {
        let (key, request, extensions) = (self.file("key"), self.file("csr"), self.file("ext"));
        std::fs::write(self.folder.join(&extensions), &profile.extensions).unwrap();
        openssl(&self.folder, &["req", "-new", "-utf8", "-key", &key, "-subj", &profile.subject, "-out", &request]);
        let (out, days) = (self.file("crt"), profile.days.to_string());
        let (issuer_crt, issuer_key) =
            issuer.map(|issuer| (issuer.file("crt"), issuer.file("key"))).unwrap_or_default();
        let mut args = vec!["x509", "-req", "-in", &request, "-days", &days, profile.digest, "-extfile", &extensions];
        args.extend([serial, number, "-out", &out]);
        if issuer.is_some() {
            args.extend(["-CA", &issuer_crt, "-CAkey", &issuer_key]);
        } else {
            args.extend(["-signkey", &key]);
        }
        openssl(&self.folder, &args);
    }

    /// The same key and serial number, with another certificate.
    #[must_use]
    pub fn reissued(&self, profile: &Profile, issuer: &Self) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let this = Self { name: format!("h{number}"), ..self.clone() };
        std::fs::copy(self.folder.join(self.file("key")), self.folder.join(this.file("key"))).unwrap();
        this.issue(profile, Some(issuer), "-set_serial", &format!("0x{}", this.serial));
        this
    }

    fn file(&self, extension: &str) -> String {
        format!("{}.{extension}", self.name)
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        openssl(&self.folder, &["x509", "-in", &self.file("crt"), "-outform", "DER"])
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        std::fs::read_to_string(self.folder.join(self.file("crt"))).unwrap()
    }

    /// The private key in PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        std::fs::read_to_string(self.folder.join(self.file("key"))).unwrap()
    }

    /// A signed message over these bytes, in DER: `openssl cms -sign` with these options more.
    #[must_use]
    pub fn sign(&self, content: &[u8], options: &[&str]) -> Vec<u8> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (input, output) = (format!("content{number}"), format!("cms{number}"));
        std::fs::write(self.folder.join(&input), content).unwrap();
        let (crt, key) = (self.file("crt"), self.file("key"));
        let mut args =
            vec!["cms", "-sign", "-binary", "-signer", &crt, "-inkey", &key, "-in", &input, "-outform", "DER"];
        args.extend(["-out", &output]);
        args.extend(options);
        openssl(&self.folder, &args);
        std::fs::read(self.folder.join(&output)).unwrap()
    }

    /// What `openssl cms -sign` takes to add this holder as a further signer.
    #[must_use]
    pub fn as_signer(&self) -> Vec<String> {
        vec!["-signer".to_owned(), self.file("crt"), "-inkey".to_owned(), self.file("key")]
    }

    /// A list of the serial numbers that this authority revoked, each with its time and reason, in DER.
    #[must_use]
    pub fn crl(&self, list: &List) -> Vec<u8> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let index = self.index(number, &list.revoked);
        let (config, out) = (format!("crl{number}.cnf"), format!("crl{number}.pem"));
        let text = format!(
            "[ca]\ndefault_ca=d\n[d]\ndatabase={index}\ncrlnumber=crlnumber{number}\ndefault_md=sha256\n\
             crl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n{}\n",
            list.extensions
        );
        std::fs::write(self.folder.join(&config), text).unwrap();
        std::fs::write(self.folder.join(format!("crlnumber{number}")), format!("{:02X}\n", list.number)).unwrap();
        let (from, to) = (generalized(list.this_update), generalized(list.next_update));
        let (crt, key) = (self.file("crt"), self.file("key"));
        let mut args = vec!["ca", "-gencrl", "-config", &config, "-cert", &crt, "-keyfile", &key, "-out", &out];
        args.extend(["-crl_lastupdate", &from, "-crl_nextupdate", &to]);
        openssl(&self.folder, &args);
        openssl(&self.folder, &["crl", "-in", &out, "-outform", "DER"])
    }

    /// openssl's table of what an authority issued.
    fn index(&self, number: u32, revoked: &[(&str, Timestamp, &str)]) -> String {
        let mut rows = String::new();
        for (serial, at, reason) in revoked {
            let reason = if reason.is_empty() { String::new() } else { format!(",{reason}") };
            rows += &format!("R\t490101000000Z\t{}{reason}\t{serial}\tunknown\t/CN=x\n", utc(*at));
        }
        let file = format!("index{number}");
        std::fs::write(self.folder.join(&file), rows).unwrap();
        file
    }

    /// An answer of this responder about certificates of an authority to a request, in DER, from now on.
    #[must_use]
    pub fn ocsp(&self, authority: &Self, request: &[u8], known: &[Status<'_>], options: &[&str]) -> Vec<u8> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut rows = String::new();
        for status in known {
            rows += &match status {
                Status::Good(serial) => format!("V\t490101000000Z\t\t{serial}\tunknown\t/CN=x\n"),
                Status::Revoked(serial, at) => {
                    format!("R\t490101000000Z\t{},keyCompromise\t{serial}\tunknown\t/CN=x\n", utc(*at))
                }
            };
        }
        let (index, asked, out) = (format!("index{number}"), format!("req{number}"), format!("resp{number}"));
        std::fs::write(self.folder.join(&index), rows).unwrap();
        std::fs::write(self.folder.join(&asked), request).unwrap();
        let ca = authority.folder.join(authority.file("crt"));
        let (ca, crt, key) = (ca.to_str().unwrap(), self.file("crt"), self.file("key"));
        let mut args = vec!["ocsp", "-index", &index, "-CA", ca, "-rsigner", &crt, "-rkey", &key, "-reqin", &asked];
        args.extend(["-respout", &out]);
        if !options.contains(&"-nmin") && !options.contains(&"-no_next") {
            args.extend(["-ndays", "7"]);
        }
        args.extend(options.iter().filter(|option| **option != "-no_next"));
        openssl(&self.folder, &args);
        std::fs::read(self.folder.join(&out)).unwrap()
    }
}

impl Holder {
    /// A time-stamp token over this value, from now, in DER.
    #[must_use]
    pub fn stamp(&self, value: &[u8]) -> Vec<u8> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let [data, query, reply, config] = ["data", "tsq", "tsr", "ts.cnf"].map(|name| format!("{name}{number}"));
        let text = format!(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial{number}\ndefault_policy=1.2.398.3.3.2.6.2\n\
             digests=sha256\nsigner_digest=sha256\ness_cert_id_alg=sha256\n"
        );
        std::fs::write(self.folder.join(&config), text).unwrap();
        std::fs::write(self.folder.join(&data), value).unwrap();
        std::fs::write(self.folder.join(format!("serial{number}")), format!("{number:08X}\n")).unwrap();
        openssl(&self.folder, &["ts", "-query", "-data", &data, "-sha256", "-cert", "-out", &query]);
        let (crt, key) = (self.file("crt"), self.file("key"));
        let mut args = vec!["ts", "-reply", "-config", &config, "-queryfile", &query, "-signer", &crt];
        args.extend(["-inkey", &key, "-token_out", "-out", &reply]);
        openssl(&self.folder, &args);
        std::fs::read(self.folder.join(&reply)).unwrap()
    }

    /// A message that carries this certificate and no signer.
    #[must_use]
    pub fn unsigned(&self) -> Vec<u8> {
        openssl(&self.folder, &["crl2pkcs7", "-nocrl", "-certfile", &self.file("crt"), "-outform", "DER"])
    }
}

/// What openssl's responder knows of a serial number. Of others it says `unknown`.
#[derive(Clone, Copy, Debug)]
pub enum Status<'a> {
    /// Issued.
    Good(&'a str),
    /// Revoked at.
    Revoked(&'a str, Timestamp),
}

/// What a CRL says.
#[derive(Clone, Debug)]
pub struct List<'a> {
    /// Serial numbers, since when, and why (`keyCompromise`, or nothing).
    pub revoked: Vec<(&'a str, Timestamp, &'a str)>,
    /// Its number.
    pub number: u32,
    /// From.
    pub this_update: Timestamp,
    /// Until.
    pub next_update: Timestamp,
    /// Extensions more.
    pub extensions: String,
}

impl<'a> List<'a> {
    /// One that was issued at a time and counts for a day.
    #[must_use]
    pub fn at(this_update: Timestamp) -> Self {
        let next_update = this_update + SignedDuration::from_hours(24);
        Self { revoked: Vec::new(), number: 5, this_update, next_update, extensions: String::new() }
    }

    /// With one certificate on it.
    #[must_use]
    pub fn revoking(mut self, serial: &'a str, at: Timestamp) -> Self {
        self.revoked.push((serial, at, ""));
        self
    }
}

fn utc(at: Timestamp) -> String {
    at.strftime("%y%m%d%H%M%SZ").to_string()
}

fn generalized(at: Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// A root, and an authority below it that issues to people.
#[derive(Debug)]
pub struct Pki {
    folder: tempfile::TempDir,
    /// The root, self-signed.
    pub root: Holder,
    /// The authority below it.
    pub authority: Holder,
}

impl Pki {
    /// Makes both, with RSA keys as the national ones have.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes keys and files")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Profile::authority("ҮЛГІ ТҮБІРІ").with(",pathlen:0", "");
        let root = Holder::made(folder.path(), &root, None);
        let authority = Holder::made(folder.path(), &Profile::authority("ҮЛГІ ОРТАЛЫҒЫ"), Some(&root));
        Self { folder, root, authority }
    }

    /// A certificate of the authority.
    #[must_use]
    pub fn issue(&self, profile: &Profile) -> Holder {
        Holder::made(self.folder.path(), profile, Some(&self.authority))
    }

    /// A certificate of another issuer in the same folder.
    #[must_use]
    pub fn issue_by(&self, issuer: &Holder, profile: &Profile) -> Holder {
        Holder::made(self.folder.path(), profile, Some(issuer))
    }

    /// A certificate that signs itself.
    #[must_use]
    pub fn self_signed(&self, profile: &Profile) -> Holder {
        Holder::made(self.folder.path(), profile, None)
    }
}
