//! `/lookup`: the page on which front offices and the contact centre learn how far a request is (452-2, 56-11), in
//! Kazakh, Russian and English. Forms and answers, no script, nothing from elsewhere.
//!
//! What is looked for goes in bodies, never in a URL, and the answers are not to be kept by the browser. A browser cannot
//! send a key with each request, so it enters one once and gets a cookie in its place: a random token that means
//! something in this process's memory only, for a shift at most, and stops meaning it at once when the key is withdrawn.
//! No other site can use it: the cookie is not sent along from there (`SameSite=Strict`), and a form that says it comes
//! from elsewhere is refused.

mod guard;
mod page;
mod parts;
mod sessions;
mod words;

use axum::{
    extract::{
        Form, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use qadam_domain::{RequestId, labels::Lang};
use serde::Deserialize;
pub(crate) use sessions::Sessions;
use tokio::time::Instant;

use self::page::{Page, Saying};
use crate::{
    Api,
    access::{Caller, Role, key_digest},
    problem::Problem,
    reading::{blocking, numbered, seen_by},
    reveal,
    view::RequestView,
};

/// Where it is.
pub(crate) const PLACE: &str = "/lookup";
/// Who may look requests up here. A provider and the monitoring system have the API.
const MAY: [Role; 3] = [Role::Lookup, Role::Operator, Role::Auditor];
/// Letters of what is looked for.
const ASKED: usize = 200;
/// Nothing but this host's own style, no script, forms to this host only, in nobody's frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// In which language.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct In {
    lang: Option<String>,
}

/// A key.
#[derive(Deserialize)]
pub(crate) struct Enter {
    key: String,
    lang: Option<String>,
}

/// What is looked for.
#[derive(Deserialize)]
pub(crate) struct Look {
    /// A request's number, an IIN or a BIN: whoever calls may not know what it is that they have.
    asked: Option<String>,
    /// One of several that were found.
    id: Option<String>,
    lang: Option<String>,
}

/// A request to be shown whole.
#[derive(Deserialize)]
pub(crate) struct Whole {
    id: String,
    purpose: String,
    lang: Option<String>,
}

/// The page: a form for the key, or one for what is looked for.
pub(crate) async fn start(
    State(api): State<Api>,
    headers: HeaderMap,
    query: Result<Query<In>, QueryRejection>,
) -> Response {
    let lang = language(&headers, query.ok().and_then(|Query(query)| query.lang).as_deref());
    match api.caller_of(&headers) {
        Some(caller) => answer(StatusCode::OK, &Page::search(lang, caller.role)),
        None => answer(StatusCode::OK, &Page::enter(lang, None)),
    }
}

/// Takes a key, and gives a cookie in its place.
pub(crate) async fn enter(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<Enter>, FormRejection>,
) -> Response {
    let Some(Form(form)) = posted(&headers, form) else { return refused(&headers) };
    let lang = language(&headers, form.lang.as_deref());
    let known = key_digest(form.key.trim()).and_then(|key| Some((key, api.ports.caller(&key)?)));
    match known {
        None => answer(StatusCode::UNAUTHORIZED, &Page::enter(lang, Some(Saying::UnknownKey))),
        Some((_, caller)) if !MAY.contains(&caller.role) => {
            answer(StatusCode::FORBIDDEN, &Page::enter(lang, Some(Saying::WrongRole)))
        }
        Some((key, _)) => match api.sessions.open(key, Instant::now()) {
            Some(token) => back(lang, &guard::cookie(&token, &headers)),
            None => answer(StatusCode::SERVICE_UNAVAILABLE, &Page::enter(lang, Some(Saying::Failed))),
        },
    }
}

/// Ends it: the cookie means nothing any more.
pub(crate) async fn leave(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<In>, FormRejection>,
) -> Response {
    let Some(Form(form)) = posted(&headers, form) else { return refused(&headers) };
    if let Some(token) = guard::token(&headers) {
        api.sessions.close(token);
    }
    back(language(&headers, form.lang.as_deref()), &guard::no_cookie())
}

/// Looks requests up, or shows one of them.
pub(crate) async fn look(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<Look>, FormRejection>,
) -> Response {
    let Some(Form(form)) = posted(&headers, form) else { return refused(&headers) };
    let lang = language(&headers, form.lang.as_deref());
    let Some(caller) = api.caller_of(&headers) else {
        return answer(StatusCode::UNAUTHORIZED, &Page::enter(lang, Some(Saying::Ended)));
    };
    let found = match (form.id.as_deref(), form.asked.as_deref().map(str::trim)) {
        (Some(id), _) => one(&api, id).await.map(|view| view.into_iter().collect()),
        (None, Some(asked)) if !asked.is_empty() && asked.chars().count() <= ASKED => find(&api, asked).await,
        _ => return answer(StatusCode::OK, &Page::search(lang, caller.role)),
    };
    match found.map(|views| views.into_iter().map(|view| seen_by(&caller, view)).collect::<Vec<_>>()) {
        Ok(views) => answer(StatusCode::OK, &Page::found(lang, caller.role, form.asked.as_deref(), &views)),
        Err(problem) => failed(lang, caller.role, &problem),
    }
}

/// Shows a request whole, for a purpose that the record of acts has first (invariant 10).
pub(crate) async fn whole(
    State(api): State<Api>,
    headers: HeaderMap,
    form: Result<Form<Whole>, FormRejection>,
) -> Response {
    let Some(Form(form)) = posted(&headers, form) else { return refused(&headers) };
    let lang = language(&headers, form.lang.as_deref());
    let Some(caller) = api.caller_of(&headers) else {
        return answer(StatusCode::UNAUTHORIZED, &Page::enter(lang, Some(Saying::Ended)));
    };
    let shown = async {
        let purpose = reveal::stated(&form.purpose)?;
        reveal::whole(&api, &caller, &form.id, purpose).await
    };
    match shown.await {
        Ok(view) => answer(StatusCode::OK, &Page::found(lang, caller.role, None, &[view])),
        Err(problem) => failed(lang, caller.role, &problem),
    }
}

/// The style.
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], include_str!("lookup/style.css"))
}

