//! What waits to be sent to one receiver: a line of events per payment, of which only the first is ever on its way.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::journal::DeliveryRow;
use crate::document::{DeliveryData, Flaw, LineData, MAX_COUNTER, QueueData};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DEAD_AFTER, EventType, next_attempt};

/// How many deliveries to one receiver are on their way at once.
const MAX_ON_THE_WAY: usize = 8;

/// How many events wait for one receiver. Beyond it the oldest line loses its first event.
const MAX_WAITING: usize = 100_000;

/// An event on its way to a receiver.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    /// The payment's number; events of one payment keep their order.
    pub(super) line: u64,
    pub(super) reference: Arc<str>,
    pub(super) event: EventType,
    pub(super) body: Arc<str>,
    /// How many attempts were made.
    pub(super) attempts: u32,
    /// When the next one is due.
    pub(super) due: Timestamp,
    /// When the first one was made.
    pub(super) first: Option<Timestamp>,
}

/// What waits for one receiver.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lines: HashMap<u64, VecDeque<Delivery>>,
    /// The first of each line that is not on its way, by when it is due.
    due: BTreeSet<(Timestamp, u64)>,
    on_the_way: usize,
    waiting: usize,
    /// Since when nothing has arrived.
    failing_since: Option<Timestamp>,
    /// How many were sent again on command.
    again: u64,
    /// The earliest time for which a timer is set.
    pub(super) timer: Option<Timestamp>,
}

impl Queue {
    /// Puts an event at the end of its payment's line. Returns how many events were given up to make room.
    pub(super) fn push(&mut self, delivery: Delivery) -> usize {
        let line = self.lines.entry(delivery.line).or_default();
        if line.is_empty() {
            self.due.insert((delivery.due, delivery.line));
        }
        line.push_back(delivery);
        self.waiting += 1;
        if self.waiting > MAX_WAITING { self.drop_first() } else { 0 }
    }

    fn drop_first(&mut self) -> usize {
        let Some((_, line)) = self.due.pop_first() else { return 0 };
        self.leave(line);
        1
    }

    /// Puts what was sent once more into a line of its own, so that it holds nothing back and waits for nothing.
    pub(super) fn push_again(&mut self, row: &DeliveryRow) {
        self.again += 1;
        self.push(Delivery {
            line: u64::MAX - self.again,
            reference: row.reference.clone(),
            event: row.event,
            body: row.body.clone(),
            attempts: 0,
            due: Timestamp::EPOCH,
            first: None,
        });
    }

    /// Takes the next event whose time has come. It stays at the head of its line until [`Queue::arrived`] or
    /// [`Queue::failed`].
    pub(super) fn take(&mut self, now: Timestamp) -> Option<Delivery> {
        if self.on_the_way >= MAX_ON_THE_WAY {
            return None;
        }
        let (_, line) = *self.due.first().filter(|(due, _)| *due <= now)?;
        self.due.pop_first();
        let delivery = self.lines.get_mut(&line)?.front_mut()?;
        delivery.attempts += 1;
        delivery.first.get_or_insert(now);
        self.on_the_way += 1;
        Some(delivery.clone())
    }

    /// Whether [`Queue::take`] would find something.
    pub(super) fn has_due(&self, now: Timestamp) -> bool {
        self.on_the_way < MAX_ON_THE_WAY && self.due.first().is_some_and(|(due, _)| *due <= now)
    }

    /// Notes that an event has arrived. The next one of its payment may go.
    pub(super) fn arrived(&mut self, line: u64) {
        self.failing_since = None;
        self.on_the_way -= 1;
        self.leave(line);
    }

    /// Notes that an attempt made at `at` failed. Returns when the next one is due; `None` when it was the last.
    pub(super) fn failed(&mut self, line: u64, at: Timestamp) -> Option<Timestamp> {
        self.failing_since.get_or_insert(at);
        self.on_the_way -= 1;
        let delivery = self.lines.get_mut(&line).and_then(VecDeque::front_mut)?;
        match next_attempt(delivery.attempts, at, delivery.first.unwrap_or(at)) {
            Some(next) => {
                delivery.due = next;
                self.due.insert((next, line));
                Some(next)
            }
            None => {
                self.leave(line);
                None
            }
        }
    }

    /// Takes the first event off a line for good.
    fn leave(&mut self, number: u64) {
        let Some(line) = self.lines.get_mut(&number) else { return };
        if line.pop_front().is_some() {
            self.waiting -= 1;
        }
        match line.front() {
            Some(next) => drop(self.due.insert((next.due, number))),
            None => drop(self.lines.remove(&number)),
        }
    }

