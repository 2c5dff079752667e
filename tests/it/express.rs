//! Express with dynamic options: a merchant's server is asked for them over a real socket.

use std::time::Duration;

use axum::http::StatusCode;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};
use crate::receiver::{Receiver, Reply};
use crate::webhooks::{frozen, register};

/// A merchant's server with two ways of delivery.
fn options() -> Value {
    let option = |id: &str, value: u64| json!({"id": id, "name": format!("Way {id}"), "amount": {"currency": "NOK", "value": value}});
    json!({"groups": [
        {"type": "PICKUP_POINT", "brand": "BRING", "priority": 2, "options": [option("pickup", 3900)]},
        {"type": "HOME_DELIVERY", "brand": "POSTEN", "priority": 1, "options": [option("slow", 0), option("fast", 9900)]},
    ]})
}

/// A merchant's server that answers with this text.
fn server(status: u16, body: &str) -> Receiver {
    let (status, body) = (StatusCode::from_u16(status).expect("a status"), body.to_owned());
    Receiver::replying(move |_, _| Reply::text(status, body.clone()))
}

fn express(reference: &str, callback_url: &str) -> Value {
    let mut body = create_body(reference, 10_000);
    body["profile"] = json!({"scope": "name address email phoneNumber"});
    body["shipping"] = json!({
        "dynamicOptions": {"callbackUrl": callback_url, "callbackAuthorizationToken": "Bearer the-secret-token"}
    });
    body
}

fn create(shop: &Merchant<'_>, reference: &str, callback_url: &str) {
    let answer = shop.create(reference, &express(reference, callback_url));
    assert_eq!(answer.status, 201, "{}", answer.text);
}

fn approve(shop: &Merchant<'_>, reference: &str, body: &Value) -> Answer {
    shop.control("POST", &format!("/payments/{}/{reference}/approve", shop.msn), body)
}

fn detail(shop: &Merchant<'_>, reference: &str) -> Value {
    shop.control("GET", &format!("/payments/{}/{reference}", shop.msn), &Value::Null).json()
}

#[test]
fn the_merchants_server_is_asked_as_documented() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let merchant = server(200, &options().to_string());
    let user = json!({"addresses": [{
        "addressLine1": "Fjordgata \"9\"", "addressLine2": "H0301", "city": "Trondheim", "country": "NO", "postCode": "7010"
    }]});
    assert_eq!(shop.control("PUT", "/users/4712345678", &user).status, 200);
    create(&shop, "dynamic-0001", &merchant.url("/shipping?shop=1"));
    let answer = approve(&shop, "dynamic-0001", &json!({"shippingOptionId": "fast"}));
    assert_eq!(answer.status, 200, "{}", answer.text);

    let asked = merchant.received();
    assert_eq!(asked.len(), 1);
    assert_eq!((&*asked[0].method, &*asked[0].path), ("POST", "/shipping?shop=1"));
    assert_eq!(asked[0].headers["content-type"], "application/json;charset=UTF-8");
    assert_eq!(asked[0].headers["authorization"], "Bearer the-secret-token");
    assert_eq!(
        asked[0].body,
        r#"{"reference":"dynamic-0001","addressLine1":"Fjordgata \"9\"","addressLine2":"H0301","city":"Trondheim","postCode":"7010","country":"NO"}"#
    );

    let payment = shop.get("dynamic-0001").json();
    assert_eq!(payment["aggregate"]["authorizedAmount"]["value"], 19_900);
    assert_eq!(payment["amount"]["value"], 10_000);
    let delivery = json!({
        "address": user["addresses"][0], "shippingCost": 9900, "shippingOptionId": "fast", "shippingOptionName": "Way fast"
    });
    assert_eq!(payment["shippingDetails"], delivery);
    assert_eq!(payment["userDetails"]["mobileNumber"], "4712345678");
}

#[test]
fn the_webhook_tells_of_the_delivery_too() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let hooks = Receiver::start();
    register(&shop, &hooks.url("/hook"));
    let merchant = server(200, &options().to_string());
    create(&shop, "dynamic-0002", &merchant.url("/"));
    assert_eq!(approve(&shop, "dynamic-0002", &json!({})).status, 200);
    let authorized = hooks.wait_for(2)[1].json();
    assert_eq!((&authorized["name"], &authorized["amount"]["value"]), (&json!("AUTHORIZED"), &json!(10_000)));
    // The first option in the order of priorities is the default where the merchant names none.
    assert_eq!(authorized["shippingDetails"]["shippingOptionId"], "slow");
    let payment = shop.get("dynamic-0002").json();
    for member in ["shippingDetails", "userDetails", "captureGuaranteedUntil"] {
        assert_eq!(authorized[member], payment[member], "{member}");
    }
    assert_eq!(authorized["sub"], payment["profile"]["sub"]);
}

