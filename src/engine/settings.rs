//! What the engine is told at the start. A reset goes back to it.

use std::sync::Arc;

use super::machine::Machine;
use crate::domain::money::Market;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::user::{Behaviour, User};
use crate::domain::webhook::Target;

/// Which credentials are good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Any; sales units are made on first use.
    #[default]
    Any,
    /// Only those of the sales units that are set up.
    Configured,
}

/// What the engine is told at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which credentials are good.
    pub credentials: Credentials,
    /// The market of sales units made on first use.
    pub market: Market,
    /// What a customer does with a new payment when nothing else is set down.
    pub customer: Behaviour,
    /// How long such a customer takes.
    pub customer_after: Span,
    /// Whether the documented rate limits hold.
    pub enforce_rate_limits: bool,
    /// Whether what a local tool relaxes is enforced too.
    pub strict: bool,
    /// Makes identifiers and tokens repeat.
    pub seed: Option<u64>,
    /// Freezes the sandbox clock here from the start.
    pub frozen_at: Option<Timestamp>,
    /// How many payments are kept; the oldest finished ones go first.
    pub max_payments: u64,
    /// The sales units that are set up.
    pub sales_units: Vec<SalesUnit>,
    /// The users that are set up.
    pub users: Vec<User>,
    /// The document that the sandbox begins with and goes back to; `None` for the sales units and users alone.
    pub baseline: Option<Arc<str>>,
    /// Where every event of every sales unit goes, if anywhere.
    pub webhook: Option<Webhook>,
    /// How many calls and how many webhook attempts are remembered, 1 to a million each; the oldest go first.
    pub max_requests: usize,
    /// The machine's clock.
    pub machine: Machine,
}

/// A registration for all payment events of every sales unit.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The receiver.
    pub target: Target,
    /// The text that deliveries are signed with.
    pub secret: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            credentials: Credentials::Any,
            market: Market::No,
            customer: Behaviour::Ask,
            customer_after: Span::ZERO,
            enforce_rate_limits: false,
            strict: false,
            seed: None,
            frozen_at: None,
            max_payments: 1_000_000,
            sales_units: Vec::new(),
            users: Vec::new(),
            baseline: None,
            webhook: None,
            max_requests: 1_000,
            machine: Machine::system(),
        }
    }
}
