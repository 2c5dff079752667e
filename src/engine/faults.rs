//! The faults that were asked for: who is struck, how often, and the dice.
//!
//! Without faults a call costs one load. Each sales unit's faults throw dice of their own, so that with a seed they
//! repeat whatever other units do, and draw nothing from the streams of identifiers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::asked::{self, Asked};
use super::ids::{Ids, TraceId};
use super::{Engine, ManageError, Refusal, Unit};
use crate::domain::digits::Msn;
use crate::domain::errors::ErrorCode;
use crate::domain::fault::{Effect, Fault, Mentions, Spoil, Words};
use crate::domain::operation::Operation;
use crate::domain::payment::{Payment, State};
use crate::domain::span::Span;

/// How many bytes of noise a broken connection gets.
const NOISE: usize = 48;

/// A fault and what it has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedFault {
    number: u64,
    /// The fault.
    pub fault: Fault,
    /// How many calls it has matched so far, those that it skipped or spared included. Counts until it is used up.
    pub matched: u64,
    /// How many calls it has struck so far.
    pub acted: u64,
}

/// A fault that strikes one call, its dice thrown.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    /// The fault's number; `None` when the request itself asked.
    number: Option<u64>,
    /// How long the answer is held back.
    pub(crate) delay: Option<Span>,
    /// What comes instead of the answer.
    pub(crate) spoil: Option<Spoil>,
    /// Whether the operation is carried out before its answer is spoilt.
    pub(crate) commit: bool,
    /// For a connection that ends in noise.
    pub(crate) noise: [u8; NOISE],
    trace: TraceId,
}

/// The faults.
#[derive(Default)]
pub(super) struct Faults {
    /// How many faults still act.
    live: AtomicUsize,
    /// How many of these look at more of a call than its operation and sales unit.
    looking: AtomicUsize,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    faults: asked::List<ListedFault>,
    dice: HashMap<Msn, Ids>,
}

impl ListedFault {
    /// Returns the fault's name: `fault-1`, `fault-2`, …
    #[must_use]
    pub fn id(&self) -> String {
        name(self.number)
    }
}

impl Asked for ListedFault {
    fn msn(&self) -> Option<Msn> {
        self.fault.matching.msn
    }

    fn is_over(&self) -> bool {
        self.fault.times.is_some_and(|times| self.acted >= times)
    }
}

fn name(number: u64) -> String {
    format!("fault-{number}")
}

impl Strike {
    fn throw(number: Option<u64>, effect: Effect, dice: &Ids) -> Self {
        let Effect { delay, spoil, commit } = effect;
        let delay = delay.map(|delay| delay.span(|| dice.chance()));
        let mut noise = [0; NOISE];
        dice.fill(&mut noise);
        Self { number, delay, spoil, commit, noise, trace: dice.trace() }
    }

    /// Returns the name of the fault; `request` when the request itself asked.
    #[must_use]
    pub fn id(&self) -> String {
        self.number.map_or_else(|| "request".to_owned(), name)
    }

    /// Says why the answer is what it is; `None` when it is only late.
    pub(crate) fn explain(&self) -> Option<String> {
        self.spoil?;
        let who = self
            .number
            .map_or_else(|| "The request itself".to_owned(), |number| format!("The fault {}", name(number)));
        let what = if self.commit { "was carried out before" } else { "was not carried out" };
        Some(format!("{who} asked for this answer. The operation {what}."))
    }

    /// Refuses with an error of the catalogue. The trace id comes from the dice, so that the identifiers that follow are
    /// those that would have come without the fault.
    pub(crate) fn refuse(&self, code: ErrorCode, words: &Words<'_>) -> Refusal {
        Refusal { rejection: words.refuse(code), trace: self.trace, replayed: false }
    }
}

impl Faults {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the two counters true. The list stays locked meanwhile.
    fn count(&self, list: &List) {
        self.live.store(list.faults.live().count(), Ordering::Relaxed);
        let looking = list.faults.live().filter(|listed| listed.fault.matching.looks_inside()).count();
        self.looking.store(looking, Ordering::Relaxed);
    }

    /// Removes the faults of a sales unit, or all.
    pub(super) fn clear(&self, msn: Option<Msn>) {
        let mut list = self.list();
        list.faults.clear(msn);
        self.count(&list);
    }

    /// Lets the dice of a sales unit, or of all, begin anew.
    pub(super) fn restart_dice(&self, msn: Option<Msn>) {
        let mut list = self.list();
        match msn {
            Some(msn) => drop(list.dice.remove(&msn)),
            None => list.dice.clear(),
        }
    }
}

