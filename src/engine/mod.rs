//! The sandbox's state: who owns what, when things happen, and what happens only once.
//!
//! The engine is synchronous: no async, no sockets, callable from a plain `#[test]`. It takes requests apart from
//! their transport, gives the domain the facts that a decision depends on, and applies what was decided.
//!
//! Lock order: travel → the whole → a unit's whole → create stripe → payment stripe → payment → {a unit's book, users,
//! tokens, limits, faults, races, live, signals}. Never two payments at once, and never a payment while a book is locked.

mod answer;
mod approve;
mod asked;
mod authenticate;
mod callbacks;
mod clock;
mod create;
mod create_key;
mod customer;
mod faults;
mod ids;
mod jump;
mod limits;
mod listing;
mod live;
mod machine;
mod manage;
mod modify;
mod moves;
mod races;
mod settings;
mod shipping;
mod signal;
mod slot;
mod state;
mod stripes;
mod time;
mod tokens;
mod unit;
mod units;
mod userinfo;
mod users;
mod webhooks;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::Waker;

use serde::Serialize;

pub use answer::Refusal;
pub(crate) use authenticate::default_msn;
pub use authenticate::{Caller, TokenRequest};
pub use callbacks::CallbackRow;
pub use clock::{ClockReading, Mode};
pub use faults::{ListedFault, Strike};
pub use ids::TraceId;
pub use jump::{Fired, FiredKind, WebhookTimer};
pub use listing::{Page, Seen};
pub(crate) use live::{Kind, Live, Read, Reader};
pub use machine::{Machine, ManualTime};
pub use manage::ManageError;
pub use modify::Receipt;
pub(crate) use moves::ClockMove;
pub use races::{FiredRace, ListedRace, RaceRun};
pub use settings::{Credentials, Settings, Webhook};
pub use shipping::{Inquiry, Options, Scripted};
pub(crate) use signal::Signal;
pub use slot::Slot;
pub use time::{ClockError, Jump};
pub use tokens::IssuedToken;
pub use unit::Unit;
pub use webhooks::{Attempt, DeliveryFilter, DeliveryRow, Hook, Outcome, Reach};

use crate::domain::checklist::Examined;
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::errors::Rejection;
use crate::domain::money::Amount;
use crate::domain::payment::{Decision, Event, EventName, Payment, Phase, Standing};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::text::IdempotencyKey;
use crate::domain::time::{Rfc3339, Timestamp};
use crate::domain::user::User;
use callbacks::Callbacks;
use clock::{Clock, Setting};
use create_key::CreateKey;
use faults::Faults;
use ids::{Ids, Root};
use jump::JumpLog;
use limits::RateLimits;
use moves::ClockMoves;
use races::Races;
use shipping::Questions;
use slot::Record;
use stripes::Stripes;
use tokens::Tokens;
use unit::{Due, Timer};
use units::Units;
use users::Users;
use webhooks::{DeliveryJournal, Outgoing};

/// The number of the sales unit that is used when a request names none: `123456`.
pub const DEFAULT_MSN: &str = "123456";

/// The state of a sandbox.
pub struct Engine {
    settings: Settings,
    root: RwLock<Root>,
    /// Identifiers that belong to no sales unit.
    ids: RwLock<Arc<Ids>>,
    clock: Clock,
    units: Units,
    users: Users,
    tokens: Tokens,
    limits: RateLimits,
    faults: Faults,
    races: Races,
    /// Payments by sales unit and reference.
    payments: Stripes<Arc<Slot>>,
    /// First answers to create requests by sales unit and idempotency key.
    creates: Stripes<CreateKey>,
    /// How many payments there ever were; the last one's number.
    created: AtomicU64,
    /// How many payments there are.
    count: AtomicI64,
    /// Held while clocks move, so that one jump ends before the next begins.
    travel: Mutex<()>,
    /// What the jump under way has set off, whoever came upon it first.
    jump: JumpLog,
    /// The last moves of the clocks.
    moves: ClockMoves,
    /// Held by whoever writes the state down, so that a reset or a restore does not come in between.
    whole: RwLock<()>,
    /// Something may have changed since the state was last kept.
    touched: AtomicBool,
    /// Webhooks that are due or on their way.
    outgoing: Outgoing,
    /// What became of them.
    deliveries: DeliveryJournal,
    /// What a receiver made of being put to the test, for which sales unit: the last time.
    examined: Mutex<Option<(Msn, Vec<Examined>)>>,
    /// What scripted customers want to know from merchants' servers.
    questions: Questions,
    /// What became of questions to merchants' servers.
    callbacks: Callbacks,
    /// Somebody waits for an attempt to come back.
    delivered: Signal,
    /// Somebody waits for a payment to change.
    changed: Signal,
    /// Somebody listens to what happens.
    live: Arc<Live>,
    /// The driver waits for a timer earlier than the one it sleeps for.
    rescheduled: Signal,
    /// Until when the driver sleeps, in microseconds of the machine's time.
    asleep_until: AtomicI64,
}

