//! What belongs to one sales unit: its tokens, its counters, its identifiers, and that nothing reaches another's.

use epayment_sandbox::domain::digits::Msn;
use epayment_sandbox::domain::money::Market;
use epayment_sandbox::domain::sales_unit::SalesUnit;
use epayment_sandbox::{Sandbox, SandboxBuilder};
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};

fn configured() -> SandboxBuilder {
    let mut unit = SalesUnit::new(Msn::parse("111111").expect("an MSN"), Market::No);
    unit.client_id = "one".into();
    unit.client_secret = "secret".into();
    unit.subscription_keys = vec!["key".into()];
    Sandbox::builder().configured_credentials().sales_unit(unit)
}

/// Asks for a token, for this unit if for one.
fn token(shop: &Merchant<'_>, client_id: &str, msn: Option<&str>) -> String {
    let mut headers =
        vec![("client_id", client_id), ("client_secret", "s"), ("ocp-apim-subscription-key", "k")];
    headers.extend(msn.map(|msn| ("merchant-serial-number", msn)));
    let answer = shop.send("POST", "/accesstoken/get", &headers, "");
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

/// Creates a payment with this token and without naming a unit.
fn create_with(shop: &Merchant<'_>, token: &str, reference: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers =
        [("authorization", &*bearer), ("ocp-apim-subscription-key", "k"), ("idempotency-key", reference)];
    shop.send("POST", "/epayment/v1/payments", &headers, create_body(reference, 1000).to_string())
}

fn owners(shop: &Merchant<'_>, reference: &str) -> Vec<Value> {
    let found = shop.control("GET", &format!("/payments?reference={reference}"), &Value::Null).json();
    found["payments"].as_array().into_iter().flatten().map(|payment| payment["msn"].clone()).collect()
}

#[test]
fn a_token_acts_for_its_unit_whether_that_was_used_before_or_not() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let of_unit = token(&shop, "anybody", Some("777777"));
    assert_eq!(create_with(&shop, &of_unit, "token-unit-1").status, 201);
    assert_eq!(owners(&shop, "token-unit-1"), ["777777"]);
    shop.control("POST", "/reset", &Value::Null);
    assert_eq!(create_with(&shop, &of_unit, "token-unit-2").status, 201);
    assert_eq!(owners(&shop, "token-unit-2"), ["777777"], "a token survives a reset, and so does its unit");
    let of_nobody = token(&shop, "anybody", None);
    assert_eq!(create_with(&shop, &of_nobody, "token-unit-3").status, 201);
    assert_eq!(owners(&shop, "token-unit-3"), ["123456"]);
}

#[test]
fn a_token_is_for_the_unit_that_the_request_names_unless_the_client_is_anothers() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for msn in ["111111", "222222"] {
        shop.control("PUT", &format!("/sales-units/{msn}"), &json!({"clientId": "shared"}));
    }
    for (number, client, named, owner) in [
        (1, "shared", Some("222222"), "222222"),
        (2, "shared", Some("111111"), "111111"),
        (3, "shared", None, "111111"),
        (4, "shared", Some("333333"), "111111"),
        (5, "unknown", Some("222222"), "222222"),
    ] {
        let reference = format!("named-unit-{number}");
        let token = token(&shop, client, named);
        assert_eq!(create_with(&shop, &token, &reference).status, 201);
        assert_eq!(owners(&shop, &reference), [owner], "{client} {named:?}");
    }
}

#[test]
fn tokens_are_ended_for_one_unit_alone() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let (one, other, none) =
        (token(&shop, "a", Some("111111")), token(&shop, "a", Some("222222")), token(&shop, "a", None));
    let good = |token: &str, reference: &str| create_with(&shop, token, reference).status == 201;
    assert_eq!(shop.control("POST", "/tokens/expire?msn=111111", &Value::Null).status, 204);
    assert!(!good(&one, "ended-1") && good(&other, "ended-unit-2") && good(&none, "ended-unit-3"));
    let again = token(&shop, "a", Some("111111"));
    assert!(good(&again, "ended-unit-4"), "only those issued so far");
    // A token that names no unit acts for the default one.
    assert_eq!(shop.control("POST", "/tokens/expire?msn=123456", &Value::Null).status, 204);
    assert!(!good(&none, "ended-5") && good(&other, "ended-unit-6"));
    assert_eq!(shop.control("POST", "/tokens/expire", &Value::Null).status, 204);
    assert!(!good(&other, "ended-7") && !good(&again, "ended-8"));
}

