//! Webhooks over real sockets: registered, delivered, signed, repeated, in order.

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::Merchant;
use crate::receiver::Receiver;

const EVENTS: [&str; 8] =
    ["created", "authorized", "aborted", "expired", "terminated", "cancelled", "captured", "refunded"];
const PATH: &str = "/webhooks/v1/webhooks";

pub(crate) fn frozen() -> Sandbox {
    Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start()
}

fn all_events() -> Vec<String> {
    EVENTS.iter().map(|event| format!("epayments.payment.{event}.v1")).collect()
}

/// Registers for every payment event; returns the id and the secret.
pub(crate) fn register(shop: &Merchant<'_>, url: &str) -> (String, String) {
    let body = json!({ "url": url, "events": all_events() }).to_string();
    let answer = shop.call("POST", PATH, None, body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let text = |name: &str| answer.json()[name].as_str().expect("a text").to_owned();
    (text("id"), text("secret"))
}

pub(crate) fn deliveries(shop: &Merchant<'_>, query: &str) -> Vec<Value> {
    let list = shop.control("GET", &format!("/webhooks/deliveries?limit=1000{query}"), &Value::Null).json();
    list["deliveries"].as_array().expect("a list").clone()
}

#[test]
fn a_registration_is_listed_without_its_secret_until_it_is_deleted() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let (id, secret) = register(&shop, "http://localhost:1/hook");
    assert_eq!(secret.len(), 88);
    let list = shop.call("GET", PATH, None, "");
    let expected =
        json!({"webhooks": [{"id": id, "url": "http://localhost:1/hook", "events": all_events()}]});
    assert_eq!((list.status, list.json()), (200, expected));
    let other = Merchant::of(&sandbox, "654321");
    assert_eq!(other.call("GET", PATH, None, "").json(), json!({"webhooks": []}));
    assert_eq!(other.call("DELETE", &format!("{PATH}/{id}"), None, "").status, 404);
    let deleted = shop.call("DELETE", &format!("{PATH}/{id}"), None, "");
    assert_eq!((deleted.status, &*deleted.text), (204, ""));
    assert_eq!(shop.call("GET", PATH, None, "").json(), json!({"webhooks": []}));
}

#[test]
fn a_delivery_is_the_recorded_one() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let (id, secret) = register(&shop, &receiver.url("/hooks/caf%C3%A9?shop=1&note=a%20b"));
    shop.created("webhook-0001", 49900);
    let delivery = &receiver.wait_for(1)[0];
    let psp = shop.get("webhook-0001").json()["pspReference"].as_str().expect("a text").to_owned();
    let expected = format!(
        r#"{{"msn":"123456","reference":"webhook-0001","pspReference":"{psp}","name":"CREATED","amount":{{"currency":"NOK","value":49900}},"timestamp":"2026-11-20T09:00:00.000Z","idempotencyKey":"webhook-0001","success":true}}"#
    );
    assert_eq!(delivery.body, expected);
    assert_eq!(delivery.path, "/hooks/caf%C3%A9?shop=1&note=a%20b");
    assert!(delivery.is_signed_with(&secret), "{delivery:?}");
    assert!(!delivery.is_signed_with("another secret"));
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("webhook-id", id.as_str()),
        ("user-agent", "Vipps MobilePay/1.0 Webhooks/1.0"),
        ("accept-encoding", "gzip"),
        ("content-length", &expected.len().to_string()),
    ] {
        assert_eq!(delivery.headers[name], value, "{name}");
    }
    assert!(!delivery.headers.contains_key("transfer-encoding"));
}

