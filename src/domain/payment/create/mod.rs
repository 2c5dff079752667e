//! Creating a payment: the structure of the request, then its rules in the order of checks.

mod checks;
mod structure;

use std::borrow::Cow;

use super::express::ShippingGiven;
use super::given::CustomerGiven;
use super::{PaymentMethod, QrFormat, Receipt, UserFlow};
use crate::domain::money::AmountGiven;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::time::Timestamp;
use crate::domain::user::User;

/// A create request of sound structure; its rules are not checked yet.
pub struct CreateRequest<'j> {
    amount: AmountGiven,
    customer: Option<CustomerGiven<'j>>,
    method: PaymentMethod,
    flow: UserFlow,
    reference: Cow<'j, str>,
    return_url: Option<Cow<'j, str>>,
    description: Option<Cow<'j, str>>,
    expires_at: Option<(Cow<'j, str>, Timestamp)>,
    metadata: Option<Metadata<'j>>,
    scope: Option<Cow<'j, str>>,
    receipt: Option<Receipt>,
    receipt_url: Option<Cow<'j, str>>,
    shipping: Option<ShippingGiven<'j>>,
    qr_format: QrFormat,
    minimum_age: Option<u8>,
    customer_present: bool,
    commercial_cards_blocked: bool,
    has_card_passthrough: bool,
    legal_links: Vec<Cow<'j, str>>,
}

/// Metadata as it was given, repeated keys included.
struct Metadata<'j>(Vec<(Cow<'j, str>, Cow<'j, str>)>);

/// What a create decision depends on besides the request.
pub struct CreateFacts<'a> {
    /// The sandbox clock of the sales unit.
    pub now: Timestamp,
    /// The sales unit.
    pub unit: &'a SalesUnit,
    /// The customer whom the request names, if any.
    pub customer: Option<&'a User>,
    /// A random UUID for the payment's `pspReference`.
    pub psp_reference: uuid::Uuid,
    /// A random number for the secret part of the token in `redirectUrl`.
    pub token_nonce: u128,
    /// The request's idempotency key.
    pub key: &'a str,
    /// Whether plain http to local hosts is taken; not so with `--strict`.
    pub local_http: bool,
}
