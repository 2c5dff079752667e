//! Is the sandbox alive, is it ready, and how full is it?

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Control;

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
#[utoipa::path(get, path = "/_sandbox/health", tag = "sandbox", responses((status = 200, body = Health)))]
pub(super) async fn health(State(control): State<Control>) -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: control.engine.settings().machine.elapsed().as_micros() / 1_000_000,
        payments: control.engine.payment_count(),
    })
}
