//! Help for those who write receivers: a signature checked step by step, and a receiver put to the test.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::http::StatusCode;
use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::span::Span;
use epayment_sandbox::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::api::Merchant;
use crate::receiver::{Received, Receiver};
use crate::webhooks::{deliveries, frozen, register};

fn verify(shop: &Merchant<'_>, delivery: &Value) -> Value {
    let answer = shop.control("POST", "/webhooks/verify", delivery);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn a_delivery_of_the_sandbox_is_verified_as_it_was_received_or_as_it_is_listed() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let url = receiver.url("/hook?shop=1");
    let (_, secret) = register(&shop, &url);
    shop.created("verified-0001", 1000);
    let arrived = &receiver.wait_for(1)[0];
    let mut delivery =
        json!({ "url": url, "headers": arrived.headers, "body": arrived.body, "secret": secret });
    let verdict = verify(&shop, &delivery);
    assert_eq!((&verdict["valid"], &verdict["problem"]), (&json!(true), &Value::Null), "{verdict}");
    let names: Vec<_> =
        verdict["steps"].as_array().expect("a list").iter().map(|step| &step["name"]).collect();
    assert_eq!(names, ["content-hash", "date", "host", "header", "string-to-sign", "signature", "age"]);
    assert_eq!(verdict["stringToSign"][0], "POST");
    assert_eq!(verdict["stringToSign"][1], "/hook?shop=1");
    assert_eq!(verdict["stringToSign"].as_array().map(Vec::len), Some(3));

    sandbox.advance(std::time::Duration::ZERO);
    let row = deliveries(&shop, "")[0].clone();
    // Written as text here, since a tree of ours would order the members of the body by name.
    let request = format!(
        r#"{{"url":"{url}","secret":"{secret}","headers":{},"body":{}}}"#,
        row["request"]["headers"], arrived.body
    );
    let local = [("host", "localhost")];
    let listed = shop.send("POST", "/_sandbox/webhooks/verify", &local, request).json();
    assert_eq!(listed["valid"], true, "{listed}");

    delivery["body"] = serde_json::to_string_pretty(&arrived.json()).expect("JSON").into();
    let verdict = verify(&shop, &delivery);
    assert_eq!(verdict["valid"], false);
    assert_eq!(verdict["steps"][0]["passed"], false);
    assert_eq!(verdict["steps"][0]["found"], arrived.headers["x-ms-content-sha256"].as_str());
    let problem = verdict["problem"].as_str().expect("a text");
    assert!(problem.contains("in the documented order: the body was parsed"), "{problem}");
    delivery["secret"] = "another".into();
    delivery["body"] = arrived.body.clone().into();
    let verdict = verify(&shop, &delivery);
    assert_eq!(verdict["steps"][5]["passed"], false);
    assert_eq!(verdict["problem"], verdict["steps"][5]["problem"]);
}

#[test]
fn what_cannot_be_verified_or_tested_is_refused_with_the_member() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let url = "http://localhost:1/";
    for (call, body, member) in [
        ("verify", json!({"url": "/hook", "headers": {}, "body": "", "secret": "x"}), "url"),
        ("verify", json!({"url": url, "headers": {}, "body": "", "secret": ""}), "secret"),
        ("verify", json!({"url": url, "headers": {}, "body": ""}), "secret"),
        ("verify", json!({"url": url, "headers": {"Host": 1}, "body": "", "secret": "x"}), "headers.Host"),
        ("conformance", json!({"url": "http://example.com/", "secret": "x"}), "url"),
        ("conformance", json!({"url": url, "secret": ""}), "secret"),
        ("conformance", json!({"url": url, "secret": "x", "events": []}), "events"),
    ] {
        let answer = shop.control("POST", &format!("/webhooks/{call}"), &body);
        assert_eq!(answer.status, 400, "{body}");
        let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
        assert!(detail.contains(member), "{detail}");
    }
}

