//! Races of webhooks with answers, with the customer, and with each other, over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::mpsc::{Receiver as Inbox, channel};
use std::time::Duration;

use axum::http::StatusCode;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{arm, is_armed, last_fired};
use crate::api::{Merchant, create_body};
use crate::gate::Gate;
use crate::receiver::Receiver;
use crate::webhooks::{deliveries, frozen, register};

const CREATE: &str = "webhook-before-create-response";
const REDIRECT: &str = "webhook-before-redirect";
const DOUBLE: &str = "duplicate-webhook";

#[test]
fn the_created_webhook_overtakes_the_answer_to_the_create() {
    for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
        let sandbox = frozen();
        let shop = Merchant::new(&sandbox);
        let gate = Gate::new(status);
        register(&shop, &gate.url());
        arm(&shop, CREATE, &json!({}));
        shop.behind(&gate, || shop.created("overtaken-0001", 1000));
        gate.note("answer");
        assert_eq!(gate.taken(), ["webhook CREATED", "answer"], "one attempt is enough: {status}");
        assert_eq!(last_fired(&shop).0, "overtaken-0001");
        // Only once, and only the create. Nothing is answered meanwhile.
        shop.created("overtaken-0002", 1000);
        assert_eq!(deliveries(&shop, "&reference=overtaken-0002"), Vec::<Value>::new());
        gate.open();
        sandbox.advance(Duration::ZERO);
        assert_eq!(gate.taken(), ["webhook CREATED"]);
    }
}

#[test]
fn a_create_that_makes_nothing_or_that_nobody_hears_of_leaves_the_race_armed() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    arm(&shop, CREATE, &json!({}));
    shop.created("unheard-0001", 1000);
    assert!(is_armed(&shop), "no webhook is registered");
    let receiver = Receiver::start();
    register(&shop, &receiver.url("/"));
    assert_eq!(
        shop.create("unheard-0001", &create_body("unheard-0001", 1000)).status,
        201,
        "the answer again"
    );
    assert_eq!(shop.create("bad", &json!({})).status, 400);
    assert!(is_armed(&shop));
    for (number, late) in
        [json!({"hold": true}), json!({"hold": false, "delay": "1h"})].into_iter().enumerate()
    {
        assert_eq!(shop.control("PUT", "/webhooks/policy", &late).status, 200);
        shop.created(&format!("unheard-late-{number}"), 1000);
        assert!(is_armed(&shop), "{late}");
    }
    assert_eq!(shop.control("PUT", "/webhooks/policy", &json!({"delay": "0s"})).status, 200);
    sandbox.advance(Duration::ZERO);
    let before = receiver.received().len();
    shop.created("unheard-0002", 1000);
    assert!(!is_armed(&shop));
    assert_eq!(receiver.received().len(), before + 1);
}

#[test]
fn the_webhook_overtakes_the_customer() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let gate = Gate::new(StatusCode::OK);
    let events = json!(["epayments.payment.authorized.v1", "epayments.payment.aborted.v1"]);
    let body = json!({"url": gate.url(), "events": events});
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, body.to_string()).status, 201);
    let control = |verb: &str, reference: &str| {
        let path = format!("/payments/123456/{reference}/{verb}");
        shop.behind(&gate, || assert_eq!(shop.control("POST", &path, &Value::Null).status, 200));
    };
    // What the library does blocks, so it has a thread of its own and is looked at once a whole call has gone by.
    let library = |act: &(dyn Fn() + Sync)| {
        gate.close();
        std::thread::scope(|scope| {
            let acting = scope.spawn(act);
            gate.wait();
            assert_eq!(shop.get("way-back-0001").status, 200);
            assert!(!acting.is_finished(), "it did not wait for the webhook");
            gate.let_one();
        });
    };
    let redirected = |reference: &str, act: &dyn Fn(&str)| {
        arm(&shop, REDIRECT, &json!({}));
        shop.created(reference, 1000);
        act(reference);
        gate.note("customer");
        assert_eq!(last_fired(&shop).0, reference);
        gate.taken()
    };
    let authorized = ["webhook AUTHORIZED", "customer"];
    assert_eq!(redirected("way-back-0001", &|reference| control("approve", reference)), authorized);
    let aborted = ["webhook ABORTED", "customer"];
    assert_eq!(redirected("way-back-0002", &|reference| control("reject", reference)), aborted);
    let approve = |reference: &str| library(&|| sandbox.approve(reference).expect("it waits"));
    assert_eq!(redirected("way-back-0003", &approve), authorized, "by the library, too");
    let reject = |reference: &str| library(&|| sandbox.reject(reference).expect("it waits"));
    assert_eq!(redirected("way-back-0004", &reject), aborted);
    // Nothing is answered any more.
    shop.created("way-back-0005", 1000);
    sandbox.approve("way-back-0005").expect("it waits");
    assert_eq!(deliveries(&shop, "&reference=way-back-0005"), Vec::<Value>::new(), "each race is run once");
}

