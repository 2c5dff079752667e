//! Who is told of events, and how that goes.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::deliveries::{Line, short_name};
use super::text::Time;
use super::{MAX_ROWS, aside, shown};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::engine::{DeliveryFilter, Hook, Unit};

/// A registration.
struct Receiver {
    id: String,
    msn: Msn,
    url: String,
    events: String,
    is_registered: bool,
    waiting: usize,
    due: Option<Time>,
}

#[derive(Template)]
#[template(path = "dashboard/webhooks.html", whitespace = "minimize")]
struct Webhooks {
    receivers: Vec<Receiver>,
    is_cut: bool,
    attempts: Vec<Line>,
    base: String,
}

/// Shows registrations and the last attempts.
pub(super) async fn view(State(control): State<Control>) -> Response {
    let webhooks = aside(move || {
        let engine = &control.engine;
        let mut receivers = Vec::new();
        for unit in engine.units() {
            receivers.extend(unit.receivers().iter().map(|hook| receiver(&control, &unit, hook)));
            if receivers.len() > MAX_ROWS {
                break;
            }
        }
        let is_cut = receivers.len() > MAX_ROWS;
        receivers.truncate(MAX_ROWS);
        let now = engine.read_clock(None).now;
        let attempts = engine.deliveries(&DeliveryFilter::default(), MAX_ROWS);
        let mut attempts: Vec<_> = attempts.iter().map(|row| Line::new(row, now)).collect();
        Time::set_days(attempts.iter_mut().map(|line| &mut line.time), now);
        Webhooks { receivers, is_cut, attempts, base: control.public_url.clone() }
    });
    shown(&webhooks.await)
}

fn receiver(control: &Control, unit: &Unit, hook: &Hook) -> Receiver {
    let (waiting, due) = hook.waiting();
    let names: Vec<_> = hook.registration.events.iter().map(|event| short_name(event.name())).collect();
    Receiver {
        id: hook.id.to_string(),
        msn: unit.msn,
        url: hook.registration.url.clone(),
        events: names.join(", "),
        is_registered: hook.is_registered,
        waiting,
        due: due.filter(|_| waiting > 0).map(|at| Time::new(at, control.engine.now(unit))),
    }
}
