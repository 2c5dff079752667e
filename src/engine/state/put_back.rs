//! Putting a state back: everything is built beside the live state, checked, and only then put in its place.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::document::{
    Document, Flaw, MAX_COUNTER, PaymentData, PolicyData, RefusedCreateData, SandboxData, UnitData,
};
use crate::domain::digits::Msn;
use crate::domain::payment::is_key;
use crate::domain::text::IdempotencyKey;
use crate::domain::user::User;
use crate::domain::webhook::Policy;
use crate::engine::answer::Refusal;
use crate::engine::clock::Setting;
use crate::engine::create::MAX_REFUSED;
use crate::engine::create_key::{CreateKey, RefusedCreate};
use crate::engine::ids::{Ids, Root};
use crate::engine::slot::{Record, Slot};
use crate::engine::stripes::Hashed;
use crate::engine::tokens::Tokens;
use crate::engine::unit::{Book, Due, Timer, Unit};
use crate::engine::units::MAX_UNITS;
use crate::engine::users::MAX_USERS;
use crate::engine::{Engine, stream_number};

/// A sales unit beside the live state. Its book knows its payments, but they are not in the tables yet.
struct Built {
    unit: Arc<Unit>,
    slots: Vec<Arc<Slot>>,
    refused: Vec<Arc<RefusedCreate>>,
}

impl Engine {
    /// Puts back the state of a document; with `only`, that unit's alone. The journals, the rate limits and, with `only`,
    /// all that belongs to nobody or to others stay as they are. Whoever waits for a change looks again, timers are set
    /// anew, and attempts under way for what was replaced count for nothing.
    ///
    /// # Errors
    ///
    /// The first rule that the document breaks. Nothing is changed then.
    pub(crate) fn put_back(&self, mut document: Document<'_>, only: Option<Msn>) -> Result<(), Flaw> {
        scope(&mut document, only)?;
        let travel = self.travel.lock().unwrap_or_else(PoisonError::into_inner);
        let users = self.check_users(&document, only)?;
        let checked = document.sandbox.as_ref().map(check_sandbox).transpose();
        let checked = checked.map_err(|flaw| flaw.within("sandbox"))?;
        let shift = if only.is_some() { self.shift(&document, only) } else { 0 };
        let last = document.sandbox.as_ref().map_or(MAX_COUNTER, |sandbox| sandbox.created);
        let mut built = Vec::with_capacity(document.units.len());
        let (mut numbers, mut msns) = (HashSet::new(), HashSet::new());
        for (index, unit) in std::mem::take(&mut document.units).into_iter().enumerate() {
            let unit = self.build_unit(unit, shift, last, &mut numbers, &mut msns);
            built.push(unit.map_err(|flaw| flaw.within(index).within("units"))?);
        }
        let others = self.units.all().iter().filter(|unit| only.is_some() && Some(unit.msn) != only).count();
        if built.len() + others > MAX_UNITS {
            return Err(Flaw::of("units", format!("a sandbox holds at most {MAX_UNITS}")));
        }
        let whole = only.is_none().then(|| self.whole.write().unwrap_or_else(PoisonError::into_inner));
        let highest = numbers.iter().max().copied().unwrap_or_default();
        self.created.fetch_max(highest, Ordering::AcqRel);
        let units: Vec<_> = built.iter().map(|built| built.unit.clone()).collect();
        let mut old: Vec<_> = built.into_iter().filter_map(|built| self.enter(built)).collect();
        if let (Some(sandbox), Some((stream, policy))) = (&document.sandbox, checked) {
            old.extend(self.units.all().iter().filter_map(|unit| {
                if msns.contains(&unit.msn) { None } else { self.units.remove(unit.msn) }
            }));
            self.put_back_sandbox(sandbox, stream, policy);
        }
        self.users.clear(only);
        for (msn, user) in users {
            self.users.put(msn, &user);
        }
        for unit in &old {
            let _whole = unit.whole.write().unwrap_or_else(PoisonError::into_inner);
            unit.end_webhooks();
            self.forget_payments(unit);
        }
        drop(whole);
        drop(travel);
        self.set_going(&units);
        self.live().resync(only);
        Ok(())
    }

