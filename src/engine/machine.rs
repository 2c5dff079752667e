//! The machine's own clock, the only place that reads it.
//!
//! Business time follows the sandbox clock; only access tokens, rate limits and log lines follow the machine's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime};

use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// Where the machine's time comes from.
#[derive(Clone, Debug)]
pub enum Machine {
    /// The operating system.
    System(Instant),
    /// A hand that tests move.
    Manual(ManualTime),
}

impl Machine {
    /// Reads the operating system's clocks from now on.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn system() -> Self {
        Self::System(Instant::now())
    }

    /// Returns the time of day.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn wall(&self) -> Timestamp {
        match self {
            Self::System(_) => {
                let since_epoch =
                    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(time) => time.now(),
        }
    }

    /// Returns the time that has passed since the start. It never goes back.
    #[must_use]
    pub fn elapsed(&self) -> Span {
        match self {
            Self::System(start) => {
                Span::from_micros(i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(time) => time.now().since(time.start),
        }
    }
}

/// A machine clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct ManualTime {
    start: Timestamp,
    now: Arc<AtomicI64>,
}

impl ManualTime {
    /// Makes a clock that stands at this time.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self { start, now: Arc::new(AtomicI64::new(start.as_micros())) }
    }

    /// Moves every clock that reads this one.
    pub fn advance(&self, by: Span) {
        self.now.fetch_add(by.as_micros(), Ordering::SeqCst);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }
}
