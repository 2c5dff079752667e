//! Lets someone wait for a change without the engine knowing how they wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

/// How many are on the list before all are woken to see who is still there.
const MOST: usize = 1_000;

/// A list of those who want to be woken. Costs one load when nobody waits.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    waiting: AtomicUsize,
    wakers: Mutex<Vec<Waker>>,
}

impl Signal {
    /// Wakes this one at the next [`Signal::notify`]. Look again after this call: what was before it is not told.
    pub(crate) fn watch(&self, waker: &Waker) {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        // Those who gave up waiting do not say so: whoever still waits asks again.
        let many = if wakers.len() < MOST { Vec::new() } else { std::mem::take(&mut *wakers) };
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            wakers.push(waker.clone());
        }
        self.waiting.store(wakers.len(), Ordering::SeqCst);
        drop(wakers);
        many.into_iter().for_each(Waker::wake);
    }

    /// Wakes everyone.
    pub(crate) fn notify(&self) {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return;
        }
        let wakers = {
            let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            self.waiting.store(0, Ordering::SeqCst);
            std::mem::take(&mut *wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}
