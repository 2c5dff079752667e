//! What a merchant asked for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::express::Shipping;
use super::receipt::Receipt;
use super::scope::Scopes;
use super::texts::Texts;
use crate::domain::digits::PhoneNumber;
use crate::domain::money::Amount;
use crate::domain::time::Timestamp;

/// What a merchant asked for. It never changes.
#[derive(Clone, Debug)]
pub struct Order {
    pub(super) texts: Texts,
    pub(super) amount: Amount,
    pub(super) method: PaymentMethod,
    pub(super) flow: UserFlow,
    pub(super) psp_reference: Uuid,
    pub(super) token_nonce: u128,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) phone_number: Option<PhoneNumber>,
    pub(super) extras: Option<Box<Extras>>,
}

impl Order {
    /// Returns the merchant's reference.
    #[must_use]
    pub fn reference(&self) -> &str {
        self.texts.reference()
    }

    /// Returns the idempotency key of the create request.
    #[must_use]
    pub fn create_key(&self) -> &str {
        self.texts.create_key()
    }

    /// Returns where the customer goes afterwards; empty when the request had none.
    #[must_use]
    pub fn return_url(&self) -> &str {
        self.texts.return_url()
    }

    /// Returns what the customer reads; empty when the request had none.
    #[must_use]
    pub fn description(&self) -> &str {
        self.texts.description()
    }

    /// Returns the merchant's metadata in its order; `None` when the request had none.
    #[must_use]
    pub fn metadata(&self) -> Option<impl ExactSizeIterator<Item = (&str, &str)>> {
        self.texts.metadata()
    }

    /// Returns the amount of the create request.
    #[must_use]
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// Returns the means of payment.
    #[must_use]
    pub fn method(&self) -> PaymentMethod {
        self.method
    }

    /// Returns how the customer comes to the payment.
    #[must_use]
    pub fn flow(&self) -> UserFlow {
        self.flow
    }

    /// Returns the payment's own `pspReference`.
    #[must_use]
    pub fn psp_reference(&self) -> Uuid {
        self.psp_reference
    }

    /// Returns the secret part of the token in `redirectUrl`.
    #[must_use]
    pub fn token_nonce(&self) -> u128 {
        self.token_nonce
    }

    /// Returns when the payment was created.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns until when the customer can approve.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns the customer that the merchant named.
    #[must_use]
    pub fn phone_number(&self) -> Option<PhoneNumber> {
        self.phone_number
    }

    /// Returns what few payments have.
    #[must_use]
    pub fn extras(&self) -> Option<&Extras> {
        self.extras.as_deref()
    }
}

/// The form of a payment's means of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    /// A card in the customer's app.
    Wallet,
    /// A card entered on a web page.
    Card,
    /// A payment service provider's card payment.
    CardPassthrough,
}

impl PaymentMethod {
    /// Returns the API's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Wallet => "WALLET",
            Self::Card => "CARD",
            Self::CardPassthrough => "CARD_PASSTHROUGH",
        }
    }
}

/// How the customer comes to the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserFlow {
    /// By a web page that opens the app where it can.
    WebRedirect,
    /// By a link that only the app opens.
    NativeRedirect,
    /// By a message on the phone.
    PushMessage,
    /// By a code to scan.
    Qr,
}

/// What the QR flow answers with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QrFormat {
    /// An SVG image.
    #[default]
    Svg,
    /// A PNG image of this many pixels a side.
    Png(u16),
    /// The address itself.
    TargetUrl,
}

/// What few payments have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// What the customer is asked to share.
    pub scopes: Scopes,
    /// The receipt, if it adds up; else why it was left off.
    pub receipt: Option<Result<Receipt, String>>,
    /// Where the receipt can be seen.
    pub receipt_url: Option<String>,
    /// How the goods can be delivered (Express).
    pub shipping: Option<Shipping>,
    /// What the QR flow answers with.
    pub qr_format: QrFormat,
    /// How old the customer has to be, in years.
    pub minimum_age: Option<u8>,
    /// Whether the customer stands in the shop.
    pub customer_present: bool,
    /// Whether business cards are refused.
    pub commercial_cards_blocked: bool,
    /// The merchant's terms and privacy policy, to be accepted.
    pub legal_links: Vec<String>,
}
