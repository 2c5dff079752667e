//! The control API: what it changes, what it shows, and what each call is scoped to.

use std::collections::BTreeSet;

use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::span::Span;
use epayment_sandbox::domain::time::Timestamp;
use epayment_sandbox::engine::ManualTime;
use serde_json::{Value, json};

use crate::api::{Merchant, create_body};

fn frozen() -> Sandbox {
    Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start()
}

fn now(merchant: &Merchant<'_>, msn: &str) -> String {
    let path = if msn.is_empty() { "/clock".to_owned() } else { format!("/clock?msn={msn}") };
    merchant.control("GET", &path, &Value::Null).json()["now"].as_str().expect("a time").to_owned()
}

#[test]
fn health_tells_version_uptime_and_fill() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("health-check-1", 1000);
    let health = shop.control("GET", "/health", &Value::Null).json();
    assert_eq!((&health["status"], &health["payments"]), (&json!("ok"), &json!(1)));
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert!(health["uptimeSeconds"].is_u64());
    let of_unit = |msn: &str| {
        shop.control("GET", &format!("/health?msn={msn}"), &Value::Null).json()["payments"].clone()
    };
    assert_eq!((of_unit("123456"), of_unit("654321")), (json!(1), json!(0)));
}

#[test]
fn the_document_lists_every_route() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let document = shop.control("GET", "/openapi.json", &Value::Null).json();
    let paths = document["paths"].as_object().expect("paths");
    for path in [
        "/_sandbox/health",
        "/_sandbox/reset",
        "/_sandbox/sales-units",
        "/_sandbox/sales-units/{msn}",
        "/_sandbox/users",
        "/_sandbox/users/{phoneNumber}",
        "/_sandbox/clock",
        "/_sandbox/clock/advance",
        "/_sandbox/payments",
        "/_sandbox/payments/{msn}/{reference}",
        "/_sandbox/payments/{msn}/{reference}/approve",
        "/_sandbox/payments/{msn}/{reference}/reject",
        "/_sandbox/payments/{msn}/{reference}/expire",
        "/_sandbox/payments/{msn}/{reference}/wait",
        "/_sandbox/requests",
        "/_sandbox/requests/count",
        "/_sandbox/requests/wait",
        "/_sandbox/requests/{id}",
        "/_sandbox/requests/{id}/curl",
        "/_sandbox/events",
        "/_sandbox/errors",
        "/_sandbox/tokens/expire",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    // Whatever it lists, it also answers: a listed path is never unknown.
    // The stream of events would not end, and Java's store is no text.
    let readable = |path: &str| !["/_sandbox/events", "/_sandbox/truststore.p12"].contains(&path);
    for (path, methods) in paths.iter().filter(|(path, _)| readable(path)) {
        let concrete = path
            .replace("{msn}", "123456")
            .replace("{phoneNumber}", "4712345678")
            .replace("{reference}", "unknown-1")
            .replace("{id}", "req-1");
        for method in methods.as_object().expect("methods").keys() {
            let concrete = if concrete.ends_with("/wait") {
                format!("{concrete}?state=CREATED&timeout=0s")
            } else {
                concrete.clone()
            };
            let answer = shop.send(&method.to_uppercase(), &concrete, &[], "");
            let unknown = answer.text.contains("has no path") || answer.status == 405;
            assert!(!unknown && answer.status < 500, "{method} {concrete}: {}", answer.text);
        }
    }
    let operations = paths.values().flat_map(|item| item.as_object().expect("methods").values());
    let names: Vec<_> =
        operations.map(|operation| operation["operationId"].as_str().expect("a name")).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn sales_units_have_the_documented_members_and_starting_values() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("first-use-of-it", 1000);
    let unit = shop.control("GET", "/sales-units/123456", &Value::Null).json();
    assert_eq!(
        unit,
        json!({
            "msn": "123456", "name": "Sales unit 123456", "market": "NO", "clientId": null, "clientSecret": null, "subscriptionKeys": [],
            "permissions": {"payments": true, "express": true, "longLiving": true, "pushMessage": true, "restrictedScopes": false, "lateCapture": false},
            "partialCapture": true, "bankAccountVerified": true, "refundsEnabled": true, "phoneNumberLocked": false, "paymentLimit": null
        })
    );
    assert_eq!(
        shop.control("PUT", "/sales-units/123456", &unit).json(),
        unit,
        "what is shown can be put back"
    );
    shop.control("PUT", "/sales-units/123456", &json!({"clientId": "a", "clientSecret": "b"}));
    let changed = shop.control("PUT", "/sales-units/123456", &json!({"clientId": null})).json();
    assert_eq!((&changed["clientId"], &changed["clientSecret"]), (&Value::Null, &json!("b")));
    shop.control("PUT", "/sales-units/123456", &json!({"clientSecret": null}));
    let changed = shop
        .control("PUT", "/sales-units/123456", &json!({"permissions": {"express": false}, "paymentLimit": 3}))
        .json();
    assert_eq!(
        (&changed["permissions"]["express"], &changed["permissions"]["payments"], &changed["paymentLimit"]),
        (&json!(false), &json!(true), &json!(3))
    );
    let changed = shop.control("PUT", "/sales-units/123456", &json!({"paymentLimit": null})).json();
    assert_eq!((&changed["paymentLimit"], &changed["permissions"]["express"]), (&Value::Null, &json!(false)));
    assert_eq!(shop.control("DELETE", "/sales-units/123456", &Value::Null).status, 204);
    assert_eq!(shop.control("DELETE", "/sales-units/123456", &Value::Null).status, 404);
    assert_eq!(shop.get("first-use-of-it").status, 404, "what belonged to the unit went with it");
}