#[test]
fn what_went_wrong_is_told_precisely() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let mut wrong = options();
    wrong["groups"][1]["options"][1]["amount"]["currency"] = json!("DKK");
    wrong["groups"][0]["options"][0]["amount"]["value"] = json!(1.5);
    let long = format!("\"{}\"", "x".repeat(70_000));
    for (number, (status, body, told)) in [
        (400, "{}", vec!["it answered 400, which says that it does not deliver to"]),
        (500, "", vec!["it answered 500. 200 with"]),
        (302, "", vec!["it answered 302. 200 with"]),
        (200, "<html>", vec!["its answer is not valid JSON: "]),
        (200, "{}", vec!["its answer is wrong. groups: The Groups field is required."]),
        (
            200,
            &*wrong.to_string(),
            vec![
                "groups[1].options[1].amount.currency: It is DKK, and the payment is in NOK.",
                "groups[0].options[0].amount.value: It must be a whole number from 0 to 65000000.",
            ],
        ),
        (200, &*long, vec!["the answer is longer than 65536 bytes"]),
    ]
    .into_iter()
    .enumerate()
    {
        let merchant = server(status, body);
        let reference = format!("wrong-000{number}");
        create(&shop, &reference, &merchant.url("/"));
        let answer = approve(&shop, &reference, &json!({}));
        assert_eq!(
            (answer.status, &answer.json()["title"]),
            (409, &json!("No delivery options")),
            "{}",
            answer.text
        );
        let text = answer.json()["detail"].as_str().expect("a text").to_owned();
        for told in told {
            assert!(text.contains(told), "{told} is not in {text}");
        }
        assert_eq!(merchant.received().len(), 1, "redirects are not followed and nothing is asked twice");
        assert_eq!(shop.get(&reference).json()["state"], "CREATED", "the customer may try again");
        let row = &detail(&shop, &reference)["shippingCallbacks"][0];
        assert!(text.ends_with(row["error"].as_str().expect("a text")), "{row}");
    }
}

#[test]
fn a_server_that_is_not_there_is_told_of() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    create(&shop, "nobody-0001", &format!("http://{free}/shipping"));
    let answer = approve(&shop, "nobody-0001", &json!({}));
    assert_eq!(answer.status, 409, "{}", answer.text);
    let text = answer.json()["detail"].to_string();
    assert!(text.contains("refused"), "{text}");
}

#[test]
fn questions_and_answers_are_shown_without_the_secret() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let merchant = server(200, &options().to_string());
    create(&shop, "shown-0001", &merchant.url("/"));
    assert_eq!(detail(&shop, "shown-0001")["shippingCallbacks"], json!([]));
    assert_eq!(approve(&shop, "shown-0001", &json!({"shippingOptionId": "none"})).status, 409);
    let answer = approve(&shop, "shown-0001", &json!({}));
    assert_eq!(answer.status, 200);
    let rows = answer.json()["shippingCallbacks"].as_array().expect("a list").clone();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["status"], &rows[0]["error"]), (&json!(200), &Value::Null));
    assert_eq!(
        (&rows[0]["at"], &rows[0]["phoneNumber"]),
        (&json!("2026-11-20T09:00:00.000Z"), &json!("4712345678"))
    );
    assert_eq!(rows[0]["response"]["body"], options());
    assert_eq!(rows[0]["request"]["body"]["reference"], "shown-0001");
    assert!(!answer.text.contains("the-secret-token"), "{}", answer.text);
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    create(&shop, "shown-0001", &merchant.url("/"));
    assert_eq!(detail(&shop, "shown-0001")["shippingCallbacks"], json!([]), "a reset forgets them");
}

#[test]
fn a_server_is_asked_for_the_address_of_the_one_who_approves() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let merchant = server(200, &options().to_string());
    create(&shop, "other-0001", &merchant.url("/"));
    let none = json!({"addresses": []});
    assert_eq!(shop.control("PUT", "/users/4712345678", &none).status, 200);
    let refused = approve(&shop, "other-0001", &json!({}));
    assert_eq!((refused.status, merchant.received().len()), (409, 0), "{}", refused.text);
    let answer = approve(&shop, "other-0001", &json!({"phoneNumber": "4520000009"}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(merchant.received()[0].json()["country"], "NO", "to the sales unit's country");
}

#[test]
fn the_library_asks_too() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let merchant = server(200, &options().to_string());
    create(&shop, "library-0001", &merchant.url("/"));
    sandbox.approve("library-0001").expect("the server answers");
    let gone = server(400, "");
    create(&shop, "library-0002", &gone.url("/"));
    assert!(sandbox.approve("library-0002").unwrap_err().to_string().contains("it answered 400"));
}

