//! What waits to be sent to one receiver: a line of events per payment, of which only the first is ever on its way.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::delivery::Delivery;
use super::journal::DeliveryRow;
use crate::document::{Flaw, LineData, MAX_COUNTER, PolicyData, QueueData};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Before, DEAD_AFTER, EventType, Order, Policy, next_attempt};

/// How many deliveries to one receiver are on their way at once.
const MAX_ON_THE_WAY: usize = 8;

/// How many events wait for one receiver. Beyond it the oldest line loses its first event.
const MAX_WAITING: usize = 100_000;

/// The events of one payment. Those that are held come after those that are not.
#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Delivery>,
    /// The first of them is on its way.
    is_under_way: bool,
}

/// What waits for one receiver.
#[derive(Debug, Default)]
pub(super) struct Queue {
    policy: Policy,
    lines: HashMap<u64, Line>,
    /// The lines whose first event is neither on its way nor held, by when it is due.
    due: BTreeSet<(Timestamp, u64)>,
    /// The lines whose first event is held.
    held: BTreeSet<u64>,
    on_the_way: usize,
    waiting: usize,
    /// Since when nothing has arrived.
    failing_since: Option<Timestamp>,
    /// How many were sent again on command.
    again: u64,
    /// The earliest time for which a timer is set.
    pub(super) timer: Option<Timestamp>,
    /// Whether it outlasts a receiver that is dead.
    is_permanent: bool,
}

impl Line {
    /// Lets the newest event go first, unless the first one has been tried already.
    fn turn_round(&mut self, now: Timestamp) {
        if self.waiting.front().is_some_and(Delivery::is_new)
            && let Some(newest) = self.waiting.iter().rposition(|delivery| delivery.can_go(now))
            && let Some(newest) = self.waiting.remove(newest)
        {
            self.waiting.push_front(newest);
        }
    }
}

impl Queue {
    /// Says whether it outlasts a receiver that is dead.
    pub(super) fn permanent(self, is_permanent: bool) -> Self {
        Self { is_permanent, ..self }
    }

    /// Puts an event at the end of its payment's line, as the policy has it. Returns how many events were given up to make
    /// room.
    pub(super) fn push(&mut self, mut delivery: Delivery) -> usize {
        delivery.due = delivery.due + self.policy.delay;
        delivery.copies = self.policy.duplicate;
        delivery.is_held = self.policy.hold;
        self.append(delivery);
        if self.waiting > MAX_WAITING { self.drop_first() } else { 0 }
    }

    fn append(&mut self, delivery: Delivery) {
        let number = delivery.line;
        let line = self.lines.entry(number).or_default();
        line.waiting.push_back(delivery);
        self.waiting += 1;
        if line.waiting.len() == 1 {
            self.enter(number);
        }
    }

    /// Puts a line where its first event belongs.
    fn enter(&mut self, number: u64) {
        let Some(line) = self.lines.get(&number).filter(|line| !line.is_under_way) else { return };
        match line.waiting.front() {
            Some(first) if first.is_held => drop(self.held.insert(number)),
            Some(first) => drop(self.due.insert((first.due, number))),
            None => drop(self.lines.remove(&number)),
        }
    }

    fn drop_first(&mut self) -> usize {
        let line = self.due.pop_first().map(|(_, line)| line).or_else(|| self.held.pop_first());
        let Some(line) = line else { return 0 };
        self.leave(line);
        1
    }

    /// Puts what was sent once more into a line of its own, so that it holds nothing back and waits for nothing.
    pub(super) fn push_again(&mut self, row: &DeliveryRow) {
        self.again += 1;
        let line = u64::MAX - self.again;
        let (reference, body) = (row.reference.clone(), row.body.clone());
        self.append(Delivery::new(line, reference, row.event, body, Timestamp::EPOCH));
    }

    /// Returns how events are sent.
    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    /// Sends events otherwise from now on. What waits is held or released when that changes.
    pub(super) fn set_policy(&mut self, policy: Policy) {
        let was_holding = std::mem::replace(&mut self.policy, policy).hold;
        match (was_holding, policy.hold) {
            (false, true) => {
                let waiting = self.lines.values_mut().flat_map(|line| line.waiting.iter_mut());
                waiting.for_each(|delivery| delivery.is_held = true);
                self.held.extend(std::mem::take(&mut self.due).into_iter().map(|(_, line)| line));
            }
            (true, false) => drop(self.release()),
            _ => {}
        }
    }