#[test]
fn every_event_is_told_once_and_in_order() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let (_, secret) = register(&shop, &receiver.url("/hook"));
    shop.created("in-order-0001", 1000);
    sandbox.approve("in-order-0001").expect("it waits");
    assert_eq!(shop.modify("capture", "in-order-0001", "capture-1", 600).status, 200);
    assert_eq!(shop.modify("refund", "in-order-0001", "refund-1", 100).status, 200);
    shop.cancel("in-order-0001");
    let arrived = receiver.wait_for(5);
    let names: Vec<_> = arrived.iter().map(|delivery| delivery.event().1).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]);
    assert!(arrived.iter().all(|delivery| delivery.is_signed_with(&secret)));
    let bodies: Vec<_> = arrived.iter().map(crate::receiver::Received::json).collect();
    let values: Vec<_> = bodies.iter().map(|body| body["amount"]["value"].as_u64()).collect();
    assert_eq!(values, [Some(1000), Some(1000), Some(600), Some(100), Some(400)]);
    assert_eq!(bodies[1]["captureGuaranteedUntil"], "2026-11-27T09:00:00.000+00:00");
    assert!(bodies[4].get("idempotencyKey").is_none());
    // The log and the webhooks tell the same story.
    let log = shop.events("in-order-0001").json();
    for (event, body) in log.as_array().expect("a list").iter().zip(&bodies) {
        for member in ["pspReference", "name", "amount", "idempotencyKey", "success"] {
            assert_eq!(event.get(member), body.get(member), "{member}");
        }
    }
}

#[test]
fn only_what_was_asked_for_is_told_to_whom_it_belongs() {
    let sandbox = frozen();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    let receiver = Receiver::start();
    let body = json!({ "url": receiver.url("/"), "events": ["epayments.payment.aborted.v1"] }).to_string();
    assert_eq!(shop.call("POST", PATH, None, body).status, 201);
    shop.created("asked-for-0001", 1000);
    other.created("asked-for-0001", 1000);
    sandbox.unit("654321").reject("asked-for-0001").expect("it waits");
    sandbox.reject("asked-for-0001").expect("it waits");
    let arrived = receiver.wait_for(1);
    assert_eq!(arrived[0].json()["msn"], "123456");
    sandbox.advance(Duration::from_secs(86_400));
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn a_receiver_that_fails_28_times_gets_the_event_at_the_29th_with_one_call_of_the_clock() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::answering(|count, _| {
        if count < 28 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::ACCEPTED }
    });
    let (_, secret) = register(&shop, &receiver.url("/"));
    shop.created("persistent-0001", 1000);
    let jump = shop.control("POST", "/clock/advance", &json!({"by": "P7D"})).json();
    let arrived = receiver.received();
    assert_eq!(arrived.len(), 30, "29 attempts for CREATED, then one for EXPIRED, which it held back");
    assert!(arrived.iter().all(|delivery| delivery.is_signed_with(&secret)));
    assert_eq!(arrived[28].event().1, "CREATED");
    assert_eq!(arrived[29].event().1, "EXPIRED");
    let retries = |timer: &&Value| timer["kind"] == "webhookRetry";
    assert_eq!(jump["fired"].as_array().expect("a list").iter().filter(retries).count(), 28);
    let rows = deliveries(&shop, "&event=epayments.payment.created.v1");
    assert_eq!(rows.len(), 29);
    let times: Vec<_> =
        rows.iter().rev().map(|row| row["at"].as_str().expect("a time")[11..19].to_owned()).collect();
    assert_eq!(
        times[..8],
        ["09:00:00", "09:00:02", "09:00:04", "09:00:06", "09:01:06", "09:03:06", "10:03:06", "11:03:06"]
    );
    assert_eq!(rows[0]["status"], 202);
    assert_eq!(rows[0]["nextAt"], Value::Null);
    assert_eq!(rows[1]["nextAt"], rows[0]["at"]);
}

#[test]
fn nobody_is_told_after_seven_days() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::answering(|_, _| StatusCode::NOT_FOUND);
    register(&shop, &receiver.url("/"));
    shop.created("given-up-0001", 1000);
    sandbox.reject("given-up-0001").expect("it waits");
    sandbox.advance(Duration::from_secs(13 * 86_400));
    let created = deliveries(&shop, "&event=epayments.payment.created.v1");
    assert_eq!(created.len(), 35);
    assert_eq!(created[0]["nextAt"], Value::Null);
    let aborted = deliveries(&shop, "&event=epayments.payment.aborted.v1");
    assert!(!aborted.is_empty(), "the next event of the payment has its turn then");
}

