//! The customers that somebody set up. Every other number is a made-up user.

use std::sync::atomic::{AtomicBool, Ordering};

use dashmap::DashMap;

use crate::document::UserData;
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::money::Market;
use crate::domain::span::Span;
use crate::domain::user::{Behaviour, User};

/// How many users a sandbox holds.
pub(super) const MAX_USERS: usize = 100_000;

/// The users by whom they are set up for: one sales unit, or all.
#[derive(Default)]
pub(super) struct Users {
    set_up: DashMap<(Option<Msn>, PhoneNumber), User>,
    /// Whether anybody ever was: spares every create a look into the map.
    any: AtomicBool,
    /// Whether a unit ever had a user of its own.
    any_of_units: AtomicBool,
}

impl Users {
    /// Returns the user as this sales unit sees them: set up for the unit, else for all, else made up, with an address in
    /// its market.
    pub(super) fn get(&self, msn: Option<Msn>, market: Market, phone_number: PhoneNumber) -> User {
        self.find(msn, phone_number).unwrap_or_else(|| User::made_up_in(market, phone_number))
    }

    /// Returns what the user was set up to do with a payment request, without making anybody up.
    pub(super) fn script(&self, msn: Msn, phone_number: PhoneNumber) -> (Option<Behaviour>, Option<Span>) {
        self.find(Some(msn), phone_number).map_or((None, None), |user| (user.behaviour, user.after))
    }

    fn find(&self, msn: Option<Msn>, phone_number: PhoneNumber) -> Option<User> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let of_unit = msn.and_then(|msn| self.set_up.get(&(Some(msn), phone_number)));
        of_unit.or_else(|| self.set_up.get(&(None, phone_number))).map(|user| user.clone())
    }

    /// Sets a user up for one unit, or for all, as nobody did before; `false` when there are too many.
    pub(super) fn put(&self, msn: Option<Msn>, user: &User) -> bool {
        self.change(msn, || user.clone(), user.phone_number, |_| ()).is_some()
    }

    /// Changes a user, who is set up if that was not done before: for one unit, or for all, those included that have the
    /// user set up on their own. Returns the user as changed; `None` when there are too many.
    pub(super) fn change(
        &self,
        msn: Option<Msn>,
        before: impl FnOnce() -> User,
        phone_number: PhoneNumber,
        change: impl Fn(&mut User),
    ) -> Option<User> {
        let key = (msn, phone_number);
        if self.set_up.len() >= MAX_USERS && !self.set_up.contains_key(&key) {
            return None;
        }
        let before = before();
        self.any.store(true, Ordering::Release);
        if msn.is_some() {
            self.any_of_units.store(true, Ordering::Release);
        }
        let changed = {
            let mut user = self.set_up.entry(key).or_insert(before);
            change(&mut user);
            user.clone()
        };
        if msn.is_none() && self.any_of_units.load(Ordering::Acquire) {
            for mut own in
                self.set_up.iter_mut().filter(|own| own.key().0.is_some() && own.key().1 == phone_number)
            {
                change(&mut own);
            }
        }
        Some(changed)
    }

    /// Notes that the user has identified, wherever they were set up. A made-up user always has.
    pub(super) fn identify(&self, msn: Msn, phone_number: PhoneNumber) {
        for owner in [Some(msn), None] {
            if let Some(mut user) = self.set_up.get_mut(&(owner, phone_number)) {
                user.identified = true;
                return;
            }
        }
    }

    /// Makes the number a made-up user again: for one unit what it set up on its own goes, without one everything.
    pub(super) fn remove(&self, msn: Option<Msn>, phone_number: PhoneNumber) {
        self.set_up.remove(&(msn, phone_number));
        if msn.is_none() && self.any_of_units.load(Ordering::Acquire) {
            self.set_up.retain(|(_, number), _| *number != phone_number);
        }
    }

    /// Forgets the users set up for one unit, or all of them.
    pub(super) fn clear(&self, msn: Option<Msn>) {
        match msn {
            None => self.set_up.clear(),
            Some(_) => self.set_up.retain(|(owner, _), _| *owner != msn),
        }
    }

    /// Takes down the users set up for one unit, or all users: those for everybody first.
    pub(super) fn taken_down(&self, msn: Option<Msn>) -> Vec<UserData> {
        let meant = self.set_up.iter().filter(|user| msn.is_none() || user.key().0 == msn);
        let mut users: Vec<_> = meant.map(|user| UserData::new(user.key().0, user.value().clone())).collect();
        users.sort_by_key(|user| (user.msn, user.phone_number));
        users
    }

    /// Returns the users that the unit sees set up, by number; those set up for all when there is no unit.
    pub(super) fn all(&self, msn: Option<Msn>) -> Vec<User> {
        let seen = self.set_up.iter().filter(|user| user.key().0.is_none() || user.key().0 == msn);
        let mut users: Vec<_> = seen.map(|user| (*user.key(), user.value().clone())).collect();
        // A unit's own setting hides the one for all.
        users.sort_by_key(|((owner, number), _)| (*number, owner.is_none()));
        users.dedup_by_key(|((_, number), _)| *number);
        users.into_iter().map(|(_, user)| user).collect()
    }
}