impl Api {
    /// Whose session a request belongs to.
    fn caller_of(&self, headers: &HeaderMap) -> Option<Caller> {
        let key = self.sessions.key(guard::token(headers)?, Instant::now())?;
        // Asked each time: a key that was withdrawn ends its sessions.
        self.ports.caller(&key).filter(|caller| MAY.contains(&caller.role))
    }
}

/// A form of this very page; none where it came from elsewhere or is no such form.
fn posted<T>(headers: &HeaderMap, form: Result<Form<T>, FormRejection>) -> Option<Form<T>> {
    // What the parser says of a wrong form could repeat a part of it.
    form.ok().filter(|_| guard::is_from_here(headers))
}

fn refused(headers: &HeaderMap) -> Response {
    answer(StatusCode::BAD_REQUEST, &Page::enter(language(headers, None), Some(Saying::NotFromHere)))
}

/// The requests with this number, and those of the recipient with it.
async fn find(api: &Api, asked: &str) -> Result<Vec<RequestView>, Problem> {
    let asked = asked.to_owned();
    let mut found = blocking(api, move |ports| {
        let mut found = numbered(ports, None, &asked)?;
        if asked.len() == 12 && asked.bytes().all(|digit| digit.is_ascii_digit()) {
            found.extend(ports.find(&asked)?);
        }
        Ok(found)
    })
    .await?;
    // Open ones first, the latest first: what most people ask about.
    let taken = |view: &RequestView| view.fields.intake_at.as_ref().map(|time| time.instant.clone());
    found.sort_by_key(|view| (view.closed, std::cmp::Reverse(taken(view)), view.id.to_string()));
    found.dedup_by_key(|view| view.id);
    match found.as_slice() {
        [only] => {
            let id = only.id.to_string();
            Ok(one(api, &id).await?.into_iter().collect())
        }
        _ => Ok(found),
    }
}

/// A request with its history.
async fn one(api: &Api, id: &str) -> Result<Option<RequestView>, Problem> {
    let Ok(id) = id.parse::<RequestId>() else { return Ok(None) };
    blocking(api, move |ports| ports.request(id)).await
}

fn failed(lang: Lang, role: Role, problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer(status, &Page::failed(lang, role, &problem.detail))
}

/// Back to the page, with a cookie.
fn back(lang: Lang, cookie: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let place = HeaderValue::try_from(format!("{PLACE}?lang={}", lang.name()));
    for (name, value) in [(header::LOCATION, place), (header::SET_COOKIE, HeaderValue::try_from(cookie))] {
        // Both are letters of ours.
        if let Ok(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn answer(status: StatusCode, page: &Page) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: a form would then come from the origin `null`, and could not be told from a foreign one.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Cookie, Accept-Language"),
    ];
    (status, headers, Html(page.html())).into_response()
}

/// The language that was chosen, else the first that the browser names and we have, else Russian.
fn language(headers: &HeaderMap, chosen: Option<&str>) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let named = accepted.split(',').filter_map(|one| Lang::named(one.trim().get(..2)?)).next();
    chosen.and_then(Lang::named).or(named).unwrap_or(Lang::Ru)
}
