//! Webhooks other than they should be: doubled, late, held, reordered, ahead of the answer, forged.

use std::sync::mpsc::channel;
use std::time::Duration;

use axum::http::StatusCode;
use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::time::Timestamp;
use epayment_sandbox::engine::ManualTime;
use serde_json::{Value, json};

use crate::api::Merchant;
use crate::gate::Gate;
use crate::receiver::{Received, Receiver};
use crate::webhooks::{deliveries, frozen, register};

const POLICY: &str = "/webhooks/policy";
const DAY: Duration = Duration::from_secs(86_400);

fn set(shop: &Merchant<'_>, policy: &Value) {
    let answer = shop.control("PUT", POLICY, policy);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn names(arrived: &[Received]) -> Vec<String> {
    arrived.iter().map(|delivery| delivery.event().1).collect()
}

/// Waits until nothing is due any more: a jump does, and this one goes nowhere.
fn settle(sandbox: &Sandbox) {
    sandbox.advance(Duration::ZERO);
}

#[test]
fn a_policy_is_shown_whole_and_changed_in_part() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let mut whole = json!({
        "duplicate": 0, "delay": "0s", "hold": false, "order": "fifo", "before": "none", "signature": "valid",
    });
    assert_eq!(shop.control("GET", POLICY, &Value::Null).json(), whole);
    for (member, value) in [
        ("duplicate", json!(2)),
        ("delay", json!("1h30m")),
        ("hold", json!(true)),
        ("order", json!("reverse")),
        ("before", json!("redirect")),
        ("signature", json!("stale-date")),
    ] {
        whole[member] = value.clone();
        let answer = shop.control("PUT", POLICY, &json!({ member: value }));
        assert_eq!((answer.status, answer.json()), (200, whole.clone()), "{member}");
        assert_eq!(shop.control("GET", POLICY, &Value::Null).json(), whole);
    }
    for (wrong, remedy) in [
        (json!({"duplicate": 101}), "100"),
        (json!({"duplicate": -1}), "duplicate"),
        (json!({"delay": "soon"}), "PT10M"),
        (json!({"delay": "3651d"}), "3650d"),
        (json!({"hold": "yes"}), "hold"),
        (json!({"order": "random"}), "fifo or reverse"),
        (json!({"before": "create"}), "none, response or redirect"),
        (json!({"signature": "bad"}), "valid, wrong-secret, wrong-hash, stale-date or missing"),
        (json!({"hold": false, "times": 1}), "times"),
    ] {
        let answer = shop.control("PUT", POLICY, &wrong);
        assert_eq!(answer.status, 400, "{wrong}");
        assert!(answer.text.contains(remedy), "{wrong}: {}", answer.text);
    }
    assert_eq!(shop.control("GET", POLICY, &Value::Null).json(), whole, "what is refused changes nothing");
    assert_eq!(shop.control("POST", "/reset", &Value::Null).status, 204);
    assert_eq!(shop.control("GET", POLICY, &Value::Null).json()["hold"], false);
}

