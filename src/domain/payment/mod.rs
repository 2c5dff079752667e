//! A payment: what was asked for, what happened to it, and what may happen next.
//!
//! An [`Order`] never changes; a [`Course`] grows by events. Decisions read both and return what would happen;
//! [`Course::apply`] alone changes anything.

mod approve;
mod cancel;
mod capture;
mod create;
mod event;
mod express;
mod modification;
mod receipt;
mod refund;
mod scope;
mod test_amount;
mod texts;

use serde::Serialize;
use uuid::Uuid;

pub use approve::{Approval, ApproveFacts, ApproveRequest, Approved, Choice, CustomerRefusal, UserDetails};
pub use create::{CreateFacts, CreateRequest};
pub use event::{Event, EventName};
pub use express::{DynamicOptions, Shipping, ShippingChoice, ShippingGroup, ShippingOption};
pub use modification::{CancelRequest, ModificationRequest};
pub use receipt::{OrderLine, Receipt};
pub use scope::{Scope, Scopes};
pub use test_amount::{DeclineReason, TestOutcome};

use super::digits::PhoneNumber;
use super::money::Amount;
use super::time::{Span, Timestamp};
use texts::Texts;

/// How long a payment waits for the customer when no `expiresAt` is given (agent toolkit, August 2026).
pub const LIFETIME: Span = Span::minutes(10);

/// How long after the reservation a refund is possible (error 6220).
pub const REFUND_WINDOW: Span = Span::days(365);

/// For how long the bank guarantees the reservation: the shortest period of the card schemes, Visa's and
/// BankAxept's (agent toolkit, August 2026).
pub const GUARANTEE: Span = Span::days(7);

/// How many events a payment may have. The real limit is unknown; this one keeps memory bounded.
pub const MAX_EVENTS: usize = 10_000;

/// The public state. It never leaves AUTHORIZED: captures, refunds and cancellations change the totals only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Waiting for the customer.
    Created,
    /// The customer rejected.
    Aborted,
    /// Nobody acted in time.
    Expired,
    /// The customer approved.
    Authorized,
    /// The merchant cancelled before the customer approved.
    Terminated,
}

impl State {
    /// Returns the API's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Aborted => "ABORTED",
            Self::Expired => "EXPIRED",
            Self::Authorized => "AUTHORIZED",
            Self::Terminated => "TERMINATED",
        }
    }
}

/// Where a payment stands, told more finely than by its public state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Waiting for the customer.
    Created,
    /// All of the reservation is there to be captured.
    Authorized,
    /// A part is captured, a part is left.
    PartiallyCaptured,
    /// Nothing of the reservation is left, and something was captured.
    Captured,
    /// Nothing was captured, and all was released.
    Cancelled,
    /// A part of what was captured was given back.
    PartiallyRefunded,
    /// All that was captured was given back.
    Refunded,
    /// The customer rejected.
    Aborted,
    /// Nobody acted in time.
    Expired,
    /// The merchant cancelled before the customer approved.
    Terminated,
}

impl Phase {
    /// Every phase by its word.
    pub const ALL: [(&'static str, Self); 10] = [
        ("CREATED", Self::Created),
        ("AUTHORIZED", Self::Authorized),
        ("PARTIALLY_CAPTURED", Self::PartiallyCaptured),
        ("CAPTURED", Self::Captured),
        ("CANCELLED", Self::Cancelled),
        ("PARTIALLY_REFUNDED", Self::PartiallyRefunded),
        ("REFUNDED", Self::Refunded),
        ("ABORTED", Self::Aborted),
        ("EXPIRED", Self::Expired),
        ("TERMINATED", Self::Terminated),
    ];

    /// Finds a phase by its word, in either case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, phase)| *phase)
    }

    /// Returns the phase's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// The four sums of a payment, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Reserved on the customer's card.
    pub authorized: u64,
    /// Released; on a payment that was cancelled before approval, its whole amount.
    pub cancelled: u64,
    /// Captured.
    pub captured: u64,
    /// Given back of what was captured.
    pub refunded: u64,
}

/// Where a payment stood after one of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The public state.
    pub state: State,
    /// The sums.
    pub totals: Totals,
}

impl Standing {
    /// A new payment's.
    const NEW: Self = Self {
        state: State::Created,
        totals: Totals { authorized: 0, cancelled: 0, captured: 0, refunded: 0 },
    };