#[test]
fn a_fresh_unit_has_keys_that_work_under_configured_credentials() {
    let unit = epayment_sandbox::domain::sales_unit::SalesUnit::new(
        epayment_sandbox::domain::digits::Msn::parse("111111").expect("an MSN"),
        epayment_sandbox::domain::money::Market::No,
    );
    let sandbox = Sandbox::builder().configured_credentials().sales_unit(unit).start();
    let shop = Merchant::new(&sandbox);
    let made = shop.control("POST", "/sales-units", &json!({"market": "DK", "name": "Worker 1"}));
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text = |member: &str| made[member].as_str().expect("a text").to_owned();
    let (msn, key) = (text("msn"), made["subscriptionKeys"][1].as_str().expect("a key").to_owned());
    assert_eq!((&made["market"], &made["name"]), (&json!("DK"), &json!("Worker 1")));
    let (id, secret) = (text("clientId"), text("clientSecret"));
    let token = shop.send(
        "POST",
        "/accesstoken/get",
        &[("client_id", &id), ("client_secret", &secret), ("ocp-apim-subscription-key", &key)],
        "",
    );
    assert_eq!(token.status, 200, "{}", token.text);
    let bearer = format!("Bearer {}", token.json()["access_token"].as_str().expect("a token"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("ocp-apim-subscription-key", &key),
        ("merchant-serial-number", &msn),
        ("idempotency-key", "k"),
    ];
    let mut body = create_body("fresh-unit-1", 100);
    body["amount"]["currency"] = "DKK".into();
    assert_eq!(shop.send("POST", "/epayment/v1/payments", &headers, body.to_string()).status, 201);
    assert_eq!(shop.control("POST", "/sales-units", &json!({"msn": msn})).status, 409);
    assert_eq!(shop.control("POST", "/reset", &Value::Null).status, 204);
    assert_eq!(
        shop.control("GET", &format!("/sales-units/{msn}"), &Value::Null).status,
        404,
        "units made by POST go with a reset"
    );
    assert_eq!(
        shop.control("GET", "/sales-units/111111", &Value::Null).status,
        200,
        "configured ones come back"
    );
}

#[test]
fn a_number_that_nobody_set_up_is_a_good_user() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let user = shop.control("GET", "/users/4712345678", &Value::Null).json();
    for member in [
        "phoneNumber",
        "firstName",
        "lastName",
        "email",
        "dateOfBirth",
        "addresses",
        "cards",
        "identified",
        "exists",
        "behaviour",
        "after",
        "customerToken",
        "personalQr",
    ] {
        assert!(!user[member].is_null(), "{member}");
    }
    assert_eq!(
        (&user["identified"], &user["exists"], &user["behaviour"], &user["after"]),
        (&json!(true), &json!(true), &json!("ask"), &json!("0s"))
    );
    assert_eq!(user["cards"][0]["enabled"], true);
    assert_eq!(user, shop.control("GET", "/users/4712345678", &Value::Null).json());
    let none = shop.control("GET", "/users", &Value::Null).json();
    assert_eq!(none, json!({"users": []}));
    // What is shown can be put back.
    assert_eq!(shop.control("PUT", "/users/4712345678", &user).json(), user);
}

