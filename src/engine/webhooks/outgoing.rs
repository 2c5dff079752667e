//! Receivers that have something to get, in turn, and how much is under way.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::hook::Hook;
use crate::domain::webhook::{Before, Policy};
use crate::engine::signal::Signal;
use crate::engine::unit::Unit;

/// The way out.
#[derive(Default)]
pub(in crate::engine) struct Outgoing {
    /// Registrations with something due, each once.
    ready: Mutex<VecDeque<Arc<Hook>>>,
    /// How many are ready or on their way, over all sales units.
    under_way: AtomicUsize,
    /// Somebody takes attempts. Without them nobody waits for any.
    has_courier: AtomicBool,
    /// How webhooks of sales units made from now on are sent.
    policy: Mutex<Policy>,
    /// Somewhere something waits for first attempts. Until then nobody looks whether it does.
    is_awaited: AtomicBool,
    /// The courier waits for something to do.
    pub(in crate::engine) work: Signal,
    /// Somebody waits until nothing is under way.
    quiet: (Mutex<()>, Condvar),
}

impl Outgoing {
    /// Puts a registration at the end of the list, unless it is on it.
    pub(super) fn is_ready(&self, hook: &Arc<Hook>) {
        if !hook.is_ready.swap(true, Ordering::AcqRel) {
            self.begin(hook);
            self.ready.lock().unwrap_or_else(PoisonError::into_inner).push_back(hook.clone());
            self.work.notify();
        }
    }

    /// Takes the first registration off the list. It still counts as under way.
    pub(super) fn next(&self) -> Option<Arc<Hook>> {
        let hook = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
        hook.is_ready.store(false, Ordering::Release);
        Some(hook)
    }

    /// Counts one more under way.
    pub(super) fn begin(&self, hook: &Hook) {
        self.begin_of(hook.unit.upgrade().as_deref());
    }

    /// Counts one less.
    pub(super) fn end(&self, hook: &Hook) {
        self.end_of(hook.unit.upgrade().as_deref());
    }

    /// Counts one more under way: something of a sales unit's, if it is still there.
    pub(in crate::engine) fn begin_of(&self, unit: Option<&Unit>) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        if let Some(unit) = unit {
            unit.under_way.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Counts one less.
    pub(in crate::engine) fn end_of(&self, unit: Option<&Unit>) {
        let of_unit = unit.map_or(0, |unit| unit.under_way.fetch_sub(1, Ordering::AcqRel));
        if self.under_way.fetch_sub(1, Ordering::AcqRel) == 1 || of_unit == 1 {
            drop(self.quiet.0.lock().unwrap_or_else(PoisonError::into_inner));
            self.quiet.1.notify_all();
        }
    }

    /// Returns how webhooks of sales units made from now on are sent.
    pub(super) fn policy(&self) -> Policy {
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how webhooks of sales units made from now on are sent.
    pub(super) fn set_policy(&self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Sends everything as it should be again.
    pub(in crate::engine) fn clear_policy(&self) {
        self.set_policy(|policy| *policy = Policy::default());
        self.is_awaited.store(false, Ordering::Release);
    }

    /// Notes that there is such a policy from now on.
    pub(super) fn note_policy(&self, policy: Policy) {
        if policy.before != Before::None {
            self.note_wait();
        }
    }

    /// Notes that something may wait for first attempts from now on.
    pub(in crate::engine) fn note_wait(&self) {
        self.is_awaited.store(true, Ordering::Release);
    }

    /// Whether anything may have to wait for first attempts.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_awaited.load(Ordering::Relaxed) && self.has_courier.load(Ordering::Acquire)
    }

    /// Says whether somebody takes attempts.
    pub(in crate::engine) fn set_courier(&self, there: bool) {
        self.has_courier.store(there, Ordering::Release);
        self.quiet.1.notify_all();
    }

    /// Waits until nothing is under way: of one sales unit, whose count is given, or of all.
    pub(in crate::engine) fn wait_until_quiet(&self, of_unit: Option<&AtomicUsize>) {
        // The courier may leave without a word.
        const LOOK: Duration = Duration::from_millis(100);
        let count = of_unit.unwrap_or(&self.under_way);
        let mut guard = self.quiet.0.lock().unwrap_or_else(PoisonError::into_inner);
        while count.load(Ordering::Acquire) > 0 && self.has_courier.load(Ordering::Acquire) {
            guard = self.quiet.1.wait_timeout(guard, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
