//! What the journal keeps, for how long, and how it is found again.

use std::time::Duration;

use axum::body::Body;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{last, members, rows};
use crate::api::{Merchant, create_body};

fn frozen() -> Sandbox {
    Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start()
}

#[test]
fn a_row_has_the_request_the_answer_and_its_place() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let created = shop.create("key-1", &create_body("journal-row-1", 31900));
    let row = last(&shop);
    assert_eq!(created.headers["sandbox-request-id"], row["id"].as_str().expect("an id"));
    for (member, value) in [
        ("at", json!("2026-11-20T09:00:00.000Z")),
        ("msn", json!("123456")),
        ("operation", json!("create")),
        ("reference", json!("journal-row-1")),
        ("method", json!("POST")),
        ("path", json!("/epayment/v1/payments")),
        ("body", create_body("journal-row-1", 31900)),
        ("status", json!(201)),
        ("responseBody", created.json()),
        ("explanation", Value::Null),
        ("amount", json!("NOK 319,00")),
        ("error", Value::Null),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    assert!(row["micros"].is_u64());
    assert_eq!(row["headers"]["idempotency-key"], "key-1");
    let one = shop.control("GET", &format!("/requests/{}", row["id"].as_str().expect("an id")), &Value::Null);
    assert_eq!(one.json(), row);
}

#[test]
fn rows_come_newest_first_and_the_oldest_go() {
    let sandbox = Sandbox::builder().max_requests(3).start();
    let shop = Merchant::new(&sandbox);
    for reference in ["order-1", "order-2", "order-3", "order-4", "order-5"] {
        shop.get(reference);
    }
    assert_eq!(members(&rows(&shop, ""), "reference"), ["order-5", "order-4", "order-3"]);
    assert_eq!(members(&rows(&shop, "?limit=2"), "reference"), ["order-5", "order-4"]);
    assert_eq!(shop.control("GET", "/requests/req-2", &Value::Null).status, 404);
    assert_eq!(shop.control("GET", "/requests/req-3", &Value::Null).status, 200);
    for id in ["req-0", "req-6", "req-", "req-x", "3", "req-99999999999999999999"] {
        let answer = shop.control("GET", &format!("/requests/{id}"), &Value::Null);
        assert_eq!(answer.status, 404, "{id}");
        assert!(answer.text.contains("the last 3"), "{}", answer.text);
    }
}

#[test]
fn control_calls_and_probes_are_never_in_the_journal() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.control("GET", "/payments", &Value::Null);
    shop.send("GET", "/readyz", &[], "");
    shop.send("GET", "/pay?token=x", &[], "");
    assert_eq!(rows(&shop, "").len(), 0);
}

#[test]
fn paths_that_the_api_does_not_have_are_kept_too() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.send("GET", "/epayment/v2/payments?x=1", &[("merchant-serial-number", "654321")], "");
    let row = last(&shop);
    assert_eq!((&row["operation"], &row["reference"]), (&Value::Null, &Value::Null));
    assert_eq!((&row["path"], &row["status"]), (&json!("/epayment/v2/payments?x=1"), &json!(404)));
    assert_eq!(row["msn"], "654321", "whose call it was is known from the header");
}

#[test]
fn every_filter_narrows_the_list_and_the_count() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let other = Merchant::of(&sandbox, "654321");
    shop.created("filter-1", 1000);
    other.created("filter-1", 1000);
    sandbox.advance(Duration::from_secs(60));
    shop.get("filter-1");
    shop.modify("capture", "filter-1", "key", 5);
    shop.get("filter-2");
    for (query, filter, count) in [
        ("", json!({}), 5),
        ("?reference=filter-1", json!({"reference": "filter-1"}), 4),
        ("?operation=get", json!({"operation": "get"}), 2),
        ("?status=201", json!({"status": 201}), 2),
        ("?since=2026-11-20T09:01:00Z", json!({"since": "2026-11-20T09:01:00Z"}), 3),
        ("?since=2026-11-20T09:01:00.000001Z", json!({"since": "2026-11-20T09:01:00.000001Z"}), 0),
        ("?msn=654321", json!({"msn": "654321"}), 1),
        ("?msn=999999", json!({"msn": "999999"}), 0),
        (
            "?reference=filter-1&operation=create&msn=123456",
            json!({"reference": "filter-1", "operation": "create", "msn": "123456"}),
            1,
        ),
        ("?limit=2", json!({"limit": 2}), 2),
    ] {
        assert_eq!(rows(&shop, query).len(), count, "{query}");
        assert_eq!(
            shop.control("POST", "/requests/count", &filter).json(),
            json!({"count": count}),
            "{filter}"
        );
    }
    let scoped = shop.control("POST", "/requests/count?msn=654321", &json!({"operation": "create"}));
    assert_eq!(scoped.json(), json!({"count": 1}));
}

