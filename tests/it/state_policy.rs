//! What is kept of webhooks that a test wanted otherwise, and documents that are large, broken off or asked for in vain.

use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::digits::Msn;
use epayment_sandbox::domain::money::Market;
use epayment_sandbox::domain::sales_unit::SalesUnit;
use serde_json::{Value, json};

use crate::api::Merchant;
use crate::receiver::{Received, Receiver};
use crate::state::{put, put_well, still, taken};
use crate::webhooks::register;

fn policy(shop: &Merchant<'_>, query: &str, change: &Value) {
    let answer = shop.control("PUT", &format!("/webhooks/policy{query}"), change);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn what_is_held_stays_held_in_the_copy_until_it_is_released_there() {
    let (original, copy) = (still(7), still(8));
    let (shop, twin) = (Merchant::new(&original), Merchant::new(&copy));
    let backend = Receiver::start();
    let (id, secret) = register(&shop, &backend.url("/hook"));
    policy(&shop, &format!("?webhookId={id}"), &json!({"hold": true, "duplicate": 1}));
    shop.authorized("held-back-0001", 1000);
    let document = taken(&shop, "");
    put_well(&twin, "", &document);
    assert_eq!(taken(&twin, ""), document);
    drop(original);
    let of_hook = twin.control("GET", &format!("/webhooks/policy?webhookId={id}"), &Value::Null).json();
    assert_eq!((of_hook["hold"].clone(), of_hook["duplicate"].clone()), (json!(true), json!(1)));
    assert_eq!(twin.control("GET", "/webhooks/policy", &Value::Null).json()["hold"], false, "only that one");
    copy.advance(std::time::Duration::from_secs(60));
    assert_eq!(backend.received().len(), 0);
    assert_eq!(twin.control("POST", "/webhooks/release", &Value::Null).json()["released"], 2);
    let names: Vec<_> = backend.wait_for(4).iter().map(|delivery| delivery.event().1).collect();
    assert_eq!(names, ["CREATED", "CREATED", "AUTHORIZED", "AUTHORIZED"]);
    assert!(backend.received().iter().all(|delivery: &Received| delivery.is_signed_with(&secret)));
}

#[test]
fn policies_come_back_for_those_for_whom_they_were_set() {
    let (original, copy) = (still(7), still(8));
    let (shop, twin) = (Merchant::new(&original), Merchant::new(&copy));
    shop.created("some-payment-1", 1000);
    policy(&shop, "", &json!({"delay": "1h30m", "order": "reverse"}));
    policy(&shop, "?msn=123456", &json!({"signature": "stale-date", "before": "response"}));
    let shown = |shop: &Merchant<'_>, query: &str| {
        shop.control("GET", &format!("/webhooks/policy{query}"), &Value::Null).json()
    };
    let before = ["", "?msn=123456", "?msn=654321"].map(|query| shown(&shop, query));
    put_well(&twin, "", &taken(&shop, ""));
    assert_eq!(["", "?msn=123456", "?msn=654321"].map(|query| shown(&twin, query)), before);
    let document: Value = serde_json::from_str(&taken(&shop, "")).expect("it is JSON");
    for (place, wrong, why) in [
        ("/sandbox/webhookPolicy/duplicate", json!(101), "/sandbox/webhookPolicy/duplicate"),
        ("/units/0/webhookPolicy/delay", json!("3651d"), "/units/0/webhookPolicy/delay"),
        ("/units/0/webhookPolicy/order", json!("backwards"), "webhookPolicy"),
    ] {
        let mut spoilt = document.clone();
        *spoilt.pointer_mut(place).expect("it is there") = wrong;
        let (status, text) = put(&twin, "", &spoilt.to_string());
        assert!(status == 400 && text.contains(why), "{place}: {status} {text}");
    }
    policy(&shop, "", &json!({"delay": "0s", "order": "fifo", "signature": "valid", "before": "none"}));
    assert!(!taken(&shop, "").contains("olicy"), "the usual way is not worth a word");
}

#[test]
fn a_document_may_be_larger_than_other_bodies() {
    let (original, copy) = (still(7), still(8));
    let (shop, twin) = (Merchant::new(&original), Merchant::new(&copy));
    for number in 0..3_000 {
        shop.created(&format!("one-of-many-{number}"), 1000);
    }
    let document = taken(&shop, "");
    assert!(document.len() > 1024 * 1024, "{}", document.len());
    put_well(&twin, "", &document);
    assert_eq!(taken(&twin, ""), document);
}

#[test]
fn a_unit_that_is_not_set_up_has_no_state_where_units_are_set_up() {
    let unit = SalesUnit::new(Msn::parse("123456").expect("six digits"), Market::No);
    let sandbox = Sandbox::builder().configured_credentials().sales_unit(unit).start();
    let shop = Merchant::new(&sandbox);
    assert_eq!(shop.control("GET", "/state?msn=123456", &Value::Null).status, 200);
    for (method, path) in [("GET", "/state?msn=999999"), ("PUT", "/snapshots/empty?msn=999999")] {
        let answer = shop.control(method, path, &Value::Null);
        assert!(answer.status == 404 && answer.text.contains("999999"), "{method} {path}: {}", answer.text);
    }
}
