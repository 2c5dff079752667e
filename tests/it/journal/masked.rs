//! Secrets are in no output of the journal.

use axum::body::Body;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use super::rows;
use crate::api::{Answer, Merchant, create_body};

const SECRETS: [&str; 7] = [
    "SECRETBEARERTOKEN",
    "SECRETCLIENTIDENTIFIER",
    "SECRETCLIENTSECRET",
    "SECRETSUBSCRIPTIONKEY",
    "SECRETINQUERY",
    "SECRETCALLBACKTOKEN",
    "SECRETINFORM",
];

fn call_with_secrets(shop: &Merchant<'_>) -> Vec<Answer> {
    let token = [
        ("client_id", SECRETS[1]),
        ("client_secret", SECRETS[2]),
        ("ocp-apim-subscription-key", SECRETS[3]),
        ("cookie", "session=SECRETBEARERTOKEN"),
    ];
    let form = "grant_type=client_credentials&client_secret=SECRETINFORM";
    let bearer = format!("Bearer {}", SECRETS[0]);
    let api = [
        ("authorization", bearer.as_str()),
        ("ocp-apim-subscription-key", SECRETS[3]),
        ("idempotency-key", "k"),
    ];
    let mut express = create_body("masked-express-1", 1000);
    express["shipping"] = json!({"dynamicOptions": {
        "callbackUrl": "https://example.com", "callbackAuthorizationToken": "SECRETCALLBACKTOKEN"}});
    let cut = format!("{{\"clientSecret\":\"SECRETCLIENTSECRET\",\"x\":\"{}", "y".repeat(80_000));
    vec![
        shop.send("POST", "/accesstoken/get", &token, form),
        shop.send("POST", "/accesstoken/get", &token[..3], r#"{"client_secret":"SECRETINFORM"}"#),
        shop.send("POST", "/accesstoken/get", &token[1..], ""),
        shop.send("POST", "/epayment/v1/payments", &api, express.to_string()),
        shop.send("POST", "/epayment/v1/payments?subscription-key=SECRETINQUERY&a=1", &api, cut),
        shop.send("GET", "/epayment/v1/payments/masked-0001?access_token=SECRETINQUERY", &api, Body::empty()),
        shop.send(
            "GET",
            "/epayment/v1/payments/masked-0001",
            &[("authorization", "SECRETBEARERTOKEN"), api[1]],
            "",
        ),
        shop.send("GET", "/nowhere?token=SECRETINQUERY", &api, Body::empty()),
    ]
}

/// Everything that can be read of the journal, as one text.
fn all_outputs(shop: &Merchant<'_>) -> String {
    let rows = rows(shop, "?limit=1000");
    let mut outputs: String = rows.iter().map(Value::to_string).collect();
    for row in &rows {
        let id = row["id"].as_str().expect("an id");
        outputs += &shop.control("GET", &format!("/requests/{id}"), &Value::Null).text;
        outputs += &shop.control("GET", &format!("/requests/{id}/curl"), &Value::Null).text;
    }
    outputs + &format!("{:?}", shop.sandbox.requests().list())
}

#[test]
fn no_output_shows_a_secret() {
    let unit = Sandbox::start();
    let configured = Sandbox::builder().configured_credentials().start();
    for sandbox in [&unit, &configured] {
        let shop = Merchant::new(sandbox);
        let answers = call_with_secrets(&shop);
        let outputs = all_outputs(&shop);
        for secret in SECRETS {
            assert!(!outputs.contains(secret), "{secret} in {outputs}");
        }
        for token in
            answers.iter().filter_map(|answer| answer.json()["access_token"].as_str().map(str::to_owned))
        {
            assert!(!outputs.contains(&token[..40]) && !outputs.contains(&token[token.len() - 40..]));
        }
    }
}

#[test]
fn a_client_id_that_an_answer_repeats_is_masked_there_too() {
    let sandbox = Sandbox::builder().configured_credentials().start();
    let shop = Merchant::new(&sandbox);
    let unit = shop.control("POST", "/sales-units", &json!({})).json();
    let key = unit["subscriptionKeys"][0].as_str().expect("a key");
    let headers =
        [("client_id", "SECRETCLIENTIDENTIFIER"), ("client_secret", "x"), ("ocp-apim-subscription-key", key)];
    let answer = shop.send("POST", "/accesstoken/get", &headers, "");
    assert!(answer.text.contains("SECRETCLIENTIDENTIFIER"), "{}", answer.text);
    let outputs = all_outputs(&shop);
    assert!(!outputs.contains("SECRETCLIENTIDENTIFIER") && outputs.contains("'SECR…'"), "{outputs}");
    assert!(outputs.contains("whose client_id is another"), "{outputs}");
}

#[test]
fn the_secret_of_a_registration_is_masked() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let body = json!({"url": "http://localhost:1/hook", "events": ["epayments.payment.created.v1"]});
    let answer = shop.call("POST", "/webhooks/v1/webhooks", None, body.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text);
    let secret = answer.json()["secret"].as_str().expect("a secret").to_owned();
    let row = rows(&shop, "?operation=webhooks.register").remove(0);
    assert_eq!((&row["msn"], &row["reference"]), (&json!("123456"), &Value::Null));
    assert_eq!(row["responseBody"]["id"], answer.json()["id"]);
    let outputs = all_outputs(&shop);
    assert!(!outputs.contains(&secret) && !outputs.contains(&secret[4..16]), "{outputs}");
}