#[test]
fn a_customer_who_is_not_sent_back_leaves_the_race_armed() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    register(&shop, &receiver.url("/"));
    arm(&shop, REDIRECT, &json!({}));
    shop.authorized("no-way-back-0001", 1000);
    shop.created("no-way-back-0002", 151);
    sandbox.approve("no-way-back-0002").expect_err("the bank declines");
    shop.control("PUT", "/users/4798765432", &json!({"behaviour": "approve", "after": "0s"}));
    let mut body = create_body("no-way-back-0003", 1000);
    body["customer"]["phoneNumber"] = "4798765432".into();
    assert_eq!(shop.create("no-way-back-0003", &body).status, 201);
    assert_eq!(shop.get("no-way-back-0003").json()["state"], "AUTHORIZED");
    assert!(is_armed(&shop));
}

/// A delivery as it came over a connection of its own.
struct Arrival {
    peer: SocketAddr,
    webhook_id: String,
    body: String,
}

/// Reads a request, and leaves the answer for later.
fn read(socket: &TcpStream) -> Arrival {
    let mut reader = BufReader::new(socket);
    let (mut length, mut webhook_id) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a head");
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a number"),
            "webhook-id" => value.clone_into(&mut webhook_id),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let body = String::from_utf8(body).expect("a text");
    Arrival { peer: socket.peer_addr().expect("an address"), webhook_id, body }
}

/// A receiver that answers nothing before it has read two deliveries, each on a connection of its own.
fn patient() -> (String, Inbox<(Arrival, Arrival)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (send, inbox) = channel();
    std::thread::spawn(move || {
        let accept = || listener.accept().expect("a connection").0;
        let (mut one, mut other) = (accept(), accept());
        let both = (read(&one), read(&other));
        for socket in [&mut one, &mut other] {
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("it takes an answer");
        }
        let _ = send.send(both);
        // The connections stay open until the test is over.
        let _ = (one.read(&mut [0; 1]), other.read(&mut [0; 1]));
    });
    (url, inbox)
}

