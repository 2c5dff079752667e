//! Races on purpose, with real threads: money moves once, sums hold, and equal requests get equal answers.

use std::collections::HashSet;
use std::sync::Barrier;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};

/// Lets `count` threads do the same thing at the same moment.
fn race<T: Send>(sandbox: &Sandbox, count: usize, act: impl Fn(usize, &Merchant<'_>) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    std::thread::scope(|scope| {
        let racers: Vec<_> = (0..count)
            .map(|racer| {
                let (act, barrier) = (&act, &barrier);
                scope.spawn(move || {
                    let merchant = Merchant::new(sandbox);
                    barrier.wait();
                    act(racer, &merchant)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer ends")).collect()
    })
}

fn answers(answers: &[Answer]) -> HashSet<(u16, &str)> {
    answers.iter().map(|answer| (answer.status, answer.text.as_str())).collect()
}

fn events(merchant: &Merchant<'_>, reference: &str) -> Vec<String> {
    let log = merchant.events(reference).json();
    log.as_array()
        .into_iter()
        .flatten()
        .map(|event| event["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn sum(merchant: &Merchant<'_>, reference: &str, name: &str) -> u64 {
    merchant.get(reference).json()["aggregate"][name]["value"].as_u64().expect("a sum")
}

#[test]
fn equal_captures_move_money_once_and_get_equal_answers() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for round in 0..20 {
        let reference = format!("equal-capture-{round}");
        shop.authorized(&reference, 1000);
        let all = race(&sandbox, 32, |_, merchant| merchant.modify("capture", &reference, "one-key", 300));
        assert_eq!(answers(&all).len(), 1, "{:?}", answers(&all));
        assert_eq!((all[0].status, sum(&shop, &reference, "capturedAmount")), (200, 300));
        assert_eq!(events(&shop, &reference), ["CREATED", "AUTHORIZED", "CAPTURED"]);
    }
}

#[test]
fn equal_creates_make_one_payment_and_get_equal_answers() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for round in 0..20 {
        let reference = format!("equal-create-{round}");
        let body = create_body(&reference, 1000);
        let all = race(&sandbox, 32, |_, merchant| merchant.create("same-key", &body));
        assert_eq!(answers(&all).len(), 1, "{:?}", answers(&all));
        assert_eq!(all[0].status, 201);
        assert_eq!(events(&shop, &reference), ["CREATED"]);
        sandbox.reset();
    }
}

#[test]
fn equal_refused_creates_get_one_refusal() {
    let sandbox = Sandbox::start();
    let all =
        race(&sandbox, 32, |_, merchant| merchant.create("same-key", &create_body("refused-create", 1)));
    assert_eq!(answers(&all).len(), 1, "the trace id is part of the answer");
    assert_eq!(all[0].code(), Some(6010));
}

#[test]
fn one_reference_is_taken_once_whatever_the_keys() {
    let sandbox = Sandbox::start();
    let all = race(&sandbox, 16, |racer, merchant| {
        merchant.create(&format!("key-{racer}"), &create_body("contested-ref", 1000)).status
    });
    assert_eq!(all.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(all.iter().filter(|status| **status == 409).count(), 15);
}

#[test]
fn racing_captures_never_exceed_the_reservation() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.authorized("many-captures", 100);
    let done: usize = race(&sandbox, 8, |racer, merchant| {
        let capture =
            |n: usize| merchant.modify("capture", "many-captures", &format!("k-{racer}-{n}"), 3).status;
        (0..50).filter(|n| capture(*n) == 200).count()
    })
    .into_iter()
    .sum();
    assert_eq!((done, sum(&shop, "many-captures", "capturedAmount")), (33, 99));
}

#[test]
fn captures_cancels_and_refunds_leave_sound_sums() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for round in 0..30 {
        let reference = format!("mixed-race-{round}");
        shop.authorized(&reference, 1000);
        race(&sandbox, 9, |racer, merchant| match racer % 3 {
            0 => merchant.modify("capture", &reference, &format!("c{racer}"), 400).status,
            1 => merchant.modify("refund", &reference, &format!("r{racer}"), 200).status,
            _ => merchant.cancel(&reference).status,
        });
        let of = |name: &str| sum(&shop, &reference, name);
        assert!(of("capturedAmount") + of("cancelledAmount") <= 1000);
        assert!(of("refundedAmount") <= of("capturedAmount"));
        let log = shop.events(&reference).json();
        let total = |name: &str| -> u64 {
            let of_name = log.as_array().into_iter().flatten().filter(|event| event["name"] == name);
            of_name.filter_map(|event| event["amount"]["value"].as_u64()).sum()
        };
        assert_eq!(
            (total("CAPTURED"), total("REFUNDED"), total("CANCELLED")),
            (of("capturedAmount"), of("refundedAmount"), of("cancelledAmount"))
        );
    }
}

#[test]
fn a_cancel_and_an_approval_never_both_win() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let mut winners = HashSet::new();
    for round in 0..100 {
        let reference = format!("cancel-approve-{round}");
        shop.created(&reference, 1000);
        let statuses = race(&sandbox, 2, |racer, merchant| match racer {
            0 => merchant.cancel(&reference).status,
            _ => merchant.approve(&reference).status,
        });
        let state = shop.get(&reference).json()["state"].as_str().map(str::to_owned).expect("a state");
        let log = events(&shop, &reference);
        match statuses[..] {
            // The approval came first; the cancel then released the reservation.
            [200, 200] => assert_eq!(log, ["CREATED", "AUTHORIZED", "CANCELLED"]),
            [200, 400] => assert_eq!(log, ["CREATED", "TERMINATED"]),
            _ => panic!("{statuses:?} leads to {state} {log:?}"),
        }
        winners.insert(state);
    }
    assert!(!winners.is_empty());
}

#[test]
fn expiry_and_approval_never_both_happen() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    for round in 0..50 {
        let reference = format!("expiry-race-{round}");
        shop.created(&reference, 1000);
        let statuses = race(&sandbox, 4, |racer, merchant| match racer {
            0 => {
                sandbox.advance(std::time::Duration::from_secs(600));
                0
            }
            1 => merchant.approve(&reference).status,
            _ => merchant.get(&reference).status,
        });
        let log = events(&shop, &reference);
        match statuses[1] {
            200 => assert_eq!(log, ["CREATED", "AUTHORIZED"]),
            400 => assert_eq!(log, ["CREATED", "EXPIRED"]),
            other => panic!("{other}: {log:?}"),
        }
    }
}

