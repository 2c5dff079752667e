//! What whoever keeps the state in a file needs besides the state.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use crate::engine::Engine;

impl Engine {
    /// Returns whether something may have changed.
    pub(crate) fn is_touched(&self) -> bool {
        self.touched.load(Ordering::Acquire)
    }

    /// Says that the state is about to be kept: what changed so far will be in it.
    pub(crate) fn take_touched(&self) {
        self.touched.store(false, Ordering::SeqCst);
    }

    /// Puts the sales units and users of the settings in place where there are none.
    pub(crate) fn complete_from_settings(&self) {
        for unit in &self.settings.sales_units {
            self.get_or_make_unit(unit.msn, || unit.clone());
        }
        let known: HashSet<_> = self.users.all(None).iter().map(|user| user.phone_number).collect();
        for user in self.settings.users.iter().filter(|user| !known.contains(&user.phone_number)) {
            self.users.put(None, user);
        }
    }
}
