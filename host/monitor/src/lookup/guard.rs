//! What a browser sends beside a form: its cookie, and where the form came from.

use axum::http::{HeaderMap, header};

use super::{PLACE, sessions::SHIFT};

const COOKIE: &str = "qadam-lookup";

/// Whether a form came from a page of this host. Browsers say so (`Sec-Fetch-Site`, older ones `Origin`), and no page can
/// change what they say; what is no browser says neither, and has no cookie that it did not mean to send.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (said("sec-fetch-site"), said("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == said("host")
        }
        (None, None) => true,
    }
}

/// The token that came as a cookie.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

/// The cookie of a token: for this page only, out of reach of scripts and other sites; over TLS only, where a proxy says
/// that there is TLS.
pub(super) fn cookie(token: &str, headers: &HeaderMap) -> String {
    let is_tls = headers.get("x-forwarded-proto").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"https"));
    let secure = if is_tls { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path={PLACE}; Max-Age={}; HttpOnly; SameSite=Strict{secure}", SHIFT.as_secs())
}

/// The cookie that takes it away.
pub(super) fn no_cookie() -> String {
    format!("{COOKIE}=; Path={PLACE}; Max-Age=0; HttpOnly; SameSite=Strict")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_form_from_another_site_is_told_from_ones_own() {
        let host = ("host", "qadam.example.kz");
        for own in [
            &[host][..],
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "https://proxied.example.kz")],
            &[host, ("origin", "https://qadam.example.kz")],
        ] {
            assert!(is_from_here(&headers(own)), "{own:?}");
        }
        for foreign in [
            &[host, ("sec-fetch-site", "cross-site")][..],
            &[host, ("sec-fetch-site", "same-site"), ("origin", "https://qadam.example.kz")],
            &[host, ("origin", "https://evil.example.kz")],
            &[host, ("origin", "null")],
            &[("origin", "null")],
        ] {
            assert!(!is_from_here(&headers(foreign)), "{foreign:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others_and_goes_over_tls_only_where_there_is_tls() {
        let sent = headers(&[("cookie", "a=b; qadam-lookup=00ff; c=d")]);
        assert_eq!(token(&sent), Some("00ff"));
        assert_eq!(token(&headers(&[("cookie", "not-qadam-lookup=1")])), None);
        assert!(cookie("00ff", &headers(&[("x-forwarded-proto", "https")])).ends_with("; Secure"));
        assert!(!cookie("00ff", &headers(&[])).contains("Secure"));
    }
}