#[test]
fn a_registration_at_which_nothing_arrives_for_two_weeks_is_removed() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let dead = Receiver::answering(|_, _| StatusCode::SERVICE_UNAVAILABLE);
    let alive =
        Receiver::answering(
            |count, _| {
                if count == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
            },
        );
    register(&shop, &dead.url("/"));
    let (kept, _) = register(&shop, &alive.url("/"));
    shop.created("two-weeks-0001", 1000);
    sandbox.advance(Duration::from_secs(14 * 86_400 - 1));
    assert_eq!(shop.call("GET", PATH, None, "").json()["webhooks"].as_array().map(Vec::len), Some(2));
    let fired = sandbox.advance(Duration::from_secs(1));
    assert_eq!(serde_json::to_value(&fired[fired.len() - 1]).expect("JSON")["kind"], "webhookRemoval");
    let left = shop.call("GET", PATH, None, "").json();
    assert_eq!(left["webhooks"][0]["id"], kept.as_str());
    assert_eq!(left["webhooks"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_webhook_of_the_settings_outlasts_a_dead_receiver() {
    let receiver = Receiver::answering(|_, _| StatusCode::SERVICE_UNAVAILABLE);
    let sandbox = Sandbox::builder()
        .frozen_at("2026-11-20T09:00:00Z")
        .webhook(&receiver.url("/"), "known beforehand")
        .start();
    let shop = Merchant::new(&sandbox);
    let weeks = |kind: &str| {
        let fired = sandbox.advance(Duration::from_secs(20 * 86_400));
        fired.iter().filter(|timer| serde_json::to_value(timer).expect("JSON")["kind"] == kind).count()
    };
    shop.created("outlasts-0001", 1000);
    assert_eq!((weeks("webhookRetry") > 60, weeks("webhookRemoval")), (true, 0));
    shop.created("outlasts-0002", 1000);
    let state = shop.call("GET", "/_sandbox/state", None, "").text;
    assert_eq!(shop.send("PUT", "/_sandbox/state", &[("host", "localhost")], state).status, 204);
    assert_eq!((weeks("webhookRemoval"), weeks("webhookRemoval")), (0, 0));
    let row = |reference: &str| deliveries(&shop, &format!("&reference={reference}")).len();
    assert!(row("outlasts-0002") > 60, "the second payment's events were tried as well");
}

#[test]
fn a_slow_receiver_delays_neither_the_api_nor_another_receiver() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("an address");
    let receiver = Receiver::start();
    register(&shop, &format!("http://{address}/"));
    register(&shop, &receiver.url("/"));
    for number in 0..50 {
        shop.created(&format!("unhurried-{number:04}"), 1000);
    }
    receiver.wait_for(50);
    let url = format!("http://{address}/");
    let from_silent = |row: &Value| row["url"] == url.as_str();
    assert!(
        !deliveries(&shop, "").iter().any(from_silent),
        "the silent receiver has ten seconds, and has them still"
    );
}

#[test]
fn the_clock_waits_for_no_registration_that_is_gone() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::answering(|_, _| StatusCode::BAD_GATEWAY);
    let (id, _) = register(&shop, &receiver.url("/"));
    shop.created("deleted-0001", 1000);
    receiver.wait_for(1);
    assert_eq!(shop.call("DELETE", &format!("{PATH}/{id}"), None, "").status, 204);
    sandbox.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(receiver.received().len(), 1);
}

#[test]
fn the_webhook_of_the_settings_hears_everything_and_is_not_listed() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::builder()
        .frozen_at("2026-11-20T09:00:00Z")
        .webhook(&receiver.url("/all"), "known beforehand")
        .start();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    shop.created("settings-0001", 1000);
    other.created("settings-0002", 1000);
    let arrived = receiver.wait_for(2);
    assert!(arrived.iter().all(|delivery| delivery.is_signed_with("known beforehand")));
    assert_eq!(shop.call("GET", PATH, None, "").json(), json!({"webhooks": []}));
    let id = &arrived[0].headers["webhook-id"];
    assert_eq!(shop.call("DELETE", &format!("{PATH}/{id}"), None, "").status, 404);
    sandbox.reset();
    shop.created("settings-0003", 1000);
    assert_eq!(receiver.wait_for(3)[2].event().0, "settings-0003");
}