#[test]
fn users_can_be_set_up_for_one_unit_alone() {
    let sandbox = frozen();
    let (one, other) = (Merchant::of(&sandbox, "111111"), Merchant::of(&sandbox, "222222"));
    one.control("PUT", "/users/4712345678?msn=111111", &json!({"behaviour": "reject"}));
    one.created("user-scope-1", 1000);
    other.created("user-scope-1", 1000);
    assert_eq!(one.get("user-scope-1").json()["state"], "ABORTED");
    assert_eq!(other.get("user-scope-1").json()["state"], "CREATED");
    one.control("POST", "/reset?msn=111111", &Value::Null);
    one.created("user-scope-2", 1000);
    assert_eq!(one.get("user-scope-2").json()["state"], "CREATED", "a unit's users go with its reset");
}

#[test]
fn a_call_without_a_unit_covers_the_users_of_every_unit() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let user = |query: &str| shop.control("GET", &format!("/users/4712345678{query}"), &Value::Null).json();
    shop.control("PUT", "/users/4712345678?msn=111111", &json!({"firstName": "Own", "behaviour": "reject"}));
    assert_eq!(shop.control("GET", "/users", &Value::Null).json(), json!({"users": []}), "it is one unit's");
    let of_unit = shop.control("GET", "/users?msn=111111", &Value::Null).json();
    assert_eq!(of_unit["users"][0]["firstName"], "Own");
    assert_ne!(user("")["firstName"], "Own");

    shop.control("PUT", "/users/4712345678", &json!({"behaviour": "approve"}));
    let own = user("?msn=111111");
    assert_eq!((&own["firstName"], &own["behaviour"]), (&json!("Own"), &json!("approve")));
    assert_eq!(user("?msn=222222")["behaviour"], "approve");
    assert_eq!(user("")["behaviour"], "approve");

    shop.control("PUT", "/users/4712345678?msn=111111", &json!({"behaviour": "reject"}));
    assert_eq!(
        (&user("?msn=111111")["behaviour"], &user("")["behaviour"]),
        (&json!("reject"), &json!("approve"))
    );
    shop.control("DELETE", "/users/4712345678?msn=111111", &Value::Null);
    assert_eq!(user("?msn=111111")["behaviour"], "approve", "what holds for all is left");

    shop.control("PUT", "/users/4712345678?msn=111111", &json!({"firstName": "Own"}));
    shop.control("DELETE", "/users/4712345678", &Value::Null);
    assert_eq!(user("?msn=111111")["behaviour"], "ask");
    assert_ne!(user("?msn=111111")["firstName"], "Own");
}

#[test]
fn a_user_who_identifies_stays_the_user_that_was_set_up() {
    let sandbox = frozen();
    let (one, other) = (Merchant::of(&sandbox, "111111"), Merchant::of(&sandbox, "222222"));
    one.control("PUT", "/users/4712345678", &json!({"identified": false}));
    one.created("identify-1", 1000);
    other.created("identify-1", 1000);
    assert_eq!(other.approve("identify-1").code(), Some(10030));
    let approved = one.control("POST", "/payments/111111/identify-1/approve", &Value::Null);
    assert_eq!(approved.status, 200, "{}", approved.text);
    assert_eq!(other.approve("identify-1").status, 200, "the user has approved in the app once");
    one.control("PUT", "/users/4712345678", &json!({"cards": []}));
    one.created("identify-2", 1000);
    assert_eq!(one.approve("identify-2").code(), Some(10050), "a later change reaches every unit");
    one.control("DELETE", "/users/4712345678", &Value::Null);
    assert_eq!(one.approve("identify-2").status, 200);

    one.control("PUT", "/users/4712345678?msn=111111", &json!({"identified": false}));
    one.created("identify-3", 1000);
    assert_eq!(one.control("POST", "/payments/111111/identify-3/approve", &Value::Null).status, 200);
    let user = |msn: &str| one.control("GET", &format!("/users/4712345678?msn={msn}"), &Value::Null).json();
    assert_eq!(user("111111")["identified"], true);
    assert_eq!(one.control("GET", "/users", &Value::Null).json(), json!({"users": []}));
}

