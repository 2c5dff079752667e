//! What the pages say. `UPDATE=1 cargo test --test it wallet` writes `fixtures/pages/` anew.

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use super::{frozen, open, plain, redirect_of};
use crate::api::{Answer, Merchant};

#[expect(clippy::disallowed_methods, reason = "whether to write the pages anew is the caller's choice")]
fn matches_fixture(name: &str, answer: &Answer) {
    let path = format!("{}/fixtures/pages/{name}.html", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, &answer.text).expect("the fixtures can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(answer.text, known, "{name} is another page: UPDATE=1 cargo test --test it wallet");
}

const SCOPE: &str = "name address email phoneNumber";

fn options() -> Value {
    let option = |id: &str, name: &str, value: u64| json!({"id": id, "name": name, "amount": {"currency": "NOK", "value": value}});
    json!({"fixedOptions": [
        {"type": "HOME_DELIVERY", "brand": "POSTEN", "isDefault": true, "options": [option("home", "Home delivery", 9_900)]},
        {"type": "PICKUP_POINT", "brand": "BRING", "options": [option("pick", "Pickup point", 4_900), option("shop", "In the shop", 0)]},
    ]})
}

#[test]
fn the_pages_are_as_they_were() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.control("PUT", "/sales-units/123456", &json!({"name": "Acme shop"}));
    let line = |name: &str, total: i64| {
        json!({"name": name, "id": name, "totalAmount": total, "totalAmountExcludingTax": total * 4 / 5, "totalTaxAmount": total / 5,
               "taxRate": 2500, "unitInfo": {"unitPrice": total, "quantity": "1", "quantityUnit": "PCS"}})
    };
    let receipt = json!({"orderLines": [line("One pair of socks", 40_000), line("Wool", 9_900)], "bottomLine": {"currency": "NOK"}});

    let path = redirect_of(
        &shop,
        "page-plain-1",
        &json!({"paymentDescription": "One pair of socks", "receipt": receipt}),
    );
    matches_fixture("wallet-number", &open(&shop, &path));
    matches_fixture("wallet-wrong-number", &open(&shop, &format!("{path}&phoneNumber=nonsense")));
    matches_fixture("wallet-request", &open(&shop, &format!("{path}&phoneNumber=4712345678")));
    let declined = open(&shop, &format!("{path}&phoneNumber=4712345678&problem=declined-151"));
    matches_fixture("wallet-declined", &declined);

    let express = json!({"profile": {"scope": SCOPE}, "shipping": options()});
    let path = redirect_of(&shop, "page-express-1", &express);
    matches_fixture("wallet-express", &open(&shop, &format!("{path}&phoneNumber=4712345678")));

    let path = redirect_of(&shop, "page-card-1", &json!({"paymentMethod": {"type": "CARD"}}));
    matches_fixture("wallet-card", &open(&shop, &path));

    let path = plain(&shop, "page-expired-1");
    shop.control("POST", "/payments/123456/page-expired-1/expire", &Value::Null);
    let expired = open(&shop, &path);
    assert_eq!(expired.status, 410);
    matches_fixture("wallet-expired", &expired);
    let unknown = open(&shop, "/pay?token=unknown");
    assert_eq!(unknown.status, 404);
    matches_fixture("wallet-unknown", &unknown);
}

#[test]
fn every_page_is_guarded_by_its_headers() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "guarded-page-1");
    for path in [path.as_str(), "/pay?token=unknown", "/pay"] {
        let answer = open(&shop, path);
        let header = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("referrer-policy"), "same-origin", "else a form would not say where it comes from");
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert!(
            answer.headers.contains_key("sandbox-version")
                && answer.headers.contains_key("sandbox-request-id")
        );
    }
}

#[test]
fn forms_may_lead_to_where_the_customer_goes_afterwards() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (reference, url, targets) in [
        ("leads-to-web-1", "https://example.com/x", "form-action 'self' https: http:;"),
        ("leads-to-app-1", "My.App+1://back", "form-action 'self' https: http: my.app+1:;"),
    ] {
        let answer = open(&shop, &redirect_of(&shop, reference, &json!({ "returnUrl": url })));
        let policy = answer.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains(targets), "{policy}");
    }
}

#[test]
fn customers_need_no_control_token_and_no_local_name() {
    let sandbox = Sandbox::builder().control_token("secret").start();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "open-to-all-1");
    for path in [path.as_str(), "/_sandbox/ui/style.css", "/_sandbox/ui/script.js"] {
        assert_eq!(open(&shop, path).status, 200, "{path}");
    }
    let guarded = shop.send("GET", "/_sandbox/payments", &[("host", "localhost")], "");
    assert_eq!(guarded.status, 401);
}

