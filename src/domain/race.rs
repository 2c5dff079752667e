//! Choreographed races: orders of events that happen once in a while in production and never in a test, asked for by name.
//!
//! A race waits for the next payment that fits and comes to the race's moment. Then it acts, once.

use super::digits::{Msn, PhoneNumber};
use super::fault::{Glob, Match, Mentions};
use super::span::Span;

/// How long before the deadline the customer of [`RaceKind::ExpiredThenApproved`] approves.
pub const LAST_INSTANT: Span = Span::millis(1);

/// How long after the deadline the webhook of [`RaceKind::ExpiredThenApproved`] is due.
pub const LATE_NEWS: Span = Span::seconds(5);

/// For how long the answer of [`RaceKind::CaptureCommittedThenTimeout`] is held back before the connection is reset: longer
/// than clients wait by default, where they do not wait for ever.
pub const LOST_ANSWER: Span = Span::minutes(2);

/// What happens in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RaceKind {
    /// The CREATED webhook overtakes the answer to the create.
    WebhookBeforeCreateResponse,
    /// The AUTHORIZED or ABORTED webhook overtakes the customer.
    WebhookBeforeRedirect,
    /// The customer approves while the merchant's cancel is on its way.
    ApproveDuringCancel,
    /// The AUTHORIZED webhook comes twice at the same time.
    DuplicateWebhook,
    /// A capture is carried out, and its answer never comes.
    CaptureCommittedThenTimeout,
    /// The customer approves in the last instant, and the news comes after the deadline.
    ExpiredThenApproved,
}

impl RaceKind {
    /// Every kind by its word.
    pub const ALL: [(&'static str, Self); 6] = [
        ("webhook-before-create-response", Self::WebhookBeforeCreateResponse),
        ("webhook-before-redirect", Self::WebhookBeforeRedirect),
        ("approve-during-cancel", Self::ApproveDuringCancel),
        ("duplicate-webhook", Self::DuplicateWebhook),
        ("capture-committed-then-timeout", Self::CaptureCommittedThenTimeout),
        ("expired-then-approved", Self::ExpiredThenApproved),
    ];

    /// Reads the word.
    ///
    /// # Errors
    ///
    /// A sentence that lists the words.
    pub fn parse(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == word);
        known.map(|(_, kind)| kind).ok_or_else(|| {
            let words = Self::ALL.map(|(word, _)| word).join(", ");
            format!("\"{word}\" is no kind of race; there are {words}")
        })
    }

    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Says what will happen.
    #[must_use]
    pub fn plan(self) -> &'static str {
        match self {
            Self::WebhookBeforeCreateResponse => {
                "The next matching payment is created; its CREATED webhook is sent and answered, or fails once; then the create \
                 is answered. The race waits for a payment whose sales unit has a webhook for CREATED."
            }
            Self::WebhookBeforeRedirect => {
                "The customer of the next matching payment approves or rejects; the AUTHORIZED or ABORTED webhook is sent and \
                 answered, or fails once; then the customer is sent back, or the control API's approve or reject is answered. \
                 The race waits for a payment whose sales unit has a webhook for the event."
            }
            Self::ApproveDuringCancel => {
                "The merchant cancels the next matching payment that waits for its customer; the customer's approval is decided \
                 just before it, so the cancel meets an AUTHORIZED payment."
            }
            Self::DuplicateWebhook => {
                "The next matching payment is authorised; its AUTHORIZED webhook is sent twice at the same time, over two \
                 connections. The race waits for a payment whose sales unit has a webhook for AUTHORIZED."
            }
            Self::CaptureCommittedThenTimeout => {
                "The next capture of a matching payment that is not refused is carried out; its answer does not come, and after \
                 two minutes the connection is reset. The same key gets the answer."
            }
            Self::ExpiredThenApproved => {
                "The time to approve the next matching payment is over; its customer turns out to have approved a millisecond \
                 before, so it is AUTHORIZED and not EXPIRED. The AUTHORIZED webhook is due five seconds after the deadline."
            }
        }
    }

    /// Returns whether something waits for a webhook.
    #[must_use]
    pub fn waits_for_webhook(self) -> bool {
        matches!(self, Self::WebhookBeforeCreateResponse | Self::WebhookBeforeRedirect)
    }
}

/// A race and the payments that it is for.
///
/// ```
/// use epayment_sandbox::Sandbox;
/// use epayment_sandbox::domain::race::{Race, RaceKind};
///
/// let sandbox = Sandbox::start();
/// // The next capture goes through, but its answer never comes.
/// let race = Race::new(RaceKind::CaptureCommittedThenTimeout);
/// sandbox.race(race).expect("there is room for one");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// What happens.
    pub kind: RaceKind,
    /// Which payments; never an operation.
    matching: Match,
}

impl Race {
    /// Makes a race for the next payment of any sales unit.
    #[must_use]
    pub fn new(kind: RaceKind) -> Self {
        Self { kind, matching: Match::default() }
    }

    /// Makes a race for the next payment that fits.
    ///
    /// # Errors
    ///
    /// A sentence when an operation is named.
    pub fn matching(kind: RaceKind, matching: Match) -> Result<Self, String> {
        match matching.operation {
            None => Ok(Self { kind, matching }),
            Some(_) => {
                Err(format!("the kind {} says which call it is about; leave the operation out", kind.word()))
            }
        }
    }

    /// Waits for a payment of this sales unit.
    #[must_use]
    pub fn of(mut self, msn: Msn) -> Self {
        self.matching.msn = Some(msn);
        self
    }

    /// Waits for a payment with such a reference.
    #[must_use]
    pub fn named(mut self, reference: Glob) -> Self {
        self.matching.reference = Some(reference);
        self
    }

    /// Waits for a payment whose create named this customer.
    #[must_use]
    pub fn with(mut self, customer: PhoneNumber) -> Self {
        self.matching.phone_number = Some(customer);
        self
    }

    /// Returns which payments it is for.
    #[must_use]
    pub fn matched(&self) -> &Match {
        &self.matching
    }

    /// Returns whether a payment fits.
    #[must_use]
    pub fn fits(&self, msn: Msn, payment: &Mentions) -> bool {
        self.matching.fits("", msn, payment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_kinds() {
        for (word, kind) in RaceKind::ALL {
            assert_eq!((kind.word(), RaceKind::parse(word)), (word, Ok(kind)));
            assert!(kind.plan().ends_with('.'), "{word}");
        }
        let complaint = RaceKind::parse("webhook").unwrap_err();
        assert!(
            complaint
                .starts_with("\"webhook\" is no kind of race; there are webhook-before-create-response,")
        );
    }

    #[test]
    fn a_race_is_for_payments_and_not_for_operations() {
        let kind = RaceKind::DuplicateWebhook;
        let matching = Match { operation: Some("capture"), ..Match::default() };
        assert!(Race::matching(kind, matching).unwrap_err().contains("leave the operation out"));
        let msn = Msn::parse("123456").unwrap();
        let customer = PhoneNumber::parse("4712345678").unwrap();
        let race = Race::new(kind).of(msn).named(Glob::new("order-*").unwrap()).with(customer);
        let payment = Mentions { reference: Some("order-17".into()), phone_number: Some(customer) };
        assert!(race.fits(msn, &payment));
        assert!(!race.fits(Msn::parse("654321").unwrap(), &payment));
        assert!(!race.fits(msn, &Mentions { phone_number: None, ..payment.clone() }));
        assert!(!race.fits(msn, &Mentions { reference: Some("other-17".into()), ..payment }));
        assert_eq!(Race::matching(kind, race.matched().clone()), Ok(race));
    }
}
