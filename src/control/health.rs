//! Is the sandbox alive, is it ready, and how full is it?

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Control;
use super::extract::{Query, Scope};
use super::problem::{Problem, Refused};

/// How the sandbox is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The sandbox's version.
    version: &'static str,
    /// For how long it has run, by the machine's clock.
    uptime_seconds: i64,
    /// How many payments it holds.
    payments: u64,
}

#[derive(Serialize)]
pub(super) struct Probe {
    status: &'static str,
}

/// Answers liveness and readiness probes: whoever can be answered is served.
pub(super) async fn probe() -> Json<Probe> {
    Json(Probe { status: "ok" })
}

/// Shows how the sandbox is.
#[utoipa::path(
    get, path = "/_sandbox/health", tag = "sandbox",
    params(("msn" = Option<String>, Query, description = "only the payments of this sales unit")),
    responses((status = 200, body = Health), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn health(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<Json<Health>, Refused> {
    let unit = control.scope(scope.msn)?;
    Ok(Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: control.engine.settings().machine.elapsed().as_micros() / 1_000_000,
        payments: unit.map_or_else(|| control.engine.payment_count(), |unit| unit.payment_count()),
    }))
}