/// Lets 4712345678 approve by itself, so long after the create.
fn scripted(shop: &Merchant<'_>, after: &str) {
    let user = json!({"behaviour": "approve", "after": after});
    assert_eq!(shop.control("PUT", "/users/4712345678", &user).status, 200);
}

fn wait_for(shop: &Merchant<'_>, reference: &str) -> Answer {
    let path = format!("/payments/{}/{reference}/wait?state=AUTHORIZED&timeout=30s", shop.msn);
    shop.control("GET", &path, &Value::Null)
}

#[test]
fn a_scripted_customer_asks_and_takes_the_default() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let mut offered = options();
    offered["groups"][0]["isDefault"] = json!(true);
    let merchant = server(200, &offered.to_string());
    scripted(&shop, "0s");
    create(&shop, "script-0001", &merchant.url("/"));
    assert_eq!(wait_for(&shop, "script-0001").status, 200);
    let payment = shop.get("script-0001").json();
    assert_eq!(payment["shippingDetails"]["shippingOptionId"], "pickup");
    assert_eq!(payment["aggregate"]["authorizedAmount"]["value"], 13_900);
}

#[test]
fn a_jump_waits_for_the_answer_and_the_event_is_when_the_customer_acted() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let merchant = server(200, &options().to_string());
    scripted(&shop, "2s");
    create(&shop, "script-0002", &merchant.url("/"));
    let jump = shop.control("POST", "/clock/advance", &json!({"by": "11m"})).json();
    assert_eq!(jump["fired"][0]["kind"], "customer", "{jump}");
    let events = shop.events("script-0002").json();
    assert_eq!(
        (&events[1]["name"], &events[1]["timestamp"]),
        (&json!("AUTHORIZED"), &json!("2026-11-20T09:00:02.000Z"))
    );
}

#[test]
fn a_scripted_customer_who_is_offered_nothing_gives_up() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let merchant = server(400, "");
    scripted(&shop, "2s");
    create(&shop, "script-0003", &merchant.url("/"));
    sandbox.advance(Duration::from_secs(660));
    assert_eq!(merchant.received().len(), 1);
    let events = shop.events("script-0003").json();
    assert_eq!(events[1]["name"], "EXPIRED");
    let row = &detail(&shop, "script-0003")["shippingCallbacks"][0];
    assert_eq!((&row["status"], &row["at"]), (&json!(400), &json!("2026-11-20T09:00:02.000Z")));
}

/// What a run with a seed shows when the merchant's server answers only once the next payment is made, or at once.
fn seeded(slow: bool) -> String {
    let (made, is_made) = std::sync::mpsc::channel::<()>();
    let is_made = std::sync::Mutex::new(is_made);
    let sandbox = Sandbox::builder().seed(5).frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    let merchant = Receiver::replying(move |_, _| {
        if slow {
            let _ = is_made.lock().expect("no test panics with it").recv();
        }
        Reply::text(StatusCode::OK, options().to_string())
    });
    scripted(&shop, "0s");
    create(&shop, "seeded-0001", &merchant.url("/"));
    if !slow {
        assert_eq!(wait_for(&shop, "seeded-0001").status, 200);
    }
    let other = shop.create("seeded-0002", &create_body("seeded-0002", 1000)).text;
    let _ = made.send(());
    assert_eq!(wait_for(&shop, "seeded-0001").status, 200);
    let seen = ["seeded-0001", "seeded-0002"]
        .map(|reference| shop.events(reference).text + &shop.get(reference).text);
    other.replace(&sandbox.url(), "") + &seen.concat().replace(&sandbox.url(), "")
}

#[test]
fn what_is_drawn_does_not_depend_on_how_long_the_merchants_server_takes() {
    let drawn = seeded(false);
    assert_eq!(drawn, seeded(true));
    assert!(drawn.contains("AUTHORIZED"));
}

#[test]
fn an_answer_that_comes_after_a_reset_changes_nothing() {
    let (reset, is_reset) = std::sync::mpsc::channel::<()>();
    let (asked, is_asked) = std::sync::mpsc::channel::<()>();
    let is_reset = std::sync::Mutex::new(is_reset);
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let hooks = Receiver::start();
    let merchant = Receiver::replying(move |_, _| {
        asked.send(()).expect("the test waits");
        let _ = is_reset.lock().expect("no test panics with it").recv();
        Reply::text(StatusCode::OK, options().to_string())
    });
    scripted(&shop, "0s");
    create(&shop, "reset-0001", &merchant.url("/"));
    is_asked.recv().expect("the server is asked");
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    register(&shop, &hooks.url("/"));
    reset.send(()).expect("the server waits");
    // A jump waits until the answer has come.
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(shop.get("reset-0001").status, 404);
    assert!(hooks.received().is_empty(), "{:?}", hooks.received());
}
