//! One sales unit of a sandbox: its settings, its payments, and its customers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::payment::phone_number;
use super::{ApproveOptions, PaymentSnapshot, Sandbox, SandboxError};
use crate::control::until;
use crate::courier;
use crate::domain::digits::Msn;
use crate::domain::fault::Fault;
use crate::domain::payment::Choice;
use crate::domain::race::Race;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::user::User;
use crate::domain::webhook::Before;
use crate::engine::{Credentials, ManageError, Seen, Slot, Unit};

/// One sales unit of a [`Sandbox`]: the tenant that payments, webhooks, calls, faults and time belong to.
///
/// Tests that share a sandbox and have a sales unit each never see each other; [`Sandbox::new_unit`] makes one.
#[derive(Clone, Copy)]
pub struct UnitHandle<'s> {
    pub(super) sandbox: &'s Sandbox,
    pub(super) msn: Msn,
}

impl fmt::Debug for UnitHandle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnitHandle").field("msn", &self.msn).finish_non_exhaustive()
    }
}

impl UnitHandle<'_> {
    /// Returns the merchant serial number, which calls send as `Merchant-Serial-Number`.
    #[must_use]
    pub fn msn(&self) -> String {
        self.msn.to_string()
    }

    /// Returns the settings, keys and permissions as they are now.
    ///
    /// # Panics
    ///
    /// When there is no such sales unit and only those that were set up count.
    #[must_use]
    pub fn settings(&self) -> SalesUnit {
        (*self.there().settings()).clone()
    }

    /// Changes the settings: what the unit may do, its market, its keys. The MSN stays.
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start();
    /// let unit = sandbox.new_unit();
    /// unit.change_settings(|settings| settings.refunds_enabled = false); // Refunds are error 5100 from now on.
    /// assert!(!unit.settings().refunds_enabled);
    /// ```
    ///
    /// # Panics
    ///
    /// When the sandbox holds all the sales units it can.
    pub fn change_settings(&self, change: impl FnOnce(&mut SalesUnit)) {
        let change = |settings: &mut SalesUnit| {
            change(settings);
            settings.msn = self.msn;
        };
        self.sandbox.engine.put_unit(self.msn, change).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Returns the unit, made on first use where any credentials are good.
    pub(super) fn there(&self) -> Arc<Unit> {
        let engine = &self.sandbox.engine;
        match engine.settings().credentials {
            Credentials::Configured => engine.unit(self.msn).unwrap_or_else(|| {
                panic!(
                    "there is no sales unit {}: set it up before the start, or make one with Sandbox::new_unit",
                    self.msn
                )
            }),
            Credentials::Any => engine
                .unit_on_first_use(self.msn)
                .unwrap_or_else(|| panic!("{}", ManageError::TooManyUnits)),
        }
    }

    fn find(&self, reference: &str) -> Result<Arc<Slot>, SandboxError> {
        self.sandbox.engine.find_by_msn(self.msn, reference).ok_or_else(|| SandboxError::NoSuchPayment {
            msn: self.msn.to_string(),
            reference: reference.to_owned(),
        })
    }

    fn look(&self, slot: &Arc<Slot>) -> PaymentSnapshot {
        self.sandbox.engine.read(slot, |payment| PaymentSnapshot::new(slot, payment))
    }

    /// Creates a payment of this many minor units (øre, cent) in the market's currency, as a plain web shop would, so that a
    /// test of what comes later need not go through the API. The reference has 8 to 64 letters, digits and hyphens. It is no call, so it is not among [`Sandbox::requests`].
    ///
    /// # Errors
    ///
    /// What the API would refuse: a reference that is taken or has other characters, an amount out of bounds.
    pub fn create_payment(&self, reference: &str, value: u64) -> Result<PaymentSnapshot, SandboxError> {
        let unit = self.there();
        let body = serde_json::json!({
            "amount": {"currency": unit.settings().market.currency().code(), "value": value},
            "paymentMethod": {"type": "WALLET"},
            "reference": reference,
            "returnUrl": "https://example.com/return",
            "userFlow": "WEB_REDIRECT",
        });
        let key = self.sandbox.engine.uuid().to_string();
        let slot = self.sandbox.engine.create(&unit, &key, body.to_string().as_bytes());
        let slot = slot.map_err(|refusal| refusal.rejection)?;
        self.after_webhooks(&slot, Before::Response);
        Ok(self.look(&slot))
    }

    /// Lets the customer approve, as in the app: the documented test amounts act. For an Express payment with dynamic options
    /// the merchant's server is asked first, and has to be able to answer meanwhile. A webhook that a policy or a race puts
    /// before the customer's way back has been tried when this returns.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved.
    pub fn approve(&self, reference: &str) -> Result<(), SandboxError> {
        self.approve_with(reference, &ApproveOptions::new())
    }

    /// Lets a customer approve in a way of their own, else as with [`UnitHandle::approve`].
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved in this way.
    pub fn approve_with(&self, reference: &str, options: &ApproveOptions) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        let ApproveOptions { phone_number, shipping_option, card } = options.clone();
        let offer = if slot.order.asks_for_options() {
            let (engine, slot) = (self.sandbox.engine.clone(), slot.clone());
            self.sandbox
                .block_on(async move { courier::offer(&engine, &slot, phone_number, None).await })
                .map_err(SandboxError::Customer)?
        } else {
            None
        };
        let choice = Choice { shipping_option, card, offer, ..Choice::default() };
        let approved = self.sandbox.engine.customer_approves(&slot, phone_number, &choice);
        approved.map_err(SandboxError::Customer)?;
        self.after_webhooks(&slot, Before::Redirect);
        Ok(())
    }

    /// Lets the customer reject. Webhooks may come before, as with [`UnitHandle::approve`].
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn reject(&self, reference: &str) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        self.sandbox.engine.customer_rejects(&slot).map_err(SandboxError::Customer)?;
        self.after_webhooks(&slot, Before::Redirect);
        Ok(())
    }

    /// Ends the time to approve at once, without moving the clock.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn expire(&self, reference: &str) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        self.sandbox.engine.expire_now(&slot).map_err(SandboxError::Customer)
    }

    /// Waits until webhooks have been tried that a policy or a race puts before something.
    fn after_webhooks(&self, slot: &Arc<Slot>, before: Before) {
        if self.sandbox.engine.webhooks_are_awaited() {
            let (engine, slot) = (self.sandbox.engine.clone(), slot.clone());
            self.sandbox.block_on(async move { courier::tried_once(&engine, &slot, before).await });
        }
    }

    /// Looks at a payment.
    #[must_use]
    pub fn payment(&self, reference: &str) -> Option<PaymentSnapshot> {
        self.find(reference).ok().map(|slot| self.look(&slot))
    }

    /// Waits until a payment is in a state or phase, at most for `within` of the machine's time. The payment may be created
    /// meanwhile. The thread is blocked; [`UnitHandle::payment_reaches`] is the same to be awaited.
    ///
    /// # Errors
    ///
    /// When it is not there in time.
    pub fn wait_for_payment(
        &self,
        reference: &str,
        there: impl Into<Seen>,
        within: Duration,
    ) -> Result<PaymentSnapshot, SandboxError> {
        let there = there.into();
        let found = self.sandbox.block_on(self.reaching(reference, there, within));
        self.reached(found, reference, there, within)
    }

    /// Waits like [`UnitHandle::wait_for_payment`] and lets the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// When it is not there in time.
    pub async fn payment_reaches(
        &self,
        reference: &str,
        there: impl Into<Seen>,
        within: Duration,
    ) -> Result<PaymentSnapshot, SandboxError> {
        let there = there.into();
        let found = self.sandbox.elsewhere(self.reaching(reference, there, within)).await;
        self.reached(found, reference, there, within)
    }

    fn reaching(
        &self,
        reference: &str,
        there: Seen,
        within: Duration,
    ) -> impl Future<Output = Option<PaymentSnapshot>> + Send + use<> {
        let (engine, msn, reference) = (self.sandbox.engine.clone(), self.msn, reference.to_owned());
        async move {
            let look = || {
                let slot = engine.find_by_msn(msn, &reference)?;
                engine
                    .read(&slot, |payment| there.fits(payment).then(|| PaymentSnapshot::new(&slot, payment)))
            };
            until(|waker| engine.watch_changes(waker), look, within.into()).await
        }
    }

    fn reached(
        &self,
        found: Option<PaymentSnapshot>,
        reference: &str,
        there: Seen,
        within: Duration,
    ) -> Result<PaymentSnapshot, SandboxError> {
        found.ok_or_else(|| {
            let is = match self.payment(reference) {
                Some(payment) => format!("payment {reference} is {}", payment.phase.word()),
                None => format!("sales unit {} has no payment {reference}", self.msn),
            };
            SandboxError::TimedOut(format!("{is} after {within:?}, not {}", there.word()))
        })
    }

    /// Returns a customer as this sales unit sees them. A number that nobody set up is a valid, identified user with one good
    /// card.
    ///
    /// # Panics
    ///
    /// When it is not a phone number of 9 to 15 digits.
    #[must_use]
    pub fn user(&self, number: &str) -> User {
        self.sandbox.engine.user(Some(self.msn), phone_number(number))
    }

    /// Changes a customer for this sales unit alone; see [`Sandbox::change_user`].
    ///
    /// # Panics
    ///
    /// When it is not a phone number of 9 to 15 digits, or the sandbox holds all the users it can.
    pub fn change_user(&self, number: &str, change: impl Fn(&mut User)) {
        self.sandbox.put_user(Some(self.msn), number, change);
    }

    /// Makes a fault for this sales unit's calls alone; see [`Sandbox::fault`].
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub fn fault(&self, fault: Fault) -> Result<String, ManageError> {
        self.sandbox.fault(fault.of(self.msn))
    }

    /// Arms a race for this sales unit's payments alone; see [`Sandbox::race`].
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub fn race(&self, race: Race) -> Result<String, ManageError> {
        self.sandbox.race(race.of(self.msn))
    }

    /// Empties the unit: payments, webhooks, calls, faults, customers of its own, clock. It keeps its keys and settings.
    pub fn reset(&self) {
        if let Some(unit) = self.sandbox.engine.unit(self.msn) {
            self.sandbox.engine.reset_unit(&unit);
            self.sandbox.journal.clear(Some(self.msn));
            self.sandbox.engine.live().resync(Some(self.msn));
        }
    }
}

