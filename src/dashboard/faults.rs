//! What is to go wrong, and arming more of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::shown;
use crate::control::Control;
use crate::domain::errors::{CATALOGUE, ErrorSpec};
use crate::domain::fault::{ConnectionFault, Delay, Effect, Match, Spoil};
use crate::domain::operation::Operation;
use crate::engine::ListedFault;

/// A fault that is armed or used up.
struct Armed {
    id: String,
    strikes: String,
    then: String,
    acted: u64,
    times: String,
    is_used_up: bool,
}

/// An error to pick.
struct Choice {
    /// What the control API takes: the number, else the row's name.
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "dashboard/faults.html", whitespace = "minimize")]
struct Faults {
    faults: Vec<Armed>,
    operations: Vec<&'static str>,
    errors: Vec<Choice>,
    connections: Vec<&'static str>,
}

/// Shows the faults.
pub(super) async fn view(State(control): State<Control>) -> Response {
    let faults = control.engine.faults(None);
    shown(&Faults {
        faults: faults.iter().map(armed).collect(),
        operations: Operation::ALL.into_iter().map(Operation::name).collect(),
        errors: CATALOGUE.iter().map(choice).collect(),
        connections: ConnectionFault::ALL.iter().map(|(word, _)| *word).collect(),
    })
}

fn choice(spec: &ErrorSpec) -> Choice {
    let (title, status, operations) = (spec.title, spec.status, spec.operations_text());
    match spec.number {
        Some(number) => {
            Choice { value: number.to_string(), label: format!("{number} {title} ({status}, {operations})") }
        }
        None => Choice { value: spec.name.to_owned(), label: format!("{title} ({status}, {operations})") },
    }
}

fn armed(listed: &ListedFault) -> Armed {
    let fault = &listed.fault;
    let limit = fault.times.map_or_else(|| "every call".to_owned(), |times| times.to_string());
    Armed {
        id: listed.id(),
        strikes: strikes(&fault.matching, fault.skip, fault.probability),
        then: then(&fault.effect),
        acted: listed.acted,
        times: limit,
        is_used_up: fault.times.is_some_and(|times| listed.acted >= times),
    }
}

fn strikes(matching: &Match, skip: u64, probability: f64) -> String {
    let parts = [
        Some(matching.operation.unwrap_or("any operation").to_owned()),
        matching.msn.map(|msn| format!("sales unit {msn}")),
        matching.reference.as_ref().map(|glob| format!("reference {glob}")),
        matching.phone_number.map(|number| format!("phone +{number}")),
        (skip > 0).then(|| format!("after {skip}")),
        (probability < 1.0).then(|| format!("probability {probability}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn then(effect: &Effect) -> String {
    let spoil = effect.spoil.map(|spoil| match spoil {
        Spoil::Error(choice) => format!("error {choice}"),
        Spoil::Status(status) => format!("status {}", status.get()),
        Spoil::Connection(fault) => fault.word().to_owned(),
    });
    let delay = effect.delay.map(|delay| match delay {
        Delay::Fixed(span) => format!("{} late", span.short()),
        Delay::Uniform { min, max } => format!("{} to {} late", min.short(), max.short()),
        Delay::Lognormal { median, .. } => format!("about {} late", median.short()),
    });
    let committed = effect.commit.then(|| "after the operation was carried out".to_owned());
    [spoil, delay, committed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
