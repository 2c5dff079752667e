//! Sales units: the tenants of the sandbox.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, NoParameters, Path, Query, Scope};
use super::problem::{Problem, Refused};
use crate::domain::digits::Msn;
use crate::setup::{SalesUnitInput, SalesUnitView};

/// Sales units.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SalesUnits {
    sales_units: Vec<SalesUnitView>,
}

/// Lists the sales units, by MSN.
#[utoipa::path(
    get, path = "/_sandbox/sales-units", tag = "sales units",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, body = SalesUnits), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<Json<SalesUnits>, Refused> {
    let units = match control.scope(scope.msn)? {
        Some(unit) => vec![unit],
        None => control.engine.units(),
    };
    Ok(Json(SalesUnits { sales_units: units.iter().map(|unit| (&*unit.settings()).into()).collect() }))
}

/// Makes a sales unit with keys of its own, for one test or one worker.
#[utoipa::path(
    post, path = "/_sandbox/sales-units", tag = "sales units", request_body = SalesUnitInput,
    responses((status = 201, body = SalesUnitView), (status = 400, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn make(
    State(control): State<Control>,
    _: Query<NoParameters>,
    Body(input): Body<SalesUnitInput>,
) -> Result<(StatusCode, Json<SalesUnitView>), Refused> {
    input.check().map_err(Refused::bad_request)?;
    let msn = input.msn;
    let unit = control.engine.make_unit(msn, |settings| input.apply(settings))?.ok_or_else(|| {
        let msn = msn.map(|msn| msn.to_string()).unwrap_or_default();
        Refused::conflict(
            "Taken",
            format!("msn: there is a sales unit {msn} already; leave it out to get a free one."),
        )
    })?;
    Ok((StatusCode::CREATED, Json((&*unit.settings()).into())))
}

/// Shows a sales unit.
#[utoipa::path(
    get, path = "/_sandbox/sales-units/{msn}", tag = "sales units", params(("msn" = String, Path)),
    responses((status = 200, body = SalesUnitView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Path(msn): Path<Msn>,
    Query(scope): Query<Scope>,
) -> Result<Json<SalesUnitView>, Refused> {
    scope.agrees_with(msn)?;
    Ok(Json((&*control.unit(msn)?.settings()).into()))
}

/// Changes a sales unit; members that are left out keep their values. One that does not exist is made.
#[utoipa::path(
    put, path = "/_sandbox/sales-units/{msn}", tag = "sales units", params(("msn" = String, Path)),
    request_body = SalesUnitInput,
    responses((status = 200, body = SalesUnitView), (status = 400, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn put(
    State(control): State<Control>,
    Path(msn): Path<Msn>,
    Query(scope): Query<Scope>,
    Body(input): Body<SalesUnitInput>,
) -> Result<Json<SalesUnitView>, Refused> {
    scope.agrees_with(msn)?;
    input.check().map_err(Refused::bad_request)?;
    if let Some(other) = input.msn.filter(|other| *other != msn) {
        return Err(Refused::bad_request(format!(
            "msn: the path says {msn}, the body {other}; an MSN never changes."
        )));
    }
    let unit = control.engine.put_unit(msn, |settings| input.apply(settings))?;
    Ok(Json((&*unit.settings()).into()))
}

/// Removes a sales unit and all that belongs to it.
#[utoipa::path(
    delete, path = "/_sandbox/sales-units/{msn}", tag = "sales units", params(("msn" = String, Path)),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(
    State(control): State<Control>,
    Path(msn): Path<Msn>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, Refused> {
    scope.agrees_with(msn)?;
    control.unit(msn)?;
    control.engine.remove_unit(msn);
    control.journal.clear(Some(msn));
    control.engine.live().resync(Some(msn));
    Ok(StatusCode::NO_CONTENT)
}
