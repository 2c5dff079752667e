//! What the control API changes besides payments and time: sales units, users, and going back to the start.

use std::sync::Arc;

use thiserror::Error;

use super::asked::MAX_ASKED;
use super::unit::Unit;
use super::units::MAX_UNITS;
use super::users::MAX_USERS;
use super::{CreateKey, Engine, Root, baseline_clock};
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::user::User;

/// Why something cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManageError {
    /// There are too many sales units.
    #[error("the sandbox holds {MAX_UNITS} sales units, which is all it can; delete some or reset it")]
    TooManyUnits,
    /// There are too many users.
    #[error("the sandbox holds {MAX_USERS} users, which is all it can; delete some or reset it")]
    TooManyUsers,
    /// There are too many faults.
    #[error(
        "the sandbox holds {MAX_ASKED} faults that still act, which is all it can; delete some or reset it"
    )]
    FaultsFull,
    /// There are too many races.
    #[error(
        "the sandbox holds {MAX_ASKED} races that wait to happen, which is all it can; delete some or reset it"
    )]
    RacesFull,
}

impl Engine {
    /// Changes a sales unit, which is made if there is none.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub(crate) fn put_unit(
        &self,
        msn: Msn,
        change: impl FnOnce(&mut SalesUnit),
    ) -> Result<Arc<Unit>, ManageError> {
        let unit = self.unit_on_first_use(msn).ok_or(ManageError::TooManyUnits)?;
        let mut settings = (*unit.settings()).clone();
        change(&mut settings);
        self.units.update(&unit, settings);
        Ok(unit)
    }

    /// Makes a sales unit with keys of its own. Without an MSN it gets one that is free.
    ///
    /// # Errors
    ///
    /// When there are too many; `None` when the MSN asked for is taken.
    pub(crate) fn make_unit(
        &self,
        msn: Option<Msn>,
        change: impl FnOnce(&mut SalesUnit),
    ) -> Result<Option<Arc<Unit>>, ManageError> {
        let msn = match msn {
            Some(msn) if self.units.get(msn).is_some() => return Ok(None),
            Some(msn) => msn,
            None => self.free_msn(),
        };
        let unit = self.put_unit(msn, |settings| {
            let ids = self.keys_of(msn);
            settings.client_id = ids.uuid().to_string();
            settings.client_secret = secret(&ids);
            settings.subscription_keys =
                vec![ids.uuid().simple().to_string(), ids.uuid().simple().to_string()];
            change(settings);
        })?;
        Ok(Some(unit))
    }

    /// Finds an MSN of six digits that no unit has.
    fn free_msn(&self) -> Msn {
        let ids = self.ids();
        loop {
            let number = 200_000 + ids.nonce() % 700_000;
            let msn = Msn::parse(&number.to_string()).expect("six digits");
            if self.units.get(msn).is_none() {
                return msn;
            }
        }
    }

    /// Removes a sales unit and all that belongs to it. Returns whether there was one.
    pub(crate) fn remove_unit(&self, msn: Msn) -> bool {
        let Some(unit) = self.units.remove(msn) else { return false };
        self.empty_unit(&unit);
        self.users.clear(Some(msn));
        self.faults.clear(Some(msn));
        self.races.clear(Some(msn));
        self.faults.restart_dice(Some(msn));
        self.limits.clear(Some(msn));
        self.moves.clear(Some(msn));
        true
    }

    /// Empties a sales unit: payments, keys of idempotency, webhooks, users, faults, races and clock. It keeps its credentials and
    /// settings.
    pub(crate) fn reset_unit(&self, unit: &Arc<Unit>) {
        // Before the unit is locked: whoever moves clocks may be waiting for that.
        self.reset_clock(Some(unit));
        self.empty_unit(unit);
        self.users.clear(Some(unit.msn));
        self.faults.clear(Some(unit.msn));
        self.races.clear(Some(unit.msn));
        self.limits.clear(Some(unit.msn));
        self.moves.clear(Some(unit.msn));
        if self.settings.seed.is_some() {
            self.faults.restart_dice(Some(unit.msn));
            unit.ids.restart(&self.stream_of(unit.msn));
        }
        self.take_unit_to_baseline(unit.msn);
    }

    fn empty_unit(&self, unit: &Arc<Unit>) {
        let _whole = unit.whole.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.clear_webhooks(unit);
        self.forget_payments(unit);
        self.changed.notify();
    }

    /// Takes a unit's payments and keys out of the tables.
    pub(super) fn forget_payments(&self, unit: &Unit) {
        self.callbacks.clear(Some(unit.msn));
        let book = unit.empty();
        let mut dropped: usize = 0;
        for slot in book.payments.iter().filter_map(|(_, slot)| slot.upgrade()) {
            let place = (slot.unit.number, slot.order.create_key());
            self.creates.lock(place).remove(place);
            let place = slot.key();
            dropped += usize::from(self.payments.lock(place).remove(place).is_some());
        }
        for refused in book.refused.iter().filter_map(std::sync::Weak::upgrade) {
            let refused = CreateKey::Refused(refused);
            let place = super::stripes::Hashed::key(&refused);
            self.creates.lock(place).remove(place);
        }
        self.count_down(dropped);
    }

    /// Goes back to the start: payments, sales units, users, faults, races and clock as the settings have them. Access tokens stay
    /// good, so that clients that cache them go on working.
    pub(crate) fn reset(&self) {
        let travel = self.travel.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let whole = self.whole.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.outgoing.clear_policy();
        for unit in self.units.all() {
            self.clear_webhooks(&unit);
        }
        self.units.clear();
        self.deliveries.clear(None);
        *self.examined.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        self.callbacks.clear(None);
        self.count_down(self.payments.clear());
        self.creates.clear();
        self.users.clear(None);
        self.limits.clear(None);
        self.faults.clear(None);
        self.races.clear(None);
        let root = Root::new(self.settings.seed);
        *self.root.write().unwrap_or_else(std::sync::PoisonError::into_inner) = root;
        *self.ids.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(root.stream(0));
        self.faults.restart_dice(None);
        self.clock.set(baseline_clock(&self.settings));
        self.moves.clear(None);
        self.set_up();
        drop(whole);
        drop(travel);
        self.go_back_to_baseline();
        self.changed.notify();
        self.rescheduled.notify();
    }

    /// Changes a user, for one sales unit or for all, and returns what came of it.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub(crate) fn change_user(
        &self,
        msn: Option<Msn>,
        phone_number: PhoneNumber,
        change: impl Fn(&mut User),
    ) -> Result<User, ManageError> {
        let changed = self.users.change(msn, || self.user(msn, phone_number), phone_number, change);
        changed.ok_or(ManageError::TooManyUsers)
    }

    /// Makes a number a made-up user again.
    pub(crate) fn remove_user(&self, msn: Option<Msn>, phone_number: PhoneNumber) {
        self.users.remove(msn, phone_number);
    }

    /// Returns the users that are set up, by number.
    pub(crate) fn all_users(&self, msn: Option<Msn>) -> Vec<User> {
        self.users.all(msn)
    }
}

/// Makes a client secret like the vendor's: 16 bytes in base64.
fn secret(ids: &super::Ids) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(ids.nonce().to_be_bytes())
}
