//! What the pages say in fixed cases, word for word: `fixtures/pages/dashboard/` holds them.

use std::path::PathBuf;

use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::time::Timestamp;
use epayment_sandbox::engine::ManualTime;
use serde_json::json;

use crate::api::{Merchant, create_body};
use crate::receiver::Receiver;

/// Makes a fixed case: no time passes, and identifiers come from a seed.
fn sandbox() -> Sandbox {
    let now = Timestamp::parse_rfc3339("2026-11-20T09:14:31Z").expect("a time");
    Sandbox::builder().machine_time(&ManualTime::at(now)).frozen_at(&now.to_string()).seed(7).start()
}

/// Compares with what is expected. Addresses and how long deliveries took differ from run to run.
#[expect(clippy::disallowed_methods, reason = "whether to write the pages anew is the caller's choice")]
fn check(shop: &Merchant<'_>, path: &str, name: &str) {
    let answer = shop.send("GET", path, &[], "");
    assert_eq!(answer.status, 200, "{path}");
    let text = settled(
        &answer
            .text
            .replace(&shop.sandbox.url(), "http://sandbox")
            .replace(env!("CARGO_PKG_VERSION"), "VERSION"),
    );
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/pages/dashboard/{name}.html"));
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&file, &text).expect("a file to write");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        expected == text,
        "{path} is not what {name}.html says: UPDATE=1 cargo test --test it dashboard\n{text}"
    );
}

/// Puts words in the place of ports and milliseconds.
fn settled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("127.0.0.1:") {
        let (before, after) = rest.split_at(at + "127.0.0.1:".len());
        out.push_str(before);
        out.push_str("PORT");
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out.push_str(rest);
    let mut parts = out.split(" ms");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let kept = told.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        told.truncate(kept);
        told.push_str("N ms");
        told.push_str(part);
    }
    told.trim().to_owned() + "\n"
}

#[test]
fn frames() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    check(&shop, "/_sandbox/ui/", "frame-payments");
    check(&shop, "/_sandbox/ui/payments/123456/acme-shop-1", "frame-payment");
    check(&shop, "/_sandbox/ui/faults", "frame-faults");
}

#[test]
fn views_of_nothing() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    for view in ["payments", "phone", "webhooks", "requests", "clock", "faults", "units", "users", "connect"]
    {
        check(&shop, &format!("/_sandbox/ui/view/{view}"), &format!("empty-{view}"));
    }
    check(&shop, "/_sandbox/ui/view/payments/123456/acme-shop-1", "empty-payment");
    check(&shop, "/_sandbox/ui/view/requests/req-1", "empty-request");
    check(&shop, "/_sandbox/ui/view/deliveries/1", "empty-delivery");
}

#[test]
fn views_of_something() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let receiver = Receiver::start();
    let hook = json!({"url": receiver.url("/hook"), "events": ["epayments.payment.authorized.v1", "epayments.payment.captured.v1"]});
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, hook.to_string()).status, 201);
    let mut body = create_body("boutique-77-a0001", 31_900);
    body["paymentDescription"] = "One pair of socks".into();
    body["metadata"] = json!({"cart": "A-7"});
    body["receipt"] = json!({"orderLines": [{"name": "Socks", "id": "1", "totalAmount": 31_900, "totalAmountExcludingTax": 25_520,
        "totalTaxAmount": 6_380, "taxRate": 2_500}], "bottomLine": {"currency": "NOK"}});
    assert_eq!(shop.call("POST", "/epayment/v1/payments", Some("create-1"), body.to_string()).status, 201);
    shop.control("POST", "/payments/123456/boutique-77-a0001/approve", &json!({"phoneNumber": "4790000001"}));
    let capture = |key: &str, value: u64| {
        let body = json!({"modificationAmount": {"currency": "NOK", "value": value}}).to_string();
        shop.call("POST", "/epayment/v1/payments/boutique-77-a0001/capture", Some(key), body).status
    };
    assert_eq!((capture("capture-1", 20_000), capture("capture-2", 15_000)), (200, 400));
    shop.control("POST", "/clock/advance", &json!({"by": "P2D"}));
    let mut body = create_body("boutique-77-a0002", 9_900);
    body["userFlow"] = "PUSH_MESSAGE".into();
    body["customer"] = json!({"phoneNumber": "4790000001"});
    body["receipt"] = json!({"orderLines": [{"name": "Hat", "id": "1", "totalAmount": 1_000, "totalAmountExcludingTax": 800,
        "totalTaxAmount": 200, "taxRate": 2_500}], "bottomLine": {"currency": "NOK"}});
    assert_eq!(shop.call("POST", "/epayment/v1/payments", Some("create-2"), body.to_string()).status, 201);
    assert_eq!(
        shop.call(
            "POST",
            "/epayment/v1/payments",
            Some("create-3"),
            create_body("order-9-x", 50).to_string()
        )
        .status,
        400
    );
    shop.created("kiosk-12-b0042", 4_500);
    shop.control(
        "POST",
        "/faults",
        &json!({"match": {"operation": "refund", "reference": "kiosk-*"}, "then": {"error": 6260}}),
    );
    shop.control("PUT", "/users/4790000001", &json!({"behaviour": "reject", "after": "2s"}));
    shop.control(
        "POST",
        "/sales-units",
        &json!({"msn": "200001", "name": "Second shop", "permissions": {"express": false}}),
    );
    for (path, name) in [
        ("payments", "payments"),
        ("payments?q=boutique&phase=CREATED", "payments-filtered"),
        ("payments/123456/boutique-77-a0001", "payment-captured"),
        ("payments/123456/boutique-77-a0002", "payment-created"),
        ("phone", "phone"),
        ("requests", "requests"),
        ("requests/req-4", "request"),
        ("clock", "clock"),
        ("faults", "faults"),
        ("units", "units"),
        ("users", "users"),
    ] {
        check(&shop, &format!("/_sandbox/ui/view/{path}"), name);
    }
}