#[test]
fn browsers_keep_style_and_script_until_they_change() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (path, kind) in
        [("/_sandbox/ui/style.css", "text/css"), ("/_sandbox/ui/script.js", "text/javascript")]
    {
        let first = open(&shop, path);
        assert_eq!((first.status, first.headers["content-type"].as_bytes()), (200, kind.as_bytes()));
        let tag = first.headers["etag"].to_str().expect("text").to_owned();
        let again = shop.send("GET", path, &[("if-none-match", &tag)], "");
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        let other = shop.send("GET", path, &[("if-none-match", "\"0\"")], "");
        assert_eq!((other.status, &other.text), (200, &first.text));
    }
}

#[test]
fn looking_at_a_page_does_nothing() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "only-looked-at");
    for query in [
        "",
        "&phoneNumber=4712345678",
        "&action=approve&phoneNumber=4712345678",
        "&action=reject",
        "&outcome",
    ] {
        assert_eq!(open(&shop, &format!("{path}{query}")).status, 200, "{query}");
    }
    assert_eq!(super::state(&shop, "only-looked-at"), "CREATED");
}

#[test]
fn a_token_is_good_for_its_own_payment_only() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let (one, other) = (plain(&shop, "token-one-1"), plain(&shop, "token-two-2"));
    let parts = |path: &str| -> Vec<String> { super::token_of(path).split('.').map(str::to_owned).collect() };
    let (one, other) = (parts(&one), parts(&other));
    for forged in [
        format!("{}.{}.{}", one[0], one[1], other[2]),
        format!("{}.{}.", one[0], one[1]),
        format!("{}.{}", one[0], one[1]),
        format!("{}.{}.{}=", one[0], one[1], one[2]),
        String::new(),
    ] {
        let answer = open(&shop, &format!("/pay?token={forged}"));
        assert_eq!(answer.status, 404, "{forged}");
        assert!(answer.text.contains("<h1") && !answer.text.contains("Approve"));
    }
}

#[test]
fn the_customers_paths_match_in_any_case() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "any-case-0001");
    for (lower, other) in [("/pay?", "/PAY?"), ("/pay?", "/Pay?")] {
        let (page, same) = (open(&shop, &path), open(&shop, &path.replace(lower, other)));
        assert_eq!((same.status, same.text), (200, page.text), "{other}");
    }
    assert_eq!(open(&shop, &path.replace("/pay?", "/QR?")).headers["content-type"], "image/svg+xml");
    let fields = "phoneNumber=4712345678&action=reject";
    let form = [("host", "pay.example.com"), ("content-type", "application/x-www-form-urlencoded")];
    let (_, token) = path.split_once('?').expect("a query");
    assert_eq!(shop.send("POST", "/PAY", &form, format!("{token}&{fields}")).status, 303);
    assert_eq!(open(&shop, &path.replace("token=", "TOKEN=")).status, 404, "the token's own name is exact");
    assert_eq!(open(&shop, &path.replace("/pay?", "/pay/?")).status, 404);
}

#[test]
fn what_a_link_says_never_becomes_text_of_the_page() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "no-borrowed-words");
    let query =
        "&phoneNumber=4712345678&problem=Send+money+to+me&card=Send+money&shippingOptionId=Send+money";
    let answer = open(&shop, &format!("{path}{query}"));
    assert!(answer.text.contains("Approve") && !answer.text.contains("Send money"), "{}", answer.text);
    assert!(!answer.text.contains("role=\"alert\""));
}

#[test]
fn the_app_has_a_page_too_and_a_pushed_payment_has_none() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = redirect_of(&shop, "native-1", &json!({"userFlow": "NATIVE_REDIRECT"}));
    assert!(open(&shop, &path).text.contains("Phone number"));
    let created = shop.create("pushed-1", &{
        let mut body = crate::api::create_body("pushed-00001", 1000);
        body["userFlow"] = json!("PUSH_MESSAGE");
        body
    });
    assert_eq!(created.status, 201);
    assert!(created.json()["redirectUrl"].is_null(), "there is no page to send anybody to");
}

#[test]
fn an_owner_who_is_too_young_is_told_so() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.control("PUT", "/users/4790000001", &json!({"dateOfBirth": "2012-01-01"}));
    let path = redirect_of(&shop, "of-age-only-1", &json!({"minimumUserAge": 18}));
    let answer = open(&shop, &format!("{path}&phoneNumber=4790000001"));
    assert!(answer.text.contains("younger than 18") && !answer.text.contains("Approve"), "{}", answer.text);
    assert!(open(&shop, &format!("{path}&phoneNumber=4790000002")).text.contains("Approve"));
}
