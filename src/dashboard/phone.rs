//! The customers' phones: the requests that wait for somebody to say yes or no.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::text::{Time, flow};
use super::{MAX_ROWS, aside, shown};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::domain::payment::{Payment, State as PaymentState, UserFlow};
use crate::engine::Slot;

/// A request on somebody's phone.
struct Waiting {
    msn: Msn,
    shop: String,
    reference: String,
    amount: String,
    description: String,
    customer: Option<String>,
    flow: &'static str,
    expires: Time,
}

#[derive(Template)]
#[template(path = "dashboard/phone.html", whitespace = "minimize")]
struct Phone {
    pushed: Vec<Waiting>,
    others: Vec<Waiting>,
    is_cut: bool,
    try_it: String,
}

/// Shows the requests that wait, those that came by push message first.
pub(super) async fn view(State(control): State<Control>) -> Response {
    let phone = aside(move || {
        let waits = |is_push: bool| {
            move |payment: Payment<'_>| {
                payment.state() == PaymentState::Created
                    && (payment.order.flow() == UserFlow::PushMessage) == is_push
            }
        };
        let list = |is_push: bool| control.engine.list(None, &waits(is_push), MAX_ROWS, None);
        let (pushed, others) = (list(true), list(false));
        let show = |slots: &[Arc<Slot>]| slots.iter().map(|slot| waiting(&control, slot)).collect();
        Phone {
            pushed: show(&pushed.slots),
            others: show(&others.slots),
            is_cut: pushed.next.is_some() || others.next.is_some(),
            try_it: super::list::try_it(&control),
        }
    });
    shown(&phone.await)
}

fn waiting(control: &Control, slot: &Slot) -> Waiting {
    let order = &slot.order;
    Waiting {
        msn: slot.unit.msn,
        shop: slot.unit.settings().name.clone(),
        reference: order.reference().to_owned(),
        amount: order.amount().to_string(),
        description: order.description().to_owned(),
        customer: order.phone_number().map(|number| format!("+{number}")),
        flow: flow(order.flow()),
        expires: Time::new(order.expires_at(), control.engine.now(&slot.unit)),
    }
}
