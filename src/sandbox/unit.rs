//! One sales unit of a sandbox, and what a test sees of a payment.

use std::sync::Arc;

use super::Sandbox;
use crate::courier;
use crate::domain::digits::Msn;
use crate::domain::money::Amount;
use crate::domain::payment::{Choice, CustomerRefusal, Event, Offer, Phase, State, Totals};
use crate::domain::webhook::Before;
use crate::engine::Slot;

/// A payment as it stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSnapshot {
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
}

/// Why a call on a [`Sandbox`] had no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// There is no such payment.
    #[error("sales unit {msn} has no payment with the reference {reference}")]
    NoSuchPayment {
        /// The sales unit.
        msn: String,
        /// The reference.
        reference: String,
    },
    /// The customer's action had no effect.
    #[error("{0}")]
    Customer(CustomerRefusal),
}

/// One sales unit of a [`Sandbox`].
#[derive(Clone, Copy)]
pub struct UnitHandle<'s> {
    pub(super) sandbox: &'s Sandbox,
    pub(super) msn: Msn,
}

impl UnitHandle<'_> {
    fn find(&self, reference: &str) -> Result<Arc<Slot>, SandboxError> {
        self.sandbox.engine.find_by_msn(self.msn, reference).ok_or_else(|| SandboxError::NoSuchPayment {
            msn: self.msn.to_string(),
            reference: reference.to_owned(),
        })
    }

    /// Lets the customer approve. For an Express payment with dynamic options the merchant's server is asked first, and
    /// has to be able to answer meanwhile. A webhook that a policy or a race puts before the customer's way back has been
    /// tried when this returns.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved.
    pub fn approve(&self, reference: &str) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        let offer = self.offer(&slot).map_err(SandboxError::Customer)?;
        let choice = Choice { offer, ..Choice::default() };
        self.sandbox.engine.customer_approves(&slot, None, &choice).map_err(SandboxError::Customer)?;
        self.before_redirect(slot);
        Ok(())
    }

    /// Asks the merchant's server for delivery options, where the payment wants that. A thread of its own does it, because
    /// the caller may or may not be inside a runtime.
    fn offer(&self, slot: &Arc<Slot>) -> Result<Option<Offer>, CustomerRefusal> {
        if !slot.order.asks_for_options() {
            return Ok(None);
        }
        let ask = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("the operating system gives a runtime what it needs");
            runtime.block_on(courier::offer(&self.sandbox.engine, slot, None, None))
        };
        let asked = std::thread::scope(|scope| scope.spawn(ask).join());
        asked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Lets the customer reject. Webhooks may come before, as with [`UnitHandle::approve`].
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn reject(&self, reference: &str) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        self.sandbox.engine.customer_rejects(&slot).map_err(SandboxError::Customer)?;
        self.before_redirect(slot);
        Ok(())
    }

    /// Keeps the customer until webhooks have been tried, where a policy or a race wants that.
    fn before_redirect(&self, slot: Arc<Slot>) {
        let engine = self.sandbox.engine.clone();
        if engine.webhooks_are_awaited() {
            let (done, is_done) = std::sync::mpsc::channel();
            // The sandbox's own thread waits; the caller may be on a runtime, where none can be begun.
            self.sandbox.runtime.spawn(async move {
                courier::tried_once(&engine, &slot, Before::Redirect).await;
                let _ = done.send(());
            });
            let _ = is_done.recv();
        }
    }

    /// Looks at a payment.
    #[must_use]
    pub fn payment(&self, reference: &str) -> Option<PaymentSnapshot> {
        let slot = self.find(reference).ok()?;
        Some(self.sandbox.engine.read(&slot, |payment| {
            let standing = payment.course.standing();
            PaymentSnapshot {
                amount: payment.order.amount(),
                state: standing.state,
                phase: standing.phase(),
                totals: standing.totals,
                events: payment.course.events().to_vec(),
            }
        }))
    }
}
