//! The whole state out and in: a restored sandbox is the original, and goes on as it.

use axum::body::Body;
use epayment_sandbox::Sandbox;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::api::{Merchant, create_body};
use crate::model::{Op, op, reference};
use crate::receiver::Receiver;

pub(crate) const START: &str = "2026-11-20T09:00:00Z";

/// A sandbox that stands still and hands out addresses that do not depend on its port.
pub(crate) fn still(seed: u64) -> Sandbox {
    Sandbox::builder().seed(seed).frozen_at(START).public_url("http://sandbox.test").start()
}

/// Takes the state down.
pub(crate) fn taken(shop: &Merchant<'_>, query: &str) -> String {
    let answer = shop.control("GET", &format!("/state{query}"), &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

/// Puts a document back; returns the status and the text of the answer.
pub(crate) fn put(shop: &Merchant<'_>, query: &str, document: &str) -> (u16, String) {
    let path = format!("/_sandbox/state{query}");
    let answer = shop.send("PUT", &path, &[("host", "localhost")], Body::from(document.to_owned()));
    (answer.status, answer.text)
}

#[track_caller]
pub(crate) fn put_well(shop: &Merchant<'_>, query: &str, document: &str) {
    assert_eq!(put(shop, query, document), (204, String::new()));
}

/// Lets one of everything happen in a shop.
pub(crate) fn a_day(shop: &Merchant<'_>) {
    let user =
        json!({"behaviour": "approve", "after": "3m", "cards": [{"bin": "512345"}], "identified": false});
    shop.control("PUT", "/users/4799999999", &user);
    shop.control(
        "PUT",
        &format!("/users/4788888888?msn={}", shop.msn),
        &json!({"behaviour": "reject", "after": "1h"}),
    );
    shop.control(
        "PUT",
        &format!("/sales-units/{}", shop.msn),
        &json!({"name": "Ærlig \"Kø\"", "paymentLimit": 9}),
    );
    shop.created("phase-created-1", 1000);
    shop.authorized("phase-authorized-1", 1000);
    for (reference, captured, refunded) in [
        ("phase-part-captured-1", 300, 0),
        ("phase-captured-1", 1000, 0),
        ("phase-part-refunded", 600, 200),
        ("phase-refunded-1", 1000, 1000),
    ] {
        shop.authorized(reference, 1000);
        shop.modify("capture", reference, "c", captured);
        shop.modify("capture", reference, "too much", 5000);
        if refunded > 0 {
            shop.modify("refund", reference, "c", refunded);
        }
    }
    shop.authorized("phase-cancelled-1", 1000);
    shop.call("POST", "/epayment/v1/payments/phase-cancelled-1/cancel", Some("cancel"), Body::empty());
    shop.created("phase-terminated-1", 1000);
    shop.cancel("phase-terminated-1");
    for act in ["reject", "expire"] {
        shop.created(&format!("phase-by-{act}-1"), 1000);
        let path = format!("/payments/{}/phase-by-{act}-1/{act}", shop.msn);
        shop.control("POST", &path, &Value::Null);
    }
    shop.created("bank-answers-later", 201);
    let path = format!("/payments/{}/bank-answers-later/approve", shop.msn);
    shop.control("POST", &path, &Value::Null);
    for (number, phone) in ["4799999999", "4788888888"].into_iter().enumerate() {
        let mut scripted = create_body(&format!("scripted-{number}"), 700);
        scripted["customer"]["phoneNumber"] = phone.into();
        assert_eq!(shop.create(&format!("scripted-{number}"), &scripted).status, 201);
    }
    with_extras(shop);
    // Refusals that stay, and some that do not.
    for (key, reference, value) in
        [("bad-1", "refused-0001", 1), ("bad-2", "phase-created-1", 1000), ("bad-3", "x", 1000)]
    {
        assert!(shop.create(key, &create_body(reference, value)).status >= 400);
    }
    shop.call("POST", "/epayment/v1/payments", Some("bad-4"), "{\"not json");
    shop.get("no-such-payment");
    let token = [("client_id", "a"), ("client_secret", "b"), ("ocp-apim-subscription-key", "c")];
    assert_eq!(shop.send("POST", "/accesstoken/get", &token, "").status, 200);
    shop.control("POST", "/tokens/expire", &Value::Null);
    assert_eq!(shop.send("POST", "/accesstoken/get", &token, "").status, 200);
}

fn with_extras(shop: &Merchant<'_>) {
    let mut body = create_body("with-a-receipt-1", 1250);
    body["metadata"] = json!({"order": "1", "kø": "æ\"\\\u{1}", "empty": ""});
    body["paymentDescription"] = "Two \"chairs\" 🪑".into();
    body["profile"] = json!({"scope": "name phoneNumber"});
    body["minimumUserAge"] = 18.into();
    body["receiptUrl"] = "https://example.com/receipt".into();
    body["receipt"] = json!({
        "orderLines": [{"name": "Chair", "id": "1", "totalAmount": 1250, "totalAmountExcludingTax": 1000,
            "totalTaxAmount": 250, "taxRate": 2500, "unitInfo": {"unitPrice": 625, "quantity": "2", "quantityUnit": "PCS"}}],
        "bottomLine": {"currency": "NOK"}
    });
    let answer = shop.create("with-a-receipt-1", &body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    body["receipt"]["orderLines"][0]["totalAmount"] = 1.into();
    body["reference"] = "with-a-wrong-receipt".into();
    assert_eq!(shop.create("with-a-wrong-receipt", &body).status, 201);
    shop.approve("with-a-receipt-1");
    let mut body = create_body("express-0001", 5000);
    body["profile"] = json!({"scope": "name address email phoneNumber"});
    let option = |id: &str, value: u64| json!({"id": id, "name": id, "amount": {"currency": "NOK", "value": value}, "isDefault": id == "slow", "priority": 1, "meta": "?"});
    body["shipping"] = json!({"fixedOptions": [
        {"type": "HOME_DELIVERY", "brand": "POSTEN", "options": [option("fast", 900), option("slow", 400)], "isDefault": true}
    ]});
    let answer = shop.create("express-0001", &body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let path = format!("/payments/{}/express-0001/approve", shop.msn);
    let answer = shop.control("POST", &path, &json!({"shippingOptionId": "fast"}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut body = create_body("qr-code-0001", 5000);
    body["userFlow"] = "QR".into();
    body["qrFormat"] = json!({"format": "IMAGE/PNG", "size": 512});
    let answer = shop.create("qr-code-0001", &body);
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[test]
fn a_day_of_a_shop_comes_back_to_the_last_byte() {
    let (original, copy) = (still(7), still(8));
    let shops = [Merchant::new(&original), Merchant::of(&original, "00654321")];
    a_day(&shops[0]);
    original.advance(std::time::Duration::from_secs(60));
    a_day(&shops[1]);
    shops[1].control("POST", "/clock/advance?msn=00654321", &json!({"by": "1m"}));
    shops[0].control("PUT", "/clock?msn=123456", &json!({"mode": "real"}));
    let document = taken(&shops[0], "");
    assert_eq!(taken(&shops[0], ""), document, "nothing happened in between");
    let twin = Merchant::new(&copy);
    twin.created("goes-away-0001", 1000);
    put_well(&twin, "", &document);
    assert_eq!(taken(&twin, ""), document);
    assert_eq!(twin.get("goes-away-0001").status, 404);
    for phase in [
        "CREATED",
        "PARTIALLY_CAPTURED",
        "CAPTURED",
        "CANCELLED",
        "PARTIALLY_REFUNDED",
        "REFUNDED",
        "ABORTED",
        "EXPIRED",
        "TERMINATED",
    ] {
        let list =
            |shop: &Merchant<'_>| shop.control("GET", &format!("/payments?state={phase}"), &Value::Null).text;
        assert_eq!(list(&shops[0]), list(&twin));
        assert!(list(&twin).contains("phase-"), "{phase}: {}", list(&twin));
    }
}

#[test]
fn every_url_that_a_create_takes_comes_back() {
    let (original, copy) = (still(7), still(8));
    let (shop, twin) = (Merchant::new(&original), Merchant::new(&copy));
    let pages = [
        "https://example.com/return?a=b#c",
        "HTTPS://Example.com:8443/",
        "https://blåbær.no/",
        "http://localhost:3000/done",
        "http://host.docker.internal/done",
        "myapp://return",
        "my.app+x-1://return;a,b",
        &format!("https://example.com/{}", "å".repeat(2480)),
    ];
    for (number, page) in pages.into_iter().enumerate() {
        let mut body = create_body(&format!("leads-back-{number}"), 1000);
        body["returnUrl"] = page.into();
        body["receiptUrl"] = page.into();
        body["merchantLegalLinks"] = json!({"termsOfSaleUrl": page, "privacyPolicyUrl": page});
        let answer = shop.create(&format!("leads-back-{number}"), &body);
        assert_eq!(answer.status, 201, "{page}: {}", answer.text);
    }
    let mut body = create_body("leads-nowhere", 1000);
    body["userFlow"] = "PUSH_MESSAGE".into();
    body["returnUrl"] = "".into();
    assert_eq!(shop.create("leads-nowhere", &body).status, 201);
    for (number, callback) in
        ["https://example.com/options", "http://127.0.0.1:3000/options"].iter().enumerate()
    {
        let mut body = create_body(&format!("asks-back-{number}"), 1000);
        body["profile"] = json!({"scope": "name address email phoneNumber"});
        body["shipping"] = json!({"dynamicOptions": {"callbackUrl": callback}});
        let answer = shop.create(&format!("asks-back-{number}"), &body);
        assert_eq!(answer.status, 201, "{callback}: {}", answer.text);
    }
    let document = taken(&shop, "");
    put_well(&twin, "", &document);
    assert_eq!(taken(&twin, ""), document);
}

#[test]
fn a_restored_sandbox_goes_on_as_the_original() {
    let (original, copy) = (still(7), still(8));
    let shop = Merchant::new(&original);
    a_day(&shop);
    let twin = Merchant::new(&copy);
    put_well(&twin, "", &taken(&shop, ""));
    let go_on = |shop: &Merchant<'_>| {
        let mut record = vec![
            shop.create("bad-1", &create_body("refused-0001", 1)).text,
            shop.create("bad-2", &create_body("phase-created-1", 1000)).text,
            shop.create("bad-2", &create_body("phase-created-1", 1001)).text,
            shop.create("phase-created-1", &create_body("phase-created-1", 1000)).text,
            shop.create("new-one-0001", &create_body("new-one-0001", 1000)).text,
            shop.approve("new-one-0001").text,
            shop.modify("capture", "phase-part-captured-1", "too much", 5000).text,
            shop.modify("capture", "phase-part-captured-1", "c", 300).text,
            shop.modify("capture", "phase-part-captured-1", "c", 301).text,
            shop.modify("capture", "phase-part-captured-1", "c2", 700).text,
            shop.modify("refund", "phase-part-refunded", "c2", 400).text,
            shop.events("phase-part-refunded").text,
            shop.get("express-0001").text,
            shop.get("bank-answers-later").text,
            shop.get("with-a-receipt-1").text,
        ];
        let fired = |by: &str| shop.control("POST", "/clock/advance", &json!({"by": by})).text;
        record.extend([fired("4m"), fired("1h"), fired("181d")]);
        record.push(shop.control("GET", "/payments?limit=100", &Value::Null).text);
        for by in 0..3 {
            record.push(
                shop.create(&format!("limit-{by}"), &create_body(&format!("limit-{by}-0001"), 1000)).text,
            );
            record.push(shop.approve(&format!("limit-{by}-0001")).text);
        }
        record.push(shop.control("POST", "/sales-units", &json!({})).text);
        let token = [("client_id", "a"), ("client_secret", "b"), ("ocp-apim-subscription-key", "c")];
        record.push(shop.send("POST", "/accesstoken/get", &token, "").text);
        record.push(taken(shop, ""));
        record
    };
    let (one, other) = (go_on(&shop), go_on(&twin));
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert!(one.iter().any(|text| text.contains("captureDeadline")), "timers are set anew");
    assert!(one.iter().any(|text| text.contains("10070")), "how many were authorised is counted on");
}

fn perform(shop: &Merchant<'_>, op: &Op) -> String {
    match op {
        Op::Advance { micros } => {
            shop.sandbox.advance(std::time::Duration::from_micros(micros.unsigned_abs()));
            String::new()
        }
        Op::Create { payment, value, key } => {
            shop.create(&format!("k{key}"), &create_body(&reference(*payment), *value)).text
        }
        Op::Approve { payment } => shop.approve(&reference(*payment)).text,
        Op::Reject { payment } => {
            let path = format!("/payments/{}/{}/reject", shop.msn, reference(*payment));
            // What the journals know of it is not state.
            let answer = shop.control("POST", &path, &Value::Null);
            format!("{} {}", answer.status, answer.json()["payment"])
        }
        Op::Modify { verb, payment, value, foreign, key } => {
            let currency = if *foreign { "EUR" } else { "NOK" };
            let body = json!({"modificationAmount": {"currency": currency, "value": value}}).to_string();
            let path = format!("/epayment/v1/payments/{}/{verb}", reference(*payment));
            shop.call("POST", &path, Some(&format!("k{key}")), body).text
        }
        Op::Cancel { payment, only, key } => {
            let body = if *only { r#"{"cancelTransactionOnly":true}"# } else { "" };
            let key = key.map(|key| format!("k{key}"));
            let path = format!("/epayment/v1/payments/{}/cancel", reference(*payment));
            shop.call("POST", &path, key.as_deref(), body).text
        }
        Op::Read { payment } => shop.get(&reference(*payment)).text,
    }
}

#[test]
fn whatever_happened_a_copy_goes_on_as_the_original() {
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let ops = || prop::collection::vec(op(), 30);
    let (original, copy) = (still(7), still(8));
    let outcome = TestRunner::new(config).run(&(ops(), ops()), |(before, after)| {
        original.reset();
        let (shop, twin) = (Merchant::new(&original), Merchant::new(&copy));
        for op in &before {
            perform(&shop, op);
        }
        let document = taken(&shop, "");
        prop_assert_eq!(put(&twin, "", &document), (204, String::new()), "{}", document);
        prop_assert_eq!(taken(&twin, ""), document);
        for op in &after {
            prop_assert_eq!(perform(&shop, op), perform(&twin, op), "{:?}", op);
        }
        prop_assert_eq!(taken(&shop, ""), taken(&twin, ""));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

fn register(shop: &Merchant<'_>, url: &str) {
    let events = ["epayments.payment.created.v1", "epayments.payment.authorized.v1"];
    let body = json!({"url": url, "events": events}).to_string();
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, body).status, 201);
}

fn wait_for_attempts(shop: &Merchant<'_>, count: usize) {
    let path = format!("/webhooks/deliveries/wait?count={count}");
    let answer = shop.control("GET", &path, &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn what_waits_for_a_webhook_is_delivered_by_the_copy() {
    let (original, copy) = (still(7), still(8));
    let shop = Merchant::new(&original);
    let is_up = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let up = is_up.clone();
    let backend = Receiver::answering(move |_, _| match up.load(std::sync::atomic::Ordering::SeqCst) {
        true => axum::http::StatusCode::OK,
        false => axum::http::StatusCode::INTERNAL_SERVER_ERROR,
    });
    register(&shop, &backend.url("/hook"));
    shop.authorized("waits-for-it-1", 1000);
    shop.created("waits-for-it-2", 1000);
    wait_for_attempts(&shop, 2);
    original.advance(std::time::Duration::from_secs(2));
    let document = taken(&shop, "");
    assert_eq!(document.matches("\"attempts\":2").count(), 2, "{document}");
    assert_eq!(document.matches("\"attempts\":0").count(), 1, "AUTHORIZED waits behind CREATED: {document}");
    let twin = Merchant::new(&copy);
    put_well(&twin, "", &document);
    assert_eq!(taken(&twin, ""), document);
    drop(original);
    is_up.store(true, std::sync::atomic::Ordering::SeqCst);
    let fired = copy.advance_to_next().expect("the repetition has its timer");
    assert_eq!(fired.len(), 2, "{fired:?}");
    let received = backend.wait_for(7);
    let arrived: Vec<_> = received[4..].iter().map(super::receiver::Received::event).collect();
    let of_first: Vec<_> = arrived.iter().filter(|(reference, _)| reference == "waits-for-it-1").collect();
    assert_eq!(of_first.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["CREATED", "AUTHORIZED"]);
    assert!(taken(&twin, "").contains("\"lines\":[]"), "all have arrived");
    assert!(twin.call("GET", "/webhooks/v1/webhooks", None, "").text.contains("/hook"));
}

#[test]
fn attempts_for_what_was_replaced_count_for_nothing() {
    let sandbox = still(7);
    let shop = Merchant::new(&sandbox);
    let (reached, wait) = (std::sync::mpsc::channel(), std::sync::Mutex::new(()));
    let held = std::sync::Arc::new(wait);
    let guard = held.lock().expect("nobody holds it yet");
    let (arrived, holder) = (reached.0, held.clone());
    let receiver = Receiver::answering(move |_, _| {
        let _ = arrived.send(());
        drop(holder.lock());
        axum::http::StatusCode::OK
    });
    register(&shop, &receiver.url("/hook"));
    let before = taken(&shop, "");
    shop.created("on-its-way-0001", 1000);
    reached.1.recv().expect("the receiver is reached");
    let under_way = taken(&shop, "");
    assert!(under_way.contains("\"attempts\":0"), "an attempt under way has to be made again: {under_way}");
    put_well(&shop, "", &before);
    drop(guard);
    sandbox.advance(std::time::Duration::from_secs(1));
    assert_eq!(taken(&shop, "").matches("on-its-way-0001").count(), 0);
    put_well(&shop, "", &under_way);
    assert_eq!(receiver.wait_for(2)[1].event().0, "on-its-way-0001");
}

#[test]
fn a_unit_alone_comes_back_alone() {
    let sandbox = still(7);
    let (one, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    a_day(&one);
    a_day(&other);
    let (mine, theirs) = (taken(&one, "?msn=123456"), taken(&one, "?msn=654321"));
    let whole = taken(&one, "");
    one.modify("capture", "phase-authorized-1", "later", 1000);
    one.control("DELETE", "/users/4788888888?msn=123456", &Value::Null);
    one.created("later-0001", 1000);
    put_well(&one, "?msn=123456", &mine);
    assert_eq!((taken(&one, "?msn=123456"), taken(&one, "?msn=654321")), (mine.clone(), theirs.clone()));
    assert_eq!(one.get("later-0001").status, 404);
    // The unit's part of a whole document is the same.
    one.created("later-0001", 1000);
    other.created("later-0002", 1000);
    put_well(&one, "?msn=123456", &whole);
    assert_eq!(taken(&one, "?msn=123456"), mine);
    assert_eq!(other.get("later-0002").status, 200);
    // In another sandbox its payments may need other numbers; its listing stays in order.
    let elsewhere = still(9);
    let stranger = Merchant::of(&elsewhere, "999999");
    for number in 0..5 {
        stranger.created(&format!("stranger-{number}-1"), 1000);
    }
    put_well(&stranger, "?msn=123456", &mine);
    let list = |query: &str| {
        let list = stranger.control("GET", &format!("/payments?limit=100{query}"), &Value::Null).json();
        let list = list["payments"].as_array().expect("a list").clone();
        list.iter()
            .map(|payment| payment["reference"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let here = one.control("GET", "/payments?limit=100&msn=123456", &Value::Null).json();
    let here: Vec<_> = here["payments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|payment| payment["reference"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(list("&msn=123456"), here);
    assert_eq!(list("").len(), here.len() + 5);
}

#[test]
fn whoever_waits_hears_of_a_restore() {
    let sandbox = still(7);
    let shop = Merchant::new(&sandbox);
    shop.authorized("waited-for-0001", 1000);
    let document = taken(&shop, "");
    sandbox.reset();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let path = "/payments/123456/waited-for-0001/wait?state=AUTHORIZED&timeout=1m";
            Merchant::new(&sandbox).control("GET", path, &Value::Null).status
        });
        put_well(&shop, "", &document);
        assert_eq!(waiter.join().expect("it ends"), 200);
    });
}

#[test]
fn a_client_goes_on_with_its_token_after_a_restore() {
    let unit = || {
        let mut unit = epayment_sandbox::domain::sales_unit::SalesUnit::new(
            epayment_sandbox::domain::digits::Msn::parse("123456").expect("an MSN"),
            epayment_sandbox::domain::money::Market::No,
        );
        unit.client_id = "id".into();
        unit.client_secret = "secret".into();
        unit.subscription_keys = vec!["key".into()];
        unit
    };
    let time = epayment_sandbox::engine::ManualTime::at(
        epayment_sandbox::domain::time::Timestamp::parse_rfc3339(START).expect("a time"),
    );
    let start = || Sandbox::builder().configured_credentials().sales_unit(unit()).machine_time(&time).start();
    let (original, copy) = (start(), start());
    let (shop, twin) = (Merchant::new(&original), Merchant::new(&copy));
    let token = |shop: &Merchant<'_>| {
        let headers =
            [("client_id", "id"), ("client_secret", "secret"), ("ocp-apim-subscription-key", "key")];
        let answer = shop.send("POST", "/accesstoken/get", &headers, "").json();
        answer["access_token"].as_str().expect("a token").to_owned()
    };
    let status = |shop: &Merchant<'_>, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("ocp-apim-subscription-key", "key"),
            ("authorization", &*bearer),
            ("merchant-serial-number", "123456"),
        ];
        shop.send("GET", "/epayment/v1/payments/no-such-payment", &headers, "").status
    };
    let ended = token(&shop);
    shop.control("POST", "/tokens/expire", &Value::Null);
    let good = token(&shop);
    assert_eq!((status(&twin, &good), status(&shop, &ended)), (401, 401));
    put_well(&twin, "", &taken(&shop, ""));
    assert_eq!((status(&twin, &good), status(&twin, &ended)), (404, 401));
    assert!(!taken(&shop, "").contains(&good[..40]), "the text of a token is not in the document");
    time.advance(epayment_sandbox::domain::span::Span::minutes(60));
    assert_eq!(status(&twin, &good), 401);
}

#[test]
fn a_state_taken_while_requests_run_can_be_put_back() {
    let sandbox = Sandbox::builder().max_payments(50).frozen_at(START).start();
    let copy = still(8);
    let twin = Merchant::new(&copy);
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for worker in 0..2 {
            let (sandbox, over) = (&sandbox, &over);
            scope.spawn(move || {
                let busy = Merchant::new(sandbox);
                for number in 0.. {
                    if over.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    let reference = format!("busy-{worker}-{}", number % 60);
                    busy.create(&reference, &create_body(&reference, 1000 + number % 3));
                    busy.approve(&reference);
                    busy.modify("capture", &reference, "a", 100);
                    busy.modify("capture", &reference, &number.to_string(), 10);
                    busy.modify("capture", &reference, "b", 5000);
                    if number % 50 == 49 {
                        busy.control("POST", "/reset?msn=123456", &Value::Null);
                    }
                }
            });
        }
        // However this ends, the workers end too.
        let _end = End(&over);
        let shop = Merchant::new(&sandbox);
        for _ in 0..60 {
            let document = taken(&shop, "");
            let (status, text) = put(&twin, "", &document);
            assert_eq!(status, 204, "{text}\n{document}");
            assert_eq!(taken(&twin, ""), document);
        }
    });
}

struct End<'s>(&'s std::sync::atomic::AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