#[test]
fn masks_tell_two_secrets_apart() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    for key in ["0f14ebcab0eb4b29ae0cb90d91b4a84a", "9c3debcab0eb4b29ae0cb90d91b4a84a"] {
        shop.send("GET", "/epayment/v1/payments/two-secrets", &[("ocp-apim-subscription-key", key)], "");
    }
    let keys: Vec<_> =
        rows(&shop, "").iter().map(|row| row["headers"]["ocp-apim-subscription-key"].clone()).collect();
    assert_eq!(keys, ["9c3d…", "0f14…"]);
}

#[test]
fn a_header_that_came_twice_shows_both_values() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let twice = [("idempotency-key", "one"), ("idempotency-key", "two"), ("authorization", "Bearer x")];
    shop.send("POST", "/epayment/v1/payments", &twice, "");
    assert_eq!(rows(&shop, "")[0]["headers"]["idempotency-key"], json!(["one", "two"]));
}

#[test]
fn curl_prints_the_call_with_variables_for_secrets() {
    let sandbox = Sandbox::builder().public_url("http://sandbox.test").start();
    let shop = Merchant::new(&sandbox);
    shop.call("POST", "/epayment/v1/payments?a=1", Some("it's"), r#"{"reference":"it's $HOME"}"#);
    let answer = shop.control("GET", "/requests/req-1/curl", &Value::Null);
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(
        answer.text,
        r#"# Set SUBSCRIPTION_KEY, ACCESS_TOKEN first.
curl -X POST 'http://sandbox.test/epayment/v1/payments?a=1' \
  -H 'ocp-apim-subscription-key: '"$SUBSCRIPTION_KEY" \
  -H 'authorization: Bearer '"$ACCESS_TOKEN" \
  -H 'merchant-serial-number: 123456' \
  -H 'content-type: application/json' \
  -H 'idempotency-key: it'\''s' \
  --data-raw '{"reference":"it'\''s $HOME"}'
"#
    );
    shop.send("POST", "/nowhere", &[], vec![b'a', 0, 0xff]);
    let answer = shop.control("GET", "/requests/req-2/curl", &Value::Null).text;
    assert!(
        answer.starts_with(r"printf '\141\000\377' | curl -X POST http://sandbox.test/nowhere"),
        "{answer}"
    );
    assert!(answer.contains("-H 'Content-Type:'"), "curl would name a type that was not sent: {answer}");
}
