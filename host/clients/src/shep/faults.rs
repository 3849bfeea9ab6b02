//! What a fault of the gateway means for the message.

use qadam_delivery::{Code, Failure, shep::Fault};
use qadam_domain::mask;

/// The gateway's codes that mean something special here. Its vocabulary is not public, so it is configuration.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    pub(super) sender_refused: Vec<String>,
    pub(super) message_refused: Vec<String>,
}

/// The failure that a fault is. Its words are the gateway's, who may repeat in them what it was sent: numbers of persons are
/// masked, and the password is taken out.
pub(super) fn failure(host: &str, fault: &Fault, codes: &Codes, password: Option<&str>) -> Failure {
    let any = |known: &[String]| fault.codes().any(|code| known.iter().any(|known| known == code));
    let code = match () {
        () if any(&codes.sender_refused) => Code::Unauthorised,
        () if any(&codes.message_refused) => Code::Refused,
        () => Code::GatewayFault,
    };
    Failure::new(code, format!("{host}: {}", clean(&fault.to_string(), password)))
}

/// Words of others, fit for the journal.
pub(super) fn clean(words: &str, password: Option<&str>) -> String {
    let words = match password {
        Some(password) => words.replace(password, "***"),
        None => words.to_owned(),
    };
    mask::text(&words, 250)
}

/// The same for a status, which has at most 100 letters.
pub(super) fn short(words: &str, password: Option<&str>) -> String {
    clean(words, password).chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use qadam_delivery::shep::{Blame, ErrorInfo, Moment};

    use super::*;

    fn fault(codes: &[&str], words: &str) -> Fault {
        let at = Moment::read("2026-11-02T10:00:00+05:00").unwrap();
        let errors = codes.iter().rev().map(|code| ErrorInfo::new(code, words, at));
        let info = errors.reduce(|cause, error| error.because(cause));
        Fault { blame: Blame::Server, words: words.to_owned(), operation: None, info }
    }

    #[test]
    fn a_code_counts_wherever_it_stands_among_the_errors_and_any_other_is_the_gateway_s_own_fault() {
        let codes = Codes { sender_refused: vec!["AUTH-1".to_owned()], message_refused: vec!["VAL-1".to_owned()] };
        for (told, code) in [
            (vec!["SCSE001", "X", "AUTH-1"], Code::Unauthorised),
            (vec!["VAL-1"], Code::Refused),
            (vec!["SCSE001", "AUTH-10"], Code::GatewayFault),
            (vec![], Code::GatewayFault),
        ] {
            assert_eq!(failure("bus", &fault(&told, "words"), &codes, None).code, code, "{told:?}");
        }
    }

    #[test]
    fn what_the_gateway_repeats_of_a_person_or_of_the_password_is_not_repeated_here() {
        let codes = Codes { sender_refused: Vec::new(), message_refused: Vec::new() };
        let words = "no right for qadam/Zx9Kq7Wv to ask after 850101199993\u{7}";
        let detail = failure("bus", &fault(&["A", "B"], words), &codes, Some("Zx9Kq7Wv")).detail;
        assert_eq!(
            detail,
            "bus: A no right for qadam/*** to ask after 8501*****993 ; from B no right for qadam/*** to ask after 8501*****993 "
        );
    }
}