    /// Returns when time brings something about: an attempt, or the end of a registration that nothing arrives at.
    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        let attempt = self.due.first().map(|(due, _)| *due);
        attempt.into_iter().chain(self.dead_at()).min()
    }

    /// Returns when the registration counts as dead, if nothing arrives until then.
    pub(super) fn dead_at(&self) -> Option<Timestamp> {
        self.failing_since.map(|since| since + DEAD_AFTER)
    }

    /// Returns the repeated attempts that are due between the two times, the earliest first.
    pub(super) fn retries_due(&self, until: Timestamp) -> Vec<(Timestamp, Arc<str>)> {
        let due = self.due.iter().take_while(|(due, _)| *due <= until);
        let first = due.filter_map(|(due, line)| Some((*due, self.lines.get(line)?.front()?)));
        first
            .filter(|(_, delivery)| delivery.attempts > 0)
            .map(|(due, delivery)| (due, delivery.reference.clone()))
            .collect()
    }

    /// Takes down what waits. An attempt that is on its way counts as not made: it has to be made again.
    pub(super) fn taken_down(&self) -> QueueData {
        let mut numbers: Vec<u64> = self.lines.keys().copied().collect();
        numbers.sort_unstable();
        let line = |number: u64| {
            let mut deliveries: Vec<_> = self.lines[&number].iter().map(Delivery::taken_down).collect();
            if let Some(first) =
                deliveries.first_mut().filter(|first| !self.due.contains(&(first.due, number)))
            {
                first.attempts = first.attempts.saturating_sub(1);
                first.first = first.first.filter(|_| first.attempts > 0);
            }
            let again = number > MAX_COUNTER;
            LineData { number: if again { u64::MAX - number } else { number }, again, deliveries }
        };
        QueueData {
            failing_since: self.failing_since,
            again: self.again,
            lines: numbers.into_iter().map(line).collect(),
        }
    }

    /// Puts back what waits. Payments are numbered `shift` higher than they were.
    pub(super) fn restored(data: &QueueData, shift: u64) -> Result<Self, Flaw> {
        let mut queue = Self { failing_since: data.failing_since, again: data.again, ..Self::default() };
        if data.again > MAX_COUNTER {
            return Err(Flaw::of("again", format!("it is more than {MAX_COUNTER}")));
        }
        for (index, line) in data.lines.iter().enumerate() {
            queue.restore_line(line, shift).map_err(|flaw| flaw.within(index).within("lines"))?;
        }
        if queue.waiting > MAX_WAITING {
            return Err(Flaw::of("lines", format!("more than {MAX_WAITING} events cannot wait")));
        }
        Ok(queue)
    }

    fn restore_line(&mut self, line: &LineData, shift: u64) -> Result<(), Flaw> {
        let highest = if line.again { self.again } else { MAX_COUNTER };
        let number = if line.again { u64::MAX - line.number } else { line.number.saturating_add(shift) };
        if !(1..=highest).contains(&line.number) || self.lines.contains_key(&number) {
            return Err(Flaw::of(
                "number",
                format!("it is not one of 1 to {highest}, or stands there twice"),
            ));
        }
        if line.deliveries.is_empty() {
            return Err(Flaw::of("deliveries", "nothing waits in it"));
        }
        for (index, data) in line.deliveries.iter().enumerate() {
            let delivery = Delivery::restored(data, number);
            self.push(delivery.map_err(|flaw| flaw.within(index).within("deliveries"))?);
        }
        Ok(())
    }

    /// Forgets everything that waits.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// More attempts than any schedule has.
const MAX_ATTEMPTS: u32 = 10_000;

impl Delivery {
    fn taken_down(&self) -> DeliveryData {
        DeliveryData {
            reference: self.reference.to_string(),
            event: self.event.name().to_owned(),
            body: self.body.to_string(),
            attempts: self.attempts,
            due: self.due,
            first: self.first,
        }
    }

    fn restored(data: &DeliveryData, line: u64) -> Result<Self, Flaw> {
        if data.attempts > MAX_ATTEMPTS || (data.attempts > 0) != data.first.is_some() {
            return Err(Flaw::of("attempts", "it does not fit first"));
        }
        Ok(Self {
            line,
            reference: data.reference.as_str().into(),
            event: data.event()?,
            body: data.body.as_str().into(),
            attempts: data.attempts,
            due: data.due,
            first: data.first,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> QueueData {
        let at = Timestamp::from_micros(1_000_000);
        let delivery = |attempts: u32| DeliveryData {
            reference: "acme-shop".into(),
            event: "epayments.payment.created.v1".into(),
            body: "{}".into(),
            attempts,
            due: at,
            first: (attempts > 0).then_some(at),
        };
        let line = |number, again, deliveries| LineData { number, again, deliveries };
        QueueData {
            failing_since: Some(at),
            again: 2,
            lines: vec![
                line(7, false, vec![delivery(3), delivery(0)]),
                line(9, false, vec![delivery(0)]),
                line(2, true, vec![delivery(1)]),
            ],
        }
    }

    #[test]
    fn what_waits_comes_back_and_an_attempt_under_way_counts_as_not_made() {
        let mut queue = Queue::restored(&data(), 0).unwrap();
        assert_eq!(queue.taken_down(), data());
        let taken: Vec<_> = std::iter::from_fn(|| queue.take(Timestamp::MAX)).collect();
        assert_eq!(taken.len(), 3, "the first of each line");
        assert_eq!(queue.taken_down(), data());
        queue.failed(7, Timestamp::from_micros(2_000_000));
        queue.arrived(9);
        let after = queue.taken_down();
        assert_eq!((after.lines.len(), after.lines[0].deliveries[0].attempts), (2, 4));
    }

    #[test]
    fn payments_with_other_numbers_keep_what_waits_for_them() {
        let queue = Queue::restored(&data(), 100).unwrap();
        let numbers: Vec<_> = queue.taken_down().lines.iter().map(|line| (line.number, line.again)).collect();
        assert_eq!(numbers, [(107, false), (109, false), (2, true)]);
    }
}
