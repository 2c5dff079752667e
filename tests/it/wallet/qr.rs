//! The address of the page as an image. What it encodes is read back by the tests in a browser.

use serde_json::{Value, json};

use super::{frozen, open, plain, redirect_of, token_of};
use crate::api::Merchant;

#[test]
fn the_form_is_the_one_that_the_payment_asks_for() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let of = |reference: &str, format: Value| {
        redirect_of(&shop, reference, &json!({"userFlow": "QR", "qrFormat": format}))
    };
    let svg = open(&shop, &of("code-default-1", Value::Null));
    assert_eq!((svg.status, svg.headers["content-type"].as_bytes()), (200, &b"image/svg+xml"[..]));
    assert!(svg.text.starts_with("<svg xmlns=") && svg.text.ends_with("</svg>\n"), "{}", svg.text);
    let same = open(&shop, &of("code-svg-0001", json!({"format": "IMAGE/SVG+XML", "size": 200})));
    assert_eq!(same.headers["content-type"], "image/svg+xml");
    let address = of("code-text-001", json!({"format": "TEXT/TARGETURL"}));
    assert!(address.starts_with("/pay?token="), "the address itself: {address}");
    let text = open(&shop, &address.replace("/pay?", "/qr?"));
    assert_eq!(text.text, format!("{}{address}", sandbox.url()));
    assert_eq!(text.headers["content-type"], "text/plain; charset=utf-8");
}

#[test]
fn any_page_may_show_the_image_and_nobody_keeps_it() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = redirect_of(&shop, "shown-anywhere", &json!({"userFlow": "QR"}));
    let headers =
        [("host", "pay.example.com"), ("origin", "https://shop.example"), ("sec-fetch-site", "cross-site")];
    let answer = shop.send("GET", &path, &headers, "");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

#[test]
fn the_code_is_gone_with_its_payment() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    for (verb, word) in [("approve", "finished"), ("reject", "finished"), ("expire", "expired")] {
        let reference = format!("code-after-{verb}");
        let path = redirect_of(&shop, &reference, &json!({"userFlow": "QR"}));
        assert_eq!(open(&shop, &path).status, 200);
        shop.control("POST", &format!("/payments/123456/{reference}/{verb}"), &Value::Null);
        let answer = open(&shop, &path);
        assert_eq!(answer.status, 404, "{verb}");
        assert!(answer.text.contains(word), "{}", answer.text);
    }
    let path = redirect_of(&shop, "code-in-time-1", &json!({"userFlow": "QR"}));
    shop.control("POST", "/clock/advance", &json!({"by": "10m"}));
    assert_eq!(open(&shop, &path).status, 404);
}

#[test]
fn a_forged_token_has_no_code() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let path = plain(&shop, "code-of-redirect");
    let token = token_of(&path);
    assert_eq!(
        open(&shop, &format!("/qr?token={token}")).status,
        200,
        "a redirect can be shown as a code as well"
    );
    for path in ["/qr".to_owned(), "/qr?token=".to_owned(), format!("/qr?token={token}x")] {
        assert_eq!(open(&shop, &path).status, 404, "{path}");
    }
}
