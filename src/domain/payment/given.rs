//! What several requests have in common: an amount, and a customer.

use std::borrow::Cow;

use crate::domain::digits::PhoneNumber;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::money::{AmountGiven, Currency, MAX_VALUE};
use crate::domain::read::{members, object, required_choice, text};
use crate::domain::user;

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

/// Reads an amount of a new payment, which has to be there. A value that is no whole number within the limits is left to
/// error 4040.
pub(super) fn read_amount(value: Option<&Json<'_>>, at: &At<'_>, fields: &mut Fields) -> Option<AmountGiven> {
    let AmountGiven { currency, value } = read_sum(value, at, fields)?;
    Some(AmountGiven { currency, value: value.filter(|value| *value <= MAX_VALUE) })
}

/// Reads an amount that has to be there, however great. A value that is no whole number is left to error 4040.
pub(super) fn read_sum(value: Option<&Json<'_>>, at: &At<'_>, fields: &mut Fields) -> Option<AmountGiven> {
    let Some(value) = value else {
        fields.missing(at);
        return None;
    };
    let amount = object(value, at, fields)?;
    members!(amount, at, fields; currency = "currency", value = "value");
    let currency = required_choice(currency, &at.member("currency"), fields, &Currency::ALL);
    let Some(value) = value else {
        fields.missing(&at.member("value"));
        return None;
    };
    let value = value.as_integer().and_then(|number| u64::try_from(number).ok());
    Some(AmountGiven { currency: currency?, value })
}

/// Reads a customer: none or exactly one of the three variants.
pub(super) fn read_customer<'j>(
    value: &'j Json<'_>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<CustomerGiven<'j>> {
    let customer = object(value, at, fields)?;
    members!(customer, at, fields; phone = "phoneNumber", personal_qr = "personalQr", token = "customerToken");
    if [phone, personal_qr, token].iter().flatten().count() > 1 {
        fields
            .note(at, "The field Customer must have only one of phoneNumber, personalQr and customerToken.");
        return None;
    }
    let phone = text(phone, &at.member("phoneNumber"), fields).map(CustomerGiven::PhoneNumber);
    let personal_qr = text(personal_qr, &at.member("personalQr"), fields).map(CustomerGiven::PersonalQr);
    let token = text(token, &at.member("customerToken"), fields).map(CustomerGiven::CustomerToken);
    phone.or(personal_qr).or(token)
}
