//! The races that were asked for: which payment each one is run with, and what the engine does for it.
//!
//! Without races that wait, the moment of one costs a load. A race runs once, and nothing in it is left to chance.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::asked::{self, Asked};
use super::slot::{Record, Slot};
use super::{Engine, Kind, ManageError, Moment};
use crate::domain::digits::Msn;
use crate::domain::fault::Mentions;
use crate::domain::payment::{Choice, CustomerRefusal, Decision, EventName};
use crate::domain::race::{LAST_INSTANT, LATE_NEWS, Race, RaceKind};
use crate::domain::time::{Rfc3339, Timestamp};
use crate::domain::webhook::Before;

/// A race, and what became of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedRace {
    number: u64,
    /// The race.
    pub race: Race,
    /// When it was run, and with which payment; `None` while it waits.
    pub fired: Option<FiredRace>,
}

/// How a race was run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FiredRace {
    /// When, by the sales unit's clock.
    pub at: Timestamp,
    /// The sales unit.
    pub msn: Msn,
    /// The payment's reference.
    pub reference: String,
    /// What happened.
    pub outcome: String,
}

/// A race as the call saw it that it was run with.
#[derive(Clone, Debug)]
pub struct RaceRun {
    number: u64,
    /// What kind of race.
    pub kind: RaceKind,
    outcome: String,
}

/// The races.
#[derive(Default)]
pub(super) struct Races {
    /// How many wait for a payment.
    waiting: AtomicUsize,
    list: Mutex<List>,
}

type List = asked::List<ListedRace>;

impl ListedRace {
    /// Returns the race's name: `race-1`, `race-2`, …
    #[must_use]
    pub fn id(&self) -> String {
        name(self.number)
    }
}

impl Asked for ListedRace {
    fn msn(&self) -> Option<Msn> {
        self.race.matched().msn
    }

    fn is_over(&self) -> bool {
        self.fired.is_some()
    }
}

fn name(number: u64) -> String {
    format!("race-{number}")
}

impl RaceRun {
    /// Says what the race did.
    pub(crate) fn explain(&self) -> String {
        format!("The race {}: {}", name(self.number), self.outcome)
    }
}

impl Races {
    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the counter true. The list stays locked meanwhile.
    fn count(&self, list: &List) {
        self.waiting.store(list.live().count(), Ordering::Relaxed);
    }

    /// Removes the races of a sales unit, or all.
    pub(super) fn clear(&self, msn: Option<Msn>) {
        let mut list = self.list();
        list.clear(msn);
        self.count(&list);
    }
}

impl Engine {
    /// Lets a race wait behind the others for its payment.
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub(crate) fn add_race(&self, race: Race) -> Result<ListedRace, ManageError> {
        let mut list = self.races.list();
        let listed = list.add(|number| ListedRace { number, race, fired: None });
        let listed = listed.ok_or(ManageError::RacesFull)?;
        if listed.race.kind.waits_for_webhook() {
            self.outgoing.note_wait();
        }
        self.races.count(&list);
        Ok(listed)
    }

    /// Returns the races of a sales unit, or all, oldest first; those that have been run too.
    pub(crate) fn races(&self, msn: Option<Msn>) -> Vec<ListedRace> {
        self.races.list().of(msn)
    }

    /// Removes the races of a sales unit, or all.
    pub(crate) fn clear_races(&self, msn: Option<Msn>) {
        self.races.clear(msn);
    }

    /// Removes a race, of this sales unit if one is named. Returns whether there was one.
    pub(crate) fn remove_race(&self, msn: Option<Msn>, id: &str) -> bool {
        let mut list = self.races.list();
        let was_there = list.remove(msn, |listed| listed.id() == id);
        self.races.count(&list);
        was_there
    }

    /// Runs the oldest race of this kind that waits for such a payment, if there is one: `act` does its part and says what
    /// happened. The races are not locked meanwhile.
    fn run_race(&self, kind: RaceKind, slot: &Slot, act: impl FnOnce() -> String) -> Option<RaceRun> {
        if self.races.waiting.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let (msn, at) = (slot.unit.msn, self.now(&slot.unit));
        let reference = slot.order.reference().to_owned();
        let payment =
            Mentions { reference: Some(reference.clone()), phone_number: slot.order.phone_number() };
        let number = {
            let mut list = self.races.list();
            let waits = |one: &&mut ListedRace| {
                one.fired.is_none() && one.race.kind == kind && one.race.fits(msn, &payment)
            };
            let listed = list.iter_mut().find(waits)?;
            let number = listed.number;
            // From here on it is taken: no other payment can have it.
            listed.fired = Some(FiredRace { at, msn, reference: reference.clone(), outcome: String::new() });
            self.races.count(&list);
            number
        };
        let outcome = act();
        let mut list = self.races.list();
        let listed = list.iter_mut().find(|listed| listed.number == number);
        if let Some(fired) = listed.and_then(|listed| listed.fired.as_mut()) {
            fired.outcome.clone_from(&outcome);
        }
        drop(list);
        self.live.tell(Kind::Race, Some(msn), || {
            let (id, kind, at) = (name(number), kind.word(), at.rfc3339(3));
            serde_json::to_string(&Told { at, msn, reference: &reference, id, kind, outcome: &outcome }).ok()
        });
        Some(RaceRun { number, kind, outcome })
    }

