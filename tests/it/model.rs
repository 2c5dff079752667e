//! Random operations and clock moves over the whole service, against the naive model: every status, every ErrorCode,
//! every sum, every event, and every replay.
//!
//! `MODEL_STEPS=1000000 cargo test --test it model` walks further than the 100 000 steps of an ordinary run.

use axum::body::Body;
use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::time::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};
use crate::naive::{DAY, MINUTE, NaivePayment, NaiveShop, Outcome};

const STEPS_PER_CASE: usize = 50;
const START: &str = "2026-11-20T09:00:00Z";
const START_MICROS: i64 = 1_795_165_200_000_000;

/// What a merchant, a customer or time does next.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Create { payment: usize, value: u64, key: u8 },
    Approve { payment: usize },
    Reject { payment: usize },
    Modify { verb: &'static str, payment: usize, value: i64, foreign: bool, key: u8 },
    Cancel { payment: usize, only: bool, key: Option<u8> },
    Read { payment: usize },
    Advance { micros: i64 },
}

/// Draws an operation.
pub(crate) fn op() -> impl Strategy<Value = Op> {
    let payment = 0..3_usize;
    let key = 0..6_u8;
    let value = prop_oneof![
        4 => 1..700_i64,
        2 => prop_oneof![Just(0_i64), Just(-1), Just(1), Just(123), Just(124), Just(500), Just(1000), Just(65_000_001)],
    ];
    let advance = prop_oneof![
        3 => 0..2 * MINUTE,
        2 => Just(10 * MINUTE),
        1 => prop_oneof![Just(179 * DAY), Just(180 * DAY), Just(365 * DAY), Just(1)],
    ];
    prop_oneof![
        3 => (payment.clone(), prop_oneof![Just(99_u64), Just(100), 100..1500_u64], key.clone())
            .prop_map(|(payment, value, key)| Op::Create { payment, value, key }),
        3 => payment.clone().prop_map(|payment| Op::Approve { payment }),
        1 => payment.clone().prop_map(|payment| Op::Reject { payment }),
        6 => (prop_oneof![Just("capture"), Just("refund")], payment.clone(), value, prop::bool::weighted(0.05), key.clone())
            .prop_map(|(verb, payment, value, foreign, key)| Op::Modify { verb, payment, value, foreign, key }),
        2 => (payment.clone(), prop::bool::weighted(0.2), prop::option::of(key))
            .prop_map(|(payment, only, key)| Op::Cancel { payment, only, key }),
        2 => payment.prop_map(|payment| Op::Read { payment }),
        2 => advance.prop_map(|micros| Op::Advance { micros }),
    ]
}

/// The service and the model side by side.
struct Pair<'s> {
    merchant: Merchant<'s>,
    shop: NaiveShop,
    now: i64,
}

/// The reference of the payment with this number.
pub(crate) fn reference(payment: usize) -> String {
    format!("model-payment-{payment}")
}