    /// Returns what is left of the reservation to be captured or released.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        match self.state {
            State::Authorized => self.totals.authorized - self.totals.captured - self.totals.cancelled,
            _ => 0,
        }
    }

    /// Returns what was captured and not yet given back.
    #[must_use]
    pub fn refundable(&self) -> u64 {
        self.totals.captured - self.totals.refunded
    }

    /// The arithmetic of the API: what each event does to state and sums.
    fn after(mut self, name: EventName, amount: u64) -> Self {
        match name {
            EventName::Created => {}
            EventName::Authorized => {
                self.state = State::Authorized;
                self.totals.authorized = amount;
            }
            EventName::Aborted => self.state = State::Aborted,
            EventName::Expired => self.state = State::Expired,
            EventName::Terminated => {
                self.state = State::Terminated;
                self.totals.cancelled = amount;
            }
            EventName::Cancelled => self.totals.cancelled += amount,
            EventName::Captured => self.totals.captured += amount,
            EventName::Refunded => self.totals.refunded += amount,
        }
        self
    }

    /// Holds after every event, or the sandbox has a bug.
    fn is_sound(&self) -> bool {
        let Totals { authorized, cancelled, captured, refunded } = self.totals;
        let within = match self.state {
            State::Authorized => captured + cancelled <= authorized,
            State::Terminated => authorized + captured == 0,
            State::Created | State::Aborted | State::Expired => authorized + captured + cancelled == 0,
        };
        within && refunded <= captured
    }

    /// Returns the phase: what was returned counts first, then what was captured.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let Totals { captured, cancelled, refunded, .. } = self.totals;
        match self.state {
            State::Created => Phase::Created,
            State::Aborted => Phase::Aborted,
            State::Expired => Phase::Expired,
            State::Terminated => Phase::Terminated,
            State::Authorized if refunded > 0 && refunded == captured => Phase::Refunded,
            State::Authorized if refunded > 0 => Phase::PartiallyRefunded,
            State::Authorized if captured > 0 && self.remaining() == 0 => Phase::Captured,
            State::Authorized if captured > 0 => Phase::PartiallyCaptured,
            State::Authorized if cancelled > 0 => Phase::Cancelled,
            State::Authorized => Phase::Authorized,
        }
    }

    /// Returns whether nothing can happen to the payment any more, but for a refund that nobody waits for.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        match self.state {
            State::Created => false,
            State::Aborted | State::Expired | State::Terminated => true,
            State::Authorized => self.remaining() == 0,
        }
    }
}

/// The form of a payment's means of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    /// A card in the customer's app.
    Wallet,
    /// A card entered on a web page.
    Card,
    /// A payment service provider's card payment.
    CardPassthrough,
}

/// How the customer comes to the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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

/// Something that the customer or the bank will do at a known time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// When.
    pub at: Timestamp,
    /// Who does it.
    pub act: Act,
    /// The customer.
    pub customer: PhoneNumber,
}

/// What a [`Script`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The customer approves.
    Approve,
    /// The customer rejects.
    Reject,
    /// The bank answers at last (test amount 201).
    BankAnswer,
}

/// The timers of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TimerKind {
    /// A scripted customer acts.
    Customer,
    /// The bank answers about test amount 201.
    BankAnswer,
    /// The time to approve is over.
    Expiry,
    /// The capture deadline: what is left of the reservation is released.
    CaptureDeadline,
}

/// What a decision says will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The event.
    pub name: EventName,
    /// Its amount in minor units.
    pub amount: u64,
    /// With AUTHORIZED: who approved, with what.
    pub approval: Option<Box<Approval>>,
}

impl Decision {
    fn new(name: EventName, amount: u64) -> Self {
        Self { name, amount, approval: None }
    }
}

/// What a merchant asked for. It never changes.
#[derive(Clone, Debug)]
pub struct Order {
    texts: Texts,
    amount: Amount,
    method: PaymentMethod,
    flow: UserFlow,
    psp_reference: Uuid,
    token_nonce: u128,
    created_at: Timestamp,
    expires_at: Timestamp,
    phone_number: Option<PhoneNumber>,
    extras: Option<Box<Extras>>,
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

/// What happened to a payment: its event log, and what is derived from it.
#[derive(Clone, Debug)]
pub struct Course {
    log: Vec<Event>,
    standing: Standing,
    approval: Option<Box<Approval>>,
    script: Option<Box<Script>>,
}

impl Course {
    /// Begins with the CREATED event.
    #[must_use]
    pub fn begin(order: &Order) -> Self {
        let created = Event {
            name: EventName::Created,
            amount: order.amount.value,
            at: order.created_at,
            psp_reference: 0,
            key: None,
        };
        Self { log: vec![created], standing: Standing::NEW, approval: None, script: None }
    }