    /// Lets the create's answer wait for its webhook, where a race asks for that.
    pub(super) fn hold_create_answer(&self, slot: &Slot) {
        if self.tells_at_once(slot, EventName::Created) {
            self.run_race(RaceKind::WebhookBeforeCreateResponse, slot, || {
                slot.unit.hooks.let_wait(slot.number, EventName::Created, Before::Response);
                "The answer to the create waited for the CREATED webhook.".into()
            });
        }
    }

    /// Lets the customer's way back wait for the webhook of what they did, where a race asks for that.
    pub(super) fn hold_redirect(&self, slot: &Slot, event: EventName) {
        if self.tells_at_once(slot, event) {
            self.run_race(RaceKind::WebhookBeforeRedirect, slot, || {
                slot.unit.hooks.let_wait(slot.number, event, Before::Redirect);
                format!("The customer's way back waited for the {} webhook.", event.word())
            });
        }
    }

    /// Whether somebody is told of an event at once; looked up only while races wait.
    fn tells_at_once(&self, slot: &Slot, event: EventName) -> bool {
        self.races.waiting.load(Ordering::Relaxed) > 0 && slot.unit.hooks.tell_at_once(event)
    }

    /// Whether the payment's AUTHORIZED webhook goes out twice at the same time. Somebody has to be told of it.
    pub(super) fn doubles_webhook(&self, slot: &Slot) -> bool {
        let run = self.run_race(RaceKind::DuplicateWebhook, slot, || {
            "The AUTHORIZED webhook went out twice at the same time.".into()
        });
        run.is_some()
    }

    /// Lets the customer approve just before a cancel, where a race asks for that.
    pub(super) fn approve_before_cancel(
        &self,
        slot: &Arc<Slot>,
        record: &mut Record,
        now: Timestamp,
    ) -> Option<RaceRun> {
        self.run_race(RaceKind::ApproveDuringCancel, slot, || {
            let customer = Self::customer_of(slot, None);
            match self.approve_as(slot, record, customer, &Choice::default(), now, None) {
                Ok(()) => "The customer approved just before the cancel.".into(),
                Err(refusal) => {
                    format!("The customer's approval just before the cancel did not succeed. {refusal}")
                }
            }
        })
    }

    /// Lets the answer to a capture that was carried out be lost, where a race asks for that.
    pub(super) fn lose_answer(&self, slot: &Slot) -> Option<RaceRun> {
        self.run_race(RaceKind::CaptureCommittedThenTimeout, slot, || {
            "The capture was carried out, and its answer was lost.".into()
        })
    }

    /// Lets a payment expire at `deadline`, unless a race has the customer approve in the last instant.
    pub(super) fn expire(
        &self,
        slot: &Arc<Slot>,
        record: &mut Record,
        expiry: Decision,
        deadline: Timestamp,
    ) {
        let mut expiry = Some(expiry);
        self.run_race(RaceKind::ExpiredThenApproved, slot, || {
            let at = (deadline - LAST_INSTANT).max(record.course.last_event_at());
            let told_at = deadline + LATE_NEWS;
            let customer = Self::customer_of(slot, None);
            match self.approve_as(slot, record, customer, &Choice::default(), Moment { at, told_at }, None) {
                Ok(()) => {
                    expiry = None;
                    format!("The customer approved just before the deadline; the AUTHORIZED webhook is due at {told_at}.")
                }
                Err(refusal) => {
                    // A bank that has yet to answer keeps the payment waiting beyond its deadline.
                    expiry = expiry.take().filter(|_| refusal != CustomerRefusal::ResultUnknown);
                    let end = if expiry.is_some() { " The payment expired." } else { "" };
                    format!("The customer's approval just before the deadline did not succeed. {refusal}{end}")
                }
            }
        });
        if let Some(expiry) = expiry {
            self.commit(slot, record, expiry, deadline, None);
        }
    }
}

/// What the live stream tells of a race.
#[derive(Serialize)]
struct Told<'a> {
    at: Rfc3339,
    msn: Msn,
    reference: &'a str,
    id: String,
    kind: &'static str,
    outcome: &'a str,
}
