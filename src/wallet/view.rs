//! The two steps as the customer sees them: the templates' data, made from a payment.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::delivery::Deliveries;
use super::given::Given;
use super::problem::{self, WrongNumber};
use super::{asks_for_number, locked_number, phone};
use crate::domain::money::{Amount, decimal};
use crate::domain::payment::{Offer, Order, OrderLine, PaymentMethod, Scope, Scopes};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::user::{Address, Card, User};
use crate::engine::Slot;
use crate::pages;

/// What is paid, on both steps.
struct Summary {
    unit: String,
    /// With the chosen delivery.
    total: String,
    has_delivery: bool,
    description: String,
    reference: String,
    lines: Vec<Line>,
}

struct Line {
    name: String,
    quantity: Option<String>,
    total: String,
}

impl Summary {
    fn new(order: &Order, unit: &SalesUnit) -> Self {
        let receipt = order.extras().and_then(|extras| extras.receipt.as_ref()?.as_ref().ok());
        Self {
            unit: unit.name.clone(),
            total: order.amount().to_string(),
            has_delivery: false,
            description: order.description().to_owned(),
            reference: order.reference().to_owned(),
            lines: receipt.into_iter().flat_map(|receipt| receipt.lines.iter().map(Line::new)).collect(),
        }
    }
}

impl Line {
    fn new(line: &OrderLine) -> Self {
        let total = decimal(line.total.unsigned_abs());
        Self {
            name: line.name.clone(),
            quantity: line.quantity.as_ref().map(|(quantity, unit)| match *unit {
                "PCS" => format!("× {quantity}"),
                unit => format!("{quantity} {}", unit.to_lowercase()),
            }),
            total: if line.counts_negative() { format!("−{total}") } else { total },
        }
    }
}

/// Step 1: who pays.
#[derive(Template)]
#[template(path = "wallet/who.html")]
struct Who {
    summary: Summary,
    token: String,
    phone_number: String,
    locked: bool,
    example: &'static str,
    problem: Option<String>,
}

/// Asks who pays.
pub(super) fn who(
    slot: &Arc<Slot>,
    unit: &SalesUnit,
    given: &Given,
    problem: Option<WrongNumber>,
) -> Response {
    let locked = locked_number(slot);
    let own = slot.order.phone_number().map(|number| number.to_string());
    let phone_number = match locked {
        Some(number) => number.to_string(),
        None => given.phone_number.clone().or(own).unwrap_or_default(),
    };
    let example = phone::example(unit.market);
    let page = Who {
        summary: Summary::new(&slot.order, unit),
        token: given.token.clone().unwrap_or_default(),
        phone_number,
        locked: locked.is_some(),
        example,
        problem: problem.map(WrongNumber::text),
    };
    pages::page(StatusCode::OK, &page, &leads_to(&slot.order))
}