impl Engine {
    /// Sets up a sandbox.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let root = Root::new(settings.seed);
        let ids = root.stream(0);
        let secret = u64::try_from(ids.nonce() >> 64).unwrap_or_default();
        let engine = Self {
            root: RwLock::new(root),
            ids: RwLock::new(Arc::new(root.stream(0))),
            clock: Clock::new(baseline_clock(&settings)),
            units: Units::default(),
            users: Users::default(),
            tokens: Tokens::default(),
            limits: RateLimits::default(),
            faults: Faults::default(),
            races: Races::default(),
            payments: Stripes::new(secret),
            creates: Stripes::new(secret),
            created: AtomicU64::new(0),
            count: AtomicI64::new(0),
            travel: Mutex::new(()),
            jump: JumpLog::default(),
            moves: ClockMoves::default(),
            whole: RwLock::default(),
            touched: AtomicBool::new(false),
            outgoing: Outgoing::default(),
            deliveries: DeliveryJournal::default(),
            examined: Mutex::default(),
            questions: Questions::default(),
            callbacks: Callbacks::default(),
            delivered: Signal::default(),
            changed: Signal::default(),
            live: Arc::default(),
            rescheduled: Signal::default(),
            asleep_until: AtomicI64::new(i64::MAX),
            settings,
        };
        engine.set_up();
        engine
    }

    /// Puts the sales units and users of the settings in place.
    fn set_up(&self) {
        for unit in &self.settings.sales_units {
            self.get_or_make_unit(unit.msn, || unit.clone());
        }
        for user in &self.settings.users {
            self.users.put(None, user);
        }
    }

    /// Returns what the engine was told at the start.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns where what happens is told to those who listen.
    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Returns how many payments there are.
    #[must_use]
    pub fn payment_count(&self) -> u64 {
        u64::try_from(self.count.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Makes a trace id for an answer that belongs to no sales unit.
    #[must_use]
    pub fn trace(&self) -> TraceId {
        self.ids().trace()
    }

    /// Refuses with a trace id of the sales unit's stream.
    pub(crate) fn refuse(&self, unit: Option<&Unit>, rejection: Rejection) -> Refusal {
        let trace = unit.map_or_else(|| self.trace(), |unit| unit.ids.trace());
        Refusal { rejection, trace, replayed: false }
    }

    /// Makes a random UUID that belongs to no sales unit.
    pub(crate) fn uuid(&self) -> uuid::Uuid {
        self.ids().uuid()
    }

    fn ids(&self) -> Arc<Ids> {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens the stream of a new unit's identifiers.
    fn stream_of(&self, msn: Msn) -> Ids {
        Self::numbered_stream(self.unit_root(), 1, msn)
    }

    /// Opens the stream that a unit's faults draw from.
    fn dice_of(&self, msn: Msn) -> Ids {
        Self::numbered_stream(*self.root.read().unwrap_or_else(PoisonError::into_inner), 2, msn)
    }

    /// Opens the stream of a new unit's keys: what it hands out later must not lead to them.
    fn keys_of(&self, msn: Msn) -> Ids {
        Self::numbered_stream(self.unit_root(), 3, msn)
    }

    /// Streams are numbered by MSN behind a digit for their purpose, so that what a unit draws does not depend on when it
    /// was first used.
    fn numbered_stream(root: Root, purpose: u64, msn: Msn) -> Ids {
        root.stream(stream_number(purpose, msn))
    }

    /// Without a seed no two units have identifiers in common, be they of the same MSN one after the other.
    fn unit_root(&self) -> Root {
        match self.settings.seed {
            Some(_) => *self.root.read().unwrap_or_else(PoisonError::into_inner),
            None => Root::new(None),
        }
    }

    /// Returns the user as this sales unit sees them; without one, as a unit made on first use does.
    #[must_use]
    pub fn user(&self, msn: Option<Msn>, phone_number: PhoneNumber) -> User {
        let unit = msn.and_then(|msn| self.units.get(msn));
        let market = unit.map_or(self.settings.market, |unit| unit.settings().market);
        self.users.get(msn, market, phone_number)
    }

    /// Returns the user as this sales unit sees them.
    fn customer(&self, unit: &Unit, phone_number: PhoneNumber) -> User {
        self.users.get(Some(unit.msn), unit.settings().market, phone_number)
    }

    /// Finds a payment. Case matters.
    pub(crate) fn find(&self, unit: &Unit, reference: &str) -> Option<Arc<Slot>> {
        let key = (unit.number, reference);
        self.payments.lock(key).find(key).cloned()
    }

    /// Lets the caller look at a payment, settled up to now.
    pub(crate) fn read<R>(&self, slot: &Arc<Slot>, view: impl FnOnce(Payment<'_>) -> R) -> R {
        let mut record = slot.lock();
        self.settle(slot, &mut record);
        view(slot.payment(&record))
    }

    /// Appends what was decided to the payment's log, and sees to what follows from it.
    fn commit(
        &self,
        slot: &Arc<Slot>,
        record: &mut Record,
        decision: Decision,
        at: impl Into<Moment>,
        key: Option<&IdempotencyKey>,
    ) {
        let psp_reference = slot.unit.ids.psp_reference();
        self.commit_as(slot, record, decision, at, key, psp_reference);
    }

    /// Appends what was decided under a number that was drawn already.
    fn commit_as(
        &self,
        slot: &Arc<Slot>,
        record: &mut Record,
        decision: Decision,
        at: impl Into<Moment>,
        key: Option<&IdempotencyKey>,
        psp_reference: u64,
    ) {
        let Moment { at, told_at } = at.into();
        let Decision { name, amount, approval } = decision;
        let was_finished = record.course.standing().is_finished();
        record.course.apply(Event { name, amount, at, psp_reference, key: key.cloned() }, approval);
        self.publish_last(slot, record, told_at);
        if record.course.standing().is_finished() && !was_finished {
            slot.unit.book().finished.push_back(Arc::downgrade(slot));
        }
        self.tell_payment(slot, name, amount, at, record.course.standing());
        if name == EventName::Authorized {
            slot.unit.authorised.fetch_add(1, Ordering::AcqRel);
            if let Some(sub) = record.course.approval().and_then(|approval| approval.sub) {
                slot.unit.book().note_consent(sub, slot);
            }
            self.schedule(slot, record);
        }
        self.changed.notify();
    }

    /// Tells the webhooks of the payment's latest event, no earlier than at the time given.
    fn publish_last(&self, slot: &Slot, record: &Record, told_at: Timestamp) {
        let payment = slot.payment(record);
        if let Some(event) = payment.course.events().last() {
            self.publish(slot, payment, event, told_at);
        }
    }

    /// Tells those who listen what happened to a payment.
    fn tell_payment(&self, slot: &Slot, event: EventName, amount: u64, at: Timestamp, standing: Standing) {
        self.live.tell(Kind::Payment, Some(slot.unit.msn), || {
            let order = &slot.order;
            let told = PaymentTold {
                at: at.rfc3339(3),
                msn: slot.unit.msn,
                reference: order.reference(),
                event,
                amount: Amount { value: amount, ..order.amount() },
                phase: standing.phase(),
            };
            serde_json::to_string(&told).ok()
        });
    }

    /// Puts the payment's next timer on its unit's list, and wakes the driver if it sleeps longer than that.
    fn schedule(&self, slot: &Arc<Slot>, record: &Record) {
        let Some((at, _)) = slot.payment(record).next_timer() else { return };
        slot.unit.book().add_timer(Timer {
            at,
            number: slot.number,
            due: Due::Payment(Arc::downgrade(slot)),
        });
        if self.machine_time_of(&slot.unit, at) < self.asleep_until.load(Ordering::Acquire) {
            self.rescheduled.notify();
        }
    }

    /// Wakes this one at the next change of any payment.
    pub(crate) fn watch_changes(&self, waker: &Waker) {
        self.changed.watch(waker);
    }

    /// Returns a unit, made on first use where any credentials are good.
    pub(crate) fn unit_on_first_use(&self, msn: Msn) -> Option<Arc<Unit>> {
        let market = self.settings.market;
        self.get_or_make_unit(msn, || SalesUnit::new(msn, market))
    }

    fn get_or_make_unit(&self, msn: Msn, settings: impl FnOnce() -> SalesUnit) -> Option<Arc<Unit>> {
        let make = |number| {
            let unit = Arc::new(Unit::new(number, settings(), self.stream_of(msn)));
            self.set_up_webhooks(&unit);
            unit
        };
        self.units.get_or_make(msn, make)
    }
}

/// The number of a sales unit's stream for this purpose.
fn stream_number(purpose: u64, msn: Msn) -> u64 {
    msn.to_string().bytes().fold(purpose, |number, digit| number * 10 + u64::from(digit - b'0'))
}

/// When something happens to a payment, and from when on webhooks tell of it.
#[derive(Clone, Copy)]
struct Moment {
    at: Timestamp,
    told_at: Timestamp,
}

/// As a rule it is told at once.
impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self { at, told_at: at }
    }
}

/// What the live stream tells of a payment.
#[derive(Serialize)]
struct PaymentTold<'a> {
    at: Rfc3339,
    msn: Msn,
    reference: &'a str,
    event: EventName,
    amount: Amount,
    phase: Phase,
}

fn baseline_clock(settings: &Settings) -> Setting {
    settings.frozen_at.map_or(Setting::Ahead(0), Setting::Still)
}