    /// Puts an event at the end of the log. The caller has a decision for it.
    ///
    /// # Panics
    ///
    /// When the event breaks the payment's arithmetic or goes back in time: a decision was wrong, which no request can
    /// bring about. Nothing is changed then.
    pub fn apply(&mut self, event: Event, approval: Option<Box<Approval>>) {
        let standing = self.standing.after(event.name, event.amount);
        assert!(standing.is_sound(), "{:?} of {} breaks {:?}", event.name, event.amount, self.standing);
        assert!(
            event.at >= self.last_event_at(),
            "{:?} at {} is before the last event",
            event.name,
            event.at
        );
        self.standing = standing;
        if standing.state != State::Created {
            self.script = None;
        }
        if event.name == EventName::Authorized {
            self.approval = approval;
        }
        self.log.push(event);
    }

    /// Sets down what the customer or the bank will do.
    pub fn set_script(&mut self, script: Option<Script>) {
        self.script = script.map(Box::new);
    }

    /// Returns where the payment stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Returns where the payment stood after its `count` first events.
    #[must_use]
    pub fn standing_after(&self, count: usize) -> Standing {
        self.log
            .iter()
            .take(count)
            .fold(Standing::NEW, |standing, event| standing.after(event.name, event.amount))
    }

    /// Returns the event log, oldest first. The first event is CREATED.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.log
    }

    /// Returns when the last event happened; later ones never happen before it.
    #[must_use]
    pub fn last_event_at(&self) -> Timestamp {
        self.log.last().map_or(Timestamp::EPOCH, |event| event.at)
    }

    /// Returns who approved the payment, with what.
    #[must_use]
    pub fn approval(&self) -> Option<&Approval> {
        self.approval.as_deref()
    }

    /// Returns what the customer or the bank will do, if anything is set down.
    #[must_use]
    pub fn script(&self) -> Option<&Script> {
        self.script.as_deref()
    }
}

/// A payment as decisions see it: what was asked for, and what happened since.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'p> {
    /// What was asked for.
    pub order: &'p Order,
    /// What happened.
    pub course: &'p Course,
}

impl<'p> Payment<'p> {
    /// Returns when something happens to the payment by itself next, and what.
    #[must_use]
    pub fn next_timer(self) -> Option<(Timestamp, TimerKind)> {
        let expires_at = self.order.expires_at;
        match (self.state(), self.course.script()) {
            (State::Created, Some(Script { at, act: Act::BankAnswer, .. })) => {
                Some((*at, TimerKind::BankAnswer))
            }
            (State::Created, Some(script)) if script.at < expires_at => {
                Some((script.at, TimerKind::Customer))
            }
            (State::Created, _) => Some((expires_at, TimerKind::Expiry)),
            (State::Authorized, _) if self.remaining() > 0 => {
                self.course.approval().map(|approval| (approval.capture_until, TimerKind::CaptureDeadline))
            }
            _ => None,
        }
    }

    /// Decides what the passing of its time does to a payment that is still CREATED.
    #[must_use]
    pub fn expire(self) -> Decision {
        Decision::new(EventName::Expired, self.order.amount.value)
    }

    /// Decides what the capture deadline does: what is left of the reservation is released.
    #[must_use]
    pub fn release(self) -> Decision {
        Decision::new(EventName::Cancelled, self.remaining())
    }

    /// Returns whether the bank has yet to answer about an approval (test amount 201).
    #[must_use]
    pub fn is_processing(self) -> bool {
        self.state() == State::Created
            && self.course.script().is_some_and(|script| script.act == Act::BankAnswer)
    }

    /// Returns the public state.
    #[must_use]
    pub fn state(self) -> State {
        self.course.standing.state
    }

    fn totals(self) -> Totals {
        self.course.standing.totals
    }

    fn remaining(self) -> u64 {
        self.course.standing.remaining()
    }

    /// Returns the idempotency key that an event of this payment shows: the create key where the customer or time
    /// acted, the request's own on CAPTURED and REFUNDED, none on CANCELLED and TERMINATED.
    #[must_use]
    pub fn key_of(self, event: &'p Event) -> Option<&'p str> {
        match event.name {
            EventName::Created | EventName::Authorized | EventName::Aborted | EventName::Expired => {
                Some(self.order.create_key())
            }
            EventName::Captured | EventName::Refunded => event.key.as_ref().map(|key| key.as_str()),
            EventName::Cancelled | EventName::Terminated => None,
        }
    }
}
