//! Payments that cannot be created or approved as asked.

use super::{Facts, PaymentFacts, Refused};
use crate::domain::digits::PhoneNumber;
use crate::domain::errors::ErrorCode;
use crate::domain::money::decimal;
use crate::domain::payment::{LIFETIME, LONGEST_WAIT};

impl Refused<'_> {
    pub(super) fn explain_payment(&self) -> Option<String> {
        match self.facts() {
            Some(Facts::Payment(payment)) => self.explain_modification(payment),
            Some(Facts::Approval { payment, customer, authorised, limit }) => {
                self.approval(payment, *customer, *authorised, *limit)
            }
            _ => self.new_payment(),
        }
    }

    /// A payment that was to be created.
    fn new_payment(&self) -> Option<String> {
        let text = match self.rejection.code {
            ErrorCode::AmountTooSmall => {
                let asked = self.asked()?;
                let least = if asked.currency == "NOK" { 100 } else { 1 };
                format!("{asked} is less than the least amount, {} {}.", asked.currency, decimal(least))
            }
            ErrorCode::ExpiryTooSoon => format!(
                "expiresAt is {}, and the clock shows {}: it has to be later than {}.",
                self.filled()?,
                self.at,
                self.at + LIFETIME
            ),
            ErrorCode::ExpiryTooLate => format!(
                "expiresAt is {}, and the clock shows {}: it has to be earlier than {}.",
                self.filled()?,
                self.at,
                self.at + LONGEST_WAIT
            ),
            ErrorCode::ReceiptRequired => {
                "expiresAt is set, and the body has no receipt. A payment that waits longer than ten minutes needs one.".into()
            }
            ErrorCode::ShippingDetailsRequired => {
                "shipping has no options to choose from: give fixedOptions at least one group, and each group at least one option; or \
                 give dynamicOptions."
                    .into()
            }
            ErrorCode::CustomerNotFound => {
                let Some(Facts::Customer { phone_number, exists }) = self.facts() else { return None };
                no_such_customer(*phone_number, *exists)
            }
            _ => return None,
        };
        Some(text)
    }

    /// A payment that was to be approved by force.
    fn approval(
        &self,
        payment: &PaymentFacts,
        customer: PhoneNumber,
        authorised: u64,
        limit: Option<u64>,
    ) -> Option<String> {
        let mend = |what: &str| format!("PUT /_sandbox/users/{customer} with {what} changes that.");
        let text = match self.rejection.code {
            ErrorCode::CustomerNotFound => {
                format!(
                    "User {customer} cannot pay: its \"exists\" is false, or it is younger than the payment's minimumUserAge. PUT \
                     /_sandbox/users/{customer} changes either."
                )
            }
            ErrorCode::IdentificationRequired => format!(
                "User {customer} is not identified. Approving in the app once identifies a test user: POST \
                 /_sandbox/payments/{}/{}/approve; or {}",
                self.msn_in_path(),
                self.reference,
                mend("{\"identified\":true}")
            ),
            ErrorCode::NoCards => {
                format!("User {customer} has no cards. {}", mend("{\"cards\":[{\"bin\":\"429198\",\"scheme\":\"visa\"}]}"))
            }
            ErrorCode::PaymentSourceInvalid => {
                format!("None of the cards of user {customer} is enabled. {}", mend("a card that is"))
            }
            ErrorCode::ApproveNotSupported => format!(
                "Only WALLET payments without shipping can be approved by force. POST /_sandbox/payments/{}/{}/approve lets the \
                 customer approve this one.",
                self.msn_in_path(),
                self.reference
            ),
            ErrorCode::AlreadyReserved => {
                let (at, _) = payment.reserved?;
                format!(
                    "The payment is AUTHORIZED since {at}, with {} {} reserved. There is nothing left to approve.",
                    decimal(payment.standing.totals.authorized),
                    payment.currency()
                )
            }
            ErrorCode::ApproveNotAllowed if payment.processing => {
                "The payment is CREATED and its approval is being processed: the customer approved the test amount 201, whose result \
                 is known after an hour."
                    .into()
            }
            ErrorCode::ApproveNotAllowed => format!("{} It no longer waits for the customer.", payment.ended()?),
            ErrorCode::PaymentLimitExceeded => format!(
                "{} has authorised {authorised} payments, and its paymentLimit is {}. PUT /_sandbox/sales-units/{} raises it.",
                self.unit(),
                limit?,
                self.msn_in_path()
            ),
            _ => return None,
        };
        Some(text)
    }
}

fn no_such_customer(phone_number: PhoneNumber, exists: bool) -> String {
    if exists {
        return format!(
            "User {phone_number} is younger than the payment's minimumUserAge. The user's dateOfBirth is changed with PUT \
             /_sandbox/users/{phone_number}."
        );
    }
    format!(
        "There is no user {phone_number}: its \"exists\" is false. PUT /_sandbox/users/{phone_number} with {{\"exists\":true}} \
         changes that."
    )
}
