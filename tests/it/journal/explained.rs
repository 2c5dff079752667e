//! What is said of refusals: the rule, how things stood, and what would have worked.

use std::time::Duration;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{explanation, last};
use crate::api::{Merchant, create_body};

fn frozen() -> Sandbox {
    Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start()
}

#[test]
fn captures_are_explained_word_by_word() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.created("explained-capture", 31900);
    let refused = |key: &str, value: u64, text: &str| {
        assert_eq!(shop.modify("capture", "explained-capture", key, value).status, 400);
        assert_eq!(explanation(&shop), text);
    };
    refused(
        "1",
        15000,
        "The payment is CREATED: the customer has not approved it, so nothing of 319,00 NOK is reserved; you asked for 150,00. \
         Capture once it is AUTHORIZED.",
    );
    shop.approve("explained-capture");
    refused(
        "2",
        40000,
        "Nothing of 319,00 NOK is captured, 319,00 left; you asked for 400,00. Capture 319,00 or less.",
    );
    assert_eq!(shop.modify("capture", "explained-capture", "3", 20000).status, 200);
    refused(
        "4",
        15000,
        "200,00 of 319,00 NOK is captured, 119,00 left; you asked for 150,00. Capture 119,00 or less.",
    );
    assert_eq!(
        last(&shop)["error"],
        json!({"code": 6090, "title": "Capture amount too high", "brief": "119,00 left, asked for 150,00"})
    );
    shop.control("PUT", "/sales-units/123456", &json!({"partialCapture": false}));
    refused(
        "5",
        11900,
        "You asked for 119,00 of 319,00 NOK, and sales unit 123456's partialCapture is false. PUT \
         /_sandbox/sales-units/123456 with {\"partialCapture\":true} allows it. Or capture 319,00 at once.",
    );
    shop.control("PUT", "/sales-units/123456", &json!({"partialCapture": true}));
    assert_eq!(shop.modify("capture", "explained-capture", "6", 11900).status, 200);
    refused("7", 1, "All of 319,00 NOK is captured, nothing is left; you asked for 0,01.");
}

#[test]
fn captures_after_a_cancel_or_the_deadline_are_explained_word_by_word() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for reference in ["explained-rest", "explained-late"] {
        shop.authorized(reference, 31900);
        shop.modify("capture", reference, "part", 20000);
    }
    assert_eq!(shop.cancel("explained-rest").status, 200);
    shop.modify("capture", "explained-rest", "1", 11900);
    assert_eq!(
        explanation(&shop),
        "200,00 of 319,00 NOK is captured and 119,00 is cancelled, so nothing is left; you asked for 119,00."
    );
    shop.cancel("explained-rest");
    assert_eq!(
        explanation(&shop),
        "200,00 of 319,00 NOK is captured and 119,00 is cancelled, so nothing is left to cancel."
    );
    sandbox.advance(Duration::from_secs(181 * 86_400));
    let late = "319,00 NOK was reserved at 2026-11-20T09:00:00.000Z and could be captured or cancelled until \
                2027-05-19T09:00:00.000Z; the clock shows 2027-05-20T09:00:00.000Z. 200,00 is captured, 119,00 was released.";
    shop.modify("capture", "explained-late", "1", 11900);
    assert_eq!(explanation(&shop), late);
    shop.cancel("explained-late");
    assert_eq!(explanation(&shop), late);
}

#[test]
fn refunds_are_explained_word_by_word() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("explained-refund", 31900);
    let refused = |key: &str, value: u64, text: &str| {
        assert_eq!(shop.modify("refund", "explained-refund", key, value).status, 400);
        assert_eq!(explanation(&shop), text);
    };
    refused(
        "1",
        5000,
        "Nothing of 319,00 NOK is captured, so there is nothing to refund; you asked for 50,00. Capture first, or cancel the \
         reservation.",
    );
    shop.modify("capture", "explained-refund", "capture", 20000);
    shop.modify("refund", "explained-refund", "refund", 5000);
    refused(
        "2",
        18000,
        "50,00 of 200,00 NOK that was captured is refunded, 150,00 left; you asked for 180,00. Refund 150,00 or less.",
    );
    assert_eq!(last(&shop)["error"]["brief"], "150,00 left, asked for 180,00");
    refused("3", 123, "1,23 is a test amount: a refund of it is always refused so. Refund another amount.");
    refused("4", 124, "1,24 is a test amount: a refund of it is always refused so. Refund another amount.");
    shop.modify("refund", "explained-refund", "rest", 15000);
    refused(
        "5",
        100,
        "All of 200,00 NOK that was captured is refunded, nothing is left; you asked for 1,00.",
    );
    sandbox.advance(Duration::from_secs(366 * 86_400));
    refused(
        "6",
        124,
        "The payment was reserved at 2026-11-20T09:00:00.000Z and could be refunded until 2027-11-20T09:00:00.000Z; the clock \
         shows 2027-11-21T09:00:00.000Z.",
    );
}