impl Sandbox {
    /// Makes a sales unit with an MSN and keys of its own, for one test or one worker.
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start();
    /// let (mine, yours) = (sandbox.new_unit(), sandbox.new_unit());
    /// mine.create_payment("same-reference", 100)?;
    /// assert!(yours.payment("same-reference").is_none());
    /// let keys = mine.settings(); // client_id, client_secret and subscription_keys, for the integration under test
    /// assert_eq!(keys.subscription_keys.len(), 2);
    /// # Ok::<(), epayment_sandbox::SandboxError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When the sandbox holds all the sales units it can.
    #[must_use]
    pub fn new_unit(&self) -> UnitHandle<'_> {
        let made = self.engine.make_unit(None, |_| ()).unwrap_or_else(|error| panic!("{error}"));
        let unit = made.expect("an MSN that was looked for is free");
        UnitHandle { sandbox: self, msn: unit.msn }
    }

    /// Speaks of one sales unit. It need not exist yet.
    ///
    /// # Panics
    ///
    /// When the MSN is not 4 to 10 digits.
    #[must_use]
    pub fn unit(&self, msn: &str) -> UnitHandle<'_> {
        let msn = Msn::parse(msn).unwrap_or_else(|| panic!("\"{msn}\" is not an MSN of 4 to 10 digits"));
        UnitHandle { sandbox: self, msn }
    }

    /// Returns a customer. A number that nobody set up is a valid, identified user with one good card.
    ///
    /// # Panics
    ///
    /// When it is not a phone number of 9 to 15 digits.
    #[must_use]
    pub fn user(&self, number: &str) -> User {
        self.engine.user(None, phone_number(number))
    }

    /// Changes a customer, for all sales units: their cards, their address, what they do with a payment request.
    ///
    /// ```
    /// use epayment_sandbox::{Behaviour, Sandbox, State};
    ///
    /// let sandbox = Sandbox::start();
    /// sandbox.change_user("4712345678", |user| user.behaviour = Some(Behaviour::Reject));
    /// ```
    ///
    /// # Panics
    ///
    /// When it is not a phone number of 9 to 15 digits, or the sandbox holds all the users it can.
    pub fn change_user(&self, number: &str, change: impl Fn(&mut User)) {
        self.put_user(None, number, change);
    }

    fn put_user(&self, msn: Option<Msn>, number: &str, change: impl Fn(&mut User)) {
        let number = phone_number(number);
        let change = |user: &mut User| {
            change(user);
            user.phone_number = number;
        };
        self.engine.change_user(msn, number, change).unwrap_or_else(|error| panic!("{error}"));
    }
}
