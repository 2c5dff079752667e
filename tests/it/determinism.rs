//! With a seed and a frozen clock, two runs of the same calls are the same to the last byte.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};
use crate::receiver::Receiver;

/// What an answer shows, but for the date that the HTTP library writes.
fn shown(answer: &Answer) -> String {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default())).collect();
    format!("{} {headers:?} {}\n", answer.status, answer.text)
}

/// A day in the life of two shops. `probes` says how often somebody asks how the sandbox is in between.
fn run(seed: u64, probes: usize) -> String {
    let sandbox = Sandbox::builder()
        .seed(seed)
        .frozen_at("2026-11-20T09:00:00Z")
        .public_url("http://sandbox.test")
        .start();
    let mut record = String::new();
    let shops = [Merchant::of(&sandbox, "123456"), Merchant::of(&sandbox, "654321")];
    let probe = || {
        for _ in 0..probes {
            shops[0].send("GET", "/readyz", &[], "");
            shops[0].control("GET", "/health", &Value::Null);
            shops[0].control("GET", "/payments", &Value::Null);
        }
    };
    let token = [("client_id", "a"), ("client_secret", "b"), ("ocp-apim-subscription-key", "c")];
    record += &shown(&shops[0].send("POST", "/accesstoken/get", &token, ""));
    record += &shown(&shops[0].send("POST", "/accesstoken/get", &token[1..], ""));
    for number in 0..4 {
        for shop in &shops {
            probe();
            let reference = format!("same-again-{number}");
            record += &shown(&shop.create(&reference, &create_body(&reference, 1000 + number)));
            record += &shown(&shop.create("again", &create_body(&reference, 1000)));
            record += &shown(&shop.approve(&reference));
            record += &shown(&shop.modify("capture", &reference, "c", 400));
            record += &shown(&shop.modify("capture", &reference, "c2", 4000));
            record += &shown(&shop.modify("refund", &reference, "r", 100));
            sandbox.advance(std::time::Duration::from_secs(60));
            record += &shown(&shop.cancel(&reference));
            record += &shown(&shop.get(&reference));
            record += &shown(&shop.events(&reference));
            record += &shown(&shop.get("unknown-reference"));
            record += &shown(&shop.call("POST", "/epayment/v1/payments", Some("bad"), "{"));
        }
    }
    record += &shops[0].control("POST", "/sales-units", &json!({})).text;
    record += &what_else_is_drawn(&shops);
    record
}

/// Fault dice, traces of every kind of refusal, what the webhooks API hands out, users, tokens, and what the control API
/// lists of all that.
fn what_else_is_drawn(shops: &[Merchant<'_>; 2]) -> String {
    let mut record = String::new();
    let faults = [
        json!({"match": {"operation": "get"}, "times": null, "probability": 0.5, "then": {"status": 503}}),
        json!({"match": {"operation": "events"}, "times": null, "probability": 0.5, "then": {"error": 6260}}),
        json!({"match": {"msn": "654321", "operation": "token"}, "then": {"fault": "RANDOM_DATA_THEN_CLOSE"}}),
    ];
    for fault in &faults {
        record += &decided(&shops[0].control("POST", "/faults", fault));
    }
    for shop in shops {
        for number in 0..4 {
            let reference = format!("same-again-{number}");
            record += &shown(&shop.get(&reference));
            record += &shown(&shop.events(&reference));
            record += &shown(&shop.cancel(&reference));
        }
        record += &noise(shop);
        let asked = [("sandbox-fault", "error=6280"), ("merchant-serial-number", shop.msn.as_str())];
        record += &shown(&shop.send("GET", "/epayment/v1/payments/same-again-1", &asked, ""));
        record += &shown(&shop.call("GET", "/epayment/v1/nothing-here", None, ""));

        let hook =
            json!({"url": "http://127.0.0.1:9/", "events": ["epayments.payment.expired.v1"]}).to_string();
        record += &shown(&shop.call("POST", "/webhooks/v1/webhooks", None, hook));
        record += &shown(&shop.call("POST", "/webhooks/v1/webhooks", None, "{}"));
        record += &shown(&shop.call("GET", "/webhooks/v1/webhooks", None, ""));
        record += &shown(&shop.call("DELETE", "/webhooks/v1/webhooks/no-uuid", None, ""));

        shop.created("by-the-customer", 1000);
        let paths = ["/epayment/v1/payments/by-the-customer", "/epayment/v1/payments/by-the-customer/events"];
        let by_hand = format!("/payments/{}/by-the-customer/approve", shop.msn);
        record += &decided(&shop.control("POST", &by_hand, &json!({"phoneNumber": "4798765432"})));
        for path in paths {
            record += &shown(&shop.call("GET", path, None, ""));
        }
    }
    for path in
        ["/faults", "/users", "/users/4798765432", "/sales-units", "/payments", "/clock", "/webhooks/policy"]
    {
        record += &decided(&shops[0].control("GET", path, &Value::Null));
    }
    for shop in shops {
        for reference in ["same-again-0", "by-the-customer"] {
            let detail =
                shop.control("GET", &format!("/payments/{}/{reference}", shop.msn), &Value::Null).json();
            record += &["payment", "events", "phase"].map(|name| detail[name].to_string()).concat();
        }
    }
    record += &decided(&shops[0].control("POST", "/clock/advance", &json!({"by": "P200D"})));
    record += &decided(&shops[0].control("POST", "/tokens/expire", &Value::Null));
    record += &decided(&shops[1].control("DELETE", "/faults", &Value::Null));
    record
}

/// What comes over the wire when a token is asked for; noise, for the shop whose fault wants it.
fn noise(shop: &Merchant<'_>) -> String {
    let mut socket =
        TcpStream::connect(shop.sandbox.url().trim_start_matches("http://")).expect("it listens");
    let head = "POST /accesstoken/get HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nclient_id: a\r\n\
                client_secret: b\r\nOcp-Apim-Subscription-Key: c\r\n";
    let request = format!("{head}Merchant-Serial-Number: {}\r\nContent-Length: 0\r\n\r\n", shop.msn);
    socket.write_all(request.as_bytes()).expect("it reads");
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).expect("it closes");
    match bytes.starts_with(b"HTTP/1.1 ") {
        true => String::new(),
        false => format!("{bytes:02x?}\n"),
    }
}

