//! A sales unit: the tenant that everything belongs to, and what it may do.

use super::digits::Msn;
use super::money::Market;

/// A sales unit's settings. The defaults are those of a unit made on first use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalesUnit {
    /// The merchant serial number.
    pub msn: Msn,
    /// The name that customers see.
    pub name: String,
    /// The market, which decides currency and deadlines.
    pub market: Market,
    /// The `client_id` of the token request.
    pub client_id: String,
    /// The `client_secret` of the token request.
    pub client_secret: String,
    /// The subscription keys; primary and secondary are interchangeable.
    pub subscription_keys: Vec<String>,
    /// What the unit may do.
    pub permissions: Permissions,
    /// Whether a capture of less than the whole reservation is allowed (error 6140).
    pub partial_capture: bool,
    /// Whether the bank account is verified (error 5060).
    pub bank_account_verified: bool,
    /// Whether refunds are possible (error 5100).
    pub refunds_enabled: bool,
    /// Whether the customer cannot change the phone number on the landing page.
    pub phone_number_locked: bool,
    /// How many payments the unit may have authorised before force approve answers 10070.
    pub payment_limit: Option<u64>,
}

/// What a sales unit may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permissions {
    /// Payments at all (403 without).
    pub payments: bool,
    /// Express payments with shipping (error 5020).
    pub express: bool,
    /// Long-living payments with `expiresAt` (error 5050).
    pub long_living: bool,
    /// The `PUSH_MESSAGE` flow (error 5080).
    pub push_message: bool,
    /// The scopes `nin` and `accountNumbers` (error 5030).
    pub restricted_scopes: bool,
    /// Captures up to 180 days in Denmark and Finland.
    pub late_capture: bool,
}

impl Default for Permissions {
    fn default() -> Self {
        Self {
            payments: true,
            express: true,
            long_living: true,
            push_message: true,
            restricted_scopes: false,
            late_capture: false,
        }
    }
}

impl SalesUnit {
    /// Makes a unit with the starting settings and no keys of its own.
    #[must_use]
    pub fn new(msn: Msn, market: Market) -> Self {
        Self {
            msn,
            name: format!("Sales unit {msn}"),
            market,
            client_id: String::new(),
            client_secret: String::new(),
            subscription_keys: Vec::new(),
            permissions: Permissions::default(),
            partial_capture: true,
            bank_account_verified: true,
            refunds_enabled: true,
            phone_number_locked: false,
            payment_limit: None,
        }
    }
}