#[test]
fn a_filter_that_makes_no_sense_is_refused_with_a_remedy() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for (method, path, body, word) in [
        ("GET", "/requests?operations=get", Value::Null, "operations"),
        ("GET", "/requests?operation=read", Value::Null, "token, create, get"),
        ("GET", "/requests?limit=0", Value::Null, "between 1 and 1000"),
        ("GET", "/requests?limit=1001", Value::Null, "between 1 and 1000"),
        ("GET", "/requests?since=today", Value::Null, "RFC 3339"),
        ("GET", "/requests?status=ok", Value::Null, "status"),
        ("GET", "/requests?msn=1", Value::Null, "4 to 10 digits"),
        ("POST", "/requests/count", json!({"ref": 1}), "ref"),
        ("POST", "/requests/count", json!({"operation": "read"}), "token, create, get"),
        ("POST", "/requests/count?msn=111111", json!({"msn": "222222"}), "222222"),
        ("GET", "/requests/wait?count=1001", Value::Null, "--max-requests"),
        ("GET", "/requests/wait?timeout=1h", Value::Null, "PT5M"),
        ("GET", "/requests/wait?limit=1", Value::Null, "limit"),
        ("DELETE", "/requests?reference=x", Value::Null, "reference"),
    ] {
        let answer = shop.control(method, path, &body);
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert!(
            answer.json()["detail"].as_str().unwrap_or_default().contains(word),
            "{path}: {}",
            answer.text
        );
    }
}

#[test]
fn a_create_is_found_by_its_reference_whatever_became_of_it() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.create("key-1", &create_body("refused-1", 1));
    shop.create("key-1", &create_body("refused-1", 1));
    let mut large = create_body("too-large-to-keep", 1000);
    large["unknown"] = "x".repeat(100_000).into();
    assert_eq!(shop.create("key-2", &large).status, 201);
    assert_eq!(rows(&shop, "?reference=refused-1").len(), 2);
    assert_eq!(rows(&shop, "?reference=too-large-to-keep").len(), 1);
}

#[test]
fn a_payment_shows_the_calls_about_it() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let other = Merchant::of(&sandbox, "654321");
    shop.authorized("with-calls-1", 1000);
    other.created("with-calls-1", 1000);
    shop.modify("capture", "with-calls-1", "key", 5000);
    let detail = shop.control("GET", "/payments/123456/with-calls-1", &Value::Null).json();
    let calls = detail["requests"].as_array().expect("a list");
    assert_eq!(members(calls, "operation"), ["capture", "approve", "create"]);
    assert_eq!(calls[0], last(&shop));
}

#[test]
fn clearing_forgets_all_or_one_units_calls() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let other = Merchant::of(&sandbox, "654321");
    let calls = || {
        shop.created("clear-call-1", 1000);
        other.created("clear-call-1", 1000);
    };
    let left = || members(&rows(&shop, ""), "msn");
    calls();
    assert_eq!(shop.control("DELETE", "/requests?msn=123456", &Value::Null).status, 204);
    assert_eq!(left(), ["654321"]);
    assert_eq!(shop.control("DELETE", "/requests", &Value::Null).status, 204);
    assert_eq!(left().len(), 0);
    assert_eq!(shop.control("POST", "/reset", &Value::Null).status, 204);
    calls();
    assert_eq!(shop.control("POST", "/reset?msn=654321", &Value::Null).status, 204);
    assert_eq!(left(), ["123456"]);
    other.created("clear-call-1", 1000);
    assert_eq!(shop.control("DELETE", "/sales-units/654321", &Value::Null).status, 204);
    assert_eq!(left(), ["123456"]);
    sandbox.reset();
    assert_eq!(left().len(), 0);
    let created = shop.create("key", &create_body("after-reset", 1000));
    let id = last(&shop)["id"].as_str().expect("an id").to_owned();
    assert_eq!(created.headers["sandbox-request-id"], id.as_str(), "ids go on counting");
}

