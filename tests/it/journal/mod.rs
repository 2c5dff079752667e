//! The journal: what it keeps, what it shows, and what it says of refusals.

mod explained;
mod kept;
mod live;
mod masked;

use serde_json::Value;

use crate::api::Merchant;

/// The journal's rows for a query such as `?limit=3`.
fn rows(shop: &Merchant<'_>, query: &str) -> Vec<Value> {
    let answer = shop.control("GET", &format!("/requests{query}"), &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["requests"].as_array().expect("a list").clone()
}

/// One member of each row, in the order of the journal.
fn members(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}

/// The newest row.
fn last(shop: &Merchant<'_>) -> Value {
    rows(shop, "?limit=1").remove(0)
}

/// What is said of the newest call.
fn explanation(shop: &Merchant<'_>) -> String {
    last(shop)["explanation"].as_str().unwrap_or_default().to_owned()
}
