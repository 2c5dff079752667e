//! The live stream, over real sockets.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::Merchant;
use crate::receiver::Receiver;

/// Somebody who listens.
struct Listener(BufReader<TcpStream>);

impl Listener {
    /// Connects, and returns once the stream stands.
    fn open(sandbox: &Sandbox, query: &str) -> Self {
        let mut socket = TcpStream::connect(sandbox.address()).expect("the sandbox listens");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("sockets have timeouts");
        write!(socket, "GET /_sandbox/events{query} HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .expect("it takes a request");
        let mut listener = Self(BufReader::new(socket));
        let mut head = String::new();
        while listener.0.read_line(&mut head).expect("it answers") > 2 {}
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
        assert!(head.contains("sandbox-request-id: ctl-"), "{head}");
        listener
    }

    /// Returns the next event: its name and its data.
    fn next(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).expect("it goes on") > 0, "the stream ended");
            if let Some(text) = line.trim_end().strip_prefix("event: ") {
                text.clone_into(&mut name);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).expect("JSON"));
            }
        }
    }
}

#[test]
fn payments_calls_and_clocks_are_told_in_the_order_in_which_they_happen() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    shop.created("before-listening", 1000);
    let mut listener = Listener::open(&sandbox, "");
    shop.created("listened-to", 31900);
    let payment = |event: &str, at: &str, phase: &str| {
        json!({"at": at, "msn": "123456", "reference": "listened-to", "event": event,
            "amount": {"currency": "NOK", "value": 31900}, "phase": phase})
    };
    assert_eq!(
        listener.next(),
        ("payment".into(), payment("CREATED", "2026-11-20T09:00:00.000Z", "CREATED"))
    );
    let (name, call) = listener.next();
    assert_eq!(
        (name.as_str(), &call["operation"], &call["status"]),
        ("request", &json!("create"), &json!(201))
    );
    assert_eq!((&call["amount"], &call["reference"]), (&json!("NOK 319,00"), &json!("listened-to")));
    assert!(call["headers"].is_null() && call["body"].is_null(), "a summary is short: {call}");
    shop.modify("capture", "listened-to", "key", 100);
    let (_, call) = listener.next();
    assert_eq!(call["error"]["code"], 6080);
    assert!(call["explanation"].as_str().is_some_and(|text| text.starts_with("The payment is CREATED")));
    sandbox.advance(Duration::from_secs(600));
    let mut expired = [listener.next().1, listener.next().1];
    expired.sort_by_key(|told| told["reference"].as_str().map(str::to_owned));
    assert_eq!(expired[0]["reference"], "before-listening");
    assert_eq!(expired[1], payment("EXPIRED", "2026-11-20T09:10:00.000Z", "EXPIRED"));
    assert_eq!(
        listener.next(),
        ("clock".into(), json!({"now": "2026-11-20T09:10:00.000Z", "msn": null, "mode": "frozen"}))
    );
    shop.control("PUT", "/clock?msn=123456", &json!({"mode": "real"}));
    let (name, clock) = listener.next();
    assert_eq!((name.as_str(), &clock["msn"], &clock["mode"]), ("clock", &json!("123456"), &json!("real")));
}

#[test]
fn deliveries_are_told_as_they_come_back() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let body = json!({"url": receiver.url("/hook"), "events": ["epayments.payment.created.v1"]});
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, body.to_string()).status, 201);
    let mut listener = Listener::open(&sandbox, "?msn=123456");
    shop.created("told-delivery-1", 1000);
    let told = loop {
        let (name, data) = listener.next();
        if name == "delivery" {
            break data;
        }
    };
    for (member, value) in [
        ("at", json!("2026-11-20T09:00:00.000Z")),
        ("msn", json!("123456")),
        ("reference", json!("told-delivery-1")),
        ("event", json!("epayments.payment.created.v1")),
        ("attempt", json!(1)),
        ("status", json!(200)),
        ("nextAt", Value::Null),
    ] {
        assert_eq!(told[member], value, "{member} of {told}");
    }
    let mut rows = shop.control("GET", "/webhooks/deliveries", &Value::Null).json();
    let row = rows["deliveries"][0].as_object_mut().expect("a row");
    row.retain(|member, _| member != "request" && member != "response");
    assert_eq!(told, json!(row), "it is the row without request and response");
}

#[test]
fn a_scoped_stream_tells_of_its_own_unit_and_of_what_concerns_all() {
    let sandbox = Sandbox::start();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    let mut listener = Listener::open(&sandbox, "?msn=654321");
    shop.created("not-for-them-1", 1000);
    other.created("for-them-1", 1000);
    assert_eq!(listener.next().1["reference"], "for-them-1");
    assert_eq!(listener.next().1["reference"], "for-them-1");
    shop.control("POST", "/reset?msn=123456", &Value::Null);
    shop.control("PUT", "/clock", &json!({"mode": "frozen"}));
    assert_eq!(listener.next().0, "clock");
    sandbox.reset();
    assert_eq!(listener.next(), ("resync".into(), json!({"reason": "reset"})));
}

#[test]
fn a_reader_that_is_too_slow_is_told_to_read_anew_and_goes_on() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let mut listener = Listener::open(&sandbox, "");
    let mut quick = Listener::open(&sandbox, "");
    // More than sockets and the sandbox hold between them.
    let long = "x".repeat(300);
    for number in 0..20_000 {
        shop.get(&format!("{number}-{long}"));
    }
    let mut seen = 0;
    let missed = loop {
        let (name, data) = listener.next();
        if name == "resync" {
            break data;
        }
        assert!(
            data["reference"].as_str().is_some_and(|reference| reference.starts_with(&format!("{seen}-")))
        );
        seen += 1;
    };
    assert_eq!(missed, json!({"reason": "too slow"}));
    assert!(seen > 0, "what came in time was told");
    shop.created("after-the-flood", 1000);
    loop {
        let (name, data) = listener.next();
        if name == "payment" {
            assert_eq!(data["reference"], "after-the-flood");
            break;
        }
    }
    // The other one was as slow, and has its own place.
    assert_eq!(quick.next().0, "request");
}

#[test]
fn an_open_stream_does_not_hold_up_the_end() {
    let sandbox = Sandbox::start();
    let mut listener = Listener::open(&sandbox, "");
    let address = sandbox.address();
    drop(sandbox);
    assert!(TcpStream::connect(address).is_err());
    let mut rest = String::new();
    while listener.0.read_line(&mut rest).is_ok_and(|count| count > 0) {}
    assert!(!rest.contains("event:"), "{rest}");
}

#[test]
fn a_stream_obeys_the_guards_and_knows_its_parameters() {
    let sandbox = Sandbox::builder().control_token("token").start();
    let shop = Merchant::new(&sandbox);
    assert_eq!(shop.control("GET", "/events", &Value::Null).status, 401);
    let open = Sandbox::start();
    let shop = Merchant::new(&open);
    assert_eq!(shop.control("GET", "/events?reference=x", &Value::Null).status, 400);
}