    fn check_users(
        &self,
        document: &Document<'_>,
        only: Option<Msn>,
    ) -> Result<Vec<(Option<Msn>, User)>, Flaw> {
        let mut known = HashSet::new();
        for (index, user) in document.users.iter().enumerate() {
            let wrong = |flaw: Flaw| Err(flaw.within(index).within("users"));
            if !known.insert((user.msn, user.phone_number)) {
                return wrong(Flaw::of("phoneNumber", "the user stands there twice"));
            }
            if only.is_some() && user.msn != only {
                return wrong(Flaw::of("msn", "the user is not the sales unit's"));
            }
        }
        let others = if only.is_some() { self.users.taken_down(None).len() } else { 0 };
        if document.users.len() + others > MAX_USERS {
            return Err(Flaw::of("users", format!("a sandbox holds at most {MAX_USERS}")));
        }
        Ok(document.users.iter().map(|user| (user.msn, user.clone().into())).collect())
    }

    /// Returns by how much the payments of one unit have to be numbered higher, so that no other unit's has the same number.
    fn shift(&self, document: &Document<'_>, only: Option<Msn>) -> u64 {
        let payments = document.units.iter().flat_map(|unit| &unit.payments);
        let numbers: HashSet<u64> = payments.map(|payment| payment.number).collect();
        let others = self.units.all().into_iter().filter(|unit| Some(unit.msn) != only);
        let mut taken = others.flat_map(|unit| {
            let book = unit.book();
            book.payments.iter().map(|(number, _)| *number).collect::<Vec<_>>()
        });
        if taken.any(|number| numbers.contains(&number)) { self.created.load(Ordering::Acquire) } else { 0 }
    }

    fn build_unit(
        &self,
        mut data: UnitData<'_>,
        shift: u64,
        last: u64,
        numbers: &mut HashSet<u64>,
        msns: &mut HashSet<Msn>,
    ) -> Result<Built, Flaw> {
        let settings = data.sales_unit()?;
        let msn = settings.msn;
        if !msns.insert(msn) {
            return Err(Flaw::of("msn", format!("sales unit {msn} stands there twice")).within("settings"));
        }
        let stream =
            Ids::restored(&data.stream, stream_number(1, msn)).map_err(|flaw| flaw.within("stream"))?;
        let clock = data.clock.check().map_err(|flaw| flaw.within("clock"))?;
        if data.authorised > MAX_COUNTER {
            return Err(Flaw::of("authorised", format!("it is more than {MAX_COUNTER}")));
        }
        let unit = Arc::new(Unit::new(self.units.next_number(), settings, stream));
        unit.clock.set(clock.into());
        unit.authorised.store(data.authorised, Ordering::Release);
        let mut keys = HashSet::new();
        let mut references = HashSet::new();
        let mut slots: Vec<Arc<Slot>> = Vec::with_capacity(data.payments.len());
        for (index, payment) in std::mem::take(&mut data.payments).into_iter().enumerate() {
            let wrong = |flaw: Flaw| flaw.within(index).within("payments");
            let previous = slots.last().map_or(0, |slot| slot.number);
            let slot = build_payment(&unit, payment, shift).map_err(wrong)?;
            let flaw = match () {
                () if slot.number <= previous || !numbers.insert(slot.number) => Flaw::of(
                    "number",
                    "payments stand in the order of their numbers, and no two have the same",
                ),
                () if slot.number - shift > last => Flaw::of("number", "it is higher than /sandbox/created"),
                () if !references.insert(slot.order.reference().to_owned()) => {
                    Flaw::of("reference", "another payment of the sales unit has it")
                }
                () if !keys.insert(slot.order.create_key().to_owned()) => {
                    Flaw::of("createKey", "another payment of the sales unit has it")
                }
                () => {
                    slots.push(slot);
                    continue;
                }
            };
            return Err(wrong(flaw));
        }
        let refused = build_refused(&unit, &data.refused_creates, &mut keys)?;
        let finished = finished(&slots, &data.finished, shift)?;
        write_book(&mut unit.book(), &slots, &finished, &refused);
        self.restore_webhooks(&unit, &data, shift)?;
        Ok(Built { unit, slots, refused })
    }

