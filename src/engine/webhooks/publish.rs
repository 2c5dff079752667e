//! From an event to the attempts that tell of it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use serde::Serialize;
use uuid::Uuid;

use super::attempt::{Attempt, Outcome};
use super::delivery::Delivery;
use super::hook::Hook;
use super::journal::{DeliveryFilter, DeliveryRow};
use crate::domain::checklist::Examined;
use crate::domain::digits::Msn;
use crate::domain::payment::{Event, EventName, Payment};
use crate::domain::time::{Rfc3339, Timestamp};
use crate::domain::webhook::EventType;
use crate::domain::webhook::conformance::Check;
use crate::engine::slot::Slot;
use crate::engine::unit::{Due, Timer, Unit};
use crate::engine::{Engine, FiredKind, Kind, WebhookTimer};

impl Engine {
    /// Tells everybody who asked of a payment's latest event. The payment is locked meanwhile, so events keep their order.
    pub(in crate::engine) fn publish(
        &self,
        slot: &Slot,
        payment: Payment<'_>,
        event: &Event,
        told_at: Timestamp,
    ) {
        let hooks = slot.unit.hooks.for_event(event.name);
        if hooks.is_empty() {
            return;
        }
        let is_double = event.name == EventName::Authorized && self.doubles_webhook(slot);
        let mut body = String::with_capacity(320);
        crate::wire::delivery(&mut body, payment, event, slot.unit.msn);
        let body: Arc<str> = body.into();
        let reference: Arc<str> = slot.order.reference().into();
        for hook in hooks {
            let mut delivery =
                Delivery::new(slot.number, reference.clone(), event.name.into(), body.clone(), told_at);
            delivery.is_double = is_double;
            if hook.queue().push(delivery) > 0 {
                tracing::warn!(
                    url = hook.registration.url,
                    "too many events wait for a receiver; the oldest is given up"
                );
            }
            self.see_to(&hook);
        }
    }

    /// Takes the next attempt that is due. The receivers take turns.
    pub(crate) fn next_attempt(&self) -> Option<Attempt> {
        loop {
            let hook = self.outgoing.next()?;
            let taken = self.take_from(&hook);
            if taken.is_some() {
                self.outgoing.begin(&hook);
            }
            self.outgoing.end(&hook);
            if taken.is_some() {
                return taken;
            }
        }
    }

    fn take_from(&self, hook: &Arc<Hook>) -> Option<Attempt> {
        let unit = hook.unit.upgrade()?;
        let now = self.now(&unit);
        let mut queue = hook.queue();
        if hook.is_gone.load(Ordering::Acquire) {
            return None;
        }
        let (taken, forgery) = (queue.take(now), queue.policy().signature);
        let has_more = queue.has_due(now);
        drop(queue);
        if has_more {
            self.outgoing.is_ready(hook);
        } else {
            self.set_timer(&unit, hook);
        }
        let machine = &self.settings.machine;
        taken.map(|delivery| {
            Attempt::sign(hook.clone(), delivery, now, machine.elapsed(), machine.wall(), forgery)
        })
    }

    /// Puts the registration's next time on its unit's list after the last one was taken off.
    pub(in crate::engine) fn set_timer_anew(&self, unit: &Unit, hook: &Arc<Hook>) {
        hook.queue().timer = None;
        self.set_timer(unit, hook);
    }

    /// Puts the registration's next time on its unit's list, unless an earlier one stands there.
    pub(super) fn set_timer(&self, unit: &Unit, hook: &Arc<Hook>) {
        let mut queue = hook.queue();
        let Some(at) = queue.next_timer() else { return };
        if queue.timer.is_some_and(|timer| timer <= at) {
            return;
        }
        queue.timer = Some(at);
        drop(queue);
        unit.book().add_timer(Timer { at, number: u64::MAX, due: Due::Hook(Arc::downgrade(hook)) });
        if self.machine_time_of(unit, at) < self.asleep_until.load(Ordering::Acquire) {
            self.rescheduled.notify();
        }
    }

    /// A registration's time has come: attempts are due, or it is over.
    pub(in crate::engine) fn hook_is_due(&self, unit: &Unit, hook: &Arc<Hook>, until: Timestamp) {
        let (retries, dead_at) = {
            let mut queue = hook.queue();
            queue.timer = None;
            (queue.retries_due(until), queue.dead_at().filter(|at| *at <= until))
        };
        if let Some(at) = dead_at {
            unit.hooks.retain(|known| known.id != hook.id);
            self.touch();
            self.jump.note(unit.msn, None, at, FiredKind::Webhook(WebhookTimer::WebhookRemoval));
            tracing::warn!(
                url = hook.registration.url,
                "nothing has arrived for two weeks; the webhook is removed"
            );
            return;
        }
        for (at, reference) in retries {
            self.jump.note(unit.msn, Some(&reference), at, FiredKind::Webhook(WebhookTimer::WebhookRetry));
        }
        self.outgoing.is_ready(hook);
    }

    /// Takes back an attempt and what became of it, and of its double if it had one.
    pub(crate) fn attempted(&self, attempt: Attempt, outcome: Outcome, double: Option<Outcome>) {
        let hook = attempt.hook.clone();
        let took = self.settings.machine.elapsed().less(attempt.began);
        if let Some(unit) = hook.unit.upgrade() {
            self.note_outcomes(&unit, &hook, attempt, outcome, double, took);
        }
        self.outgoing.end(&hook);
        self.touch();
        self.delivered.notify();
    }

