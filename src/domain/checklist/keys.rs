//! Rules about idempotency keys, and about what to do after a refusal.

use std::collections::HashMap;

use super::{CallSeen, Level, Rests, Rule, Seen, Traffic, counted, unless_broken};
use crate::domain::errors::ErrorCode;
use crate::domain::operation::Operation;

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "idempotency-key",
        title: "Every create, capture and refund has an idempotency key",
        level: Level::Error,
        rule: "Create, capture and refund have an Idempotency-Key.",
        source: "The vendor's OpenAPI document and checklist.",
        advice: "Make a key per operation, keep it with the order, and send it again with every retry of that operation.",
        rests: Rests::Calls,
        look: |traffic| without_key(traffic, Operation::needs_idempotency_key, "create, capture or refund"),
    },
    Rule {
        id: "idempotency-key-on-cancel",
        title: "Every cancel has an idempotency key",
        level: Level::Note,
        rule: "Cancel has an Idempotency-Key.",
        source: "The vendor's guide recommends it; the API does without.",
        advice: "Send an Idempotency-Key with cancel as well.",
        rests: Rests::Calls,
        look: |traffic| without_key(traffic, |operation| operation == Operation::Cancel, "cancel"),
    },
    Rule {
        id: "idempotency-key-not-recycled",
        title: "An idempotency key belongs to one request",
        level: Level::Error,
        rule: "No call is refused because its key was used with another body (4010, 4020, 4150).",
        source: "The vendor's idempotency guide: the same key with another body is an error.",
        advice: "Use a new key for every new operation. Only a retry of the very same request has the key of the first.",
        rests: Rests::Calls,
        look: not_recycled,
    },
    Rule {
        id: "retry-with-same-key",
        title: "A retry has the idempotency key of the first try",
        level: Level::Error,
        rule: "After a 423, a 429, a 5xx or a failed capture that can be repeated, the same request comes with the same key.",
        source: "The vendor's error guidance: 423, 429 and 5xx are repeated with the same key, which makes the retry safe.",
        advice: "Keep the key with the operation and send it again: the first try may have gone through without an answer.",
        rests: Rests::Calls,
        look: same_key,
    },
    Rule {
        id: "refusal-not-repeated",
        title: "A refused request is not sent again unchanged",
        level: Level::Warning,
        rule: "No refusal is given a second time to the same idempotency key.",
        source: "The vendor's idempotency guide: an answer of 4xx stays with its key.",
        advice: "Mend what was refused and send it with a new key.",
        rests: Rests::Calls,
        look: |traffic| {
            let keyed = traffic.calls.iter().filter(|call| call.operation.takes_idempotency_key()).count();
            let broken = traffic.calls.iter().filter(|call| call.replayed);
            unless_broken("keyed call", keyed, broken, "Refused as before")
        },
    },
];

fn without_key(traffic: &Traffic, is_meant: fn(Operation) -> bool, what: &str) -> Seen {
    let calls: Vec<_> = traffic.calls.iter().filter(|call| is_meant(call.operation)).collect();
    let broken = calls.iter().copied().filter(|call| call.key.is_none());
    unless_broken(what, calls.len(), broken, "Without an Idempotency-Key")
}

fn not_recycled(traffic: &Traffic) -> Seen {
    const ERRORS: &[ErrorCode] =
        &[ErrorCode::CaptureKeyConflict, ErrorCode::IdempotencyKeyUsed, ErrorCode::RefundKeyConflict];
    let keyed =
        traffic.calls.iter().filter(|call| call.key.is_some() && call.operation.takes_idempotency_key());
    unless_broken("keyed call", keyed.count(), traffic.refused_with(ERRORS), "Refused because of the key")
}

/// Whether a request can be sent once more as it is.
fn can_be_repeated(call: &CallSeen) -> bool {
    let is_passing = matches!(call.error, Some(ErrorCode::FundsUnavailable | ErrorCode::CaptureFailed));
    matches!(call.status, 423 | 429 | 500..) || is_passing
}

fn same_key(traffic: &Traffic) -> Seen {
    let mut waiting: HashMap<_, &CallSeen> = HashMap::new();
    let (mut kept, mut broken) = (0, Vec::new());
    for call in traffic.calls.iter().filter(|call| call.operation.needs_idempotency_key()) {
        let Some(reference) = &call.reference else { continue };
        let place = (call.operation, call.msn.map(|msn| msn.to_string()), reference);
        if let Some(first) = waiting.remove(&place).filter(|first| first.body == call.body) {
            match first.key == call.key {
                true => kept += 1,
                false => broken.extend([first, call]),
            }
        }
        if can_be_repeated(call) {
            waiting.insert(place, call);
        }
    }
    match (kept, broken.len() / 2) {
        (0, 0) => Seen::nothing(
            "No call was repeated after a passing failure. A fault can make one: {\"then\":{\"status\":503}}.",
        ),
        (kept, 0) => Seen::passed(format!("{} with the first key.", counted(kept, "retry"))),
        (_, count) => {
            Seen::failed(format!("{} with another key than the first try.", counted(count, "retry")))
                .by(broken)
        }
    }
}
