//! Races of the merchant's calls with the customer, with time, and with the network.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{arm, event_names, events, is_armed, last_fired, races};
use crate::api::{Merchant, create_body};
use crate::receiver::Receiver;
use crate::webhooks::{frozen, register};

const CANCEL: &str = "approve-during-cancel";
const LOST: &str = "capture-committed-then-timeout";
const LATE: &str = "expired-then-approved";

/// Waits until nothing is due any more.
fn settle(sandbox: &Sandbox) {
    sandbox.advance(Duration::ZERO);
}

fn arrived(receiver: &Receiver) -> Vec<String> {
    receiver.received().iter().map(|delivery| delivery.event().1).collect()
}

#[test]
fn a_cancel_meets_the_customers_approval() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    register(&shop, &receiver.url("/"));
    arm(&shop, CANCEL, &json!({}));
    shop.authorized("cancelled-0000", 1000);
    assert_eq!(shop.cancel("cancelled-0000").status, 200);
    assert!(is_armed(&shop), "nobody is left to approve a payment that is AUTHORIZED");
    shop.created("cancelled-0001", 1000);
    let answer = shop.cancel("cancelled-0001");
    let sum = |name: &str| answer.json()["aggregate"][name]["value"].clone();
    assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("AUTHORIZED")));
    assert_eq!((sum("authorizedAmount"), sum("cancelledAmount")), (json!(1000), json!(1000)));
    assert_eq!(event_names(&shop, "cancelled-0001"), ["CREATED", "AUTHORIZED", "CANCELLED"]);
    settle(&sandbox);
    let told: Vec<_> = receiver
        .received()
        .iter()
        .map(crate::receiver::Received::event)
        .filter(|(name, _)| name == "cancelled-0001")
        .collect();
    let names: Vec<_> = told.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["CREATED", "AUTHORIZED", "CANCELLED"]);
    let rows =
        shop.control("GET", "/requests?reference=cancelled-0001&operation=cancel", &Value::Null).json();
    assert_eq!(
        rows["requests"][0]["explanation"],
        "The race race-1: The customer approved just before the cancel."
    );
}

#[test]
fn an_approval_that_is_refused_lets_the_cancel_go_on() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    arm(&shop, CANCEL, &json!({}));
    shop.created("declined-0001", 151);
    assert_eq!(shop.cancel("declined-0001").json()["state"], "TERMINATED");
    let (reference, outcome) = last_fired(&shop);
    assert_eq!(reference, "declined-0001");
    assert!(outcome.contains("did not succeed") && outcome.contains("test amount 151"), "{outcome}");
    // What the approval leads to decides what becomes of the cancel.
    arm(&shop, CANCEL, &json!({}));
    shop.created("unknown-0001", 201);
    assert_eq!(shop.cancel("unknown-0001").code(), Some(6250), "the bank has yet to answer");
    assert!(last_fired(&shop).1.contains("unknown for one hour"));
    arm(&shop, CANCEL, &json!({}));
    shop.created("only-0001", 1000);
    let path = "/epayment/v1/payments/only-0001/cancel";
    let answer = shop.call("POST", path, None, r#"{"cancelTransactionOnly":true}"#);
    assert_eq!(answer.code(), Some(6060), "that is what the member is for");
    assert_eq!(event_names(&shop, "only-0001"), ["CREATED", "AUTHORIZED"]);
}