#[test]
fn cancels_are_explained_word_by_word() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("explained-cancel", 31900);
    shop.call(
        "POST",
        "/epayment/v1/payments/explained-cancel/cancel",
        None,
        r#"{"cancelTransactionOnly":true}"#,
    );
    assert_eq!(
        explanation(&shop),
        "cancelTransactionOnly is true, and the payment is AUTHORIZED with 319,00 NOK left. Without it, that is cancelled."
    );
    shop.modify("capture", "explained-cancel", "all", 31900);
    shop.cancel("explained-cancel");
    assert_eq!(
        explanation(&shop),
        "All of 319,00 NOK is captured, nothing is left to cancel. Refund it instead."
    );
    for (reference, ended, text) in [
        (
            "explained-reject",
            "reject",
            "The payment is ABORTED: the customer rejected it at 2026-11-20T09:00:00.000Z.",
        ),
        (
            "explained-expire",
            "expire",
            "The payment is EXPIRED: nobody had approved it by 2026-11-20T09:00:00.000Z.",
        ),
    ] {
        shop.created(reference, 31900);
        shop.control("POST", &format!("/payments/123456/{reference}/{ended}"), &Value::Null);
        shop.cancel(reference);
        assert_eq!(
            explanation(&shop),
            format!("{text} Nothing was reserved, so there is nothing to cancel.")
        );
    }
}

#[test]
fn the_facts_are_those_of_the_moment_however_things_stand_later() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("explained-then", 31900);
    shop.modify("capture", "explained-then", "too-high", 40000);
    let then = explanation(&shop);
    shop.modify("capture", "explained-then", "all", 31900);
    shop.modify("capture", "explained-then", "too-high", 40000);
    assert_eq!(
        explanation(&shop),
        format!(
            "The idempotency key got this answer before, and it stays with the key: use a new one. {then}"
        )
    );
}

#[test]
fn a_key_that_was_used_says_what_for() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("explained-key", 31900);
    shop.create("explained-key", &create_body("explained-other", 31900));
    let tail = "This request has another body: send it with a new key, or repeat the first body to get the first answer again.";
    assert_eq!(
        explanation(&shop),
        format!(
            "The idempotency key explained-key was used first to create explained-key (319,00 NOK) at 2026-11-20T09:00:00.000Z. {tail}"
        )
    );
    shop.modify("capture", "explained-key", "k", 10000);
    shop.modify("capture", "explained-key", "k", 10001);
    assert_eq!(
        explanation(&shop),
        format!(
            "The idempotency key k was used first to capture explained-key (100,00 NOK) at 2026-11-20T09:00:00.000Z. {tail}"
        )
    );
    shop.modify("refund", "explained-key", "r", 20000);
    shop.modify("refund", "explained-key", "r", 20001);
    assert_eq!(
        explanation(&shop),
        format!(
            "The idempotency key r was used first to refund explained-key, which was refused: 6150 Not enough refundable. {tail}"
        )
    );
}

#[test]
fn near_misses_are_named() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let others: Vec<_> =
        ["200001", "200002", "200003", "200004"].map(|msn| Merchant::of(&sandbox, msn)).into();
    shop.created("near-Miss-1", 1000);
    others[0].created("near-miss-2", 1000);
    for other in &others {
        other.created("near-miss-3", 1000);
    }
    let said = |reference: &str| {
        assert_eq!(shop.get(reference).status, 404);
        explanation(&shop)
    };
    assert_eq!(
        said("near-miss-1"),
        "Sales unit 123456 has no payment near-miss-1, but it has near-Miss-1: case matters."
    );
    assert_eq!(
        said("near-miss-2"),
        "Sales unit 123456 has no payment near-miss-2, but sales unit 200001 has one. Send that as Merchant-Serial-Number."
    );
    assert_eq!(
        said("near-miss-3"),
        "Sales unit 123456 has no payment near-miss-3, but sales units 200001, 200002 and 200003 have one. Send \
         theirs as Merchant-Serial-Number."
    );
    assert_eq!(
        said("near-miss-4"),
        "Sales unit 123456 has no payment near-miss-4, and no other sales unit has, in upper or lower case. It was never created, \
         or is gone since a reset."
    );
    assert_eq!(
        said("short"),
        "Sales unit 123456 has no payment short, nor can it: a reference is 8 to 64 letters, digits and hyphens."
    );
    let headers = [("ocp-apim-subscription-key", "x"), ("authorization", "Bearer x")];
    shop.send("GET", "/epayment/v1/payments/near-miss-2", &headers, "");
    let without = explanation(&shop);
    assert!(
        without.ends_with("has no Merchant-Serial-Number header, so the sales unit was chosen for it."),
        "{without}"
    );
}