#[test]
fn waiting_ends_when_enough_calls_have_come() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.get("waited-for");
    let path = "/requests/wait?count=3&operation=get&reference=waited-for&timeout=20s";
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| Merchant::new(&sandbox).control("GET", path, &Value::Null));
        shop.get("something-else");
        shop.get("waited-for");
        shop.events("waited-for");
        shop.get("waited-for");
        let answer = waiter.join().expect("it ends");
        assert_eq!(answer.status, 200, "{}", answer.text);
        let rows = answer.json()["requests"].as_array().expect("a list").clone();
        assert_eq!(members(&rows, "operation"), ["get", "get", "get"]);
    });
    let late = shop.control(
        "GET",
        "/requests/wait?count=4&reference=waited-for&status=404&operation=get&timeout=0s",
        &Value::Null,
    );
    assert_eq!(late.status, 408);
    assert!(late.text.contains("3 of 4 such calls have come after 0s"), "{}", late.text);
}

#[test]
fn bodies_are_json_where_they_are_json_and_texts_where_not() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let deep = "[".repeat(100) + &"]".repeat(100);
    for (body, shown) in [
        (b"{\"a\": 1.50, \"a\": 2}".to_vec(), json!({"a": 2})),
        (b" [1, \"x\"] ".to_vec(), json!([1, "x"])),
        (b"\xEF\xBB\xBF{}".to_vec(), json!({})),
        (b"null".to_vec(), Value::Null),
        (Vec::new(), Value::Null),
        (b"{\"a\":".to_vec(), json!("{\"a\":")),
        (b"1e999".to_vec(), json!("1e999")),
        (deep.clone().into_bytes(), json!(deep)),
        (b"a=b&c".to_vec(), json!("a=b&c")),
        (b"\xff{}".to_vec(), json!("\u{fffd}{}")),
    ] {
        let answer = shop.call("POST", "/epayment/v1/payments", Some("key"), Body::from(body.clone()));
        assert!(answer.status >= 400);
        assert_eq!(last(&shop)["body"], shown, "{}", String::from_utf8_lossy(&body));
    }
    shop.call("POST", "/epayment/v1/payments", Some("key"), "{\"n\": 1.50,  \"n\": 2}");
    let answer = shop.control("GET", "/requests?limit=1", &Value::Null);
    assert!(
        answer.text.contains("{\"n\": 1.50,  \"n\": 2}"),
        "what was sent stays as it was: {}",
        answer.text
    );
}

#[test]
fn long_bodies_are_cut_and_say_so() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let body = format!("\"{}\"", "x".repeat(70_000));
    shop.call("POST", "/epayment/v1/payments", Some("key"), body);
    let row = last(&shop);
    let shown = row["body"].as_str().expect("a text");
    assert!(shown.ends_with("xx… (the first 65536 of 70002 bytes)"), "{}", &shown[shown.len() - 60..]);
    let curl =
        shop.control("GET", &format!("/requests/{}/curl", row["id"].as_str().expect("an id")), &Value::Null);
    assert!(curl.text.contains("# The body is cut"), "{}", &curl.text[..200]);
    shop.call("POST", "/epayment/v1/payments", Some("key"), "x".repeat(1024 * 1024 + 1));
    assert_eq!(last(&shop)["status"], 413);
}

#[test]
fn the_library_sees_the_same() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.created("library-call-1", 31900);
    shop.modify("capture", "library-call-1", "key", 100);
    let calls = sandbox.requests().list();
    assert_eq!(calls.len(), 2);
    let capture = &calls[0];
    assert_eq!((capture.id.as_str(), capture.status, capture.method.as_str()), ("req-2", 400, "POST"));
    assert_eq!(capture.reference.as_deref(), Some("library-call-1"));
    assert_eq!(capture.at.to_string(), "2026-11-20T09:00:00.000Z");
    assert!(capture.explanation.as_deref().is_some_and(|text| text.starts_with("The payment is CREATED")));
    assert_eq!(calls[1].explanation, None);
}

#[test]
fn calls_at_once_are_all_kept_and_none_twice() {
    let sandbox = Sandbox::builder().max_requests(400).start();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let shop = Merchant::new(sandbox);
                (0..100).for_each(|number| drop(shop.get(&format!("at-once-{thread}-{number}"))));
            });
        }
    });
    let calls = sandbox.requests().list();
    let ids: Vec<_> = (401..=800).rev().map(|number| format!("req-{number}")).collect();
    assert_eq!(calls.iter().map(|call| call.id.clone()).collect::<Vec<_>>(), ids);
    let references: std::collections::HashSet<_> = calls.iter().map(|call| &call.reference).collect();
    assert_eq!(references.len(), 400);
}
