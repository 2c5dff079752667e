//! Connections that were refused.

use axum::Json;
use axum::extract::State;

use super::Control;
use super::extract::{NoParameters, Query};
use super::problem::Problem;
use crate::journal::Connections;

/// Lists whom clients asked for and did not reach: as of a proxy, or in a TLS handshake. The last one is first.
#[utoipa::path(
    get, path = "/_sandbox/refused-connections", tag = "requests",
    responses((status = 200, description = "`{\"connections\": [...], \"forgotten\"}`"), (status = 400, body = Problem))
)]
pub(super) async fn list(State(control): State<Control>, _: Query<NoParameters>) -> Json<Connections> {
    Json(control.journal.connections())
}