    /// Puts a unit in place. Its payments are in the tables before anybody can know the unit. Returns the unit that it
    /// replaces.
    fn enter(&self, built: Built) -> Option<Arc<Unit>> {
        let Built { unit, slots, refused } = built;
        let count = i64::try_from(slots.len()).unwrap_or(i64::MAX);
        for slot in slots {
            self.payments.lock(slot.key()).insert(slot.clone());
            let key = CreateKey::Created(slot);
            self.creates.lock(key.key()).insert(key);
        }
        for refused in refused {
            let key = CreateKey::Refused(refused);
            self.creates.lock(key.key()).insert(key);
        }
        self.count.fetch_add(count, Ordering::AcqRel);
        self.units.replace(&unit)
    }

    fn put_back_sandbox(&self, sandbox: &SandboxData, stream: Ids, policy: Policy) {
        *self.root.write().unwrap_or_else(PoisonError::into_inner) = Root::of(&sandbox.stream);
        *self.ids.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stream);
        self.created.store(sandbox.created, Ordering::Release);
        self.clock.set(sandbox.clock.into());
        self.restore_webhook_policy(policy);
        self.tokens.replace(&sandbox.tokens, self.settings.machine.elapsed());
    }

    /// Makes room if there are too many payments, sets webhooks going, and wakes whoever waits.
    fn set_going(&self, units: &[Arc<Unit>]) {
        let count = self.payment_count();
        for _ in self.settings.max_payments..count {
            self.drop_oldest();
        }
        for unit in units {
            self.wake_webhooks(unit);
        }
        self.touch();
        self.changed.notify();
        self.delivered.notify();
        self.rescheduled.notify();
    }
}

/// Leaves nothing in the document but what is to be put back.
fn scope(document: &mut Document<'_>, only: Option<Msn>) -> Result<(), Flaw> {
    match (document.msn, only) {
        (Some(msn), None) => Err(Flaw::of(
            "msn",
            format!(
                "the document holds sales unit {msn} alone, not a whole sandbox; put it back with ?msn={msn}"
            ),
        )),
        (None, None) if document.sandbox.is_none() => {
            Err(Flaw::of("sandbox", "it is missing; only a document of one sales unit has none"))
        }
        (Some(msn), Some(only)) if msn != only => {
            Err(Flaw::of("msn", format!("the document holds sales unit {msn}, not {only}")))
        }
        (_, Some(only)) => {
            let whole = document.msn.is_none();
            document.sandbox = None;
            for (index, unit) in document.units.iter().enumerate() {
                unit.msn().map_err(|flaw| flaw.within(index).within("units"))?;
            }
            if whole {
                document.users.retain(|user| user.msn == Some(only));
                document.units.retain(|unit| unit.settings.msn == Some(only));
            }
            match &*document.units {
                [unit] if unit.settings.msn == Some(only) => Ok(()),
                _ => Err(Flaw::of("units", format!("it does not hold sales unit {only}, or others too"))),
            }
        }
        (None, None) => Ok(()),
    }
}

fn check_sandbox(sandbox: &SandboxData) -> Result<(Ids, Policy), Flaw> {
    if sandbox.created > MAX_COUNTER {
        return Err(Flaw::of("created", format!("it is more than {MAX_COUNTER}")));
    }
    let clock = sandbox.clock.check().map_err(|flaw| flaw.within("clock"))?;
    if matches!(clock.into(), Setting::Alone(_)) {
        return Err(Flaw::of("clock", "there is no clock that the global one could run apart from"));
    }
    Tokens::check(&sandbox.tokens)?;
    let policy = PolicyData::restored(sandbox.webhook_policy).map_err(|flaw| flaw.within("webhookPolicy"))?;
    let stream = Ids::restored(&sandbox.stream, 0).map_err(|flaw| flaw.within("stream"))?;
    Ok((stream, policy))
}

