//! Receivers that have something to get, in turn, and how much is under way.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::hook::Hook;
use crate::engine::signal::Signal;

/// The way out.
#[derive(Default)]
pub(in crate::engine) struct Outgoing {
    /// Registrations with something due, each once.
    ready: Mutex<VecDeque<Arc<Hook>>>,
    /// How many are ready or on their way, over all sales units.
    under_way: AtomicUsize,
    /// Somebody takes attempts. Without them nobody waits for any.
    has_courier: AtomicBool,
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
        self.under_way.fetch_add(1, Ordering::AcqRel);
        if let Some(unit) = hook.unit.upgrade() {
            unit.under_way.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Counts one less.
    pub(super) fn end(&self, hook: &Hook) {
        let of_unit = hook.unit.upgrade().map_or(0, |unit| unit.under_way.fetch_sub(1, Ordering::AcqRel));
        if self.under_way.fetch_sub(1, Ordering::AcqRel) == 1 || of_unit == 1 {
            drop(self.quiet.0.lock().unwrap_or_else(PoisonError::into_inner));
            self.quiet.1.notify_all();
        }
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
