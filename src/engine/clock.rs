//! The sandbox clock: a global one, and one per sales unit on top of it.
//!
//! A clock is one atomic number, so that reading it costs next to nothing. Only [`super::Engine`] moves clocks, under
//! its own lock, and only forward; a reset puts them back.

use std::sync::atomic::{AtomicI64, Ordering};

use super::machine::Machine;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// Whether a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With the machine's time.
    Real,
    /// Not until it is moved.
    Frozen,
}

impl Mode {
    /// Returns the control API's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Frozen => "frozen",
        }
    }
}

/// What a clock shows.
#[derive(Clone, Copy, Debug)]
pub struct ClockReading {
    /// The sandbox time.
    pub now: Timestamp,
    /// Whether it runs.
    pub mode: Mode,
    /// How far it is ahead of the machine's time, in microseconds; negative when it is behind.
    pub ahead_micros: i64,
}

/// How a clock is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// The clock below plus this many microseconds.
    Ahead(i64),
    /// Standing at this time.
    Still(Timestamp),
    /// The machine's time plus this many microseconds, whatever the clock below does.
    Alone(i64),
}

/// A clock's setting in one atomic number: two bits say which, the others hold the microseconds.
#[derive(Debug)]
pub(super) struct Clock(AtomicI64);

impl Clock {
    pub(super) fn new(setting: Setting) -> Self {
        Self(AtomicI64::new(pack(setting)))
    }

    pub(super) fn set(&self, setting: Setting) {
        self.0.store(pack(setting), Ordering::Release);
    }

    pub(super) fn setting(&self) -> Setting {
        let packed = self.0.load(Ordering::Acquire);
        match packed & 3 {
            0 => Setting::Ahead(packed >> 2),
            1 => Setting::Still(Timestamp::from_micros(packed >> 2)),
            _ => Setting::Alone(packed >> 2),
        }
    }

    /// Reads the clock on top of one that shows `below`.
    pub(super) fn now(&self, below: impl FnOnce() -> Timestamp, machine: &Machine) -> Timestamp {
        match self.setting() {
            Setting::Ahead(micros) => Timestamp::from_micros(below().as_micros() + micros),
            Setting::Still(at) => at,
            Setting::Alone(micros) => Timestamp::from_micros(machine.wall().as_micros() + micros),
        }
    }

    /// Moves the clock forward.
    pub(super) fn forward(&self, by: Span) {
        let micros = by.as_micros();
        self.set(match self.setting() {
            Setting::Ahead(ahead) => Setting::Ahead(ahead + micros),
            Setting::Still(at) => Setting::Still(at + by),
            Setting::Alone(ahead) => Setting::Alone(ahead + micros),
        });
    }
}

fn pack(setting: Setting) -> i64 {
    match setting {
        Setting::Ahead(micros) => micros << 2,
        Setting::Still(at) => at.as_micros() << 2 | 1,
        Setting::Alone(micros) => micros << 2 | 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_comes_out_as_it_went_in() {
        for setting in [
            Setting::Ahead(0),
            Setting::Ahead(-5),
            Setting::Still(Timestamp::EPOCH),
            Setting::Still(Timestamp::MAX),
            Setting::Alone(-1),
            Setting::Alone(Timestamp::MAX.as_micros()),
        ] {
            assert_eq!(Clock::new(setting).setting(), setting);
        }
    }
}
