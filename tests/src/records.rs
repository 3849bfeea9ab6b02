//! Records of our own making, of synthetic people, in the form that the permits adapter reads.

/// An activity of a request.
#[must_use]
pub fn activity(case: &str, task: &str, name: &str, at: &str) -> String {
    format!(
        "<trace>{}<event><string key=\"concept:instance\" value=\"{task}\"/><string key=\"org:resource\" value=\"R2\"/>\
         <string key=\"concept:name\" value=\"{name}\"/><date key=\"time:timestamp\" value=\"{at}\"/>\
         <string key=\"lifecycle:transition\" value=\"complete\"/></event></trace>",
        head(case)
    )
}

/// The acceptance of a request, a different one for each number.
#[must_use]
pub fn accepted(number: usize) -> String {
    let (case, task) = (format!("case-{number}"), format!("task-{number}"));
    activity(&case, &task, "Confirmation of receipt", "2011-03-01T10:00:00.000+01:00")
}

/// The closing of a request.
#[must_use]
pub fn closing(case: &str, at: &str) -> String {
    format!("<trace>{}<date key=\"enddate\" value=\"{at}\"/></trace>", head(case))
}

fn head(case: &str) -> String {
    format!(
        "<date key=\"startdate\" value=\"2011-02-28T09:00:00.000+01:00\"/><string key=\"responsible\" value=\"R1\"/>\
         <string key=\"concept:name\" value=\"{case}\"/><string key=\"channel\" value=\"Internet\"/>\
         <date key=\"deadline\" value=\"2011-04-26T00:00:00.000+02:00\"/><string key=\"applicant:surname\" value=\"Өтебаев\"/>\
         <string key=\"applicant:name\" value=\"Ғали\"/><string key=\"applicant:iin\" value=\"850101199993\"/>"
    )
}
