//! The whole state taken down as plain data, and put back.
//!
//! State is what decides how the sandbox goes on: sales units with their settings, clocks, streams of identifiers, payments,
//! answers to keys, webhooks and what waits for them; users; access tokens. The journals, the windows of the rate limits
//! and the settings of the process are not.

mod baseline;
#[cfg(feature = "cli")]
mod file;
mod put_back;
mod take_down;

use std::sync::atomic::Ordering;

use super::Engine;
use super::clock::Setting;
use crate::document::ClockData;

impl Engine {
    /// Says that something may have changed: calls from outside say it when they are done, timers and the courier too.
    pub(crate) fn touch(&self) {
        // Mostly it is known already, and then the line of memory stays with everybody.
        if !self.touched.load(Ordering::Relaxed) {
            self.touched.store(true, Ordering::Release);
        }
    }
}

impl From<Setting> for ClockData {
    fn from(setting: Setting) -> Self {
        match setting {
            Setting::Ahead(micros) => Self::Ahead(micros),
            Setting::Still(at) => Self::Still(at),
            Setting::Alone(micros) => Self::Alone(micros),
        }
    }
}

impl From<ClockData> for Setting {
    fn from(data: ClockData) -> Self {
        match data {
            ClockData::Ahead(micros) => Self::Ahead(micros),
            ClockData::Still(at) => Self::Still(at),
            ClockData::Alone(micros) => Self::Alone(micros),
        }
    }
}
