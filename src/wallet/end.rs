//! Where there is nothing to approve: done, too late, or no payment at all.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::payment::{Order, State, UserFlow};
use crate::domain::sales_unit::SalesUnit;
use crate::pages;

/// The end of a visit: done, too late, or nothing there.
#[derive(Clone, Template)]
#[template(path = "wallet/end.html")]
pub(super) struct End {
    kind: &'static str,
    mark: &'static str,
    heading: &'static str,
    sentence: &'static str,
    payment: Option<Ended>,
    way_back: Option<String>,
}

#[derive(Clone)]
struct Ended {
    unit: String,
    amount: String,
    reference: String,
}

impl End {
    const fn bare(heading: &'static str, sentence: &'static str) -> Self {
        Self { kind: "refused", mark: "?", heading, sentence, payment: None, way_back: None }
    }

    /// There is no payment for the token.
    pub(super) const UNKNOWN: Self = Self::bare(
        "Unknown payment link",
        "No payment belongs to this link. It is incomplete, or the sandbox was started anew or emptied since.",
    );

    /// A page of another origin pressed the button.
    pub(super) const FOREIGN: Self = Self::bare(
        "Not from here",
        "Another site sent this form. Only the customer can approve or reject, on this page.",
    );

    /// The bank takes its time (test amount 201).
    pub(super) fn processing(order: &Order, unit: &SalesUnit) -> Self {
        Self::new(
            ("waiting", "…"),
            "Waiting for the bank",
            "The result is unknown (test amount 201). The bank answers within an hour, by the clock of the sandbox.",
            order,
            unit,
        )
    }

    /// The payment is over.
    pub(super) fn of(state: State, order: &Order, unit: &SalesUnit) -> Self {
        let (kind, heading, sentence) = match state {
            State::Created => (("waiting", "…"), "Waiting", "The payment waits for its customer."),
            State::Authorized => (("good", "✓"), "Payment approved", "There is nothing more to do here."),
            State::Aborted => {
                (("refused", "✕"), "Payment cancelled", "It was rejected or left, and nothing was paid.")
            }
            State::Expired => (
                ("refused", "✕"),
                "Payment expired",
                "The time to approve it is over: it has expired, and nothing was paid.",
            ),
            State::Terminated => {
                (("refused", "✕"), "Payment withdrawn", "The shop cancelled it, and nothing was paid.")
            }
        };
        Self::new(kind, heading, sentence, order, unit)
    }

    fn new(
        (kind, mark): (&'static str, &'static str),
        heading: &'static str,
        sentence: &'static str,
        order: &Order,
        unit: &SalesUnit,
    ) -> Self {
        let has_way = !order.return_url().is_empty() && order.flow() != UserFlow::PushMessage;
        Self {
            kind,
            mark,
            heading,
            sentence,
            payment: Some(Ended {
                unit: unit.name.clone(),
                amount: order.amount().to_string(),
                reference: order.reference().to_owned(),
            }),
            way_back: has_way.then(|| order.return_url().to_owned()),
        }
    }

    pub(super) fn page(&self, status: StatusCode) -> Response {
        pages::page(status, self, "")
    }
}