#[test]
fn a_policy_reaches_all_units_one_unit_or_one_registration() {
    let sandbox = frozen();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    let (first, second) = (Receiver::start(), Receiver::start());
    let (id, _) = register(&shop, &first.url("/"));
    register(&other, &second.url("/"));
    let signature = |scope: &str| {
        shop.control("GET", &format!("{POLICY}{scope}"), &Value::Null).json()["signature"].clone()
    };
    let of_hook = format!("?webhookId={id}");
    let put = |scope: &str, word: &str| {
        let answer = shop.control("PUT", &format!("{POLICY}{scope}"), &json!({ "signature": word }));
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    put(&of_hook, "missing");
    assert_eq!(signature(&format!("{of_hook}&msn=123456")), "missing");
    assert_eq!(signature("?msn=123456"), "valid");
    put("?msn=654321", "wrong-hash");
    assert_eq!((signature(""), signature("?msn=654321")), (json!("valid"), json!("wrong-hash")));
    shop.created("reach-0001", 1000);
    other.created("reach-0001", 1000);
    settle(&sandbox);
    assert!(!first.received()[0].headers.contains_key("authorization"));
    assert!(second.received()[0].headers.contains_key("authorization"));
    put("", "stale-date");
    for scope in ["", "?msn=123456", "?msn=654321", &of_hook] {
        assert_eq!(signature(scope), "stale-date", "{scope}");
    }
    let later = Merchant::of(&sandbox, "777777");
    let (id, _) = register(&later, &first.url("/"));
    assert_eq!(signature(&format!("?webhookId={id}")), "stale-date", "also those made later");
    for (scope, word) in [
        (format!("?webhookId={id}&msn=123456"), "Sales unit 123456 has no webhook"),
        ("?webhookId=4".into(), "No sales unit has a webhook 4"),
        ("?webhook=4".into(), "webhookId"),
    ] {
        let answer = shop.control("GET", &format!("{POLICY}{scope}"), &Value::Null);
        assert!(answer.status >= 400 && answer.text.contains(word), "{scope}: {}", answer.text);
    }
    let reset = shop.control("POST", "/reset?msn=654321", &Value::Null);
    assert_eq!((reset.status, signature("?msn=654321")), (204, json!("stale-date")), "what all units have");
}

#[test]
fn a_duplicate_follows_its_original_at_once() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let (_, secret) = register(&shop, &receiver.url("/"));
    set(&shop, &json!({"duplicate": 2}));
    shop.created("doubled-0001", 1000);
    sandbox.approve("doubled-0001").expect("it waits");
    settle(&sandbox);
    let arrived = receiver.received();
    assert_eq!(names(&arrived), ["CREATED", "CREATED", "CREATED", "AUTHORIZED", "AUTHORIZED", "AUTHORIZED"]);
    assert!(arrived[..3].iter().all(|delivery| delivery.body == arrived[0].body));
    assert!(arrived.iter().all(|delivery| delivery.is_signed_with(&secret)));
}

#[test]
fn an_event_is_doubled_when_it_has_arrived_and_not_before() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver =
        Receiver::answering(
            |count, _| {
                if count == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
            },
        );
    register(&shop, &receiver.url("/"));
    set(&shop, &json!({"duplicate": 1}));
    shop.created("doubled-0002", 1000);
    sandbox.reject("doubled-0002").expect("it waits");
    settle(&sandbox);
    assert_eq!(names(&receiver.received()), ["CREATED"]);
    sandbox.advance(Duration::from_secs(2));
    assert_eq!(names(&receiver.received()), ["CREATED", "CREATED", "CREATED", "ABORTED", "ABORTED"]);
}

#[test]
fn a_delay_runs_by_the_sandbox_clock() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    register(&shop, &receiver.url("/"));
    set(&shop, &json!({"delay": "90s"}));
    shop.created("late-0001", 1000);
    sandbox.advance(Duration::from_millis(89_999));
    assert_eq!(receiver.received().len(), 0);
    let fired = sandbox.advance_to_next().expect("the delivery is the next thing to happen");
    assert_eq!(fired, [], "a first attempt is no timer that anybody set");
    assert_eq!(sandbox.now().to_string(), "2026-11-20T09:01:30.000Z");
    assert_eq!(names(&receiver.received()), ["CREATED"]);
    assert_eq!(deliveries(&shop, "")[0]["at"], "2026-11-20T09:01:30.000Z");
}

#[test]
fn held_events_pile_up_until_they_are_released() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    register(&shop, &receiver.url("/"));
    set(&shop, &json!({"hold": true}));
    shop.created("held-0001", 1000);
    sandbox.reject("held-0001").expect("it waits");
    sandbox.advance(30 * DAY);
    assert_eq!(receiver.received().len(), 0);
    let release = |scope: &str| {
        let answer = shop.control("POST", &format!("/webhooks/release{scope}"), &Value::Null);
        (answer.status, answer.json()["released"].clone())
    };
    let _other = Merchant::of(&sandbox, "654321").get("held-0001");
    assert_eq!(release("?msn=654321"), (200, json!(0)));
    assert_eq!(release("?msn=123456"), (200, json!(2)));
    settle(&sandbox);
    assert_eq!(names(&receiver.received()), ["CREATED", "ABORTED"]);
    shop.created("held-0002", 1000);
    settle(&sandbox);
    assert_eq!(receiver.received().len(), 2, "a release does not end the hold");
    set(&shop, &json!({"hold": false}));
    settle(&sandbox);
    assert_eq!(receiver.received()[2].event().0, "held-0002");
    assert_eq!(release(""), (200, json!(0)));
}

