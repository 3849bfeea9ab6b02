//! The queue of delivery: what waits for whom, why, and what operators do about it; and the messages that readers come for.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use qadam_domain::{DestinationId, EventId, MessageId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    Api,
    access::{Caller, Role},
    intake::read,
    operate::{json, reasoned},
    ports::queue::{
        AttemptView, BroughtReceipt, DeadLetterView, ItemView, Letters, QueueDone, QueueError, QueueOrder, QueueQuery,
        QueueView, QueueWhat,
    },
    problem::Problem,
    reading::{Asked, asked, blocking, cursor, limit, provider},
    view::Page,
};

/// Who may look at the queue. It holds no personal data.
const MAY_LOOK: [Role; 3] = [Role::Operator, Role::Monitor, Role::Auditor];
/// Attempts shown of a message: the last ones.
const ATTEMPTS: usize = 100;
/// Letters requeued or skipped with one call.
const LETTERS: usize = 1000;
/// Messages handed out with one call.
const HANDED: usize = 100;
/// Header of a receipt's signature.
const SIGNATURE: &str = "qadam-signature";

/// The lanes and destinations. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/queue", tag = "delivery", responses((status = 200, body = QueueView)))]
pub(crate) async fn queue(State(api): State<Api>, caller: Caller) -> Result<Json<QueueView>, Problem> {
    caller.needs(&MAY_LOOK)?;
    blocking(&api, |ports| ports.queue()).await.map(Json)
}

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsQuery {
    /// For one destination.
    destination: Option<String>,
    /// Of one provider.
    provider: Option<String>,
    /// In one state: `ready`, `leased`, `awaiting-retry`, `held`, `dead-lettered`.
    state: Option<String>,
    /// Cursor.
    after: Option<String>,
    /// Items, 1 to 1000.
    limit: Option<usize>,
}

/// What is not delivered, in the order of the journal. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/queue/items", tag = "delivery", params(ItemsQuery),
    responses((status = 200, body = Page<ItemView>)))]
pub(crate) async fn items(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<ItemsQuery>,
) -> Result<Json<Page<ItemView>>, Problem> {
    caller.needs(&MAY_LOOK)?;
    let ItemsQuery { destination: to, provider: of, state, after, limit: most } = asked(query)?;
    let (after, most) = (cursor(after.as_deref())?, limit(most));
    let wanted = wanted(to.as_deref(), of.as_deref(), state)?;
    blocking(&api, move |ports| ports.queue_items(&wanted, after, most)).await.map(Json)
}

/// Which dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeadQuery {
    /// For one destination.
    destination: Option<String>,
    /// Of one provider.
    provider: Option<String>,
    /// With one error code, `refused`.
    code: Option<String>,
    /// Items, 1 to 1000.
    limit: Option<usize>,
}

/// Dead letters: events that are not sent unless an operator requeues them. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/queue/dead", tag = "delivery", params(DeadQuery),
    responses((status = 200, body = Vec<DeadLetterView>)))]
pub(crate) async fn dead(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<DeadQuery>,
) -> Result<Json<Vec<DeadLetterView>>, Problem> {
    caller.needs(&MAY_LOOK)?;
    let DeadQuery { destination: to, provider: of, code, limit: most } = asked(query)?;
    let (wanted, most) = (wanted(to.as_deref(), of.as_deref(), code)?, limit(most));
    blocking(&api, move |ports| ports.dead_letters(&wanted, most)).await.map(Json)
}

fn wanted(to: Option<&str>, of: Option<&str>, only: Option<String>) -> Result<QueueQuery, Problem> {
    Ok(QueueQuery { destination: to.map(destination).transpose()?, provider: of.map(provider).transpose()?, only })
}

fn destination(name: &str) -> Result<DestinationId, Problem> {
    name.parse().map_err(|error: qadam_domain::ids::IdError| Problem::bad("destination", error.to_string()))
}