#[test]
fn a_card_without_flags_is_a_good_one_and_absent_members_stay() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.control(
        "PUT",
        "/users/4790000009",
        &json!({"firstName": "Kari", "cards": [{"bin": "540185", "scheme": "MASTERCARD"}]}),
    );
    let user = shop.control("PUT", "/users/4790000009", &json!({"lastName": "Tester"})).json();
    assert_eq!((&user["firstName"], &user["lastName"]), (&json!("Kari"), &json!("Tester")));
    assert_eq!(
        user["cards"],
        json!([{"bin": "540185", "scheme": "MASTERCARD", "enabled": true, "expired": false}])
    );
    assert_eq!(shop.control("DELETE", "/users/4790000009", &Value::Null).status, 204);
    assert_ne!(shop.control("GET", "/users/4790000009", &Value::Null).json()["lastName"], "Tester");
}

#[test]
fn payments_are_listed_newest_first_in_pages() {
    let sandbox = frozen();
    let (one, other) = (Merchant::of(&sandbox, "111111"), Merchant::of(&sandbox, "222222"));
    for number in 0..7 {
        let shop = if number % 2 == 0 { &one } else { &other };
        shop.created(&format!("listed-{number:03}"), 1000);
    }
    one.approve("listed-002");
    let mut references = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = one.control("GET", &format!("/payments?limit=3{cursor}"), &Value::Null).json();
        references.extend(
            page["payments"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|p| p["reference"].as_str().map(str::to_owned)),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(references, (0..7).rev().map(|n| format!("listed-{n:03}")).collect::<Vec<_>>());
    let count = |query: &str| {
        one.control("GET", &format!("/payments?{query}"), &Value::Null).json()["payments"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(count("msn=222222"), Some(3));
    assert_eq!(count("state=AUTHORIZED"), Some(1));
    assert_eq!(count("state=created&msn=111111"), Some(3));
    assert_eq!(count("reference=listed-004"), Some(1));
    assert_eq!(count("limit=7"), Some(7));
    assert_eq!(one.control("GET", "/payments?limit=7", &Value::Null).json()["next"], Value::Null);
}

#[test]
fn a_payments_page_has_every_member_of_the_contract() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("detail-page-1", 1000);
    shop.modify("capture", "detail-page-1", "c", 400);
    let detail = shop.control("GET", "/payments/123456/detail-page-1", &Value::Null).json();
    assert_eq!(detail["phase"], "PARTIALLY_CAPTURED");
    assert_eq!(detail["payment"]["aggregate"], shop.get("detail-page-1").json()["aggregate"]);
    assert_eq!(detail["events"], shop.events("detail-page-1").json());
    let calls = detail["requests"].as_array().expect("a list");
    assert_eq!((calls.len(), &detail["deliveries"]), (3, &json!([])));
    assert_eq!(
        shop.control("GET", "/payments/123456/Detail-Page-1", &Value::Null).status,
        404,
        "case matters"
    );
    assert_eq!(shop.control("GET", "/payments/654321/detail-page-1", &Value::Null).status, 404);
}

#[test]
fn waiting_ends_when_the_payment_gets_there() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let wait = |query: &str| {
        shop.control("GET", &format!("/payments/123456/waited-for-1/wait?{query}"), &Value::Null)
    };
    assert_eq!(wait("state=CREATED&timeout=0s").status, 408);
    let act = |state: &str| match state {
        "CREATED" => shop.created("waited-for-1", 1000),
        "AUTHORIZED" => assert_eq!(shop.approve("waited-for-1").status, 200),
        _ => assert_eq!(shop.modify("capture", "waited-for-1", "c", 400).status, 200),
    };
    for state in ["CREATED", "AUTHORIZED", "PARTIALLY_CAPTURED"] {
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let path = format!("/payments/123456/waited-for-1/wait?state={state}&timeout=30s");
                Merchant::new(&sandbox).control("GET", &path, &Value::Null)
            });
            act(state);
            assert_eq!(waiter.join().expect("a waiter ends").status, 200, "{state}");
        });
    }
    assert_eq!(wait("state=AUTHORIZED").json()["phase"], "PARTIALLY_CAPTURED");
    let late = wait("state=REFUNDED&timeout=1ms");
    assert_eq!(
        (late.status, late.json()["detail"].as_str()),
        (408, Some("The payment is PARTIALLY_CAPTURED after 1ms, not REFUNDED."))
    );
}

