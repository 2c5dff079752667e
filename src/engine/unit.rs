//! A sales unit in memory: its settings, its clock, its stream of identifiers, and the list of its payments.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use uuid::Uuid;

use super::clock::{Clock, Setting};
use super::create_key::RefusedCreate;
use super::ids::Ids;
use super::slot::Slot;
use super::webhooks::{Hook, Hooks};
use crate::domain::digits::Msn;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::time::Timestamp;

/// A sales unit in memory.
pub struct Unit {
    /// The merchant serial number.
    pub msn: Msn,
    /// The unit's number among all that ever were; tables use it instead of the MSN.
    pub(super) number: u64,
    settings: RwLock<Arc<SalesUnit>>,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) authorised: AtomicU64,
    gone: AtomicBool,
    /// The registrations for webhooks.
    pub(super) hooks: Hooks,
    /// How many webhooks are due or on their way.
    pub(super) under_way: AtomicUsize,
    book: Mutex<Book>,
    /// Held by whoever writes the unit down, so that it is not emptied meanwhile.
    pub(super) whole: RwLock<()>,
}

/// The unit's payments in order, and its timers.
#[derive(Default)]
pub(super) struct Book {
    /// Every payment by its number, oldest first. Those that were dropped leave a gap behind.
    pub(super) payments: VecDeque<(u64, Weak<Slot>)>,
    /// Payments that came to an end, in the order in which they did.
    pub(super) finished: VecDeque<Weak<Slot>>,
    /// Payments with which customers consented to share something, by their `sub`, in the order of the consents.
    consents: VecDeque<(Uuid, Weak<Slot>)>,
    /// When something happens by itself. Entries that no longer hold are passed over when they come up.
    pub(super) timers: BinaryHeap<Reverse<Timer>>,
    /// Refused creates that are remembered, oldest first.
    pub(super) refused: VecDeque<Weak<RefusedCreate>>,
    /// How many of `payments` are gaps.
    pub(super) gaps: usize,
    /// How long `timers` may grow before entries of payments that are gone are swept out.
    sweep_at: usize,
    /// How long `consents` may grow before the same happens to it.
    sweep_consents_at: usize,
}

/// An entry of the timer list: look at this one at this time.
pub(super) struct Timer {
    pub(super) at: Timestamp,
    /// The payment's number. Webhooks come after the payments of the same time.
    pub(super) number: u64,
    pub(super) due: Due,
}

/// What to look at.
#[derive(Clone)]
pub(super) enum Due {
    Payment(Weak<Slot>),
    Hook(Weak<Hook>),
}

impl Due {
    fn is_there(&self) -> bool {
        match self {
            Self::Payment(slot) => slot.strong_count() > 0,
            Self::Hook(hook) => hook.strong_count() > 0,
        }
    }
}

impl Unit {
    pub(super) fn new(number: u64, settings: SalesUnit, ids: Ids) -> Self {
        Self {
            msn: settings.msn,
            number,
            settings: RwLock::new(Arc::new(settings)),
            clock: Clock::new(Setting::Ahead(0)),
            ids,
            authorised: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            hooks: Hooks::default(),
            under_way: AtomicUsize::new(0),
            book: Mutex::default(),
            whole: RwLock::default(),
        }
    }

    /// Returns the settings as they are now.
    #[must_use]
    pub fn settings(&self) -> Arc<SalesUnit> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_settings(&self, settings: SalesUnit) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// Locks the list of payments. Nothing else is locked while it is.
    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the unit is no longer one of the sandbox. Whoever still holds it takes back what they put into the tables.
    pub(super) fn retire(&self) {
        self.gone.store(true, Ordering::Release);
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Returns how many payments the unit has authorised so far.
    #[must_use]
    pub fn authorised(&self) -> u64 {
        self.authorised.load(Ordering::Acquire)
    }

    /// Returns how many payments the unit has.
    #[must_use]
    pub fn payment_count(&self) -> u64 {
        let book = self.book();
        book.payments.len().saturating_sub(book.gaps) as u64
    }

    /// Forgets all payments. The tables that own them are the engine's.
    pub(super) fn empty(&self) -> Book {
        self.authorised.store(0, Ordering::Release);
        std::mem::take(&mut *self.book())
    }
}

impl Book {
    /// Returns the time of the earliest entry, whether it still holds or not.
    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.peek().map(|Reverse(timer)| timer.at)
    }

    /// Puts a timer on the list. On a clock that stands still nothing ever comes up, so entries of payments that are gone
    /// are swept out whenever the list has doubled.
    pub(super) fn add_timer(&mut self, timer: Timer) {
        if self.timers.len() >= self.sweep_at.max(1024) {
            self.timers.retain(|Reverse(timer)| timer.due.is_there());
            self.sweep_at = self.timers.len() * 2;
        }
        self.timers.push(Reverse(timer));
    }

    /// Enters a payment in the order of numbers. Creates that run at the same time may come in another.
    pub(super) fn add_payment(&mut self, slot: &Arc<Slot>) {
        let later = self.payments.iter().rev().take_while(|(number, _)| *number > slot.number).count();
        let place = self.payments.len() - later;
        self.payments.insert(place, (slot.number, Arc::downgrade(slot)));
    }

    /// Notes that a customer has consented to share something. Payments that are gone are swept out whenever the list has
    /// doubled.
    pub(super) fn note_consent(&mut self, sub: Uuid, slot: &Arc<Slot>) {
        if self.consents.len() >= self.sweep_consents_at.max(1024) {
            self.consents.retain(|(_, slot)| slot.strong_count() > 0);
            self.sweep_consents_at = self.consents.len() * 2;
        }
        self.consents.push_back((sub, Arc::downgrade(slot)));
    }

    /// Returns the payments with which this customer consented, the latest first.
    pub(super) fn consents_to(&self, sub: Uuid) -> impl Iterator<Item = Arc<Slot>> {
        let of_sub = self.consents.iter().rev().filter(move |(known, _)| *known == sub);
        of_sub.filter_map(|(_, slot)| slot.upgrade())
    }

    /// Closes the gaps once they are half of the list.
    pub(super) fn leave_gap(&mut self) {
        self.gaps += 1;
        if self.gaps > 64 && self.gaps * 2 > self.payments.len() {
            self.payments.retain(|(_, slot)| slot.strong_count() > 0);
            self.gaps = 0;
        }
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By time, then by the order of creation.
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
