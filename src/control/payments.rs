//! Payments as their developer sees them, and the customer's part in them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, Path, Query};
use super::problem::{Problem, Refused};
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::payment::{Choice, CustomerRefusal, Payment, Phase, State as PaymentState, UserFlow};
use crate::domain::time::Rfc3339;
use crate::engine::{Seen, Slot};
use crate::wire::{EventsBody, PaymentBody};

/// How many payments a page has when it does not say, and at most.
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 1000;

/// A payment: the API's own members, and what only the sandbox tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentView<'a> {
    msn: Msn,
    phase: Phase,
    user_flow: UserFlow,
    created_at: Rfc3339,
    expires_at: Rfc3339,
    capture_until: Option<Rfc3339>,
    phone_number: Option<PhoneNumber>,
    payment_description: Option<&'a str>,
    return_url: Option<&'a str>,
    /// Why the receipt was left off, if it was.
    receipt_problem: Option<&'a str>,
    #[serde(flatten)]
    payment: PaymentBody<'a>,
}

#[derive(Serialize)]
struct PaymentDetail<'a> {
    msn: Msn,
    reference: &'a str,
    state: PaymentState,
    phase: Phase,
    payment: PaymentView<'a>,
    events: EventsBody<'a>,
    /// The calls about this payment. This version keeps none.
    requests: [(); 0],
    /// The webhook attempts about this payment. This version makes none.
    deliveries: [(); 0],
}

impl<'a> PaymentView<'a> {
    fn new(payment: Payment<'a>, msn: Msn, public_url: &str) -> Self {
        let Payment { order, course } = payment;
        let given = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let receipt = order.extras().and_then(|extras| extras.receipt.as_ref());
        Self {
            msn,
            phase: course.standing().phase(),
            user_flow: order.flow(),
            created_at: order.created_at().rfc3339(3),
            expires_at: order.expires_at().rfc3339(3),
            capture_until: course.approval().map(|approval| approval.capture_until.rfc3339(3)),
            phone_number: course.approval().map(|approval| approval.customer).or(order.phone_number()),
            payment_description: given(order.description()),
            return_url: given(order.return_url()),
            receipt_problem: receipt.and_then(|receipt| receipt.as_ref().err()).map(String::as_str),
            payment: PaymentBody::new(payment, msn, public_url),
        }
    }
}

impl Control {
    /// Shows one payment with its events.
    pub(super) fn detail(&self, slot: &Arc<Slot>) -> Response {
        let msn = slot.unit.msn;
        let body = self.engine.read(slot, |payment| {
            serde_json::to_vec(&PaymentDetail {
                msn,
                reference: payment.order.reference(),
                state: payment.state(),
                phase: payment.course.standing().phase(),
                payment: PaymentView::new(payment, msn, &self.public_url),
                events: EventsBody(payment),
                requests: [],
                deliveries: [],
            })
        });
        json_bytes(body.unwrap_or_default())
    }

    fn payment(&self, msn: Msn, reference: &str) -> Result<Arc<Slot>, Refused> {
        self.engine.find_by_msn(msn, reference).ok_or_else(|| {
            Refused::not_found(format!(
                "Sales unit {msn} has no payment with the reference {reference}. Case matters; GET /_sandbox/payments \
                 lists them."
            ))
        })
    }
}