#[test]
fn a_global_jump_takes_every_unit_along_and_fires_in_order_of_time() {
    let sandbox = frozen();
    let (one, other) = (Merchant::of(&sandbox, "111111"), Merchant::of(&sandbox, "222222"));
    one.created("order-of-time-1", 1000);
    assert_eq!(one.control("POST", "/clock/advance", &json!({"by": "PT1M"})).json()["fired"], json!([]));
    other.created("order-of-time-2", 1000);
    one.control("POST", "/clock/advance?msn=222222", &json!({"by": "5m"}));
    assert_eq!(
        (now(&one, "").as_str(), now(&one, "222222").as_str()),
        ("2026-11-20T09:01:00.000Z", "2026-11-20T09:06:00.000Z")
    );
    let jump = one.control("POST", "/clock/advance", &json!({"to": "2026-11-20T10:00:00Z"})).json();
    assert_eq!(
        jump["fired"],
        json!([
            {"at": "2026-11-20T09:11:00.000Z", "kind": "expiry", "msn": "222222", "reference": "order-of-time-2"},
            {"at": "2026-11-20T09:10:00.000Z", "kind": "expiry", "msn": "111111", "reference": "order-of-time-1"},
        ]),
        "the second unit is five minutes ahead, so its timer comes first"
    );
    assert_eq!(now(&one, "222222"), "2026-11-20T10:05:00.000Z");
    assert_eq!(one.events("order-of-time-1").json()[1]["timestamp"], "2026-11-20T09:10:00.000Z");
}

#[test]
fn one_jump_runs_a_whole_life() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.control("PUT", "/users/4712345678", &json!({"behaviour": "approve", "after": "30s"}));
    shop.created("whole-life-1", 1000);
    let jump = shop.control("POST", "/clock/advance", &json!({"by": "P200D"})).json();
    let kinds: Vec<_> =
        jump["fired"].as_array().into_iter().flatten().map(|timer| timer["kind"].clone()).collect();
    assert_eq!(kinds, ["customer", "captureDeadline"]);
    let events = shop.events("whole-life-1").json();
    let times: Vec<_> =
        events.as_array().into_iter().flatten().map(|event| event["timestamp"].clone()).collect();
    assert_eq!(
        times,
        ["2026-11-20T09:00:00.0000000Z", "2026-11-20T09:00:30.000Z", "2027-05-19T09:00:30.000Z"]
    );
}

#[test]
fn the_next_timer_is_gone_to_exactly() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    assert_eq!(shop.control("POST", "/clock/advance", &json!({"to": "next"})).status, 400, "there is none");
    shop.created("next-timer-1", 1000);
    shop.created("next-timer-2", 1000);
    shop.approve("next-timer-1");
    let jump = shop.control("POST", "/clock/advance", &json!({"to": "next"})).json();
    assert_eq!(
        (&jump["now"], &jump["fired"][0]["reference"]),
        (&json!("2026-11-20T09:10:00.000Z"), &json!("next-timer-2"))
    );
    let jump = shop.control("POST", "/clock/advance", &json!({"to": "next"})).json();
    assert_eq!(
        (&jump["now"], &jump["fired"][0]["kind"]),
        (&json!("2027-05-19T09:00:00.000Z"), &json!("captureDeadline"))
    );
}

