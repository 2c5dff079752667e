//! Time in a test: all clocks, or one sales unit's.

use std::sync::Arc;
use std::time::Duration;

use super::{Sandbox, UnitHandle};
use crate::domain::time::Timestamp;
use crate::engine::{ClockError, Fired, Jump, Mode, Unit};

/// Reads a time that stands in a test.
pub(super) fn timestamp(time: &str) -> Timestamp {
    Timestamp::parse_rfc3339(time)
        .unwrap_or_else(|| panic!("\"{time}\" is not an RFC 3339 time such as 2026-11-20T09:00:00Z"))
}

impl Sandbox {
    /// Returns the global sandbox time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.engine.read_clock(None).now
    }

    /// Moves every clock forward. Every timer on the way goes off at its own time, in order, and the webhooks that it caused
    /// have been tried when this returns.
    ///
    /// The thread is blocked meanwhile. Where the merchant's server runs on the same thread, as in a `#[tokio::test]` of the
    /// usual kind, await [`Sandbox::advance_async`] instead.
    ///
    /// # Panics
    ///
    /// When the clock would go beyond the year 9999.
    #[expect(clippy::must_use_candidate, reason = "most tests only want time to pass")]
    pub fn advance(&self, by: Duration) -> Vec<Fired> {
        self.jump(None, Jump::By(by.into())).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Moves every clock like [`Sandbox::advance`] and lets the thread go on meanwhile.
    ///
    /// # Panics
    ///
    /// When the clock would go beyond the year 9999.
    pub async fn advance_async(&self, by: Duration) -> Vec<Fired> {
        let engine = self.engine.clone();
        let jumped = self.beside(move || engine.advance(None, Jump::By(by.into()))).await;
        jumped.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Moves every clock to an RFC 3339 time, as [`Sandbox::advance`] does.
    ///
    /// # Errors
    ///
    /// When the time is in the past: time never goes back.
    ///
    /// # Panics
    ///
    /// When it is not an RFC 3339 time.
    pub fn advance_to(&self, time: &str) -> Result<Vec<Fired>, ClockError> {
        self.jump(None, Jump::To(timestamp(time)))
    }

    /// Moves every clock to the next timer.
    ///
    /// # Errors
    ///
    /// When no timer is set.
    pub fn advance_to_next(&self) -> Result<Vec<Fired>, ClockError> {
        self.jump(None, Jump::ToNext)
    }

    /// Stops every clock where it is, until it is moved.
    pub fn freeze_clock(&self) {
        self.set_clock(None, Mode::Frozen);
    }

    /// Lets every clock run from where it is.
    pub fn run_clock(&self) {
        self.set_clock(None, Mode::Real);
    }

    fn jump(&self, unit: Option<&Unit>, jump: Jump) -> Result<Vec<Fired>, ClockError> {
        self.engine.advance(unit, jump)
    }

    fn set_clock(&self, unit: Option<&Unit>, mode: Mode) {
        self.engine.set_clock(unit, Some(mode), None).expect("the clock goes nowhere");
    }
}

impl UnitHandle<'_> {
    fn timekeeper(&self) -> (&Sandbox, Arc<Unit>) {
        (self.sandbox, self.there())
    }

    /// Returns the unit's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let engine = &self.sandbox.engine;
        engine.read_clock(engine.unit(self.msn).as_deref()).now
    }

    /// Moves the unit's clock alone forward; see [`Sandbox::advance`].
    ///
    /// # Panics
    ///
    /// When the clock would go beyond the year 9999, or there is no such unit and only those that were set up count.
    #[expect(clippy::must_use_candidate, reason = "most tests only want time to pass")]
    pub fn advance(&self, by: Duration) -> Vec<Fired> {
        let (sandbox, unit) = self.timekeeper();
        sandbox.jump(Some(&*unit), Jump::By(by.into())).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Moves the unit's clock like [`UnitHandle::advance`] and lets the thread go on meanwhile.
    ///
    /// # Panics
    ///
    /// As [`UnitHandle::advance`].
    pub async fn advance_async(&self, by: Duration) -> Vec<Fired> {
        let (sandbox, unit) = self.timekeeper();
        let engine = sandbox.engine.clone();
        let jumped = sandbox.beside(move || engine.advance(Some(&*unit), Jump::By(by.into()))).await;
        jumped.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Moves the unit's clock alone to an RFC 3339 time.
    ///
    /// # Errors
    ///
    /// When the time is in the past: time never goes back.
    ///
    /// # Panics
    ///
    /// When it is not an RFC 3339 time.
    pub fn advance_to(&self, time: &str) -> Result<Vec<Fired>, ClockError> {
        let (sandbox, unit) = self.timekeeper();
        sandbox.jump(Some(&*unit), Jump::To(timestamp(time)))
    }

    /// Moves the unit's clock alone to its next timer.
    ///
    /// # Errors
    ///
    /// When no timer is set.
    pub fn advance_to_next(&self) -> Result<Vec<Fired>, ClockError> {
        let (sandbox, unit) = self.timekeeper();
        sandbox.jump(Some(&*unit), Jump::ToNext)
    }

    /// Stops the unit's clock alone, until it is moved.
    pub fn freeze_clock(&self) {
        let (sandbox, unit) = self.timekeeper();
        sandbox.set_clock(Some(&*unit), Mode::Frozen);
    }

    /// Lets the unit's clock run from where it is.
    pub fn run_clock(&self) {
        let (sandbox, unit) = self.timekeeper();
        sandbox.set_clock(Some(&*unit), Mode::Real);
    }
}
