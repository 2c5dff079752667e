//! Rules about payments: what comes after what, and which ends an integration has seen.

use super::{CallSeen, Level, PaymentSeen, Rests, Rule, Seen, Traffic, counted, unless_broken};
use crate::domain::errors::ErrorCode;
use crate::domain::operation::Operation;
use crate::domain::payment::{EventName, State};
use crate::domain::webhook::EventType;

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "capture-after-authorization",
        title: "A payment is captured after the customer has approved it",
        level: Level::Error,
        rule: "No capture is refused because the payment is not reserved, or has ended (6070, 6080, 6200).",
        source: "The vendor's checklist and error page.",
        advice: "Capture when the payment is AUTHORIZED, and the goods are sent, not when the customer comes back.",
        rests: Rests::Calls,
        look: |traffic| {
            const ERRORS: &[ErrorCode] = &[
                ErrorCode::CaptureBeforeReservation,
                ErrorCode::CaptureOfEndedPayment,
                ErrorCode::CaptureOfCancelledPayment,
            ];
            refused(traffic, Operation::Capture, "capture", ERRORS, "Refused because nothing is reserved")
        },
    },
    Rule {
        id: "capture-within-reservation",
        title: "No more is captured than is reserved, and in time",
        level: Level::Error,
        rule: "No capture is refused because of its amount or its time (6090, 6100, 6140, 6170).",
        source: "The vendor's error page.",
        advice: "Keep count of what is captured, and capture before the reservation ends.",
        rests: Rests::Calls,
        look: |traffic| {
            const ERRORS: &[ErrorCode] = &[
                ErrorCode::CaptureTooHigh,
                ErrorCode::CapturePeriodExpired,
                ErrorCode::FullCaptureRequired,
                ErrorCode::AlreadyCaptured,
            ];
            refused(
                traffic,
                Operation::Capture,
                "capture",
                ERRORS,
                "Refused because of the amount or the time",
            )
        },
    },
    Rule {
        id: "remainder-cancelled",
        title: "What is not captured is cancelled",
        level: Level::Warning,
        rule: "A payment of which a part is captured is cancelled when nothing more will be.",
        source: "The vendor's checklist: money that stays reserved for nothing is the customer's.",
        advice: "Cancel a partly captured payment as soon as nothing more is to be captured.",
        rests: Rests::Calls,
        look: remainder,
    },
    Rule {
        id: "cancel-or-refund",
        title: "Reserved money is cancelled, captured money is refunded",
        level: Level::Error,
        rule: "No cancel is refused because all is captured, and no refund because nothing is (6020, 6040, 6150, 6180, 6210).",
        source: "The vendor's error page.",
        advice: "Cancel what is reserved; refund what is captured, and no more than that.",
        rests: Rests::Calls,
        look: |traffic| {
            const ERRORS: &[ErrorCode] = &[
                ErrorCode::CancelOfCapturedPayment,
                ErrorCode::RefundBeforeReservation,
                ErrorCode::RefundOfEndedPayment,
                ErrorCode::RefundTooHigh,
                ErrorCode::AlreadyRefunded,
            ];
            let meant = |call: &&CallSeen| matches!(call.operation, Operation::Cancel | Operation::Refund);
            let looked_at = traffic.calls.iter().filter(meant).count();
            unless_broken(
                "cancel or refund",
                looked_at,
                traffic.refused_with(ERRORS),
                "Refused as the wrong one of the two",
            )
        },
    },
    Rule {
        id: "every-end-state",
        title: "Every end of a payment was seen",
        level: Level::Warning,
        rule: "The integration has asked for, or was told of, a payment in each of AUTHORIZED, ABORTED, EXPIRED and TERMINATED.",
        source: "The vendor's checklist: every state has to be handled.",
        advice: "Play the customer: approve, reject, let a payment expire (pay expire, clock advance), and cancel one before it is approved.",
        rests: Rests::Sight,
        look: end_states,
    },
];

fn refused(
    traffic: &Traffic,
    operation: Operation,
    about: &str,
    errors: &[ErrorCode],
    problem: &str,
) -> Seen {
    let broken: Vec<_> = traffic
        .of(operation)
        .filter(|call| call.error.is_some_and(|error| errors.contains(&error)))
        .collect();
    unless_broken(about, traffic.of(operation).count(), broken, problem)
}

fn remainder(traffic: &Traffic) -> Seen {
    let left: Vec<_> = traffic.payments.iter().filter(|payment| payment.remaining > 0).collect();
    let released = traffic.payments.iter().filter(|payment| payment.cancelled > 0).count();
    if left.is_empty() && released == 0 {
        return Seen::nothing("No payment was captured in part.");
    }
    if left.is_empty() {
        let payments = counted(released, "payment");
        return Seen::passed(format!("{payments} captured in part, and the rest cancelled."));
    }
    let is_about = |call: &&CallSeen, payment: &&&PaymentSeen| {
        call.msn == Some(payment.msn) && call.reference.as_deref() == Some(&*payment.reference)
    };
    let captures = traffic.of(Operation::Capture).filter(|call| call.went_well());
    let captures = captures.filter(|call| left.iter().any(|payment| is_about(call, &payment)));
    let named: Vec<_> = left.iter().take(5).map(|payment| payment.reference.as_str()).collect();
    let more = if left.len() > named.len() { ", …" } else { "" };
    let listed = named.join(", ");
    Seen::failed(format!(
        "{} with a rest that stays reserved: {listed}{more}.",
        counted(left.len(), "payment")
    ))
    .by(captures)
}

fn end_states(traffic: &Traffic) -> Seen {
    const ENDS: [(State, EventName); 4] = [
        (State::Authorized, EventName::Authorized),
        (State::Aborted, EventName::Aborted),
        (State::Expired, EventName::Expired),
        (State::Terminated, EventName::Terminated),
    ];
    let looked = |state: State| traffic.calls.iter().find(|call| call.state == Some(state));
    let told = |event: EventName| {
        let event = EventType::from(event);
        traffic.deliveries.iter().find(|seen| seen.event == event && seen.was_taken() && !seen.is_forged)
    };
    let missing: Vec<_> = ENDS
        .iter()
        .filter(|(state, event)| looked(*state).is_none() && told(*event).is_none())
        .map(|(state, _)| state.word())
        .collect();
    let seen = match missing.as_slice() {
        [] => Seen::passed("All four were seen."),
        missing => Seen::nothing(format!("Not seen: {}.", missing.join(", "))),
    };
    let deliveries = ENDS.iter().filter(|(state, _)| looked(*state).is_none());
    let deliveries: Vec<_> = deliveries.filter_map(|(_, event)| told(*event)).collect();
    seen.by(ENDS.iter().filter_map(|(state, _)| looked(*state))).in_deliveries(deliveries)
}
