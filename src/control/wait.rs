//! Waiting for a payment to get somewhere, instead of polling.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::Control;
use super::extract::{Path, Query, Scope};
use super::payments::read_state;
use super::problem::{Problem, Refused};
use crate::domain::digits::Msn;
use crate::domain::span::Span;

/// How long a call waits when it does not say, and at most. It is the machine's time that passes.
const DEFAULT_TIMEOUT: Span = Span::seconds(5);
const MAX_TIMEOUT: Span = Span::minutes(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitQuery {
    msn: Option<Msn>,
    state: String,
    timeout: Option<Span>,
}

/// Answers once the payment is in a state or phase. The payment may be created while the call waits.
#[utoipa::path(
    get, path = "/_sandbox/payments/{msn}/{reference}/wait", tag = "payments",
    params(
        ("msn" = String, Path), ("reference" = String, Path),
        ("state" = String, Query, description = "a state or phase"),
        ("timeout" = Option<String>, Query, description = "at most PT5M, 5s unless told")
    ),
    responses((status = 200, description = "the payment"), (status = 400, body = Problem), (status = 408, body = Problem))
)]
pub(super) async fn wait(
    State(control): State<Control>,
    Path((msn, reference)): Path<(Msn, String)>,
    Query(query): Query<WaitQuery>,
) -> Result<Response, Refused> {
    Scope { msn: query.msn }.agrees_with(msn)?;
    let seen = read_state(&query.state)?;
    let timeout = query.timeout.unwrap_or(DEFAULT_TIMEOUT);
    if timeout > MAX_TIMEOUT {
        return Err(Refused::bad_request(format!("timeout: at most {MAX_TIMEOUT} can be waited for.")));
    }
    let engine = &control.engine;
    let find = || engine.find_by_msn(msn, &reference);
    let reached = poll_fn(|cx| {
        // Ask to be woken first: a change between the look and the asking would go unseen.
        engine.watch_changes(cx.waker());
        match find().filter(|slot| engine.read(slot, |payment| seen.fits(payment))) {
            Some(slot) => Poll::Ready(slot),
            None => Poll::Pending,
        }
    });
    match tokio::time::timeout(Duration::from(timeout), reached).await {
        Ok(slot) => Ok(control.detail(&slot)),
        Err(_) => {
            let now =
                find().map(|slot| engine.read(&slot, |payment| payment.course.standing().phase().word()));
            Err(Refused::timeout(match now {
                Some(phase) => {
                    format!("The payment is {phase} after {}, not {}.", timeout.short(), query.state)
                }
                None => {
                    format!("Sales unit {msn} still has no payment {reference} after {}.", timeout.short())
                }
            }))
        }
    }
}
