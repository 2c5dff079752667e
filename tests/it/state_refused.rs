//! Documents that break a rule are refused as a whole, with the place, and change nothing.

use serde_json::{Value, json};

use crate::api::Merchant;
use crate::state::{a_day, put, put_well, still, taken};

/// Changes a document at one place; `None` takes the member away.
fn spoilt(document: &Value, place: &str, value: Option<Value>) -> String {
    let mut document = document.clone();
    let (parent, member) = place.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("there is no {place}"));
    match (parent, value) {
        (Value::Object(members), None) => drop(members.remove(member)),
        (Value::Object(members), Some(value)) => drop(members.insert(member.to_owned(), value)),
        (Value::Array(elements), Some(value)) => elements[member.parse::<usize>().expect("an index")] = value,
        _ => panic!("nothing can be put at {place}"),
    }
    document.to_string()
}

fn index_of(document: &Value, reference: &str) -> usize {
    let payments = document["units"][0]["payments"].as_array().expect("a list");
    payments.iter().position(|payment| payment["reference"] == reference).expect("it is there")
}

/// Ways to break the sandbox's and the unit's own part: where, and what to put there.
fn broken_outside(good: &Value) -> Vec<(String, Option<Value>)> {
    let cases = [
        ("/version", Some(json!(2))),
        ("/version", Some(json!("1"))),
        ("/version", None),
        ("/msn", Some(json!("123456"))),
        ("/sandbox", Some(Value::Null)),
        ("/sandbox/created", Some(json!(-1))),
        ("/sandbox/created", Some(json!(u64::MAX))),
        ("/sandbox/stream/key", Some(json!("00"))),
        ("/sandbox/stream/drawn", Some(json!(u64::MAX))),
        ("/sandbox/clock", Some(json!({"alone": 0}))),
        ("/sandbox/clock", Some(json!({"ahead": i64::MAX}))),
        ("/sandbox/clock", Some(json!({"still": "yesterday"}))),
        ("/sandbox/tokens/1/print", Some(good["sandbox"]["tokens"][0]["print"].clone())),
        ("/users/0/phoneNumber", Some(json!("1"))),
        ("/users/0/behaviour", Some(json!("dance"))),
        ("/users/0/cards/0/bin", Some(json!("12345"))),
        ("/units/0/settings/msn", Some(json!("1"))),
        ("/units/0/settings/msn", None),
        ("/units/0/settings/market", Some(json!("SE"))),
        ("/units/0/settings/name", Some(json!("x".repeat(501)))),
        ("/units/0/clock", Some(json!({"still": 7}))),
        ("/units/0/authorised", Some(json!(u64::MAX))),
        ("/units/0/finished/0", Some(json!(999_999))),
        ("/units/0/finished/1", Some(good["units"][0]["finished"][0].clone())),
        ("/units/0/refusedCreates/0/key", Some(json!(""))),
        ("/units/0/refusedCreates/0/key", Some(json!("phase-created-1"))),
        ("/units/0/refusedCreates/0/refusal/error", Some(json!("NoSuchRow"))),
        ("/units/0/refusedCreates/0/refusal/error", Some(json!("InternalError"))),
        ("/units/0/refusedCreates/0/refusal/trace", Some(json!("00-1-1-01"))),
        ("/units/0/refusedCreates/0/prints/raw", Some(json!("xyz"))),
        ("/units/0/webhooks/0/url", Some(json!("ftp://localhost/"))),
        ("/units/0/webhooks/0/url", Some(json!("http://example.com/"))),
        ("/units/0/webhooks/0/events", Some(json!([]))),
        ("/units/0/webhooks/0/events/0", Some(json!("epayments.payment.*"))),
    ];
    cases.into_iter().map(|(place, value)| (place.to_owned(), value)).collect()
}