fn build_payment(unit: &Arc<Unit>, mut data: PaymentData<'_>, shift: u64) -> Result<Arc<Slot>, Flaw> {
    if !(1..=MAX_COUNTER).contains(&data.number) {
        return Err(Flaw::of("number", format!("it is not one of 1 to {MAX_COUNTER}")));
    }
    let order = data.take_order()?;
    let course = data.take_course(&order)?;
    let record = Record::restored(course, data.answers)?;
    Ok(Arc::new(Slot::restored(unit.clone(), data.number + shift, order, data.prints.into(), record)))
}

fn build_refused(
    unit: &Unit,
    list: &[RefusedCreateData],
    keys: &mut HashSet<String>,
) -> Result<Vec<Arc<RefusedCreate>>, Flaw> {
    if list.len() > MAX_REFUSED {
        return Err(Flaw::of("refusedCreates", format!("a sales unit remembers at most {MAX_REFUSED}")));
    }
    let mut built = Vec::with_capacity(list.len());
    for (index, data) in list.iter().enumerate() {
        let wrong = |flaw: Flaw| flaw.within(index).within("refusedCreates");
        if !is_key(&data.key) || !keys.insert(data.key.clone()) {
            let why = "it is not 1 to 50 characters, or was answered otherwise";
            return Err(wrong(Flaw::of("key", why)));
        }
        let refusal = Refusal::restored(&data.refusal).map_err(|flaw| wrong(flaw.within("refusal")))?;
        let (unit, key, prints) = (unit.number, IdempotencyKey::new(&data.key), data.prints.into());
        built.push(Arc::new(RefusedCreate { unit, key, prints, refusal }));
    }
    Ok(built)
}

/// Returns the payments that came to an end in the order in which they did. Those that the list leaves out did last.
fn finished(slots: &[Arc<Slot>], list: &[u64], shift: u64) -> Result<Vec<Arc<Slot>>, Flaw> {
    let is_finished = |slot: &Slot| slot.lock().course.standing().is_finished();
    let mut known = HashSet::new();
    let mut finished = Vec::new();
    for (index, number) in list.iter().enumerate() {
        let place = slots.binary_search_by_key(&number.saturating_add(shift), |slot| slot.number);
        let slot = place.ok().map(|place| &slots[place]).filter(|slot| is_finished(slot));
        match slot.filter(|_| known.insert(*number)) {
            Some(slot) => finished.push(slot.clone()),
            None => {
                let why = "the sales unit has no payment of that number that came to an end, or it stands there twice";
                return Err(Flaw::new(why).within(index).within("finished"));
            }
        }
    }
    let left_out = slots.iter().filter(|slot| !known.contains(&(slot.number - shift)) && is_finished(slot));
    finished.extend(left_out.cloned());
    Ok(finished)
}

fn write_book(book: &mut Book, slots: &[Arc<Slot>], finished: &[Arc<Slot>], refused: &[Arc<RefusedCreate>]) {
    book.payments = slots.iter().map(|slot| (slot.number, Arc::downgrade(slot))).collect();
    book.finished = finished.iter().map(Arc::downgrade).collect();
    book.refused = refused.iter().map(Arc::downgrade).collect();
    let consent = |slot: &Arc<Slot>| {
        let record = slot.lock();
        let approval = record.course.approval()?;
        Some((approval.at, approval.sub?, slot.clone()))
    };
    let mut consents: Vec<_> = slots.iter().filter_map(consent).collect();
    consents.sort_by_key(|(at, ..)| *at);
    for (_, sub, slot) in consents {
        book.note_consent(sub, &slot);
    }
    for slot in slots {
        let next = slot.payment(&slot.lock()).next_timer();
        if let Some((at, _)) = next {
            book.add_timer(Timer { at, number: slot.number, due: Due::Payment(Arc::downgrade(slot)) });
        }
    }
}