impl List {
    /// Finds the first fault that strikes a call. Every fault that the call fits counts it.
    fn strike(
        &mut self,
        operation: &str,
        msn: Msn,
        mentions: &Mentions,
        open: impl Fn() -> Ids,
    ) -> Option<Strike> {
        let Self { faults, dice } = self;
        let mut strike = None;
        for listed in faults.iter_mut() {
            let fault = &listed.fault;
            if listed.is_over() || !fault.matching.fits(operation, msn, mentions) {
                continue;
            }
            listed.matched += 1;
            if strike.is_some() || listed.matched <= fault.skip {
                continue;
            }
            let dice = dice.entry(msn).or_insert_with(&open);
            if fault.probability < 1.0 && dice.chance() >= fault.probability {
                continue;
            }
            listed.acted += 1;
            strike = Some(Strike::throw(Some(listed.number), fault.effect, dice));
        }
        strike
    }
}

impl Engine {
    /// Adds a fault behind the others.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub(crate) fn add_fault(&self, fault: Fault) -> Result<ListedFault, ManageError> {
        let mut list = self.faults.list();
        let listed = list.faults.add(|number| ListedFault { number, fault, matched: 0, acted: 0 });
        let listed = listed.ok_or(ManageError::FaultsFull)?;
        self.faults.count(&list);
        Ok(listed)
    }

    /// Returns the faults of a sales unit, or all, oldest first; those that are used up too.
    pub(crate) fn faults(&self, msn: Option<Msn>) -> Vec<ListedFault> {
        self.faults.list().faults.of(msn)
    }

    /// Removes the faults of a sales unit, or all.
    pub(crate) fn clear_faults(&self, msn: Option<Msn>) {
        self.faults.clear(msn);
    }

    /// Removes a fault, of this sales unit if one is named. Returns whether there was one.
    pub(crate) fn remove_fault(&self, msn: Option<Msn>, id: &str) -> bool {
        let mut list = self.faults.list();
        let was_there = list.faults.remove(msn, |listed| listed.id() == id);
        self.faults.count(&list);
        was_there
    }

    /// Finds the fault that strikes a call whose credentials are good, and counts it.
    pub(crate) fn strike(
        &self,
        operation: Operation,
        msn: Msn,
        mentions: impl FnOnce() -> Mentions,
    ) -> Option<Strike> {
        if self.faults.live.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // Reading a body takes time in which the list need not be locked.
        let looks = self.faults.looking.load(Ordering::Relaxed) > 0;
        let mentions = if looks { mentions() } else { Mentions::default() };
        let mut list = self.faults.list();
        let strike = list.strike(operation.name(), msn, &mentions, || self.dice_of(msn));
        if strike.is_some() {
            self.faults.count(&list);
        }
        strike
    }

    /// Strikes a call that asked for it.
    pub(crate) fn strike_as_asked(&self, msn: Msn, effect: Effect) -> Strike {
        let mut list = self.faults.list();
        let dice = list.dice.entry(msn).or_insert_with(|| self.dice_of(msn));
        Strike::throw(None, effect, dice)
    }

    /// Returns what a call says of its payment, as far as a fault may ask.
    pub(crate) fn mentions(
        &self,
        unit: &Unit,
        operation: Operation,
        reference: &str,
        body: &[u8],
    ) -> Mentions {
        match operation {
            Operation::Create => Mentions::of_create(body),
            Operation::Userinfo => {
                Mentions { reference: None, phone_number: super::userinfo::customer_of_sub(unit, reference) }
            }
            _ if !operation.is_about_payments() => Mentions::default(),
            _ => Mentions {
                reference: Some(reference.to_owned()),
                phone_number: self.find(unit, reference).and_then(|slot| slot.order.phone_number()),
            },
        }
    }

    /// Returns the state of the payment of this reference, if there is one.
    pub(crate) fn state_of(&self, unit: &Unit, reference: &str) -> Option<State> {
        let slot = self.find(unit, reference)?;
        Some(self.read(&slot, |payment: Payment<'_>| payment.course.standing().state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Settings;
    use crate::engine::asked::MAX_ASKED;

    fn msn() -> Msn {
        Msn::parse("123456").unwrap()
    }

    fn engine(seed: u64) -> Engine {
        Engine::new(Settings { seed: Some(seed), ..Settings::default() })
    }

    fn fault(effect: &str) -> Fault {
        Fault::new(effect.parse().unwrap())
    }

    fn strikes(engine: &Engine, operation: Operation) -> Option<String> {
        engine.strike(operation, msn(), || panic!("nobody looks inside")).map(|strike| strike.id())
    }

    #[test]
    fn a_fault_skips_then_strikes_so_many_times() {
        let engine = engine(1);
        engine.add_fault(Fault { skip: 1, ..fault("status=503").times(2) }).unwrap();
        let seen: Vec<_> = (0..5).map(|_| strikes(&engine, Operation::Get).is_some()).collect();
        assert_eq!(seen, [false, true, true, false, false]);
        let listed = &engine.faults(None)[0];
        assert_eq!((listed.matched, listed.acted), (3, 2), "it is kept, and counts no more");
        assert_eq!(engine.faults.live.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn the_oldest_fault_strikes_first_and_all_that_fit_count() {
        let engine = engine(1);
        engine.add_fault(fault("status=500")).unwrap();
        engine.add_fault(Fault { skip: 1, ..fault("status=501").on(Operation::Get) }).unwrap();
        engine.add_fault(Fault { times: None, ..fault("status=502") }).unwrap();
        let seen: Vec<_> = (0..4).filter_map(|_| strikes(&engine, Operation::Get)).collect();
        assert_eq!(seen, ["fault-1", "fault-2", "fault-3", "fault-3"]);
        let counts: Vec<_> = engine.faults(None).iter().map(|one| (one.matched, one.acted)).collect();
        assert_eq!(counts, [(1, 1), (2, 1), (4, 2)]);
    }

    #[test]
    fn dice_repeat_with_the_seed_and_are_each_units_own() {
        let rolls = |seed: u64, others: usize| {
            let engine = engine(seed);
            engine.add_fault(Fault { probability: 0.5, times: None, ..fault("status=503") }).unwrap();
            let other = Msn::parse("654321").unwrap();
            let roll = |_| {
                for _ in 0..others {
                    engine.strike(Operation::Get, other, Mentions::default);
                }
                strikes(&engine, Operation::Get).is_some()
            };
            (0..64).map(roll).collect::<Vec<_>>()
        };
        let first = rolls(7, 0);
        assert_eq!(first, rolls(7, 3));
        assert_ne!(first, rolls(8, 0));
        let hits = first.iter().filter(|hit| **hit).count();
        assert!((16..48).contains(&hits), "{hits}");
    }

    #[test]
    fn dice_draw_nothing_from_the_units_identifiers() {
        let trace = |faults: bool| {
            let engine = engine(7);
            let unit = engine.unit_on_first_use(msn()).unwrap();
            if faults {
                engine.add_fault(fault("delay=1s, error=6260")).unwrap();
                assert!(strikes(&engine, Operation::Capture).is_some());
            }
            (unit.ids.trace(), engine.trace())
        };
        assert_eq!(trace(false), trace(true));
    }

    #[test]
    fn there_is_room_for_so_many_and_used_up_ones_make_room() {
        let engine = engine(1);
        for _ in 0..MAX_ASKED {
            engine.add_fault(fault("status=503")).unwrap();
        }
        assert_eq!(engine.add_fault(fault("status=503")).unwrap_err(), ManageError::FaultsFull);
        assert_eq!(strikes(&engine, Operation::Get).as_deref(), Some("fault-1"));
        assert_eq!(engine.add_fault(fault("status=503")).unwrap().id(), "fault-1001");
        assert_eq!(engine.faults(None).len(), MAX_ASKED);
        assert_eq!(engine.faults(None)[0].id(), "fault-2");
    }

    #[test]
    fn a_unit_has_its_own_faults() {
        let engine = engine(1);
        let other = Msn::parse("654321").unwrap();
        engine.add_fault(fault("status=503").of(msn())).unwrap();
        engine.add_fault(fault("status=503").of(other)).unwrap();
        engine.add_fault(fault("status=503")).unwrap();
        let ids = |scope| engine.faults(scope).iter().map(ListedFault::id).collect::<Vec<_>>();
        assert_eq!(ids(Some(other)), ["fault-2"]);
        assert!(!engine.remove_fault(Some(other), "fault-1"), "another unit's");
        engine.clear_faults(Some(other));
        assert_eq!(ids(None), ["fault-1", "fault-3"]);
        assert!(engine.remove_fault(None, "fault-1"));
        assert!(!engine.remove_fault(None, "fault-1"));
        engine.reset();
        assert_eq!(strikes(&engine, Operation::Get), None);
    }
}
