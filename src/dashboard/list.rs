//! The list of payments, newest first, with the refused creates among them: a developer looks there first.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::calls::Line;
use super::text::{Badge, Time, has};
use super::{MAX_ROWS, aside, shown};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::domain::payment::{Payment, Phase};
use crate::domain::time::Timestamp;
use crate::engine::{Credentials, DEFAULT_MSN, Engine, Slot, Unit};
use crate::journal::{Filter, Row};

/// What the filter calls creates that made no payment.
const REFUSED: &str = "REFUSED";

/// What is asked of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    msn: String,
    phase: String,
    /// The number of the last payment of the page before.
    cursor: Option<u64>,
    /// When that one was made, in microseconds: refused creates of later times were on its page.
    until: Option<i64>,
}

impl Asked {
    fn is_filtered(&self) -> bool {
        !(self.q.is_empty() && self.msn.is_empty() && self.phase.is_empty())
    }

    fn page(&self, cursor: Option<(u64, i64)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.q), ("msn", &self.msn), ("phase", &self.phase)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((cursor, until)) = cursor {
            query.append_pair("cursor", &cursor.to_string()).append_pair("until", &until.to_string());
        }
        format!("/_sandbox/ui/?{}", query.finish())
    }
}

/// A payment, or a create that was refused.
enum Entry {
    Payment(PaymentLine),
    Refused(Line),
}

struct PaymentLine {
    msn: Msn,
    reference: String,
    time: Time,
    at: Timestamp,
    amount: String,
    badge: Badge,
    /// Until when the customer can approve.
    expires: Option<Time>,
}

impl Entry {
    fn at(&self) -> Timestamp {
        match self {
            Self::Payment(line) => line.at,
            Self::Refused(line) => line.at,
        }
    }
}

#[derive(Template)]
#[template(path = "dashboard/list.html", whitespace = "minimize")]
struct List {
    asked: Asked,
    units: Vec<Msn>,
    phases: Vec<&'static str>,
    entries: Vec<Entry>,
    /// How many payments there are in all, or in the sales unit.
    total: u64,
    newest: Option<String>,
    older: Option<String>,
    is_filtered: bool,
    many_units: bool,
    try_it: String,
}

/// Shows a page of the list.
pub(super) async fn view(State(control): State<Control>, Query(asked): Query<Asked>) -> Response {
    shown(&aside(move || look(&control, asked)).await)
}

fn look(control: &Control, asked: Asked) -> List {
    let engine = &control.engine;
    let units: Vec<Msn> = engine.units().iter().map(|unit| unit.msn).take(1000).collect();
    let phases = Phase::ALL.iter().map(|(word, _)| *word).chain([REFUSED]).collect();
    let msn = Msn::parse(&asked.msn);
    let unit = msn.and_then(|msn| engine.unit(msn));
    let nowhere = !asked.msn.is_empty() && unit.is_none();
    let (mut entries, mut next) = (Vec::new(), None);
    if asked.phase != REFUSED && !nowhere {
        (entries, next) = payments(engine, unit.as_deref(), &asked);
    }
    if matches!(asked.phase.as_str(), "" | REFUSED) && !nowhere {
        entries.extend(refused(control, msn, &asked, next.map(|(_, at)| at)));
        entries.sort_by_key(|entry| Reverse(entry.at()));
    }
    List {
        total: unit.as_ref().map_or_else(|| engine.payment_count(), |unit| unit.payment_count()),
        newest: asked.cursor.map(|_| asked.page(None)),
        older: next.map(|next| asked.page(Some(next))),
        is_filtered: asked.is_filtered(),
        many_units: units.len() > 1,
        try_it: try_it(control),
        asked,
        units,
        phases,
        entries,
    }
}