fn json_bytes(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Reads a state or phase; a wrong one is refused with those that there are.
pub(super) fn read_state(word: &str) -> Result<Seen, Refused> {
    Seen::parse(word).ok_or_else(|| {
        let words: Vec<_> = Phase::ALL.iter().map(|(word, _)| *word).collect();
        Refused::bad_request(format!("state: \"{word}\" is none of {}.", words.join(", ")))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    msn: Option<Msn>,
    state: Option<String>,
    reference: Option<String>,
    limit: Option<usize>,
    cursor: Option<u64>,
}

/// Lists payments, newest first.
#[utoipa::path(
    get, path = "/_sandbox/payments", tag = "payments",
    params(
        ("msn" = Option<String>, Query, description = "only this sales unit's"),
        ("state" = Option<String>, Query, description = "only those in this state or phase"),
        ("reference" = Option<String>, Query, description = "only those with this reference"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, 50 unless told"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")
    ),
    responses((status = 200, description = "`{\"payments\": [...], \"next\": null}`"), (status = 400, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Refused> {
    let seen = query.state.as_deref().map(read_state).transpose()?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Refused::bad_request(format!("limit: {limit} is not between 1 and {MAX_LIMIT}.")));
    }
    let unit = control.scope(query.msn)?;
    let keep = |payment: Payment<'_>| {
        seen.is_none_or(|seen| seen.fits(payment))
            && query.reference.as_deref().is_none_or(|reference| reference == payment.order.reference())
    };
    let page = control.engine.list(unit.as_deref(), &keep, limit, query.cursor);
    let mut body = b"{\"payments\":[".to_vec();
    for (index, slot) in page.slots.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let msn = slot.unit.msn;
        control.engine.read(slot, |payment| {
            serde_json::to_writer(&mut body, &PaymentView::new(payment, msn, &control.public_url))
                .expect("our own bodies can be written");
        });
    }
    let next = page.next.map_or("null".to_owned(), |next| format!("\"{next}\""));
    body.extend_from_slice(format!("],\"next\":{next}}}").as_bytes());
    Ok(json_bytes(body))
}

/// Shows one payment with its events.
#[utoipa::path(
    get, path = "/_sandbox/payments/{msn}/{reference}", tag = "payments",
    params(("msn" = String, Path), ("reference" = String, Path)),
    responses((status = 200, description = "the payment"), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
) -> Result<Response, Refused> {
    Ok(control.detail(&control.payment(msn, &reference)?))
}

/// How the customer approves.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApproveInput {
    /// Who approves; the payment's own customer, else a made-up one.
    #[schema(value_type = Option<String>)]
    phone_number: Option<PhoneNumber>,
    /// The delivery option (Express); the default one unless told.
    shipping_option_id: Option<String>,
    /// The first six digits of the card; the first good one unless told.
    card: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoInput {}

impl From<CustomerRefusal> for Refused {
    fn from(refusal: CustomerRefusal) -> Self {
        let title = match refusal {
            CustomerRefusal::NotWaiting(_) | CustomerRefusal::Processing => "Not waiting",
            CustomerRefusal::ResultUnknown => "Result unknown",
            CustomerRefusal::NoSuchShippingOption(_) | CustomerRefusal::ShippingOptionsUnknown => {
                "No such option"
            }
            _ => "Declined",
        };
        Self::conflict(title, refusal.to_string())
    }
}

/// The customer approves in the app. The documented test amounts act here.
#[utoipa::path(
    post, path = "/_sandbox/payments/{msn}/{reference}/approve", tag = "payments",
    params(("msn" = String, Path), ("reference" = String, Path)), request_body = ApproveInput,
    responses((status = 200, description = "the payment"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn approve(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
    Body(input): Body<ApproveInput>,
) -> Result<Response, Refused> {
    let slot = control.payment(msn, &reference)?;
    let choice = Choice { shipping_option: input.shipping_option_id, card: input.card };
    control.engine.customer_approves(&slot, input.phone_number, &choice)?;
    Ok(control.detail(&slot))
}

/// The customer rejects in the app.
#[utoipa::path(
    post, path = "/_sandbox/payments/{msn}/{reference}/reject", tag = "payments",
    params(("msn" = String, Path), ("reference" = String, Path)),
    responses((status = 200, description = "the payment"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn reject(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Response, Refused> {
    let slot = control.payment(msn, &reference)?;
    control.engine.customer_rejects(&slot)?;
    Ok(control.detail(&slot))
}

/// The time to approve is over at once, without moving the clock.
#[utoipa::path(
    post, path = "/_sandbox/payments/{msn}/{reference}/expire", tag = "payments",
    params(("msn" = String, Path), ("reference" = String, Path)),
    responses((status = 200, description = "the payment"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn expire(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Response, Refused> {
    let slot = control.payment(msn, &reference)?;
    control.engine.expire_now(&slot)?;
    Ok(control.detail(&slot))
}
