//! Lists: pages of them, filters, and what stands among the payments.

use std::collections::BTreeSet;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Merchant, create_body};

/// The references in a list, in its order.
fn references(html: &str) -> Vec<String> {
    let mark = r#"ref">"#;
    html.split(mark).skip(1).map(|rest| rest[..rest.find('<').unwrap_or_default()].to_owned()).collect()
}

fn list(shop: &Merchant<'_>, query: &str) -> String {
    let answer = shop.send("GET", &format!("/_sandbox/ui/view/payments{query}"), &[], "");
    assert_eq!(answer.status, 200);
    answer.text
}

/// The address of the next page.
fn older(html: &str) -> Option<String> {
    let link = html.split(r#"class="button" href="/_sandbox/ui/"#).nth(1)?;
    Some(link[..link.find('"')?].replace("&#38;", "&"))
}

#[test]
fn pages_show_every_payment_and_every_refused_create_once() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    let mut made = BTreeSet::new();
    for number in 0..130 {
        let reference = format!("paged-{number:04}");
        let amount = if number % 10 == 0 { 1 } else { 1000 };
        let body = create_body(&reference, amount).to_string();
        shop.call("POST", "/epayment/v1/payments", Some(&reference), body);
        made.insert(reference);
        shop.control("POST", "/clock/advance", &json!({"by": "1s"}));
    }
    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let html = list(&shop, &query);
        assert!(html.contains("117 payments"), "{html}");
        seen.extend(references(&html));
        match older(&html) {
            Some(next) => query = next,
            None => break,
        }
    }
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), made);
    assert_eq!(seen.len(), made.len(), "none twice");
    assert!(seen.is_sorted_by(|one, next| one > next), "newest first");
}

#[test]
fn a_list_is_filtered_by_text_sales_unit_and_phase() {
    let sandbox = Sandbox::start();
    let (shop, other) = (Merchant::new(&sandbox), Merchant::of(&sandbox, "654321"));
    shop.created("apples-1", 1000);
    shop.created("pears-01", 1000);
    other.created("apples-2", 1000);
    shop.control("POST", "/payments/123456/pears-01/approve", &json!({}));
    shop.call("POST", "/epayment/v1/payments", Some("bad"), create_body("apples-3", 1).to_string());
    for (query, wanted) in [
        ("", vec!["apples-1", "apples-2", "apples-3", "pears-01"]),
        ("?q=APPLES", vec!["apples-1", "apples-2", "apples-3"]),
        ("?q=654321", vec!["apples-2"]),
        ("?msn=654321", vec!["apples-2"]),
        ("?msn=999999", vec![]),
        ("?phase=AUTHORIZED", vec!["pears-01"]),
        ("?phase=REFUSED", vec!["apples-3"]),
        ("?q=pears&msn=123456&phase=AUTHORIZED", vec!["pears-01"]),
        ("?q=nothing", vec![]),
    ] {
        let mut found = references(&list(&shop, query));
        found.sort();
        assert_eq!(found, wanted, "{query}");
    }
}

#[test]
fn the_line_that_an_empty_list_teaches_makes_a_payment() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let html = list(&shop, "").replace("&#34;", "\"").replace("&#39;", "'");
    let body = html.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a body");
    let line =
        html.split("curl -X POST ").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
    assert_eq!(line, format!("{}/epayment/v1/payments", sandbox.url()));
    let headers: Vec<(&str, &str)> =
        html.split("-H \"").skip(1).filter_map(|rest| rest.split('"').next()?.split_once(": ")).collect();
    assert_eq!(headers.len(), 5);
    let answer = shop.send("POST", "/epayment/v1/payments", &headers, body.to_owned());
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(references(&list(&shop, "")), ["acme-shop-0001"]);
}

#[test]
fn long_lists_and_long_histories_stay_short_pages() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    for number in 0..400 {
        shop.created(&format!("crowd-{number:05}"), 1000);
    }
    for _ in 0..300 {
        shop.control("POST", "/clock/advance", &json!({"by": "1s"}));
    }
    shop.control("POST", "/payments/123456/crowd-00399/approve", &json!({}));
    for number in 0..300 {
        let body = json!({"modificationAmount": {"currency": "NOK", "value": 1}}).to_string();
        let path = "/epayment/v1/payments/crowd-00399/capture";
        assert_eq!(shop.call("POST", path, Some(&format!("k-{number}")), body).status, 200);
    }
    for (path, most) in [
        ("payments", 60_000),
        ("phone", 90_000),
        ("requests", 60_000),
        ("clock", 20_000),
        ("payments/123456/crowd-00399", 250_000),
    ] {
        let length = shop.send("GET", &format!("/_sandbox/ui/view/{path}"), &[], "").text.len();
        assert!(length < most, "{path}: {length}");
    }
}

#[test]
fn a_reset_forgets_the_moves_of_the_clock() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let moves = || {
        let html = shop.send("GET", "/_sandbox/ui/view/clock", &[], "").text;
        html.matches("clock moved").count()
    };
    shop.control("POST", "/clock/advance", &json!({"by": "1h"}));
    shop.control("POST", "/clock/advance?msn=123456", &json!({"by": "1h"}));
    assert_eq!(moves(), 2);
    shop.control("POST", "/reset?msn=123456", &Value::Null);
    assert_eq!(moves(), 1);
    shop.control("POST", "/reset", &Value::Null);
    assert_eq!(moves(), 0);
}

#[test]
fn a_returned_line_counts_negative_however_its_total_is_signed() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let line = |name: &str, total: i64, is_return: bool| {
        json!({"name": name, "id": name, "totalAmount": total, "totalAmountExcludingTax": total, "totalTaxAmount": 0,
            "taxRate": 0, "isReturn": is_return})
    };
    let mut body = create_body("with-returns-01", 1_000);
    body["receipt"] = json!({"orderLines": [line("Chair", 6_000, false), line("Lamp", 2_000, true),
        line("Rug", -2_500, true), line("Voucher", -500, false)], "bottomLine": {"currency": "NOK"}});
    let created = shop.create("with-returns-01", &body);
    assert_eq!(created.status, 201, "{}", created.text);
    let page = shop.send("GET", "/_sandbox/ui/view/payments/123456/with-returns-01", &[], "").text;
    for total in ["NOK 60,00", "\u{2212}NOK 20,00", "\u{2212}NOK 25,00", "\u{2212}NOK 5,00"] {
        assert!(page.contains(&format!(">{total}<")), "{total}: {page}");
    }
}
