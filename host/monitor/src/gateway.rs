//! The e-government gateway's delivery notifications: it tells by itself what the host would otherwise ask for.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::{
    Api,
    access::{Caller, Role},
    intake::read,
    problem::Problem,
    reading::blocking,
};

/// Takes the gateway's `sendDeliveryNotification` (SOAP 1.1): what waits for the destination with its `serviceId` is tried at once.
/// What became of a message is still asked for, so nothing depends on these. Role: monitor.
#[utoipa::path(post, path = "/v1/gateway/notifications", tag = "delivery",
    request_body(content = String, description = "The envelope", content_type = "text/xml"),
    responses((status = 200, body = String, content_type = "text/xml"),
        (status = 500, body = String, content_type = "text/xml", description = "A SOAP fault")))]
pub(crate) async fn notified(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    caller.needs(&[Role::Monitor])?;
    let envelope: Bytes = read(&api, &headers, body).await?;
    let answer = blocking(&api, move |ports| ports.gateway_told(&envelope, &caller.key)).await?;
    let status = if answer.fault { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    Ok((status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], answer.text).into_response())
}
