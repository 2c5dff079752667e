//! What a test sees of a payment, and how it has a customer approve one.

use super::Sandbox;
use crate::domain::digits::PhoneNumber;
use crate::domain::money::Amount;
use crate::domain::payment::{Event, Payment, Phase, State, Totals};
use crate::domain::time::Timestamp;
use crate::engine::Slot;

/// A payment as it stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentSnapshot {
    /// The sales unit.
    pub msn: String,
    /// The merchant's name of it, unique in the sales unit.
    pub reference: String,
    /// The amount of the create request.
    pub amount: Amount,
    /// The public state.
    pub state: State,
    /// The phase, finer than the state.
    pub phase: Phase,
    /// The four sums.
    pub totals: Totals,
    /// The event log, oldest first.
    pub events: Vec<Event>,
    /// Until when the customer can approve, by the sales unit's clock.
    pub expires_at: Timestamp,
    /// Until when it can be captured, by the sales unit's clock; `None` before the customer has approved.
    pub capture_until: Option<Timestamp>,
    /// The customer who approved, else the one whom the create request named.
    pub customer: Option<String>,
}

impl PaymentSnapshot {
    pub(super) fn new(slot: &Slot, payment: Payment<'_>) -> Self {
        let Payment { order, course } = payment;
        let (standing, approval) = (course.standing(), course.approval());
        let customer = approval.map(|approval| approval.customer).or(order.phone_number());
        Self {
            msn: slot.unit.msn.to_string(),
            reference: order.reference().to_owned(),
            amount: order.amount(),
            state: standing.state,
            phase: standing.phase(),
            totals: standing.totals,
            events: course.events().to_vec(),
            expires_at: order.expires_at(),
            capture_until: approval.map(|approval| approval.capture_until),
            customer: customer.map(|customer| customer.to_string()),
        }
    }
}

impl Sandbox {
    /// Returns the payments of every sales unit, newest first.
    #[must_use]
    pub fn payments(&self) -> Vec<PaymentSnapshot> {
        let page = self.engine.list(None, &|_| true, usize::MAX - 1, None);
        let look = |slot| self.engine.read(slot, |payment| PaymentSnapshot::new(slot, payment));
        page.slots.iter().map(look).collect()
    }
}

/// How a customer approves: who they are, where it is delivered to, with which card. What is left out is the default.
///
/// ```
/// use epayment_sandbox::{ApproveOptions, Sandbox};
///
/// let sandbox = Sandbox::start();
/// sandbox.create_payment("acme-shop-0001", 49_900)?;
/// sandbox.approve_with("acme-shop-0001", &ApproveOptions::new().phone_number("4712345678"))?;
/// let payment = sandbox.payment("acme-shop-0001").expect("it was created");
/// assert_eq!(payment.customer.as_deref(), Some("4712345678"));
/// # Ok::<(), epayment_sandbox::SandboxError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ApproveOptions {
    pub(super) phone_number: Option<PhoneNumber>,
    pub(super) shipping_option: Option<String>,
    pub(super) card: Option<String>,
}

impl ApproveOptions {
    /// Leaves everything at its default: the payment's own customer, or a made-up one, with the first good card.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has the customer with this number approve: country code and subscriber number, 9 to 15 digits.
    ///
    /// # Panics
    ///
    /// When it is no such number.
    pub fn phone_number(mut self, number: &str) -> Self {
        self.phone_number = Some(phone_number(number));
        self
    }

    /// Takes this delivery option of an Express payment, by its id.
    pub fn shipping_option(mut self, id: &str) -> Self {
        self.shipping_option = Some(id.to_owned());
        self
    }

    /// Pays with the card that begins with these six digits.
    pub fn card(mut self, bin: &str) -> Self {
        self.card = Some(bin.to_owned());
        self
    }
}

/// Reads a phone number that stands in a test.
pub(super) fn phone_number(number: &str) -> PhoneNumber {
    PhoneNumber::parse(number).unwrap_or_else(|| {
        panic!(
            "\"{number}\" is not a phone number of 9 to 15 digits with its country code, such as 4712345678"
        )
    })
}
