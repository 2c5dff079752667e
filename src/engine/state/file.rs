//! What whoever keeps the state in a file needs besides the state.

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
}
