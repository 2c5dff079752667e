//! Waiting for a payment to get somewhere, instead of polling.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::Control;
use super::extract::{Path, Query, Scope};
use super::payments::read_state;
use super::problem::{Problem, Refused};
use super::until::{timeout, until};
use crate::domain::digits::Msn;
use crate::domain::span::Span;

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
    let timeout = timeout(query.timeout)?;
    let engine = &control.engine;
    let find = || engine.find_by_msn(msn, &reference);
    let there = || find().filter(|slot| engine.read(slot, |payment| seen.fits(payment)));
    match until(|waker| engine.watch_changes(waker), there, timeout).await {
        Some(slot) => Ok(control.detail(&slot)),
        None => {
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
