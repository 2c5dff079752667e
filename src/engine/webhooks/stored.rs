//! Registrations and what waits for them, taken down and put back.

use std::sync::Arc;

use super::hook::Hook;
use super::queue::Queue;
use crate::document::{Flaw, HookData, QueueData};
use crate::domain::webhook::Registration;
use crate::engine::Engine;
use crate::engine::unit::Unit;

impl Unit {
    /// Takes the registrations down: those made over the API, and what waits for the one of the settings.
    pub(in crate::engine) fn webhooks_taken_down(&self) -> (Vec<HookData>, Option<QueueData>) {
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
        (webhooks, configured)
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
        webhooks: &[HookData],
        configured: Option<&QueueData>,
        shift: u64,
    ) -> Result<(), Flaw> {
        self.add_configured_webhook(unit);
        if let Some(data) = configured {
            let queue = Queue::restored(data, shift).map_err(|flaw| flaw.within("configuredWebhook"))?;
            if let Some(hook) = unit.hooks.all().first() {
                *hook.queue() = queue;
            }
        }
        for (index, data) in webhooks.iter().enumerate() {
            restore_webhook(unit, data, shift).map_err(|flaw| flaw.within(index).within("webhooks"))?;
        }
        Ok(())
    }

    /// Sets a unit's webhooks going after it was put in place.
    pub(in crate::engine) fn wake_webhooks(&self, unit: &Unit) {
        let now = self.now(unit);
        for hook in unit.hooks.all() {
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
    *hook.queue() = Queue::restored(&data.queue, shift).map_err(|flaw| flaw.within("queue"))?;
    unit.hooks.add(Arc::new(hook)).map_err(|event| {
        let why = Registration::too_many(event);
        Flaw::of("events", why.fields.first().map_or_else(String::new, |note| note.reason.to_string()))
    })
}