/// Ways to break payments and what waits for webhooks.
fn broken_inside(good: &Value) -> Vec<(String, Option<Value>)> {
    let captured = format!("/units/0/payments/{}", index_of(good, "phase-part-captured-1"));
    let created = format!("/units/0/payments/{}", index_of(good, "phase-created-1"));
    let receipt = format!("/units/0/payments/{}", index_of(good, "with-a-receipt-1"));
    let express = format!("/units/0/payments/{}", index_of(good, "express-0001"));
    let scripted = format!("/units/0/payments/{}", index_of(good, "scripted-0"));
    let queue = "/units/0/webhooks/0/queue";
    vec![
        (format!("{queue}/lines/0/number"), Some(json!(0))),
        (format!("{queue}/lines/0/deliveries"), Some(json!([]))),
        (format!("{queue}/lines/0/deliveries/0/attempts"), Some(json!(0))),
        (format!("{queue}/lines/0/deliveries/0/event"), Some(json!("AUTHORIZED"))),
        (format!("{created}/number"), Some(json!(0))),
        (format!("{captured}/number"), Some(json!(1))),
        (format!("{captured}/number"), Some(json!(1_000_000))),
        (format!("{captured}/reference"), Some(json!("short"))),
        (format!("{captured}/reference"), Some(json!("phase-created-1"))),
        (format!("{captured}/createKey"), Some(json!("phase-created-1"))),
        (format!("{captured}/amount/currency"), Some(json!("BTC"))),
        (format!("{created}/amount"), Some(json!({"currency": "NOK", "value": 65_000_001_u64}))),
        (format!("{created}/expiresAt"), Some(json!("2026-11-20T08:59:59Z"))),
        (format!("{created}/returnUrl"), Some(json!("javascript://shop.example/%0Aalert(1)"))),
        (format!("{created}/returnUrl"), Some(json!("shop\n://example"))),
        (format!("{created}/returnUrl"), Some(json!("x; script-src *://example"))),
        (format!("{created}/returnUrl"), Some(json!("http://shop.example/done"))),
        (format!("{created}/flow"), Some(json!("PIGEON"))),
        (format!("{created}/pspReference"), Some(json!("not a UUID"))),
        (
            format!("{created}/approval"),
            Some(good.pointer(&format!("{captured}/approval")).expect("it is there").clone()),
        ),
        (format!("{captured}/events/0/amount"), Some(json!(999))),
        (format!("{captured}/events/1/amount"), Some(json!(1001))),
        (format!("{captured}/events/1/amount"), Some(json!(u64::MAX))),
        (format!("{captured}/events/1/name"), Some(json!("AUTHORIZED"))),
        (format!("{captured}/events/1/name"), Some(json!("CREATED"))),
        (format!("{captured}/events/1/name"), Some(json!("REFUNDED"))),
        (format!("{captured}/events/1/name"), Some(json!("PAID"))),
        (format!("{captured}/events/1/at"), Some(json!("2026-11-20T08:00:00Z"))),
        (format!("{captured}/events/1/key"), Some(json!("x".repeat(51)))),
        (format!("{captured}/answers/0/operation"), Some(json!("create"))),
        (format!("{captured}/answers/0/first"), Some(json!({"done": 99}))),
        (format!("{captured}/answers/1/key"), Some(json!("c"))),
        (
            format!("{captured}/script"),
            Some(good.pointer(&format!("{scripted}/script")).expect("it is there").clone()),
        ),
        (format!("{receipt}/extras/scopes"), Some(json!(["everything"]))),
        (format!("{receipt}/extras/receipt/lines/0/unit"), Some(json!("DOZEN"))),
        (format!("{receipt}/extras/receiptUrl"), Some(json!("javascript://x"))),
        (format!("{receipt}/extras/legalLinks"), Some(json!(["http://example.com/terms"]))),
        (
            format!("{express}/extras/shipping/dynamic"),
            Some(json!({"callbackUrl": "myapp://options", "authorization": null})),
        ),
        (format!("{express}/extras/shipping/groups/0/kind"), Some(json!("CATAPULT"))),
        (format!("{express}/extras/shipping/groups/0/brand"), Some(json!("Owl"))),
    ]
}

#[test]
fn a_broken_document_is_refused_at_its_place_and_changes_nothing() {
    let sandbox = still(7);
    let shop = Merchant::new(&sandbox);
    a_day(&shop);
    let body =
        json!({"url": "http://localhost:1/hook", "events": ["epayments.payment.created.v1"]}).to_string();
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, body).status, 201);
    shop.created("webhook-waits-1", 1000);
    shop.control("GET", "/webhooks/deliveries/wait", &Value::Null);
    let before = taken(&shop, "");
    let good: Value = serde_json::from_str(&before).expect("JSON");
    let cases = broken_outside(&good).into_iter().chain(broken_inside(&good));
    for (place, value) in cases {
        let (status, text) = put(&shop, "", &spoilt(&good, &place, value.clone()));
        assert_eq!(status, 400, "{place} = {value:?}: {text}");
        let detail: Value = serde_json::from_str(&text).expect("JSON");
        let detail = detail["detail"].as_str().expect("a text").to_owned();
        let told = detail.split(" at ").nth(1).and_then(|text| text.split(": ").next()).expect("a place");
        // What is missing, or does not fit its neighbours, may be told at the value that should hold it.
        let parent = place.rsplit_once('/').expect("a pointer").0;
        let is_told = told.starts_with(&place) || !parent.is_empty() && told == parent;
        assert!(is_told, "{place} = {value:?}: {detail}");
        assert!(detail.ends_with(" Nothing was changed."), "{detail}");
    }
    for (text, expected) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "no JSON object"),
        ("3", "no JSON object"),
        ("{}", "/version"),
        ("\u{7f}", "the document"),
    ] {
        let (status, text) = put(&shop, "", text);
        assert!(status == 400 && text.contains(expected), "{text}");
    }
    let unknown = spoilt(&good, "/units/0/colour", Some(json!("red")));
    let (status, text) = put(&shop, "", &unknown);
    assert!(status == 400 && text.contains("/units/0") && text.contains("colour"), "{text}");
    let twice = format!("{before}{before}");
    assert_eq!(put(&shop, "", &twice).0, 400);
    assert_eq!(taken(&shop, ""), before, "nothing was changed");
    put_well(&shop, "", &good.to_string());
    assert_eq!(taken(&shop, ""), before, "the order of members does not matter when reading");
}

#[test]
fn a_document_is_put_where_it_belongs() {
    let sandbox = still(7);
    let shop = Merchant::new(&sandbox);
    shop.created("of-one-unit-0001", 1000);
    Merchant::of(&sandbox, "654321").created("of-other-0001", 1000);
    let (whole, one) = (taken(&shop, ""), taken(&shop, "?msn=123456"));
    for (query, document, expected) in [
        ("", &one, "/msn"),
        ("?msn=654321", &one, "/msn"),
        ("?msn=999999", &whole, "/units"),
        ("?msn=1", &whole, "msn"),
        ("?mns=123456", &whole, "mns"),
    ] {
        let (status, text) = put(&shop, query, document);
        assert!(status == 400 && text.contains(expected), "{query}: {status} {text}");
    }
    assert_eq!(taken(&shop, ""), whole);
}