#[test]
fn parallel_workers_on_their_own_units_never_see_each_other() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let shop = Merchant::of(sandbox, &format!("70000{worker}"));
                for round in 0..25 {
                    let reference = format!("shared-name-{round}");
                    shop.created(&reference, 1000 + worker);
                    // Half of the workers live through their payments' expiry, on a clock of their own.
                    if worker % 2 == 0 {
                        let path = format!("/clock/advance?msn={}", shop.msn);
                        assert_eq!(shop.control("POST", &path, &json!({"by": "10m"})).status, 200);
                    }
                    let payment = shop.get(&reference).json();
                    assert_eq!(payment["amount"]["value"], 1000 + worker);
                    assert_eq!(payment["state"], if worker % 2 == 0 { "EXPIRED" } else { "CREATED" });
                }
                let listed = shop.control("GET", &format!("/payments?msn={}", shop.msn), &Value::Null).json();
                assert_eq!(listed["payments"].as_array().map(Vec::len), Some(25));
            });
        }
    });
}

#[test]
fn resets_in_the_middle_of_traffic_harm_nobody() {
    let sandbox = Sandbox::start();
    race(&sandbox, 4, |racer, merchant| {
        for round in 0..100 {
            let reference = format!("reset-race-{racer}-{round}");
            match racer {
                0 => sandbox.reset(),
                _ => {
                    let statuses = [
                        merchant.create(&reference, &create_body(&reference, 1000)).status,
                        merchant.approve(&reference).status,
                        merchant.modify("capture", &reference, "k", 100).status,
                    ];
                    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
                }
            }
        }
    });
    sandbox.reset();
    let health = Merchant::new(&sandbox).control("GET", "/health", &Value::Null).json();
    assert_eq!(health["payments"], 0);
}

#[test]
fn payments_that_are_created_at_once_are_all_listed() {
    let sandbox = Sandbox::start();
    race(&sandbox, 8, |racer, merchant| {
        for number in 0..200 {
            merchant.created(&format!("listed-{racer}-{number}"), 1000);
        }
    });
    let shop = Merchant::new(&sandbox);
    assert_eq!(listed(&shop), 1600);
}

/// How many payments the sandbox lists, page by page.
fn listed(shop: &Merchant<'_>) -> u64 {
    let (mut listed, mut cursor) = (0, String::new());
    loop {
        let page = shop.control("GET", &format!("/payments?limit=100{cursor}"), &Value::Null).json();
        listed += page["payments"].as_array().map_or(0, Vec::len) as u64;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return listed,
        }
    }
}

/// Lets shops create payments while others take everything away again, and returns how many payments the sandbox counts
/// and how many it lists.
fn counted_and_listed(sandbox: &Sandbox, clear: impl Fn(&Merchant<'_>) + Sync) -> (u64, u64) {
    race(sandbox, 6, |racer, merchant| {
        for number in 0..400 {
            if racer == 0 {
                clear(merchant);
            } else {
                let reference = format!("swept-away-{racer}-{number}");
                let status = merchant.create(&reference, &create_body(&reference, 1000)).status;
                assert_eq!(status, 201, "{reference}");
            }
        }
    });
    let shop = Merchant::new(sandbox);
    let counted = shop.control("GET", "/health", &Value::Null).json()["payments"].as_u64();
    (counted.expect("a number"), listed(&shop))
}

#[test]
fn a_create_that_races_with_a_reset_leaves_nothing_behind() {
    let sandbox = Sandbox::start();
    let (counted, listed) = counted_and_listed(&sandbox, |_| sandbox.reset());
    assert_eq!(counted, listed, "after resets of all");
    let of_the_unit = |merchant: &Merchant<'_>| {
        let path = format!("/reset?msn={}", merchant.msn);
        assert!(matches!(merchant.control("POST", &path, &Value::Null).status, 204 | 404));
    };
    let (counted, listed) = counted_and_listed(&sandbox, of_the_unit);
    assert_eq!(counted, listed, "after resets of one unit");
    let remove = |merchant: &Merchant<'_>| {
        let path = format!("/sales-units/{}", merchant.msn);
        assert!(matches!(merchant.control("DELETE", &path, &Value::Null).status, 204 | 404));
    };
    let (counted, listed) = counted_and_listed(&sandbox, remove);
    assert_eq!(counted, listed, "after the unit was removed and made again");
}