/// What the machine alone decides: how long things took, how far the sandbox clock is from its own, when
/// deliveries were signed, the ports of sockets.
const MACHINES: [&str; 8] =
    ["micros", "offset", "x-ms-date", "authorization", "x-vipps-authorization", "host", "url", "date"];

/// What an answer of the control API shows, but for what the machine alone decides. Probes count its calls, too.
fn decided(answer: &Answer) -> String {
    let mut body = answer.json();
    without_the_machine(&mut body);
    format!("{} {body}\n", answer.status)
}

/// Takes out what the machine alone decides.
fn without_the_machine(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !MACHINES.contains(&name.to_lowercase().as_str()));
            members.values_mut().for_each(without_the_machine);
        }
        Value::Array(items) => items.iter_mut().for_each(without_the_machine),
        _ => {}
    }
}

/// Two records are equal; if not, the first line that differs is shown.
fn assert_same(one: &str, other: &str) {
    for (number, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {number}");
    }
    assert_eq!(one.len(), other.len());
}

#[test]
fn two_runs_with_one_seed_are_equal_byte_by_byte() {
    let record = run(7, 0);
    assert!(
        record.contains("\n503 ") && record.contains("\n[") && record.contains("personalQr"),
        "it holds what it says"
    );
    assert_same(&record, &run(7, 0));
}

#[test]
fn probes_and_control_reads_draw_nothing() {
    assert_same(&run(7, 0), &run(7, 3));
}

#[test]
fn other_seeds_give_other_identifiers() {
    assert_ne!(run(7, 0), run(8, 0));
}

#[test]
fn a_reset_begins_the_same_run_again() {
    let sandbox = Sandbox::builder().seed(3).frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    let day = || {
        shop.created("reset-day-1", 1000);
        [shop.get("reset-day-1").text, shop.cancel("reset-day-1").text, shop.events("reset-day-1").text]
    };
    let first = day();
    sandbox.reset();
    assert_eq!(day(), first);
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    assert_eq!(day(), first);
}

#[test]
fn a_units_identifiers_do_not_depend_on_what_other_units_do() {
    let psp_reference = |busy: usize| {
        let sandbox = Sandbox::builder().seed(5).frozen_at("2026-11-20T09:00:00Z").start();
        let other = Merchant::of(&sandbox, "654321");
        (0..busy).for_each(|number| other.created(&format!("other-busy-{number}"), 1000));
        let shop = Merchant::new(&sandbox);
        shop.created("own-payment-1", 1000);
        shop.get("own-payment-1").json()["pspReference"].clone()
    };
    assert_eq!(psp_reference(0), psp_reference(5));
}

#[test]
fn without_a_seed_nothing_repeats() {
    let psp_reference = || {
        let sandbox = Sandbox::start();
        let shop = Merchant::new(&sandbox);
        shop.created("unseeded-1", 1000);
        shop.get("unseeded-1").json()["pspReference"].clone()
    };
    assert_ne!(psp_reference(), psp_reference());
}

#[test]
fn webhooks_repeat_too_with_their_ids_and_secrets() {
    let run = || {
        let sandbox = Sandbox::builder()
            .seed(11)
            .frozen_at("2026-11-20T09:00:00Z")
            .public_url("http://sandbox.test")
            .start();
        let shop = Merchant::new(&sandbox);
        let receiver = Receiver::answering(|count, _| match count {
            0 => axum::http::StatusCode::BAD_GATEWAY,
            _ => axum::http::StatusCode::OK,
        });
        let events = [
            "epayments.payment.created.v1",
            "epayments.payment.captured.v1",
            "epayments.payment.cancelled.v1",
        ];
        let body = json!({ "url": receiver.url("/"), "events": events }).to_string();
        let registered = shop.call("POST", "/webhooks/v1/webhooks", None, body).text;
        shop.authorized("told-again-1", 1000);
        assert_eq!(shop.modify("capture", "told-again-1", "c", 400).status, 200);
        let fired = sandbox.advance(std::time::Duration::from_secs(181 * 86_400));
        let told: Vec<_> = receiver
            .received()
            .iter()
            .map(|one| (one.headers["webhook-id"].clone(), one.body.clone()))
            .collect();
        assert_eq!(told.len(), 4, "one of three events is repeated");
        let mut attempts = shop.control("GET", "/webhooks/deliveries", &Value::Null).json();
        let mut calls = shop.control("GET", "/requests", &Value::Null).json();
        assert_eq!(attempts["deliveries"].as_array().map(Vec::len), Some(4));
        assert_eq!(calls["requests"].as_array().map(Vec::len), Some(4));
        calls["requests"].as_array_mut().expect("a list").pop();
        without_the_machine(&mut attempts);
        without_the_machine(&mut calls);
        (registered, fired, told, attempts, calls)
    };
    let (first, second) = (run(), run());
    assert_eq!((&first.0, &first.1, &first.2), (&second.0, &second.1, &second.2));
    assert_same(&format!("{:#}", first.3), &format!("{:#}", second.3));
    assert_same(&format!("{:#}", first.4), &format!("{:#}", second.4));
}