/// Step 2: what is paid, and how.
#[derive(Template)]
#[template(path = "wallet/ask.html")]
struct Ask {
    summary: Summary,
    token: String,
    phone_number: String,
    payer: String,
    change_link: Option<String>,
    by_card: bool,
    options: Vec<ShownOption>,
    addresses: Vec<ShownAddress>,
    /// Whether the options depend on the address.
    moves: bool,
    /// Whether there is nothing to approve, because nothing can be delivered.
    is_stuck: bool,
    cards: Vec<ShownCard>,
    shared: Vec<(&'static str, String)>,
    legal: Vec<String>,
    problem: Option<String>,
}

struct ShownOption {
    id: String,
    name: String,
    details: Vec<String>,
    cost: String,
    total: String,
    is_chosen: bool,
}

struct ShownAddress {
    place: usize,
    text: String,
    is_chosen: bool,
}

struct ShownCard {
    bin: String,
    scheme: String,
    number: String,
    fault: Option<&'static str>,
    is_chosen: bool,
}

/// Asks the customer to approve.
pub(super) fn ask(
    slot: &Arc<Slot>,
    unit: &SalesUnit,
    user: &User,
    given: &Given,
    deliveries: Deliveries,
) -> Response {
    let order = &slot.order;
    let by_card = order.method() != PaymentMethod::Wallet;
    let mut summary = Summary::new(order, unit);
    let options =
        deliveries.offer.as_ref().map(|offer| shown_options(order, offer, given)).unwrap_or_default();
    if let Some(chosen) = options.iter().find(|option| option.is_chosen) {
        summary.total.clone_from(&chosen.total);
        summary.has_delivery = true;
    }
    let scopes = order.extras().map(|extras| extras.scopes).unwrap_or_default();
    let asks = asks_for_number(slot);
    let elsewhere = Given { token: given.token.clone(), ..Given::default() };
    let page = Ask {
        summary,
        token: given.token.clone().unwrap_or_default(),
        phone_number: user.phone_number.to_string(),
        payer: phone::write(user.phone_number),
        change_link: (asks && locked_number(slot).is_none()).then(|| elsewhere.link(None)),
        by_card,
        options,
        addresses: deliveries
            .addresses
            .iter()
            .map(|(place, address)| ShownAddress {
                place: *place,
                text: in_one_line(address),
                is_chosen: deliveries.to == Some(*place),
            })
            .collect(),
        moves: order.asks_for_options(),
        is_stuck: deliveries.problem.is_some(),
        cards: shown_cards(user, by_card, given.card.as_deref()),
        shared: shared(user, scopes),
        legal: order.extras().map(|extras| extras.legal_links.clone()).unwrap_or_default(),
        problem: deliveries.problem.or_else(|| given.problem.as_deref().and_then(problem::text)),
    };
    pages::page(StatusCode::OK, &page, &leads_to(order))
}

fn shown_options(order: &Order, offer: &Offer, given: &Given) -> Vec<ShownOption> {
    let asked = given.shipping_option.as_deref();
    let chosen = offer.options().find(|option| asked == Some(&option.id)).or(offer.default_option());
    let amount = |value| Amount { value, ..order.amount() }.to_string();
    let shown = offer.options().map(|option| ShownOption {
        id: option.id.clone(),
        name: option.name.clone(),
        details: option.estimated_delivery.iter().chain(&option.meta).cloned().collect(),
        cost: if option.cost == 0 { "Free".into() } else { amount(option.cost) },
        total: amount(order.amount().value + option.cost),
        is_chosen: chosen.is_some_and(|chosen| std::ptr::eq(chosen, option)),
    });
    shown.collect()
}

fn shown_cards(user: &User, by_card: bool, asked: Option<&str>) -> Vec<ShownCard> {
    let is_good = |card: &&Card| card.enabled && !card.expired;
    let cards: Vec<_> = user.cards.iter().filter(|card| by_card || is_good(card)).collect();
    if !by_card && cards.len() < 2 {
        return Vec::new();
    }
    let chosen = cards
        .iter()
        .find(|card| asked == Some(card.bin.as_str()))
        .or_else(|| cards.iter().find(|card| is_good(card)))
        .or(cards.first());
    let shown = cards.iter().map(|card| ShownCard {
        bin: card.bin.as_str().to_owned(),
        scheme: card.scheme.clone(),
        number: format!("{} {}••", &card.bin.as_str()[..4], &card.bin.as_str()[4..]),
        fault: match () {
            () if !card.enabled => Some("blocked"),
            () if card.expired => Some("expired"),
            () => None,
        },
        is_chosen: chosen.is_some_and(|chosen| std::ptr::eq(*chosen, *card)),
    });
    shown.collect()
}

/// What the shop asks to see, in words, with what the customer has there.
fn shared(user: &User, scopes: Scopes) -> Vec<(&'static str, String)> {
    let asked = Scope::ALL.into_iter().filter(|(_, scope)| scopes.has(*scope));
    let shown = asked.map(|(_, scope)| match scope {
        Scope::Name => ("Name", format!("{} {}", user.first_name, user.last_name)),
        Scope::Address => ("Address", user.addresses.iter().map(in_one_line).collect::<Vec<_>>().join("; ")),
        Scope::Email => ("Email address", user.email.clone()),
        Scope::PhoneNumber => ("Phone number", phone::write(user.phone_number)),
        Scope::BirthDate => ("Date of birth", user.date_of_birth.clone()),
        Scope::Nin => ("National identity number", String::new()),
        Scope::AccountNumbers => ("Bank account numbers", String::new()),
    });
    shown.collect()
}

fn in_one_line(address: &Address) -> String {
    let Address { address_line1, address_line2, city, country, post_code } = address;
    let second = address_line2.as_deref().map(|line| format!("{line}, ")).unwrap_or_default();
    format!("{address_line1}, {second}{post_code} {city}, {country}")
}

/// Where the forms of a payment's page may lead: browsers hold the policy also against the redirects that follow a form, and
/// a shop redirects as it likes.
fn leads_to(order: &Order) -> String {
    let scheme = order.return_url().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None | Some("http" | "https") => "https: http:".into(),
        Some(custom) => format!("https: http: {custom}:"),
    }
}
