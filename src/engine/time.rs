//! Time: what is due, and moving the clocks.
//!
//! Everything that time brings about happens at its own due time, whether somebody looks, the driver wakes, or the
//! clock jumps past it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use serde::Serialize;
use thiserror::Error;

use super::clock::{ClockReading, Mode, Setting};
use super::jump::Fired;
use super::slot::{Record, Slot};
use super::unit::{Due, Unit};
use super::{Engine, Kind, baseline_clock};
use crate::domain::digits::Msn;
use crate::domain::payment::{State, TimerKind};
use crate::domain::span::Span;
use crate::domain::time::{Rfc3339, Timestamp};

/// Where a jump goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// Forward by this much.
    By(Span),
    /// To this time.
    To(Timestamp),
    /// To the next timer.
    ToNext,
}

/// Why a clock cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClockError {
    /// Time never goes back.
    #[error("the clock already shows {now}; time never goes back")]
    InThePast {
        /// What the clock shows.
        now: Timestamp,
    },
    /// The calendar ends.
    #[error("the clock cannot go beyond {}", Timestamp::MAX)]
    TooFar,
    /// There is nothing to go to.
    #[error("no timer is set, so there is no next one to go to")]
    NoTimer,
}

impl Engine {
    /// Returns the sandbox time of a sales unit.
    pub(crate) fn now(&self, unit: &Unit) -> Timestamp {
        unit.clock.now(|| self.global_now(), &self.settings.machine)
    }

    fn global_now(&self) -> Timestamp {
        self.clock.now(|| self.settings.machine.wall(), &self.settings.machine)
    }

    /// Reads the clock of a unit, or the global one.
    pub(crate) fn read_clock(&self, unit: Option<&Unit>) -> ClockReading {
        let (now, mode) = match unit {
            None => (self.global_now(), self.global_mode()),
            Some(unit) => {
                let mode = match unit.clock.setting() {
                    Setting::Ahead(_) => self.global_mode(),
                    Setting::Still(_) => Mode::Frozen,
                    Setting::Alone(_) => Mode::Real,
                };
                (self.now(unit), mode)
            }
        };
        let own = unit.map_or(Setting::Ahead(0), |unit| unit.clock.setting());
        let ahead_micros = match (own, self.clock.setting()) {
            (Setting::Ahead(own), Setting::Ahead(global)) => own + global,
            (Setting::Alone(own), _) => own,
            _ => now.as_micros() - self.settings.machine.wall().as_micros(),
        };
        ClockReading { now, mode, ahead_micros }
    }

    fn global_mode(&self) -> Mode {
        match self.clock.setting() {
            Setting::Still(_) => Mode::Frozen,
            Setting::Ahead(_) | Setting::Alone(_) => Mode::Real,
        }
    }

    /// Returns the time that tokens are stamped with: the global sandbox clock when it is frozen, else the machine's.
    pub(crate) fn token_time(&self) -> Timestamp {
        match self.clock.setting() {
            Setting::Still(at) => at,
            _ => self.settings.machine.wall(),
        }
    }

    /// Lets everything happen to a payment that is due by now.
    pub(super) fn settle(&self, slot: &Arc<Slot>, record: &mut Record) {
        let now = self.now(&slot.unit);
        while let Some((at, kind)) = slot.payment(record).next_timer()
            && at <= now
        {
            self.fire(slot, record, at, kind);
        }
    }

    fn fire(&self, slot: &Arc<Slot>, record: &mut Record, at: Timestamp, kind: TimerKind) {
        // Only a reset puts clocks back, but a unit's payments may be read while it happens.
        let at = at.max(record.course.last_event_at());
        self.jump.note(slot.unit.msn, Some(slot.order.reference()), at, kind.into());
        match kind {
            TimerKind::Customer | TimerKind::BankAnswer => {
                self.run_script(slot, record, at);
                if slot.payment(record).state() == State::Created {
                    self.schedule(slot, record);
                }
            }
            TimerKind::Expiry => {
                let decision = slot.payment(record).expire();
                self.expire(slot, record, decision, at);
            }
            TimerKind::CaptureDeadline => {
                let decision = slot.payment(record).release();
                self.commit(slot, record, decision, at, None);
            }
        }
        self.touch();
    }

