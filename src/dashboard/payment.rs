//! One payment: where it stands, what can be done with it, and everything that happened to it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::text::{Badge, Time, flow};
use super::timeline::{self, Entry, EventLine};
use super::{Gone, aside, calls, deliveries, shown};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::domain::money::{Amount, decimal};
use crate::domain::payment::{OrderLine, Payment, State as PaymentState, UserFlow};
use crate::domain::time::Timestamp;
use crate::domain::token;
use crate::engine::{ClockMove, DeliveryFilter, Slot};
use crate::journal::Filter;

/// How many of its requests, attempts and events are shown, the newest of each.
const MAX_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "dashboard/payment.html", whitespace = "minimize")]
struct Detail {
    msn: Msn,
    reference: String,
    badge: Badge,
    /// What it is for, how it is paid, and by whom.
    about: String,
    /// Name, amount, and whether it is nothing.
    sums: Vec<(&'static str, String, bool)>,
    facts: Vec<(&'static str, String)>,
    is_created: bool,
    /// Where the customer would go.
    pay: Option<String>,
    currency: &'static str,
    /// What can still be captured or released, and what can be given back, as `119,00`.
    left: Option<String>,
    refundable: Option<String>,
    order_lines: Vec<(String, String)>,
    /// Why the receipt was left off.
    receipt_problem: Option<String>,
    timeline: Vec<Entry>,
    events: Vec<EventLine>,
    calls: Vec<calls::Line>,
    deliveries: Vec<deliveries::Line>,
    /// There is more than is shown.
    is_cut: bool,
}

/// Shows a payment.
pub(super) async fn view(
    State(control): State<Control>,
    Path((msn, reference)): Path<(String, String)>,
) -> Response {
    let slot = Msn::parse(&msn).and_then(|msn| control.engine.find_by_msn(msn, &reference));
    let Some(slot) = slot else {
        let text = format!("Sales unit {msn} has no payment with the reference {reference}. Case matters.");
        return shown(&Gone { title: "No such payment", text });
    };
    shown(&aside(move || look(&control, &slot)).await)
}

fn look(control: &Control, slot: &Arc<Slot>) -> Detail {
    let (engine, unit) = (&control.engine, &slot.unit);
    let (msn, reference) = (unit.msn, slot.order.reference().to_owned());
    let now = engine.now(unit);
    // What came last is read first: what is shown of a payment is never older than what is shown of its requests.
    let filter =
        DeliveryFilter { msn: Some(msn), reference: Some(reference.clone()), ..DeliveryFilter::default() };
    let mut attempts = engine.deliveries(&filter, MAX_SHOWN);
    attempts.reverse();
    let filter = Filter { msn: Some(msn), reference: Some(reference.clone()), ..Filter::default() };
    let mut rows = control.journal.list(&filter, MAX_SHOWN);
    rows.reverse();
    let calls: Vec<_> = rows.iter().map(|row| calls::Line::new(row, now)).collect();
    let deliveries: Vec<_> = attempts.iter().map(|row| deliveries::Line::new(row, now)).collect();
    let moves = moves(control, slot);
    let mut questions = engine.callbacks(slot);
    questions.reverse();
    engine.read(slot, |payment| {
        let (order, standing) = (payment.order, payment.course.standing());
        let all = payment.course.events();
        let first = all.len().saturating_sub(MAX_SHOWN);
        let events: Vec<_> = (first..)
            .zip(&all[first..])
            .map(|(number, event)| EventLine::new(payment, event, number, now))
            .collect();
        let extras = order.extras();
        let receipt = extras.and_then(|extras| extras.receipt.as_ref());
        let positive = |value: u64| (value > 0).then(|| decimal(value));
        let is_created = payment.state() == PaymentState::Created;
        let pay = (is_created && order.flow() != UserFlow::PushMessage).then(|| {
            let mut path = "/pay?token=".to_owned();
            token::write(&mut path, msn, order.reference(), order.token_nonce());
            path
        });
        Detail {
            msn,
            badge: standing.phase().into(),
            about: about(payment),
            sums: sums(payment),
            facts: facts(payment, slot, now),
            is_created,
            pay,
            currency: order.amount().currency.code(),
            left: positive(standing.remaining()),
            refundable: positive(standing.refundable()),
            order_lines: receipt
                .and_then(|receipt| receipt.as_ref().ok())
                .map(|receipt| receipt.lines.iter().map(|line| order_line(line, payment)).collect())
                .unwrap_or_default(),
            receipt_problem: receipt.and_then(|receipt| receipt.as_ref().err()).cloned(),
            timeline: timeline::merge(&calls, &events, &deliveries, &questions, &moves, now),
            is_cut: first > 0 || calls.len() == MAX_SHOWN || deliveries.len() == MAX_SHOWN,
            reference,
            events,
            calls,
            deliveries,
        }
    })
}

/// Returns the moves of the clock since the payment was made, oldest first, by its sales unit's time.
fn moves(control: &Control, slot: &Slot) -> Vec<ClockMove> {
    let engine = &control.engine;
    let ahead = engine.now(&slot.unit).as_micros() - engine.read_clock(None).now.as_micros();
    let shift = |at: Timestamp| Timestamp::from_micros(at.as_micros() + ahead);
    let in_unit_time = |mut one: ClockMove| {
        if one.msn.is_none() {
            (one.from, one.to) = (shift(one.from), shift(one.to));
        }
        one
    };
    let mut moves: Vec<_> = engine.clock_moves(Some(&slot.unit)).into_iter().map(in_unit_time).collect();
    moves.retain(|one| one.from >= slot.order.created_at());
    moves.reverse();
    moves
}

fn sums(payment: Payment<'_>) -> Vec<(&'static str, String, bool)> {
    let standing = payment.course.standing();
    let totals = standing.totals;
    [
        ("Amount", payment.order.amount().value),
        ("Reserved", totals.authorized),
        ("Captured", totals.captured),
        ("Refunded", totals.refunded),
        ("Cancelled", totals.cancelled),
        ("Left", standing.remaining()),
    ]
    .map(|(name, value)| (name, Amount { value, ..payment.order.amount() }.to_string(), value == 0))
    .into()
}

fn about(payment: Payment<'_>) -> String {
    let Payment { order, course } = payment;
    let customer = course.approval().map(|approval| approval.customer).or(order.phone_number());
    let customer = customer.map(|number| format!("+{number}"));
    let description = Some(order.description().to_owned()).filter(|text| !text.is_empty());
    let how = format!("{} {}", order.method().word(), flow(order.flow()));
    [description, Some(how), customer].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn facts(payment: Payment<'_>, slot: &Slot, now: Timestamp) -> Vec<(&'static str, String)> {
    let Payment { order, course } = payment;
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let approval = course.approval();
    let is_created = payment.state() == PaymentState::Created;
    let metadata = order
        .metadata()
        .map(|pairs| pairs.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n"));
    let capture_until = approval.filter(|_| course.standing().remaining() > 0);
    let shipping = approval.and_then(|approval| approval.shipping.as_ref());
    let shipping = shipping.and_then(|choice| serde_json::to_string(choice).ok());
    [
        ("Sales unit", Some(format!("{} {}", slot.unit.msn, slot.unit.settings().name))),
        ("Created", Some(Time::new(order.created_at(), now).full)),
        ("Expires", is_created.then(|| Time::new(order.expires_at(), now).full)),
        ("Capture until", capture_until.map(|approval| Time::new(approval.capture_until, now).full)),
        ("Return URL", text(order.return_url())),
        ("Delivery", shipping),
        ("Metadata", metadata.and_then(|metadata| text(&metadata))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn order_line(line: &OrderLine, payment: Payment<'_>) -> (String, String) {
    let sign = if line.counts_negative() { "\u{2212}" } else { "" };
    let total = Amount { value: line.total.unsigned_abs(), ..payment.order.amount() };
    let quantity =
        line.quantity.as_ref().map(|(count, unit)| format!(" × {count} {unit}")).unwrap_or_default();
    (format!("{}{quantity}", line.name), format!("{sign}{total}"))
}
