//! Adapter: environmental permits of a municipality, one XES fragment a record.
//!
//! The provider's system sends the receipt phase of its permits as fragments of an event log (XES, IEEE 1849): a `<trace>`
//! with the request's data, and within it the `<event>` that has just happened. A request that has ended is reported by a
//! *closing record*: a trace with an `enddate` and no event.
//!
//! # Stages (452-6)
//!
//! The activity, `concept:name` of the event, decides the stage.
//!
//! | stage | the law's word | activities |
//! |---|---|---|
//! | 1 | принято от услугополучателя | `Confirmation of receipt` |
//! | 2 | отправлено на исполнение | T02–T05: the confirmation is checked, adjusted, determined and sent |
//! | 3 | принято в работу | T06–T13: advice, and the document in preparation; T16–T20: reasons to hold |
//! | 4 | исполнено (работы по запросу завершены) | T14: the document is determined |
//! | 5 | ожидает выдачи | T15: the document is printed |
//! | 6 | закрыто (выдано или отказано) | the closing record only, outcome unstated: the log does not say how it ended |
//!
//! T16–T20 (a report that holds the request) are numbered after T15 but are not a result: the request is still in work.
//! An activity is known by its whole name, one of the 27 of the log; any other, and any `lifecycle:transition` but
//! `complete`, is refused as an unknown native status. A task that was only started has reached no stage, and none is
//! guessed.
//!
//! # Fields (452-7)
//!
//! Every record carries the request's data, so that each event sets what its record has. What is missing or blank is
//! left unchanged and refuses nothing.
//!
//! | field | the law's word | source |
//! |---|---|---|
//! | 1 | фамилия, имя, отчество (при его наличии) услугополучателя | `applicant:surname`, `applicant:name`, `applicant:patronymic`; a legal entity's `applicant:org` goes first |
//! | 2 | ИИН, БИН | `applicant:iin`, of a legal entity `applicant:bin`; text, with its leading zeros |
//! | 3 | наименование государственной услуги | the setting `service-name` |
//! | 4 | место приема запроса | `channel`, as it stands |
//! | 5 | дата приема запроса | `startdate` |
//! | 6 | исполнитель | `responsible` |
//! | 7 | плановая дата исполнения запроса | `deadline` |
//! | 8 | дата исполнения | `enddate` |
//!
//! Beside them: the channel (1277-8) from `channel` (`Internet` is the portal, `Desk` the provider itself, any other its
//! own word); the actor from `org:resource`, who need not be the one responsible; `enddate_planned` (which differs from
//! the deadline), `department`, `group`, `org:group` and `lifecycle:transition` as native values. Other attributes may be
//! personal data, and are left out.
//!
//! # Identity and time
//!
//! The request is the trace's `concept:name`. An event's key is its task, `concept:instance`; the closing record's is
//! `CASE/closing`. An activity is dated by `time:timestamp`, the closing by `enddate`, all in the zone Europe/Amsterdam.
//! A trace with neither event nor `enddate` is refused for want of a time: a change of data at no time cannot be put in
//! order. An event beside an `enddate` reports its activity with field 8 set and closes nothing.
//!
//! # Bytes
//!
//! UTF-8, with or without byte order mark; windows-1251 and KZ-1048 where the XML declaration names them; any other
//! encoding is refused by its name. White space around the fragment is ignored. A document type, an entity that XML does
//! not predefine, a second root, an attribute given twice or any other breach of XML's form makes the record malformed,
//! with the byte at which it shows.

mod activity;
mod mapping;
mod xes;

use qadam_sdk::{Adapter, Description, Event, NativeRecord, RecordError, Setting, config};

/// The adapter.
#[derive(Debug)]
pub struct PermitsXes;

impl Adapter for PermitsXes {
    fn describe() -> Description {
        let service_name = Setting::optional(
            SERVICE_NAME,
            "Name of the service, as the register of services has it (452-7, field 3).",
        );
        Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            ["application/xml", "text/xml"],
            vec![service_name],
        )
    }

    fn map_record(record: &NativeRecord) -> Result<Vec<Event>, RecordError> {
        mapping::map(&record.body, config::get(SERVICE_NAME).as_deref())
    }

    fn map(records: Vec<NativeRecord>) -> Vec<Result<Vec<Event>, RecordError>> {
        let service_name = config::get(SERVICE_NAME); // one call to the host for the batch, not one a record
        records.iter().map(|record| mapping::map(&record.body, service_name.as_deref())).collect()
    }
}

qadam_sdk::export_adapter!(PermitsXes);

const SERVICE_NAME: &str = "service-name";