#[test]
fn a_cancel_that_is_refused_or_repeated_leaves_the_race_armed() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.created("repeated-0001", 1000);
    let path = "/epayment/v1/payments/repeated-0001/cancel";
    assert_eq!(shop.call("POST", path, Some("key"), "").status, 200);
    arm(&shop, CANCEL, &json!({}));
    assert_eq!(shop.call("POST", path, Some("key"), "").status, 200, "the first answer again");
    shop.created("repeated-0002", 1000);
    let path = "/epayment/v1/payments/repeated-0002/cancel";
    assert_eq!(shop.call("POST", path, None, r#"{"cancelTransactionOnly":7}"#).status, 400);
    assert!(is_armed(&shop));
    assert_eq!(event_names(&shop, "repeated-0002"), ["CREATED"]);
}

/// Captures over a socket of its own, and returns the connection before the answer.
fn capture(sandbox: &Sandbox, reference: &str, key: &str) -> TcpStream {
    let mut socket = TcpStream::connect(sandbox.address()).expect("the sandbox listens");
    let body = r#"{"modificationAmount":{"currency":"NOK","value":400}}"#;
    let head = format!(
        "POST /epayment/v1/payments/{reference}/capture HTTP/1.1\r\nHost: localhost\r\nOcp-Apim-Subscription-Key: any\r\n\
         Authorization: Bearer any\r\nMerchant-Serial-Number: 123456\r\nIdempotency-Key: {key}\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(format!("{head}{body}").as_bytes()).expect("it takes a request");
    socket
}

#[test]
fn a_capture_is_committed_and_its_answer_never_comes() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("lost-0001", 1000);
    arm(&shop, LOST, &json!({}));
    assert_eq!(shop.modify("capture", "lost-0001", "too-much", 2000).status, 400);
    assert!(is_armed(&shop), "nothing was committed");
    let mut socket = capture(&sandbox, "lost-0001", "capture-1");
    socket.set_read_timeout(Some(Duration::from_millis(300))).expect("sockets have timeouts");
    let silence = socket.read(&mut [0; 1]).map_err(|error| error.kind());
    assert!(matches!(silence, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{silence:?}");
    let captured = || sandbox.payment("lost-0001").expect("it exists").totals.captured;
    assert_eq!(captured(), 400, "it went through");
    let retry = shop.modify("capture", "lost-0001", "capture-1", 400);
    assert_eq!((retry.status, captured()), (200, 400), "the same key gets the answer that was lost");
    assert_eq!(last_fired(&shop).0, "lost-0001");
    let rows = shop.control("GET", "/requests?reference=lost-0001&operation=capture", &Value::Null).json();
    let told = "The race race-1: The capture was carried out, and its answer was lost.";
    assert_eq!(rows["requests"][1]["explanation"], told, "{rows}");
    assert_eq!(rows["requests"][0]["explanation"], Value::Null);
    // The end of the sandbox is the end of the wait.
    drop((shop, retry));
    drop(sandbox);
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("sockets have timeouts");
    let mut rest = Vec::new();
    let end = socket.read_to_end(&mut rest).map_err(|error| error.kind());
    assert_eq!((end, rest.len()), (Err(ErrorKind::ConnectionReset), 0));
}

#[test]
fn the_connection_of_a_lost_answer_is_reset_after_two_minutes() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("lost-0002", 1000);
    arm(&shop, LOST, &json!({}));
    // A fault that strikes the same call spoils an answer that nobody gets.
    let fault = json!({"match": {"operation": "capture"}, "then": {"status": 503}, "commit": true});
    assert_eq!(shop.control("POST", "/faults", &fault).status, 201);
    let request = axum::http::Request::post("/epayment/v1/payments/lost-0002/capture")
        .header("ocp-apim-subscription-key", "key")
        .header("authorization", "Bearer test")
        .header("idempotency-key", "capture-1")
        .body(axum::body::Body::from(r#"{"modificationAmount":{"currency":"NOK","value":400}}"#))
        .expect("a request");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let began = tokio::time::Instant::now();
        let answer = sandbox.router().oneshot(request).await.expect("a router always answers");
        assert!(axum::body::to_bytes(answer.into_body(), usize::MAX).await.is_err());
        let took = began.elapsed();
        assert!((120..121).contains(&took.as_secs()), "{took:?}");
    });
    let retry = shop.modify("capture", "lost-0002", "capture-1", 400);
    assert_eq!(retry.json()["aggregate"]["capturedAmount"]["value"], 400, "{}", retry.text);
}

#[test]
fn the_deadline_passes_and_the_customer_has_approved_before_it() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    register(&shop, &receiver.url("/"));
    arm(&shop, LATE, &json!({}));
    shop.created("late-0001", 1000);
    sandbox.advance(Duration::from_millis(599_999));
    assert_eq!(shop.get("late-0001").json()["state"], "CREATED");
    assert!(is_armed(&shop));
    sandbox.advance(Duration::from_millis(1));
    // The shop's own ten minutes are over, and nobody has told it anything.
    assert_eq!(arrived(&receiver), ["CREATED"]);
    assert_eq!(shop.get("late-0001").json()["state"], "AUTHORIZED");
    assert_eq!(events(&shop, "late-0001")[1], ("AUTHORIZED".into(), "2026-11-20T09:09:59.999Z".into()));
    sandbox.advance(Duration::from_millis(4_999));
    assert_eq!(arrived(&receiver), ["CREATED"]);
    sandbox.advance(Duration::from_millis(1));
    assert_eq!(arrived(&receiver), ["CREATED", "AUTHORIZED"]);
    assert_eq!(receiver.received()[1].json()["timestamp"], "2026-11-20T09:09:59.999Z");
    let (reference, outcome) = last_fired(&shop);
    assert_eq!(reference, "late-0001");
    assert!(outcome.ends_with("due at 2026-11-20T09:10:05.000Z."), "{outcome}");
    sandbox.advance(Duration::from_secs(3600));
    assert_eq!(event_names(&shop, "late-0001"), ["CREATED", "AUTHORIZED"], "it never expires");
}

#[test]
fn a_payment_whose_late_approval_is_refused_expires() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    arm(&shop, LATE, &json!({}));
    shop.created("late-0002", 151);
    sandbox.advance(Duration::from_secs(600));
    assert_eq!(events(&shop, "late-0002")[1], ("EXPIRED".into(), "2026-11-20T09:10:00.000Z".into()));
    let (_, outcome) = last_fired(&shop);
    assert!(outcome.contains("test amount 151") && outcome.ends_with("The payment expired."), "{outcome}");
    arm(&shop, LATE, &json!({}));
    shop.created("late-0003", 201);
    sandbox.advance(Duration::from_secs(600));
    assert_eq!(shop.get("late-0003").json()["state"], "CREATED", "the bank has yet to answer");
    assert!(!last_fired(&shop).1.contains("expired"));
    sandbox.advance(Duration::from_secs(3600));
    assert_eq!(event_names(&shop, "late-0003"), ["CREATED", "AUTHORIZED"]);
}

