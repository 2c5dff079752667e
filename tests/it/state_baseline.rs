//! A sandbox that begins with a document, and goes back to it.

use std::time::Duration;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::Merchant;
use crate::state::{START, a_day, still, taken};

/// Puts the day of two shops down as a document.
fn fixture() -> String {
    let sandbox = still(7);
    a_day(&Merchant::new(&sandbox));
    a_day(&Merchant::of(&sandbox, "654321"));
    sandbox.state()
}

fn beginning_with(document: &str) -> Sandbox {
    Sandbox::builder().public_url("http://sandbox.test").baseline(document).start()
}

#[test]
fn a_sandbox_begins_with_its_baseline_and_a_reset_goes_back_to_it() {
    let document = fixture();
    let sandbox = beginning_with(&document);
    let shop = Merchant::new(&sandbox);
    assert_eq!(sandbox.state(), document, "to the last byte");
    assert_eq!(
        sandbox.now().to_string(),
        "2026-11-20T09:00:00.000Z",
        "the document says what time it is: {START}"
    );
    shop.modify("capture", "phase-authorized-1", "new", 1000);
    Merchant::of(&sandbox, "777777").created("in-a-new-unit-1", 1000);
    sandbox.advance(Duration::from_secs(3600));
    shop.control("DELETE", "/users/4799999999", &Value::Null);
    assert_ne!(sandbox.state(), document);
    sandbox.reset();
    assert_eq!(sandbox.state(), document);
    assert_eq!(
        shop.modify("capture", "phase-authorized-1", "new", 1000).status,
        200,
        "the key is free again"
    );
}

#[test]
fn a_unit_goes_back_alone_and_keeps_its_keys() {
    let sandbox = beginning_with(&fixture());
    let (one, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    one.control("PUT", "/sales-units/123456", &json!({"clientId": "another", "name": "Renamed"}));
    let later = Merchant::of(&sandbox, "777777");
    for shop in [&one, &other, &later] {
        shop.created("added-later-001", 1000);
    }
    let status = |shop: &Merchant<'_>, reference: &str| shop.get(reference).status;
    assert_eq!(one.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    assert_eq!([&one, &other].map(|shop| status(shop, "added-later-001")), [404, 200]);
    assert_eq!([&one, &other].map(|shop| status(shop, "phase-captured-1")), [200, 200]);
    let unit = one.control("GET", "/sales-units/123456", &Value::Null).json();
    assert_eq!((unit["clientId"].clone(), unit["name"].clone()), (json!("another"), json!("Renamed")));
    assert_eq!(later.control("POST", "/reset?msn=777777", &Value::Null).status, 204);
    assert_eq!(
        status(&later, "added-later-001"),
        404,
        "the document knows nothing of this unit: it is empty"
    );
}

#[test]
fn tokens_outlive_a_reset_to_the_baseline() {
    let sandbox = beginning_with(&fixture());
    let shop = Merchant::new(&sandbox);
    let headers = [("client_id", "a"), ("client_secret", "b"), ("ocp-apim-subscription-key", "c")];
    let token = shop.send("POST", "/accesstoken/get", &headers, "").json();
    let before = taken(&shop, "");
    sandbox.reset();
    let tokens =
        |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON")["sandbox"]["tokens"].clone();
    assert_eq!(tokens(&taken(&shop, "")), tokens(&before), "{token}");
}

#[test]
#[should_panic(expected = "the baseline is broken at /units/0/payments/0/reference")]
fn a_broken_baseline_is_told_at_its_place() {
    let mut document: Value = serde_json::from_str(&fixture()).expect("it is JSON");
    document["units"][0]["payments"][0]["reference"] = "short".into();
    beginning_with(&document.to_string());
}
