//! A payment's place in memory: what never changes, and a lock around what does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::answer::{Prints, Refusal};
use super::stripes::Hashed;
use super::unit::Unit;
use crate::document::{AnswerData, FirstData, Flaw};
use crate::domain::explain::FirstUse;
use crate::domain::money::Amount;
use crate::domain::operation::Operation;
use crate::domain::payment::{Course, Order, Payment, is_key};
use crate::domain::text::IdempotencyKey;

/// How many answers to keyed requests one payment remembers. The oldest go first.
const MAX_KEYED: usize = 1_000;

/// A payment in memory.
pub struct Slot {
    /// The sales unit that it belongs to.
    pub unit: Arc<Unit>,
    /// Where it stands in the order of creation, over all units.
    pub(super) number: u64,
    /// What was asked for.
    pub order: Order,
    /// The fingerprints of the create request.
    pub(super) created_by: Prints,
    record: Mutex<Record>,
}

/// What changes about a payment.
pub(super) struct Record {
    pub(super) course: Course,
    keyed: Vec<Keyed>,
}

/// The first answer to a request with an idempotency key.
pub(super) struct Keyed {
    operation: Operation,
    key: IdempotencyKey,
    pub(super) prints: Prints,
    pub(super) first: First,
}

/// What the first request with a key led to.
#[derive(Clone)]
pub(super) enum First {
    /// It was carried out; the payment then had this many events.
    Done(usize),
    /// It was refused.
    Refused(Box<Refusal>),
}

impl Slot {
    pub(super) fn new(unit: Arc<Unit>, number: u64, order: Order, created_by: Prints) -> Self {
        let course = Course::begin(&order);
        Self { unit, number, order, created_by, record: Mutex::new(Record { course, keyed: Vec::new() }) }
    }

    /// Puts a payment back that was taken down.
    pub(super) fn restored(
        unit: Arc<Unit>,
        number: u64,
        order: Order,
        created_by: Prints,
        record: Record,
    ) -> Self {
        Self { unit, number, order, created_by, record: Mutex::new(record) }
    }

    /// Locks what changes. Never lock two payments at once.
    pub(super) fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the payment as decisions see it.
    pub(super) fn payment<'p>(&'p self, record: &'p Record) -> Payment<'p> {
        Payment { order: &self.order, course: &record.course }
    }

    pub(super) fn key(&self) -> (u64, &str) {
        (self.unit.number, self.order.reference())
    }
}

impl Hashed for Arc<Slot> {
    fn key(&self) -> (u64, &str) {
        Slot::key(self)
    }
}

impl Record {
    /// Takes down the answers that are remembered.
    pub(super) fn answers(&self) -> Vec<AnswerData> {
        let answer = |keyed: &Keyed| AnswerData {
            operation: keyed.operation.name().to_owned(),
            key: keyed.key.as_str().to_owned(),
            prints: keyed.prints.into(),
            first: match &keyed.first {
                First::Done(events) => FirstData::Done(*events),
                First::Refused(refusal) => FirstData::Refused(refusal.taken_down()),
            },
        };
        self.keyed.iter().map(answer).collect()
    }

    /// Puts back what changes about a payment.
    pub(super) fn restored(course: Course, answers: Vec<AnswerData>) -> Result<Self, Flaw> {
        if answers.len() > MAX_KEYED {
            return Err(Flaw::of("answers", format!("a payment remembers at most {MAX_KEYED}")));
        }
        let mut record = Self { course, keyed: Vec::with_capacity(answers.len()) };
        for (index, answer) in answers.into_iter().enumerate() {
            record.restore_answer(answer).map_err(|flaw| flaw.within(index).within("answers"))?;
        }
        Ok(record)
    }

    fn restore_answer(&mut self, answer: AnswerData) -> Result<(), Flaw> {
        let operation = answer.operation()?;
        if !is_key(&answer.key) || self.first_answer(operation, &answer.key).is_some() {
            return Err(Flaw::of("key", "it is not 1 to 50 characters, or was answered before"));
        }
        let first = match answer.first {
            FirstData::Done(events) if (1..=self.course.events().len()).contains(&events) => {
                First::Done(events)
            }
            FirstData::Done(_) => return Err(Flaw::of("first", "the payment never had so many events")),
            FirstData::Refused(refusal) => {
                let refusal = Refusal::restored(&refusal);
                First::Refused(Box::new(refusal.map_err(|flaw| flaw.within("refused").within("first"))?))
            }
        };
        let key = IdempotencyKey::new(&answer.key);
        self.keyed.push(Keyed { operation, key, prints: answer.prints.into(), first });
        Ok(())
    }

    /// Finds the first answer to a key. Keys of different operations do not meet.
    pub(super) fn first_answer(&self, operation: Operation, key: &str) -> Option<&Keyed> {
        self.keyed.iter().find(|keyed| keyed.operation == operation && keyed.key.as_str() == key)
    }

    /// Returns what a key was used for, for an explanation.
    pub(super) fn first_use(&self, order: &Order, keyed: &Keyed) -> FirstUse {
        let event = match &keyed.first {
            First::Done(events) => events.checked_sub(1).and_then(|last| self.course.events().get(last)),
            First::Refused(_) => None,
        };
        FirstUse {
            operation: keyed.operation,
            reference: Some(order.reference().into()),
            amount: event.map(|event| Amount { value: event.amount, ..order.amount() }),
            at: event.map(|event| event.at),
            refused: match &keyed.first {
                First::Done(_) => None,
                First::Refused(refusal) => Some(refusal.rejection.code),
            },
        }
    }

    /// Keeps the first answer to a key.
    pub(super) fn remember(
        &mut self,
        operation: Operation,
        key: IdempotencyKey,
        prints: Prints,
        first: First,
    ) {
        if self.keyed.len() == MAX_KEYED {
            self.keyed.remove(0);
        }
        if self.keyed.len() == self.keyed.capacity() && self.keyed.len() < 4 {
            self.keyed.reserve_exact(2);
        }
        self.keyed.push(Keyed { operation, key, prints, first });
    }
}
