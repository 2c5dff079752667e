//! The journal: the last calls of the emulated API, each with its request and its answer.
//!
//! A call has a number, and its number chooses its place: the ring has one lock per place, so calls do not wait for each
//! other. What comes in is copied and nothing else; secrets are masked, bodies read and refusals explained when somebody
//! looks.

mod connections;
mod curl;
mod filter;
mod mask;
mod observed;
mod row;
mod snapshot;
mod view;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

pub(crate) use connections::{ConnectionRow, Connections, Reason, RefusedConnection, Via};
pub(crate) use curl::quoted;
pub(crate) use filter::Filter;
pub(crate) use row::{Call, Row};
pub use snapshot::RequestSnapshot;
pub(crate) use view::Summary;

use crate::domain::digits::Msn;
use crate::domain::time::Timestamp;
use crate::engine::Signal;

/// Shows a header's value, masked if it is a secret.
pub(crate) fn masked_header(name: &str, value: &str) -> String {
    mask::joined(mask::header(name, value))
}

/// The most rows that a journal can be told to keep.
pub const MAX_REQUESTS: usize = 1_000_000;

/// What stands before a call's number in its id.
pub(crate) const PREFIX: &str = "req-";

/// The last calls.
pub(crate) struct Journal {
    /// A call's number, modulo their count, is its place.
    places: Box<[Mutex<Option<Box<Row>>>]>,
    /// How many calls there were; the last one's number.
    calls: AtomicU64,
    /// Calls up to this number were cleared, also those that are still being answered.
    cleared: AtomicU64,
    /// Somebody waits for calls.
    changed: Signal,
    /// Connections that were refused.
    connections: connections::Kept,
}

impl Journal {
    /// Makes a journal of this many rows, at least 1 and at most [`MAX_REQUESTS`].
    pub(crate) fn new(rows: usize) -> Self {
        let rows = rows.clamp(1, MAX_REQUESTS);
        Self {
            places: (0..rows).map(|_| Mutex::default()).collect(),
            calls: AtomicU64::new(0),
            cleared: AtomicU64::new(0),
            changed: Signal::default(),
            connections: connections::Kept::default(),
        }
    }

    /// Returns how many calls it keeps.
    pub(crate) fn capacity(&self) -> usize {
        self.places.len()
    }

    /// Returns the number of the next call, from 1.
    pub(crate) fn next_number(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn place(&self, number: u64) -> MutexGuard<'_, Option<Box<Row>>> {
        let place = usize::try_from(number % self.places.len() as u64).unwrap_or_default();
        self.places[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a call that has been answered.
    pub(crate) fn keep(&self, number: u64, call: Call<'_>) {
        if number <= self.cleared.load(Ordering::Acquire) {
            return;
        }
        let mut place = self.place(number);
        let row = place.get_or_insert_with(Box::default);
        // A call that took long may find that its place went to a later one.
        if row.number > number {
            return;
        }
        row.fill(number, call);
        drop(place);
        self.changed.notify();
    }

    /// Keeps a connection that was refused; returns its row.
    pub(crate) fn keep_connection(&self, refused: RefusedConnection, at: Timestamp) -> ConnectionRow {
        self.connections.add(refused, at)
    }

    /// Returns the connections that were refused, the last one first.
    pub(crate) fn connections(&self) -> Connections {
        self.connections.list()
    }

    /// Forgets every call and connection, or the calls of one sales unit.
    pub(crate) fn clear(&self, msn: Option<Msn>) {
        let last = self.calls.load(Ordering::Acquire);
        if msn.is_none() {
            self.cleared.fetch_max(last, Ordering::AcqRel);
            self.connections.clear();
        }
        for place in &self.places {
            let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
            let goes = |row: &Row| row.number <= last && (msn.is_none() || row.msn == msn);
            if place.as_deref().is_some_and(goes) {
                *place = None;
            }
        }
        self.changed.notify();
    }

    /// Returns one call.
    pub(crate) fn find(&self, number: u64) -> Option<Row> {
        let kept = number > self.cleared.load(Ordering::Acquire);
        self.place(number).as_deref().filter(|row| kept && row.number == number).cloned()
    }

    /// Returns the calls that fit, newest first, at most `limit`.
    pub(crate) fn list(&self, filter: &Filter, limit: usize) -> Vec<Row> {
        self.search(filter, &|_| true, limit)
    }

    /// Returns the calls that fit and that `keep` takes, newest first, at most `limit`.
    pub(crate) fn search(&self, filter: &Filter, keep: &dyn Fn(&Row) -> bool, limit: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        self.visit(|row| {
            if filter.fits(row) && keep(row) {
                rows.push(row.clone());
            }
            rows.len() < limit
        });
        rows
    }

    /// Counts the calls that fit, up to `limit`.
    pub(crate) fn count(&self, filter: &Filter, limit: usize) -> usize {
        let mut count = 0;
        self.visit(|row| {
            count += usize::from(filter.fits(row));
            count < limit
        });
        count
    }

    /// Returns how many calls there were that it no longer has, of those that nobody cleared.
    pub(crate) fn forgotten(&self) -> u64 {
        let last = self.calls.load(Ordering::Acquire);
        last.saturating_sub(self.places.len() as u64).saturating_sub(self.cleared.load(Ordering::Acquire))
    }

    /// Shows the calls to `look`, newest first, until it has seen enough.
    fn visit(&self, mut look: impl FnMut(&Row) -> bool) {
        let last = self.calls.load(Ordering::Acquire);
        let first = last.saturating_sub(self.places.len() as u64).max(self.cleared.load(Ordering::Acquire));
        for number in (first + 1..=last).rev() {
            let place = self.place(number);
            if let Some(row) = place.as_deref().filter(|row| row.number == number)
                && !look(row)
            {
                return;
            }
        }
    }

    /// Wakes everyone who watches, so that those who have gone are forgotten.
    pub(crate) fn wake(&self) {
        self.changed.notify();
    }

    /// Wakes this one when the journal has changed.
    pub(crate) fn watch(&self, waker: &Waker) {
        self.changed.watch(waker);
    }
}

/// Reads a call's number from its id.
pub(crate) fn number_of(id: &str) -> Option<u64> {
    id.strip_prefix(PREFIX)?.parse().ok()
}