#[test]
fn a_unit_that_was_never_used_is_empty_and_an_unknown_one_is_not_there() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    assert_eq!(shop.control("POST", "/reset?msn=999991", &Value::Null).status, 204);
    let payments = shop.control("GET", "/payments?msn=999992", &Value::Null);
    assert_eq!((payments.status, payments.json()), (200, json!({"payments": [], "next": null})));
    assert_eq!(shop.control("GET", "/clock?msn=999993", &Value::Null).status, 200);
    assert_eq!(shop.control("POST", "/tokens/expire?msn=999994", &Value::Null).status, 204);

    let sandbox = configured().start();
    let shop = Merchant::new(&sandbox);
    for (method, path) in [
        ("POST", "/reset"),
        ("GET", "/payments"),
        ("GET", "/clock"),
        ("GET", "/sales-units"),
        ("POST", "/tokens/expire"),
    ] {
        let answer = shop.control(method, &format!("{path}?msn=999991"), &Value::Null);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert!(shop.control(method, &format!("{path}?msn=111111"), &Value::Null).status < 300, "{path}");
    }
}

#[test]
fn a_scoped_reset_frees_the_rate_limits_of_its_unit() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").rate_limits().start();
    let (one, other) = (Merchant::of(&sandbox, "111111"), Merchant::of(&sandbox, "222222"));
    let fill = |shop: &Merchant<'_>| {
        (0..6).map(|_| shop.create("k", &create_body("limited-1", 1000)).status).collect::<Vec<_>>()
    };
    assert_eq!((fill(&one)[5], fill(&other)[5]), (429, 429));
    for _ in 0..120 {
        assert_eq!(one.get("limited-1").status, 200);
    }
    assert_eq!(one.get("limited-1").status, 429);
    assert_eq!(one.control("POST", "/reset?msn=111111", &Value::Null).status, 204);
    assert_eq!(one.create("k", &create_body("limited-1", 1000)).status, 201);
    assert_eq!(one.get("limited-1").status, 200);
    assert_eq!(other.create("k", &create_body("limited-1", 1000)).status, 429);
}

#[test]
fn another_units_counter_cannot_be_used_up() {
    let sandbox = configured().rate_limits().start();
    let shop = Merchant::new(&sandbox);
    let key = ["ocp-apim-subscription-key", "client_id", "client_secret"];
    let made = shop.control("POST", "/sales-units", &Value::Null).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (other_key, other_id, other_secret) =
        (text(&made["subscriptionKeys"][0]), text(&made["clientId"]), text(&made["clientSecret"]));
    let bearer = |values: [&str; 3]| {
        let headers: Vec<_> = key.into_iter().zip(values).collect();
        let answer = shop.send("POST", "/accesstoken/get", &headers, "");
        format!("Bearer {}", text(&answer.json()["access_token"]))
    };
    let own = bearer(["key", "one", "secret"]);
    let foreign = bearer([&other_key, &other_id, &other_secret]);
    let capture = |key: &str, bearer: &str| {
        let headers = [
            ("ocp-apim-subscription-key", key),
            ("authorization", bearer),
            ("merchant-serial-number", "111111"),
            ("idempotency-key", "k"),
        ];
        shop.send("POST", "/epayment/v1/payments/not-there-1/capture", &headers, "{}").status
    };
    for _ in 0..5 {
        assert_eq!(capture(&other_key, &foreign), 403);
    }
    assert_eq!(capture(&other_key, &foreign), 429);
    assert_eq!(capture("key", &own), 404);
}