/// The last attempts to deliver a message, up to a hundred. Roles: operator, monitor, auditor.
#[utoipa::path(get, path = "/v1/messages/{id}/attempts", tag = "delivery", params(("id" = String, Path)),
    responses((status = 200, body = Vec<AttemptView>), (status = 404, body = Problem)))]
pub(crate) async fn attempts(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<AttemptView>>, Problem> {
    caller.needs(&MAY_LOOK)?;
    let id: MessageId = id.parse().map_err(|_| Problem::not_found("message"))?;
    let found = blocking(&api, move |ports| ports.attempts(id, ATTEMPTS)).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("message"))
}

/// What an operator does to the queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// `pause`, `resume`, `retry`: a lane, or all of a destination. `requeue`, `skip`: letters. `replay`: a period.
    act: OrderAct,
    /// The destination.
    #[schema(value_type = String)]
    destination: DestinationId,
    /// One lane of it.
    provider: Option<String>,
    /// The letter of this event.
    #[schema(value_type = Option<String>)]
    event: Option<EventId>,
    /// What is left of this message.
    #[schema(value_type = Option<String>)]
    message: Option<MessageId>,
    /// Dead letters with this error code.
    code: Option<String>,
    /// Dead letters whatever their code.
    #[serde(default)]
    all: bool,
    /// Replay: sealed from then on, RFC 3339.
    from: Option<String>,
    /// Replay: sealed before then, RFC 3339.
    before: Option<String>,
    /// Replay: `next` of the call before.
    after: Option<String>,
    /// The reason, kept in the record of acts.
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum OrderAct {
    Pause,
    Resume,
    Retry,
    Requeue,
    Skip,
    Replay,
}

/// Acts on the queue: recorded with who and why. Of many letters or messages a call takes a thousand and says whether there are more.
/// Role: operator.
#[utoipa::path(post, path = "/v1/queue/acts", tag = "delivery", request_body = Order,
    responses((status = 200, body = QueueDone), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub(crate) async fn act(State(api): State<Api>, caller: Caller, content: Bytes) -> Result<Json<QueueDone>, Problem> {
    caller.needs(&[Role::Operator])?;
    let order: Order = json(&content)?;
    reasoned(&order.why)?;
    let what = what(&order)?;
    let provider = order.provider.as_deref().map(provider).transpose()?;
    let order = QueueOrder { destination: order.destination, provider, what, who: caller.key, why: order.why };
    let done = blocking(&api, move |ports| Ok(ports.order(&order))).await?;
    done.map(Json).map_err(refused)
}

fn what(order: &Order) -> Result<QueueWhat, Problem> {
    let time = |name: &str, text: &Option<String>| {
        let text = text.as_deref().ok_or_else(|| Problem::bad(name, format!("`{name}` is needed")))?;
        text.parse().map_err(|error| Problem::bad(name, format!("`{name}` is no RFC 3339 time: {error}")))
    };
    Ok(match order.act {
        OrderAct::Pause => QueueWhat::Pause,
        OrderAct::Resume => QueueWhat::Resume,
        OrderAct::Retry => QueueWhat::Retry,
        OrderAct::Requeue => QueueWhat::Requeue(letters(order)?),
        OrderAct::Skip => QueueWhat::Skip(letters(order)?),
        OrderAct::Replay => QueueWhat::Replay {
            from: time("from", &order.from)?,
            before: time("before", &order.before)?,
            after: cursor(order.after.as_deref())?,
        },
    })
}

fn letters(order: &Order) -> Result<Letters, Problem> {
    let dead = |code| Letters::Dead { code, limit: LETTERS };
    match (order.event, order.message, &order.code, order.all) {
        (Some(event), None, None, false) => Ok(Letters::Event(event)),
        (None, Some(message), None, false) => Ok(Letters::Message(message)),
        (None, None, Some(code), false) => Ok(dead(Some(code.clone()))),
        (None, None, None, true) => Ok(dead(None)),
        _ => Err(Problem::bad("event", "say which letters: exactly one of `event`, `message`, `code`, `all`: true")),
    }
}

/// What waits for whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitingQuery {
    /// The destination: one that is configured to come for its messages.
    destination: String,
    /// Of one provider.
    provider: Option<String>,
    /// Cursor: what comes after, acknowledged or not.
    after: Option<String>,
    /// Messages, 1 to 100.
    limit: Option<usize>,
}