#[test]
fn two_equal_webhooks_are_both_sent_before_either_is_answered() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let (url, inbox) = patient();
    let body = json!({"url": url, "events": ["epayments.payment.authorized.v1"]}).to_string();
    let registered = shop.call("POST", "/webhooks/v1/webhooks", None, body).json();
    arm(&shop, DOUBLE, &json!({}));
    shop.created("twins-0001", 1000);
    assert!(is_armed(&shop), "nothing is authorised");
    assert_eq!(shop.approve("twins-0001").status, 200);
    // One after the other they would never come: the first is not answered before the second is there.
    let (one, other) = inbox.recv_timeout(Duration::from_secs(9)).expect("both come");
    assert_ne!(one.peer, other.peer, "two connections");
    assert_eq!((&one.body, &one.webhook_id), (&other.body, &other.webhook_id));
    assert_eq!(json!(one.webhook_id), registered["id"]);
    assert!(one.body.contains(r#""name":"AUTHORIZED""#), "{}", one.body);
    sandbox.advance(Duration::ZERO);
    let rows = deliveries(&shop, "&reference=twins-0001");
    let shown: Vec<_> = rows.iter().map(|row| (row["attempt"].clone(), row["status"].clone())).collect();
    assert_eq!(shown, [(json!(1), json!(200)), (json!(1), json!(200))], "the journal has both");
    assert_eq!(last_fired(&shop).0, "twins-0001");
}

/// How many deliveries come of a doubled one when those of these numbers are not taken.
fn doubled(failing: Range<usize>) -> [usize; 2] {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::answering(move |count, _| {
        if failing.contains(&count) { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    });
    shop.created("doubled-0001", 1000);
    register(&shop, &receiver.url("/"));
    arm(&shop, DOUBLE, &json!({}));
    assert_eq!(shop.approve("doubled-0001").status, 200);
    sandbox.advance(Duration::ZERO);
    let at_once = receiver.received().len();
    sandbox.advance(Duration::from_secs(86_400));
    let all = receiver.received();
    assert!(all.iter().all(|delivery| delivery.body == all[0].body));
    [at_once, all.len()]
}

#[test]
fn one_of_two_is_enough_and_what_is_repeated_is_single() {
    assert_eq!(doubled(0..0), [2, 2]);
    assert_eq!(doubled(0..1), [2, 2], "the event has arrived");
    assert_eq!(doubled(1..2), [2, 2], "the event has arrived");
    assert_eq!(doubled(0..2), [2, 3]);
}

#[test]
fn a_receiver_that_is_not_there_fails_twice_and_is_tried_again() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.created("nobody-0001", 1000);
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    register(&shop, &format!("http://{}/", closed.expect("a free port")));
    arm(&shop, DOUBLE, &json!({}));
    assert_eq!(shop.approve("nobody-0001").status, 200);
    sandbox.advance(Duration::ZERO);
    let rows = deliveries(&shop, "");
    let next: Vec<_> = rows.iter().map(|row| row["nextAt"].as_str().expect("a time")).collect();
    assert_eq!(next, ["2026-11-20T09:00:02.000Z"; 2]);
    sandbox.advance(Duration::from_secs(2));
    assert_eq!(deliveries(&shop, "").len(), 3);
}

#[test]
fn the_next_event_waits_for_both_of_two() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    shop.created("queued-0001", 1000);
    register(&shop, &format!("http://{}/", listener.local_addr().expect("an address")));
    arm(&shop, DOUBLE, &json!({}));
    assert_eq!(shop.approve("queued-0001").status, 200);
    assert_eq!(shop.modify("capture", "queued-0001", "capture-1", 400).status, 200);
    let (send, inbox) = channel();
    std::thread::spawn(move || listener.incoming().flatten().all(|socket| send.send(socket).is_ok()));
    // No connection is used twice, so that what comes next comes over the next.
    let next = || {
        let socket = inbox.recv_timeout(Duration::from_secs(9)).expect("a connection");
        let event: Value = serde_json::from_str(&read(&socket).body).expect("deliveries are JSON");
        (socket, event["name"].as_str().expect("a text").to_owned())
    };
    let answer = |mut socket: TcpStream| {
        let text = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(text).expect("it takes an answer");
    };
    let ((one, name), (other, same_name)) = (next(), next());
    assert_eq!((&*name, &*same_name), ("AUTHORIZED", "AUTHORIZED"));
    answer(one);
    // What is told of another payment comes behind whatever the first answer has led to.
    shop.created("queued-0002", 1000);
    let (created, name) = next();
    assert_eq!(name, "CREATED");
    answer(created);
    answer(other);
    let (captured, name) = next();
    assert_eq!(name, "CAPTURED");
    answer(captured);
}

#[test]
fn races_are_told_on_the_live_stream() {
    let sandbox: Sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.created("told-0001", 1000);
    arm(&shop, "approve-during-cancel", &json!({}));
    let mut socket = TcpStream::connect(sandbox.address()).expect("the sandbox listens");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("sockets have timeouts");
    write!(socket, "GET /_sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it takes a request");
    let mut lines = BufReader::new(socket).lines().map(|line| line.expect("it goes on"));
    assert!(lines.any(|line| line.is_empty()), "the head is over");
    assert_eq!(shop.cancel("told-0001").status, 200);
    assert!(lines.any(|line| line == "event: race"));
    let data = lines.find_map(|line| Some(line.strip_prefix("data: ")?.to_owned())).expect("data");
    assert_eq!(
        serde_json::from_str::<Value>(&data).expect("JSON"),
        json!({
            "at": "2026-11-20T09:00:00.000Z", "msn": "123456", "reference": "told-0001", "id": "race-1",
            "kind": "approve-during-cancel", "outcome": "The customer approved just before the cancel.",
        })
    );
}
