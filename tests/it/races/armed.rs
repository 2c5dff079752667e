//! Arming races: what is refused, which payment they wait for, and how they go away.

use std::sync::Barrier;

use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::digits::{Msn, PhoneNumber};
use epayment_sandbox::domain::fault::Glob;
use epayment_sandbox::domain::race::{Race, RaceKind};
use epayment_sandbox::engine::ManageError;
use serde_json::{Value, json};

use super::{arm, event_names, is_armed, last_fired, races};
use crate::api::{Merchant, create_body};
use crate::webhooks::frozen;

const CANCEL: &str = "approve-during-cancel";

#[test]
fn an_armed_race_is_shown_with_what_will_happen() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (number, (word, kind)) in RaceKind::ALL.into_iter().enumerate() {
        let answer = shop.control("POST", "/races", &json!({ "kind": word }));
        let id = format!("race-{}", number + 1);
        assert_eq!((answer.status, answer.json()), (201, json!({"id": id, "plan": kind.plan()})));
    }
    let matching = json!({"msn": "123456", "reference": "order-*", "phoneNumber": "4712345678"});
    arm(&shop, CANCEL, &matching);
    let races = races(&shop);
    assert_eq!(races.len(), 7);
    let nothing = json!({"msn": null, "reference": null, "phoneNumber": null});
    assert_eq!((&races[0]["match"], &races[6]["match"]), (&nothing, &matching));
    assert_eq!(
        races[6],
        json!({
            "id": "race-7", "kind": CANCEL, "match": matching, "plan": RaceKind::ApproveDuringCancel.plan(),
            "state": "armed", "fired": null,
        })
    );
}

#[test]
fn a_wrong_race_is_refused_with_the_member_and_the_remedy() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (body, words) in [
        (json!({}), vec!["kind"]),
        (json!({"kind": "webhook"}), vec!["kind: ", "approve-during-cancel, duplicate-webhook"]),
        (json!({"kind": 7}), vec!["kind"]),
        (
            json!({"kind": CANCEL, "match": {"operation": "cancel"}}),
            vec!["match.operation: ", CANCEL, "leave"],
        ),
        (json!({"kind": CANCEL, "match": {"operation": "cancle"}}), vec!["match.operation: ", "leave"]),
        (json!({"kind": CANCEL, "match": {"msn": "12"}}), vec!["match.msn"]),
        (json!({"kind": CANCEL, "match": {"reference": ""}}), vec!["match.reference", "order-*"]),
        (json!({"kind": CANCEL, "match": {"phoneNumber": "no"}}), vec!["match.phoneNumber"]),
        (json!({"kind": CANCEL, "match": {"amount": 1}}), vec!["match", "amount"]),
        (json!({"kind": CANCEL, "times": 2}), vec!["times"]),
        (json!([]), vec!["object"]),
    ] {
        let answer = shop.control("POST", "/races", &body);
        assert_eq!(answer.status, 400, "{body}");
        for word in words {
            assert!(answer.text.contains(word), "{body}: {}", answer.text);
        }
    }
    let matching = json!({"kind": CANCEL, "match": {"msn": "654321"}});
    let answer = shop.control("POST", "/races?msn=123456", &matching);
    assert!(answer.status == 400 && answer.text.contains("match.msn"), "{}", answer.text);
    let answer = shop.control("DELETE", "/races/race-1", &Value::Null);
    assert!(answer.status == 404 && answer.text.contains("GET /_sandbox/races"), "{}", answer.text);
    assert_eq!(races(&shop), [] as [Value; 0], "what is refused changes nothing");
}

#[test]
fn a_race_waits_for_a_payment_that_fits_and_is_run_once() {
    let sandbox = frozen();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    let id =
        arm(&shop, CANCEL, &json!({"msn": "123456", "reference": "fits-*", "phoneNumber": "4798765432"}));
    let create = |shop: &Merchant<'_>, reference: &str, number: &str| {
        let mut body = create_body(reference, 1000);
        body["customer"]["phoneNumber"] = number.into();
        assert_eq!(shop.create(reference, &body).status, 201);
        assert_eq!(shop.cancel(reference).status, 200);
        event_names(shop, reference)[1..].to_vec()
    };
    assert_eq!(create(&other, "fits-0001", "4798765432"), ["TERMINATED"], "another unit's");
    assert_eq!(create(&shop, "other-0001", "4798765432"), ["TERMINATED"], "another reference");
    assert_eq!(create(&shop, "fits-0002", "4712345678"), ["TERMINATED"], "another customer");
    assert!(is_armed(&shop));
    assert_eq!(create(&shop, "fits-0003", "4798765432"), ["AUTHORIZED", "CANCELLED"]);
    let fired = &races(&shop)[0];
    assert_eq!((&fired["id"], &fired["state"]), (&json!(id), &json!("fired")));
    assert_eq!(
        fired["fired"],
        json!({
            "at": "2026-11-20T09:00:00.000Z", "msn": "123456", "reference": "fits-0003",
            "outcome": "The customer approved just before the cancel.",
        })
    );
    assert_eq!(create(&shop, "fits-0004", "4798765432"), ["TERMINATED"], "it has been run");
}