    fn note_outcomes(
        &self,
        unit: &Arc<Unit>,
        hook: &Arc<Hook>,
        attempt: Attempt,
        outcome: Outcome,
        double: Option<Outcome>,
        took: crate::domain::span::Span,
    ) {
        let mut queue = hook.queue();
        if hook.is_gone.load(Ordering::Acquire) {
            return;
        }
        let line = attempt.delivery.line;
        let next_at = if outcome.has_arrived() || double.as_ref().is_some_and(Outcome::has_arrived) {
            queue.arrived(line);
            None
        } else {
            queue.failed(line, attempt.at)
        };
        let limit = self.settings.max_requests;
        // Whoever sees that the attempt is over has to find it in the journal.
        let add = |attempt, outcome| self.deliveries.add(limit, unit.msn, attempt, outcome, took, next_at);
        let of_double = double.map(|outcome| add(attempt.clone(), outcome));
        let row = add(attempt, outcome);
        drop(queue);
        self.see_to(hook);
        for row in of_double.into_iter().chain([row]) {
            log(&row);
            self.live.tell(Kind::Delivery, Some(unit.msn), || serde_json::to_string(&Told::of(&row)).ok());
        }
    }

    /// Returns the attempts that are meant, newest first, at most so many.
    pub(crate) fn deliveries(&self, filter: &DeliveryFilter, limit: usize) -> Vec<Arc<DeliveryRow>> {
        self.deliveries.list(filter, limit)
    }

    /// Returns an attempt, if it is still remembered.
    pub(crate) fn delivery(&self, id: u64) -> Option<Arc<DeliveryRow>> {
        self.deliveries.find(id)
    }

    /// Returns how many attempts there were that are no longer remembered, of those that nobody cleared.
    pub(crate) fn forgotten_deliveries(&self) -> u64 {
        self.deliveries.forgotten(self.settings.max_requests)
    }

    /// Notes what a receiver made of being put to the test.
    pub(crate) fn note_examined(&self, msn: Msn, checks: &[Check]) {
        let checks =
            checks.iter().map(|check| Examined { name: check.name.to_owned(), passed: check.passed });
        *self.examined.lock().unwrap_or_else(PoisonError::into_inner) = Some((msn, checks.collect()));
    }

    /// Returns what a receiver made of being put to the test, if the last one was of this sales unit.
    pub(crate) fn examined(&self, msn: Option<Msn>) -> Vec<Examined> {
        let examined = self.examined.lock().unwrap_or_else(PoisonError::into_inner);
        let of_unit = examined.as_ref().filter(|(of, _)| msn.is_none_or(|msn| msn == *of));
        of_unit.map(|(_, checks)| checks.clone()).unwrap_or_default()
    }

    /// Whether anybody is told of events: of one sales unit, or of any.
    pub(crate) fn has_webhook(&self, msn: Option<Msn>) -> bool {
        let units = self.units.all();
        units.iter().any(|unit| msn.is_none_or(|msn| msn == unit.msn) && !unit.hooks.all().is_empty())
    }

    /// Sends what an attempt sent once more, signed afresh, ahead of everything else that waits. Returns whether there is
    /// such an attempt whose registration is still there.
    pub(crate) fn redeliver(&self, id: u64) -> Option<bool> {
        let row = self.deliveries.find(id)?;
        let hook = self.units.get(row.msn).and_then(|unit| unit.hooks.find(row.webhook_id));
        let Some(hook) = hook else { return Some(false) };
        hook.queue().push_again(&row);
        self.outgoing.is_ready(&hook);
        Some(true)
    }

    /// Says that somebody takes attempts from now on, or no longer does.
    pub(crate) fn set_courier(&self, there: bool) {
        self.outgoing.set_courier(there);
    }

    /// Wakes this one when there is an attempt to take.
    pub(crate) fn watch_outgoing(&self, waker: &Waker) {
        self.outgoing.work.watch(waker);
    }

    /// Wakes this one when an attempt has come back.
    pub(crate) fn watch_deliveries(&self, waker: &Waker) {
        self.delivered.watch(waker);
    }
}

/// What the live stream tells of an attempt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    id: String,
    at: Rfc3339,
    msn: Msn,
    reference: &'a str,
    event: EventType,
    webhook_id: Uuid,
    attempt: u32,
    url: &'a str,
    status: Option<u16>,
    error: Option<&'a str>,
    micros: i64,
    next_at: Option<Rfc3339>,
}

impl<'a> Told<'a> {
    fn of(row: &'a DeliveryRow) -> Self {
        let (status, error) = match &row.outcome {
            Outcome::Answered { status, .. } => (Some(*status), None),
            Outcome::Failed(why) => (None, Some(why.as_str())),
        };
        Self {
            id: row.id.to_string(),
            at: row.at.rfc3339(3),
            msn: row.msn,
            reference: &row.reference,
            event: row.event,
            webhook_id: row.webhook_id,
            attempt: row.attempt,
            url: &row.url,
            status,
            error,
            micros: row.took.as_micros(),
            next_at: row.next_at.map(|at| at.rfc3339(3)),
        }
    }
}

fn log(row: &DeliveryRow) {
    let DeliveryRow { reference, event, attempt, url, outcome, .. } = row;
    match outcome {
        Outcome::Answered { status, .. } => {
            tracing::debug!(target: "epayment_sandbox::delivery", %reference, %event, attempt, url, status, "delivered");
        }
        Outcome::Failed(why) => {
            tracing::debug!(target: "epayment_sandbox::delivery", %reference, %event, attempt, url, why, "not delivered");
        }
    }
}
