//! The sales units by their MSN and by their keys.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use dashmap::DashMap;

use super::unit::Unit;
use crate::domain::digits::Msn;
use crate::domain::sales_unit::SalesUnit;

/// How many sales units a sandbox holds. Any MSN makes one, so there has to be an end.
pub(super) const MAX_UNITS: usize = 10_000;

/// The sales units.
#[derive(Default)]
pub(super) struct Units {
    by_msn: DashMap<Msn, Arc<Unit>>,
    /// Which units have this subscription key or client id. Only used when units have keys.
    keys: RwLock<Keys>,
    count: AtomicU64,
}

#[derive(Default)]
struct Keys {
    subscription: HashMap<String, Vec<Msn>>,
    client: HashMap<String, Vec<Msn>>,
}

impl Units {
    pub(super) fn get(&self, msn: Msn) -> Option<Arc<Unit>> {
        self.by_msn.get(&msn).map(|unit| unit.clone())
    }

    /// Returns a number that no unit ever had.
    pub(super) fn next_number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts a unit in the place of the one with its MSN, which is returned.
    pub(super) fn replace(&self, unit: &Arc<Unit>) -> Option<Arc<Unit>> {
        let old = self.by_msn.insert(unit.msn, unit.clone());
        if let Some(old) = &old {
            old.retire();
            self.forget(&old.settings());
        }
        self.index(&unit.settings());
        old
    }

    /// Returns the unit, made with a number of its own if there is none. `None` when the sandbox is full.
    pub(super) fn get_or_make(&self, msn: Msn, make: impl FnOnce(u64) -> Arc<Unit>) -> Option<Arc<Unit>> {
        if let Some(unit) = self.get(msn) {
            return Some(unit);
        }
        if self.by_msn.len() >= MAX_UNITS {
            return None;
        }
        let unit = self.by_msn.entry(msn).or_insert_with(|| make(self.next_number()));
        let unit = unit.clone();
        self.index(&unit.settings());
        Some(unit)
    }

    pub(super) fn update(&self, unit: &Unit, settings: SalesUnit) {
        self.forget(&unit.settings());
        self.index(&settings);
        unit.set_settings(settings);
    }

    pub(super) fn remove(&self, msn: Msn) -> Option<Arc<Unit>> {
        let (_, unit) = self.by_msn.remove(&msn)?;
        unit.retire();
        self.forget(&unit.settings());
        Some(unit)
    }

    pub(super) fn clear(&self) {
        self.by_msn.retain(|_, unit| {
            unit.retire();
            false
        });
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Keys::default();
    }

    /// Returns the MSNs of the first `most` units that fit, in order. Only so many units are looked at.
    pub(super) fn some(&self, looked_at: usize, fits: impl Fn(&Unit) -> bool, most: usize) -> Vec<Msn> {
        let units: Vec<_> = self.by_msn.iter().take(looked_at).map(|entry| entry.value().clone()).collect();
        let mut found: Vec<_> = units.iter().filter(|unit| fits(unit)).map(|unit| unit.msn).collect();
        found.sort_unstable();
        found.truncate(most);
        found
    }

    /// Returns every unit, by MSN.
    pub(super) fn all(&self) -> Vec<Arc<Unit>> {
        let mut units: Vec<_> = self.by_msn.iter().map(|entry| entry.value().clone()).collect();
        units.sort_by_key(|unit| unit.msn);
        units
    }

    /// Returns the units that a subscription key belongs to.
    pub(super) fn of_subscription_key(&self, key: &str) -> Vec<Msn> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.subscription.get(key).cloned().unwrap_or_default()
    }

    /// Returns the units that a client id belongs to.
    pub(super) fn of_client(&self, client_id: &str) -> Vec<Msn> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.client.get(client_id).cloned().unwrap_or_default()
    }

    fn index(&self, unit: &SalesUnit) {
        if unit.subscription_keys.is_empty() && unit.client_id.is_empty() {
            return;
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for key in &unit.subscription_keys {
            add(&mut keys.subscription, key, unit.msn);
        }
        if !unit.client_id.is_empty() {
            add(&mut keys.client, &unit.client_id, unit.msn);
        }
    }

    fn forget(&self, unit: &SalesUnit) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let Keys { subscription, client } = &mut *keys;
        for index in [subscription, client] {
            index.retain(|_, units| {
                units.retain(|msn| *msn != unit.msn);
                !units.is_empty()
            });
        }
    }
}

fn add(index: &mut HashMap<String, Vec<Msn>>, key: &str, msn: Msn) {
    let units = index.entry(key.to_owned()).or_default();
    if !units.contains(&msn) {
        units.push(msn);
    }
}
