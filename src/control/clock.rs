//! The sandbox clock.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, NoInput, Query, Scope};
use super::problem::{Problem, Refused};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::engine::{ClockReading, Fired, Jump, Mode};

/// What a clock shows.
#[derive(Serialize, ToSchema)]
pub(super) struct Clock {
    /// The sandbox time.
    now: String,
    /// `real` or `frozen`.
    mode: &'static str,
    /// How far it is ahead of the machine's time, as an ISO 8601 duration; negative when it is behind.
    offset: String,
}

impl From<ClockReading> for Clock {
    fn from(reading: ClockReading) -> Self {
        let ClockReading { now, mode, ahead_micros } = reading;
        let sign = if ahead_micros < 0 { "-" } else { "" };
        let offset = format!("{sign}{}", Span::from_micros(ahead_micros.saturating_abs()));
        Self { now: now.to_string(), mode: mode.word(), offset }
    }
}

/// How to set a clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetClock {
    /// `real` or `frozen`.
    mode: Option<ModeInput>,
    /// The time to show, never one in the past.
    #[schema(value_type = Option<String>)]
    now: Option<Timestamp>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ModeInput {
    Real,
    Frozen,
}

/// Where to move a clock: one of the two members.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// Forward by this much, for example `P180D`.
    #[schema(value_type = Option<String>)]
    by: Option<Span>,
    /// To this time, or to the `next` timer.
    to: Option<String>,
}

/// Where a jump ended, and what it set off.
#[derive(Serialize, ToSchema)]
pub(super) struct Advanced {
    /// The sandbox time after the jump.
    now: String,
    /// The timers that came due on the way, in order; at most 10 000 are listed.
    #[schema(value_type = Vec<Object>)]
    fired: Vec<Fired>,
}

/// Shows the clock: the global one, or a sales unit's.
#[utoipa::path(
    get, path = "/_sandbox/clock", tag = "clock",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, body = Clock), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<Json<Clock>, Refused> {
    let unit = control.scope(scope.msn)?;
    Ok(Json(control.engine.read_clock(unit.as_deref()).into()))
}

/// Sets whether the clock runs, moves it to a time, or both. Timers on the way go off in order.
#[utoipa::path(
    put, path = "/_sandbox/clock", tag = "clock", request_body = SetClock,
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, body = Clock), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn put(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(input): Body<SetClock>,
) -> Result<Json<Clock>, Refused> {
    let unit = control.scope(scope.msn)?;
    let mode = input.mode.map(|mode| match mode {
        ModeInput::Real => Mode::Real,
        ModeInput::Frozen => Mode::Frozen,
    });
    let engine = control.engine.clone();
    let reading = in_background(move || {
        engine.set_clock(unit.as_deref(), mode, input.now)?;
        Ok(engine.read_clock(unit.as_deref()))
    });
    Ok(Json(reading.await?.into()))
}

/// Moves the clock forward. Every timer due on the way goes off at its own time, in order.
#[utoipa::path(
    post, path = "/_sandbox/clock/advance", tag = "clock", request_body = Advance,
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, body = Advanced), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn advance(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(input): Body<Advance>,
) -> Result<Json<Advanced>, Refused> {
    let jump = input.jump()?;
    let unit = control.scope(scope.msn)?;
    let engine = control.engine.clone();
    let advanced = in_background(move || {
        let fired = engine.advance(unit.as_deref(), jump)?;
        Ok(Advanced { now: engine.read_clock(unit.as_deref()).now.to_string(), fired })
    });
    Ok(Json(advanced.await?))
}

/// Puts the clock back to where it was at the start, as a reset does, but keeps the payments.
#[utoipa::path(
    post, path = "/_sandbox/clock/reset", tag = "clock",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    request_body = NoInput,
    responses((status = 200, body = Clock), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn reset(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Json<Clock>, Refused> {
    let unit = control.scope(scope.msn)?;
    control.engine.reset_clock(unit.as_deref());
    Ok(Json(control.engine.read_clock(unit.as_deref()).into()))
}

impl Advance {
    fn jump(&self) -> Result<Jump, Refused> {
        match (&self.by, self.to.as_deref()) {
            (Some(by), None) => Ok(Jump::By(*by)),
            (None, Some("next")) => Ok(Jump::ToNext),
            (None, Some(time)) => Timestamp::parse_rfc3339(time).map(Jump::To).ok_or_else(|| {
                Refused::bad_request(format!(
                    "to: \"{time}\" is neither \"next\" nor an RFC 3339 time such as 2027-06-01T00:00:00Z."
                ))
            }),
            _ => Err(Refused::bad_request(
                "Exactly one is needed: {\"by\": \"P180D\"}, {\"to\": \"2027-06-01T00:00:00Z\"} or {\"to\": \"next\"}.",
            )),
        }
    }
}

/// A jump over a million timers takes a second; other requests must not wait for it.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::engine::ClockError> + Send + 'static,
) -> Result<T, Refused> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())).map_err(Into::into)
}
