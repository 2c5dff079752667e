//! Every sequence of five operations over boundary amounts: the domain and the naive model agree on each outcome, each
//! sum and each event. Nothing is sampled.

use epayment_sandbox::domain::digits::Msn;
use epayment_sandbox::domain::json::Json;
use epayment_sandbox::domain::money::{Amount, Currency, Market};
use epayment_sandbox::domain::payment::{
    ApproveFacts, CancelRequest, Course, CreateFacts, CreateRequest, Decision, Event, ModificationRequest,
    Order, Payment,
};
use epayment_sandbox::domain::sales_unit::SalesUnit;
use epayment_sandbox::domain::text::IdempotencyKey;
use epayment_sandbox::domain::time::Timestamp;
use epayment_sandbox::domain::user::User;

use crate::naive::{DAY, MINUTE, NaivePayment, Outcome};

const START: i64 = 1_800_000_000_000_000;
const ALL: u64 = 1000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Approve,
    Reject,
    Capture(i64),
    Refund(i64),
    Cancel,
    CancelTransactionOnly,
    Wait(i64),
}

const STEPS: [Step; 17] = [
    Step::Approve,
    Step::Reject,
    Step::Capture(0),
    Step::Capture(1),
    Step::Capture(500),
    Step::Capture(1000),
    Step::Capture(1001),
    Step::Refund(0),
    Step::Refund(1),
    Step::Refund(500),
    Step::Refund(1000),
    Step::Refund(1001),
    Step::Cancel,
    Step::CancelTransactionOnly,
    Step::Wait(10 * MINUTE),
    Step::Wait(180 * DAY),
    Step::Wait(365 * DAY + 1),
];

/// The real thing: an order that never changes, a course that does, and a clock.
struct World<'a> {
    order: &'a Order,
    unit: &'a SalesUnit,
    user: &'a User,
    events_seen: u64,
}

#[derive(Clone)]
struct Node {
    course: Course,
    naive: NaivePayment,
    now: i64,
}

impl World<'_> {
    fn payment<'p>(&'p self, node: &'p Node) -> Payment<'p> {
        Payment { order: self.order, course: &node.course }
    }

    fn apply(&mut self, node: &mut Node, decision: Decision, at: i64, key: Option<&str>) {
        self.events_seen += 1;
        let Decision { name, amount, approval } = decision;
        let event = Event {
            name,
            amount,
            at: Timestamp::from_micros(at),
            psp_reference: self.events_seen,
            key: key.map(IdempotencyKey::new),
        };
        node.course.apply(event, approval);
    }

    /// What time alone brings about, each at its own time.
    fn settle(&mut self, node: &mut Node) {
        while let Some((at, _)) = self.payment(node).next_timer().filter(|(at, _)| at.as_micros() <= node.now)
        {
            let created = node.course.standing().phase().word() == "CREATED";
            let payment = self.payment(node);
            let decision = if created { payment.expire() } else { payment.release() };
            self.apply(node, decision, at.as_micros(), None);
        }
    }

    fn step(&mut self, node: &mut Node, step: Step) -> Outcome {
        if let Step::Wait(micros) = step {
            node.now += micros;
            return Ok(());
        }
        self.settle(node);
        let now = Timestamp::from_micros(node.now);
        let amount = |value: i64| {
            let value = u64::try_from(value).unwrap_or_default();
            ModificationRequest::of(Amount { currency: Currency::Nok, value })
        };
        let payment = self.payment(node);
        let facts = ApproveFacts { now, unit: self.unit };
        let decision = match step {
            Step::Approve => payment.force_approve(self.user, 0, facts),
            Step::Reject => match payment.customer_rejects() {
                Ok(decision) => Ok(decision),
                Err(_) => return Err(0),
            },
            Step::Capture(value) => payment.capture(amount(value), self.unit, now),
            Step::Refund(value) => payment.refund(amount(value), self.unit, now),
            Step::Cancel => payment.cancel(CancelRequest { transaction_only: false }, now),
            Step::CancelTransactionOnly => payment.cancel(CancelRequest { transaction_only: true }, now),
            Step::Wait(_) => return Ok(()),
        };
        let decision = decision.map_err(|rejection| rejection.code.spec().number.map_or(0, u32::from))?;
        self.apply(node, decision, node.now, Some("k"));
        Ok(())
    }
}

