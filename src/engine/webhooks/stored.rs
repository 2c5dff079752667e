//! Registrations and what waits for them, taken down and put back.

use std::sync::Arc;

use super::hook::Hook;
use super::queue::Queue;
use crate::document::{Flaw, HookData, PolicyData, QueueData, UnitData};
use crate::domain::webhook::{Policy, Registration};
use crate::engine::Engine;
use crate::engine::unit::Unit;

impl Unit {
    /// Takes the registrations down: those made over the API, and what waits for the one of the settings.
    pub(in crate::engine) fn webhooks_taken_down(
        &self,
    ) -> (Vec<HookData>, Option<QueueData>, Option<PolicyData>) {
        let (mut webhooks, mut configured) = (Vec::new(), None);
        for hook in self.hooks.all() {
            let queue = hook.queue().taken_down();
            if hook.is_registered {
                webhooks.push(HookData {
                    id: hook.id,
                    secret: hook.secret.clone(),
                    url: hook.registration.url.clone(),
                    events: hook.registration.events.iter().map(|event| event.name().to_owned()).collect(),
                    queue,
                });
            } else {
                configured = Some(queue).filter(|queue| *queue != QueueData::default());
            }
        }
        (webhooks, configured, PolicyData::unless_usual(self.hooks.policy()))
    }

    /// Ends the registrations of a unit that was replaced: attempts under way for them count for nothing.
    pub(in crate::engine) fn end_webhooks(&self) {
        self.hooks.retain(|_| false);
    }
}

impl Engine {
    /// Puts registrations back, with the one of the settings as this sandbox has it.
    pub(in crate::engine) fn restore_webhooks(
        &self,
        unit: &Arc<Unit>,
        data: &UnitData<'_>,
        shift: u64,
    ) -> Result<(), Flaw> {
        self.set_up_webhooks(unit);
        let policy =
            PolicyData::restored(data.webhook_policy).map_err(|flaw| flaw.within("webhookPolicy"))?;
        unit.hooks.set_policy(|of_unit| *of_unit = policy);
        if let Some(queue) = &data.configured_webhook {
            let queue = Queue::restored(queue, shift).map_err(|flaw| flaw.within("configuredWebhook"))?;
            if let Some(hook) = unit.hooks.all().first() {
                hook.restore_queue(queue);
            }
        }
        for (index, hook) in data.webhooks.iter().enumerate() {
            restore_webhook(unit, hook, shift).map_err(|flaw| flaw.within(index).within("webhooks"))?;
        }
        Ok(())
    }

    /// Takes down how webhooks of sales units made from now on are sent.
    pub(in crate::engine) fn webhook_policy_taken_down(&self) -> Option<PolicyData> {
        PolicyData::unless_usual(self.outgoing.policy())
    }

    /// Puts that back.
    pub(in crate::engine) fn restore_webhook_policy(&self, policy: Policy) {
        self.outgoing.set_policy(|of_all| *of_all = policy);
        self.outgoing.note_policy(policy);
    }

    /// Sets a unit's webhooks going after it was put in place.
    pub(in crate::engine) fn wake_webhooks(&self, unit: &Unit) {
        let now = self.now(unit);
        self.outgoing.note_policy(unit.hooks.policy());
        for hook in unit.hooks.all() {
            self.outgoing.note_policy(hook.queue().policy());
            let has_due = hook.queue().has_due(now);
            self.set_timer_anew(unit, &hook);
            if has_due {
                self.outgoing.is_ready(&hook);
            }
        }
    }
}

fn restore_webhook(unit: &Arc<Unit>, data: &HookData, shift: u64) -> Result<(), Flaw> {
    if unit.hooks.find(data.id).is_some() {
        return Err(Flaw::of("id", "another webhook has it"));
    }
    let hook = Hook::new(data.id, data.secret.clone(), data.registration()?, true, unit);
    let queue = Queue::restored(&data.queue, shift).map_err(|flaw| flaw.within("queue"))?;
    let hook = Arc::new(hook);
    unit.hooks.add(hook.clone()).map_err(|event| {
        let why = Registration::too_many(event);
        Flaw::of("events", why.fields.first().map_or_else(String::new, |note| note.reason.to_string()))
    })?;
    // Only now: a registration that is added takes the unit's policy.
    hook.restore_queue(queue);
    Ok(())
}
