//! The last moves of the clocks, for those who read what happened in order.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{ClockReading, Engine, Mode, Unit};
use crate::domain::digits::Msn;
use crate::domain::time::Timestamp;

/// How many moves are remembered. The oldest go first.
const MAX_MOVES: usize = 200;

/// A clock that was moved or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockMove {
    /// The sales unit; `None` when all clocks were.
    pub(crate) msn: Option<Msn>,
    /// What it showed before.
    pub(crate) from: Timestamp,
    /// What it showed then.
    pub(crate) to: Timestamp,
    /// Whether it runs from then on.
    pub(crate) mode: Mode,
}

/// The moves, the oldest first.
#[derive(Default)]
pub(super) struct ClockMoves(Mutex<VecDeque<ClockMove>>);

impl ClockMoves {
    fn list(&self) -> MutexGuard<'_, VecDeque<ClockMove>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a sales unit's moves, or all.
    pub(super) fn clear(&self, msn: Option<Msn>) {
        self.list().retain(|one| msn.is_some() && one.msn != msn);
    }
}

impl Engine {
    /// Remembers that a clock was moved or set. `before` is what it showed.
    pub(super) fn note_move(&self, unit: Option<&Unit>, before: ClockReading, to: Timestamp) {
        let mode = self.read_clock(unit).mode;
        let msn = unit.map(|unit| unit.msn);
        let mut moves = self.moves.list();
        moves.push_back(ClockMove { msn, from: before.now, to, mode });
        if moves.len() > MAX_MOVES {
            moves.pop_front();
        }
    }

    /// Returns the moves, the newest first: those of all clocks and, with a unit, those of its own.
    pub(crate) fn clock_moves(&self, unit: Option<&Unit>) -> Vec<ClockMove> {
        let msn = unit.map(|unit| unit.msn);
        let is_meant = |one: &&ClockMove| msn.is_none() || one.msn.is_none() || one.msn == msn;
        self.moves.list().iter().rev().filter(is_meant).copied().collect()
    }

    /// Returns when the next timer goes off, by the clock of the unit or by the global one.
    pub(crate) fn next_timer(&self, unit: Option<&Unit>) -> Option<Timestamp> {
        self.until_next_timer(unit).map(|left| self.read_clock(unit).now + left)
    }
}