#[test]
fn ending_one_payments_time_by_call_is_its_deadline_too() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    arm(&shop, LATE, &json!({"reference": "late-*"}));
    let expire = |reference: &str| {
        let answer = shop.control("POST", &format!("/payments/123456/{reference}/expire"), &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["state"].clone()
    };
    shop.created("other-0004", 1000);
    shop.created("late-0004", 1000);
    sandbox.advance(Duration::from_secs(60));
    assert_eq!((expire("other-0004"), expire("late-0004")), (json!("EXPIRED"), json!("AUTHORIZED")));
    assert_eq!(events(&shop, "late-0004")[1].1, "2026-11-20T09:00:59.999Z");
    // Never before the payment's own last event.
    arm(&shop, LATE, &json!({}));
    shop.created("late-0005", 1000);
    assert_eq!(expire("late-0005"), "AUTHORIZED");
    assert_eq!(events(&shop, "late-0005")[1].1, "2026-11-20T09:01:00.000Z");
}

#[test]
fn a_customer_who_acts_in_time_leaves_the_race_of_the_deadline_armed() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    arm(&shop, LATE, &json!({}));
    let mut body = create_body("intime-0001", 1000);
    body["customer"]["phoneNumber"] = "4798765432".into();
    assert_eq!(shop.create("intime-0001", &body).status, 201);
    sandbox.reject("intime-0001").expect("it waits");
    sandbox.advance(Duration::from_secs(601));
    assert!(is_armed(&shop));
    assert_eq!(races(&shop).len(), 1);
}
