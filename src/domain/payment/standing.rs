//! Where a payment stands: its public state, its sums, and its phase.

use serde::Serialize;

use super::event::EventName;

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
    pub const NEW: Self = Self {
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
    pub(super) fn after(mut self, name: EventName, amount: u64) -> Self {
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
    pub(super) fn is_sound(&self) -> bool {
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
