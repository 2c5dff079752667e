//! The bodies of capture, refund and cancel requests.

use super::given::read_sum;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::money::{Amount, AmountGiven, Currency, MAX_VALUE};
use crate::domain::read::{boolean, members, object};

/// The body of a capture or refund: `{"modificationAmount": {"currency", "value"}}`.
#[derive(Clone, Copy, Debug)]
pub struct ModificationRequest {
    amount: AmountGiven,
}

impl ModificationRequest {
    /// Reads the body. Unknown members are ignored, or noted when `strict`.
    ///
    /// # Errors
    ///
    /// `BodyInvalid` with all offending fields.
    pub fn read(body: &Json<'_>, strict: bool) -> Result<Self, Rejection> {
        let at = &At::ROOT;
        let mut fields = Fields::new(strict);
        let Some(body) = object(body, at, &mut fields) else { return Err(fields.reject()) };
        members!(body, at, fields; amount = "modificationAmount");
        let Some(amount) = read_sum(amount, &at.member("modificationAmount"), &mut fields) else {
            return Err(fields.reject());
        };
        fields.finish()?;
        Ok(Self { amount })
    }

    /// Makes the request that a body with this amount would.
    #[must_use]
    pub fn of(amount: Amount) -> Self {
        Self { amount: AmountGiven { currency: amount.currency, value: Some(amount.value) } }
    }

    /// Returns the value in minor units, at least 1, of the payment's currency. The greatest amount is that of a create
    /// request, or what was authorised: the delivery of an Express payment comes on top.
    pub(super) fn value_in(self, currency: Currency, authorized: u64) -> Result<u64, Rejection> {
        let possible = 1..=MAX_VALUE.max(authorized);
        let value = self.amount.value.filter(|value| possible.contains(value));
        let value = value.ok_or_else(|| ErrorCode::AmountInvalid.reject())?;
        if self.amount.currency == currency { Ok(value) } else { Err(ErrorCode::CurrencyInvalid.reject()) }
    }
}

/// The body of a cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CancelRequest {
    /// Whether only a payment that is not yet authorised may be cancelled.
    pub transaction_only: bool,
}

impl CancelRequest {
    /// Reads the body: `{}` or more. Clients also send `null`, which says the same as no body, and `[]`.
    ///
    /// # Errors
    ///
    /// `BodyInvalid` with all offending fields.
    pub fn read(body: &Json<'_>, strict: bool) -> Result<Self, Rejection> {
        match body {
            Json::Null => return Ok(Self::default()),
            Json::List(values) if values.is_empty() => return Ok(Self::default()),
            _ => {}
        }
        let at = &At::ROOT;
        let mut fields = Fields::new(strict);
        let Some(body) = object(body, at, &mut fields) else { return Err(fields.reject()) };
        members!(body, at, fields; only = "cancelTransactionOnly");
        let only = boolean(only, &at.member("cancelTransactionOnly"), &mut fields);
        fields.finish()?;
        Ok(Self { transaction_only: only.unwrap_or(false) })
    }
}
