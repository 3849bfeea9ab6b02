//! Records that the permits adapter maps, of about 1 KB, as the municipality's log has them: a few for each request, in
//! order, each with bytes of its own.

/// What is reported of each request, one a record; then its closing.
const ACTIVITIES: [&str; 6] = [
    "Confirmation of receipt",
    "T02 Check confirmation of receipt",
    "T04 Determine confirmation of receipt",
    "T05 Print and send confirmation of receipt",
    "T06 Determine necessity of stop advice",
    "T10 Determine necessity to stop indication",
];

/// A sender's records, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    run: u64,
    sender: usize,
    next: usize,
}

impl Records {
    /// Of one sender in one run; no two runs share bytes.
    pub(crate) const fn of(run: u64, sender: usize) -> Self {
        Self { run, sender, next: 0 }
    }
}

impl Iterator for Records {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let (request, step) = (self.next / (ACTIVITIES.len() + 1), self.next % (ACTIVITIES.len() + 1));
        self.next += 1;
        let (run, sender) = (self.run, self.sender);
        let number = (run * 1_000_003 + sender as u64 * 10_007 + request as u64) % 1_000_000;
        let day = step + 1;
        let tail = ACTIVITIES.get(step).map_or_else(
            || format!("<date key=\"enddate\" value=\"2011-04-{day:02}T12:00:00.000+02:00\"/>"),
            |activity| {
                format!(
                    "<event><string key=\"org:group\" value=\"Group 1\"/>\
                     <string key=\"concept:instance\" value=\"task-{run}-{sender}-{request}-{step}\"/>\
                     <string key=\"org:resource\" value=\"Resource{step:02}\"/>\
                     <string key=\"concept:name\" value=\"{activity}\"/>\
                     <date key=\"time:timestamp\" value=\"2011-04-{day:02}T10:00:00.000+02:00\"/>\
                     <string key=\"lifecycle:transition\" value=\"complete\"/></event>"
                )
            },
        );
        Some(format!(
            "<trace><date key=\"startdate\" value=\"2011-03-31T09:00:00.000+02:00\"/>\
             <string key=\"responsible\" value=\"Resource21\"/>\
             <date key=\"enddate_planned\" value=\"2011-05-26T00:00:00.000+02:00\"/>\
             <string key=\"department\" value=\"General\"/><string key=\"group\" value=\"Group 1\"/>\
             <string key=\"concept:name\" value=\"case-{run}-{sender}-{request}\"/>\
             <string key=\"channel\" value=\"Internet\"/>\
             <date key=\"deadline\" value=\"2011-05-26T00:00:00.000+02:00\"/>\
             <string key=\"applicant:surname\" value=\"Өмірбеков\"/><string key=\"applicant:name\" value=\"Дәурен\"/>\
             <string key=\"applicant:patronymic\" value=\"Асқарұлы\"/>\
             <string key=\"applicant:iin\" value=\"850101{number:06}\"/>{tail}</trace>"
        ))
    }
}
