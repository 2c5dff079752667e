//! Creating a payment: the structure of the request, then its rules in the order of checks.

mod checks;
mod structure;

use std::borrow::Cow;

pub(super) use structure::{read_amount, read_customer};

use super::express::ShippingGiven;
use super::{PaymentMethod, QrFormat, Receipt, UserFlow};
use crate::domain::digits::PhoneNumber;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::money::AmountGiven;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::time::Timestamp;
use crate::domain::user::{self, User};

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

/// The customer whom a request names.
#[derive(Clone, Debug)]
pub(super) enum CustomerGiven<'j> {
    PhoneNumber(Cow<'j, str>),
    PersonalQr(Cow<'j, str>),
    CustomerToken(Cow<'j, str>),
}

impl CustomerGiven<'_> {
    /// Finds out who it is.
    ///
    /// # Errors
    ///
    /// 4070, 4060 or 4050, by the variant.
    pub(super) fn resolve(&self) -> Result<PhoneNumber, Rejection> {
        let (found, otherwise) = match self {
            Self::PhoneNumber(text) => (PhoneNumber::parse(text), ErrorCode::PhoneNumberInvalid),
            Self::PersonalQr(text) => (user::owner_of_personal_qr(text), ErrorCode::PersonalQrInvalid),
            Self::CustomerToken(text) => {
                (user::owner_of_customer_token(text), ErrorCode::CustomerTokenInvalid)
            }
        };
        found.ok_or_else(|| otherwise.reject())
    }
}

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
