//! Why a request was refused, in words: the rule, how things stood at that moment, and what would have worked.
//!
//! A refusal carries plain [`Facts`] where the request alone does not tell the story. The words are put together when
//! somebody asks for them, from the facts and the request.

mod access;
mod facts;
mod first;
mod merchant;
mod modification;
mod payment;
mod request;

use std::borrow::Cow;
use std::fmt;

pub use facts::{Facts, FirstUse, PaymentFacts, TokenFault};

use super::digits::Msn;
use super::errors::{ErrorCode, Provoked, Rejection, Stage};
use super::json::Json;
use super::money::decimal;
use super::operation::Operation;
use super::time::Timestamp;

/// A refused request, with all that an explanation can draw on.
#[derive(Clone, Copy)]
pub struct Refused<'r> {
    /// What was answered, with the facts of that moment.
    pub rejection: &'r Rejection,
    /// Whether the answer is the one that the idempotency key got first.
    pub replayed: bool,
    /// The operation; `None` when the API has no such path.
    pub operation: Option<Operation>,
    /// The method.
    pub method: &'r str,
    /// The path without its query.
    pub path: &'r str,
    /// The sales unit, if that is known.
    pub msn: Option<Msn>,
    /// The payment's reference; empty when there is none.
    pub reference: &'r str,
    /// When the request came, by the sales unit's clock.
    pub at: Timestamp,
    /// The body, if it is JSON.
    pub body: Option<&'r Json<'r>>,
    /// Returns the values of a header, whose name is in lower case.
    pub header: &'r dyn Fn(&str) -> Vec<Cow<'r, str>>,
}

impl Refused<'_> {
    /// Explains the refusal in a few sentences.
    #[must_use]
    pub fn explain(&self) -> String {
        let code = self.rejection.code;
        let explained = match code.spec().stage {
            Stage::Route
            | Stage::SubscriptionKey
            | Stage::AccessToken
            | Stage::RateLimit
            | Stage::SalesUnit
            | Stage::Headers => self.explain_access(),
            Stage::Lookup | Stage::Idempotency | Stage::Uniqueness => self.explain_first(),
            Stage::Body | Stage::Request => self.explain_request(),
            Stage::Merchant => self.explain_merchant(),
            Stage::Payment => self.explain_payment(),
            Stage::Server => Some(self.explain_server()),
        };
        let explained = explained.unwrap_or_else(|| match code.spec().provoked {
            Provoked::Fault => "No rule refuses this request: the answer was asked for by a fault.".into(),
            // A fault can ask for any answer, and then there are no facts.
            _ => format!("The catalogue says of this answer: {}", code.spec().when),
        });
        if self.replayed {
            format!(
                "The idempotency key got this answer before, and it stays with the key: use a new one. {explained}"
            )
        } else {
            explained
        }
    }

    fn facts(&self) -> Option<&Facts> {
        self.rejection.facts()
    }

    /// The amount that the body asks for.
    fn asked(&self) -> Option<Asked> {
        Asked::read(self.body?)
    }

    fn asked_value(&self) -> Option<u64> {
        u64::try_from(self.asked()?.value).ok()
    }

    /// `Sales unit 123456`
    fn unit(&self) -> String {
        self.msn.map_or("The sales unit".into(), |msn| format!("Sales unit {msn}"))
    }

    /// The MSN as it stands in a path.
    fn msn_in_path(&self) -> String {
        self.msn.map_or("{msn}".into(), |msn| msn.to_string())
    }

    fn explain_server(&self) -> String {
        match self.facts() {
            Some(Facts::Approval { customer, .. }) => format!(
                "Every enabled card of user {customer} has expired, and the real service then fails. Give the user a good card \
                 with PUT /_sandbox/users/{customer}."
            ),
            _ => "The sandbox has a bug, and the payment is as it was. Its log has more; please report it."
                .into(),
        }
    }
}

/// Says in a few words what the amounts are, where they are the reason of a refusal.
#[must_use]
pub fn brief(rejection: &Rejection, body: Option<&Json<'_>>) -> Option<String> {
    let Facts::Payment(facts) = rejection.facts()? else { return None };
    let left = match rejection.code {
        ErrorCode::CaptureTooHigh => facts.standing.remaining(),
        ErrorCode::RefundTooHigh => facts.standing.refundable(),
        _ => return None,
    };
    let asked = u64::try_from(Asked::read(body?)?.value).ok()?;
    Some(format!("{} left, asked for {}", decimal(left), decimal(asked)))
}

/// An amount as a body asks for it, whether it is allowed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The currency, as it was written.
    pub currency: String,
    /// The value in minor units.
    pub value: i64,
}

impl Asked {
    /// Reads the amount of a create, capture or refund.
    #[must_use]
    pub fn read(body: &Json<'_>) -> Option<Self> {
        let amount = body.member("amount").or_else(|| body.member("modificationAmount"))?;
        let currency = amount.member("currency")?.as_text()?;
        // It is shown on one line, whatever it is.
        let currency = currency.chars().filter(char::is_ascii_alphanumeric).take(3).collect();
        Some(Self { currency, value: amount.member("value")?.as_integer()? })
    }
}

/// `NOK 319,00`
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.value < 0 { "-" } else { "" };
        write!(f, "{} {sign}{}", self.currency, decimal(self.value.unsigned_abs()))
    }
}

/// Cuts a text of the request short: explanations are to be read.
fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    let clean = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    let shown: String = clean.clone().take(LONGEST).collect();
    if clean.count() > LONGEST { shown + "…" } else { shown }
}

/// Joins words: `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}
