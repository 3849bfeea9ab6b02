//! Archives of evidence as a host would make them, with a development PKI of their own, and archives that somebody changed.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _, Write as _},
};

use jiff::{SignedDuration, Timestamp};
use qadam_domain::{
    Event, EventId, EventKind, Fields, Moment, PersonName, ProviderId, RecipientName, RecordId, Stage, Update, Zone,
};
use qadam_evidence::{
    Certificate, Checks, Key, Manifest,
    archive::{self, Contents, Record, Revocation, Sealed},
    development::{Authority, Pki, Revoked},
    document::{self, Adapter, RecordedEvent},
    manifest::{self, Digest, Format},
    seal,
    timestamp::Query,
};
use ring::rand::SystemRandom;

/// The native record of every archive here.
pub const RECORD: &[u8] = br#"<event><case>KZ-1</case><status>ACCEPTED</status></event>"#;

/// A host's keys and its lane to the monitoring system.
#[derive(Debug)]
pub struct Sealer {
    /// Its authorities.
    pub pki: Pki,
    /// When it does everything.
    pub at: Timestamp,
}

impl Sealer {
    /// A host that works at a time.
    #[must_use]
    pub fn at(at: &str) -> Self {
        let at = at.parse().unwrap();
        Self { pki: Pki::generate(at, &SystemRandom::new()).unwrap(), at }
    }

    /// Whom a reader of its archives must trust.
    #[must_use]
    pub fn roots(&self) -> Vec<Certificate> {
        Certificate::parse_pem(&self.pki.ca_pem).unwrap()
    }