    /// Lets go what is held. Returns how many events that were.
    pub(super) fn release(&mut self) -> usize {
        let mut released = 0;
        for delivery in self.lines.values_mut().flat_map(|line| line.waiting.iter_mut()) {
            released += usize::from(std::mem::take(&mut delivery.is_held));
        }
        for line in std::mem::take(&mut self.held) {
            self.enter(line);
        }
        if released > 0 {
            // A receiver that was sent nothing has not failed to take anything.
            self.failing_since = None;
        }
        released
    }

    /// Takes the next event whose time has come. It stays at the head of its line until [`Queue::arrived`] or
    /// [`Queue::failed`].
    pub(super) fn take(&mut self, now: Timestamp) -> Option<Delivery> {
        if !self.has_due(now) {
            return None;
        }
        let (_, number) = self.due.pop_first()?;
        let line = self.lines.get_mut(&number)?;
        if self.policy.order == Order::Reverse {
            line.turn_round(now);
        }
        let delivery = line.waiting.front_mut()?;
        delivery.attempts += 1;
        delivery.is_double &= delivery.is_first();
        delivery.first.get_or_insert(now);
        line.is_under_way = true;
        self.on_the_way += 1;
        Some(delivery.clone())
    }

    /// Whether [`Queue::take`] would find something.
    pub(super) fn has_due(&self, now: Timestamp) -> bool {
        self.on_the_way < MAX_ON_THE_WAY && self.due.first().is_some_and(|(due, _)| *due <= now)
    }

    /// Lets something wait for the first attempt of a payment's event, unless it has arrived already.
    pub(super) fn let_wait(&mut self, line: u64, event: EventType, before: Before) {
        let waiting = self.lines.get_mut(&line).into_iter().flat_map(|line| line.waiting.iter_mut());
        waiting.filter(|delivery| delivery.event == event).for_each(|delivery| delivery.before = before);
    }

    /// Whether there is an event of a payment that this waits for, that is being seen to and has not been tried yet. What is
    /// held, due later or behind one that failed is not being seen to.
    pub(super) fn has_untried(&self, line: u64, now: Timestamp, before: Before) -> bool {
        let Some(line) = self.lines.get(&line) else { return false };
        let Some(first) = line.waiting.front() else { return false };
        let is_wanted = |delivery: &Delivery| self.policy.before == before || delivery.before == before;
        let mut waiting = line.waiting.iter().filter(|delivery| is_wanted(delivery));
        let mut untried = || waiting.any(|delivery| delivery.is_new() && delivery.can_go(now));
        match line.is_under_way {
            true => (is_wanted(first) && first.is_first()) || untried(),
            false => first.can_go(now) && untried(),
        }
    }

    /// Ends an attempt; returns its event.
    fn come_back(&mut self, line: u64) -> Option<&mut Delivery> {
        self.on_the_way -= 1;
        let line = self.lines.get_mut(&line)?;
        line.is_under_way = false;
        line.waiting.front_mut()
    }

    /// Notes that an event has arrived. It is sent again if it is to be doubled; then the next one of its payment may go.
    pub(super) fn arrived(&mut self, line: u64) {
        self.failing_since = None;
        match self.come_back(line) {
            Some(delivery) if delivery.copies > 0 => {
                delivery.copies -= 1;
                delivery.is_copy = true;
                delivery.attempts = 0;
                delivery.first = None;
                self.enter(line);
            }
            _ => self.leave(line),
        }
    }

    /// Notes that an attempt made at `at` failed. Returns when the next one is due; `None` when it was the last.
    pub(super) fn failed(&mut self, line: u64, at: Timestamp) -> Option<Timestamp> {
        self.failing_since.get_or_insert(at);
        let delivery = self.come_back(line)?;
        let next = next_attempt(delivery.attempts, at, delivery.first.unwrap_or(at));
        match next {
            Some(due) => {
                delivery.due = due;
                self.enter(line);
            }
            None => self.leave(line),
        }
        next
    }

    /// Takes the first event off a line for good.
    fn leave(&mut self, number: u64) {
        let Some(line) = self.lines.get_mut(&number) else { return };
        if line.waiting.pop_front().is_some() {
            self.waiting -= 1;
        }
        self.enter(number);
    }