#[test]
fn a_reset_forgets_registrations_and_what_waits_for_them() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::answering(|_, _| StatusCode::BAD_GATEWAY);
    for scope in ["", "?msn=123456"] {
        let before = receiver.received().len();
        register(&shop, &receiver.url("/"));
        shop.created("forgotten-0001", 1000);
        receiver.wait_for(before + 1);
        assert_eq!(shop.control("POST", &format!("/reset{scope}"), &Value::Null).status, 204);
        assert_eq!(deliveries(&shop, ""), Vec::<Value>::new(), "{scope}");
        sandbox.advance(Duration::from_secs(86_400));
        assert_eq!(shop.call("GET", PATH, None, "").json(), json!({"webhooks": []}));
    }
    assert_eq!(receiver.received().len(), 2);
}

#[test]
fn an_attempt_can_be_sent_again_and_waited_for() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let (_, secret) = register(&shop, &receiver.url("/again"));
    shop.created("again-0001", 1000);
    let wait = |query: &str| shop.control("GET", &format!("/webhooks/deliveries/wait?{query}"), &Value::Null);
    let row = wait("reference=again-0001&timeout=20s").json()["deliveries"][0].clone();
    assert_eq!((&row["status"], &row["attempt"]), (&json!(200), &json!(1)));
    assert_eq!(row["request"]["body"]["name"], "CREATED");
    let id = row["id"].as_str().expect("a text");
    assert_eq!(
        shop.control("POST", &format!("/webhooks/deliveries/{id}/redeliver"), &Value::Null).status,
        202
    );
    let rows = wait("reference=again-0001&count=2&timeout=20s").json();
    assert_eq!(rows["deliveries"].as_array().map(Vec::len), Some(2));
    let arrived = receiver.received();
    assert_eq!(arrived[0].body, arrived[1].body);
    assert!(arrived[1].is_signed_with(&secret));
    let missing = wait("reference=again-0001&count=3&timeout=10ms");
    assert_eq!(missing.status, 408);
    assert!(missing.text.contains("2 attempts"), "{}", missing.text);
    let unknown = shop.control("POST", "/webhooks/deliveries/999/redeliver", &Value::Null);
    assert_eq!(unknown.status, 404);
}

#[test]
fn events_of_each_payment_arrive_once_and_in_order_whatever_fails() {
    const PAYMENTS: usize = 1000;
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    // Every third answer is a failure, in no order that the sandbox could know.
    let receiver = Receiver::answering(|count, delivery| {
        let chance = count.wrapping_mul(2_654_435_761) ^ delivery.body.len();
        if chance % 3 == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    });
    register(&shop, &receiver.url("/"));
    for number in 0..PAYMENTS {
        let reference = format!("ordered-{number:04}");
        shop.created(&reference, 1000);
        sandbox.approve(&reference).expect("it waits");
        assert_eq!(shop.modify("capture", &reference, "capture-1", 400).status, 200);
        shop.cancel(&reference);
    }
    sandbox.advance(Duration::from_secs(86_400));
    let rows = deliveries(&shop, "");
    assert!(!rows.is_empty());
    let mut by_payment: HashMap<String, Vec<String>> = HashMap::new();
    let arrived = receiver.received();
    for (count, delivery) in arrived.iter().enumerate() {
        let chance = count.wrapping_mul(2_654_435_761) ^ delivery.body.len();
        if chance % 3 != 0 {
            let (reference, name) = delivery.event();
            by_payment.entry(reference).or_default().push(name);
        }
    }
    assert_eq!(by_payment.len(), PAYMENTS);
    for (reference, names) in by_payment {
        assert_eq!(names, ["CREATED", "AUTHORIZED", "CAPTURED", "CANCELLED"], "{reference}");
    }
    assert!(arrived.len() > PAYMENTS * 4, "some were repeated");
}
