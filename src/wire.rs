//! The API's JSON for payments and their events: views of the domain that every face of the sandbox shares.
//!
//! Members without a value are left out, and amounts have their currency first, as the vendor's answers have them.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::domain::digits::Msn;
use crate::domain::money::{Amount, Currency};
use crate::domain::payment::{
    Event, EventName, GUARANTEE, Order, Payment, PaymentMethod, QrFormat, ShippingChoice, Standing, State,
    UserDetails, UserFlow,
};
use crate::domain::time::Rfc3339;
use crate::domain::token;
use crate::domain::user::Bin;

/// The four sums, always all of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Aggregate {
    authorized_amount: Amount,
    cancelled_amount: Amount,
    captured_amount: Amount,
    refunded_amount: Amount,
}

impl Aggregate {
    fn new(currency: Currency, standing: Standing) -> Self {
        let amount = |value| Amount { currency, value };
        let totals = standing.totals;
        Self {
            authorized_amount: amount(totals.authorized),
            cancelled_amount: amount(totals.cancelled),
            captured_amount: amount(totals.captured),
            refunded_amount: amount(totals.refunded),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Method<'a> {
    r#type: PaymentMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_bin: Option<&'a str>,
}

#[derive(Serialize)]
struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Uuid>,
}

/// The answer to a create request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<String>,
    reference: &'a str,
}

impl<'a> Created<'a> {
    pub(crate) fn new(order: &'a Order, msn: Msn, public_url: &str) -> Self {
        Self { redirect_url: redirect_url(order, msn, public_url), reference: order.reference() }
    }
}

/// The answer to a capture, refund or cancel.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Modified<'a> {
    amount: Amount,
    state: State,
    aggregate: Aggregate,
    psp_reference: Uuid,
    reference: &'a str,
}

impl<'a> Modified<'a> {
    pub(crate) fn new(order: &'a Order, standing: Standing) -> Self {
        Self {
            amount: order.amount(),
            state: standing.state,
            aggregate: Aggregate::new(order.amount().currency, standing),
            psp_reference: order.psp_reference(),
            reference: order.reference(),
        }
    }
}

/// A payment as `GET /v1/payments/{reference}` shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentBody<'a> {
    aggregate: Aggregate,
    amount: Amount,
    state: State,
    payment_method: Method<'a>,
    profile: Profile,
    psp_reference: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<String>,
    reference: &'a str,
    #[serde(skip_serializing_if = "Metadata::is_absent")]
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_details: Option<&'a ShippingChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_details: Option<&'a UserDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_guaranteed_until: Option<Rfc3339>,
}

impl<'a> PaymentBody<'a> {
    pub(crate) fn new(payment: Payment<'a>, msn: Msn, public_url: &str) -> Self {
        let Payment { order, course } = payment;
        let approval = course.approval();
        // The real service shows the landing page's address while there is something to do on it.
        let redirect_url =
            (payment.state() == State::Created).then(|| redirect_url(order, msn, public_url)).flatten();
        Self {
            aggregate: Aggregate::new(order.amount().currency, course.standing()),
            amount: order.amount(),
            state: payment.state(),
            payment_method: Method {
                r#type: order.method(),
                card_bin: approval.and_then(|approval| approval.card_bin.as_ref()).map(Bin::as_str),
            },
            profile: Profile { sub: approval.and_then(|approval| approval.sub) },
            psp_reference: order.psp_reference(),
            redirect_url,
            reference: order.reference(),
            metadata: Metadata(order),
            shipping_details: approval.and_then(|approval| approval.shipping.as_ref()),
            user_details: approval.and_then(|approval| approval.user_details.as_ref()),
            capture_guaranteed_until: approval
                .map(|approval| (approval.at + GUARANTEE).rfc3339_with_offset()),
        }
    }
}

/// The metadata of an order, in its order.
struct Metadata<'a>(&'a Order);

impl Metadata<'_> {
    fn is_absent(&self) -> bool {
        self.0.metadata().is_none()
    }
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.metadata();
        let mut map = serializer.serialize_map(pairs.as_ref().map(ExactSizeIterator::len))?;
        for (key, value) in pairs.into_iter().flatten() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A payment's event log as `GET /v1/payments/{reference}/events` shows it, oldest first.
pub(crate) struct EventsBody<'a>(pub(crate) Payment<'a>);

impl Serialize for EventsBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let events = self.0.course.events();
        let mut list = serializer.serialize_seq(Some(events.len()))?;
        for event in events {
            list.serialize_element(&EventBody::new(self.0, event))?;
        }
        list.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventBody<'a> {
    reference: &'a str,
    psp_reference: PspReference,
    name: EventName,
    amount: Amount,
    timestamp: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<&'a str>,
    success: bool,
}

impl<'a> EventBody<'a> {
    fn new(payment: Payment<'a>, event: &'a Event) -> Self {
        let created = event.name == EventName::Created;
        let order = payment.order;
        Self {
            reference: order.reference(),
            psp_reference: match created {
                true => PspReference::Payment(order.psp_reference()),
                false => PspReference::Event(event.psp_reference),
            },
            name: event.name,
            amount: Amount { currency: order.amount().currency, value: event.amount },
            timestamp: event.at.rfc3339(if created { 7 } else { 3 }),
            idempotency_key: payment.key_of(event),
            success: true,
        }
    }
}

/// CREATED shows the payment's own UUID, every other event a number of its own.
enum PspReference {
    Payment(Uuid),
    Event(u64),
}

impl Serialize for PspReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Payment(uuid) => uuid.serialize(serializer),
            Self::Event(number) => serializer.collect_str(number),
        }
    }
}

/// Returns where the customer is sent: the sandbox's own wallet page, or the image of its address. A pushed payment
/// has none.
pub(crate) fn redirect_url(order: &Order, msn: Msn, public_url: &str) -> Option<String> {
    let format = order.extras().map(|extras| extras.qr_format).unwrap_or_default();
    let path = match order.flow() {
        UserFlow::PushMessage => return None,
        UserFlow::Qr if format != QrFormat::TargetUrl => "/qr?token=",
        UserFlow::Qr | UserFlow::WebRedirect | UserFlow::NativeRedirect => "/pay?token=",
    };
    let mut url = String::with_capacity(public_url.len() + 200);
    url.push_str(public_url);
    url.push_str(path);
    token::write(&mut url, msn, order.reference(), order.token_nonce());
    Some(url)
}