    /// Takes the unit's earliest timers up to `until` off the list and lets each happen. Entries that no longer hold
    /// are dropped.
    fn fire_due(&self, unit: &Unit, until: Timestamp) {
        loop {
            let due = {
                let mut book = unit.book();
                match book.timers.peek() {
                    Some(Reverse(timer)) if timer.at <= until => {}
                    _ => return,
                }
                book.timers.pop().map(|Reverse(timer)| timer.due)
            };
            let slot = match due {
                Some(Due::Payment(slot)) => slot.upgrade(),
                Some(Due::Hook(hook)) => {
                    if let Some(hook) = hook.upgrade() {
                        self.hook_is_due(unit, &hook, until);
                    }
                    continue;
                }
                None => continue,
            };
            let Some(slot) = slot else { continue };
            let mut record = slot.lock();
            while let Some((at, kind)) = slot.payment(&record).next_timer()
                && at <= until
            {
                self.fire(&slot, &mut record, at, kind);
            }
        }
    }

    /// Lets everything happen that is due by now, in every unit. Returns in how much machine time to look again.
    pub(crate) fn tick(&self) -> Option<Span> {
        // A jump does this work itself, in order over all units.
        let Ok(_travel) = self.travel.try_lock() else { return Some(Span::ZERO) };
        // Until it is known how long the driver sleeps, every new timer wakes it.
        self.asleep_until.store(i64::MAX, Ordering::Release);
        let mut next: Option<Timestamp> = None;
        for unit in self.units.all() {
            self.fire_due(&unit, self.now(&unit));
            let due = unit.book().next_timer().map(|at| self.machine_time_of(&unit, at));
            next =
                next.into_iter().chain(due.filter(|due| *due < i64::MAX).map(Timestamp::from_micros)).min();
        }
        self.asleep_until.store(next.map_or(i64::MAX, Timestamp::as_micros), Ordering::Release);
        next.map(|at| at.since(self.settings.machine.wall()))
    }

    /// Wakes this one when [`Engine::tick`] should be called earlier than it said.
    pub(crate) fn watch_timers(&self, waker: &Waker) {
        self.rescheduled.watch(waker);
    }

    /// Translates a unit's time to the machine's, in microseconds; never, when the unit's clock stands still.
    pub(super) fn machine_time_of(&self, unit: &Unit, at: Timestamp) -> i64 {
        let reading = self.read_clock(Some(unit));
        match reading.mode {
            Mode::Frozen => i64::MAX,
            Mode::Real => at.as_micros().saturating_sub(reading.ahead_micros),
        }
    }

    /// Sets whether a clock runs, and moves it forward if asked. Without a unit, the global clock and all units': each
    /// keeps its own time.
    ///
    /// # Errors
    ///
    /// When the time asked for is in the past.
    pub(crate) fn set_clock(
        &self,
        unit: Option<&Unit>,
        mode: Option<Mode>,
        to: Option<Timestamp>,
    ) -> Result<Vec<Fired>, ClockError> {
        let travel = self.travel.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.read_clock(unit);
        let now = before.now;
        if to.is_some_and(|to| to < now) {
            return Err(ClockError::InThePast { now });
        }
        // Freezing comes before the jump and starting after it, so that the clock shows exactly the time asked for.
        if mode == Some(Mode::Frozen) {
            self.set_mode(unit, Mode::Frozen);
        }
        let fired = to.map(|to| self.jump(unit, now, to)).unwrap_or_default();
        if mode == Some(Mode::Real) {
            self.set_mode(unit, Mode::Real);
        }
        self.note_move(unit, before, to.unwrap_or(now));
        drop(travel);
        self.touch();
        self.rescheduled.notify();
        self.tell_clock(unit);
        Ok(fired)
    }