fn naive_step(naive: &mut NaivePayment, step: Step, now: i64) -> Outcome {
    match step {
        Step::Approve => naive.approve(now),
        Step::Reject => naive.reject(now).then_some(()).ok_or(0),
        Step::Capture(value) => naive.capture(value, true, now, "k"),
        Step::Refund(value) => naive.refund(value, true, now, "k"),
        Step::Cancel => naive.cancel(false, now),
        Step::CancelTransactionOnly => naive.cancel(true, now),
        Step::Wait(_) => Ok(()),
    }
}

fn compare(world: &World<'_>, node: &Node, path: &[Step]) {
    let standing = node.course.standing();
    let totals = standing.totals;
    let naive = &node.naive;
    assert_eq!(
        (standing.state.word(), totals.authorized, totals.captured, totals.cancelled, totals.refunded),
        (naive.word, naive.authorized, naive.captured, naive.cancelled, naive.refunded),
        "{path:?}"
    );
    assert_eq!(standing.phase().word(), naive.phase(), "{path:?}");
    let events = node.course.events();
    assert_eq!(events.len(), naive.log.len(), "{path:?}");
    for (event, (name, amount, at, key)) in events.iter().zip(&naive.log) {
        let shown = world.payment(node).key_of(event);
        assert_eq!(
            (event.name.word(), event.amount, event.at.as_micros()),
            (*name, *amount, *at),
            "{path:?}"
        );
        assert_eq!(shown, key.as_deref(), "{path:?}");
    }
    assert_eq!(
        node.course.standing_after(events.len()),
        standing,
        "the log alone tells where the payment stands"
    );
}

/// Walks every sequence; returns how many operations were compared.
fn walk(world: &mut World<'_>, node: &Node, path: &mut Vec<Step>, depth: usize) -> u64 {
    if depth == 0 {
        return 0;
    }
    let mut compared = 0;
    for step in STEPS {
        let mut next = node.clone();
        path.push(step);
        let found = world.step(&mut next, step);
        let expected = naive_step(&mut next.naive, step, next.now);
        assert_eq!(found, expected, "{path:?}");
        if !matches!(step, Step::Wait(_)) {
            compare(world, &next, path);
        }
        compared += 1 + walk(world, &next, path, depth - 1);
        path.pop();
    }
    compared
}

fn order(unit: &SalesUnit) -> Order {
    let body = crate::api::create_body("exhaustive-1", ALL).to_string();
    let body = Json::parse(body.as_bytes()).expect("a JSON body");
    let request = CreateRequest::read(&body, false).expect("a sound body");
    let facts = CreateFacts {
        now: Timestamp::from_micros(START),
        unit,
        customer: None,
        psp_reference: uuid::Uuid::nil(),
        token_nonce: 0,
        key: "c",
        local_http: false,
    };
    request.check(&facts).expect("a valid body")
}

fn walk_all(change: impl FnOnce(&mut SalesUnit, &mut NaivePayment), depth: usize) -> u64 {
    let mut unit = SalesUnit::new(Msn::parse("123456").expect("an MSN"), Market::No);
    let mut naive = NaivePayment::new(ALL, START, "c");
    change(&mut unit, &mut naive);
    let order = order(&unit);
    let user = User::made_up(User::nobody_in_particular(Market::No));
    let node = Node { course: Course::begin(&order), naive, now: START };
    let mut world = World { order: &order, unit: &unit, user: &user, events_seen: 0 };
    walk(&mut world, &node, &mut Vec::new(), depth)
}

#[test]
fn every_sequence_of_five_operations_agrees_with_the_naive_model() {
    let compared = walk_all(|_, _| {}, 5);
    assert_eq!(compared, 17 + 17_u64.pow(2) + 17_u64.pow(3) + 17_u64.pow(4) + 17_u64.pow(5));
}

#[test]
fn sales_units_without_partial_capture_or_refunds_agree_too() {
    walk_all(
        |unit, naive| {
            unit.partial_capture = false;
            unit.refunds_enabled = false;
            (naive.partial_capture, naive.refunds) = (false, false);
        },
        4,
    );
}
