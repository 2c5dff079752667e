//! The queue against a simulated receiver: whatever fails and however time passes, nothing is lost and nothing overtakes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::delivery::Delivery;
use super::queue::Queue;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::webhook::EventType;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A payment has an event.
    Event { line: u64 },
    /// Everything that is due is taken, as far as there is room.
    Take,
    /// One of those on their way comes back.
    Return { place: usize, arrived: bool },
    /// Time passes.
    Wait { seconds: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_u64..6).prop_map(|line| Step::Event { line }),
        3 => Just(Step::Take),
        4 => (0_usize..8, prop::bool::weighted(0.6)).prop_map(|(place, arrived)| Step::Return { place, arrived }),
        2 => prop_oneof![Just(1), Just(2), Just(60), Just(3600), Just(90_000)].prop_map(|seconds| Step::Wait { seconds }),
    ];
    prop::collection::vec(step, 1..400)
}

/// The receiver's side: what was sent to it, and in which order it came.
#[derive(Default)]
struct World {
    queue: Queue,
    now: i64,
    sent: BTreeMap<u64, Vec<String>>,
    /// What arrived or was given up after seven days, in order.
    ended: BTreeMap<u64, Vec<String>>,
    on_the_way: Vec<Delivery>,
}

impl World {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH + Span::seconds(self.now)
    }

    fn event(&mut self, line: u64) {
        let sent = self.sent.entry(line).or_default();
        let body = format!("{line}-{}", sent.len());
        sent.push(body.clone());
        let (due, event) = (self.now(), EventType::PAYMENT[0]);
        let body = body.into();
        self.queue.push(Delivery::new(line, "r".into(), event, body, due));
    }

    fn take(&mut self) {
        while let Some(delivery) = self.queue.take(self.now()) {
            assert!(delivery.due <= self.now(), "nothing goes before its time");
            self.on_the_way.push(delivery);
        }
        let lines: BTreeSet<u64> = self.on_the_way.iter().map(|delivery| delivery.line).collect();
        assert_eq!(lines.len(), self.on_the_way.len(), "one event of a payment is on its way at a time");
        assert!(self.on_the_way.len() <= 8);
    }

    fn comes_back(&mut self, place: usize, arrived: bool) {
        if self.on_the_way.is_empty() {
            return;
        }
        let delivery = self.on_the_way.swap_remove(place % self.on_the_way.len());
        let over = if arrived {
            self.queue.arrived(delivery.line);
            true
        } else {
            self.queue.failed(delivery.line, self.now()).is_none()
        };
        if over {
            self.ended.entry(delivery.line).or_default().push(delivery.body.to_string());
        }
    }

    /// From now on everything arrives.
    fn drain(&mut self) {
        for _ in 0..10_000 {
            self.take();
            while !self.on_the_way.is_empty() {
                self.comes_back(0, true);
            }
            if self.ended == self.sent {
                return;
            }
            self.now += 3600;
        }
        panic!("sent {:?}, ended {:?}", self.sent, self.ended);
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_overtakes(steps in steps()) {
        let mut world = World::default();
        for step in steps {
            match step {
                Step::Event { line } => world.event(line),
                Step::Take => world.take(),
                Step::Return { place, arrived } => world.comes_back(place, arrived),
                Step::Wait { seconds } => world.now += seconds,
            }
            for (line, ended) in &world.ended {
                prop_assert!(world.sent[line].starts_with(ended), "{line}: {ended:?}");
            }
        }
        world.drain();
    }
}