/// The messages that wait for a destination which comes for them, with their events whole, in order: `items` are envelopes
/// (`qadam-message/1`), `next` is where to read on before these are acknowledged. They stay until their receipts are there. Role:
/// monitor.
#[utoipa::path(get, path = "/v1/messages/waiting", tag = "delivery", params(WaitingQuery),
    responses((status = 200, description = "`{\"items\": [envelope, …], \"next\": cursor}`", body = Object),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn waiting(
    State(api): State<Api>,
    caller: Caller,
    query: Asked<WaitingQuery>,
) -> Result<Response, Problem> {
    caller.needs(&[Role::Monitor])?;
    let query = asked(query)?;
    let (to, of) = (destination(&query.destination)?, query.provider.as_deref().map(provider).transpose()?);
    let (after, most) = (cursor(query.after.as_deref())?, query.limit.unwrap_or(HANDED).clamp(1, HANDED));
    let found = api.ports.waiting(&to, of.as_ref(), after, most, &caller.key).await.map_err(refused)?;
    let mut body = Vec::with_capacity(found.envelopes.iter().map(Bytes::len).sum::<usize>() + 100);
    body.extend_from_slice(b"{\"items\":[");
    for (envelope, place) in found.envelopes.iter().zip(0..) {
        if place > 0 {
            body.push(b',');
        }
        body.extend_from_slice(envelope);
    }
    let next = found.next.map_or_else(|| "null".to_owned(), |next| format!("\"{next}\""));
    body.extend_from_slice(format!("],\"next\":{next}}}").as_bytes());
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from(body)).into_response())
}

/// Acknowledges a message by its receipt (`qadam-receipt/1`, signed in `Qadam-Signature` where the destination's configuration asks for
/// it). Role: monitor.
#[utoipa::path(post, path = "/v1/messages/{id}/receipt", tag = "delivery", params(("id" = String, Path)),
    request_body(content = Vec<u8>, description = "The receipt", content_type = "application/vnd.qadam.receipt+json"),
    responses((status = 200, body = AttemptView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn receipt(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AttemptView>, Problem> {
    caller.needs(&[Role::Monitor])?;
    let message: MessageId = id.parse().map_err(|_| Problem::not_found("message"))?;
    let wrong = || Problem::bad("signature", "`Qadam-Signature` must be base64 of a CMS in DER");
    let signature = headers.get(SIGNATURE).map(|value| BASE64.decode(value.as_bytes()).map_err(|_| wrong()));
    let signature = signature.transpose()?;
    let body = read(&api, &headers, body).await?;
    let receipt = BroughtReceipt { message, body, signature, who: caller.key };
    api.ports.acknowledge(receipt).await.map(Json).map_err(refused)
}

fn refused(error: QueueError) -> Problem {
    match error {
        QueueError::Unknown(what) => Problem::not_found(what),
        QueueError::NotYours(why) => crate::access::forbidden(&why),
        QueueError::NotWaiting(why) => Problem::new(StatusCode::CONFLICT, "not-waiting", "It does not wait", why),
        QueueError::Receipt(why) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-receipt", "This is no receipt for it", why)
        }
        QueueError::Erased => Problem::new(
            StatusCode::GONE,
            "erased",
            "It was erased",
            "the events of a message in this period were erased by the policy of retention; they cannot be sent again",
        ),
        QueueError::Port(error) => crate::intake::failed(error),
    }
}
