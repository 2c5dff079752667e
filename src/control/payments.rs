//! Payments as their developer sees them, and the customer's part in them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::callbacks::CallbackView;
use super::extract::{Body, MAX_LIMIT, NoInput, Path, Query, Scope, read_limit};
use super::problem::{Problem, Refused, json_text};
use super::requests::write_rows;
use super::{Control, deliveries};
use crate::courier;
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::payment::{Choice, CustomerRefusal, Payment, Phase, State as PaymentState, UserFlow};
use crate::domain::time::Rfc3339;
use crate::domain::webhook::Before;
use crate::engine::{DeliveryFilter, Seen, Slot};
use crate::journal::Filter;
use crate::wire;

/// What only the sandbox tells of a payment; the API's own members follow it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentHead<'a> {
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
}

/// What stands before a payment and its events.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DetailHead<'a> {
    msn: Msn,
    reference: &'a str,
    state: PaymentState,
    phase: Phase,
}

impl<'a> PaymentHead<'a> {
    fn new(payment: Payment<'a>, msn: Msn) -> Self {
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
        }
    }
}

/// Writes an object that more members follow.
fn write_head(out: &mut String, head: &impl Serialize) {
    wire::json::value(out, head);
    out.pop();
    out.push(',');
}

fn write_payment(out: &mut String, payment: Payment<'_>, msn: Msn, public_url: &str) {
    write_head(out, &PaymentHead::new(payment, msn));
    wire::payment_members(out, payment, msn, public_url);
    out.push('}');
}

impl Control {
    /// Shows one payment with its events.
    pub(super) fn detail(&self, slot: &Arc<Slot>) -> Response {
        let msn = slot.unit.msn;
        let mut body = String::new();
        self.engine.read(slot, |payment| {
            let (state, phase) = (payment.state(), payment.course.standing().phase());
            let reference = payment.order.reference();
            write_head(&mut body, &DetailHead { msn, reference, state, phase });
            body.push_str("\"payment\":");
            write_payment(&mut body, payment, msn, &self.public_url);
            body.push_str(",\"events\":");
            wire::events(&mut body, payment);
        });
        let reference = Some(slot.order.reference().to_owned());
        body.push_str(",\"requests\":");
        let filter = Filter { msn: Some(msn), reference: reference.clone(), ..Filter::default() };
        write_rows(&mut body, &self.journal.list(&filter, MAX_LIMIT));
        body.push_str(",\"deliveries\":");
        let filter = DeliveryFilter { msn: Some(msn), reference, ..DeliveryFilter::default() };
        wire::json::value(&mut body, &deliveries::views(&self.engine.deliveries(&filter, MAX_LIMIT)));
        body.push_str(",\"shippingCallbacks\":");
        let callbacks = self.engine.callbacks(slot);
        let callbacks: Vec<_> = callbacks.iter().map(|row| CallbackView::new(row)).collect();
        wire::json::value(&mut body, &callbacks);
        body.push('}');
        json_text(body)
    }

    /// Keeps the customer until webhooks have been tried, where a policy wants that.
    async fn before_redirect(&self, slot: &Slot) {
        if self.engine.webhooks_are_awaited() {
            courier::tried_once(&self.engine, slot, Before::Redirect).await;
        }
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
    limit: Option<String>,
    cursor: Option<String>,
}

/// Reads how many a page is to have, as it stands in the query.
fn limit_in_query(text: Option<&str>) -> Result<usize, Refused> {
    let Some(text) = text else { return read_limit(None) };
    text.parse().map_or_else(
        |_| {
            Err(Refused::bad_request(format!(
                "limit: \"{text}\" is no whole number between 1 and {MAX_LIMIT}."
            )))
        },
        |limit| read_limit(Some(limit)),
    )
}

fn read_cursor(text: &str) -> Result<u64, Refused> {
    text.parse().map_err(|_| {
        Refused::bad_request(format!("cursor: \"{text}\" is not the \"next\" of a page before."))
    })
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
    responses((status = 200, description = "`{\"payments\": [...], \"next\": null}`"), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Refused> {
    let seen = query.state.as_deref().map(read_state).transpose()?;
    let limit = limit_in_query(query.limit.as_deref())?;
    let cursor = query.cursor.as_deref().map(read_cursor).transpose()?;
    let unit = control.scope(query.msn)?;
    let keep = |payment: Payment<'_>| {
        seen.is_none_or(|seen| seen.fits(payment))
            && query.reference.as_deref().is_none_or(|reference| reference == payment.order.reference())
    };
    let page = control.engine.list(unit.as_deref(), &keep, limit, cursor);
    let mut body = String::from("{\"payments\":[");
    for (index, slot) in page.slots.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        let msn = slot.unit.msn;
        control.engine.read(slot, |payment| write_payment(&mut body, payment, msn, &control.public_url));
    }
    body.push_str("],\"next\":");
    wire::json::value(&mut body, &page.next.map(|next| next.to_string()));
    body.push('}');
    Ok(json_text(body))
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
    Query(scope): Query<Scope>,
) -> Result<Response, Refused> {
    scope.agrees_with(msn)?;
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

impl From<CustomerRefusal> for Refused {
    fn from(refusal: CustomerRefusal) -> Self {
        let title = match refusal {
            CustomerRefusal::NotWaiting(_) | CustomerRefusal::Processing => "Not waiting",
            CustomerRefusal::ResultUnknown => "Result unknown",
            CustomerRefusal::NoSuchShippingOption(_) => "No such option",
            CustomerRefusal::ShippingOptionsUnknown | CustomerRefusal::NoShippingOptions { .. } => {
                "No delivery options"
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
    Query(scope): Query<Scope>,
    Body(input): Body<ApproveInput>,
) -> Result<Response, Refused> {
    scope.agrees_with(msn)?;
    let slot = control.payment(msn, &reference)?;
    let offer = courier::offer(&control.engine, &slot, input.phone_number, None).await?;
    let choice =
        Choice { shipping_option: input.shipping_option_id, card: input.card, offer, ..Choice::default() };
    control.engine.customer_approves(&slot, input.phone_number, &choice)?;
    control.before_redirect(&slot).await;
    Ok(control.detail(&slot))
}

/// The customer rejects in the app.
#[utoipa::path(
    post, path = "/_sandbox/payments/{msn}/{reference}/reject", tag = "payments",
    params(("msn" = String, Path), ("reference" = String, Path)), request_body = NoInput,
    responses((status = 200, description = "the payment"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn reject(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
    Query(scope): Query<Scope>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Response, Refused> {
    scope.agrees_with(msn)?;
    let slot = control.payment(msn, &reference)?;
    control.engine.customer_rejects(&slot)?;
    control.before_redirect(&slot).await;
    Ok(control.detail(&slot))
}

/// The time to approve is over at once, without moving the clock.
#[utoipa::path(
    post, path = "/_sandbox/payments/{msn}/{reference}/expire", tag = "payments",
    params(("msn" = String, Path), ("reference" = String, Path)), request_body = NoInput,
    responses((status = 200, description = "the payment"), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn expire(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
    Query(scope): Query<Scope>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Response, Refused> {
    scope.agrees_with(msn)?;
    let slot = control.payment(msn, &reference)?;
    control.engine.expire_now(&slot)?;
    Ok(control.detail(&slot))
}
