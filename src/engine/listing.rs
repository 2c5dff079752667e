//! Lists of payments, newest first, and looking without touching.

use std::sync::Arc;

use super::Engine;
use super::slot::Slot;
use super::unit::Unit;
use crate::domain::digits::Msn;
use crate::domain::explain::Facts;
use crate::domain::payment::{Payment, Phase, State};
use crate::domain::text::is_reference;

/// In how many sales units a reference is looked for that its own does not have, and how many are named.
pub(super) const MAX_LOOKED_AT: usize = 1_000;
pub(super) const MAX_NAMED: usize = 3;

/// One page of a list.
pub struct Page {
    /// The payments, newest first.
    pub slots: Vec<Arc<Slot>>,
    /// Where the next page begins, if there is one.
    pub next: Option<u64>,
}

/// Where payments are looked for, or waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Payments in this public state.
    State(State),
    /// Payments in this phase.
    Phase(Phase),
}

impl From<State> for Seen {
    fn from(state: State) -> Self {
        Self::State(state)
    }
}

impl From<Phase> for Seen {
    fn from(phase: Phase) -> Self {
        Self::Phase(phase)
    }
}

impl Seen {
    /// Returns the word of the state or phase.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::State(state) => state.word(),
            Self::Phase(phase) => phase.word(),
        }
    }

    /// Reads the word of a state or a phase, in either case. AUTHORIZED, which is both, is the state here.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let states = [State::Created, State::Aborted, State::Expired, State::Authorized, State::Terminated];
        let state = states.into_iter().find(|state| state.word().eq_ignore_ascii_case(word)).map(Self::State);
        state.or_else(|| Phase::parse(word).map(Self::Phase))
    }

    /// Returns whether a payment is there.
    #[must_use]
    pub fn fits(self, payment: Payment<'_>) -> bool {
        match self {
            Self::State(state) => payment.state() == state,
            Self::Phase(phase) => payment.course.standing().phase() == phase,
        }
    }
}

impl Engine {
    /// Lists payments, newest first: at most `limit`, from before the payment numbered `before`.
    pub(crate) fn list(
        &self,
        unit: Option<&Unit>,
        keep: &dyn Fn(Payment<'_>) -> bool,
        limit: usize,
        before: Option<u64>,
    ) -> Page {
        let units = match unit {
            Some(_) => Vec::new(),
            None => self.units.all(),
        };
        let units: Vec<&Unit> = unit.into_iter().chain(units.iter().map(|unit| &**unit)).collect();
        let mut heads: Vec<(u64, usize)> = units
            .iter()
            .enumerate()
            .filter_map(|(place, unit)| newest(unit, before).map(|at| (at, place)))
            .collect();
        let mut slots = Vec::new();
        // One more than asked for tells whether there is a next page.
        while let Some((position, &(number, place))) =
            heads.iter().enumerate().max_by_key(|(_, (number, _))| *number)
        {
            match newest(units[place], Some(number)) {
                Some(following) => heads[position].0 = following,
                None => drop(heads.swap_remove(position)),
            }
            let Some(slot) = slot_of(units[place], number) else { continue };
            if self.read(&slot, keep) {
                slots.push(slot);
            }
            if slots.len() > limit {
                break;
            }
        }
        let more = slots.len() > limit;
        slots.truncate(limit);
        let next = slots.last().filter(|_| more).map(|slot| slot.number);
        Page { slots, next }
    }

    /// Looks where a reference could be that a sales unit does not have: in another spelling, or in another unit.
    pub(super) fn elsewhere(&self, unit: &Unit, reference: &str) -> Facts {
        let place = (unit.number, reference);
        let spelled =
            self.payments.lock(place).find_misspelt(place).map(|slot| slot.order.reference().into());
        let units = if is_reference(reference) {
            self.units.some(MAX_LOOKED_AT, |other| self.find(other, reference).is_some(), MAX_NAMED)
        } else {
            Vec::new()
        };
        Facts::Elsewhere { spelled, units }
    }

    /// Finds a payment by MSN and reference, without making a unit.
    pub(crate) fn find_by_msn(&self, msn: Msn, reference: &str) -> Option<Arc<Slot>> {
        self.find(&*self.units.get(msn)?, reference)
    }

    /// Returns every sales unit, by MSN.
    pub(crate) fn units(&self) -> Vec<Arc<Unit>> {
        self.units.all()
    }

    /// Returns a sales unit, if there is one.
    pub(crate) fn unit(&self, msn: Msn) -> Option<Arc<Unit>> {
        self.units.get(msn)
    }
}

/// The number of the unit's newest payment before another.
fn newest(unit: &Unit, before: Option<u64>) -> Option<u64> {
    let book = unit.book();
    let end = before
        .map_or(book.payments.len(), |before| book.payments.partition_point(|(number, _)| *number < before));
    let (number, _) = book.payments.get(end.checked_sub(1)?)?;
    Some(*number)
}

fn slot_of(unit: &Unit, number: u64) -> Option<Arc<Slot>> {
    let book = unit.book();
    let place = book.payments.partition_point(|(known, _)| *known < number);
    book.payments.get(place)?.1.upgrade()
}