#[test]
fn a_hold_stops_retries_and_the_dying_of_registrations() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver =
        Receiver::answering(
            |count, _| {
                if count == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
            },
        );
    let (id, _) = register(&shop, &receiver.url("/"));
    shop.created("held-retry-0001", 1000);
    settle(&sandbox);
    set(&shop, &json!({"hold": true}));
    sandbox.advance(20 * DAY);
    assert_eq!(receiver.received().len(), 1);
    let list = shop.call("GET", "/webhooks/v1/webhooks", None, "").json();
    assert_eq!(list["webhooks"][0]["id"], id.as_str());
    let again = deliveries(&shop, "")[0]["id"].as_str().expect("a text").to_owned();
    let redelivered = shop.control("POST", &format!("/webhooks/deliveries/{again}/redeliver"), &Value::Null);
    settle(&sandbox);
    assert_eq!((redelivered.status, receiver.received().len()), (202, 2), "a command is obeyed");
    set(&shop, &json!({"hold": false}));
    settle(&sandbox);
    assert_eq!(names(&receiver.received()), ["CREATED", "CREATED", "CREATED", "EXPIRED"]);
}

#[test]
fn the_newest_of_a_payment_goes_first() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver =
        Receiver::answering(
            |count, _| {
                if count == 2 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
            },
        );
    register(&shop, &receiver.url("/"));
    set(&shop, &json!({"hold": true, "order": "reverse", "duplicate": 1}));
    shop.authorized("reversed-0001", 1000);
    assert_eq!(shop.modify("capture", "reversed-0001", "capture-1", 1000).status, 200);
    assert_eq!(shop.control("POST", "/webhooks/release", &Value::Null).status, 200);
    settle(&sandbox);
    // AUTHORIZED has failed once: it has its turn again before CREATED.
    assert_eq!(names(&receiver.received()), ["CAPTURED", "CAPTURED", "AUTHORIZED"]);
    sandbox.advance(Duration::from_secs(2));
    assert_eq!(
        names(&receiver.received())[2..],
        ["AUTHORIZED", "AUTHORIZED", "AUTHORIZED", "CREATED", "CREATED"]
    );
}

#[test]
fn a_webhook_can_come_before_the_answer() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let gate = Gate::new(StatusCode::OK);
    register(&shop, &gate.url());
    set(&shop, &json!({"before": "response", "duplicate": 3}));
    shop.behind(&gate, || shop.created("ahead-0001", 1000));
    assert_eq!(gate.answered(), 1, "the original, none of its duplicates");
    gate.open();
    set(&shop, &json!({"duplicate": 0}));
    settle(&sandbox);
    assert_eq!(gate.answered(), 3);
    shop.behind(&gate, || assert_eq!(shop.approve("ahead-0001").status, 200));
    shop.behind(&gate, || {
        assert_eq!(shop.modify("capture", "ahead-0001", "capture-1", 400).status, 200);
    });
    assert_eq!((gate.answered(), deliveries(&shop, "").len()), (2, 6), "the journal has it, too");
    shop.behind(&gate, || assert_eq!(shop.cancel("ahead-0001").status, 200));
    assert_eq!(gate.answered(), 1);
    // It is the customer who acts here, not a call of the API. Nothing is answered meanwhile.
    shop.behind(&gate, || shop.created("ahead-0002", 1000));
    sandbox.unit("123456").reject("ahead-0002").expect("it waits");
    let path = "/payments/123456/ahead-0001/expire";
    assert_eq!(shop.control("POST", path, &Value::Null).status, 409);
    assert_eq!(deliveries(&shop, "&reference=ahead-0002").len(), 1, "of the create");
}