/// Makes a unit, lets it hand out identifiers, and returns its keys and what it handed out.
fn keys_and_identifiers(shop: &Merchant<'_>, msn: &str) -> (Vec<String>, Vec<String>) {
    let made = shop.control("POST", "/sales-units", &json!({"msn": msn}));
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut keys = vec![text(&made["clientId"]), text(&made["clientSecret"])];
    keys.extend(made["subscriptionKeys"].as_array().into_iter().flatten().map(text));
    let unit = Merchant::of(shop.sandbox, msn);
    let mut handed_out = Vec::new();
    for number in 0..4 {
        let reference = format!("handed-out-{number}");
        let created = unit.create(&reference, &create_body(&reference, 1000));
        let redirect = text(&created.json()["redirectUrl"]);
        handed_out.push(redirect.rsplit_once('.').expect("three segments").1.to_owned());
        handed_out.push(text(&unit.get(&reference).json()["pspReference"]));
        assert_eq!(unit.approve(&reference).status, 200);
        let events = unit.events(&reference).json();
        handed_out.push(text(&events[1]["pspReference"]));
        handed_out.push(text(&unit.create("taken", &create_body(&reference, 1)).json()["traceId"]));
    }
    (keys, handed_out)
}

/// The digits alone: the same bytes can be written as a UUID, as hexadecimal digits or as base64.
fn bare(text: &str) -> String {
    use std::fmt::Write as _;
    let standard = text.replace('-', "+").replace('_', "/");
    let hex: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    if hex.len() >= 32 && text.len() <= 36 {
        return hex.to_lowercase();
    }
    let bytes = base64_bytes(standard.trim_end_matches('='));
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn base64_bytes(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter).unwrap_or_default();
        bits = bits << 6 | u32::try_from(value).expect("below 64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("a byte"));
        }
    }
    bytes
}

#[test]
fn a_unit_never_hands_out_its_own_keys() {
    for seed in [None, Some(7)] {
        let builder = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z");
        let sandbox = seed.map_or(builder.clone(), |seed| builder.seed(seed)).start();
        let shop = Merchant::new(&sandbox);
        let (keys, handed_out) = keys_and_identifiers(&shop, "555555");
        // Both the secret and a UUID are 16 drawn bytes; a UUID fixes six bits of them, which are masked.
        let masked = |text: &String| {
            let mut digits: Vec<char> = bare(text).chars().collect();
            for place in [12, 16] {
                if let Some(digit) = digits.get_mut(place) {
                    *digit = '_';
                }
            }
            digits.truncate(32);
            digits
        };
        for key in &keys {
            assert!(
                handed_out.iter().all(|id| masked(id) != masked(key)),
                "seed {seed:?}: {key} is handed out in {handed_out:?}"
            );
        }
    }
}

#[test]
fn without_a_seed_nothing_repeats_and_with_one_everything_does() {
    let lives = |sandbox: &Sandbox| {
        let shop = Merchant::new(sandbox);
        let first = keys_and_identifiers(&shop, "555555");
        assert_eq!(shop.control("DELETE", "/sales-units/555555", &Value::Null).status, 204);
        let second = keys_and_identifiers(&shop, "555555");
        assert_eq!(shop.control("POST", "/reset", &Value::Null).status, 204);
        let third = keys_and_identifiers(&shop, "555555");
        [first, second, third]
    };
    let frozen = || Sandbox::builder().frozen_at("2026-11-20T09:00:00Z");
    let mut seen = std::collections::HashSet::new();
    for (keys, handed_out) in lives(&frozen().start()) {
        for text in keys.into_iter().chain(handed_out) {
            assert!(seen.insert(text.clone()), "{text} comes twice");
        }
    }
    let (one, other) = (lives(&frozen().seed(7).start()), lives(&frozen().seed(7).start()));
    assert_eq!(one, other);
    assert_eq!(one[0], one[2], "a reset goes back to the start");
}
