//! What the forms do, and for whom.

use axum::http::StatusCode;
use epayment_sandbox::Sandbox;
use serde_json::json;

use super::{frozen, location, open, plain, redirect_of, send, state};
use crate::api::Merchant;
use crate::gate::Gate;

const APPROVE: &str = "action=approve&phoneNumber=4712345678";

#[test]
fn the_customer_is_sent_back_byte_for_byte() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (number, url) in [
        "https://example.com",
        "https://example.com/a%2fb?x=%20y&&token=&=#frag?ment",
        "https://blåbær.no/æ?ø=å",
        "myapp://back?x=1",
        "https://user@example.com:8443/%zz",
    ]
    .into_iter()
    .enumerate()
    {
        for (action, reached) in [(APPROVE, "AUTHORIZED"), ("action=reject", "ABORTED")] {
            let reference = format!("byte-for-byte-{number}-{}", reached.to_lowercase());
            let path = redirect_of(&shop, &reference, &json!({ "returnUrl": url }));
            let answer = send(&shop, &path, action, &[]);
            assert_eq!((answer.status, location(&answer)), (303, url));
            assert_eq!(answer.headers["cache-control"], "no-store");
            assert_eq!(state(&shop, &reference), reached);
        }
    }
}

#[test]
fn a_button_pressed_twice_leads_to_the_same_place() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (action, reference) in [(APPROVE, "pressed-twice-1"), ("action=reject", "pressed-twice-2")] {
        let path = plain(&shop, reference);
        for _ in 0..2 {
            let answer = send(&shop, &path, action, &[]);
            assert_eq!((answer.status, location(&answer)), (303, "https://example.com/return"));
        }
        let other = if action == APPROVE { "action=reject" } else { APPROVE };
        let answer = send(&shop, &path, other, &[]);
        assert_eq!(answer.status, 410);
        assert!(!answer.text.contains("<button"));
    }
}

#[test]
fn whoever_leaves_stays_on_the_page_of_the_cancelled_payment() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "left-behind-1");
    let answer = send(&shop, &path, "action=leave", &[]);
    assert_eq!((answer.status, format!("/{}", location(&answer))), (303, format!("{path}&outcome")));
    assert_eq!(state(&shop, "left-behind-1"), "ABORTED");
    let told = open(&shop, &format!("{path}&outcome"));
    assert!(told.status == 200 && told.text.contains("Payment cancelled"), "{}", told.text);
    assert_eq!(open(&shop, &path).status, 410);
}

#[test]
fn forms_of_other_pages_are_refused() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "from-elsewhere-1");
    for headers in [
        [("origin", "https://example.com"), ("sec-fetch-site", "cross-site")],
        [("origin", "http://pay.example.com"), ("sec-fetch-site", "cross-site")],
        [("origin", "http://pay.example.com"), ("sec-fetch-site", "same-site")],
        [("origin", "null"), ("sec-fetch-site", "same-origin")],
        [("origin", "http://pay.example.com:81"), ("accept", "*/*")],
        [("origin", "http://evil.pay.example.com"), ("accept", "*/*")],
    ] {
        for action in [APPROVE, "action=reject", "action=leave", "action=move", ""] {
            let answer = send(&shop, &path, action, &headers);
            assert_eq!(answer.status, 403, "{headers:?} {action}");
            assert!(answer.text.contains("<h1"));
        }
    }
    assert_eq!(state(&shop, "from-elsewhere-1"), "CREATED");
    let own = [("origin", "http://pay.example.com"), ("sec-fetch-site", "same-origin")];
    assert_eq!(send(&shop, &path, APPROVE, &own).status, 303);
}

#[test]
fn a_form_needs_the_token() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    plain(&shop, "without-token-1");
    for body in ["", "action=approve", "token=x&action=approve", "\u{0}\u{1}", "token=%ff&action=reject"] {
        assert_eq!(shop.send("POST", "/pay", &[], body).status, 404, "{body:?}");
    }
    assert_eq!(state(&shop, "without-token-1"), "CREATED");
}

