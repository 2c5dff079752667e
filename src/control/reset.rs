//! Going back to the start.

use axum::extract::State;
use axum::http::StatusCode;

use super::Control;
use super::extract::{Body, NoInput, Query, Scope};
use super::problem::{Problem, Refused};
use super::state::in_background;

/// Goes back to the configured baseline: payments, webhooks, clock, users, sales units, faults, races, journals.
///
/// With `msn` that unit alone is emptied and keeps its keys and settings.
#[utoipa::path(
    post, path = "/_sandbox/reset", tag = "sandbox",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    request_body = NoInput,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn reset(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<StatusCode, Refused> {
    let unit = control.scope(scope.msn)?;
    in_background(move || {
        match unit {
            Some(unit) => control.engine.reset_unit(&unit),
            None => control.engine.reset(),
        }
        control.journal.clear(scope.msn);
        control.engine.live().resync(scope.msn);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Ends every access token issued so far.
///
/// With `msn` only those that were issued for that unit.
#[utoipa::path(
    post, path = "/_sandbox/tokens/expire", tag = "sandbox",
    params(("msn" = Option<String>, Query, description = "only this sales unit's")),
    request_body = NoInput,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn expire_tokens(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<StatusCode, Refused> {
    let unit = control.scope(scope.msn)?;
    control.engine.end_tokens(unit.map(|unit| unit.msn));
    Ok(StatusCode::NO_CONTENT)
}
