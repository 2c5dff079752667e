//! Sales units and users.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::text::span;
use super::{MAX_ROWS, shown};
use crate::control::Control;
use crate::domain::sales_unit::{Permissions, SalesUnit};
use crate::domain::user::{Behaviour, User};
use crate::engine::Unit;

/// A sales unit.
struct Line {
    msn: String,
    name: String,
    market: &'static str,
    payments: u64,
    /// What it is called with: name, value.
    keys: Vec<(&'static str, String)>,
    /// What differs from a unit made on first use.
    differs: String,
}

#[derive(Template)]
#[template(path = "dashboard/units.html", whitespace = "minimize")]
struct Units {
    units: Vec<Line>,
    is_cut: bool,
}

/// Shows the sales units.
pub(super) async fn view(State(control): State<Control>) -> Response {
    let units = control.engine.units();
    let lines = units.iter().take(MAX_ROWS).map(|unit| line(unit)).collect();
    shown(&Units { units: lines, is_cut: units.len() > MAX_ROWS })
}

fn line(unit: &Unit) -> Line {
    let settings = unit.settings();
    let keys = [("Client id", &settings.client_id), ("Client secret", &settings.client_secret)];
    let keys = keys.into_iter().chain(settings.subscription_keys.iter().map(|key| ("Subscription key", key)));
    Line {
        msn: unit.msn.to_string(),
        name: settings.name.clone(),
        market: settings.market.code(),
        payments: unit.payment_count(),
        keys: keys.filter(|(_, key)| !key.is_empty()).map(|(name, key)| (name, key.clone())).collect(),
        differs: differs(&settings),
    }
}

fn differs(settings: &SalesUnit) -> String {
    let Permissions { payments, express, long_living, push_message, restricted_scopes, late_capture } =
        settings.permissions;
    let limit = settings.payment_limit.map(|limit| format!("at most {limit} payments authorised"));
    let rules = [
        (!payments, "no payments"),
        (!express, "no Express"),
        (!long_living, "no long-living payments"),
        (!push_message, "no push messages"),
        (restricted_scopes, "restricted scopes"),
        (late_capture, "late capture"),
        (!settings.partial_capture, "no partial capture"),
        (!settings.bank_account_verified, "bank account not verified"),
        (!settings.refunds_enabled, "no refunds"),
        (settings.phone_number_locked, "phone number locked"),
    ];
    let rules = rules.into_iter().filter(|(holds, _)| *holds).map(|(_, rule)| rule.to_owned());
    rules.chain(limit).collect::<Vec<_>>().join(", ")
}

/// A user that was set up.
struct Person {
    phone_number: String,
    name: String,
    behaviour: &'static str,
    after: String,
    cards: String,
}

#[derive(Template)]
#[template(path = "dashboard/users.html", whitespace = "minimize")]
struct Users {
    users: Vec<Person>,
    is_cut: bool,
    /// What everybody else does.
    default: &'static str,
    behaviours: Vec<&'static str>,
}

/// Shows the users.
pub(super) async fn users(State(control): State<Control>) -> Response {
    let settings = control.engine.settings();
    let users = control.engine.all_users(None);
    let person = |user: &User| Person {
        phone_number: user.phone_number.to_string(),
        name: format!("{} {}", user.first_name, user.last_name),
        behaviour: user.behaviour.unwrap_or(settings.customer).word(),
        after: span(user.after.unwrap_or(settings.customer_after)),
        cards: user
            .cards
            .iter()
            .map(|card| {
                let flaw = if card.expired {
                    " (expired)"
                } else if !card.enabled {
                    " (disabled)"
                } else {
                    ""
                };
                format!("{} {}{flaw}", card.scheme, card.bin.as_str())
            })
            .collect::<Vec<_>>()
            .join(", "),
    };
    shown(&Users {
        users: users.iter().take(MAX_ROWS).map(person).collect(),
        is_cut: users.len() > MAX_ROWS,
        default: settings.customer.word(),
        behaviours: Behaviour::ALL.iter().map(|(word, _)| *word).collect(),
    })
}
