//! Creating a payment, once per idempotency key.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use super::answer::{Prints, Refusal, parse, raw_print};
use super::create_key::{CreateKey, RefusedCreate};
use super::slot::Slot;
use super::unit::Unit;
use super::{Engine, IdempotencyKey};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::explain::{Facts, PaymentFacts};
use crate::domain::json::Json;
use crate::domain::payment::{Act, CreateFacts, CreateRequest, EventName, Order, Script, Standing};
use crate::domain::user::{Behaviour, User};

/// How many refused creates one unit remembers. The oldest go first.
pub(super) const MAX_REFUSED: usize = 10_000;

impl Engine {
    /// Creates a payment, or returns what the first request with this key led to.
    ///
    /// The key's part of the table stays locked throughout, so equal requests that race wait for the first.
    ///
    /// # Errors
    ///
    /// Any refusal of a create request, from the idempotency check on.
    pub(crate) fn create(&self, unit: &Arc<Unit>, key: &str, body: &[u8]) -> Result<Arc<Slot>, Refusal> {
        let place = (unit.number, key);
        let raw = raw_print(body);
        let slot = {
            let mut stripe = self.creates.lock(place);
            if let Some(first) = stripe.find(place) {
                if first.prints().match_body(raw, body) {
                    return first.replay();
                }
                let conflict = ErrorCode::IdempotencyKeyUsed.about(&[("key", key)]);
                return Err(self.refuse(Some(unit), conflict.knowing(Facts::FirstUse(first.first_use()))));
            }
            match self.create_new(unit, key, raw, body) {
                Ok(slot) => {
                    stripe.insert(CreateKey::Created(slot.clone()));
                    slot
                }
                Err((rejection, prints)) => {
                    let refusal = self.refuse(Some(unit), rejection);
                    if refusal.rejection.code.spec().sticks {
                        let (unit_number, key) = (unit.number, IdempotencyKey::new(key));
                        let refused =
                            RefusedCreate { unit: unit_number, key, prints, refusal: refusal.clone() };
                        let refused = Arc::new(refused);
                        stripe.insert(CreateKey::Refused(refused.clone()));
                        drop(stripe);
                        self.keep_refused(unit, &refused);
                    }
                    return Err(refusal);
                }
            }
        };
        self.begin(&slot);
        Ok(slot)
    }

    fn create_new(
        &self,
        unit: &Arc<Unit>,
        key: &str,
        raw: u64,
        body: &[u8],
    ) -> Result<Arc<Slot>, (Rejection, Prints)> {
        let body = parse(body);
        let prints = Prints::of(raw, body.as_ref());
        let body = body.map_err(|rejection| (rejection, prints))?;
        let order = self.check_create(unit, key, &body).map_err(|rejection| (rejection, prints))?;
        let place = (unit.number, order.reference());
        let mut stripe = self.payments.lock(place);
        if let Some(taken) = stripe.find(place).cloned() {
            drop(stripe);
            let facts = self.read(&taken, |payment| PaymentFacts::of(payment, self.now(unit)));
            let taken = ErrorCode::ReferenceTaken.about(&[("reference", order.reference())]);
            return Err((taken.knowing(Facts::Payment(facts)), prints));
        }
        let number = self.created.fetch_add(1, Ordering::Relaxed) + 1;
        let slot = Arc::new(Slot::new(unit.clone(), number, order, prints));
        stripe.insert(slot.clone());
        Ok(slot)
    }

    fn check_create(&self, unit: &Unit, key: &str, body: &Json<'_>) -> Result<Order, Rejection> {
        let strict = self.settings.strict;
        let request = CreateRequest::read(body, strict)?;
        let settings = unit.settings();
        let customer = if request.is_pushed() { request.customer() } else { None };
        let customer = customer.map(|phone_number| self.customer(unit, phone_number));
        let checked = request.check(&CreateFacts {
            now: self.now(unit),
            unit: &settings,
            customer: customer.as_ref(),
            psp_reference: unit.ids.uuid(),
            token_nonce: unit.ids.nonce(),
            key,
            local_http: !strict,
        });
        checked.map_err(|rejection| match (rejection.code, &customer) {
            (ErrorCode::CustomerNotFound, Some(User { phone_number, exists, .. })) => {
                rejection.knowing(Facts::Customer { phone_number: *phone_number, exists: *exists })
            }
            (ErrorCode::CurrencyInvalid, _) => rejection.knowing(Facts::Market(settings.market)),
            _ => rejection,
        })
    }

