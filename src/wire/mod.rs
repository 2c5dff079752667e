//! The API's JSON for payments and their events: views of the domain that every face of the sandbox shares.
//!
//! Members without a value are left out, and amounts have their currency first, as the vendor's answers have them.

pub(crate) mod json;

use crate::domain::digits::Msn;
use crate::domain::money::Amount;
use crate::domain::payment::{
    Event, EventName, GUARANTEE, Order, Payment, QrFormat, Standing, State, UserFlow,
};
use crate::domain::token;
use crate::domain::user::Address;

/// Writes the answer to a create request.
pub(crate) fn created(out: &mut String, order: &Order, msn: Msn, public_url: &str) {
    out.push('{');
    redirect_member(out, order, msn, public_url, "");
    reference_member(out, order, if order.flow() == UserFlow::PushMessage { "" } else { "," });
    out.push('}');
}

/// Writes the answer to a capture, refund or cancel.
pub(crate) fn modified(out: &mut String, order: &Order, standing: Standing) {
    out.push_str(r#"{"amount":"#);
    json::amount(out, order.amount());
    out.push_str(r#","state":""#);
    out.push_str(standing.state.word());
    out.push_str(r#"","aggregate":"#);
    aggregate(out, order, standing);
    psp_reference_member(out, order);
    reference_member(out, order, ",");
    out.push('}');
}

/// Writes a payment as `GET /v1/payments/{reference}` shows it.
pub(crate) fn payment(out: &mut String, payment: Payment<'_>, msn: Msn, public_url: &str) {
    out.push('{');
    payment_members(out, payment, msn, public_url);
    out.push('}');
}

/// Writes the members of a payment without the braces around them.
pub(crate) fn payment_members(out: &mut String, payment: Payment<'_>, msn: Msn, public_url: &str) {
    let Payment { order, course } = payment;
    let approval = course.approval();
    out.push_str(r#""aggregate":"#);
    aggregate(out, order, course.standing());
    out.push_str(r#","amount":"#);
    json::amount(out, order.amount());
    out.push_str(r#","state":""#);
    out.push_str(payment.state().word());
    out.push_str(r#"","paymentMethod":{"type":""#);
    out.push_str(order.method().word());
    if let Some(bin) = approval.and_then(|approval| approval.card_bin.as_ref()) {
        out.push_str(r#"","cardBin":""#);
        out.push_str(bin.as_str());
    }
    out.push_str(r#""},"profile":{"#);
    if let Some(sub) = approval.and_then(|approval| approval.sub) {
        out.push_str(r#""sub":""#);
        out.push_str(sub.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
        out.push('"');
    }
    out.push('}');
    psp_reference_member(out, order);
    // The real service shows the landing page's address while there is something to do on it.
    if payment.state() == State::Created {
        redirect_member(out, order, msn, public_url, ",");
    }
    reference_member(out, order, ",");
    metadata_member(out, order);
    let Some(approval) = approval else { return };
    if let Some(choice) = &approval.shipping {
        out.push_str(r#","shippingDetails":"#);
        json::value(out, choice);
    }
    if let Some(details) = &approval.user_details {
        out.push_str(r#","userDetails":"#);
        json::value(out, details);
    }
    out.push_str(r#","captureGuaranteedUntil":"#);
    (approval.at + GUARANTEE).rfc3339_with_offset().push_quoted_to(out);
}

/// Writes a payment's event log as `GET /v1/payments/{reference}/events` shows it, oldest first.
pub(crate) fn events(out: &mut String, payment: Payment<'_>) {
    out.push('[');
    for (place, event) in payment.course.events().iter().enumerate() {
        out.push_str(if place == 0 { r#"{"reference":""# } else { r#",{"reference":""# });
        out.push_str(payment.order.reference());
        event_members(out, payment, event);
        // CREATED was once recorded with seven decimals, all else with three.
        out.push_str(r#","timestamp":"#);
        event.at.rfc3339(if event.name == EventName::Created { 7 } else { 3 }).push_quoted_to(out);
        if let Some(key) = payment.key_of(event) {
            out.push_str(r#","idempotencyKey":"#);
            json::text(out, key);
        }
        out.push_str(r#","success":true}"#);
    }
    out.push(']');
}

/// Writes an event as a webhook tells it. The order of the members is the recorded one.
pub(crate) fn delivery(out: &mut String, payment: Payment<'_>, event: &Event, msn: Msn) {
    out.push_str(r#"{"msn":""#);
    msn.push_to(out);
    out.push_str(r#"","reference":""#);
    out.push_str(payment.order.reference());
    event_members(out, payment, event);
    out.push_str(r#","timestamp":"#);
    event.at.rfc3339(3).push_quoted_to(out);
    if let Some(key) = payment.key_of(event) {
        out.push_str(r#","idempotencyKey":"#);
        json::text(out, key);
    }
    out.push_str(r#","success":true"#);
    if let Some(approval) = payment.course.approval().filter(|_| event.name == EventName::Authorized) {
        if let Some(choice) = &approval.shipping {
            out.push_str(r#","shippingDetails":"#);
            json::value(out, choice);
        }
        if let Some(details) = &approval.user_details {
            out.push_str(r#","userDetails":"#);
            json::value(out, details);
        }
        if let Some(sub) = approval.sub {
            out.push_str(r#","sub":""#);
            out.push_str(sub.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
            out.push('"');
        }
        out.push_str(r#","captureGuaranteedUntil":"#);
        (approval.at + GUARANTEE).rfc3339_with_offset().push_quoted_to(out);
    }
    out.push('}');
}

/// Writes what a merchant's server is asked when a customer wants something delivered. On the wire the members are in
/// camel case, whatever the specification says.
pub(crate) fn shipping_question(out: &mut String, reference: &str, address: &Address) {
    let Address { address_line1, address_line2, city, country, post_code } = address;
    out.push_str(r#"{"reference":""#);
    out.push_str(reference);
    out.push_str(r#"","addressLine1":"#);
    json::text(out, address_line1);
    if let Some(line) = address_line2 {
        out.push_str(r#","addressLine2":"#);
        json::text(out, line);
    }
    for (name, value) in [(r#","city":"#, city), (r#","postCode":"#, post_code), (r#","country":"#, country)]
    {
        out.push_str(name);
        json::text(out, value);
    }
    out.push('}');
}

/// Ends the reference, and writes an event's own reference, name and amount.
fn event_members(out: &mut String, payment: Payment<'_>, event: &Event) {
    let order = payment.order;
    out.push_str(r#"","pspReference":""#);
    // CREATED shows the payment's own UUID, every other event a number of its own.
    if event.name == EventName::Created {
        out.push_str(order.psp_reference().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    } else {
        json::number(out, event.psp_reference);
    }
    out.push_str(r#"","name":""#);
    out.push_str(event.name.word());
    out.push_str(r#"","amount":"#);
    json::amount(out, Amount { currency: order.amount().currency, value: event.amount });
}

/// Writes the four sums, always all of them.
fn aggregate(out: &mut String, order: &Order, standing: Standing) {
    let totals = standing.totals;
    for (name, value) in [
        (r#"{"authorizedAmount":"#, totals.authorized),
        (r#","cancelledAmount":"#, totals.cancelled),
        (r#","capturedAmount":"#, totals.captured),
        (r#","refundedAmount":"#, totals.refunded),
    ] {
        out.push_str(name);
        json::amount(out, Amount { currency: order.amount().currency, value });
    }
    out.push('}');
}

fn psp_reference_member(out: &mut String, order: &Order) {
    out.push_str(r#","pspReference":""#);
    out.push_str(order.psp_reference().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
    out.push('"');
}

/// Writes the reference, which has letters, digits and hyphens only.
fn reference_member(out: &mut String, order: &Order, before: &str) {
    out.push_str(before);
    out.push_str(r#""reference":""#);
    out.push_str(order.reference());
    out.push('"');
}

fn metadata_member(out: &mut String, order: &Order) {
    let Some(pairs) = order.metadata() else { return };
    out.push_str(r#","metadata":{"#);
    for (place, (key, value)) in pairs.enumerate() {
        if place > 0 {
            out.push(',');
        }
        json::text(out, key);
        out.push(':');
        json::text(out, value);
    }
    out.push('}');
}

/// Writes where the customer is sent: the sandbox's own wallet page, or the image of its address. A pushed payment has
/// none.
fn redirect_member(out: &mut String, order: &Order, msn: Msn, public_url: &str, before: &str) {
    let format = order.extras().map(|extras| extras.qr_format).unwrap_or_default();
    let path = match order.flow() {
        UserFlow::PushMessage => return,
        UserFlow::Qr if format != QrFormat::TargetUrl => "/qr?token=",
        UserFlow::Qr | UserFlow::WebRedirect | UserFlow::NativeRedirect => "/pay?token=",
    };
    out.push_str(before);
    out.push_str(r#""redirectUrl":""#);
    json::escaped(out, public_url);
    out.push_str(path);
    token::write(out, msn, order.reference(), order.token_nonce());
    out.push('"');
}
