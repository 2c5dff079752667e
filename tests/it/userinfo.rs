//! Userinfo among the rest: in the journal, struck by faults, explained, and no longer than its payment is kept.

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};
use crate::state::{put_well, still, taken};

fn ask(shop: &Merchant<'_>, sub: &str) -> Answer {
    shop.call("GET", &format!("/vipps-userinfo-api/userinfo/{sub}"), None, "")
}

/// Creates and approves a payment that asks for these scopes; returns the customer's sub.
fn consented(shop: &Merchant<'_>, reference: &str, scope: &str) -> String {
    let mut body = create_body(reference, 1000);
    body["profile"] = json!({ "scope": scope });
    assert_eq!(shop.create(reference, &body).status, 201);
    assert_eq!(shop.approve(reference).status, 200);
    shop.get(reference).json()["profile"]["sub"].as_str().expect("a sub").to_owned()
}

fn requests(shop: &Merchant<'_>, query: &str) -> Vec<Value> {
    let list = shop.control("GET", &format!("/requests?{query}"), &Value::Null).json();
    list["requests"].as_array().expect("a list").clone()
}

#[test]
fn calls_stand_in_the_journal_without_a_payment() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let sub = consented(&shop, "journal-0001", "name email");
    assert_eq!(ask(&shop, &sub).status, 200);
    let rows = requests(&shop, "operation=userinfo");
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["msn"], &rows[0]["reference"]), (&json!("123456"), &Value::Null));
    assert_eq!(rows[0]["path"], format!("/vipps-userinfo-api/userinfo/{sub}"));
    assert_eq!(rows[0]["responseBody"]["sub"], sub);
}

#[test]
fn faults_strike_it_by_name_and_by_customer() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let sub = consented(&shop, "faulty-0001", "name");
    for (matching, strikes) in [
        (json!({"operation": "userinfo"}), true),
        (json!({"operation": "userinfo", "phoneNumber": "4712345678"}), true),
        (json!({"phoneNumber": "4798765432"}), false),
        (json!({"operation": "get"}), false),
        (json!({"reference": "*"}), false),
    ] {
        let fault = json!({"match": matching, "then": {"status": 503}});
        assert_eq!(shop.control("POST", "/faults", &fault).status, 201);
        assert_eq!(ask(&shop, &sub).status == 503, strikes, "{fault}");
        assert_eq!(shop.control("DELETE", "/faults", &Value::Null).status, 204);
    }
}

#[test]
fn each_refusal_is_explained() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    let sub = consented(&shop, "explain-0001", "name");
    let explained = |shop: &Merchant<'_>, sub: &str, status: u16| {
        assert_eq!(ask(shop, sub).status, status);
        requests(shop, "operation=userinfo&limit=1")[0]["explanation"].as_str().expect("a text").to_owned()
    };
    let nobody = "6f0a1d0e-5f0b-4f35-9d0a-2f3a0c1e7b11";
    let text = explained(&shop, nobody, 404);
    assert!(text.starts_with("No customer of sales unit 123456 has this sub. It is profile.sub"), "{text}");
    let text = explained(&other, &sub, 404);
    assert!(text.contains("but one of 123456 has"), "{text}");
    let text = explained(&shop, "me", 400);
    assert!(text.contains("a UUID such as profile.sub"), "{text}");
    sandbox.advance(std::time::Duration::from_secs(169 * 3600));
    let text = explained(&shop, &sub, 404);
    assert!(text.contains("is of 2026-11-20T09:00:00") && text.contains("for 168 hours"), "{text}");
    let again = consented(&shop, "explain-0002", "email");
    assert_eq!(again, sub);
    let told = ask(&shop, &sub);
    assert_eq!(
        (told.status, told.json().get("name")),
        (200, None),
        "the first consent is over: {}",
        told.text
    );
}

#[test]
fn a_reset_forgets_consents() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let sub = consented(&shop, "forgotten-1", "name");
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    assert_eq!(ask(&shop, &sub).status, 404);
}

#[test]
fn a_restored_sandbox_knows_the_consents() {
    let (sandbox, other) = (still(1), still(2));
    let (shop, restored) = (Merchant::new(&sandbox), Merchant::new(&other));
    let sub = consented(&shop, "restored-0001", "name");
    sandbox.advance(std::time::Duration::from_secs(60));
    consented(&shop, "restored-0002", "email");
    put_well(&restored, "", &taken(&shop, ""));
    assert_eq!(ask(&restored, &sub).text, ask(&shop, &sub).text);
    assert_eq!(ask(&restored, &sub).status, 200);
}

#[test]
fn the_sub_is_the_same_in_every_run() {
    let sub = |seed: u64| {
        let sandbox = Sandbox::builder().seed(seed).start();
        consented(&Merchant::new(&sandbox), "stable-0001", "name")
    };
    assert_eq!(sub(1), sub(2));
}