#[test]
fn the_oldest_of_a_kind_is_run_first_and_other_kinds_wait_on() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    arm(&shop, "expired-then-approved", &json!({}));
    arm(&shop, CANCEL, &json!({"reference": "second-*"}));
    arm(&shop, CANCEL, &json!({}));
    arm(&shop, CANCEL, &json!({}));
    let states = || races(&shop).iter().map(|race| race["state"] == "fired").collect::<Vec<_>>();
    shop.created("first-0001", 1000);
    shop.cancel("first-0001");
    assert_eq!(states(), [false, false, true, false]);
    shop.created("second-0001", 1000);
    shop.cancel("second-0001");
    assert_eq!(states(), [false, true, true, false]);
}

#[test]
fn payments_that_race_for_a_race_get_it_once() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let references: Vec<_> = (0..8).map(|number| format!("rivals-{number:04}")).collect();
    for reference in &references {
        shop.created(reference, 1000);
    }
    sandbox.race(Race::new(RaceKind::ApproveDuringCancel)).expect("there is room");
    let start = Barrier::new(references.len());
    std::thread::scope(|scope| {
        for reference in &references {
            let (start, sandbox) = (&start, &sandbox);
            scope.spawn(move || {
                let shop = Merchant::new(sandbox);
                start.wait();
                assert_eq!(shop.cancel(reference).status, 200);
            });
        }
    });
    let approved = references.iter().filter(|reference| event_names(&shop, reference).len() == 3).count();
    assert_eq!(approved, 1);
}

#[test]
fn races_go_one_by_one_by_sales_unit_and_with_a_reset() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let arm_in = |scope: &str| {
        let answer = shop.control("POST", &format!("/races{scope}"), &json!({ "kind": CANCEL }));
        assert_eq!(answer.status, 201, "{}", answer.text);
    };
    let ids = |scope: &str| {
        let list = shop.control("GET", &format!("/races{scope}"), &Value::Null).json();
        let races = list["races"].as_array().expect("a list").clone();
        races.iter().map(|race| race["id"].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let delete = |path: &str| shop.control("DELETE", &format!("/races{path}"), &Value::Null).status;
    for scope in ["?msn=123456", "?msn=654321", "", "?msn=123456", ""] {
        arm_in(scope);
    }
    assert_eq!((ids(""), ids("?msn=123456")), (names(&[1, 2, 3, 4, 5]), names(&[1, 4])));
    assert_eq!(delete("/race-2?msn=123456"), 404, "another unit's");
    assert_eq!((delete("/race-2"), delete("/race-2"), delete("/race-5")), (204, 404, 204));
    assert_eq!((delete("?msn=654321"), ids("")), (204, names(&[1, 3, 4])));
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    assert_eq!(ids(""), names(&[3]));
    shop.created("kept-0001", 1000);
    shop.cancel("kept-0001");
    assert_eq!(last_fired(&shop).0, "kept-0001");
    arm_in("");
    assert_eq!(shop.control("POST", "/reset", &Value::Null).status, 204);
    assert_eq!(ids(""), names(&[]));
    shop.created("kept-0001", 1000);
    shop.cancel("kept-0001");
    assert_eq!(event_names(&shop, "kept-0001"), ["CREATED", "TERMINATED"]);
    arm_in("?msn=123456");
    arm_in("");
    assert_eq!(delete(""), 204);
    assert_eq!(ids(""), names(&[]));
}

fn names(numbers: &[u64]) -> Vec<String> {
    numbers.iter().map(|number| format!("race-{number}")).collect()
}

#[test]
fn there_is_room_for_so_many_and_those_that_were_run_make_room() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let race = || sandbox.race(Race::new(RaceKind::ApproveDuringCancel));
    for _ in 0..1000 {
        race().expect("there is room");
    }
    assert_eq!(race(), Err(ManageError::RacesFull));
    let answer = shop.control("POST", "/races", &json!({ "kind": CANCEL }));
    assert!(answer.status == 409 && answer.text.contains("delete some"), "{}", answer.text);
    shop.created("room-0001", 1000);
    shop.cancel("room-0001");
    assert_eq!(race().as_deref(), Ok("race-1001"));
    assert_eq!((races(&shop).len(), &races(&shop)[0]["id"]), (1000, &json!("race-2")));
}

#[test]
fn a_rust_test_arms_a_race_for_a_unit_a_reference_and_a_customer() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let race = Race::new(RaceKind::ApproveDuringCancel)
        .of(Msn::parse("123456").expect("an MSN"))
        .named(Glob::new("library-*").expect("a pattern"))
        .with(PhoneNumber::parse("4712345678").expect("a number"));
    assert_eq!(sandbox.race(race).as_deref(), Ok("race-1"));
    shop.created("library-0001", 1000);
    shop.cancel("library-0001");
    assert_eq!(event_names(&shop, "library-0001"), ["CREATED", "AUTHORIZED", "CANCELLED"]);
}

#[test]
fn a_race_repeats_with_the_seed() {
    let run = || {
        let sandbox = Sandbox::builder().seed(7).frozen_at("2026-11-20T09:00:00Z").start();
        let shop = Merchant::new(&sandbox);
        arm(&shop, CANCEL, &json!({}));
        arm(&shop, "expired-then-approved", &json!({}));
        shop.created("seeded-0001", 1000);
        shop.created("seeded-0002", 1000);
        let answer = shop.cancel("seeded-0001");
        sandbox.advance(std::time::Duration::from_secs(600));
        let shown = ["seeded-0001", "seeded-0002"].map(|reference| shop.events(reference).text);
        (answer.text, shown, shop.control("GET", "/races", &Value::Null).text)
    };
    assert_eq!(run(), run());
}