    /// Enters a new payment into its unit's book and lets a scripted customer begin.
    fn begin(&self, slot: &Arc<Slot>) {
        let unit = &slot.unit;
        // Whoever finds the payment in the book waits until it has begun.
        let mut record = slot.lock();
        unit.book().add_payment(slot);
        let (amount, at) = (slot.order.amount().value, slot.order.created_at());
        self.tell_payment(slot, EventName::Created, amount, at, Standing::NEW);
        let named = slot.order.phone_number();
        let (behaviour, after) =
            named.map_or((None, None), |phone_number| self.users.script(unit.msn, phone_number));
        let behaviour = behaviour.unwrap_or(self.settings.customer);
        let after = after.unwrap_or(self.settings.customer_after);
        let act = match behaviour {
            Behaviour::Ask => None,
            Behaviour::Approve => Some(Act::Approve),
            Behaviour::Reject => Some(Act::Reject),
        };
        if let Some(act) = act {
            let customer = named.unwrap_or_else(|| User::nobody_in_particular(unit.settings().market));
            record.course.set_script(Some(Script { at: slot.order.created_at() + after, act, customer }));
        }
        self.schedule(slot, &record);
        self.publish_last(slot, &record, slot.order.created_at());
        self.settle(slot, &mut record);
        drop(record);
        self.hold_create_answer(slot);
        self.changed.notify();
        let before = self.count.fetch_add(1, Ordering::AcqRel);
        if u64::try_from(before).is_ok_and(|before| before >= self.settings.max_payments) {
            self.drop_oldest();
        }
        // The unit may have gone between its look-up and now, and with it everything else in the tables.
        if unit.is_gone() {
            self.drop_payment(slot);
        }
    }

    fn keep_refused(&self, unit: &Unit, refused: &Arc<RefusedCreate>) {
        let mut book = unit.book();
        book.refused.push_back(Arc::downgrade(refused));
        let too_many = book.refused.len() > MAX_REFUSED;
        if too_many || unit.is_gone() {
            let oldest = if too_many { book.refused.pop_front() } else { book.refused.pop_back() };
            drop(book);
            if let Some(oldest) = oldest.as_ref().and_then(Weak::upgrade) {
                let place = (oldest.unit, oldest.key.as_str());
                self.creates.lock(place).remove(place);
            }
        }
    }

    /// Makes room: the oldest finished payment goes, or the oldest of all when none is finished.
    pub(super) fn drop_oldest(&self) {
        let units = self.units.all();
        let finished = units.iter().filter_map(|unit| {
            let mut book = unit.book();
            while let Some(slot) = book.finished.front() {
                match slot.upgrade() {
                    Some(slot) => return Some(slot),
                    None => book.finished.pop_front(),
                };
            }
            None
        });
        let any = || {
            let oldest = units.iter().filter_map(|unit| {
                let mut book = unit.book();
                while let Some((_, slot)) = book.payments.front() {
                    match slot.upgrade() {
                        Some(slot) => return Some(slot),
                        None => {
                            book.payments.pop_front();
                            book.gaps = book.gaps.saturating_sub(1);
                        }
                    }
                }
                None
            });
            oldest.min_by_key(|slot| slot.number)
        };
        if let Some(slot) = finished.min_by_key(|slot| slot.number).or_else(any) {
            self.drop_payment(&slot);
        }
    }

    /// Counts payments that went from the table. Those that are being made may be counted only after.
    pub(super) fn count_down(&self, gone: usize) {
        self.count.fetch_sub(i64::try_from(gone).unwrap_or(i64::MAX), Ordering::AcqRel);
    }

    /// Forgets a payment and the key that created it.
    fn drop_payment(&self, slot: &Arc<Slot>) {
        let place = (slot.unit.number, slot.order.create_key());
        self.creates.lock(place).remove(place);
        let place = slot.key();
        if self.payments.lock(place).remove(place).is_some() {
            self.count_down(1);
            slot.unit.book().leave_gap();
        }
    }
}
