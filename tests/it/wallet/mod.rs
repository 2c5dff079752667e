//! The customer's side without a browser: what its pages say, and what its forms do.

mod forms;
mod pages;
mod qr;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};

/// A sandbox whose every token repeats.
fn frozen() -> Sandbox {
    Sandbox::builder().seed(7).frozen_at("2026-11-20T09:00:00Z").start()
}

/// Creates a payment with these members put over the usual ones, and returns the path that `redirectUrl` leads to.
fn redirect_of(shop: &Merchant<'_>, reference: &str, parts: &Value) -> String {
    let mut body = create_body(reference, 49_900);
    for (name, value) in parts.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let created = shop.create(reference, &body);
    assert_eq!(created.status, 201, "{}", created.text);
    let url = created.json()["redirectUrl"].as_str().expect("an address").to_owned();
    url.strip_prefix(&shop.sandbox.url()).expect("an address of the sandbox").to_owned()
}

/// A plain payment with a description.
fn plain(shop: &Merchant<'_>, reference: &str) -> String {
    redirect_of(shop, reference, &json!({"paymentDescription": "One pair of socks"}))
}

/// Opens a page as a browser would, under a name that the control API does not answer to.
fn open(shop: &Merchant<'_>, path: &str) -> Answer {
    shop.send("GET", path, &[("host", "pay.example.com")], "")
}

fn token_of(path: &str) -> &str {
    path.split_once("token=").expect("a token").1
}

/// Sends the form of a page with these fields besides the token.
fn send(shop: &Merchant<'_>, path: &str, fields: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("host", "pay.example.com"), ("content-type", "application/x-www-form-urlencoded")];
    all.extend(headers);
    shop.send("POST", "/pay", &all, format!("token={}&{fields}", token_of(path)))
}

fn location(answer: &Answer) -> &str {
    std::str::from_utf8(answer.headers["location"].as_bytes()).expect("UTF-8")
}

fn state(shop: &Merchant<'_>, reference: &str) -> String {
    shop.get(reference).json()["state"].as_str().expect("a state").to_owned()
}