/// Which checks a receiver passes.
fn examine(
    answer: impl Fn(usize, &Received) -> StatusCode + Send + Sync + 'static,
) -> (Value, Vec<Received>) {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::answering(answer);
    let body = json!({ "url": receiver.url("/hook"), "secret": "shared" });
    let report = shop.control("POST", "/webhooks/conformance", &body);
    assert_eq!(report.status, 200, "{}", report.text);
    assert_eq!(deliveries(&shop, "").len(), 0, "a test is no delivery");
    (report.json(), receiver.received())
}

fn failed(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().expect("a list");
    assert_eq!(checks.len(), 8);
    assert_eq!(report["passed"] == true, checks.iter().all(|check| check["passed"] == true));
    let failed = checks.iter().filter(|check| check["passed"] == false);
    failed.map(|check| check["name"].as_str().expect("a text").to_owned()).collect()
}

/// Makes a check of dates as the widespread clients have it. The first delivery is taken for fresh.
fn freshness() -> impl Fn(&Received) -> bool {
    let first = Mutex::new(None);
    move |delivery| {
        let date = Timestamp::parse_rfc1123(&delivery.headers["x-ms-date"]).expect("an RFC 1123 time");
        let first = *first.lock().expect("no test panics with it").get_or_insert(date);
        first.since(date) <= Span::minutes(5) && date.since(first) <= Span::minutes(5)
    }
}

#[test]
fn a_receiver_that_checks_everything_passes() {
    let is_fresh = freshness();
    let (report, received) =
        examine(move |_, delivery| match delivery.is_signed_with("shared") && is_fresh(delivery) {
            true => StatusCode::OK,
            false => StatusCode::UNAUTHORIZED,
        });
    assert_eq!(failed(&report), Vec::<String>::new(), "{report}");
    assert_eq!(report["passed"], true);
    assert_eq!(received[0].body, received[5].body, "the duplicate");
    let mut references: HashMap<String, usize> = HashMap::new();
    for delivery in &received {
        *references.entry(delivery.event().0).or_default() += 1;
    }
    assert_eq!((received.len(), references.len()), (7, 6), "what is forged is about other payments");
    assert!(
        report["checks"][7]["detail"]
            .as_str()
            .is_some_and(|text| text.starts_with("The slowest answer took "))
    );
}

#[test]
fn a_receiver_that_checks_nothing_fails_at_every_forgery() {
    let (report, _) = examine(|_, _| StatusCode::OK);
    assert_eq!(
        failed(&report),
        [
            "refuses-a-wrong-secret",
            "refuses-a-wrong-hash",
            "refuses-a-stale-date",
            "refuses-a-missing-signature"
        ]
    );
    let detail = report["checks"][1]["detail"].as_str().expect("a text");
    assert!(detail.contains("other than 2xx is expected, it answered 200"), "{detail}");
}

#[test]
fn a_receiver_that_does_not_hash_the_body_is_found_out() {
    let is_fresh = freshness();
    let (report, _) = examine(move |_, delivery| {
        let mut trusted = delivery.clone();
        // It believes the hash in the header: the body that belongs to it has a space at its end.
        if !trusted.is_signed_with("shared") {
            trusted.body.push(' ');
        }
        if trusted.is_signed_with("shared") && is_fresh(delivery) {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        }
    });
    assert_eq!(failed(&report), ["refuses-a-wrong-hash"]);
}

#[test]
fn a_receiver_that_chokes_on_duplicates_and_new_events_is_found_out() {
    let is_fresh = freshness();
    let (report, _) = examine(move |count, delivery| match () {
        () if !delivery.is_signed_with("shared") || !is_fresh(delivery) => StatusCode::UNAUTHORIZED,
        () if count >= 5 => StatusCode::INTERNAL_SERVER_ERROR,
        () => StatusCode::OK,
    });
    assert_eq!(failed(&report), ["takes-a-duplicate", "takes-an-unknown-event"]);
}

#[test]
fn a_receiver_that_is_not_there_fails_everything() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let report = shop.control("POST", "/webhooks/conformance", &json!({ "url": url, "secret": "x" })).json();
    assert_eq!(failed(&report).len(), 8, "{report}");
    assert!(report["checks"][1]["detail"].as_str().is_some_and(|text| text.contains("there was no answer")));
}