    /// Returns when time brings something about: an attempt, or the end of a registration that nothing arrives at. While as
    /// many are on their way as may be, the next attempt waits for one of them, not for a time.
    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        let has_place = self.on_the_way < MAX_ON_THE_WAY;
        let attempt = self.due.first().filter(|_| has_place).map(|(due, _)| *due);
        attempt.into_iter().chain(self.dead_at()).min()
    }

    /// Returns how many events wait, and when the first that is not held is due.
    pub(super) fn outlook(&self) -> (usize, Option<Timestamp>) {
        (self.waiting, self.due.first().map(|(due, _)| *due))
    }

    /// Returns when the registration counts as dead, if nothing arrives until then. While it is held, nothing can.
    pub(super) fn dead_at(&self) -> Option<Timestamp> {
        self.failing_since.filter(|_| !self.policy.hold && !self.is_permanent).map(|since| since + DEAD_AFTER)
    }

    /// Returns the repeated attempts that are due between the two times, the earliest first.
    pub(super) fn retries_due(&self, until: Timestamp) -> Vec<(Timestamp, Arc<str>)> {
        let due = self.due.iter().take_while(|(due, _)| *due <= until);
        let first = due.filter_map(|(due, line)| Some((*due, self.lines.get(line)?.waiting.front()?)));
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
            let line = &self.lines[&number];
            let mut deliveries: Vec<_> = line.waiting.iter().map(Delivery::taken_down).collect();
            if let Some(first) = deliveries.first_mut().filter(|_| line.is_under_way) {
                first.attempts = first.attempts.saturating_sub(1);
                first.first = first.first.filter(|_| first.attempts > 0);
            }
            let again = number > MAX_COUNTER;
            LineData { number: if again { u64::MAX - number } else { number }, again, deliveries }
        };
        QueueData {
            failing_since: self.failing_since,
            again: self.again,
            policy: PolicyData::unless_usual(self.policy),
            lines: numbers.into_iter().map(line).collect(),
        }
    }

    /// Puts back what waits. Payments are numbered `shift` higher than they were.
    pub(super) fn restored(data: &QueueData, shift: u64) -> Result<Self, Flaw> {
        let policy = PolicyData::restored(data.policy).map_err(|flaw| flaw.within("policy"))?;
        let mut queue =
            Self { policy, failing_since: data.failing_since, again: data.again, ..Self::default() };
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
            self.append(delivery.map_err(|flaw| flaw.within(index).within("deliveries"))?);
        }
        Ok(())
    }

    /// Forgets everything that waits.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DeliveryData;
    use crate::domain::payment::EventName;

    const NOW: Timestamp = Timestamp::EPOCH;

    fn delivery(line: u64) -> Delivery {
        Delivery::new(line, "reference".into(), EventName::Created.into(), "{}".into(), NOW)
    }

    #[test]
    fn a_receiver_that_is_held_is_not_kept_for_without_end() {
        let mut queue = Queue::default();
        queue.set_policy(Policy { hold: true, ..Policy::default() });
        for line in 0..100_000 {
            assert_eq!(queue.push(delivery(line)), 0);
        }
        assert_eq!(queue.push(delivery(100_000)), 1);
        assert_eq!(queue.release(), 100_000);
        assert_eq!(queue.take(NOW).map(|delivery| delivery.line), Some(1), "the oldest was given up");
    }

    #[test]
    fn a_receiver_with_no_place_left_waits_for_an_attempt_and_not_for_a_time() {
        let mut queue = Queue::default();
        for line in 0..9 {
            queue.push(delivery(line));
        }
        while queue.take(NOW).is_some() {}
        assert!(!queue.has_due(NOW));
        assert_eq!(queue.next_timer(), None);
        queue.arrived(0);
        assert!(queue.has_due(NOW));
        assert_eq!(queue.next_timer(), Some(NOW));
    }

    fn data() -> QueueData {
        let at = Timestamp::from_micros(1_000_000);
        let delivery = |attempts: u32| DeliveryData {
            reference: "acme-shop".into(),
            event: "epayments.payment.created.v1".into(),
            body: "{}".into(),
            attempts,
            due: at,
            first: (attempts > 0).then_some(at),
            copies: 0,
            is_copy: false,
            is_held: false,
        };
        let line = |number, again, deliveries| LineData { number, again, deliveries };
        QueueData {
            failing_since: Some(at),
            again: 2,
            policy: None,
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