#[test]
fn a_frozen_unit_stands_still_while_others_run() {
    let start = Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").expect("a time");
    let machine = ManualTime::at(start);
    let sandbox = Sandbox::builder().machine_time(&machine).start();
    let shop = Merchant::new(&sandbox);
    assert_eq!(shop.control("PUT", "/clock?msn=111111", &json!({"mode": "frozen"})).json()["mode"], "frozen");
    machine.advance(Span::minutes(3));
    assert_eq!(now(&shop, "111111"), "2026-11-20T09:00:00.000Z");
    assert_eq!(
        (now(&shop, "222222"), now(&shop, "")),
        ("2026-11-20T09:03:00.000Z".into(), "2026-11-20T09:03:00.000Z".into())
    );
    // Back to real, it goes on from where it stood.
    let back = shop.control("PUT", "/clock?msn=111111", &json!({"mode": "real"})).json();
    assert_eq!(
        (&back["now"], &back["mode"], &back["offset"]),
        (&json!("2026-11-20T09:00:00.000Z"), &json!("real"), &json!("-PT3M"))
    );
    machine.advance(Span::minutes(1));
    assert_eq!(now(&shop, "111111"), "2026-11-20T09:01:00.000Z");
    // A unit may also run while everything else stands still.
    shop.control("PUT", "/clock", &json!({"mode": "frozen"}));
    shop.control("PUT", "/clock?msn=222222", &json!({"mode": "real"}));
    machine.advance(Span::minutes(1));
    assert_eq!(
        (now(&shop, "111111"), now(&shop, "222222")),
        ("2026-11-20T09:01:00.000Z".into(), "2026-11-20T09:05:00.000Z".into())
    );
    assert_eq!(now(&shop, ""), "2026-11-20T09:04:00.000Z");
}

#[test]
fn a_running_clock_keeps_exactly_the_offset_that_it_was_moved_by() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("exact-offset-1", 1000);
    shop.control("POST", "/clock/advance", &json!({"by": "181d"}));
    let clock = shop.control("GET", "/clock", &Value::Null).json();
    assert_eq!((&clock["mode"], &clock["offset"]), (&json!("real"), &json!("P181D")));
    let clock = shop.control("POST", "/clock/reset", &Value::Null).json();
    assert_eq!(clock["offset"], "PT0S");
    // The payment has lived later than now; nothing happens to it before its last event, and it can still be read.
    assert_eq!(shop.get("exact-offset-1").json()["state"], "EXPIRED");
}

#[test]
fn time_never_goes_back() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (path, body) in [
        ("/clock/advance", json!({"to": "2026-11-20T08:59:59Z"})),
        ("/clock", json!({"now": "2020-01-01T00:00:00Z"})),
    ] {
        let method = if path == "/clock" { "PUT" } else { "POST" };
        let refused = shop.control(method, path, &body);
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.json()["detail"],
            "the clock already shows 2026-11-20T09:00:00.000Z; time never goes back."
        );
    }
    assert_eq!(shop.control("POST", "/clock/advance", &json!({"by": "P9999999D"})).status, 400);
    assert_eq!(now(&shop, ""), "2026-11-20T09:00:00.000Z");
    assert_eq!(
        shop.control("PUT", "/clock", &json!({"now": "2026-11-20T09:30:00Z", "mode": "real"})).status,
        200
    );
}

#[test]
fn a_scoped_reset_empties_one_unit_and_keeps_its_keys() {
    let sandbox = frozen();
    let (one, other) = (Merchant::of(&sandbox, "111111"), Merchant::of(&sandbox, "222222"));
    one.control(
        "PUT",
        "/sales-units/111111",
        &json!({"market": "NO", "subscriptionKeys": ["abc"], "name": "Kept"}),
    );
    for shop in [&one, &other] {
        shop.created("scoped-reset-1", 1000);
        assert_eq!(shop.create("refused", &create_body("scoped-reset-2", 1)).code(), Some(6010));
    }
    one.control("POST", "/clock/advance?msn=111111", &json!({"by": "1h"}));
    assert_eq!(one.control("POST", "/reset?msn=111111", &Value::Null).status, 204);
    assert_eq!((one.get("scoped-reset-1").status, other.get("scoped-reset-1").status), (404, 200));
    assert_eq!(
        one.create("refused", &create_body("scoped-reset-2", 1000)).status,
        201,
        "its keys of idempotency are free again"
    );
    assert_eq!(other.create("refused", &create_body("scoped-reset-2", 1000)).code(), Some(4020));
    assert_eq!(one.control("GET", "/sales-units/111111", &Value::Null).json()["name"], "Kept");
    assert_eq!(now(&one, "111111"), "2026-11-20T09:00:00.000Z");
    assert_eq!(one.control("GET", "/health", &Value::Null).json()["payments"], 2);
}