#[test]
fn paths_that_nearly_fit_are_named() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for (method, path, text) in [
        (
            "GET",
            "/epayment/v1/payments",
            "GET /epayment/v1/payments is no call of the API: this path takes POST (create).",
        ),
        (
            "POST",
            "/v1/payments/abc/capture",
            "POST /v1/payments/abc/capture is no call of the API: the path is /epayment/v1/payments/abc/capture, which takes POST \
             (capture).",
        ),
        (
            "GET",
            "/epayment/v1/payments/abc/events/",
            "GET /epayment/v1/payments/abc/events/ is no call of the API: the path is /epayment/v1/payments/abc/events, which takes \
             GET (events).",
        ),
    ] {
        shop.send(method, path, &[], "");
        assert_eq!(explanation(&shop), text);
    }
    shop.send("GET", "/favicon.ico", &[], "");
    let told = explanation(&shop);
    assert!(
        told.starts_with("GET /favicon.ico is no call of the API. Its paths are /accesstoken/get, "),
        "{told}"
    );
    assert_eq!(told.matches(" /webhooks/v1/webhooks,").count(), 1, "{told}");
}

#[test]
fn a_token_that_is_over_is_told_from_one_that_is_foreign() {
    let sandbox = Sandbox::builder().configured_credentials().start();
    let shop = Merchant::new(&sandbox);
    let unit = shop.control("POST", "/sales-units", &json!({})).json();
    let text = |member: &str| unit[member].as_str().expect("a text").to_owned();
    let key = unit["subscriptionKeys"][0].as_str().expect("a key");
    let (id, secret) = (text("clientId"), text("clientSecret"));
    let headers =
        [("client_id", id.as_str()), ("client_secret", &secret), ("ocp-apim-subscription-key", key)];
    let token = shop.send("POST", "/accesstoken/get", &headers, "").json()["access_token"].clone();
    assert_eq!(last(&shop)["msn"], unit["msn"], "a token belongs to its unit");
    let said = |token: &str| {
        let headers = [("authorization", token), ("ocp-apim-subscription-key", key)];
        assert_eq!(shop.send("GET", "/epayment/v1/payments/some-payment", &headers, "").status, 401);
        explanation(&shop)
    };
    assert!(said("Bearer other").starts_with("The token was not issued by this sandbox"));
    assert!(said("bearer other").starts_with("The Authorization header does not begin with \"Bearer \""));
    shop.control("POST", "/tokens/expire", &Value::Null);
    let bearer = format!("Bearer {}", token.as_str().expect("a token"));
    assert!(said(&bearer).starts_with("The token was issued here and is over"));
}

#[test]
fn a_webhook_that_is_not_there_is_named() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    shop.call("DELETE", &format!("/webhooks/v1/webhooks/{id}"), None, "");
    assert_eq!(last(&shop)["reference"], Value::Null, "an id is no reference");
    let said = explanation(&shop);
    assert!(said.starts_with(&format!("Sales unit 123456 has no webhook {id}: ")), "{said}");
    assert!(said.ends_with("GET /webhooks/v1/webhooks lists those that there are."), "{said}");
    shop.send("PATCH", "/webhooks/v1/webhooks", &[], "");
    let said = explanation(&shop);
    assert!(said.contains("this path takes POST (webhooks.register) and GET (webhooks.list)"), "{said}");
}

#[test]
fn what_a_caller_writes_is_cut_short_in_an_explanation() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.get(&"x".repeat(5000));
    assert!(explanation(&shop).len() < 400);
    shop.get("%1b%5b2J%0a");
    assert!(!explanation(&shop).contains(['\u{1b}', '\n']));
}