    /// The document of event `seq`, which says what `change` makes of it.
    #[must_use]
    pub fn document(&self, seq: u64, change: impl FnOnce(&mut RecordedEvent<'_>, &mut Event)) -> Vec<u8> {
        let (provider, adapter) = (provider(), adapter());
        let mut event = event(self.at);
        let blank = event.clone();
        let mut recorded = RecordedEvent {
            id: EventId { epoch: 1, seq, index: 0 },
            provider: &provider,
            record: RecordId { epoch: 1, seq: 6 },
            record_digest: manifest::digest_of(RECORD).0,
            kept_digest: None,
            received_at: self.at - SignedDuration::from_secs(3),
            recorded_at: self.at - SignedDuration::from_secs(2),
            event: &blank,
            adapter: &adapter,
            corrects: None,
            certified: false,
        };
        change(&mut recorded, &mut event);
        document::document(&RecordedEvent { event: &event, ..recorded }).unwrap()
    }

    /// An event sealed as message `number` of its lane, beside another event, and not stamped.
    #[must_use]
    pub fn unstamped(&self, event: Vec<u8>, number: u64) -> Sealed {
        let key = Key::from_pem(&self.pki.seal_key_pem, &self.pki.seal_chain_pem).unwrap();
        self.sealed(event, number, &key, self.at, |_| ())
    }

    /// The same by any key, with a manifest that says what `change` makes of it.
    #[must_use]
    pub fn sealed(
        &self,
        event: Vec<u8>,
        number: u64,
        key: &Key,
        signing_time: Timestamp,
        change: impl FnOnce(&mut Manifest),
    ) -> Sealed {
        let salt = *b"sixteen of bytes";
        let mut manifest = Manifest {
            format: Format::V1,
            destination: "monitoring".to_owned(),
            provider: provider(),
            number,
            previous: (number > 1).then_some(Digest([1; 32])),
            lineage: Vec::new(),
            sealed_at: self.at,
            certified: false,
            events: vec![Digest([2; 32]), manifest::event_digest(&salt, &event)],
        };
        change(&mut manifest);
        let manifest = manifest.to_bytes();
        let signature = seal::seal(&manifest, key, signing_time).unwrap();
        Sealed { event, salt, manifest, signature }
    }

    /// The same with a token of the time-stamping authority, a second later.
    #[must_use]
    pub fn stamped(&self, event: Vec<u8>, number: u64) -> Sealed {
        self.stamp(self.unstamped(event, number))
    }

    /// A seal with a token of the time-stamping authority over it.
    #[must_use]
    pub fn stamp(&self, mut sealed: Sealed) -> Sealed {
        let value = seal::signature_value(&sealed.signature).unwrap();
        let query = Query::new(&value, None, &SystemRandom::new()).unwrap();
        let authority = Authority::from_pem(&self.pki.tsa_key_pem, &self.pki.tsa_chain_pem).unwrap();
        let now = self.at + SignedDuration::from_secs(1);
        let response = authority.respond(query.der(), now, &SystemRandom::new());
        let trust = qadam_evidence::timestamp::TimestampTrust::in_roots(self.roots());
        let token = query.token(&response, &trust, now).unwrap();
        sealed.signature = seal::with_token(&sealed.signature, &token.der).unwrap();
        sealed
    }

    /// The authority's list of what it revoked, made an hour later and in force for a week.
    #[must_use]
    pub fn list(&self, revoked: &[Revoked]) -> Revocation {
        let from = self.at + SignedDuration::from_hours(1);
        let der = self.pki.crl(from, from + SignedDuration::from_hours(7 * 24), revoked).unwrap();
        Revocation { name: "development.crl".to_owned(), der }
    }

    /// All that proves an event.
    #[must_use]
    pub fn contents(&self) -> Contents {
        self.contents_of(self.stamped(self.document(7, |_, _| ()), 1))
    }

    /// All that proves this event.
    #[must_use]
    pub fn contents_of(&self, sealed: Sealed) -> Contents {
        let record = Record {
            bytes: Some(RECORD.to_vec()),
            absent: None,
            media_type: "application/xml".to_owned(),
            digest: manifest::digest_of(RECORD).0,
            size: RECORD.len() as u64,
            redactions: Vec::new(),
            signature: None,
            checks: Checks::default(),
        };
        Contents {
            sealed,
            revocation: vec![self.list(&[])],
            record: Some(record),
            mappings: Vec::new(),
            development: true,
            exported_at: self.at + SignedDuration::from_hours(2),
        }
    }

    /// The archive of these contents.
    #[must_use]
    pub fn archive(&self, contents: &Contents) -> Vec<u8> {
        archive::write_trusting(contents, &self.roots()).unwrap()
    }
}

fn provider() -> ProviderId {
    "permits".parse().unwrap()
}

fn adapter() -> Adapter {
    Adapter {
        name: "permits-xes".to_owned(),
        version: "0.1.0".to_owned(),
        contract: "qadam:adapter@0.1.0".to_owned(),
        component: "0".repeat(64),
        configuration: "1".repeat(64),
    }
}

fn event(at: Timestamp) -> Event {
    let name = PersonName {
        surname: "Сынақов".into(), given_name: "Үлгі".into(), patronymic: Some("Үлгіұлы".into())
    };
    let instant = at - SignedDuration::from_hours(1);
    let zone = Zone::named("Asia/Almaty").unwrap();
    Event {
        request: "KZ-1".to_owned(),
        key: Some("k-1".to_owned()),
        kind: EventKind::Stage(Stage::Accepted),
        occurred_at: Moment { instant, offset: None, zone: Some(zone), literal: instant.to_string() },
        native_status: "ACCEPTED".to_owned(),
        actor: None,
        fields: Fields {
            recipient: Update::Set(RecipientName::Person(name)),
            identification_number: Update::Set("850101199993".to_owned()),
            service_name: Update::Set("<b>Рұқсат</b> & разрешение".to_owned()),
            ..Fields::default()
        },
        native: Vec::new(),
    }
}

/// The files of an archive.
#[must_use]
pub fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

/// An archive of these files, as anybody could pack it.
#[must_use]
pub fn packed(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let first = files.get_key_value("mimetype");
    for (name, bytes) in first.into_iter().chain(files.iter().filter(|(name, _)| *name != "mimetype")) {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Brings the digests of files up to date, as one would who wants a change to go unnoticed.
pub fn cover(files: &mut BTreeMap<String, Vec<u8>>) {
    const SUMS: &str = "META-INF/SHA256SUMS";
    let listed = files.iter().filter(|(name, _)| ![SUMS, "mimetype"].contains(&name.as_str()));
    let sums: String = listed.map(|(name, bytes)| format!("{}  {name}\n", manifest::digest_of(bytes))).collect();
    files.insert(SUMS.to_owned(), sums.into_bytes());
}
