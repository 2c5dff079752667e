//! Sending webhooks other than they should be: for all sales units, for one, or for one registration.

use std::sync::Arc;

use uuid::Uuid;

use super::hook::Hook;
use crate::domain::webhook::{Before, Policy};
use crate::engine::Engine;
use crate::engine::slot::Slot;
use crate::engine::unit::Unit;

/// Whose webhooks are meant.
pub enum Reach {
    /// Those of all sales units, also of those made later.
    All,
    /// Those of one sales unit, also of registrations made later.
    Unit(Arc<Unit>),
    /// Those of one registration.
    Hook(Arc<Hook>),
}

impl Engine {
    /// Finds a registration, that of the settings too: of one sales unit, or of all.
    pub(crate) fn find_webhook(&self, unit: Option<&Unit>, id: Uuid) -> Option<Arc<Hook>> {
        match unit {
            Some(unit) => unit.hooks.find(id),
            None => self.units.all().iter().find_map(|unit| unit.hooks.find(id)),
        }
    }

    /// Returns how webhooks are sent.
    pub(crate) fn webhook_policy(&self, reach: &Reach) -> Policy {
        match reach {
            Reach::All => self.outgoing.policy(),
            Reach::Unit(unit) => unit.hooks.policy(),
            Reach::Hook(hook) => hook.queue().policy(),
        }
    }

    /// Changes how webhooks are sent. The change reaches all that is within, whatever was set there before.
    pub(crate) fn change_webhook_policy(&self, reach: &Reach, change: &dyn Fn(&mut Policy)) -> Policy {
        if matches!(reach, Reach::All) {
            self.outgoing.set_policy(change);
        }
        for unit in self.units_within(reach) {
            for hook in unit.hooks.set_policy(change) {
                self.change_policy_of(&hook, change);
            }
        }
        if let Reach::Hook(hook) = reach {
            self.change_policy_of(hook, change);
        }
        let policy = self.webhook_policy(reach);
        self.outgoing.note_policy(policy);
        self.delivered.notify();
        policy
    }

    fn change_policy_of(&self, hook: &Arc<Hook>, change: &dyn Fn(&mut Policy)) {
        let mut queue = hook.queue();
        let mut policy = queue.policy();
        change(&mut policy);
        queue.set_policy(policy);
        drop(queue);
        self.see_to(hook);
    }

    /// Lets go what is held. Returns how many events that were.
    pub(crate) fn release_webhooks(&self, reach: &Reach) -> usize {
        let of_units = self.units_within(reach).into_iter().flat_map(|unit| unit.hooks.all());
        let hook = match reach {
            Reach::Hook(hook) => Some(hook.clone()),
            Reach::All | Reach::Unit(_) => None,
        };
        let mut released = 0;
        for hook in of_units.chain(hook) {
            released += hook.queue().release();
            self.see_to(&hook);
        }
        released
    }

    fn units_within(&self, reach: &Reach) -> Vec<Arc<Unit>> {
        match reach {
            Reach::All => self.units.all(),
            Reach::Unit(unit) => vec![unit.clone()],
            Reach::Hook(_) => Vec::new(),
        }
    }

    /// Sends what is due for a registration, or sets its timer when nothing is.
    pub(super) fn see_to(&self, hook: &Arc<Hook>) {
        let Some(unit) = hook.unit.upgrade() else { return };
        let now = self.now(&unit);
        if hook.queue().has_due(now) {
            self.outgoing.is_ready(hook);
        } else {
            self.set_timer(&unit, hook);
        }
    }

    /// Whether there may be anything that waits for first attempts. Costs one load when there is no such policy.
    pub(crate) fn webhooks_are_awaited(&self) -> bool {
        self.outgoing.is_awaited()
    }

    /// Whether a webhook of this payment that is being seen to has not been tried yet, where the policy or a race wants that
    /// to come first.
    pub(crate) fn has_untried_webhooks(&self, slot: &Slot, before: Before) -> bool {
        let now = self.now(&slot.unit);
        let has_untried = |hook: &Arc<Hook>| hook.queue().has_untried(slot.number, now, before);
        self.webhooks_are_awaited() && slot.unit.hooks.all().iter().any(has_untried)
    }
}