#[test]
fn a_webhook_can_come_before_an_answer_that_is_spoilt() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let gate = Gate::new(StatusCode::OK);
    shop.authorized("ahead-0003", 1000);
    register(&shop, &gate.url());
    set(&shop, &json!({"before": "response"}));
    let fault = json!({"match": {"operation": "capture"}, "then": {"status": 503}, "commit": true});
    assert_eq!(shop.control("POST", "/faults", &fault).status, 201);
    let capture = || shop.modify("capture", "ahead-0003", "capture-1", 400);
    assert_eq!(shop.behind(&gate, capture).status, 503);
    assert_eq!(gate.answered(), 1);
}

#[test]
fn a_webhook_can_come_before_the_customer_is_back() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    // One attempt is all that is waited for, whatever comes of it.
    let gate = Gate::new(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({
        "url": gate.url(),
        "events": ["epayments.payment.authorized.v1", "epayments.payment.aborted.v1"],
    });
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, body.to_string()).status, 201);
    set(&shop, &json!({"before": "redirect"}));
    for verb in ["approve", "reject"] {
        let reference = format!("way-back-{verb}");
        shop.created(&reference, 1000);
        let path = format!("/payments/123456/{reference}/{verb}");
        let act = || shop.control("POST", &path, &Value::Null);
        assert_eq!(shop.behind(&gate, act).status, 200);
        assert_eq!(gate.answered(), 1, "{verb}");
    }
}

#[test]
fn nothing_waits_for_webhooks_that_are_held_late_or_behind_a_failed_one() {
    let (done, is_done) = channel();
    std::thread::spawn(move || {
        let sandbox = frozen();
        let shop = Merchant::new(&sandbox);
        let receiver = Receiver::answering(|_, _| StatusCode::INTERNAL_SERVER_ERROR);
        register(&shop, &receiver.url("/"));
        set(&shop, &json!({"before": "response", "hold": true}));
        shop.created("no-wait-0001", 1000);
        set(&shop, &json!({"hold": false, "delay": "1h"}));
        shop.created("no-wait-0002", 1000);
        set(&shop, &json!({"delay": "0s"}));
        shop.created("no-wait-0003", 1000);
        assert_eq!(shop.approve("no-wait-0003").status, 200);
        settle(&sandbox);
        done.send(receiver.received().len()).expect("the test waits for it");
    });
    // A call that waits in vain takes ten seconds.
    let attempts = is_done.recv_timeout(Duration::from_secs(9)).expect("no call waits in vain");
    assert_eq!(attempts, 2);
}

#[test]
fn signatures_are_wrong_in_the_way_asked_for() {
    let at = Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").expect("a time");
    let sandbox =
        Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").machine_time(&ManualTime::at(at)).start();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let (_, secret) = register(&shop, &receiver.url("/"));
    let send = |word: &str| {
        set(&shop, &json!({ "signature": word }));
        let before = receiver.received().len();
        shop.created(&format!("forged-{before}-{word}"), 1000);
        settle(&sandbox);
        receiver.received()[before].clone()
    };
    let good = send("valid");
    assert!(good.is_signed_with(&secret));
    let forged = send("wrong-secret");
    assert!(!forged.is_signed_with(&secret));
    assert_eq!(forged.headers.len(), good.headers.len());
    let mut forged = send("wrong-hash");
    assert!(!forged.is_signed_with(&secret));
    forged.body.push(' ');
    assert!(forged.is_signed_with(&secret), "the signature is good for the body that the hash is of");
    let forged = send("stale-date");
    assert_eq!(forged.headers["x-ms-date"], "Fri, 20 Nov 2026 08:50:00 GMT");
    assert!(forged.is_signed_with(&secret), "for that date the signature is good");
    let forged = send("missing");
    assert!(!forged.headers.contains_key("authorization"));
    assert!(!forged.headers.contains_key("x-vipps-authorization"));
    assert_eq!(forged.headers["x-ms-date"], "Fri, 20 Nov 2026 09:00:00 GMT");
    assert!(send("valid").is_signed_with(&secret));
}
