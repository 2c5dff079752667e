//! What tests asked for, be it faults or races: numbered, oldest first, of one sales unit or of whichever comes.

use std::collections::VecDeque;

use crate::domain::digits::Msn;

/// How many of a kind the sandbox holds. Those that are over go first.
pub(super) const MAX_ASKED: usize = 1_000;

/// Something that was asked for.
pub(super) trait Asked {
    /// Returns the sales unit that it is for; `None` when it is for all.
    fn msn(&self) -> Option<Msn>;

    /// Returns whether nothing more will come of it.
    fn is_over(&self) -> bool;
}

/// All of a kind.
#[derive(Debug)]
pub(super) struct List<T> {
    all: VecDeque<T>,
    added: u64,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { all: VecDeque::new(), added: 0 }
    }
}

impl<T: Asked + Clone> List<T> {
    /// Adds the one that `make` makes of its number, and returns it; `None` when there is no room.
    pub(super) fn add(&mut self, make: impl FnOnce(u64) -> T) -> Option<T> {
        if self.all.len() >= MAX_ASKED {
            let over = self.all.iter().position(T::is_over)?;
            self.all.remove(over);
        }
        self.added += 1;
        let one = make(self.added);
        self.all.push_back(one.clone());
        Some(one)
    }

    /// Returns those that are not over.
    pub(super) fn live(&self) -> impl Iterator<Item = &T> {
        self.all.iter().filter(|one| !one.is_over())
    }

    /// Lends all of them for changes, oldest first.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.all.iter_mut()
    }

    /// Returns those of a sales unit, or all.
    pub(super) fn of(&self, msn: Option<Msn>) -> Vec<T> {
        self.all.iter().filter(|one| is_meant(*one, msn)).cloned().collect()
    }

    /// Removes those of a sales unit, or all.
    pub(super) fn clear(&mut self, msn: Option<Msn>) {
        self.all.retain(|one| !is_meant(one, msn));
    }

    /// Removes the one that this is, of this sales unit if one is named. Returns whether there was one.
    pub(super) fn remove(&mut self, msn: Option<Msn>, is_it: impl Fn(&T) -> bool) -> bool {
        let count = self.all.len();
        self.all.retain(|one| !is_it(one) || !is_meant(one, msn));
        self.all.len() < count
    }
}

fn is_meant(one: &impl Asked, msn: Option<Msn>) -> bool {
    msn.is_none() || one.msn() == msn
}
