//! What became of webhooks: every attempt, sending one again, waiting for some.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Control;
use super::extract::{Body, MAX_LIMIT, NoInput, Path, Query, read_limit};
use super::problem::{Problem, Refused, json_text};
use super::until::{timeout, until};
use crate::domain::digits::Msn;
use crate::domain::span::Span;
use crate::domain::webhook::EventType;
use crate::engine::{DeliveryFilter, DeliveryRow, Outcome};
use crate::wire;

/// One attempt to deliver an event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryView<'a> {
    id: String,
    at: String,
    msn: Msn,
    reference: &'a str,
    event: EventType,
    webhook_id: uuid::Uuid,
    attempt: u32,
    url: &'a str,
    /// The receiver's status; null when it did not answer.
    status: Option<u16>,
    /// Why it did not answer.
    error: Option<&'a str>,
    request: Message<'a>,
    response: Option<Message<'a>>,
    micros: i64,
    /// When the event is tried again; null when it arrived or is given up.
    next_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Message<'a> {
    pub(super) headers: serde_json::Map<String, serde_json::Value>,
    pub(super) body: Content<'a>,
}

/// A body: a JSON value where it is JSON, else its text.
pub(super) struct Content<'a>(pub(super) &'a str);

impl Serialize for Content<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&serde_json::value::RawValue>(self.0) {
            Ok(json) => json.serialize(serializer),
            Err(_) => serializer.serialize_str(self.0),
        }
    }
}

pub(super) fn headers<N: AsRef<str>>(headers: &[(N, String)]) -> serde_json::Map<String, serde_json::Value> {
    headers.iter().map(|(name, value)| (name.as_ref().to_owned(), value.clone().into())).collect()
}

impl<'a> DeliveryView<'a> {
    fn new(row: &'a DeliveryRow) -> Self {
        let (status, error, response) = match &row.outcome {
            Outcome::Answered { status, headers: names, body } => {
                (Some(*status), None, Some(Message { headers: headers(names), body: Content(body) }))
            }
            Outcome::Failed(why) => (None, Some(why.as_str()), None),
        };
        Self {
            id: row.id.to_string(),
            at: row.at.to_string(),
            msn: row.msn,
            reference: &row.reference,
            event: row.event,
            webhook_id: row.webhook_id,
            attempt: row.attempt,
            url: &row.url,
            status,
            error,
            request: Message { headers: headers(&row.headers), body: Content(&row.body) },
            response,
            micros: row.took.as_micros(),
            next_at: row.next_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct List<'a> {
    deliveries: Vec<DeliveryView<'a>>,
}

/// The filters that all calls share, and what only some take.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    msn: Option<Msn>,
    reference: Option<String>,
    event: Option<String>,
    status: Option<u16>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitQuery {
    msn: Option<Msn>,
    reference: Option<String>,
    event: Option<String>,
    status: Option<u16>,
    count: Option<usize>,
    timeout: Option<Span>,
}

fn filter(
    msn: Option<Msn>,
    reference: Option<String>,
    event: Option<&str>,
    status: Option<u16>,
) -> Result<DeliveryFilter, Refused> {
    let event = event.map(|name| {
        EventType::parse(name).ok_or_else(|| {
            Refused::bad_request(format!(
                "event: \"{name}\" is not a full name such as epayments.payment.captured.v1."
            ))
        })
    });
    Ok(DeliveryFilter { msn, reference, event: event.transpose()?, status })
}

fn write_list(rows: &[Arc<DeliveryRow>]) -> String {
    let mut out = String::new();
    wire::json::value(&mut out, &List { deliveries: views(rows) });
    out
}

/// Shows attempts.
pub(super) fn views(rows: &[Arc<DeliveryRow>]) -> Vec<DeliveryView<'_>> {
    rows.iter().map(|row| DeliveryView::new(row)).collect()
}

fn list_of(control: &Control, filter: &DeliveryFilter, limit: usize) -> Response {
    let rows = control.engine.deliveries(filter, limit);
    json_text(write_list(&rows))
}

/// Lists attempts, newest first.
#[utoipa::path(
    get, path = "/_sandbox/webhooks/deliveries", tag = "webhooks",
    params(
        ("msn" = Option<String>, Query, description = "only this sales unit's"),
        ("reference" = Option<String>, Query, description = "only those about this payment"),
        ("event" = Option<String>, Query, description = "only this event, by its full name"),
        ("status" = Option<u16>, Query, description = "only those that the receiver answered with this status"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, 50 unless told")
    ),
    responses((status = 200, description = "`{\"deliveries\": [...]}`"), (status = 400, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Refused> {
    let limit = read_limit(query.limit)?;
    let filter = filter(query.msn, query.reference, query.event.as_deref(), query.status)?;
    Ok(list_of(&control, &filter, limit))
}

/// Answers once there were so many attempts.
#[utoipa::path(
    get, path = "/_sandbox/webhooks/deliveries/wait", tag = "webhooks",
    params(
        ("msn" = Option<String>, Query, description = "only this sales unit's"),
        ("reference" = Option<String>, Query, description = "only those about this payment"),
        ("event" = Option<String>, Query, description = "only this event, by its full name"),
        ("status" = Option<u16>, Query, description = "only those that the receiver answered with this status"),
        ("count" = Option<usize>, Query, description = "how many attempts, 1 unless told"),
        ("timeout" = Option<String>, Query, description = "at most PT5M, 5s unless told")
    ),
    responses(
        (status = 200, description = "`{\"deliveries\": [...]}`"), (status = 400, body = Problem),
        (status = 408, description = "There were fewer when the time was up", body = Problem)
    )
)]
pub(super) async fn wait(
    State(control): State<Control>,
    Query(query): Query<WaitQuery>,
) -> Result<Response, Refused> {
    let count = query.count.unwrap_or(1);
    let timeout = timeout(query.timeout)?;
    if !(1..=MAX_LIMIT).contains(&count) {
        return Err(Refused::bad_request(format!("count: {count} is not between 1 and {MAX_LIMIT}.")));
    }
    let filter = filter(query.msn, query.reference, query.event.as_deref(), query.status)?;
    let engine = &control.engine;
    let enough = || (engine.deliveries(&filter, count).len() >= count).then_some(());
    if until(|waker| engine.watch_deliveries(waker), enough, timeout).await.is_none() {
        let (found, timeout) = (engine.deliveries(&filter, count).len(), timeout.short());
        return Err(Refused::timeout(format!("There were {found} attempts after {timeout}, not {count}.")));
    }
    Ok(list_of(&control, &filter, MAX_LIMIT))
}

/// Sends what an attempt sent once more.
#[utoipa::path(
    post, path = "/_sandbox/webhooks/deliveries/{id}/redeliver", tag = "webhooks",
    params(("id" = String, Path)),
    request_body = NoInput,
    responses(
        (status = 202, description = "It is on its way"), (status = 404, body = Problem),
        (status = 409, description = "Its webhook is gone", body = Problem)
    )
)]
pub(super) async fn redeliver(
    State(control): State<Control>,
    Path(id): Path<String>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Response, Refused> {
    let known = id.parse().ok().and_then(|id| control.engine.redeliver(id));
    match known {
        Some(true) => Ok(StatusCode::ACCEPTED.into_response()),
        Some(false) => {
            Err(Refused::conflict("Gone", format!("The webhook of delivery {id} no longer exists.")))
        }
        None => Err(Refused::not_found(format!(
            "There is no delivery {id}; GET /_sandbox/webhooks/deliveries lists those that are remembered."
        ))),
    }
}