    fn set_mode(&self, unit: Option<&Unit>, mode: Mode) {
        let wall = self.settings.machine.wall();
        match unit {
            Some(unit) => {
                let now = self.now(unit);
                unit.clock.set(match mode {
                    Mode::Frozen => Setting::Still(now),
                    Mode::Real if self.global_mode() == Mode::Real => {
                        Setting::Ahead(now.as_micros() - self.global_now().as_micros())
                    }
                    Mode::Real => Setting::Alone(now.as_micros() - wall.as_micros()),
                });
            }
            None => {
                let units = self.units.all();
                let times: Vec<_> = units.iter().map(|unit| self.now(unit)).collect();
                let now = self.global_now();
                self.clock.set(match mode {
                    Mode::Frozen => Setting::Still(now),
                    Mode::Real => Setting::Ahead(now.as_micros() - wall.as_micros()),
                });
                for (unit, time) in units.iter().zip(times) {
                    unit.clock.set(Setting::Ahead(time.as_micros() - now.as_micros()));
                }
            }
        }
    }

    /// Moves a unit's clock, or every clock, and lets each timer on the way happen at its own time, in order.
    ///
    /// # Errors
    ///
    /// When the jump would go back or beyond the calendar, or there is no timer to go to.
    pub(crate) fn advance(&self, unit: Option<&Unit>, jump: Jump) -> Result<Vec<Fired>, ClockError> {
        let travel = self.travel.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.read_clock(unit);
        let now = before.now;
        let to = match jump {
            Jump::To(to) => to,
            Jump::By(span) if now.as_micros() + span.as_micros() > Timestamp::MAX.as_micros() => {
                return Err(ClockError::TooFar);
            }
            Jump::By(span) => now + span,
            Jump::ToNext => now + self.until_next_timer(unit).ok_or(ClockError::NoTimer)?,
        };
        if to < now {
            return Err(ClockError::InThePast { now });
        }
        let fired = self.jump(unit, now, to);
        self.note_move(unit, before, to);
        drop(travel);
        self.touch();
        self.rescheduled.notify();
        self.tell_clock(unit);
        Ok(fired)
    }

    /// How far ahead the next timer is that still holds.
    pub(super) fn until_next_timer(&self, unit: Option<&Unit>) -> Option<Span> {
        let all = match unit {
            Some(_) => Vec::new(),
            None => self.units.all(),
        };
        let units = unit.into_iter().chain(all.iter().map(|unit| &**unit));
        units.filter_map(|unit| self.next_real_timer(unit).map(|at| at.since(self.now(unit)))).min()
    }

    /// Returns the unit's earliest timer that still holds, and drops those before it that do not.
    fn next_real_timer(&self, unit: &Unit) -> Option<Timestamp> {
        loop {
            let (at, due) = {
                let book = unit.book();
                let Reverse(timer) = book.timers.peek()?;
                (timer.at, timer.due.clone())
            };
            let holds = match &due {
                Due::Payment(slot) => slot.upgrade().is_some_and(|slot| {
                    let record = slot.lock();
                    slot.payment(&record).next_timer().is_some_and(|(next, _)| next == at)
                }),
                Due::Hook(hook) => hook.upgrade().is_some_and(|hook| hook.has_timer(at)),
            };
            if holds {
                return Some(at);
            }
            let mut book = unit.book();
            if book.next_timer() == Some(at) {
                book.timers.pop();
            }
            drop(book);
            if let Due::Hook(hook) = due
                && let Some(hook) = hook.upgrade()
            {
                self.set_timer_anew(unit, &hook);
            }
        }
    }

