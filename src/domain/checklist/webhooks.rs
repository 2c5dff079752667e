//! Rules about the receiver of webhooks.

use std::collections::HashMap;

use super::{DeliverySeen, Examined, Level, Rests, Rule, Seen, Traffic, counted};
use crate::domain::operation::Operation;
use crate::domain::span::Span;
use crate::domain::webhook::conformance::IN_TIME;

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "webhooks",
        title: "Webhooks are registered",
        level: Level::Warning,
        rule: "There is a registration, or there were deliveries, in a run that makes payments.",
        source: "The vendor's checklist: webhooks and polling are both needed, because a customer need not come back.",
        advice: "Register a webhook for the events of payments, or start the sandbox with --webhook-url and --webhook-secret.",
        rests: Rests::Sight,
        look: registered,
    },
    Rule {
        id: "webhooks-taken",
        title: "The receiver takes every webhook",
        level: Level::Error,
        rule: "Of every event that was sent with a good signature, an attempt is answered with 2xx.",
        source: "The vendor's webhook guide: all else is tried again, and in the end the registration is removed.",
        advice: "Answer 2xx as soon as the event is stored, events that you do not know too.",
        rests: Rests::Deliveries,
        look: taken,
    },
    Rule {
        id: "webhooks-quick",
        title: "The receiver answers at once",
        level: Level::Warning,
        rule: "No answer takes longer than a second. The delivery fails after ten.",
        source: "The vendor's webhook guide, which gives ten seconds; the second is the sandbox's own measure of \"at once\".",
        advice: "Store the event, answer, and do the work afterwards.",
        rests: Rests::Deliveries,
        look: quick,
    },
    Rule {
        id: "signature-checked",
        title: "The receiver refuses forged webhooks",
        level: Level::Error,
        rule: "Deliveries whose signature is wrong on purpose are answered with something else than 2xx.",
        source: "The vendor's webhook guide: anybody can call the receiver, so only the signature tells.",
        advice: "Check hash, date and signature of every delivery before anything else; webhook verify shows each step.",
        rests: Rests::Sight,
        look: signature,
    },
];

fn registered(traffic: &Traffic) -> Seen {
    let payments = traffic.of(Operation::Create).filter(|call| call.went_well()).count();
    let registered: Vec<_> =
        traffic.of(Operation::WebhooksRegister).filter(|call| call.went_well()).collect();
    if traffic.has_webhook || !registered.is_empty() || !traffic.deliveries.is_empty() {
        let attempts = counted(traffic.deliveries.len(), "attempt");
        return Seen::passed(format!("{attempts} to deliver.")).by(registered);
    }
    match (payments, traffic.forgotten_calls) {
        (0, 0) => Seen::nothing("No payment was made."),
        (_, 0) => Seen::failed(format!("No webhook for {}.", counted(payments, "payment"))),
        _ => Seen::nothing("There is none in the calls that are remembered."),
    }
}

fn genuine(traffic: &Traffic) -> impl Iterator<Item = &DeliverySeen> {
    traffic.deliveries.iter().filter(|delivery| !delivery.is_forged)
}

fn taken(traffic: &Traffic) -> Seen {
    // What became of an event in the end is what counts: a receiver may be down for a while.
    let mut events: HashMap<u64, (&DeliverySeen, bool)> = HashMap::new();
    for delivery in genuine(traffic) {
        let event = events.entry(delivery.line).or_insert((delivery, false));
        *event = (delivery, event.1 || delivery.was_taken());
    }
    let count = events.len();
    let mut lost: Vec<_> = events.into_values().filter(|(_, taken)| !taken).map(|(last, _)| last).collect();
    lost.sort_unstable_by_key(|delivery| delivery.id.parse::<u64>().unwrap_or_default());
    match (count, lost.len()) {
        (0, _) => Seen::nothing("No webhook was sent."),
        (_, 0) => Seen::passed(format!("{} taken.", counted(count, "event"))),
        (_, missed) => {
            Seen::failed(format!("Not taken: {missed} of {}.", counted(count, "event"))).in_deliveries(lost)
        }
    }
}

fn quick(traffic: &Traffic) -> Seen {
    const LIMIT: Span = Span::seconds(1);
    let count = genuine(traffic).count();
    let slow: Vec<_> = genuine(traffic).filter(|delivery| delivery.took > LIMIT).collect();
    match (count, slow.len()) {
        (0, _) => Seen::nothing("No webhook was sent."),
        (_, 0) => Seen::passed(format!("{} answered within a second.", counted(count, "attempt"))),
        (_, missed) => {
            let all = counted(count, "attempt");
            Seen::failed(format!("Longer than a second: {missed} of {all}.")).in_deliveries(slow)
        }
    }
}

fn signature(traffic: &Traffic) -> Seen {
    // Of a receiver that does not answer at all nothing is known.
    let forged: Vec<_> = traffic
        .deliveries
        .iter()
        .filter(|delivery| delivery.is_forged && delivery.status.is_some())
        .collect();
    let believed: Vec<_> = forged.iter().copied().filter(|delivery| delivery.was_taken()).collect();
    let refuses = |check: &&Examined| check.name.starts_with("refuses-");
    let failed: Vec<_> = traffic
        .examined
        .iter()
        .filter(|check| refuses(check) && !check.passed)
        .map(|check| check.name.as_str())
        .collect();
    let answers = traffic.examined.iter().any(|check| check.name == IN_TIME && check.passed);
    if !believed.is_empty() {
        let count = believed.len();
        return Seen::failed(format!(
            "Taken: {count} of {} that were forged.",
            counted(forged.len(), "delivery")
        ))
        .in_deliveries(believed);
    }
    match (forged.len(), failed.as_slice(), answers) {
        (_, [_, ..], true) => {
            Seen::failed(format!("The conformance run says: {} failed.", failed.join(", ")))
        }
        (0, _, false) => Seen::nothing(
            "No forged webhook was sent. The policy {\"signature\":\"wrong-secret\"} or POST /_sandbox/webhooks/conformance \
             does that.",
        ),
        (0, _, true) => Seen::passed("The receiver has passed the conformance run."),
        (count, ..) => {
            Seen::passed(format!("{} refused.", counted(count, "forged delivery"))).in_deliveries(forged)
        }
    }
}