impl Pair<'_> {
    fn step(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match op {
            Op::Advance { micros } => {
                self.now += micros;
                self.merchant.sandbox.advance(std::time::Duration::from_micros(micros.unsigned_abs()));
                Ok(())
            }
            Op::Create { payment, value, key } => self.create(&reference(*payment), *value, *key),
            Op::Approve { payment } => {
                let reference = reference(*payment);
                let answer = self.merchant.approve(&reference);
                match self.shop.payments.get_mut(&reference).map(|payment| payment.approve(self.now)) {
                    None => expect(&answer, 404, Some(5090)),
                    Some(Ok(())) => expect(&answer, 200, None),
                    Some(Err(6230)) => expect(&answer, 409, Some(6230)),
                    Some(Err(code)) => expect(&answer, 400, Some(code)),
                }
            }
            Op::Reject { payment } => {
                let reference = reference(*payment);
                let path = format!("/payments/{}/{reference}/reject", self.merchant.msn);
                let answer = self.merchant.control("POST", &path, &Value::Null);
                let status =
                    match self.shop.payments.get_mut(&reference).map(|payment| payment.reject(self.now)) {
                        None => 404,
                        Some(true) => 200,
                        Some(false) => 409,
                    };
                expect(&answer, status, None)
            }
            Op::Modify { verb, payment, value, foreign, key } => {
                let currency = if *foreign { "EUR" } else { "NOK" };
                let body = json!({"modificationAmount": {"currency": currency, "value": value}}).to_string();
                let key = format!("k{key}");
                self.modify(verb, &reference(*payment), Some(&key), &body, |payment, now| match *verb {
                    "capture" => payment.capture(*value, !foreign, now, &key),
                    _ => payment.refund(*value, !foreign, now, &key),
                })
            }
            Op::Cancel { payment, only, key } => {
                let body = if *only { r#"{"cancelTransactionOnly":true}"# } else { "" };
                let key = key.map(|key| format!("k{key}"));
                self.modify("cancel", &reference(*payment), key.as_deref(), body, |payment, now| {
                    payment.cancel(*only, now)
                })
            }
            Op::Read { payment } => self.read(&reference(*payment)),
        }
    }

    fn create(&mut self, reference: &str, value: u64, key: u8) -> Result<(), TestCaseError> {
        let key = format!("k{key}");
        let body = create_body(reference, value);
        let text = body.to_string();
        let answer = self.merchant.create(&key, &body);
        let scope = ("create".to_owned(), key.clone());
        if let Some((first_body, status, first)) = self.shop.keys.get(&scope) {
            if *first_body != text {
                return expect(&answer, 409, Some(4020));
            }
            prop_assert_eq!((answer.status, &answer.text), (*status, first));
            return Ok(());
        }
        let outcome = if value < 100 {
            expect(&answer, 400, Some(6010))
        } else if self.shop.payments.contains_key(reference) {
            expect(&answer, 409, Some(4150))
        } else {
            self.shop.payments.insert(reference.to_owned(), NaivePayment::new(value, self.now, &key));
            expect(&answer, 201, None)
        };
        self.shop.keys.insert(scope, (text, answer.status, answer.text));
        outcome
    }

    fn modify(
        &mut self,
        verb: &str,
        reference: &str,
        key: Option<&str>,
        body: &str,
        run: impl FnOnce(&mut NaivePayment, i64) -> Outcome,
    ) -> Result<(), TestCaseError> {
        let path = format!("/epayment/v1/payments/{reference}/{verb}");
        let answer = self.merchant.call("POST", &path, key, Body::from(body.to_owned()));
        let Some(payment) = self.shop.payments.get_mut(reference) else {
            return expect(&answer, 404, Some(5090));
        };
        payment.look(self.now);
        let scope = key.map(|key| (format!("{verb} {reference}"), key.to_owned()));
        if let Some((first_body, status, text)) = scope.as_ref().and_then(|scope| self.shop.keys.get(scope)) {
            if first_body != body {
                let code = match verb {
                    "capture" => 4010,
                    "refund" => 4150,
                    _ => 4020,
                };
                return expect(&answer, 409, Some(code));
            }
            prop_assert_eq!((answer.status, &answer.text), (*status, text));
            return Ok(());
        }
        match run(payment, self.now) {
            Ok(()) => {
                expect(&answer, 200, None)?;
                sums(payment, &answer.json())?;
            }
            Err(code) => expect(&answer, 400, Some(code))?,
        }
        if let Some(scope) = scope {
            self.shop.keys.insert(scope, (body.to_owned(), answer.status, answer.text));
        }
        Ok(())
    }

    fn read(&mut self, reference: &str) -> Result<(), TestCaseError> {
        let answer = self.merchant.get(reference);
        let Some(payment) = self.shop.payments.get_mut(reference) else {
            return expect(&answer, 404, Some(5090));
        };
        payment.look(self.now);
        expect(&answer, 200, None)?;
        sums(payment, &answer.json())?;
        let events = self.merchant.events(reference).json();
        let found: Vec<_> = events
            .as_array()
            .into_iter()
            .flatten()
            .map(|event| {
                let at = Timestamp::parse_rfc3339(event["timestamp"].as_str().unwrap_or_default());
                let key = event["idempotencyKey"].as_str().map(str::to_owned);
                // Only CREATED is written with more than milliseconds.
                let micros = at.map_or(0, Timestamp::as_micros);
                (
                    event["name"].as_str().unwrap_or_default().to_owned(),
                    event["amount"]["value"].as_u64(),
                    micros / 1000,
                    key,
                )
            })
            .collect();
        let expected: Vec<_> = payment
            .log
            .iter()
            .map(|(name, amount, at, key)| ((*name).to_owned(), Some(*amount), at / 1000, key.clone()))
            .collect();
        prop_assert_eq!(found, expected);
        let path = format!("/payments/{}/{reference}", self.merchant.msn);
        let detail = self.merchant.control("GET", &path, &Value::Null).json();
        prop_assert_eq!(detail["phase"].as_str(), Some(payment.phase()));
        Ok(())
    }
}

fn expect(answer: &Answer, status: u16, code: Option<u32>) -> Result<(), TestCaseError> {
    prop_assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text);
    Ok(())
}

fn sums(payment: &NaivePayment, body: &Value) -> Result<(), TestCaseError> {
    let sum = |name: &str| body["aggregate"][name]["value"].as_u64();
    prop_assert_eq!(body["state"].as_str(), Some(payment.word));
    prop_assert_eq!(body["amount"]["value"].as_u64(), Some(payment.amount));
    prop_assert_eq!(
        [sum("authorizedAmount"), sum("capturedAmount"), sum("cancelledAmount"), sum("refundedAmount")],
        [payment.authorized, payment.captured, payment.cancelled, payment.refunded].map(Some)
    );
    Ok(())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how far to walk is the caller's choice")]
fn the_service_and_the_naive_model_agree_for_100_000_steps() {
    let steps: usize =
        std::env::var("MODEL_STEPS").ok().and_then(|steps| steps.parse().ok()).unwrap_or(100_000);
    let cases = u32::try_from(steps / STEPS_PER_CASE).expect("a sensible number of steps");
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let strategy = prop::collection::vec(op(), STEPS_PER_CASE);
    let sandbox = Sandbox::builder().frozen_at(START).start();
    let outcome = TestRunner::new(config).run(&strategy, |ops| {
        sandbox.reset();
        let merchant = Merchant::new(&sandbox);
        let mut pair = Pair { merchant, shop: NaiveShop::default(), now: START_MICROS };
        ops.iter().try_for_each(|op| pair.step(op))?;
        (0..3).try_for_each(|payment| pair.read(&reference(payment)))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
