//! Other pages neither read the dashboard, nor frame it, nor press its buttons.

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::Merchant;

const VIEWS: [&str; 12] = [
    "/_sandbox/ui/view/payments",
    "/_sandbox/ui/view/payments/123456/guarded-1",
    "/_sandbox/ui/view/phone",
    "/_sandbox/ui/view/webhooks",
    "/_sandbox/ui/view/deliveries/1",
    "/_sandbox/ui/view/requests",
    "/_sandbox/ui/view/requests/req-1",
    "/_sandbox/ui/view/clock",
    "/_sandbox/ui/view/faults",
    "/_sandbox/ui/view/units",
    "/_sandbox/ui/view/users",
    "/_sandbox/ui/view/connect",
];
const PAGES: [&str; 10] = [
    "/_sandbox/ui/",
    "/_sandbox/ui/payments/123456/guarded-1",
    "/_sandbox/ui/webhooks",
    "/_sandbox/ui/requests",
    "/_sandbox/ui/phone",
    "/_sandbox/ui/faults",
    "/_sandbox/ui/clock",
    "/_sandbox/ui/units",
    "/_sandbox/ui/users",
    "/_sandbox/ui/connect",
];
/// What the buttons call.
const CALLS: [(&str, &str); 8] = [
    ("POST", "/_sandbox/payments/123456/guarded-1/approve"),
    ("POST", "/_sandbox/payments/123456/guarded-1/reject"),
    ("POST", "/_sandbox/payments/123456/guarded-1/expire"),
    ("POST", "/_sandbox/clock/advance"),
    ("PUT", "/_sandbox/clock"),
    ("POST", "/_sandbox/faults"),
    ("POST", "/_sandbox/reset"),
    ("GET", "/_sandbox/events"),
];

#[test]
fn pages_run_no_script_of_others_and_stand_in_no_frame() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for path in PAGES.iter().chain(&VIEWS) {
        let answer = shop.send("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let header = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        for inline in ["<script>", " onclick=", " onload=", " style=", "<style", "javascript:"] {
            assert!(!answer.text.contains(inline), "{path} has {inline}");
        }
    }
}

#[test]
fn a_name_that_leads_here_by_a_trick_gets_nothing() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("guarded-1", 1000);
    let evil = [("host", "sandbox.evil.example:8477")];
    for path in PAGES.iter().chain(&VIEWS) {
        let answer = shop.send("GET", path, &evil, "");
        assert_eq!(answer.status, 403, "{path}: {}", answer.text);
        assert!(!answer.text.contains("guarded-1"), "{path}");
    }
    for (method, path) in CALLS {
        assert_eq!(shop.send(method, path, &evil, "{}").status, 403, "{method} {path}");
    }
    assert_eq!(shop.control("GET", "/payments/123456/guarded-1", &Value::Null).json()["phase"], "CREATED");
}

#[test]
fn pages_of_other_origins_read_no_view_and_press_no_button() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("guarded-1", 1000);
    for headers in [
        vec![("host", "127.0.0.1:8477"), ("origin", "https://evil.example")],
        vec![("host", "127.0.0.1:8477"), ("origin", "null")],
        vec![("host", "127.0.0.1:8477"), ("origin", "http://127.0.0.1:9999")],
        vec![("host", "127.0.0.1:8477"), ("sec-fetch-site", "cross-site")],
        vec![("host", "127.0.0.1:8477"), ("sec-fetch-site", "same-site")],
    ] {
        for path in VIEWS {
            let answer = shop.send("GET", path, &headers, "");
            assert_eq!(answer.status, 403, "{path} {headers:?}");
            assert!(!answer.text.contains("guarded-1"));
        }
        for (method, path) in CALLS {
            assert_eq!(shop.send(method, path, &headers, "{}").status, 403, "{method} {path} {headers:?}");
        }
    }
    // A link of another page may lead to the dashboard: the page that it leads to holds no data.
    let link = [("host", "127.0.0.1:8477"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let answer = shop.send("GET", "/_sandbox/ui/", &link, "");
    assert_eq!(answer.status, 200);
    assert!(!answer.text.contains("guarded-1"));
    assert_eq!(shop.control("GET", "/payments/123456/guarded-1", &Value::Null).json()["phase"], "CREATED");
}

#[test]
fn with_a_control_token_the_frame_comes_without_and_the_views_do_not() {
    let sandbox = Sandbox::builder().control_token("open sesame").start();
    let shop = Merchant::new(&sandbox);
    shop.created("guarded-1", 1000);
    for path in PAGES {
        let answer = shop.send("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains(r#"data-needs-token="true""#), "{path}");
    }
    for path in VIEWS {
        for headers in
            [vec![], vec![("authorization", "Bearer guess")], vec![("cookie", "token=open sesame")]]
        {
            let answer = shop.send("GET", path, &headers, "");
            assert_eq!(answer.status, 401, "{path}");
            assert!(!answer.text.contains("guarded-1"), "{path}");
        }
        assert_eq!(
            shop.send("GET", path, &[("authorization", "Bearer open sesame")], "").status,
            200,
            "{path}"
        );
    }
}

#[test]
fn hostile_text_is_text_in_every_view() {
    const EVIL: &str = r#""><script>alert('x')</script><img src=x onerror=alert(1)>"#;
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.control("PUT", "/sales-units/123456", &json!({"name": EVIL, "clientId": EVIL}));
    shop.control("PUT", "/users/4790000001", &json!({"firstName": EVIL}));
    let mut body = crate::api::create_body("guarded-1", 1000);
    body["paymentDescription"] = EVIL.into();
    body["metadata"] = json!({ "<script>": EVIL });
    body["receipt"] = json!({"orderLines": [{"name": EVIL, "id": "1", "totalAmount": 1, "totalAmountExcludingTax": 1,
        "totalTaxAmount": 0, "taxRate": 0}], "bottomLine": {"currency": "NOK"}});
    assert_eq!(shop.call("POST", "/epayment/v1/payments", Some("k-1"), body.to_string()).status, 201);
    body["reference"] = EVIL.into();
    assert_eq!(shop.call("POST", "/epayment/v1/payments", Some(EVIL), body.to_string()).status, 400);
    shop.call("GET", "/epayment/v1/payments/%3Cscript%3E", None, "");
    for path in VIEWS.iter().chain(&[
        "/_sandbox/ui/view/requests/req-2",
        "/_sandbox/ui/view/requests/req-3",
        "/_sandbox/ui/view/payments/123456/%3Cscript%3E",
        "/_sandbox/ui/view/payments?q=%22%3E%3Cscript%3E&msn=%3Cscript%3E&phase=%3Cscript%3E",
        "/_sandbox/ui/view/requests?q=%22%3E%3Cscript%3E&operation=%3Cscript%3E",
        "/_sandbox/ui/view/requests/%3Cscript%3E",
        "/_sandbox/ui/payments/%3Cscript%3E/%22%3E%3Cscript%3E",
    ]) {
        let answer = shop.send("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}");
        for tag in ["<script>", "<img", "<script ("] {
            assert!(!answer.text.contains(tag), "{path}: {}", answer.text);
        }
    }
    let shown = shop.send("GET", "/_sandbox/ui/view/payments/123456/guarded-1", &[], "").text;
    assert!(shown.contains("alert("), "it is shown all the same");
}