    /// Moves a clock, or all of them, and lets each timer on the way happen. A clock that runs ends up exactly this much
    /// further ahead of the machine's time, however long the jump takes.
    fn jump(&self, unit: Option<&Unit>, from: Timestamp, to: Timestamp) -> Vec<Fired> {
        // What earlier calls caused goes out by the clock as it was.
        self.outgoing.wait_until_quiet(unit.map(|unit| &unit.under_way));
        self.jump.begin(unit.map(|unit| unit.msn));
        match unit {
            Some(unit) => self.jump_one(unit, to, to.since(from)),
            None => self.jump_all(to, to.since(from)),
        }
        self.jump.end()
    }

    fn jump_one(&self, unit: &Unit, to: Timestamp, mut left: Span) {
        while let Some(at) = self.next_real_timer(unit).filter(|at| *at <= to) {
            let step = at.since(self.now(unit)).min(left);
            unit.clock.forward(step);
            left = left.less(step);
            self.fire_due(unit, at);
            self.outgoing.wait_until_quiet(Some(&unit.under_way));
        }
        unit.clock.forward(left);
    }

    /// Moves the global clock, and with it every unit's; units that stand still on their own move by as much.
    fn jump_all(&self, to: Timestamp, mut left: Span) {
        let units = self.units.all();
        // What is due next in each unit, by how far the global clock has to go for it.
        let mut agenda: BTreeSet<(Timestamp, usize)> = BTreeSet::new();
        let enter = |agenda: &mut BTreeSet<_>, place: usize| {
            let unit = &units[place];
            if let Some(at) = self.next_real_timer(unit) {
                agenda.insert((self.global_now() + at.since(self.now(unit)), place));
            }
        };
        for place in 0..units.len() {
            enter(&mut agenda, place);
        }
        while let Some((at, place)) = agenda.pop_first().filter(|(at, _)| *at <= to) {
            let step = at.since(self.global_now()).min(left);
            self.move_all(&units, step);
            left = left.less(step);
            let unit = &units[place];
            let Some(due) = self.next_real_timer(unit) else { continue };
            if due <= self.now(unit) || left == Span::ZERO {
                self.fire_due(unit, due);
                self.outgoing.wait_until_quiet(None);
            }
            enter(&mut agenda, place);
        }
        self.move_all(&units, left);
    }

    fn move_all(&self, units: &[Arc<Unit>], by: Span) {
        if by == Span::ZERO {
            return;
        }
        self.clock.forward(by);
        for unit in units.iter().filter(|unit| !matches!(unit.clock.setting(), Setting::Ahead(_))) {
            unit.clock.forward(by);
        }
    }

    /// Puts the global clock back to where it was at the start. Payments keep their times: nothing happens to them
    /// before their last event.
    pub(crate) fn reset_clock(&self, unit: Option<&Unit>) {
        let travel = self.travel.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.read_clock(unit);
        match unit {
            Some(unit) => unit.clock.set(Setting::Ahead(0)),
            None => {
                self.clock.set(baseline_clock(&self.settings));
                for unit in self.units.all() {
                    unit.clock.set(Setting::Ahead(0));
                }
            }
        }
        self.note_move(unit, before, self.read_clock(unit).now);
        drop(travel);
        self.rescheduled.notify();
        self.tell_clock(unit);
    }

    /// Tells those who listen what a clock shows after it was moved or set.
    fn tell_clock(&self, unit: Option<&Unit>) {
        let msn = unit.map(|unit| unit.msn);
        self.live.tell(Kind::Clock, msn, || {
            let ClockReading { now, mode, .. } = self.read_clock(unit);
            serde_json::to_string(&ClockTold { now: now.rfc3339(3), msn, mode: mode.word() }).ok()
        });
    }
}

/// What the live stream tells of a clock.
#[derive(Serialize)]
struct ClockTold {
    now: Rfc3339,
    /// The sales unit; `None` for the global clock.
    msn: Option<Msn>,
    mode: &'static str,
}