#[test]
fn tokens_end_by_the_machines_time_and_on_command() {
    let machine = ManualTime::at(Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").expect("a time"));
    let sandbox = Sandbox::builder().machine_time(&machine).start();
    let shop = Merchant::new(&sandbox);
    let token = || {
        let headers = [("client_id", "a"), ("client_secret", "b"), ("ocp-apim-subscription-key", "c")];
        shop.send("POST", "/accesstoken/get", &headers, "").json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    };
    let status = |token: &str| {
        let bearer = format!("Bearer {token}");
        shop.send(
            "GET",
            "/epayment/v1/payments/token-test-1",
            &[("authorization", &bearer), ("ocp-apim-subscription-key", "c")],
            "",
        )
        .status
    };
    let first = token();
    assert!(first.len() > 1000 && first.matches('.').count() == 2);
    sandbox.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(status(&first), 404, "moving the sandbox clock logs nobody out");
    machine.advance(Span::seconds(3598));
    assert_eq!(status(&first), 404);
    machine.advance(Span::seconds(1));
    assert_eq!(status(&first), 401);
    let second = token();
    assert_eq!(
        (status(&second), shop.control("POST", "/tokens/expire", &Value::Null).status, status(&second)),
        (404, 204, 401)
    );
    assert_eq!(status("somebody-elses"), 404, "any other token is good");
}

#[test]
fn rate_limits_free_up_with_the_machines_time() {
    let machine = ManualTime::at(Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").expect("a time"));
    let sandbox = Sandbox::builder().machine_time(&machine).rate_limits().start();
    let shop = Merchant::new(&sandbox);
    let statuses: Vec<_> =
        (0..6).map(|_| shop.create("same", &create_body("rate-limit-1", 1000)).status).collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429], "replays count");
    machine.advance(Span::seconds(59));
    let refused = shop.create("same", &create_body("rate-limit-1", 1000));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(
        refused.text,
        r#"{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds." }"#
    );
    machine.advance(Span::seconds(1));
    assert_eq!(shop.create("same", &create_body("rate-limit-1", 1000)).status, 201);
}

#[test]
fn the_oldest_finished_payments_make_room() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").max_payments(5).start();
    let shop = Merchant::new(&sandbox);
    for number in 0..5 {
        shop.created(&format!("room-for-{number}"), 1000);
    }
    shop.cancel("room-for-3");
    shop.cancel("room-for-2");
    let there = || (0..9).filter(|n| shop.get(&format!("room-for-{n}")).status == 200).collect::<Vec<_>>();
    shop.created("room-for-5", 1000);
    assert_eq!(there(), [0, 1, 2, 4, 5], "of the finished ones the one that ended first goes first");
    shop.created("room-for-6", 1000);
    shop.created("room-for-7", 1000);
    assert_eq!(there(), [1, 4, 5, 6, 7], "then, with none finished, the oldest");
    assert_eq!(shop.control("GET", "/health", &Value::Null).json()["payments"], 5);
    let listed = shop.control("GET", "/payments", &Value::Null).json();
    assert_eq!(listed["payments"].as_array().map(Vec::len), Some(5));
    shop.created("room-for-0", 1000);
}

#[test]
fn the_catalogue_is_listed() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let errors = shop.control("GET", "/errors", &Value::Null).json();
    let rows = errors["errors"].as_array().expect("rows");
    assert!(rows.len() > 70);
    for row in rows {
        assert!(row["code"].is_u64() || row["code"].is_null());
        assert!(
            row["title"].is_string()
                && row["detail"].is_string()
                && row["status"].is_u64()
                && row["operations"].is_array()
        );
    }
}

#[test]
fn a_person_who_opens_the_address_finds_a_way_on() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let front = shop.send("GET", "/", &[], "");
    assert_eq!(
        (front.status, &front.headers["location"]),
        (307, &"/_sandbox/ui/".parse().expect("a header"))
    );
    let page = shop.send("GET", "/_sandbox/ui/", &[], "").text;
    assert!(page.contains("Unofficial") && page.contains("No money moves"), "{page}");
}