#[test]
fn a_form_without_a_known_button_does_nothing() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "no-such-button");
    for fields in ["", "action=", "action=Approve", "action=refund&phoneNumber=4712345678"] {
        assert_eq!(send(&shop, &path, fields, &[]).status, 200, "{fields}");
    }
    assert_eq!(state(&shop, "no-such-button"), "CREATED");
}

#[test]
fn nobody_approves_without_a_number_or_with_another_than_the_locked_one() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "whose-number-1");
    for number in ["", "&phoneNumber=", "&phoneNumber=nonsense"] {
        let answer = send(&shop, &path, &format!("action=approve{number}"), &[]);
        assert_eq!(answer.status, 303, "{number}");
        assert!(location(&answer).starts_with("pay?token="), "{}", location(&answer));
    }
    shop.control("PUT", "/sales-units/123456", &json!({"phoneNumberLocked": true}));
    let answer = send(&shop, &path, "action=approve&phoneNumber=4790000001", &[]);
    assert!(location(&answer).contains("phoneNumber=4790000001"));
    assert_eq!(state(&shop, "whose-number-1"), "CREATED");
    assert_eq!(location(&send(&shop, &path, APPROVE, &[])), "https://example.com/return");
}

#[test]
fn whoever_keeps_everything_to_themselves_does_not_pay() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let asks = json!({"profile": {"scope": "name email"}});
    let path = redirect_of(&shop, "no-consent-1", &asks);
    assert_eq!(location(&send(&shop, &path, APPROVE, &[])), "https://example.com/return");
    assert_eq!(state(&shop, "no-consent-1"), "ABORTED");
    let path = redirect_of(&shop, "with-consent-1", &asks);
    send(&shop, &path, &format!("{APPROVE}&consent=yes"), &[]);
    assert_eq!(state(&shop, "with-consent-1"), "AUTHORIZED");
    assert!(shop.get("with-consent-1").json()["userDetails"]["email"].is_string());
}

#[test]
fn every_test_amount_declines_with_its_reason() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (amount, reason) in [
        (151, "insufficient funds"),
        (182, "refused by the issuer"),
        (183, "suspected fraud"),
        (184, "withdrawal limit exceeded"),
        (186, "expired card"),
        (187, "invalid card"),
        (197, "3-D Secure denied"),
        (202, "strong customer authentication required"),
    ] {
        let reference = format!("declined-{amount}");
        let amount = json!({"amount": {"currency": "NOK", "value": amount}});
        let path = redirect_of(&shop, &reference, &amount);
        let answer = send(&shop, &path, APPROVE, &[]);
        let page = open(&shop, &format!("/{}", location(&answer)));
        assert!(page.text.contains(&format!("Declined: {reason}")), "{}", page.text);
        assert!(page.text.contains("role=\"alert\"") && page.text.contains("Approve"));
        assert_eq!(state(&shop, &reference), "CREATED");
    }
}

#[test]
fn a_late_approval_is_told_that_the_time_is_over() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "just-too-late");
    shop.control("POST", "/clock/advance", &json!({"by": "10m"}));
    let answer = send(&shop, &path, APPROVE, &[]);
    assert_eq!(answer.status, 410);
    assert!(answer.text.contains("expired"), "{}", answer.text);
    assert_eq!(state(&shop, "just-too-late"), "EXPIRED");
}

#[test]
fn webhooks_that_come_before_the_redirect_do() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    let gate = Gate::new(StatusCode::OK);
    let body = json!({
        "url": gate.url(),
        "events": ["epayments.payment.authorized.v1", "epayments.payment.aborted.v1"],
    });
    assert_eq!(shop.call("POST", "/webhooks/v1/webhooks", None, body.to_string()).status, 201);
    shop.control("PUT", "/webhooks/policy", &json!({"before": "redirect"}));
    for (number, action) in [APPROVE, "action=reject", "action=leave"].into_iter().enumerate() {
        let path = plain(&shop, &format!("hook-first-{number}"));
        assert_eq!(shop.behind(&gate, || send(&shop, &path, action, &[])).status, 303);
        assert_eq!(gate.answered(), 1, "{action}");
    }
}
