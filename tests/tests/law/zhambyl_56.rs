//! Regulation 56 of the akimat of the Zhambyl region, 04.03.2013: four e-services by three paths.

mod clause_11;
mod clause_6;
mod clause_7;
mod clause_8;

use qadam_tests::{
    notifications::{Message, SERVICES, mapped, request, updated},
    program::Program,
};
use serde_json::{Value, json};

/// Goes the way of a request of each service, from the system in which it was made, and gives the four requests.
fn each_service(host: &Program, origin: &str, words: &[&str]) -> Vec<Value> {
    let way = |(at, service): (usize, &&str)| {
        let number = format!("00102400056{at}");
        for (step, word) in words.iter().enumerate() {
            let at = format!("2024-05-{:02}T10:00:00+05:00", 6 + step);
            let message = Message::status(&format!("{number}-{step}"), &number, word, &at);
            mapped(host, &[if step == 0 { message.intake(service, origin) } else { message }]);
        }
        let request = request(host, &number);
        assert_eq!(request["fields"]["service-code"], **service);
        request
    };
    SERVICES.iter().enumerate().map(way).collect()
}

/// The stages of a request's history, in their order.
fn stages(request: &Value) -> Vec<&str> {
    request["history"].as_array().unwrap().iter().map(|event| event["stage"].as_str().unwrap()).collect()
}

/// Checks that the provider's refusal closes a request that was made in this system, and that its reason stands there.
fn refused_with_its_reason(host: &Program, origin: &str, accepted: &str) {
    let number = "001024000569";
    let intake = Message::status("r-1", number, accepted, "2024-05-06T10:00:00+05:00").intake(SERVICES[0], origin);
    let reason = "<negativeResolutionReasonTextRu>Копия документа не читается</negativeResolutionReasonTextRu>\
                  <resolutionDate>2024-05-08T16:00:00+05:00</resolutionDate><resolutionType>NEGATIVE</resolutionType>";
    let refusal = Message::status("r-2", number, "COMPLETED", "2024-05-08T16:00:05+05:00").with(reason);
    mapped(host, &[intake, refusal.with(&updated("statusInfo", "<string>56-6.11</string>"))]);
    let request = request(host, number);
    let last = &request["history"][1];
    assert_eq!(
        (&request["closed"], &last["stage"], &last["outcome"]),
        (&json!(true), &json!("closed"), &json!("refused"))
    );
    assert_eq!(last["ground"], "Копия документа не читается");
    assert_eq!(request["fields"]["completed-at"]["literal"], "2024-05-08T16:00:00+05:00");
}
