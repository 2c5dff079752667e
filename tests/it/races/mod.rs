//! Races: each is armed by one call, happens once, and in the order that it promises.

mod armed;
mod calls;
mod webhooks;

use serde_json::{Value, json};

use crate::api::Merchant;

/// Arms a race; returns its id.
fn arm(shop: &Merchant<'_>, kind: &str, matching: &Value) -> String {
    let answer = shop.control("POST", "/races", &json!({"kind": kind, "match": matching}));
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// Every race, oldest first.
fn races(shop: &Merchant<'_>) -> Vec<Value> {
    let list = shop.control("GET", "/races", &Value::Null).json();
    list["races"].as_array().expect("a list").clone()
}

/// The payment that the latest race was run with, and what happened.
fn last_fired(shop: &Merchant<'_>) -> (String, String) {
    let races = races(shop);
    let last = races.last().expect("a race");
    assert_eq!(last["state"], "fired", "{last}");
    let text = |name: &str| last["fired"][name].as_str().expect("a text").to_owned();
    (text("reference"), text("outcome"))
}

fn is_armed(shop: &Merchant<'_>) -> bool {
    let races = races(shop);
    let last = races.last().expect("a race");
    assert_eq!(last["fired"].is_null(), last["state"] == "armed", "{last}");
    last["state"] == "armed"
}

/// The names and times of a payment's events.
fn events(shop: &Merchant<'_>, reference: &str) -> Vec<(String, String)> {
    let events = shop.events(reference).json();
    let text = |event: &Value, name: &str| event[name].as_str().expect("a text").to_owned();
    let events = events.as_array().expect("a list");
    events.iter().map(|event| (text(event, "name"), text(event, "timestamp"))).collect()
}

fn event_names(shop: &Merchant<'_>, reference: &str) -> Vec<String> {
    events(shop, reference).into_iter().map(|(name, _)| name).collect()
}