/// Returns a page of payments, and where the next one begins.
fn payments(engine: &Engine, unit: Option<&Unit>, asked: &Asked) -> (Vec<Entry>, Option<(u64, i64)>) {
    let phase = Phase::parse(&asked.phase);
    let q = asked.q.trim();
    let keep = |payment: Payment<'_>| {
        let fits_text = |payment: Payment<'_>| {
            has(payment.order.reference(), q)
                || has(payment.order.description(), q)
                || payment.order.phone_number().is_some_and(|number| has(&number.to_string(), q))
        };
        phase.is_none_or(|phase| payment.course.standing().phase() == phase)
            && (q.is_empty() || fits_text(payment))
    };
    // A text can name a sales unit: then its payments are meant.
    let named = Msn::parse(q).and_then(|msn| engine.unit(msn)).filter(|_| unit.is_none());
    let page = match &named {
        Some(named) => {
            let keep =
                |payment: Payment<'_>| phase.is_none_or(|phase| payment.course.standing().phase() == phase);
            engine.list(Some(named), &keep, MAX_ROWS, asked.cursor)
        }
        None => engine.list(unit, &keep, MAX_ROWS, asked.cursor),
    };
    let next = page.next.zip(page.slots.last().map(|slot| slot.order.created_at().as_micros()));
    (page.slots.iter().map(|slot| Entry::Payment(line(engine, slot))).collect(), next)
}

fn line(engine: &Engine, slot: &std::sync::Arc<Slot>) -> PaymentLine {
    let now = engine.now(&slot.unit);
    let phase = engine.read(slot, |payment| payment.course.standing().phase());
    let at = slot.order.created_at();
    PaymentLine {
        msn: slot.unit.msn,
        reference: slot.order.reference().to_owned(),
        time: Time::new(at, now),
        at,
        amount: slot.order.amount().to_string(),
        badge: phase.into(),
        expires: (phase == Phase::Created).then(|| Time::new(slot.order.expires_at(), now)),
    }
}

/// Returns the refused creates that belong on the page, which ends at a payment made at `from`.
fn refused(control: &Control, msn: Option<Msn>, asked: &Asked, from: Option<i64>) -> Vec<Entry> {
    let filter = Filter { msn, operation: Some(Operation::Create), ..Filter::default() };
    let q = asked.q.trim();
    let keep = |row: &Row| {
        let at = row.at().as_micros();
        row.status() >= 400
            && from.is_none_or(|from| at >= from)
            && asked.until.is_none_or(|until| at < until)
            && (q.is_empty()
                || row.msn().is_some_and(|msn| has(&msn.to_string(), q))
                || row.reference().is_some_and(|reference| has(&reference, q)))
    };
    let rows = control.journal.search(&filter, &keep, MAX_ROWS);
    let now = |row: &Row| {
        let unit = row.msn().and_then(|msn| control.engine.unit(msn));
        control.engine.read_clock(unit.as_deref()).now
    };
    rows.iter().map(|row| Entry::Refused(Line::new(row, now(row)))).collect()
}

/// Writes the curl line that makes a payment here.
pub(super) fn try_it(control: &Control) -> String {
    let base = &control.public_url;
    let settings = control.engine.settings();
    let (msn, token, key) = match (settings.credentials, control.engine.units().first()) {
        (Credentials::Configured, Some(unit)) => (unit.msn.to_string(), "$ACCESS_TOKEN", "$SUBSCRIPTION_KEY"),
        _ => (DEFAULT_MSN.to_owned(), "any", "any"),
    };
    format!(
        "curl -X POST {base}/epayment/v1/payments \\\n  \
         -H \"Authorization: Bearer {token}\" \\\n  \
         -H \"Ocp-Apim-Subscription-Key: {key}\" \\\n  \
         -H \"Merchant-Serial-Number: {msn}\" \\\n  \
         -H \"Idempotency-Key: try-1\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  \
         -d '{{\n    \"amount\": {{\"currency\": \"NOK\", \"value\": 49900}},\n    \
         \"paymentMethod\": {{\"type\": \"WALLET\"}},\n    \
         \"reference\": \"acme-shop-0001\",\n    \
         \"userFlow\": \"WEB_REDIRECT\",\n    \
         \"returnUrl\": \"http://localhost:3000/done\",\n    \
         \"paymentDescription\": \"One pair of socks\"\n  }}'"
    )
}
