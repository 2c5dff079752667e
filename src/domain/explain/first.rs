//! References that are not there or taken already, and idempotency keys that were used before.

use super::{Facts, FirstUse, Refused, listed, short};
use crate::domain::digits::Msn;
use crate::domain::errors::ErrorCode;
use crate::domain::money::decimal;
use crate::domain::operation::Operation;
use crate::domain::payment::MAX_EVENTS;
use crate::domain::text::is_reference;

impl Refused<'_> {
    pub(super) fn explain_first(&self) -> Option<String> {
        match (self.rejection.code, self.facts()) {
            (ErrorCode::ReferenceNotFound, Some(Facts::Elsewhere { spelled, units })) => {
                let units: Vec<_> = units.iter().map(ToString::to_string).collect();
                Some(self.not_found(spelled.as_deref(), &units))
            }
            (ErrorCode::ReferenceTaken, Some(Facts::Payment(payment))) => Some(format!(
                "{} has a payment {} since {}, which is {}. A reference is never free again, whatever became of its payment: use a \
                 new one. To repeat the first create, send its idempotency key and body.",
                self.unit(),
                short(self.reference),
                payment.created_at,
                payment.standing.phase().word(),
            )),
            (ErrorCode::OrderProcessing, Some(Facts::Payment(_))) => {
                Some(format!("The payment has {MAX_EVENTS} events, which is all that it can hold."))
            }
            (
                ErrorCode::CaptureKeyConflict | ErrorCode::RefundKeyConflict | ErrorCode::IdempotencyKeyUsed,
                Some(Facts::FirstUse(first)),
            ) => Some(self.key_used(first)),
            (ErrorCode::SubUnknown, Some(Facts::ConsentOver(given_at))) => Some(format!(
                "The customer's last consent is of {given_at}, and the clock shows {}: Userinfo tells of a customer for 168 hours \
                 after the consent. The next approval of a payment with profile.scope renews it.",
                self.at
            )),
            (ErrorCode::SubUnknown, Some(Facts::Elsewhere { units, .. })) => Some(self.no_such_sub(units)),
            (ErrorCode::SubInvalid, _) => Some(
                "The path ends in the sub, a UUID such as profile.sub of a payment shows once the customer has approved it.".into(),
            ),
            (ErrorCode::WebhookUnknown, _) => Some(format!(
                "{} has no webhook {}: it was deleted, or removed by a reset or because nothing arrived for two weeks, or it belongs \
                 to another sales unit. GET /webhooks/v1/webhooks lists those that there are.",
                self.unit(),
                short(self.path.rsplit('/').next().unwrap_or_default()),
            )),
            _ => None,
        }
    }

    fn not_found(&self, spelled: Option<&str>, units: &[String]) -> String {
        let reference = short(self.reference);
        let missing = format!("{} has no payment {reference}", self.unit());
        let named = if (self.header)("merchant-serial-number").is_empty() {
            " The request has no Merchant-Serial-Number header, so the sales unit was chosen for it."
        } else {
            ""
        };
        match (spelled, units) {
            (Some(spelled), _) => format!("{missing}, but it has {}: case matters.", short(spelled)),
            (None, [unit]) => {
                format!(
                    "{missing}, but sales unit {unit} has one. Send that as Merchant-Serial-Number.{named}"
                )
            }
            (None, [_, ..]) => format!(
                "{missing}, but sales units {} have one. Send theirs as Merchant-Serial-Number.{named}",
                listed(units)
            ),
            (None, []) if !is_reference(self.reference) => {
                format!("{missing}, nor can it: a reference is 8 to 64 letters, digits and hyphens.")
            }
            (None, []) => format!(
                "{missing}, and no other sales unit has, in upper or lower case. It was never created, or is gone since a reset.{named}"
            ),
        }
    }

    fn no_such_sub(&self, units: &[Msn]) -> String {
        let missing = format!("No customer of {} has this sub", self.unit().replacen('S', "s", 1));
        match units {
            [] => format!(
                "{missing}. It is profile.sub of a payment with profile.scope, from the approval on; a reset forgets consents."
            ),
            units => {
                let units: Vec<_> = units.iter().map(ToString::to_string).collect();
                format!(
                    "{missing}, but one of {} has. Ask with a token of that unit, or send its Merchant-Serial-Number.",
                    listed(&units)
                )
            }
        }
    }

    fn key_used(&self, first: &FirstUse) -> String {
        let FirstUse { operation, reference, amount, at, refused } = first;
        let key = (self.header)("idempotency-key").first().map(|key| short(key)).unwrap_or_default();
        let what = match (operation, reference) {
            (Operation::Create, Some(reference)) => format!("to create {}", short(reference)),
            (operation, Some(reference)) => format!("to {} {}", operation.name(), short(reference)),
            (operation, None) => format!("for a {}", operation.name()),
        };
        let amount = amount.map_or(String::new(), |amount| {
            format!(" ({} {})", decimal(amount.value), amount.currency.code())
        });
        let outcome = match (at, refused) {
            (_, Some(code)) => {
                let spec = code.spec();
                let number = spec.number.map_or(String::new(), |number| format!("{number} "));
                format!(", which was refused: {number}{}", spec.title)
            }
            (Some(at), None) => format!(" at {at}"),
            (None, None) => String::new(),
        };
        format!(
            "The idempotency key {key} was used first {what}{amount}{outcome}. This request has another body: send it with a new key, \
             or repeat the first body to get the first answer again."
        )
    }
}
